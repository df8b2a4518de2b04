"""Rows to the JSON that a job stores, as fast as can be.

msgspec writes attrs classes by itself in a third of the time that it takes to make dicts first, but sorts their
attributes and is not always exact (see `unstructuring`). What is stored needs no order, so rows go to msgspec as they
are if they hold nothing that it would change. A function that sees to that is written for each class.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from types import NoneType
from typing import Any, Final, cast

import attrs

from capillary_async.codec.json_text import encode_json, encoder
from capillary_async.codec.unstructuring import LAST_YEAR_OF_ODD_OFFSETS, is_direct
from capillary_async.models.definition import NOTHING_EXTRA, is_model
from capillary_async.models.members import kinds_of

Check = Callable[[Any], bool]


def encode_rows(rows: Sequence[Any]) -> bytes:
    """Encode rows as a JSON list. The keys of a row are in any order, those of the objects in it in their own.

    Raises:
        TypeError: A row holds what JSON cannot say.
        ValueError: A number is NaN or infinite.
    """
    try:
        # Not a generator: it would take twice as long.
        is_simple = all([_ROW_CHECKS[row.__class__](row) for row in rows])  # noqa: C419
    except AttributeError:  # a value is not of its declared type, such as an `int` in place of a `Decimal`
        is_simple = False
    return encoder().encode(rows) if is_simple else encode_json(rows)


class _ValueChecks(dict[type, Check]):
    """The functions that tell whether msgspec writes a value without loss, by class."""

    def __missing__(self, cls: Any) -> Check:
        """Choose the function for a class."""
        found: Check = _no
        if issubclass(cls, dict):
            found = self._are_all_values_simple
        elif cls in (list, tuple):
            found = self._are_all_items_simple
        self[cls] = found
        return found

    def _are_all_values_simple(self, value: dict[Any, Any]) -> bool:
        return all(self[item.__class__](item) for item in value.values())

    def _are_all_items_simple(self, value: Sequence[Any]) -> bool:
        return all(self[item.__class__](item) for item in value)


class _RowChecks(dict[type, Check]):
    """The same for rows, which may be models; a model in a row would have its attributes sorted."""

    def __missing__(self, cls: Any) -> Check:
        """Write the function for a model."""
        found = self[cls] = _model_check(cls) if is_model(cls) else _VALUE_CHECKS[cls]
        return found


def _model_check(cls: Any) -> Check:
    conditions = [_condition(attribute.name, attribute.type) for attribute in attrs.fields(cls)]
    source = f"lambda row: {' and '.join(filter(None, conditions)) or 'True'}"
    names = {"NOTHING_EXTRA": NOTHING_EXTRA, "checks": _VALUE_CHECKS}
    # The names are those of a class's attributes: no text from outside is ever run.
    return cast("Check", eval(source, names))  # noqa: S307


def _condition(name: str, hint: Any) -> str:
    """Write the condition for an attribute, if there is one."""
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


def _yes(_: Any) -> bool:
    return True


def _no(_: Any) -> bool:
    return False


_VALUE_CHECKS: Final = _ValueChecks(
    {**dict.fromkeys((bool, int, str, NoneType), _yes), float: isfinite, Decimal: Decimal.is_finite}
)
_ROW_CHECKS: Final = _RowChecks()
