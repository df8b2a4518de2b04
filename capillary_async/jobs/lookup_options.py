"""The options of a lookup: the parameters of its function that are no columns of a key.

A job stores them as JSON, and the command line has texts; so each is read from either, by the parameter's type.
"""

import inspect
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, get_origin, get_type_hints

import attrs

from capillary_async.api.arguments import several_of
from capillary_async.models.members import kinds_of

_TRUTH: Final[Mapping[str, bool]] = {"true": True, "yes": True, "": True, "false": False, "no": False}


@attrs.frozen
class Options:
    """The options of a function.

    Attributes:
        hints: The type of each, by name.
    """

    hints: Mapping[str, Any]

    def is_flag(self, name: str) -> bool:
        """Whether an option is either true or false."""
        return kinds_of(self.hints.get(name)) == [bool]

    def choices(self, name: str) -> tuple[str, ...]:
        """Return the values that are documented for an option; none if any will do."""
        hint = self.hints.get(name)
        kinds = kinds_of(several_of(hint) or hint)
        return tuple(str(member.value) for kind in kinds if _is_enumeration(kind) for member in kind)

    def is_several(self, name: str) -> bool:
        """Whether an option takes several values."""
        return _is_several(self.hints.get(name))

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments as JSON has them.

        Raises:
            ValueError: There is no such option, or the value is none of it.
        """
        found: dict[str, Any] = {}
        for given, value in arguments.items():
            name = given.replace("-", "_")
            if name not in self.hints:
                known = ", ".join(self.hints) or "none"
                raise ValueError(f"there is no option {given}; there are {known}")
            if value is not None:
                found[name] = _as_json(name, self.hints[name], value)
        return found

    def values(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments as the function takes them.

        Args:
            arguments: As `read` returned them.
        """
        return {name: _as_python(self.hints[name], value) for name, value in arguments.items()}


def options_of_endpoint(method: Callable[..., Any], columns: Collection[str]) -> Options:
    """Return the options of a method of the client: its parameters that have a name alone, and are no columns."""
    hints = get_type_hints(method, include_extras=True)
    parameters = inspect.signature(method).parameters.values()
    only_named = [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    return Options({name: hints[name] for name in only_named if name not in columns})


def options_of_function(fn: Callable[..., Any]) -> Options:
    """Return the options of a function of the user's: its parameters that have a default."""
    hints = get_type_hints(fn, include_extras=True)
    parameters = list(inspect.signature(fn).parameters.values())[1:]
    has_default = [each.name for each in parameters if each.default is not inspect.Parameter.empty]
    return Options({name: hints.get(name, Any) for name in has_default})


def _as_json(name: str, hint: Any, value: Any) -> Any:
    if _is_several(hint):
        items: Iterable[Any] = value.split(",") if isinstance(value, str) else value
        return [_as_json(name, Any, item) for item in items]
    kinds = kinds_of(hint)
    if isinstance(value, str) and not isinstance(value, Enum):
        value = _read_text(name, kinds, value.strip())
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, date | Decimal):
        return str(value) if isinstance(value, Decimal) else value.isoformat()
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be what JSON can say, not a {type(value).__name__}") from None


def _read_text(name: str, kinds: Collection[Any], text: str) -> Any:
    """Read a text as what a parameter takes, if it takes no texts."""
    readers = [_READERS[kind] for kind in kinds if kind in _READERS]
    if str in kinds or not readers:
        return text
    for read in readers:
        try:
            return read(text)
        except (ArithmeticError, KeyError, ValueError):
            pass
    expected = " or ".join(dict.fromkeys(_WORDS[kind] for kind in kinds if kind in _READERS))
    raise ValueError(f"{name} must be {expected}, and {text!r} is not")


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.removeprefix("-").isdigit():
        raise ValueError(text)
    return int(text)


def _date_or_time(text: str) -> date:
    return datetime.fromisoformat(text) if len(text) > len("2026-01-31") else date.fromisoformat(text)


def _truth(text: str) -> bool:
    return _TRUTH[text.lower()]


_READERS: Final[Mapping[Any, Callable[[str], Any]]] = {
    bool: _truth,
    int: _whole_number,
    float: float,
    Decimal: Decimal,
    date: _date_or_time,
    datetime: _date_or_time,
}
_WORDS: Final[Mapping[Any, str]] = {
    bool: "true or false",
    int: "a whole number",
    **dict.fromkeys((float, Decimal), "a number"),
    **dict.fromkeys((date, datetime), "a date or a date-time in ISO 8601"),
}


def _as_python(hint: Any, value: Any) -> Any:
    kinds = kinds_of(hint)
    if isinstance(value, str) and str not in kinds and {date, datetime}.intersection(kinds):
        return _date_or_time(value)
    if isinstance(value, int | float | str) and kinds == [Decimal]:
        return Decimal(str(value))
    enumerations = [kind for kind in kinds if _is_enumeration(kind)]
    if enumerations and len(kinds) == 1:
        return enumerations[0](value)
    return value


def _is_enumeration(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _is_several(hint: Any) -> bool:
    if several_of(hint) is not None:
        return True
    origins = [get_origin(kind) for kind in kinds_of(hint)]
    return any(isinstance(origin, type) and issubclass(origin, Iterable) for origin in origins) and not any(
        isinstance(origin, type) and issubclass(origin, Mapping) for origin in origins
    )
