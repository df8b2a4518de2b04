"""Find the part of a value that does not fit its type.

The hooks do not track their location in the document, because tracking would double the time. When a hook refused a
value, this module tries each part of the value with the part's hook, until it finds the innermost part that is refused.

A message names locations and kinds, never a value, because a value may be a customer's phone number.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

import attrs

from capillary_async.codec.own_classes import key_of, own_fields
from capillary_async.errors import DecodeError
from capillary_async.models.definition import AlsoAlone, documented, is_model, wire_names
from capillary_async.models.type_hints import alternatives, item_type, mapping_types, marks_of, without_null

_EXPECTED: Final[Mapping[Any, str]] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    datetime: "a text with a date-time",
    date: "a text with a date",
    NoneType: "null",
}
_RECEIVED: Final[Mapping[Any, str]] = {
    str: "a text",
    bool: "a boolean",
    int: "a whole number",
    float: "a float",
    Decimal: "a number with a fraction or an exponent",
    NoneType: "null",
    dict: "an object",
    list: "a list",
}
_MISSING: Final = object()


class _Part(NamedTuple):
    """A part of a document, the type it should have, and its location."""

    value: Any
    into: Any
    location: str


def explain(value: Any, into: Any, location: str, fits: Callable[[Any, Any], bool]) -> DecodeError:
    """Return the error for a value that `fits` refuses; its location is the innermost refused part."""
    refused = _Part(value, into, location)
    while (inner := _first_refused(refused, fits)) is not None:
        refused = inner
    return _error(refused)


def _first_refused(whole: _Part, fits: Callable[[Any, Any], bool]) -> _Part | None:
    return next((part for part in _parts(whole) if part.value is _MISSING or not fits(part.value, part.into)), None)


def _parts(whole: _Part) -> Iterator[_Part]:
    """Yield the parts of a value, each with the type it should have."""
    value, into, location = whole.value, without_null(whole.into), whole.location
    if marks_of(into):
        alone = AlsoAlone in marks_of(into) and value.__class__ is dict
        yield from _parts(_Part([value] if alone else value, get_args(into)[0], location))
    elif value.__class__ is list:
        items = _item_types(into, len(value))
        yield from (_Part(value[index], item, f"{location}[{index}]") for index, item in enumerate(items))
    elif value.__class__ is dict and (types := mapping_types(into)) is not None:
        # A message must not hold data, and the keys of a mapping are data.
        yield from (_Part(item, types[1], f"{location}[...]") for item in value.values())
    elif value.__class__ is dict:
        for name, item_into, is_required in _keys(into, value):
            if name in value or is_required:
                yield _Part(value.get(name, _MISSING), item_into, f"{location}.{name}" if location else name)


def _item_types(into: Any, count: int) -> list[Any]:
    """Return the type of each item of a list; nothing if the items may have any type."""
    if get_origin(into) is tuple and Ellipsis not in get_args(into):
        return list(get_args(into)[:count])
    return [] if item_type(into) is None else [item_type(into)] * count


def _keys(into: Any, value: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield each key that an object is read from, its type, and whether it is required."""
    cls: Any = get_origin(into) or into
    if is_model(cls):
        for field in documented(cls):
            names = wire_names(field)
            name = next((name for name in names if value.get(name) is not None), names[0])
            yield name, field.type, field.default is attrs.NOTHING
    else:
        yield from ((key_of(name, value), hint, is_required) for name, hint, is_required in own_fields(cls))


def _error(refused: _Part) -> DecodeError:
    where = refused.location or "the answer"
    if refused.value is _MISSING:
        return DecodeError(f"{where} is missing", location=refused.location)
    expected = _describe(refused.into)
    received = _RECEIVED.get(type(refused.value), "something else")
    but = f"not {received}" if received not in expected else "which it is not"
    return DecodeError(f"{where} should be {expected}, {but}", location=refused.location)


def _describe(into: Any) -> str:
    """Return the JSON form of a type in words."""
    if len(alternatives(into)) > 1:
        return " or ".join(dict.fromkeys(_describe(arm) for arm in alternatives(into)))
    origin = get_origin(into) or into
    if origin is Annotated:
        return _describe(get_args(into)[0])
    if origin is Literal:
        return _one_of(get_args(into))
    if isinstance(origin, type) and issubclass(origin, Enum):
        return _one_of(origin)
    if isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, str | Mapping):
        return "a list"
    return _EXPECTED.get(origin, "an object")


def _one_of(allowed: Iterable[Any]) -> str:
    values = [item.value if isinstance(item, Enum) else item for item in allowed]
    kinds = dict.fromkeys(_RECEIVED.get(type(value), "a value") for value in values)
    return f"{' or '.join(kinds)} ({', '.join(str(value) for value in values)})"
