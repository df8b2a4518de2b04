"""The strict hooks: what cattrs does with each kind of type when it structures an answer.

cattrs knows every way to write down a type. By itself it converts rather than refuses (`int("3")`, `str(None)`, a
text as a list of its letters), so each kind gets a hook that takes what JSON has for it, and nothing else.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, MutableMapping, MutableSequence, MutableSet, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from datetime import tzinfo
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import NoneType
from typing import Annotated, Any, Final, Literal, NoReturn, get_args, get_origin, is_typeddict

import attrs
import cattrs

from capillary_async.converter.generation import structure_function, table_for
from capillary_async.converter.moments import Moments
from capillary_async.converter.scalars import (
    Hook,
    Mismatch,
    binary_number,
    exact_number,
    exactly,
    literal,
    member,
    reject,
    whole_number,
)
from capillary_async.models.definition import AlsoAlone, AlsoQuoted, Model, ReadOnlyDict, alternatives

_LISTS: Final[Mapping[Any, Callable[[Iterable[Any]], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    deque: deque,
    Sequence: tuple,
    MutableSequence: list,
    AbstractSet: frozenset,
    MutableSet: set,
}
_MAPPINGS: Final[Mapping[Any, Callable[[Mapping[Any, Any]], Any]]] = {
    dict: dict,
    MutableMapping: dict,
    Mapping: ReadOnlyDict,
}
_SCALARS: Final[Mapping[Any, Hook]] = {
    **{kind: exactly(kind) for kind in (str, bool, int, NoneType)},
    **dict.fromkeys((Enum, IntEnum, StrEnum), member),
    float: binary_number,
    Decimal: exact_number,
    bytes: reject,  # JSON has none, and bytes(5) is five zeros
}


def strict_converter(zone: tzinfo) -> cattrs.Converter:
    """Return a cattrs converter that converts nothing it should refuse.

    Args:
        zone: The clock of date-times without a zone.
    """
    converter = cattrs.Converter(detailed_validation=False, structure_fallback_factory=_no_way)
    moments = Moments(zone)
    for kind, hook in _SCALARS.items():
        converter.register_structure_hook(kind, hook)
    # The one that is registered last is asked first.
    factories: list[tuple[Callable[[Any], bool], Callable[[Any], Hook]]] = [
        (_is_object, lambda into: _guarded(converter.gen_structure_attrs_fromdict(into))),
        (is_typeddict, lambda into: _guarded(converter.gen_structure_typeddict(into))),
        (lambda into: _origin(into) is Literal, lambda _: literal),
        (lambda into: _origin(into) in _LISTS, lambda into: _list_hook(into, converter)),
        (lambda into: _origin(into) in _MAPPINGS, lambda into: _mapping_hook(into, converter)),
        (_is_mixed_union, lambda into: _first_that_fits(into, converter)),
        (lambda into: table_for(into, moments) is not None, lambda into: _table_hook(table_for(into, moments))),
        (lambda into: AlsoQuoted in _marks(into), lambda _: whole_number),
        (lambda into: AlsoAlone in _marks(into), lambda into: _list_or_its_element(into, converter)),
        (_is_model, lambda into: structure_function(into, moments, lambda part: _hook(part, converter))),
    ]
    for predicate, factory in factories:
        converter.register_structure_hook_factory(predicate, factory)
    return converter


def _no_way(into: Any) -> NoReturn:
    raise TypeError(f"there is no way to structure an answer into {into!r}")


def _origin(into: Any) -> Any:
    return get_origin(into) or into


def _marks(into: Any) -> tuple[Any, ...]:
    return get_args(into)[1:] if get_origin(into) is Annotated else ()


def _is_model(into: Any) -> bool:
    return isinstance(into, type) and issubclass(into, Model)


def _is_object(into: Any) -> bool:
    return isinstance(_origin(into), type) and (attrs.has(_origin(into)) or is_dataclass(_origin(into)))


def _is_mixed_union(into: Any) -> bool:
    """Whether cattrs cannot tell a union's arms apart by the keys of their objects."""
    arms = [arm for arm in alternatives(into) if arm is not NoneType]
    return len(arms) > 1 and not all(_is_object(arm) for arm in arms)


def _hook(into: Any, converter: cattrs.Converter) -> Hook:
    try:
        return converter.get_structure_hook(into)
    except RecursionError:
        # The type contains itself, and its hook is just being made: look it up when it is needed.
        return converter.structure


def _guarded(hook: Hook) -> Hook:
    """Let only objects through to a hook that would look for its keys in a text, too."""

    def structure_object(value: Any, into: Any) -> Any:
        if value.__class__ is not dict:
            raise Mismatch
        return hook(value, into)

    return structure_object


def _list_hook(into: Any, converter: cattrs.Converter) -> Hook:
    build, items = _LISTS[_origin(into)], get_args(into)
    if _origin(into) is tuple and items and Ellipsis not in items:
        return _fixed_tuple_hook(items, converter)
    item = items[0] if items else Any
    hook = _hook(item, converter)

    def structure_list(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            raise Mismatch
        return build([hook(element, item) for element in value])

    return structure_list


def _fixed_tuple_hook(items: tuple[Any, ...], converter: cattrs.Converter) -> Hook:
    hooks = [(_hook(item, converter), item) for item in items]

    def structure_tuple(value: Any, _: Any) -> tuple[Any, ...]:
        if value.__class__ is not list or len(value) != len(hooks):
            raise Mismatch
        return tuple([hook(element, item) for element, (hook, item) in zip(value, hooks, strict=True)])

    return structure_tuple


def _mapping_hook(into: Any, converter: cattrs.Converter) -> Hook:
    build, (key_type, item) = _MAPPINGS[_origin(into)], get_args(into) or (str, Any)
    # The keys of a JSON object are texts, whatever they stand for.
    key_hook = whole_number if key_type is int else _hook(key_type, converter)
    hook = _hook(item, converter)

    def structure_mapping(value: Any, _: Any) -> Any:
        if value == [] and value.__class__ is list:  # how some of Capillary's services write an empty object
            return build({})
        if value.__class__ is not dict:
            raise Mismatch
        if item is Any and key_type is str:
            return build(value)
        return build({key_hook(key, key_type): hook(element, item) for key, element in value.items()})

    return structure_mapping


def _list_or_its_element(into: Any, converter: cattrs.Converter) -> Hook:
    inner = get_args(into)[0]
    hook = _hook(inner, converter)
    return lambda value, _: hook([value] if value.__class__ is dict else value, inner)


def _table_hook(table: Any) -> Hook:
    return lambda value, _: table[value]


def _first_that_fits(into: Any, converter: cattrs.Converter) -> Hook:
    arms = [(_hook(arm, converter), arm) for arm in alternatives(into)]

    def structure_union(value: Any, _: Any) -> Any:
        for hook, arm in arms:
            try:
                return hook(value, arm)
            except Exception:  # noqa: BLE001, S110  (whatever a user's class raises, it does not want the value)
                pass
        raise Mismatch

    return structure_union
