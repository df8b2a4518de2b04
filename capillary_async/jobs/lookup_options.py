"""The options of a lookup: the parameters of its function that are no columns of a key.

A job stores them as JSON, and the command line has texts. So each is read from either, by the parameter's type.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast, get_args, get_origin

import attrs

from capillary_async.api.arguments import several_of
from capillary_async.codec import Converter, decode_json, encode_json, to_dict
from capillary_async.errors import DecodeError
from capillary_async.jobs.key_columns import hints_of
from capillary_async.models.type_hints import kinds_of


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
        enumerations = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
        return tuple(str(member.value) for kind in enumerations for member in kind)

    def is_several(self, name: str) -> bool:
        """Whether an option takes several values."""
        return _is_several(self.hints.get(name))

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments as JSON has them.

        Args:
            arguments: Values of the option's type, or texts: "true", "5", "points,mlp".

        Raises:
            ValueError: There is no such option, or JSON has no form for the value.
            DecodeError: The value is not of the option's type.
        """
        found: dict[str, Any] = {}
        for given, value in arguments.items():
            name = given.replace("-", "_")
            if name not in self.hints:
                known = ", ".join(self.hints) or "none"
                raise ValueError(f"there is no option {given}; there are {known}")
            if value is not None:
                found[name] = to_dict(_plain(name, self.hints[name], value))
        self.values(found)
        return found

    def values(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments, as `read` returned them, as the function takes them."""
        return {name: _value(name, self.hints[name], value) for name, value in arguments.items()}


def options_of_endpoint(method: Callable[..., Any], columns: Collection[str] = ()) -> Options:
    """Return the options of a method of the client: its keyword-only parameters, without the key's columns."""
    parameters = inspect.signature(method).parameters.values()
    names = [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]
    return _options(method, [name for name in names if name not in columns])


def options_of_function(fn: Callable[..., Any]) -> Options:
    """Return the options of a function of the user's: its parameters with a default."""
    parameters = list(inspect.signature(fn).parameters.values())[1:]
    return _options(fn, [each.name for each in parameters if each.default is not inspect.Parameter.empty])


def _options(fn: Callable[..., Any], names: Iterable[str]) -> Options:
    hints = hints_of(fn)
    return Options({name: hints.get(name, Any) for name in names})


def _plain(name: str, hint: Any, value: Any) -> Any:
    """Return a value as `decode_json` would."""
    if _is_several(hint) and isinstance(value, Iterable):
        # A set of texts has another order in each process, but is the same option.
        items = cast("Iterable[Any]", value)
        items = sorted(items, key=str) if isinstance(value, AbstractSet) else items
        value = value.split(",") if isinstance(value, str) else [*items]
    try:
        plain = decode_json(encode_json(value))
    except DecodeError:
        return value
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be what JSON can say, not a {type(value).__name__}") from None
    if isinstance(plain, list):
        kinds = _kinds_of_items(hint)
        return [_from_text(item, kinds) for item in cast("list[Any]", plain)]
    return _from_text(plain, kinds_of(hint))


def _from_text(plain: Any, kinds: Collection[Any]) -> Any:
    """Return the number or the truth value that a text is, if the option does not take texts."""
    if not isinstance(plain, str) or {str, date, datetime, Any}.intersection(kinds):
        return plain
    try:
        found = decode_json(plain.strip().lower().encode())
    except DecodeError:
        return plain
    return found if isinstance(found, bool | int | Decimal) else plain


def _kinds_of_items(hint: Any) -> list[Any]:
    item = several_of(hint)
    items = [item] if item is not None else [part for kind in kinds_of(hint) for part in get_args(kind)[:1]]
    return [kind for part in items for kind in kinds_of(part)] or [Any]


def _value(name: str, hint: Any, value: Any) -> Any:
    plain = _plain(name, hint, value)
    if isinstance(plain, str) and {date, datetime}.intersection(kinds_of(hint)):
        try:
            return datetime.fromisoformat(plain) if len(plain) > len("2026-01-31") else date.fromisoformat(plain)
        except ValueError:
            raise ValueError(f"{name} should be a date or a date-time in ISO 8601") from None
    item: Any = several_of(hint)
    into: Any = hint if item is None else list[item]
    return Converter(UTC).structure(plain, into, name)


def _is_several(hint: Any) -> bool:
    origins = [get_origin(kind) for kind in kinds_of(hint)]
    return several_of(hint) is not None or any(
        isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping)
        for origin in origins
    )
