"""The lookup commands over real sockets."""

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
from capillary_async.cli.commands import build
from capillary_async.cli.listing import ListingOptions
from capillary_async.cli.methods import LOOKUPS
from capillary_async.paging import Cursor
from capillary_async.sandbox import Answer, Sandbox
from tests.cli.conftest import Capillary

EVENTS = ("events", "1", "79197")


def ids(jsonl: str) -> list[int]:
    """Return the event ids of the output."""
    return [json.loads(line)["event_log_id"] for line in jsonl.splitlines()]


@pytest.mark.parametrize(("name", "example"), [(name, example) for name, (_, example) in LOOKUPS.items()])
def test_every_example_in_the_help_works(capillary: Capillary, name: str, example: str) -> None:
    """Users copy the examples."""
    arguments = example.partition(" |")[0].partition(" >")[0].split()

    done = capillary(name, *arguments)

    assert done.code == 0
    assert done.out
    assert "warning" not in done.err


@pytest.mark.parametrize("name", LOOKUPS)
def test_every_command_explains_each_of_its_arguments(name: str) -> None:
    """Users cannot guess the meaning of an option."""
    command = cast("Callable[..., None]", build()[name].default_command)

    described = inspect.getdoc(command) or ""
    *own, _, _ = [parameter for parameter in inspect.signature(command).parameters if parameter != "listingoptions"]
    assert [parameter for parameter in own if f" {parameter}: " not in described] == []


@pytest.mark.parametrize("name", LOOKUPS)
def test_the_help_names_commands_instead_of_methods(name: str) -> None:
    """A shell has no `customers.find_id`."""
    command = cast("Callable[..., None]", build()[name].default_command)

    described = inspect.getdoc(command) or ""
    assert not [path for path, _ in LOOKUPS.values() if path in described]
    assert "lookup_many" not in described


def test_a_listing_is_complete_with_a_page_cap(capillary: Capillary, server: Sandbox) -> None:
    """Scripts count the lines."""
    server.cap_page_size(40)

    done = capillary(*EVENTS, "--format", "jsonl")

    assert ids(done.out) == server.event_ids(1, 79197)


def test_csv_has_a_row_for_each_item(capillary: Capillary, server: Sandbox) -> None:
    """Sums in a spreadsheet must be right."""
    done = capillary(*EVENTS, "--format", "csv", "--columns", "event_log_id,target_value")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [int(row["event_log_id"]) for row in rows] == server.event_ids(1, 79197)


def test_a_number_keeps_its_digits(capillary: Capillary, server: Sandbox) -> None:
    """A float would change 1.000 to 1.0."""
    row = '{"id": 1, "conditionId": 2, "name": "n", "type": "POINTS", "value": 1.000}'
    server.script("/", Answer(body=f'{{"data": [{row}], "pagination": {{"limit": 0, "offset": 0, "total": 0}}}}'))

    done = capillary("trackers", "93257", "--format", "csv", "--columns", "value")

    assert done.out == "value\n1.000\n"


def test_a_single_answer_is_a_single_document(capillary: Capillary) -> None:
    """Programs should not have to unpack a list."""
    assert json.loads(capillary("customer", "565345", "--format", "json").out)["id"] == 565345


def test_a_number_can_be_the_whole_answer(capillary: Capillary, server: Sandbox) -> None:
    """An id is also an answer."""
    name, value = next(iter(server.identifiers(565345).items()))

    assert capillary("find-customer", name, value, "--format", "json").out == "565345\n"


def test_an_id_is_printed_without_a_header(capillary: Capillary, server: Sandbox) -> None:
    """Scripts use `capillary customer $(capillary find-customer …)`."""
    name, value = next(iter(server.identifiers(565345).items()))

    assert capillary("find-customer", name, value).out == "565345\n"


def test_max_rows_requests_no_unneeded_page(capillary: Capillary, server: Sandbox) -> None:
    """A look at the first rows must not read a million."""
    done = capillary(*EVENTS, "--page-size", "5", "--max-rows", "3", "--format", "jsonl")

    assert ids(done.out) == server.event_ids(1, 79197)[:3]
    assert server.request_count == 1


def test_the_report_is_on_standard_error(capillary: Capillary, server: Sandbox) -> None:
    """It must not be among the rows."""
    done = capillary(*EVENTS, "--report", "--format", "jsonl")

    rows = len(server.event_ids(1, 79197))
    assert len(done.out.splitlines()) == rows
    assert f"requests: {server.request_count}, rows: {rows}" in done.err


def test_the_report_has_no_python_values(capillary: Capillary) -> None:
    """Users of a shell need not know `None`."""
    done = capillary(*EVENTS, "--report", "--max-rows", "1", "--format", "jsonl")

    assert "is capped: no, offset unit: unknown, total unit: unknown" in done.err


