"""Encode rows fast, as the JSON lines that a job stores.

msgspec encodes attrs classes directly in a third of the time of making dicts first. But it sorts their attributes, and
it is not always exact (see `unstructuring`). Stored rows need no order. So rows go to msgspec directly if they hold
no value that msgspec would change. A generated function for each class checks that.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from types import NoneType
from typing import Any, Final, cast

import attrs

from capillary_async.codec.json_text import ENCODER, decode_json, encode_json
from capillary_async.codec.unstructuring import LAST_YEAR_OF_ODD_OFFSETS, is_direct
from capillary_async.models.definition import NOTHING_EXTRA, is_model
from capillary_async.models.members import kinds_of

Check = Callable[[Any], bool]


def encode_rows(rows: Sequence[Any]) -> bytes:
    """Encode rows as JSON, with a line feed between two rows and none in a row; `row_list` makes a JSON list of it.

    The keys of a row have any order; the keys of objects in a row keep their order.

    Raises:
        TypeError: JSON has no form for a value's type.
        ValueError: A number is NaN or infinite, or a row is null.
    """
    try:
        is_simple = not rows or _ROW_CHECKS[rows[0].__class__](rows)
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


def row_list(lines: bytes) -> bytes:
    """Return what `encode_rows` wrote as one JSON list. Strings have no line feeds, only escapes."""
    return b"[%s]" % lines.replace(b"\n", b",")


class _ValueChecks(dict[type, Check]):
    """Functions by class that return whether msgspec writes a value without loss."""

    def __missing__(self, cls: Any) -> Check:
        """Return and keep the function for a class."""
        found: Check = _no
        if issubclass(cls, dict):
            found = self._are_all_values_simple
        elif cls in (list, tuple):
            found = self.are_all_items_simple
        self[cls] = found
        return found

    def _are_all_values_simple(self, value: dict[Any, Any]) -> bool:
        return all(self[item.__class__](item) for item in value.values())

    def are_all_items_simple(self, value: Sequence[Any]) -> bool:
        """Whether msgspec writes all items of a list without loss."""
        return all(self[item.__class__](item) for item in value)


class _RowChecks(dict[type, Check]):
    """The same for rows: by the class of the first row, functions of all rows.

    Only a row may be a model, because msgspec would sort a model inside a row.
    """

    def __missing__(self, cls: Any) -> Check:
        """Generate the function for a model."""
        found = self[cls] = _model_check(cls) if is_model(cls) else _are_values_simple
        return found


def _model_check(cls: Any) -> Check:
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
    if kinds <= {date, datetime}:
        return f"((v := row.{name}) is None or v.year > {LAST_YEAR_OF_ODD_OFFSETS})"
    return f"((v := row.{name}) is None or checks[v.__class__](v))"


def _are_values_simple(rows: Sequence[Any]) -> bool:
    return NoneType not in {*map(type, rows)} and _VALUE_CHECKS.are_all_items_simple(rows)


def _yes(_: Any) -> bool:
    return True


def _no(_: Any) -> bool:
    return False


_VALUE_CHECKS: Final = _ValueChecks(
    {**dict.fromkeys((bool, int, str, NoneType), _yes), float: isfinite, Decimal: Decimal.is_finite}
)
_ROW_CHECKS: Final = _RowChecks()
