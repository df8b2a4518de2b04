"""The commands that look something up, over real sockets."""

import asyncio
import csv
import inspect
import io
import json
from collections import Counter
from collections.abc import Callable
from typing import cast

import pytest

from capillary_async import BasicAuth, CapillaryClient
from capillary_async.cli.commands import LOOKUPS, build
from capillary_async.cli.listing import ListingOptions
from capillary_async.paging import Cursor
from capillary_async.sandbox import Answer, Sandbox
from tests.cli.conftest import Capillary

EVENTS = ("events", "1", "79197")


def ids(jsonl: str) -> list[int]:
    """Read the event ids from the output."""
    return [json.loads(line)["event_log_id"] for line in jsonl.splitlines()]


@pytest.mark.parametrize(("name", "example"), [(name, example) for name, (_, example) in LOOKUPS.items()])
def test_every_example_in_the_help_works(capillary: Capillary, name: str, example: str) -> None:
    """An example is the part of the help that people copy."""
    arguments = example.partition(" |")[0].partition(" >")[0].split()

    done = capillary(name, *arguments)

    assert done.code == 0
    assert done.out
    assert "warning" not in done.err


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_command_explains_each_of_its_arguments(name: str) -> None:
    """An option without a word beside it is a riddle."""
    command = cast("Callable[..., None]", build()[name].default_command)

    described = inspect.getdoc(command) or ""
    *own, _, _ = [parameter for parameter in inspect.signature(command).parameters if parameter != "listingoptions"]
    assert [parameter for parameter in own if f" {parameter}: " not in described] == []


@pytest.mark.parametrize("name", LOOKUPS)
def test_the_help_speaks_of_commands(name: str) -> None:
    """A shell has no `customers.find_id`."""
    command = cast("Callable[..., None]", build()[name].default_command)

    described = inspect.getdoc(command) or ""
    assert not [path for path, _ in LOOKUPS.values() if path in described]
    assert "lookup_many" not in described


def test_a_listing_is_complete_although_pages_are_cut(capillary: Capillary, server: Sandbox) -> None:
    """Scripts count the lines."""
    server.cap_page_size(40)

    done = capillary(*EVENTS, "--format", "jsonl")

    assert ids(done.out) == server.event_ids(1, 79197)


def test_csv_has_a_row_for_each_item(capillary: Capillary, server: Sandbox) -> None:
    """The spreadsheet must add up."""
    done = capillary(*EVENTS, "--format", "csv", "--columns", "event_log_id,target_value")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [int(row["event_log_id"]) for row in rows] == server.event_ids(1, 79197)


def test_a_number_keeps_its_digits(capillary: Capillary, server: Sandbox) -> None:
    """1.000 points are not 1.0 points."""
    row = '{"id": 1, "conditionId": 2, "name": "n", "type": "POINTS", "value": 1.000}'
    server.script("/", Answer(body=f'{{"data": [{row}], "pagination": {{"limit": 0, "offset": 0, "total": 0}}}}'))

    done = capillary("trackers", "93257", "--format", "csv", "--columns", "value")

    assert done.out == "value\n1.000\n"


def test_a_single_answer_is_a_single_document(capillary: Capillary) -> None:
    """What reads it should not have to unpack it."""
    assert json.loads(capillary("customer", "565345", "--format", "json").out)["id"] == 565345


def test_an_id_is_found(capillary: Capillary, server: Sandbox) -> None:
    """A number alone is an answer, too."""
    name, value = next(iter(server.identifiers(565345).items()))

    assert capillary("find-customer", name, value, "--format", "json").out == "565345\n"


def test_an_id_stands_alone(capillary: Capillary, server: Sandbox) -> None:
    """`capillary customer $(capillary find-customer ...)` is what it is for."""
    name, value = next(iter(server.identifiers(565345).items()))

    assert capillary("find-customer", name, value).out == "565345\n"


def test_max_rows_asks_for_no_page_more_than_it_needs(capillary: Capillary, server: Sandbox) -> None:
    """A look at the first rows must not walk a million."""
    done = capillary(*EVENTS, "--page-size", "5", "--max-rows", "3", "--format", "jsonl")

    assert ids(done.out) == server.event_ids(1, 79197)[:3]
    assert server.request_count == 1


def test_the_report_is_on_standard_error(capillary: Capillary, server: Sandbox) -> None:
    """It must not end up among the rows."""
    done = capillary(*EVENTS, "--report", "--format", "jsonl")

    rows = len(server.event_ids(1, 79197))
    assert len(done.out.splitlines()) == rows
    assert f"requests: {server.request_count}, rows: {rows}" in done.err


def test_the_report_has_no_words_of_python(capillary: Capillary) -> None:
    """Users of a shell need not know Python's None."""
    done = capillary(*EVENTS, "--report", "--max-rows", "1", "--format", "jsonl")

    assert "is capped: no, offset unit: unknown, total unit: unknown" in done.err


def test_a_listing_that_never_began_is_not_to_be_resumed(capillary: Capillary, server: Sandbox) -> None:
    """The advice would be to do the same again."""
    server.script("/", Answer(status=400, body="{}"))

    done = capillary(*EVENTS)

    assert done.code == 1
    assert "--resume" not in done.err


