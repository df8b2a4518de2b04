"""Encode rows fast, as the text that a job stores for some keys.

msgspec encodes attrs classes directly in a third of the time of making dicts first. But it sorts their attributes, and
it is not always exact (see `unstructuring`). Stored rows need no order. So rows go to msgspec directly if they hold
no value that msgspec would change. A generated function for each class checks that.

| rows | text |
|---|---|
| of a model without nested values and undocumented fields | a *table* of several keys: `=`, names, counts, columns |
| any other | lines of JSON of one key |

A column of a table is a list, or one value if all rows have it. A table is a third as long as lines, and compressing it
takes half of the time. One table for several keys takes less time than one for each.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import accumulate, chain, pairwise, repeat
from math import isfinite
from types import NoneType
from typing import Any, Final, cast

import attrs

from capillary_async.codec.json_text import ENCODER, decode_json, encode_json
from capillary_async.codec.unstructuring import LAST_YEAR_OF_ODD_OFFSETS, is_direct
from capillary_async.models.definition import NOTHING_EXTRA, documented, is_model
from capillary_async.models.type_hints import allows_only, kinds_of

Check = Callable[[Any], bool]
_Writer = Callable[[Sequence[Any], Sequence[int]], bytes | None]

# How a table begins; lines of JSON begin with another character.
TABLE: Final = b"="


@attrs.define(eq=False)
class TableRows:
    """The rows of one key in a table.

    Attributes:
        columns: The table's columns by name: a list of all rows' values, or a value that they share. `extra` is always
            empty and has no column.
        begin: Place of the key's first row.
        end: Place behind its last row.
    """

    columns: dict[str, Any]
    begin: int
    end: int
    _size: int

    def __len__(self) -> int:
        """Return about how long the text of the rows is; 0 for no rows."""
        return self._size if self.end > self.begin else 0

    def cells(self) -> list[Any]:
        """Return for each column the list of the key's values, or the value that all rows of the table share."""
        begin, end = self.begin, self.end
        return [cell[begin:end] if cell.__class__ is list else cell for cell in self.columns.values()]

    def decoded(self) -> list[dict[str, Any]]:
        """Return the rows as dicts."""
        count = self.end - self.begin
        lists = [cell if cell.__class__ is list else repeat(cell, count) for cell in self.cells()]
        return [{**dict(zip(self.columns, row, strict=True)), "extra": {}} for row in zip(*lists, strict=True)]


StoredRows = bytes | TableRows


def encode_parts(answers: Sequence[Sequence[Any]]) -> Iterator[tuple[int, bytes]]:
    """Yield texts with the rows of several keys, in order, each with the number of its keys.

    A text is a table, or the lines of JSON of one key.

    Raises:
        TypeError: JSON has no form for a value's type.
        ValueError: A number is NaN or infinite, or a row is null.
    """
    rows = [*chain.from_iterable(answers)]
    if not rows:
        yield from [(1, b"")] * len(answers)
        return
    try:
        write = _table_writer(rows[0].__class__)
        table = write(rows, [*map(len, answers)]) if write is not None else None
    except AttributeError:  # a value is not of its declared type, such as an `int` in place of a `Decimal`
        table = None
    if table is not None:
        yield len(answers), table
    elif len(answers) == 1:
        yield 1, encode_rows(rows)
    else:  # one row may keep all others out of a table
        half = len(answers) // 2
        yield from encode_parts(answers[:half])
        yield from encode_parts(answers[half:])


def decode_part(text: bytes) -> list[StoredRows]:
    """Return the rows of each key in a text of `encode_parts`."""
    if not text.startswith(TABLE):
        return [text]
    names, counts, columns = map(decode_json, text[len(TABLE) :].split(b"\n"))
    table, size = dict(zip(names, columns, strict=True)), len(text) // len(counts)
    return [TableRows(table, begin, end, size) for begin, end in pairwise(accumulate(counts, initial=0))]


