"""The columns of a key: what they are called, and which values they take."""

import inspect
import re
from collections.abc import Callable
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import attrs

from capillary_async.models.definition import alternatives

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,19}")
_LARGEST: Final = 2**63 - 1

Value = int | str | None


@attrs.frozen
class Least:
    """Marks the smallest number that a column takes."""

    number: int


@attrs.frozen
class Column:
    """One column of a key.

    Attributes:
        name: Its name in the key file and in the output.
        kind: `int` for whole numbers of 64 bits, `str` for texts.
        is_required: Whether every key must have a value.
        least: The smallest number it takes.
    """

    name: str
    kind: type[int] | type[str]
    is_required: bool = True
    least: int = -_LARGEST - 1

    def read(self, raw: object) -> Value:
        """Take a value as it stands in a key file; an empty text is none.

        Raises:
            ValueError: It does not fit. The text says why, without the value: it may be a person's.
        """
        if isinstance(raw, str):
            raw = raw.strip()
        if raw is None or raw == "":
            if self.is_required:
                raise ValueError("it is empty")
            return None
        return self._read_number(raw) if self.kind is int else self._read_text(raw)

    def _read_number(self, raw: object) -> int:
        if isinstance(raw, str) and _WHOLE_NUMBER.fullmatch(raw):
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int) or not self.least <= raw <= _LARGEST:
            raise ValueError(f"it is not a whole number from {self.least} to {_LARGEST}")
        return raw

    @staticmethod
    def _read_text(raw: object) -> str:
        if not isinstance(raw, str):
            raise ValueError("it is not a text")
        return raw


def columns_of(fn: Callable[..., Any]) -> tuple[Column, ...]:
    """Derive a key's columns from the parameters of a function, without its first: the client.

    A parameter whose default is `None` is a column that may be missing; one with any other default is no column.

    Raises:
        TypeError: A parameter cannot be a column, or none is one.
    """
    hints = get_type_hints(fn, include_extras=True)
    parameters = list(inspect.signature(fn).parameters.values())[1:]
    columns = tuple(
        _column_of(parameter, hints.get(parameter.name))
        for parameter in parameters
        if parameter.default in (inspect.Parameter.empty, None)
    )
    if not columns:
        raise TypeError("it needs a parameter for the client, and one for each column of a key")
    return columns


def _column_of(parameter: inspect.Parameter, hint: Any) -> Column:
    kinds = [choice for choice in alternatives(hint) if choice is not NoneType]
    kind, *marks = get_args(kinds[0]) if get_origin(kinds[0]) is Annotated else kinds[:1]
    is_nameable = parameter.kind in {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    if len(kinds) != 1 or kind not in (int, str) or not is_nameable:
        raise TypeError(f"parameter {parameter.name} must have a name and be annotated as int or str")
    least = [mark.number for mark in marks if isinstance(mark, Least)]
    return Column(parameter.name, kind, parameter.default is inspect.Parameter.empty, *least)
