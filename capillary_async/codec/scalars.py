"""The hooks of values without parts. They are strict: `3.7` and `true` are refused as whole numbers."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final, NoReturn, get_args

from capillary_async.errors import InvalidArgumentError
from capillary_async.models.definition import LARGEST_ID

Hook = Callable[[Any, Any], Any]

# Longer texts are refused before they are converted, which takes the longer the more digits there are.
_LONGEST_ID: Final = len(str(-LARGEST_ID))
_LONGEST_NUMBER: Final = 64
_LARGEST_CACHED: Final = 4096
_is_number: Final = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII).fullmatch


class Mismatch(Exception):  # noqa: N818  (never leaves the converter)
    """A value does not fit its type; the module `mismatch` finds the location."""


class UnknownTypeError(InvalidArgumentError, TypeError):
    """The caller asks for a type to which no answer can be converted."""


def reject(_value: Any = None, _into: Any = None) -> NoReturn:
    """Refuse any value."""
    raise Mismatch


def exactly(kind: type) -> Callable[[Any, Any], Any]:
    """Return a hook that accepts only values of one class, for that class and its subclasses."""

    def structure_exactly(value: Any, into: Any) -> Any:
        if value.__class__ is not kind:
            raise Mismatch
        return value if into is kind else into(value)

    return structure_exactly


def whole_number(value: Any, _into: Any = None) -> int:
    """Accept a whole number, also as a string of digits."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is not str or len(value) > _LONGEST_ID:
        raise Mismatch
    # `int` also accepts other digits, spaces and underscores.
    if not value.isascii() or not value.removeprefix("-").isdigit() or abs(int(value)) > LARGEST_ID:
        raise Mismatch
    return int(value)


def quoted_number(value: Any, _into: Any = None) -> Decimal:
    """Accept any number, also as a string of digits, and keep its digits."""
    if value.__class__ is str:
        if len(value) > _LONGEST_NUMBER or not _is_number(value):
            raise Mismatch
        return Decimal(value)
    return exact_number(value)


def exact_number(value: Any, _into: Any = None) -> Decimal:
    """Accept any number and keep its digits."""
    if value.__class__ is int:
        return Decimal(value)
    if value.__class__ is not Decimal:
        raise Mismatch
    return value


def binary_number(value: Any, _into: Any = None) -> float:
    """Accept any finite number as a float, for a user's class that declares `float`."""
    if value.__class__ not in {int, Decimal, float}:
        raise Mismatch
    number = float(value)
    if not isfinite(number):
        raise Mismatch
    return number


def enumeration_member(value: Any, into: type[Enum]) -> Enum:
    """Accept a value of an enumeration; 1 and `true` are different values, although Python says that they are equal."""
    for candidate in into:
        if candidate.value == value and candidate.value.__class__ is value.__class__:
            return candidate
    raise Mismatch


def literal(value: Any, into: Any) -> Any:
    """Accept a value that a `Literal` lists."""
    for allowed in get_args(into):
        wire_value = allowed.value if isinstance(allowed, Enum) else allowed
        if wire_value == value and wire_value.__class__ is value.__class__:
            return allowed
    raise Mismatch


class WholeDecimals(dict[int, Decimal]):
    """Decimals of whole numbers; small ones are cached, because amounts and counts repeat."""

    def __missing__(self, value: int) -> Decimal:
        """Return the Decimal of a number that is not in the cache."""
        number = Decimal(value)
        if 0 <= value < _LARGEST_CACHED:
            self[value] = number
        return number


WHOLE_DECIMALS: Final = WholeDecimals()


class OpenEnumeration(dict[Any, Any]):
    """Members of an enumeration by text; an unknown text stays a text."""

    def __init__(self, enumeration: type[Enum]) -> None:
        super().__init__({member.value: member for member in enumeration})

    def __missing__(self, value: Any) -> str:
        """Return an unknown text unchanged."""
        if value.__class__ is not str:
            raise Mismatch
        return value