def encode_rows(rows: Sequence[Any]) -> bytes:
    """Encode rows as lines of JSON: a line feed between two rows and none in a row.

    The keys of a row have any order; the keys of objects in a row keep their order.

    Raises:
        TypeError: JSON has no form for a value's type.
        ValueError: A number is NaN or infinite, or a row is null.
    """
    if not rows:
        return b""
    try:
        is_simple = _row_check(rows[0].__class__)(rows)
    except AttributeError:  # as above
        is_simple = False
    if is_simple:
        return ENCODER.encode_lines(rows)[:-1]
    return b"\n".join(_line(row) for row in rows)


def _line(row: Any) -> bytes:
    text = encode_json(row)
    if text == b"null":
        raise ValueError("it is null")
    # msgspec keeps the line feeds of JSON that is encoded already.
    return text if b"\n" not in text else encode_json(decode_json(text))


def decode_rows(rows: StoredRows) -> list[Any]:
    """Return the rows of one key, objects as dicts."""
    if isinstance(rows, TableRows):
        return rows.decoded()
    # Strings have no line feeds, only escapes.
    found: list[Any] = decode_json(b"[%s]" % rows.replace(b"\n", b","))
    return found


@attrs.frozen
class TableParts:
    """The rows of several keys, from one table or several.

    Attributes:
        counts: How many rows each key has.
        lengths: How many rows each part has; a part has the rows of keys that are next to each other in a table.
        columns: A cell for each part, by the column's name: a list, or a value that all its rows share.
    """

    counts: list[int]
    lengths: list[int]
    columns: dict[str, tuple[Any, ...]]

    def are_shared(self, name: str) -> bool:
        """Whether all rows of a part share a column's value, in all parts."""
        return list not in {*map(type, self.columns[name])}

    def values(self, name: str) -> list[Any]:
        """Return a column's value for each row."""
        cells = zip(self.columns[name], self.lengths, strict=True)
        return [*chain.from_iterable([cell if cell.__class__ is list else repeat(cell, n) for cell, n in cells])]


def join_tables(found: Sequence[StoredRows]) -> TableParts | None:
    """Put rows of tables together; return `None` if some are no table's, or have other columns."""
    parts: list[TableRows] = []
    end, columns = -1, None
    for rows in found:
        if not isinstance(rows, TableRows):
            return None
        if rows.begin == end and rows.columns is columns:
            parts[-1].end = end = rows.end
        else:
            parts.append(TableRows(rows.columns, rows.begin, rows.end, 0))
            end, columns = rows.end, rows.columns
    names = parts[0].columns.keys()
    if any(part.columns.keys() != names for part in parts):
        return None
    cells = zip(*[part.cells() for part in parts], strict=True)
    counts = [rows.end - rows.begin for rows in found if isinstance(rows, TableRows)]
    return TableParts(counts, [part.end - part.begin for part in parts], dict(zip(names, cells, strict=True)))


@cache
def _table_writer(cls: Any) -> _Writer | None:
    """Generate a function that writes a table of rows, or returns `None` if msgspec would change a value.

    Returns:
        The function; `None` if the class is not a model of which all attributes are scalars.
    """
    fields = documented(cls) if is_model(cls) else ()
    if not fields or not all(allows_only(field.type, str, int, bool, Decimal, date) for field in fields):
        return None
    columns = [f"column_{place}" for place in range(len(fields))]
    checks = [_column_check(name, field.type) for name, field in zip(columns, fields, strict=True)]
    conditions = ["[*map(type, rows)].count(cls) == count", "extra.count(NOTHING_EXTRA) == count", *checks]
    cells = "".join(f"row.{field.name}, " for field in fields)
    values = [
        # Equal values of these types have equal texts, unlike 1 and 1.0.
        f"{name}[0] if {name}[0] == {name}[-1] and {name}.count({name}[0]) == count else {name}"
        if is_direct(field.type) and not {bool, int}.issubset(kinds_of(field.type))
        else name
        for name, field in zip(columns, fields, strict=True)
    ]
    lines = (
        "def write_table(rows, counts):",
        " count = len(rows)",
        f" {', '.join(columns)}, extra = zip(*[({cells}row.extra) for row in rows])",
        f" if not ({' and '.join(filter(None, conditions))}): return None",
        f" return head + encode(counts) + b'\\n' + encode(({', '.join(values)},))",
    )
    names = {
        "NOTHING_EXTRA": NOTHING_EXTRA,
        "are_finite": _are_finite,
        "are_recent": _are_recent,
        "checks": _VALUE_CHECKS,
        "cls": cls,
        "encode": ENCODER.encode,
        "head": TABLE + ENCODER.encode([field.name for field in fields]) + b"\n",
    }
    # The source holds only names of a class's attributes, so text from outside is never executed.
    exec("\n".join(lines), names)  # noqa: S102
    return cast("_Writer", names["write_table"])