def test_an_error_before_the_first_row_has_no_cursor(capillary: Capillary, server: Sandbox) -> None:
    """Resuming would only repeat the command."""
    server.script("/", Answer(status=400, body="{}"))

    done = capillary(*EVENTS)

    assert done.code == 1
    assert "--resume" not in done.err


def test_an_interrupted_listing_resumes_after_its_last_row(capillary: Capillary, server: Sandbox) -> None:
    """Rows of hours need not be read again."""
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
    """For type checkers a datetime is a date, but cyclopts distinguishes them."""
    done = capillary("active-targets", "1", "--tracking-date", when)

    assert done.code == 0
    assert server.requests[-1].query["trackingDate"] == "1748736000000"


def test_an_option_may_be_given_several_times(capillary: Capillary, server: Sandbox) -> None:
    """This is how a shell writes a list."""
    capillary("active-targets", "1", "--target-rule-ids", "79196", "--target-rule-ids", "79197")

    assert server.requests[-1].query["targetRuleIds"] == "79196,79197"


def test_texts_are_sent_with_commas(capillary: Capillary, server: Sandbox) -> None:
    """Bill numbers are texts, not ids."""
    row = json.loads(capillary("transactions", "565345", "--max-rows", "1", "--format", "jsonl").out)

    done = capillary("transactions", "565345", "--bill-numbers", f"{row['bill_number']},other", "--format", "jsonl")

    assert json.loads(done.out) == row
    assert server.requests[-1].query["transNos"] == f"{row['bill_number']},other"


def test_values_of_two_documented_lists_are_no_typo(capillary: Capillary) -> None:
    """A group is named by its own identifiers or by those of its primary member."""
    done = capillary("group-transactions", "999565345001", "--identifier-type", "mobile", "--format", "jsonl")

    assert "warning" not in done.err


def test_progress_has_the_achieved_values(capillary: Capillary) -> None:
    """Users need one document with all targets of each group."""
    groups = json.loads(capillary("progress", "565345", "--format", "json").out)

    assert [target["target_rule_id"] for group in groups for target in group["targets"]]


def test_max_rows_prints_a_cursor_that_resume_takes(capillary: Capillary, server: Sandbox) -> None:
    """CSV has no second header then, so that the output can be appended."""
    begun = capillary(*EVENTS, "--max-rows", "7", "--format", "csv")
    rest = capillary(*EVENTS, "--format", "csv", "--resume", begun.err.split()[-1])

    lines = (begun.out + rest.out).splitlines()
    assert len(lines) == 1 + len(server.event_ids(1, 79197))
    assert sum(line.startswith("event_log_id") for line in lines) == 1


def test_the_report_ends_with_the_cursor(capillary: Capillary) -> None:
    """With the cursor users read only rows that are added later."""
    done = capillary(*EVENTS, "--report", "--format", "jsonl")

    assert Cursor.parse(done.err.split()[-1]).position == len(done.out.splitlines())


def test_a_second_command_uses_the_traits_of_the_first(capillary: Capillary, server: Sandbox) -> None:
    """Otherwise each process would send a request to learn the unit of `offset`."""
    server.rows["events"] = 25
    requests: list[int] = []
    for customer in (1, 2):
        before = server.request_count
        capillary("events", str(customer), "79197", "--page-size", "10", "--format", "jsonl")
        requests.append(server.request_count - before)

    assert requests == [4, 3]


async def test_ctrl_c_prints_a_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """The rows before it need not be read again."""
    async with Sandbox() as server, CapillaryClient(server.base_url, BasicAuth(server.till, server.password)) as client:
        rows = ListingOptions().rows(client.targets.list_events(1, 79197))
        await anext(rows)
        with pytest.raises(asyncio.CancelledError):
            await rows.athrow(asyncio.CancelledError())

    assert "stopped after 1 row, continue with --resume 2." in capsys.readouterr().err


def test_a_table_shows_the_rows_before_an_error(capillary: Capillary, server: Sandbox) -> None:
    """The cursor in the error marks the end of these rows."""
    first = capillary(*EVENTS, "--page-size", "5").out.splitlines()[2].split()[0]
    server.script(lambda request: request.query.get("offset", "0") != "0", Answer(status=400, body="{}"))

    done = capillary(*EVENTS, "--page-size", "5")

    assert "--resume" in done.err
    assert first in done.out


def test_a_warning_names_the_argument(capillary: Capillary) -> None:
    """Users type `ledger 5`, because other commands take only an id."""
    assert "warning: IDENTIFIER-NAME: " in capillary("ledger", "5").err
