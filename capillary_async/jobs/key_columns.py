"""The columns of a key: what they are called, and which values they take."""

import inspect
import re
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from math import isnan
from numbers import Integral
from typing import Any, Final, get_type_hints

import attrs

from capillary_async.models.definition import LARGEST_ID
from capillary_async.models.type_hints import kinds_of

# A whole number of a spreadsheet or of pandas may end in `.0`.
_WHOLE_NUMBER: Final = re.compile(r"(-?[0-9]{1,19})(\.0+)?")
_SCIENTIFIC: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# Above this a double no longer tells every whole number from its neighbours.
_LARGEST_OF_DOUBLES: Final = 2**53

KeyValue = int | str | None


@attrs.frozen
class KeyColumn:
    """One column of a key.

    Attributes:
        name: Its name in the key file and in the output.
        kind: `int` for whole numbers of 64 bits, `str` for texts.
        is_required: Whether every key must have a value.
        least: The smallest number it takes.
        takes_numbers: Whether a column of texts takes whole numbers, too, such as mobile numbers.
    """

    name: str
    kind: type[int] | type[str]
    is_required: bool = True
    least: int = -LARGEST_ID - 1
    takes_numbers: bool = False

    def read(self, raw: object) -> KeyValue:
        """Take a value as it stands in a key file; an empty text, null and NaN are no value.

        Numbers are exact or refused: 387538614.0 is a whole number, 1.5 is not, and in 5.67585E+08 a spreadsheet has
        dropped digits.

        Raises:
            ValueError: It does not fit. The text says why, without the value, which may be personal data.
        """
        raw = raw.strip() if isinstance(raw, str) else raw
        if _is_missing(raw):
            if self.is_required:
                raise ValueError("it is empty")
            return None
        if isinstance(raw, str) and (self.kind is int or self.takes_numbers) and _SCIENTIFIC.fullmatch(raw):
            raise ValueError("it is a number in scientific notation, which may have lost digits; store it as a text")
        return self._read_number(raw) if self.kind is int else self._read_text(raw)

    def _read_number(self, raw: object) -> int:
        number = _whole_number(raw)
        if number is None or not self.least <= number <= LARGEST_ID:
            raise ValueError(f"it is not a whole number from {self.least} to {LARGEST_ID}")
        return number

    def _read_text(self, raw: object) -> str:
        number = _whole_number(raw) if self.takes_numbers and not isinstance(raw, str) else None
        if number is None and not isinstance(raw, str):
            raise ValueError("it is not a text; numbers lose their leading zeros")
        text = str(raw if number is None else number)
        if self.takes_numbers and (found := _WHOLE_NUMBER.fullmatch(text)) and found[2]:
            if _whole_number(text) is None:
                raise ValueError("it is a number that may have lost digits; store it as a text")
            text = found[1]  # pandas writes a column of numbers with a gap like this
        if not text.isascii() and _SURROGATE.search(text):
            raise ValueError("it holds half a character (a lone surrogate)")
        return text


def _is_missing(raw: Any) -> bool:
    if isinstance(raw, str | float | None):
        return raw is None or raw == "" or (isinstance(raw, float) and isnan(raw))
    return type(raw).__name__ in ("NAType", "NaTType")  # of pandas


def _whole_number(raw: Any) -> int | None:
    """Return the whole number that a value is without doubt, or `None`."""
    if isinstance(raw, bool):
        return None
    number: int | None = None
    was_double = isinstance(raw, float)
    if isinstance(raw, str) and (found := _WHOLE_NUMBER.fullmatch(raw)):
        number, was_double = int(found[1]), bool(found[2])
    elif isinstance(raw, float):
        number = int(raw) if raw.is_integer() else None
    elif isinstance(raw, Decimal):
        exponent = raw.as_tuple().exponent  # above zero in 5.67585E+8
        number = int(raw) if isinstance(exponent, int) and exponent <= 0 and raw == raw.to_integral_value() else None
    elif isinstance(raw, Integral):  # also numpy's integers
        number = int(raw)
    return None if number is None or (was_double and abs(number) >= _LARGEST_OF_DOUBLES) else number


def hints_of(fn: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a function's parameters and of what it returns, but not that of its first parameter.

    The first is the client, whose class many modules import for type checkers alone.

    Raises:
        NameError: A class cannot be found where the function was defined.
    """

    def annotated() -> None:
        pass

    first = next(iter(inspect.signature(fn).parameters), "")
    hints: dict[str, Any] = getattr(fn, "__annotations__", {})
    annotated.__annotations__ = {name: hint for name, hint in hints.items() if name != first}
    names: dict[str, Any] = getattr(inspect.unwrap(fn), "__globals__", {})
    try:
        return get_type_hints(annotated, names, include_extras=True)
    except NameError as error:
        raise NameError(f"{error}; import it where the program runs, not for type checkers alone") from error


def columns_of(fn: Callable[..., Any], *, given: Collection[str] = ()) -> tuple[KeyColumn, ...]:
    """Derive a key's columns from the parameters of a function, without its first, which is the client.

    A parameter whose default is `None` is a column that may be missing; one with any other default is an option.

    Args:
        fn: The function.
        given: Parameters that have a value already.

    Raises:
        TypeError: A parameter cannot be a column, or no parameter is one.
    """
    hints = hints_of(fn)
    columns = tuple(
        _column_of(parameter, hints.get(parameter.name))
        for parameter in list(inspect.signature(fn).parameters.values())[1:]
        if parameter.default in (inspect.Parameter.empty, None) and parameter.name not in given
    )
    if not columns:
        raise TypeError("it needs a parameter for the client, and one for each column of a key")
    return columns


def _column_of(parameter: inspect.Parameter, hint: Any) -> KeyColumn:
    kinds = kinds_of(hint)
    has_name = parameter.kind in {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    if kinds not in ([int], [str]) or not has_name:
        raise TypeError(f"parameter {parameter.name} must have a name and be annotated as int or str")
    return KeyColumn(parameter.name, kinds[0], is_required=parameter.default is inspect.Parameter.empty)


def names_of(columns: Iterable[KeyColumn]) -> str:
    """Return the names of columns, for messages."""
    return ", ".join(column.name for column in columns)