def _column_check(name: str, hint: Any) -> str:
    """Return the source of a column's condition; empty if every value passes."""
    if is_direct(hint):
        return ""
    if set(kinds_of(hint)) == {Decimal}:
        return f"are_finite({name})"
    if allows_only(hint, date):
        return f"are_recent({name})"
    return f"all([v is None or checks[v.__class__](v) for v in {name}])"


def _are_finite(values: Sequence[Any]) -> bool:
    try:
        return all(map(Decimal.is_finite, values))
    except TypeError:  # some are `None`
        return all([value is None or value.is_finite() for value in values])  # noqa: C419


def _are_recent(values: Sequence[Any]) -> bool:
    try:
        first = min(values)
    except TypeError:  # some are `None`
        first = None
    # In another zone, the year of a later moment may be one less.
    is_recent = first is not None and first.year > LAST_YEAR_OF_ODD_OFFSETS + 1
    return is_recent or all([value is None or value.year > LAST_YEAR_OF_ODD_OFFSETS for value in values])  # noqa: C419


class _ValueChecks(dict[type, Check]):
    """Functions by class that return whether a value is simple: msgspec writes it without loss."""

    def __missing__(self, cls: Any) -> Check:
        """Return and keep the function for a class."""
        self[cls] = found = self._check_for(cls)
        return found

    def _check_for(self, cls: Any) -> Check:
        if issubclass(cls, dict):
            # Not by `are_all_simple`, because one more call for each row shows.
            return lambda value: all(self[item.__class__](item) for item in value.values())
        return self.are_all_simple if cls in (list, tuple) else lambda _: False

    def are_all_simple(self, values: Iterable[Any]) -> bool:
        """Whether all of the values are simple."""
        return all(self[value.__class__](value) for value in values)


@cache
def _row_check(cls: type) -> Check:
    """Return the function that checks rows of a class.

    Only a row may be a model, because msgspec would sort a model inside a row.
    """
    if not is_model(cls):
        return _are_values_simple
    conditions = filter(None, [_condition(attribute.name, attribute.type) for attribute in attrs.fields(cls)])
    condition = " and ".join(["row.__class__ is cls", *conditions])
    # A loop takes a third of the time of a call for each row, and a list half of that of a generator.
    source = f"lambda rows: all([{condition} for row in rows])"
    names = {"NOTHING_EXTRA": NOTHING_EXTRA, "checks": _VALUE_CHECKS, "cls": cls}
    # The source holds only names of a class's attributes, so text from outside is never executed.
    return cast("Check", eval(source, names))  # noqa: S307


def _condition(name: str, hint: Any) -> str:
    """Return the source of an attribute's condition; empty if every value passes."""
    if is_direct(hint):
        return ""
    kinds = set(kinds_of(hint))
    if name == "extra":
        return "(row.extra is NOTHING_EXTRA or checks[(v := row.extra).__class__](v))"
    if kinds == {Decimal}:
        return f"((v := row.{name}) is None or v.is_finite())"
    if allows_only(hint, date):
        return f"((v := row.{name}) is None or v.year > {LAST_YEAR_OF_ODD_OFFSETS})"
    return f"((v := row.{name}) is None or checks[v.__class__](v))"


def _are_values_simple(rows: Sequence[Any]) -> bool:
    return NoneType not in {*map(type, rows)} and _VALUE_CHECKS.are_all_simple(rows)


_VALUE_CHECKS: Final = _ValueChecks(
    {**dict.fromkeys((bool, int, str, NoneType), lambda _: True), float: isfinite, Decimal: Decimal.is_finite}
)
