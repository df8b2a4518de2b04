"""Rows are written while they arrive, in every format."""

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
    """Return rows of `Thing` as text."""
    out = io.StringIO()
    await output.write(stream(*rows), Thing, out)
    return out.getvalue()


async def test_csv_has_the_same_columns_in_every_row() -> None:
    """The header and the number of cells must not depend on the data."""
    text = await written(Output(format="csv"), PLAIN, FULL)

    header, empty, full = csv.reader(io.StringIO(text))
    assert (len(header), len(empty), len(full)) == (9, 9, 9)
    assert full[:2] == ["Größe, 1", "1.000"]


async def test_jsonl_is_one_object_a_line() -> None:
    """Programs can read a million rows one by one."""
    lines = (await written(Output(format="jsonl"), PLAIN, FULL)).splitlines()

    assert [json.loads(line)["name"] for line in lines] == ["lamp", "Größe, 1"]


@pytest.mark.parametrize("rows", [(), (PLAIN,), (PLAIN, FULL)])
async def test_json_is_one_document(rows: tuple[Thing, ...]) -> None:
    """An empty listing must be an empty array, not an empty file."""
    document = json.loads(await written(Output(format="json"), *rows), parse_float=Decimal)

    assert [row["name"] for row in document] == [row.name for row in rows]


async def test_a_broken_listing_is_invalid_json() -> None:
    """Half a listing must not look complete."""

    async def broken() -> AsyncIterator[object]:
        yield PLAIN
        raise RuntimeError

    out = io.StringIO()
    with pytest.raises(RuntimeError):
        await Output(format="json").write(broken(), Thing, out)

    with pytest.raises(json.JSONDecodeError):
        json.loads(out.getvalue())


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
async def test_a_row_is_written_before_the_next_one_is_read(kind: Format) -> None:
    """The rows of a long listing are useful before its end."""
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


async def test_a_table_is_aligned_and_leaves_empty_columns_out() -> None:
    """Most columns are empty."""
    text = await written(Output(), PLAIN, Thing("wide 数字", value=Decimal(3)))

    assert text.splitlines() == ["name       value", "─────────  ─────", "lamp", "wide 数字  3"]


async def test_a_table_continues_with_the_widths_of_the_first_rows() -> None:
    """The widths must be chosen before all rows are known."""
    text = await written(Output(), *[Thing(f"{number:03}") for number in range(120)])

    assert [line.strip() for line in text.splitlines()[2:]] == [f"{number:03}" for number in range(120)]


async def test_an_empty_table_says_so() -> None:
    """No output would look like a failure."""
    assert await written(Output()) == "nothing found\n"


async def test_control_characters_in_a_cell_are_replaced() -> None:
    """Customers can type anything into forms."""
    text = await written(Output(), Thing("\x1b[2Jname\n"))

    assert text.splitlines()[-1] == "�[2Jname�"


async def test_a_long_cell_is_cut_only_in_a_table() -> None:
    """The other formats are for programs."""
    thing = Thing("x" * 100)

    assert (await written(Output(), thing)).splitlines()[-1] == "x" * 47 + "…"
    assert "x" * 100 in await written(Output(format="csv"), thing)


async def test_a_row_wider_than_the_terminal_has_a_line_for_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can read a wrapped table."""

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
async def test_only_the_chosen_columns_are_written(kind: Format) -> None:
    """The next program in the pipe expects exactly these columns."""
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
async def test_a_single_answer_is_not_a_list(kind: Format, text: str) -> None:
    """A customer is one object."""
    out = io.StringIO()

    await Output(format=kind).write_one(Owner(7), Owner, out)

    assert out.getvalue() == text


async def test_a_single_answer_has_a_line_for_each_nested_value() -> None:
    """A customer's name is inside a profile; one cell of JSON would be cut."""
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


async def test_control_characters_in_a_name_are_replaced() -> None:
    """The names of custom fields come from the brand."""
    out = io.StringIO()

    await Output().write_one(Thing("lamp", extra={"\x1b[2J": 1}), Thing, out)

    assert out.getvalue() == "name        lamp\nextra.�[2J  1\n"


@pytest.mark.parametrize(("columns", "text"), [("name", "name  lamp\n"), ("value", "")])
async def test_a_single_answer_has_the_chosen_columns(columns: str, text: str) -> None:
    """Also empty columns are shown."""
    out = io.StringIO()

    await Output(columns=columns).write_one(PLAIN, Thing, out)

    assert out.getvalue() == text


def test_an_unknown_column_gets_suggestions(capillary: Capillary) -> None:
    """A customer has more than a hundred columns."""
    done = capillary("customer", "5", "--columns", "current_slab", "--format", "csv")

    assert "did you mean points_summary.current_slab, points_summary.current_slab_description?" in done.err
    assert len(done.err) < 1000


def test_spaces_after_commas_in_columns_are_ignored(capillary: Capillary) -> None:
    """Users type spaces after commas."""
    assert capillary("customer", "5", "--columns", "id, associated_with", "--format", "csv").out.startswith("id,assoc")
