"""Structure values without parts, exactly: `3.7` is not a whole number and `true` is not 1, so both are refused."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final, NoReturn, get_args

from capillary_async.errors import InvalidArgumentError
from capillary_async.models.definition import LARGEST_ID

Hook = Callable[[Any, Any], Any]

_SMALL: Final = 4096
_LONGEST_NUMBER: Final = 64
_is_number: Final = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII).fullmatch


class Mismatch(Exception):  # noqa: N818  (never leaves the converter)
    """A value does not fit its type; `mismatch` finds out where."""


class UnknownTypeError(InvalidArgumentError, TypeError):
    """The caller asks for a type that no answer can be structured into."""


def reject(_value: Any = None, _into: Any = None) -> NoReturn:
    """Refuse any value."""
    raise Mismatch


def exactly(kind: type) -> Callable[[Any, Any], Any]:
    """Return a hook that takes values of one class alone, for that class and what derives from it."""

    def structure_exactly(value: Any, into: Any) -> Any:
        if value.__class__ is not kind:
            raise Mismatch
        return value if into is kind else into(value)

    return structure_exactly


def whole_number(value: Any, _into: Any = None) -> int:
    """Take a whole number, or a text of digits that is one."""
    if value.__class__ is int:
        return int(value)
    if value.__class__ is not str or not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > 20:
        raise Mismatch
    number = int(value)
    if abs(number) > LARGEST_ID:
        raise Mismatch
    return number


def quoted_number(value: Any, _into: Any = None) -> Decimal:
    """Take any number with the digits it came with, or a text of digits that is one."""
    if value.__class__ is str:
        if len(value) > _LONGEST_NUMBER or not _is_number(value):
            raise Mismatch
        return Decimal(value)
    return exact_number(value)


def exact_number(value: Any, _into: Any = None) -> Decimal:
    """Take any number, with the digits it came with."""
    if value.__class__ is int:
        return Decimal(value)
    if value.__class__ is not Decimal:
        raise Mismatch
    return value


def binary_number(value: Any, _into: Any = None) -> float:
    """Take any number, for a class that asks for `float` itself."""
    if value.__class__ not in {int, Decimal, float}:
        raise Mismatch
    number = float(value)
    if not isfinite(number):
        raise Mismatch
    return number


def member(value: Any, into: type[Enum]) -> Enum:
    """Take an enumeration's value; `1` and `true` are not the same one."""
    for candidate in into:
        if candidate.value == value and candidate.value.__class__ is value.__class__:
            return candidate
    raise Mismatch


def literal(value: Any, into: Any) -> Any:
    """Take one of the values that a `Literal` lists."""
    for allowed in get_args(into):
        plain = allowed.value if isinstance(allowed, Enum) else allowed
        if plain == value and plain.__class__ is value.__class__:
            return allowed
    raise Mismatch


class WholeDecimals(dict[int, Decimal]):
    """Turns whole numbers into Decimals; small ones are made once, because amounts and counts often repeat."""

    def __missing__(self, value: int) -> Decimal:
        """Make the Decimal of a number that is not remembered."""
        number = Decimal(value)
        if 0 <= value < _SMALL:
            self[value] = number
        return number


WHOLE_DECIMALS: Final = WholeDecimals()


class OpenEnumeration(dict[Any, Any]):
    """Turns a known text into its member, and leaves any other text as it is."""

    def __init__(self, enumeration: type[Enum]) -> None:
        super().__init__({member.value: member for member in enumeration})

    def __missing__(self, value: Any) -> str:
        """Return an unknown text unchanged."""
        if value.__class__ is not str:
            raise Mismatch
        return value
