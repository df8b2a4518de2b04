"""The strict hooks: functions that make values of a type from decoded JSON.

A hook takes a value and the type. It accepts only the JSON form of the type, and raises `Mismatch` for any other value.
`_RULES` says which types have which hooks. The hooks of models call the functions that `generation` generates. cattrs
makes the hooks of users' own classes and of types without a rule, and asks `Hooks` for the hooks of their parts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from functools import cached_property
from threading import RLock
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, is_typeddict

from capillary_async.codec.dates import DateTables
from capillary_async.codec.generation import Reader, ReaderCache, field_code, has_table, table_for
from capillary_async.codec.scalars import (
    Hook,
    Mismatch,
    binary_number,
    enumeration_member,
    exact_number,
    exactly,
    literal,
    quoted_number,
    reject,
    whole_number,
)
from capillary_async.codec.struct_rows import StructRows
from capillary_async.models.definition import AlsoAlone, AlsoQuoted, Model, ReadOnlyDict, is_model
from capillary_async.models.type_hints import alternatives, marks_of

_LISTS: Final[dict[Any, Callable[[Iterable[Any]], Any]]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    Sequence: tuple,
}
_MAPPINGS: Final[dict[Any, Callable[[Mapping[Any, Any]], Any]]] = {
    dict: dict,
    Mapping: ReadOnlyDict,
}
_SCALARS: Final[Mapping[Any, Hook]] = {
    **{kind: exactly(kind) for kind in (str, bool, int, NoneType)},
    **dict.fromkeys((Enum, IntEnum, StrEnum), enumeration_member),
    float: binary_number,
    Decimal: exact_number,
    bytes: reject,  # JSON has no bytes, and cattrs would call bytes(5), which is five zeros
}
_QUOTED: Final[Mapping[Any, Hook]] = {int: whole_number, Decimal: quoted_number}


class Hooks(dict[Any, Hook]):
    """The hook of each type, made when the type is first looked up."""

    def __init__(self, tables: DateTables) -> None:
        """Use these tables to read dates and date-times."""
        super().__init__()
        self.tables = tables
        self._readers: dict[type[Model], ReaderCache] = {}
        self._lock = RLock()
        self._unfinished: set[Any] = set()

    def __missing__(self, into: Any) -> Hook:
        """Make the hook of a type.

        Raises:
            UnknownTypeError: There is no hook for this type.
        """
        with self._lock:
            if into in self._unfinished:
                # The type contains itself. Its hook will be complete when the first value is structured.
                return lambda value, into: self[into](value, into)
            self._unfinished.add(into)
            try:
                make = self._rule_of(into)
                hook = self[into] = self.cattrs.get_structure_hook(into) if make is None else make(into, self)
            finally:
                self._unfinished.remove(into)
        return hook

    @staticmethod
    def _rule_of(into: Any) -> "Callable[[Any, Hooks], Hook] | None":
        return next((make for is_meant, make in _RULES if is_meant(into)), None)

    def readers_of(self, cls: type[Model]) -> ReaderCache:
        """Return the generated functions of a model."""
        if cls not in self._readers:
            self._readers[cls] = ReaderCache(cls, lambda attribute: field_code(attribute, self.tables, self))
        return self._readers[cls]

    @cached_property
    def cattrs(self) -> Any:
        """The converter of cattrs."""
        from capillary_async.codec.own_classes import class_converter  # noqa: PLC0415  (for users' own classes alone)

        return class_converter(lambda into: self._rule_of(into) is not None, lambda into: self[into], _SCALARS)


def _origin(into: Any) -> Any:
    return get_origin(into) or into


def _is_own_class(into: Any) -> bool:
    """Whether a type may be a class of a user: of attrs, a dataclass, a TypedDict, or a model of pydantic."""
    cls, names = _origin(into), ("__attrs_attrs__", "__dataclass_fields__", "__pydantic_validator__")
    return is_typeddict(into) or (isinstance(cls, type) and any(hasattr(cls, name) for name in names))


def _is_list_of_models(into: Any) -> bool:
    args = get_args(into)
    return _origin(into) in _LISTS and bool(args) and is_model(args[0]) and not _is_fixed_tuple(into)


def _is_fixed_tuple(into: Any) -> bool:
    return get_origin(into) is tuple and Ellipsis not in get_args(into)


def _scalar_class(into: Any) -> type | None:
    return next((cls for cls in getattr(into, "__mro__", ()) if cls in _SCALARS), None)


def _unchanged(value: Any, _: Any) -> Any:
    return value


def _table_hook(into: Any, hooks: Hooks) -> Hook:
    table = table_for(into, hooks.tables)
    return lambda value, _: table[value]


def _own_class_hook(into: Any, hooks: Hooks) -> Hook:
    from capillary_async.codec.own_classes import own_class_hook  # noqa: PLC0415  (as above)

    return own_class_hook(into, hooks, lambda: hooks.cattrs)


def _model_hook(into: Any, hooks: Hooks) -> Hook:
    readers = hooks.readers_of(into)

    def structure_model(value: Any, _: Any) -> Any:
        if value.__class__ is not dict:
            raise Mismatch
        return readers[(*value,)](value)

    return structure_model


def model_list_hook(into: Any, readers: ReaderCache) -> Hook:
    """Return the hook for the rows of a page; it looks the reader up only when the key order changes."""
    build, model = _LISTS[_origin(into)], get_args(into)[0]

    def structure_models(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            if not isinstance(value, StructRows) or value.model is not model:
                raise Mismatch
            return build(value.models())
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


def _list_hook(into: Any, hooks: Hooks) -> Hook:
    build, item = _LISTS[_origin(into)], (get_args(into) or (Any,))[0]
    hook = hooks[item]

    def structure_list(value: Any, _: Any) -> Any:
        if value.__class__ is not list:
            raise Mismatch
        return build([hook(element, item) for element in value])

    return structure_list


def _list_or_its_element_hook(into: Any, hooks: Hooks) -> Hook:
    inner = get_args(into)[0]
    hook = hooks[inner]
    return lambda value, _: hook([value] if value.__class__ is dict else value, inner)


def _fixed_tuple_hook(into: Any, hooks: Hooks) -> Hook:
    items = [(hooks[item], item) for item in get_args(into)]

    def structure_tuple(value: Any, _: Any) -> tuple[Any, ...]:
        if value.__class__ is not list or len(value) != len(items):
            raise Mismatch
        return tuple([hook(element, item) for element, (hook, item) in zip(value, items, strict=True)])

    return structure_tuple


def _mapping_hook(into: Any, hooks: Hooks) -> Hook:
    build, (key_type, item) = _MAPPINGS[_origin(into)], get_args(into) or (str, Any)
    # The keys of a JSON object are strings, also those that are numbers for the caller.
    key_hook = whole_number if key_type is int else hooks[key_type]
    hook = hooks[item]

    def structure_mapping(value: Any, _: Any) -> Any:
        if value.__class__ is list and not value:  # some of Capillary's services send an empty object as []
            return build({})
        if value.__class__ is not dict:
            raise Mismatch
        if item is Any and key_type is str:
            return build(value)
        return build({key_hook(key, key_type): hook(element, item) for key, element in value.items()})

    return structure_mapping


def _union_hook(into: Any, hooks: Hooks) -> Hook:
    """Return the hook that uses the first member of a union that fits."""
    arms = [(hooks[arm], arm) for arm in alternatives(into)]

    def structure_union(value: Any, _: Any) -> Any:
        for hook, arm in arms:
            try:
                return hook(value, arm)
            except Exception:  # noqa: BLE001, S110  (any exception of a user's class refuses the value)
                pass
        raise Mismatch

    return structure_union


# The first rule whose condition is true for a type makes its hook.
_RULES: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any, Hooks], Hook]], ...]] = (
    (lambda into: into in (Any, object), lambda _into, _: _unchanged),
    (lambda into: _scalar_class(into) is not None, lambda into, _: _SCALARS[_scalar_class(into)]),
    (is_model, _model_hook),
    (lambda into: AlsoAlone in marks_of(into), _list_or_its_element_hook),
    (lambda into: AlsoQuoted in marks_of(into), lambda into, _: _QUOTED[get_args(into)[0]]),
    (has_table, _table_hook),
    (lambda into: len(alternatives(into)) > 1, _union_hook),
    (_is_list_of_models, lambda into, hooks: model_list_hook(into, hooks.readers_of(get_args(into)[0]))),
    (_is_fixed_tuple, _fixed_tuple_hook),
    (lambda into: _origin(into) in _LISTS, _list_hook),
    (lambda into: _origin(into) in _MAPPINGS, _mapping_hook),
    (lambda into: _origin(into) is Literal, lambda _into, _: literal),
    (_is_own_class, _own_class_hook),
)
