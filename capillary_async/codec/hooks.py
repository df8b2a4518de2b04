"""The strict hooks: they make values of each kind of type from decoded JSON.

A hook accepts only the JSON form of its type. `generation` makes the hooks of models. cattrs makes those of users' own
classes (attrs, dataclasses, TypedDicts) and of types that are rare in JSON, and asks this module for their members.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from functools import cache
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, is_typeddict

from capillary_async.codec.dates import DateTables
from capillary_async.codec.generation import Reader, ReaderCache, field_code, table_for
from capillary_async.codec.scalars import (
    Hook,
    Mismatch,
    binary_number,
    exact_number,
    exactly,
    literal,
    member,
    quoted_number,
    reject,
    whole_number,
)
from capillary_async.models.definition import AlsoAlone, AlsoQuoted, Model, ReadOnlyDict, alternatives, is_model

_Factories = tuple[tuple[Callable[[Any], bool], Callable[[Any], Hook]], ...]

_LISTS: Final[Mapping[Any, Callable[[Iterable[Any]], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    Sequence: tuple,
}
_MAPPINGS: Final[Mapping[Any, Callable[[Mapping[Any, Any]], Any]]] = {
    dict: dict,
    Mapping: ReadOnlyDict,
}
_SCALARS: Final[Mapping[Any, Hook]] = {
    **{kind: exactly(kind) for kind in (str, bool, int, NoneType)},
    **dict.fromkeys((Enum, IntEnum, StrEnum), member),
    float: binary_number,
    Decimal: exact_number,
    bytes: reject,  # JSON has no bytes, and cattrs would call bytes(5), which is five zeros
}


def hook_finder(tables: DateTables) -> Callable[[Any], Hook]:
    """Return the function that finds the hook of a type; `tables` read dates and date-times."""

    @cache
    def find(into: Any) -> Hook:
        factory = next((factory for predicate, factory in factories if predicate(into)), None)
        return of_cattrs().get_structure_hook(into) if factory is None else factory(into)

    def hook_for(into: Any) -> Hook:
        try:
            return find(into)
        except RecursionError:
            # The type contains itself, so its hook is not complete yet. Look the hook up for each value instead.
            return lambda value, into: find(into)(value, into)

    @cache
    def of_cattrs() -> Any:
        from capillary_async.codec.own_classes import class_converter  # noqa: PLC0415  (for users' own classes alone)

        return class_converter(lambda into: any(predicate(into) for predicate, _ in factories), hook_for, _SCALARS)

    factories = _factories(tables, hook_for, of_cattrs)
    return hook_for


def _factories(tables: DateTables, hook_for: Callable[[Any], Hook], of_cattrs: Callable[[], Any]) -> _Factories:
    """Return the functions that make hooks, each with the predicate of its types; the first one that is true counts."""

    @cache
    def readers_of(cls: type[Model]) -> ReaderCache:
        return ReaderCache(cls, lambda attribute: field_code(attribute, tables, hook_for))

    return (
        (lambda into: into in (Any, object), lambda _: _unchanged),
        (lambda into: _scalar_hook(into) is not None, _scalar_hook),
        (is_model, lambda into: _model_hook(readers_of(into))),
        (lambda into: AlsoAlone in _marks(into), lambda into: _list_or_its_element(into, hook_for)),
        (lambda into: AlsoQuoted in _marks(into), _quoted_hook),
        (lambda into: table_for(into, tables) is not None, lambda into: _table_hook(table_for(into, tables))),
        (_is_union, lambda into: _first_that_fits(into, hook_for)),
        (_is_list_of_models, lambda into: model_list_hook(into, readers_of(get_args(into)[0]))),
        (_is_fixed_tuple, lambda into: _fixed_tuple_hook(into, hook_for)),
        (lambda into: _origin(into) in _LISTS, lambda into: _list_hook(into, hook_for)),
        (lambda into: _origin(into) in _MAPPINGS, lambda into: _mapping_hook(into, hook_for)),
        (lambda into: _origin(into) is Literal, lambda _: literal),
        (_is_own_class, lambda into: _own_class_hook(into, hook_for, of_cattrs)),
    )


def _unchanged(value: Any, _: Any) -> Any:
    return value


def _scalar_hook(into: Any) -> Any:
    return next((_SCALARS[kind] for kind in getattr(into, "__mro__", ()) if kind in _SCALARS), None)


def _origin(into: Any) -> Any:
    return get_origin(into) or into


def _list_builder(into: Any) -> Callable[[Iterable[Any]], Any]:
    return _LISTS[_origin(into)]


def _mapping_builder(into: Any) -> Callable[[Mapping[Any, Any]], Any]:
    return _MAPPINGS[_origin(into)]


def _marks(into: Any) -> tuple[Any, ...]:
    return get_args(into)[1:] if get_origin(into) is Annotated else ()


def _is_own_class(into: Any) -> bool:
    """Whether a type may be a class of a user: of attrs, a dataclass, a TypedDict, or a model of pydantic."""
    cls, names = _origin(into), ("__attrs_attrs__", "__dataclass_fields__", "__pydantic_validator__")
    return is_typeddict(into) or (isinstance(cls, type) and any(hasattr(cls, name) for name in names))


def _is_list_of_models(into: Any) -> bool:
    args = get_args(into)
    return _origin(into) in _LISTS and bool(args) and is_model(args[0]) and not _is_fixed_tuple(into)


def _is_fixed_tuple(into: Any) -> bool:
    return get_origin(into) is tuple and Ellipsis not in get_args(into)


def _is_union(into: Any) -> bool:
    return len(alternatives(into)) > 1


def _quoted_hook(into: Any) -> Hook:
    return whole_number if get_args(into)[0] is int else quoted_number


def _own_class_hook(into: Any, hook_for: Callable[[Any], Hook], of_cattrs: Callable[[], Any]) -> Hook:
    from capillary_async.codec.own_classes import own_class_hook  # noqa: PLC0415  (as above)

    return own_class_hook(into, hook_for, of_cattrs)


def _model_hook(readers: ReaderCache) -> Hook:
    def structure_model(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise Mismatch
        return readers[(*value,)](value)

    return structure_model


def model_list_hook(into: Any, readers: ReaderCache) -> Hook:
    """Return the hook for the rows of a page; it looks the reader up only when the key order changes."""
    build, model = _list_builder(into), get_args(into)[0]

    def structure_models(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            if getattr(getattr(value, "decoder", None), "model", None) is not model:
                raise Mismatch
            return build(value.models())  # `StructRows`
        models: list[Any] = []
        key_order: list[str] | None = None
        read: Reader = reject
        for item in value:
            keys = [*item]
            if keys != key_order:
                if item.__class__ is not dict:
                    raise Mismatch
                read, key_order = readers[(*keys,)], keys
            models.append(read(item))
        return build(models)

    return structure_models


def _list_hook(into: Any, hook_for: Callable[[Any], Hook]) -> Hook:
    build, item = _list_builder(into), (get_args(into) or (Any,))[0]
    hook = hook_for(item)

    def structure_list(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            raise Mismatch
        return build([hook(element, item) for element in value])

    return structure_list


def _fixed_tuple_hook(into: Any, hook_for: Callable[[Any], Hook]) -> Hook:
    hooks = [(hook_for(item), item) for item in get_args(into)]

    def structure_tuple(value: Any, _: Any) -> tuple[Any, ...]:
        if value.__class__ is not list or len(value) != len(hooks):
            raise Mismatch
        return tuple([hook(element, item) for element, (hook, item) in zip(value, hooks, strict=True)])

    return structure_tuple


def _mapping_hook(into: Any, hook_for: Callable[[Any], Hook]) -> Hook:
    build, (key_type, item) = _mapping_builder(into), get_args(into) or (str, Any)
    # The keys of a JSON object are strings, also those that are numbers for the caller.
    key_hook = whole_number if key_type is int else hook_for(key_type)
    hook = hook_for(item)

    def structure_mapping(value: Any, _: Any) -> Any:
        if value.__class__ is list and not value:  # some of Capillary's services send an empty object as []
            return build({})
        if value.__class__ is not dict:
            raise Mismatch
        if item is Any and key_type is str:
            return build(value)
        return build({key_hook(key, key_type): hook(element, item) for key, element in value.items()})

    return structure_mapping


def _list_or_its_element(into: Any, hook_for: Callable[[Any], Hook]) -> Hook:
    inner = get_args(into)[0]
    hook = hook_for(inner)
    return lambda value, _: hook([value] if value.__class__ is dict else value, inner)


def _table_hook(table: Any) -> Hook:
    return lambda value, _: table[value]


def _first_that_fits(into: Any, hook_for: Callable[[Any], Hook]) -> Hook:
    arms = [(hook_for(arm), arm) for arm in alternatives(into)]

    def structure_union(value: Any, _: Any) -> Any:
        for hook, arm in arms:
            try:
                return hook(value, arm)
            except Exception:  # noqa: BLE001, S110  (any exception of a user's class refuses the value)
                pass
        raise Mismatch

    return structure_union