def test_a_listing_that_broke_off_goes_on_where_it_stopped(capillary: Capillary, server: Sandbox) -> None:
    """Hours of rows are not to be read again for the last page."""
    seen = Counter[str]()

    def is_late(request: object) -> bool:
        seen["requests"] += 1
        return seen["requests"] > 4

    breakdown = server.script(is_late, Answer(status=400, body="{}"), times=None)
    broken = capillary(*EVENTS, "--page-size", "20", "--format", "jsonl")
    breakdown.cancel()

    cursor = broken.err.split()[-1]
    rest = capillary(*EVENTS, "--page-size", "20", "--format", "jsonl", "--resume", cursor)

    assert (broken.code, rest.code) == (1, 0)
    assert 0 < len(ids(broken.out)) < len(server.event_ids(1, 79197))
    assert ids(broken.out) + ids(rest.out) == server.event_ids(1, 79197)


@pytest.mark.parametrize("when", ["2025-06-01", "2025-06-01T00:00:00", "2025-06-01T05:30:00+05:30"])
def test_a_day_may_have_a_time(capillary: Capillary, server: Sandbox, when: str) -> None:
    """Python's type checkers know that a datetime is a date; a shell does not."""
    done = capillary("active-targets", "1", "--tracking-date", when)

    assert done.code == 0
    assert server.requests[-1].query["trackingDate"] == "1748736000000"


def test_an_option_may_be_given_several_times(capillary: Capillary, server: Sandbox) -> None:
    """That is how a shell spells a list."""
    capillary("active-targets", "1", "--target-rule-ids", "79196", "--target-rule-ids", "79197")

    assert server.requests[-1].query["targetRuleIds"] == "79196,79197"


def test_several_texts_come_with_commas(capillary: Capillary, server: Sandbox) -> None:
    """Bill numbers are no ids."""
    row = json.loads(capillary("transactions", "565345", "--max-rows", "1", "--format", "jsonl").out)

    done = capillary("transactions", "565345", "--bill-numbers", f"{row['bill_number']},other", "--format", "jsonl")

    assert json.loads(done.out) == row
    assert server.requests[-1].query["transNos"] == f"{row['bill_number']},other"


def test_values_of_two_documented_lists_are_no_typo(capillary: Capillary) -> None:
    """A group is named by its own names, or by its primary member's."""
    done = capillary("group-transactions", "999565345001", "--identifier-type", "mobile", "--format", "jsonl")

    assert "warning" not in done.err


def test_progress_shows_what_is_achieved(capillary: Capillary) -> None:
    """One document, with the targets of each group in it."""
    groups = json.loads(capillary("progress", "565345", "--format", "json").out)

    assert [target["target_rule_id"] for group in groups for target in group["targets"]]


def test_where_max_rows_stopped_is_said_and_gone_on_from(capillary: Capillary, server: Sandbox) -> None:
    """Else the rest of a file could only be had by reading it all again; a second header would be a row of words."""
    begun = capillary(*EVENTS, "--max-rows", "7", "--format", "csv")
    rest = capillary(*EVENTS, "--format", "csv", "--resume", begun.err.split()[-1])

    lines = (begun.out + rest.out).splitlines()
    assert len(lines) == 1 + len(server.event_ids(1, 79197))
    assert sum(line.startswith("event_log_id") for line in lines) == 1


def test_the_report_ends_with_the_cursor(capillary: Capillary) -> None:
    """Rows may be added later, and the cursor leads to those alone."""
    done = capillary(*EVENTS, "--report", "--format", "jsonl")

    assert Cursor.parse(done.err.split()[-1]).position == len(done.out.splitlines())


def test_a_second_command_knows_what_the_first_found_out(capillary: Capillary, server: Sandbox) -> None:
    """Without the cache each process would ask again what `offset` counts."""
    server.rows["events"] = 25
    requests: list[int] = []
    for customer in (1, 2):
        before = server.request_count
        capillary("events", str(customer), "79197", "--page-size", "10", "--format", "jsonl")
        requests.append(server.request_count - before)

    assert requests == [4, 3]


async def test_ctrl_c_says_how_to_continue(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten thousand rows that were read need not be read again."""
    async with Sandbox() as server, CapillaryClient(server.base_url, BasicAuth(server.till, server.password)) as client:
        rows = ListingOptions().rows(client.targets.list_events(1, 79197))
        await anext(rows)
        with pytest.raises(asyncio.CancelledError):
            await rows.athrow(asyncio.CancelledError())

    assert "stopped before the end, continue with --resume 2." in capsys.readouterr().err


def test_a_table_shows_the_rows_before_an_error(capillary: Capillary, server: Sandbox) -> None:
    """The error says that they are complete and how to continue behind them."""
    first = capillary(*EVENTS, "--page-size", "5").out.splitlines()[2].split()[0]
    server.script(lambda request: request.query.get("offset", "0") != "0", Answer(status=400, body="{}"))

    done = capillary(*EVENTS, "--page-size", "5")

    assert "--resume" in done.err
    assert first in done.out


def test_a_warning_names_the_argument(capillary: Capillary) -> None:
    """Somebody types `ledger 5`, because other commands take an id alone."""
    assert "warning: IDENTIFIER-NAME: " in capillary("ledger", "5").err
