"""Rows are written as they arrive, in every format."""

import csv
import io
import json
import os
from collections.abc import AsyncIterator
from decimal import Decimal
from unittest.mock import Mock

import pytest

from capillary_async.cli.output import Format, Output
from tests.cli.conftest import Capillary
from tests.cli.models import FULL, PLAIN, Owner, Thing, stream


async def written(output: Output, *rows: object) -> str:
    """Write rows of `Thing` to a text."""
    out = io.StringIO()
    await output.write(stream(*rows), Thing, out)
    return out.getvalue()


async def test_csv_is_complete_and_regular() -> None:
    """The header and the number of cells are the same whatever the rows hold."""
    text = await written(Output(format="csv"), PLAIN, FULL)

    header, empty, full = csv.reader(io.StringIO(text))
    assert (len(header), len(empty), len(full)) == (9, 9, 9)
    assert full[:2] == ["Größe, 1", "1.000"]


async def test_jsonl_is_one_object_a_line() -> None:
    """So that a million rows can be read one by one."""
    lines = (await written(Output(format="jsonl"), PLAIN, FULL)).splitlines()

    assert [json.loads(line)["name"] for line in lines] == ["lamp", "Größe, 1"]


@pytest.mark.parametrize("rows", [(), (PLAIN,), (PLAIN, FULL)])
async def test_json_is_one_document(rows: tuple[Thing, ...]) -> None:
    """An empty listing is an empty list, not an empty file."""
    document = json.loads(await written(Output(format="json"), *rows), parse_float=Decimal)

    assert [row["name"] for row in document] == [row.name for row in rows]


async def test_a_broken_listing_is_no_json_document() -> None:
    """Half a listing must not pass for a whole one."""

    async def broken() -> AsyncIterator[object]:
        yield PLAIN
        raise RuntimeError

    out = io.StringIO()
    with pytest.raises(RuntimeError):
        await Output(format="json").write(broken(), Thing, out)

    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
async def test_a_row_is_out_before_the_next_one_is_asked_for(kind: Format) -> None:
    """A listing of hours has to be of use before its end."""
    reader, writer = os.pipe()
    seen: list[bytes] = []

    async def watched() -> AsyncIterator[object]:
        for _ in range(3):
            yield PLAIN
            seen.append(os.read(reader, 4096))

    with os.fdopen(writer, "w", encoding="utf-8") as out:
        await Output(format=kind).write(watched(), Thing, out)

    os.close(reader)
    assert all(b"lamp" in chunk for chunk in seen)


async def test_a_table_lines_up_and_leaves_empty_columns_out() -> None:
    """Nine columns of which eight are empty help nobody."""
    text = await written(Output(), PLAIN, Thing("wide 数字", value=Decimal(3)))

    assert text.splitlines() == ["name       value", "─────────  ─────", "lamp", "wide 数字  3"]


async def test_a_table_goes_on_after_the_rows_it_was_measured_on() -> None:
    """Its widths are known early, its rows are not."""
    text = await written(Output(), *[Thing(f"{number:03}") for number in range(120)])

    assert [line.strip() for line in text.splitlines()[2:]] == [f"{number:03}" for number in range(120)]


async def test_a_table_says_when_there_is_nothing() -> None:
    """Silence looks like a failure."""
    assert await written(Output()) == "nothing found\n"


async def test_a_cell_cannot_steer_the_terminal() -> None:
    """Customers type their names into forms."""
    text = await written(Output(), Thing("\x1b[2Jname\n"))

    assert text.splitlines()[-1] == "�[2Jname�"


async def test_a_long_cell_is_cut_in_a_table_alone() -> None:
    """A table is for eyes, the other formats are for programs."""
    thing = Thing("x" * 100)

    assert (await written(Output(), thing)).splitlines()[-1] == "x" * 47 + "…"
    assert "x" * 100 in await written(Output(format="csv"), thing)


async def test_a_row_too_wide_for_the_screen_is_written_downwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrapped table cannot be read."""

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            return 1

    monkeypatch.setattr(os, "get_terminal_size", Mock(return_value=os.terminal_size((20, 24))))
    out = Screen()

    await Output().write(stream(Thing("x" * 30, value=Decimal("2.50"))), Thing, out)

    assert out.getvalue() == f"name   {'x' * 30}\nvalue  2.50\n\n"


@pytest.mark.parametrize("kind", ["csv", "table"])
async def test_chosen_columns_are_all_there_is(kind: Format) -> None:
    """What the next program in the pipe expects is known to the user alone."""
    text = await written(Output(format=kind, columns="value,name"), FULL)

    assert text.splitlines()[0].replace(",", " ").split() == ["value", "name"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", '{"id":7,"joined":null}\n'),
        ("jsonl", '{"id":7,"joined":null}\n'),
        ("csv", "id,joined\n7,\n"),
        ("table", "id  7\n"),
    ],
)
async def test_a_single_answer_has_no_list_around_it(kind: Format, text: str) -> None:
    """A customer is one object."""
    out = io.StringIO()

    await Output(format=kind).write_one(Owner(7), Owner, out)

    assert out.getvalue() == text


async def test_a_single_answer_is_written_down_to_its_last_part() -> None:
    """A customer's name stands in the first of the profiles; a cell of JSON would be cut before it."""
    out = io.StringIO()

    await Output().write_one(FULL, Thing, out)

    assert out.getvalue().splitlines() == [
        "name             Größe, 1",
        "value            1.000",
        "owner.id         7",
        "owner.joined     2025-09-05",
        "colour           R",
        "seen             2025-01-09T12:00:12Z",
        "parents[0].name  desk",
        "extra.new[0]     1",
        "extra.new[1]     2.50",
        "extra.new[3]     true",
    ]


async def test_a_name_cannot_steer_the_terminal_either() -> None:
    """What a brand calls its own fields is as foreign as what stands in them."""
    out = io.StringIO()

    await Output().write_one(Thing("lamp", extra={"\x1b[2J": 1}), Thing, out)

    assert out.getvalue() == "name        lamp\nextra.�[2J  1\n"


@pytest.mark.parametrize(("columns", "text"), [("name", "name  lamp\n"), ("value", "")])
async def test_a_single_answer_has_the_chosen_columns(columns: str, text: str) -> None:
    """Also when there is nothing in them."""
    out = io.StringIO()

    await Output(columns=columns).write_one(PLAIN, Thing, out)

    assert out.getvalue() == text


def test_an_unknown_column_gets_suggestions(capillary: Capillary) -> None:
    """A customer has more than a hundred columns, and nobody reads a list of them."""
    done = capillary("customer", "5", "--columns", "current_slab", "--format", "csv")

    assert "did you mean points_summary.current_slab, points_summary.current_slab_description?" in done.err
    assert len(done.err) < 1000


def test_columns_may_have_spaces_between(capillary: Capillary) -> None:
    """A list with commas is typed with spaces."""
    assert capillary("customer", "5", "--columns", "id, associated_with", "--format", "csv").out.startswith("id,assoc")
