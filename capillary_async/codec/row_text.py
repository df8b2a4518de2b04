"""Encode rows fast, as the text that a job stores for a key.

msgspec encodes attrs classes directly in a third of the time of making dicts first. But it sorts their attributes, and
it is not always exact (see `unstructuring`). Stored rows need no order. So rows go to msgspec directly if they hold
no value that msgspec would change. A generated function for each class checks that.

| rows | text |
|---|---|
| of a model without nested values and undocumented fields | a *table*: `=["name", ...]` and `[count, column, ...]` |
| any other | lines of JSON |

A column of a table is a list, or one value if all rows have it. A table is a third as long as lines, and compressing it
takes half of the time.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain, repeat
from math import isfinite
from types import NoneType
from typing import Any, Final, cast

import attrs

from capillary_async.codec.json_text import ENCODER, decode_json, encode_json
from capillary_async.codec.unstructuring import LAST_YEAR_OF_ODD_OFFSETS, is_direct
from capillary_async.models.definition import NOTHING_EXTRA, documented, is_model
from capillary_async.models.type_hints import allows_only, kinds_of

Check = Callable[[Any], bool]

# How a table begins; lines of JSON begin with another character.
TABLE: Final = b"="


def encode_rows(rows: Sequence[Any]) -> bytes:
    """Encode rows as a table, or as lines of JSON: a line feed between two rows and none in a row.

    The keys of a row have any order; the keys of objects in a row keep their order.

    Raises:
        TypeError: JSON has no form for a value's type.
        ValueError: A number is NaN or infinite, or a row is null.
    """
    if not rows:
        return b""
    cls = rows[0].__class__
    try:
        write_table = _table_writer(cls)
        table = None if write_table is None else write_table(rows)
        if table is not None:
            return table
        is_simple = _row_check(cls)(rows)
    except AttributeError:  # a value is not of its declared type, such as an `int` in place of a `Decimal`
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


def decode_rows(text: bytes) -> list[Any]:
    """Return the rows that `encode_rows` wrote, objects as dicts."""
    parts = read_tables([text]) if text.startswith(TABLE) else None
    if parts is None:  # strings have no line feeds, only escapes
        rows: list[Any] = decode_json(b"[%s]" % text.replace(b"\n", b","))
        return rows
    found: Any = zip(*map(parts.values, parts.columns), strict=True)
    return [{**dict(zip(parts.columns, row, strict=True)), "extra": {}} for row in found]


@attrs.frozen
class TableParts:
    """The tables of several texts.

    Attributes:
        counts: How many rows each text has.
        columns: A cell for each text, by the column's name: a list, or a value that all its rows share. `extra` is
            always empty and has no column.
    """

    counts: tuple[int, ...]
    columns: dict[str, tuple[Any, ...]]

    def are_shared(self, name: str) -> bool:
        """Whether all rows of a text share a column's value, in all texts."""
        return list not in {*map(type, self.columns[name])}

    def values(self, name: str) -> list[Any]:
        """Return a column's value for each row."""
        cells = zip(self.columns[name], self.counts, strict=True)
        return [*chain.from_iterable([cell if cell.__class__ is list else repeat(cell, n) for cell, n in cells])]


def read_tables(texts: Sequence[bytes]) -> TableParts | None:
    """Read tables that `encode_rows` wrote; return `None` if a text is no table, or has other columns."""
    head = texts[0].partition(b"\n")[0]
    if not head.startswith(TABLE) or not all([text.startswith(head) for text in texts]):  # noqa: C419
        return None
    skip = len(head) + 1
    # One document takes less time than one for each text.
    tables = decode_json(b"[%s]" % b",".join([text[skip:] for text in texts]))
    counts, *columns = zip(*tables, strict=True)
    return TableParts(counts, dict(zip(decode_json(head[len(TABLE) :]), columns, strict=True)))


@cache
def _table_writer(cls: Any) -> Callable[[Sequence[Any]], bytes | None] | None:
    """Generate a function that writes a table of rows, or returns `None` if msgspec would change a value.

    Returns:
        The function; `None` if the class is not a model of which all attributes are scalars.
    """
    fields = documented(cls) if is_model(cls) else ()
    if not fields or not all(allows_only(field.type, str, int, bool, Decimal, date) for field in fields):
        return None
    conditions = [_condition(field.name, field.type) for field in fields]
    condition = " and ".join(filter(None, ["row.__class__ is cls and row.extra is NOTHING_EXTRA", *conditions]))
    cells = "".join(f"row.{field.name}, " for field in fields)
    columns = [f"column_{place}" for place in range(len(fields))]
    values = [
        # Equal values of these types have equal texts, unlike 1 and 1.0.
        f"{name}[0] if {name}[0] == {name}[-1] and {name}.count({name}[0]) == count else {name}"
        if is_direct(field.type) and not {bool, int}.issubset(kinds_of(field.type))
        else f"{name} if count > 1 else {name}[0]"
        for name, field in zip(columns, fields, strict=True)
    ]
    lines = (
        "def write_table(rows):",
        f" if not all([{condition} for row in rows]): return None",
        f" {', '.join(columns)}, = zip(*[({cells}) for row in rows])",
        " count = len(rows)",
        f" return head + encode((count, {', '.join(values)}))",
    )
    head = TABLE + ENCODER.encode([field.name for field in fields]) + b"\n"
    names = {"NOTHING_EXTRA": NOTHING_EXTRA, "cls": cls, "head": head, "encode": ENCODER.encode}
    # The source holds only names of a class's attributes, so text from outside is never executed.
    exec("\n".join(lines), names)  # noqa: S102
    return cast("Callable[[Sequence[Any]], bytes | None]", names["write_table"])


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
