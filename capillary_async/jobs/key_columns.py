"""The columns of a key: what they are called, and which values they take."""

import inspect
import re
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from math import isnan
from numbers import Integral
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import attrs

from capillary_async.models.definition import alternatives

# A whole number of a spreadsheet or of pandas may end in `.0`.
_WHOLE_NUMBER: Final = re.compile(r"(-?[0-9]{1,19})(\.0+)?")
_ROUNDED_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
_LARGEST: Final = 2**63 - 1
# Above this a double no longer tells every whole number from its neighbours.
_LARGEST_OF_DOUBLES: Final = 2**53

KeyValue = int | str | None


@attrs.frozen
class Least:
    """Marks the smallest number that a column takes."""

    number: int


@attrs.frozen
class KeyColumn:
    """One column of a key.

    Attributes:
        name: Its name in the key file and in the output.
        kind: `int` for whole numbers of 64 bits, `str` for texts.
        is_required: Whether every key must have a value.
        least: The smallest number it takes.
        takes_numbers: Whether whole numbers are taken as texts, too: a mobile number, say.
    """

    name: str
    kind: type[int] | type[str]
    is_required: bool = True
    least: int = -_LARGEST - 1
    takes_numbers: bool = False

    def read(self, raw: object) -> KeyValue:
        """Take a value as it stands in a key file; an empty text, null and NaN are none.

        Numbers are exact or refused: 387538614.0 is a whole number, 1.5 is none, and of 5.67585E+08 nobody knows which
        digits a spreadsheet has dropped.

        Raises:
            ValueError: It does not fit. The text says why, without the value: it may be a person's.
        """
        if isinstance(raw, str):
            raw = raw.strip()
        if _is_nothing(raw):
            if self.is_required:
                raise ValueError("it is empty")
            return None
        return self._read_number(raw) if self.kind is int else self._read_text(raw)

    def _read_number(self, raw: object) -> int:
        if isinstance(raw, str) and _ROUNDED_NUMBER.fullmatch(raw):
            raise ValueError("it is a number in scientific notation, which may have lost digits; store it as a text")
        number = _whole_number(raw)
        if number is None or not self.least <= number <= _LARGEST:
            raise ValueError(f"it is not a whole number from {self.least} to {_LARGEST}")
        return number

    def _read_text(self, raw: object) -> str:
        number = _whole_number(raw) if self.takes_numbers and not isinstance(raw, str) else None
        if number is not None:
            return str(number)
        if not isinstance(raw, str):
            raise ValueError("it is not a text; numbers lose their leading zeros")
        if self.takes_numbers and _ROUNDED_NUMBER.fullmatch(raw):
            raise ValueError("it is a number in scientific notation, which may have lost digits; store it as a text")
        if not raw.isascii() and any("\ud800" <= character <= "\udfff" for character in raw):
            raise ValueError("it holds half a character (a lone surrogate)")
        return str(raw)


def _is_nothing(raw: Any) -> bool:
    # pandas has three ways to say that there is no value: None, NaN and its own NA.
    return raw is None or raw == "" if isinstance(raw, str | NoneType) else _is_not_available(raw)


def _is_not_available(raw: Any) -> bool:
    return type(raw).__name__ in ("NAType", "NaTType") or (isinstance(raw, float) and isnan(raw))


def _whole_number(raw: Any) -> int | None:
    """Return the whole number that a value is without doubt, or `None`."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, float):
        return int(raw) if raw.is_integer() and abs(raw) < _LARGEST_OF_DOUBLES else None
    if isinstance(raw, Decimal):
        return _of_decimal(raw)
    if isinstance(raw, str):
        found = _WHOLE_NUMBER.fullmatch(raw)
        number = int(found[1]) if found else None
        return None if found and found[2] and abs(int(found[1])) >= _LARGEST_OF_DOUBLES else number
    return int(raw) if isinstance(raw, Integral) else None  # also numpy's integers


def _of_decimal(raw: Decimal) -> int | None:
    exponent = raw.as_tuple().exponent
    # A positive one is that of 5.67585E+08. A fraction of zeros is exact.
    is_exact = isinstance(exponent, int) and -38 <= exponent <= 0 and raw == raw.to_integral_value()
    return int(raw) if is_exact else None


def columns_of(fn: Callable[..., Any], *, given: Collection[str] = ()) -> tuple[KeyColumn, ...]:
    """Derive a key's columns from the parameters of a function, without its first: the client.

    A parameter whose default is `None` is a column that may be missing; one with any other default is an option.

    Args:
        fn: The function.
        given: Parameters that have a value already.

    Raises:
        TypeError: A parameter cannot be a column, or none is one.
    """
    hints = get_type_hints(fn, include_extras=True)
    parameters = list(inspect.signature(fn).parameters.values())[1:]
    columns = tuple(
        column_of(parameter, hints.get(parameter.name))
        for parameter in parameters
        if parameter.default in (inspect.Parameter.empty, None) and parameter.name not in given
    )
    if not columns:
        raise TypeError("it needs a parameter for the client, and one for each column of a key")
    return columns


def column_of(parameter: inspect.Parameter, hint: Any) -> KeyColumn:
    """Make the column for a parameter.

    Raises:
        TypeError: It cannot be a column.
    """
    kinds = [choice for choice in alternatives(hint) if choice is not NoneType]
    kind, *marks = get_args(kinds[0]) if get_origin(kinds[0]) is Annotated else kinds[:1]
    is_nameable = parameter.kind in {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    if len(kinds) != 1 or kind not in (int, str) or not is_nameable:
        raise TypeError(f"parameter {parameter.name} must have a name and be annotated as int or str")
    least = next((mark.number for mark in marks if isinstance(mark, Least)), -_LARGEST - 1)
    return KeyColumn(parameter.name, kind, is_required=parameter.default is inspect.Parameter.empty, least=least)


def names_of(columns: Iterable[KeyColumn]) -> str:
    """Return the names of columns, for messages."""
    return ", ".join(column.name for column in columns)
