"""Write rows to standard output while they arrive, in the requested format."""

import os
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from typing import Annotated, ClassVar, Literal, Self, TextIO, TypeAlias

import attrs
from cyclopts import Group, Parameter
from rich.cells import cell_len, set_cell_size

from capillary_async.codec import json_cell, to_json
from capillary_async.models.members import members_of
from capillary_async.tables.text import CsvLines, TextColumn, cell, leaves, select, text_columns

Format: TypeAlias = Literal["table", "json", "jsonl", "csv"]
# The number of rows that decide a table's widths; waiting for more would delay the output.
_MEASURED = 50
_WIDEST_CELL = 48


@Parameter(name="*", group=Group("Output", sort_key=2))
@attrs.frozen(kw_only=True)
class Output:
    """The format of the output.

    Attributes:
        format: `table`, the default, is for people: it cuts long cells and omits empty columns. A single object, or
            rows wider than the terminal, are a list of names and values. `json`, `jsonl` (one object a line) and `csv`
            are complete, and all numbers are exact.
        columns: Only these columns, separated by commas; for `table` and `csv`.
        is_continued: Whether `csv` continues rows that were written before, and has no header.
    """

    _default: ClassVar[Format] = "table"

    format: Format | None = None
    columns: str | None = None
    is_continued: Annotated[bool, Parameter(show=False, parse=False)] = False

    def with_default(self, format: Format | None) -> Self:  # noqa: A002  (as the option)
        """Return these options, with `format` if no format was given."""
        return attrs.evolve(self, format=self.format or format)

    async def write(self, rows: AsyncIterable[object], model: type, out: TextIO) -> None:
        """Write each row as soon as it arrives.

        Raises:
            ValueError: `columns` names a column that `model` does not have.
        """
        columns = self._chosen(model)
        form = self.format or self._default
        if form == "table":
            await _write_table(rows, columns, out)
        elif form == "csv":
            await _write_csv(rows, columns, out, has_header=not self.is_continued)
        elif form == "jsonl":
            await _write_lines(rows, out)
        else:
            await _write_array(rows, out)

    async def write_one(self, row: object, model: type, out: TextIO) -> None:
        """Write a single object: as JSON without an array, or as a table with a line for each value."""
        form = self.format or self._default
        if form in {"json", "jsonl"}:
            out.write(to_json(row) + "\n")
        elif form == "csv":
            await self.write(_single(row), model, out)
        elif self.columns is not None:
            _write_down([(column.name, column.value(row)) for column in self._chosen(model)], out)
        elif members_of(model) is not None or isinstance(row, dict):
            _write_down(leaves(row), out)
        else:
            out.write(cell(row, json_cell) + "\n")  # only the number or text, for `$(...)` in a script

    def _chosen(self, model: type) -> tuple[TextColumn, ...]:
        columns = text_columns(model)
        return columns if self.columns is None else select(columns, [name.strip() for name in self.columns.split(",")])


async def _single(row: object) -> AsyncIterator[object]:
    yield row


async def _write_lines(rows: AsyncIterable[object], out: TextIO) -> None:
    async for row in rows:
        out.write(to_json(row) + "\n")
        out.flush()


async def _write_array(rows: AsyncIterable[object], out: TextIO) -> None:
    # The closing bracket is not in a `finally` block, because half a listing must not be valid JSON.
    separator = "["
    async for row in rows:
        out.write(f"{separator}\n{to_json(row)}")
        out.flush()
        separator = ","
    out.write("[]\n" if separator == "[" else "\n]\n")


async def _write_csv(
    rows: AsyncIterable[object], columns: Sequence[TextColumn], out: TextIO, *, has_header: bool
) -> None:
    lines = CsvLines(json_cell)
    if has_header:
        out.write(lines.line(column.name for column in columns))
    async for row in rows:
        out.write(lines.line(column.value(row) for column in columns))
        out.flush()


async def _write_table(rows: AsyncIterable[object], columns: Sequence[TextColumn], out: TextIO) -> None:
    layout: TableLayout | None = None
    waiting: list[object] = []
    try:
        async for row in rows:
            if layout is not None:
                layout.write(row)
                continue
            waiting.append(row)
            if len(waiting) == _MEASURED:
                layout = TableLayout.measured(waiting, columns, out)
    finally:
        # Also after an error or Ctrl-C, because the cursor in the message marks the end of these rows.
        if layout is None and waiting:
            TableLayout.measured(waiting, columns, out)
    if not waiting:
        out.write("nothing found\n")


@attrs.frozen
class TableLayout:
    """The columns of a table that are not empty, and their widths."""

    _columns: Sequence[TextColumn]
    _widths: Sequence[int]
    _out: TextIO

    @classmethod
    def measured(cls, rows: Sequence[object], columns: Sequence[TextColumn], out: TextIO) -> "TableLayout":
        """Choose a layout for `rows`, and write them."""
        cells = {column: [_shown(column.value(row)) for row in rows] for column in columns}
        filled = [column for column in columns if any(cells[column])]
        widths = [max(cell_len(text) for text in (column.name, *cells[column])) for column in filled]
        layout = cls(filled, widths if sum(widths) + 2 * len(widths) <= _room(out) else (), out)
        if layout._widths:
            layout._write_line([column.name for column in filled])
            layout._write_line(["─" * width for width in widths])
        for row in rows:
            layout.write(row)
        return layout

    def write(self, row: object) -> None:
        """Write one row: as one line, or with a line for each cell if one line is too long for the terminal."""
        cells = [_shown(column.value(row)) for column in self._columns]
        if self._widths:
            self._write_line(cells)
        else:
            names = [column.name for column in self._columns]
            _write_lines_of(zip(names, cells, strict=True), max(map(cell_len, names)), self._out)
            self._out.write("\n")
        self._out.flush()

    def _write_line(self, cells: Sequence[str]) -> None:
        padded = [
            set_cell_size(text, max(width, cell_len(text))) for text, width in zip(cells, self._widths, strict=True)
        ]
        self._out.write("  ".join(padded).rstrip() + "\n")


def _write_down(named: Iterable[tuple[str, object]], out: TextIO) -> None:
    shown = [(_printable(name), text) for name, value in named if (text := _shown(value))]
    _write_lines_of(shown, max((cell_len(name) for name, _ in shown), default=0), out)


def _write_lines_of(cells: Iterable[tuple[str, str]], indent: int, out: TextIO) -> None:
    out.writelines(f"{set_cell_size(name, indent)}  {text}\n" for name, text in cells if text)


def _shown(value: object) -> str:
    """Return a cell's text, cut to the greatest width."""
    text = _printable(cell(value, json_cell))
    return text if cell_len(text) <= _WIDEST_CELL else set_cell_size(text, _WIDEST_CELL - 1) + "…"


def _printable(text: str) -> str:
    """Replace control characters, because they could control the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _room(out: TextIO) -> float:
    return os.get_terminal_size(out.fileno()).columns if out.isatty() else float("inf")
