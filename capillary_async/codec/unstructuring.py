"""Convert values to what JSON consists of: models become dicts, with the attributes in the order of declaration.

msgspec encodes most classes directly, but not exactly: it sorts the attributes of attrs classes, writes null for NaN,
and rounds an offset from UTC to minutes. `exact` returns a value that msgspec writes without loss (`json_text`).
`to_dict` also replaces the scalars that only msgspec knows, such as `Decimal`s and dates. As in `generation`, a
function is generated for each class, because a loop over twelve attributes takes ten times as long.
"""

from collections import deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from operator import attrgetter
from types import NoneType
from typing import Any, Final, cast

import msgspec

from capillary_async.errors import CapillaryError
from capillary_async.models.definition import documented, is_model, wire_names
from capillary_async.models.members import members_of
from capillary_async.models.type_hints import kinds_of

Convert = Callable[[Any], Any]

# Only local mean time has offsets from UTC with seconds. The last zone stopped using it in 1972.
LAST_YEAR_OF_ODD_OFFSETS: Final = 1972
_DIRECT: Final = frozenset((NoneType, bool, int, str))
# A number with more digits becomes a string, because 1E+999999 would be a million digits long.
_LONGEST_WHOLE_NUMBER: Final = 400


def exact(value: Any, *, by_alias: bool = False) -> Any:
    """Return a value that msgspec writes without loss, with dicts and lists in place of objects and collections.

    Args:
        value: A model, an object of any class with declared members, a collection, an error, a scalar.
        by_alias: Whether models have the API's keys, with the items of `extra` beside them.

    Raises:
        ValueError: A number is NaN or infinite.
    """
    return (_BY_ALIAS if by_alias else _BY_NAME).convert(value)


def to_dict(value: Any, *, by_alias: bool = False) -> Any:
    """Return a value as dicts, lists, strings, numbers, booleans and `None`, which `json.dumps` accepts.

    No information is lost. Dates and date-times become ISO 8601 strings. A `Decimal` without decimal places becomes an
    `int`. Any other `Decimal` becomes a `float` if `repr` of the float is the same number, which holds for up to 15
    digits, and a string otherwise. `to_json` writes every `Decimal` as a number with all its digits.

    Args:
        value: A model, a list of models, a page, an outcome, or a part of one.
        by_alias: Whether models have the API's keys, with the items of `extra` beside them.

    Raises:
        ValueError: A number is NaN or infinite.
    """
    return _simple(exact(value, by_alias=by_alias))


class _ExactForms(dict[type, Convert]):
    """The functions that `exact` uses, by class; each is made for the first value of its class."""

    def __init__(self, *, by_alias: bool) -> None:
        super().__init__(dict.fromkeys(_DIRECT, _unchanged))
        self._by_alias = by_alias

    def convert(self, value: Any) -> Any:
        """Convert a value of any class."""
        return self[value.__class__](value)

    def __missing__(self, cls: type) -> Convert:
        """Return and keep the function for a class."""
        found = self[cls] = self._function_for(cls)
        return found

    def _function_for(self, cls: Any) -> Convert:
        if cls.__module__ == "numpy" and hasattr(cls, "item"):
            return lambda value: self.convert(value.item())
        if issubclass(cls, Exception):
            return lambda error: self.convert(_facts_of(error))
        names = members_of(cls)
        if names is not None:
            return self._object_function(cls, tuple(names))
        if issubclass(cls, Mapping):
            return lambda value: {key: self[item.__class__](item) for key, item in value.items()}
        if issubclass(cls, list | tuple | AbstractSet | deque):
            return lambda value: [self[item.__class__](item) for item in value]
        return next((convert for kind, convert in _SCALARS.items() if issubclass(cls, kind)), _unchanged)

    def _object_function(self, cls: Any, names: tuple[str, ...]) -> Convert:
        hints = {attribute.name: attribute.type for attribute in documented(cls)} if is_model(cls) else {}
        keys = self._keys_of(cls, names)
        members: list[str] = []
        for name in names:
            value = f"value.{name}" if is_direct(hints.get(name, Any)) else f"convert(value.{name})"
            members.append(f"**{value}" if keys[name] is None else f"{keys[name]!r}: {value}")
        source = f"lambda value: {{{', '.join(members)}}}"
        # The source holds only names of a class's attributes, so text from outside is never executed.
        return cast("Convert", eval(source, {"convert": self.convert}))  # noqa: S307

    def _keys_of(self, cls: Any, names: tuple[str, ...]) -> Mapping[str, str | None]:
        """Return the key of each member; `None` for `extra` if its items stand beside the other keys."""
        if not self._by_alias or not is_model(cls):
            return dict(zip(names, names, strict=True))
        keys: dict[str, str | None] = {"extra": None}
        for attribute in documented(cls):
            names = wire_names(attribute)
            # `wire_names` lists a second key in ISO 8601 for each date-time, but few answers have it.
            keys[attribute.name] = next((name for name in names if not name.endswith("ISO")), names[0])
        return keys


