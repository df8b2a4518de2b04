"""Arguments of the command line become values, and wrong arguments are refused."""

import inspect
from typing import get_args

import pytest

from capillary_async.cli.commands import build
from capillary_async.cli.methods import LOOKUPS
from capillary_async.models import Embed
from capillary_async.sandbox import Sandbox
from tests.cli.conftest import Capillary

# What a spreadsheet makes of an id, and what Python takes for a number.
NO_WHOLE_NUMBERS = ["1.5", "5.67585E+08", "0x10", "1_000", "7.5", "93256.9", "1e3", "٣", "", "0b1", "5."]
# Every place of the commands that takes a whole number.
PLACES = [
    "customer {}",
    "user-groups {}",
    "user-groups 5 --page-size {}",
    "customer-trackers {}",
    "trackers {}",
    "members {}",
    "members 5 --page-size {}",
    "search-groups x --page-size {}",
    "active-targets {}",
    "active-targets 5 --target-rule-ids {}",
    "active-targets 5 --target-rule-ids 1,{}",
    "events {} 7",
    "events 5 {}",
    "events 5 7 --period-id {}",
    "events 5 7 --max-rows {}",
    "customer 5 --gap-to-upgrade {} --embed mlp",
    "customer 5 --user-group-id {}",
    "customer 5 --rate {}/60",
    "paginate /v2/x --page-size {}",
    "sandbox --port {}",
    "sandbox --seed {}",
    "sandbox --page-cap {}",
    "sandbox --rate {}/60",
    "demo --customers {}",
    "bulk plan --keys /dev/null --rate {}/60",
    "bulk run /nowhere --lookup customers --keys /dev/null --concurrency {}",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", NO_WHOLE_NUMBERS)
def test_a_whole_number_has_only_digits(capillary: Capillary, server: Sandbox, place: str, number: str) -> None:
    """Without this check `capillary customer 1.5` showed customer 2."""
    done = capillary(*[word.format(number) for word in place.split(" ")])

    assert (done.code, done.out, server.request_count) == (2, "", 0)
    assert done.err.count("\n") == 1


def test_an_id_keeps_all_its_digits(capillary: Capillary, server: Sandbox) -> None:
    """A float would round it."""
    capillary("customer", "9007199254740993")

    assert server.requests[0].path == "/v2/customers/9007199254740993"


@pytest.mark.parametrize(
    "words",
    [
        ["--embed", "points,mlp"],
        ["--embed", "points", "--embed", "mlp"],
        ["--embed=points, mlp"],
        ["--embed", "POINTS,Mlp"],
    ],
)
def test_a_list_is_one_argument_with_commas_or_several_arguments(
    capillary: Capillary, server: Sandbox, words: list[str]
) -> None:
    """The API's documentation writes lists with commas."""
    done = capillary("customer", "5", *words, "--format", "json")

    assert (done.code, done.err) == (0, "")
    assert server.requests[0].query["embed"] == "points,mlp"


def test_a_documented_value_may_be_in_any_case(capillary: Capillary, server: Sandbox) -> None:
    """The documentation writes both MLP and mlp."""
    capillary("customer", "5", "--source", "instore")

    assert server.requests[0].query["source"] == "INSTORE"


@pytest.mark.parametrize(
    ("words", "sent", "meant"),
    [
        (("customer", "5", "--embed", "point"), {"embed": "point"}, "did you mean points?"),
        (("customer", "5", "--source", "SHOPIFY"), {"source": "SHOPIFY"}, "INSTORE, MARTJACK, WECHAT, LINE, ALL"),
        (("find-customer", "mobil", "1"), {"identifierName": "mobil"}, "did you mean mobile?"),
        (("members", "5", "--sort-order", "UP"), {"sortOrder": "UP"}, "ASC, DESC"),
        (("trackers", "5", "--identifier-type", "primary"), {"identifierType": "primary"}, "primaryUserId"),
        (("active-targets", "5", "--enrollment-type", "GIFT"), {"enrollmentType": "GIFT"}, "AUDIENCE_FILTER"),
    ],
)
def test_an_undocumented_value_is_sent_with_a_warning(
    capillary: Capillary, server: Sandbox, words: tuple[str, ...], sent: dict[str, str], meant: str
) -> None:
    """It may be a typo, or a new value of the API."""
    done = capillary(*words)

    assert done.err.startswith("capillary: warning: ")
    assert meant in done.err.splitlines()[0]
    assert sent.items() <= server.requests[0].query.items()


def test_a_warning_repeats_no_number(capillary: Capillary) -> None:
    """The value may be a phone number, if the user swapped two arguments."""
    done = capillary("find-customer", "919988123456", "mobile")

    assert "919988123456" not in done.err


@pytest.mark.parametrize(
    ("command", "choices"),
    [
        ("customer", "points, subscriptions, mlp"),
        ("customer", "INSTORE, MARTJACK"),
        ("customer", "ASC, DESC"),
        ("find-customer", "mobile, email, externalId, cardnumber"),
        ("customer", "EU, APAC, APAC2, SEA, US, USHC, CHINA"),
        ("customer", "table, json, jsonl, csv"),
    ],
)
def test_the_help_lists_the_documented_values(capillary: Capillary, command: str, choices: str) -> None:
    """Users need not look them up elsewhere."""
    text = " ".join(capillary(command, "--help").out.replace("│", " ").split())

    assert choices in text


def test_the_shells_completion_offers_the_documented_values() -> None:
    """Completion avoids typos."""
    script = build().generate_completion(shell="bash")

    assert all(member.value in script for member in Embed)
    assert "externalId" in script
    assert "APAC2" in script


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (("customer", "5", "--region", "mars"), '"EU", "APAC"'),
        (("customer", "5", "--format", "xml"), '"table", "json", "jsonl", "csv"'),
    ],
)
def test_a_closed_choice_lists_all_values(capillary: Capillary, words: tuple[str, ...], listed: str) -> None:
    """No other value is accepted."""
    done = capillary(*words)

    assert done.code == 2
    assert listed in done.err


@pytest.mark.parametrize("option", ["--gap-to-upgrade", "--gap-to-renew"])
def test_a_gap_without_mlp_is_refused(capillary: Capillary, server: Sandbox, option: str) -> None:
    """The API would silently leave the gap out."""
    done = capillary("customer", "5", option, "0", "--embed", "points")

    assert (done.code, done.err) == (2, f"capillary: {option} needs --embed mlp\n")
    assert server.request_count == 0


def test_every_argument_has_a_hint_that_cyclopts_converts() -> None:
    """For an unknown hint cyclopts passes the text unchanged."""
    for name in LOOKUPS:
        command = build()[name].default_command
        assert command is not None
        for parameter in inspect.signature(command).parameters.values():
            assert "_Collection" not in str((parameter.annotation, get_args(parameter.annotation)))


def test_pydantic_in_the_same_program_changes_nothing(capillary: Capillary, server: Sandbox) -> None:
    """If pydantic is imported, cyclopts validates with it and would refuse undocumented values."""
    import pydantic  # noqa: PLC0415

    assert pydantic.VERSION
    assert capillary("customer", "5", "--source", "NEW_ONE").err.startswith("capillary: warning: --source")
    assert server.requests[0].query["source"] == "NEW_ONE"


def test_a_user_groups_gap_needs_no_other_part(capillary: Capillary, server: Sandbox) -> None:
    """The command `user-group` has no --embed."""
    assert capillary("user-group", "93257", "--gap-to-upgrade", "0", "--format", "json").code == 0
    assert server.requests[0].query["gapToUpgradeFor"] == "0"
