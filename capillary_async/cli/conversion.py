"""Convert arguments of the command line into values: exact whole numbers, documented choices, lists with commas.

Also checks which arguments need others.
"""

import difflib
import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias, cast, get_origin

from cyclopts import CoercionError, Parameter, Token, convert

from capillary_async.errors import InvalidArgumentError
from capillary_async.options import Region

# Spreadsheets change ids (5.67585E+08, 93256.0), and `int` accepts more (1_000). Either could be another customer's id.
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
# Only a value of this form is repeated in a message, because it cannot be a person's number or address.
_WORD: Final = re.compile(r"[A-Za-z_ -]{1,40}")
# Arguments that need a certain value of another argument.
_NEEDS: Final[Mapping[str, tuple[str, str]]] = {
    "gap_to_upgrade": ("embed", "mlp"),
    "gap_to_renew": ("embed", "mlp"),
}
_convert: Final = cast("Callable[..., Any]", convert)  # cyclopts' annotations are incomplete


def shown_default(value: Any) -> str | None:
    """Return a default for the help; `None` for a flag that is off, and for an empty list or text."""
    return None if value is None or value is False or value in ((), "") else str(value)


def read_whole_number(text: str) -> int:
    """Read a whole number, written with decimal digits only.

    Raises:
        ValueError: The text is not such a number, for example 1.5, 0x10 or 1_000.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("it is not a whole number")
    return int(text)


def convert_exactly(hint: Any, tokens: Any) -> Any:
    """Convert as cyclopts does, but accept only digits for a whole number, and commas in a list."""
    if get_origin(hint) is list and isinstance(tokens, Sequence):
        tokens = _split(cast("Sequence[Token]", tokens))
    return _convert(hint, tokens, converter=_convert_value)


def _convert_value(kind: type, text: str) -> Any:
    if kind is int:
        return read_whole_number(text)
    try:
        return _convert(kind, [text])
    except CoercionError:
        raise ValueError from None  # cyclopts writes the message, with the argument's name


class _Unchecked:
    """Makes pydantic accept any value, because cyclopts validates with pydantic if a program has imported it."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> Any:
        from pydantic_core import core_schema  # noqa: PLC0415  (only pydantic calls this)

        return core_schema.any_schema()


_UNCHECKED: Final = _Unchecked()


def documented(*kinds: type[StrEnum], name: str, is_list: bool = False) -> Any:
    """Return the hint for an argument with documented values.

    Help and completion list the values. Other values are accepted with a warning, because the API may have new ones.

    Args:
        kinds: The documented values.
        name: The argument's name in a warning, if it was given by position.
        is_list: Whether the argument is a list.
    """
    values = tuple(dict.fromkeys(member.value for kind in kinds for member in kind))
    choices: Any = cast("Any", Literal)[values]
    if is_list:
        return Annotated[list[choices], Parameter(converter=_list_reader(name, values)), _UNCHECKED]
    return Annotated[choices, Parameter(converter=_reader(name, values)), _UNCHECKED]


def offered(values: Sequence[str], *, is_several: bool) -> Any:
    """Return the hint for one text or several, for which help and completion list values; any text is accepted."""
    choices: Any = cast("Any", Literal)[tuple(values)]
    if is_several:
        return Annotated[tuple[choices, ...], Parameter(converter=_texts_of), _UNCHECKED]
    return Annotated[choices, Parameter(converter=_text_of), _UNCHECKED]


def _text_of(_: Any, tokens: Sequence[Token]) -> str:
    return tokens[0].value


def _texts_of(_: Any, tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(token.value for token in _split(tokens))


def _reader(name: str, values: Sequence[str]) -> Callable[[Any, Sequence[Token]], str]:
    return lambda _, tokens: _read(name, tokens[0], values)


def _list_reader(name: str, values: Sequence[str]) -> Callable[[Any, Sequence[Token]], list[str]]:
    return lambda _, tokens: [_read(name, token, values) for token in _split(tokens)]


def _split(tokens: Sequence[Token]) -> list[Token]:
    return [_with_text(token, part.strip()) for token in tokens for part in token.value.split(",")]


def _with_text(token: Token, text: str) -> Token:
    return cast("Token", cast("Any", token).evolve(value=text))


def _read(name: str, token: Token, values: Sequence[str]) -> str:
    return choose(token.keyword or name, token.value, values)


def choose(name: str, text: str, values: Sequence[str]) -> str:
    """Return the documented value of any case; print a warning and return the text if there is none."""
    found = {value.casefold(): value for value in values}.get(text.casefold())
    if found is None:
        print(f"capillary: {_warning(name, text, values)}", file=sys.stderr)
    return found or text


def _warning(name: str, text: str, values: Sequence[str]) -> str:
    shown = repr(text) if _WORD.fullmatch(text) else "its value"
    meant = difflib.get_close_matches(text, values, n=1)
    guess = f"; did you mean {meant[0]}?" if meant else ""
    return f"warning: {name}: {shown} is sent unchanged, but the documented values are {', '.join(values)}{guess}"


def _read_region(_: Any, tokens: Sequence[Token]) -> Region:
    found = Region.__members__.get(tokens[0].value.upper())
    return found or cast("Region", _convert(Region, tokens, name_transform=str))


RegionArgument: TypeAlias = Annotated[Region | None, Parameter(converter=_read_region, name_transform=str)]


def check_needs(named: Mapping[str, Any], known: Collection[str]) -> None:
    """Check that arguments come with the values of other arguments that they need.

    Args:
        named: The given arguments.
        known: All arguments of the lookup.

    Raises:
        InvalidArgumentError: One is missing.
    """
    for name, (needed, value) in _NEEDS.items():
        if named.get(name) is not None and needed in known and value not in named.get(needed, ()):
            raise InvalidArgumentError(f"--{name.replace('_', '-')} needs --{needed} {value}")