def is_direct(hint: Any) -> bool:
    """Whether values of a type need no conversion: strings, whole numbers, booleans, open enumerations."""
    return all(kind in _DIRECT or (isinstance(kind, type) and issubclass(kind, str)) for kind in kinds_of(hint))


def _unchanged(value: Any) -> Any:
    return value


def _finite(is_finite: Callable[[Any], bool]) -> Convert:
    def refuse_infinite(value: Any) -> Any:
        if not is_finite(value):
            raise ValueError("JSON has no NaN and no Infinity")
        return value

    return refuse_infinite


def _exact_date_time(value: datetime) -> Any:
    if value.year > LAST_YEAR_OF_ODD_OFFSETS and value.__class__ is datetime:
        return value
    offset = value.utcoffset()
    if offset is None or not (offset.seconds % 60 or offset.microseconds):
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:  # the first day of year 1
        return value.isoformat()


_SCALARS: Final[Mapping[Any, Convert]] = {
    Enum: attrgetter("value"),
    float: _finite(isfinite),
    Decimal: _finite(Decimal.is_finite),
    datetime: _exact_date_time,
}


def _facts_of(error: Exception) -> dict[str, Any]:
    """Return an error's class, message and, if it is an error of this package, attributes."""
    facts: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, CapillaryError):
        names = ("path", "attempts", "retryable", "status", "codes", "request_id", "location")
        facts |= {name: getattr(error, name) for name in names if hasattr(error, name)}
    return facts


_BY_NAME: Final = _ExactForms(by_alias=False)
_BY_ALIAS: Final = _ExactForms(by_alias=True)


def _simple(value: Any) -> Any:
    """Return what `exact` returned, with scalars that `json.dumps` accepts."""
    cls = value.__class__
    if cls in _DIRECT or cls is float:
        return value
    if cls is dict:
        return {_key(key): _simple(item) for key, item in value.items()}
    if cls is list:
        return [_simple(item) for item in value]
    kind = next((kind for kind in _SIMPLE if isinstance(value, kind)), None)
    # msgspec knows more types than JSON, such as a UUID.
    return msgspec.to_builtins(value) if kind is None else _SIMPLE[kind](value)


def _key(key: Any) -> str:
    return str.__str__(key) if isinstance(key, str) else str(_simple(key))


def _iso(value: date) -> str:
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _number(value: Decimal) -> int | float | str:
    _, digits, exponent = value.as_tuple()
    zeros = int(exponent)  # at the end; negative if there are decimal places
    if 0 <= zeros <= _LONGEST_WHOLE_NUMBER - len(digits):
        return int(value)
    number = float(value)
    return number if isfinite(number) and Decimal(repr(number)) == value else str(value)


_SIMPLE: Final[Mapping[Any, Convert]] = {
    Decimal: _number,
    date: _iso,  # and date-times, which are dates
    str: str.__str__,
    int: int,
    float: float,
}
