"""Turn the words of a command line into values: exact whole numbers, documented choices, lists with commas."""

import difflib
import re
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, TypeAlias, cast, get_origin

from cyclopts import CoercionError, Parameter, Token, convert

from capillary_async.options import Region

# What a spreadsheet makes of an id (5.67585E+08, 93256.0) is another id, and so is what Python reads as a number.
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
# A value of this form is no number or address of a person, so it may be repeated.
_convert: Final = cast("Callable[..., Any]", convert)  # its own annotations are incomplete
_WORD: Final = re.compile(r"[A-Za-z_ -]{1,40}")


def read_whole_number(text: str) -> int:
    """Read a whole number of decimal digits alone.

    Raises:
        ValueError: The text is anything else, such as 1.5, 0x10 or 1_000.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("it is not a whole number")
    return int(text)


def convert_exactly(hint: Any, tokens: Any) -> Any:
    """Convert as cyclopts does, but take no other text than digits for a whole number, and commas in a list."""
    if get_origin(hint) is list and isinstance(tokens, Sequence):
        tokens = _split(cast("Sequence[Token]", tokens))
    return _convert(hint, tokens, converter=_convert_value)


def _convert_value(kind: type, text: str) -> Any:
    if kind is int:
        return read_whole_number(text)
    try:
        return _convert(kind, [text])
    except CoercionError:
        raise ValueError from None  # cyclopts adds the argument's name


class _Unchecked:
    """Keeps pydantic away: where a program has imported it, cyclopts lets it check each value against its hint."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> Any:
        from pydantic_core import core_schema  # noqa: PLC0415  (only pydantic calls this)

        return core_schema.any_schema()


_UNCHECKED: Final = _Unchecked()


def documented(*kinds: type[StrEnum], name: str, is_list: bool = False) -> Any:
    """Return the hint for an argument with documented values: help and completion offer them, any other is warned of.

    Args:
        kinds: The documented values.
        name: What the warning calls the argument where it is given by its position.
        is_list: Whether there may be several of them.
    """
    values = tuple(dict.fromkeys(member.value for kind in kinds for member in kind))
    choices: Any = cast("Any", Literal)[values]
    if is_list:
        return Annotated[list[choices], Parameter(converter=_list_reader(name, values)), _UNCHECKED]
    return Annotated[choices, Parameter(converter=_reader(name, values)), _UNCHECKED]


def offered(values: Sequence[str], *, is_several: bool) -> Any:
    """Return the hint for a text, or several, for which help and completion offer these values; nothing is checked."""
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
    """Return the documented value that is meant, or the text as it is, after a warning: a typo is no new feature."""
    found = {value.casefold(): value for value in values}.get(text.casefold())
    if found is None:
        print(f"capillary: {_warning(name, text, values)}", file=sys.stderr)
    return found or text


def _warning(name: str, text: str, values: Sequence[str]) -> str:
    shown = repr(text) if _WORD.fullmatch(text) else "its value"
    meant = difflib.get_close_matches(text, values, n=1)
    guess = f"; did you mean {meant[0]}?" if meant else ""
    return f"warning: {name}: {shown} is sent as it is, but documented are {', '.join(values)}{guess}"


def _read_region(_: Any, tokens: Sequence[Token]) -> Region:
    found = Region.__members__.get(tokens[0].value.upper())
    return found or cast("Region", _convert(Region, tokens, name_transform=str))


RegionArgument: TypeAlias = Annotated[Region | None, Parameter(converter=_read_region, name_transform=str)]
