"""Declare models, and derive the JSON keys of their attributes.

A model is an attrs class: slotted, compared by value, immutable. Its attributes are in `snake_case`. `wire_names`
derives the JSON key of an attribute. An attribute with another key declares it with `alias`.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from inspect import get_annotations
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    NamedTuple,
    NoReturn,
    TypeVar,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
)

import attrs

from capillary_async.models.frozen import declaration_of, frozen, made_on_first_use
from capillary_async.models.type_hints import CalendarTypes, kinds_of

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound="Model")

_ALIASES: Final = "aliases"


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("models are immutable; make a changed copy with attrs.evolve")


_REFUSAL: Final[Any] = _refuse  # `Any`, because each method that it replaces has another signature


class ReadOnlyDict(dict[Any, Any]):
    """A dict that cannot be changed, so that models can share and return it.

    It derives from `dict`, so that `json`, `attrs.asdict` and `==` work. Its values may be mutable.
    """

    __slots__ = ()
    __setitem__: Any = _REFUSAL
    __delitem__: Any = _REFUSAL
    __ior__: Any = _REFUSAL
    clear: Any = _REFUSAL
    pop: Any = _REFUSAL
    popitem: Any = _REFUSAL
    setdefault: Any = _REFUSAL
    update: Any = _REFUSAL

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as a whole, because pickle's way for dicts, item by item, is refused."""
        return ReadOnlyDict, (dict(self),)


NOTHING_EXTRA: Final = ReadOnlyDict()
LARGEST_ID: Final = 2**63 - 1  # identifiers are signed 64-bit integers


class AlsoQuoted:
    """Marks a number that some answers send as a string of digits."""


class ServerClock:
    """Marks a date-time that some answers end with `Z` although it is in the cluster's time zone."""


class AlsoAlone:
    """Marks a list that some answers replace by its only element."""


@frozen
class DecimalType:
    """Sets the type of a number's table column: `Annotated[Decimal, DecimalType(scale=9)]`.

    Attributes:
        precision: Number of digits of the column, at most 38.
        scale: Number of decimal places.
    """

    precision: int = 38
    scale: int = 6


WholeNumber = Annotated[int, AlsoQuoted]
Id = WholeNumber
ExactNumber = Annotated[Decimal, AlsoQuoted]
ServerDateTime = Annotated[datetime, ServerClock]
OneOrMore = Annotated[tuple[T, ...], AlsoAlone]


def alias(*names: str, default: Any = attrs.NOTHING) -> Any:
    """Declare an attribute with other JSON keys than `wire_names` derives, the preferred key first."""
    return _Alias(names, default)


class _Alias(NamedTuple):
    names: tuple[str, ...]
    default: Any


def wire_names(attribute: "attrs.Attribute[Any]") -> tuple[str, ...]:
    """Return the JSON keys that may hold an attribute's value, in order of preference.

    The key is the name in `camelCase`; the last underscore of a name like `from_` is dropped. A date-time may have a
    second key with `ISO` at the end, which the documentation prefers.
    """
    names: tuple[str, ...] = attribute.metadata.get(_ALIASES, (camel_case(attribute.name),))
    if CalendarTypes.DATE_TIME in kinds_of(attribute.type):
        return (*(f"{name}ISO" for name in names), *names)
    return names


def camel_case(name: str) -> str:
    """Convert a Python name to the API's form: `eventLogId` for `event_log_id`, `from` for `from_`."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def documented(cls: "type[Model]") -> "tuple[attrs.Attribute[Any], ...]":
    """Return a model's attributes without `extra`.

    If attrs has not yet made the model, the result has only what is read of attributes here and in the codec.
    """
    declared = declaration_of(cls)
    if declared is None:
        return tuple(attribute for attribute in attrs.fields(cls) if attribute.name != "extra")
    own: dict[str, Any] = {
        name: DeclaredField(name, into, cast("Mapping[str, Any]", vars(declared)))
        for name, into in get_annotations(declared).items()
    }
    (base,) = cls.__bases__
    inherited = () if base is Model else documented(cast("type[Model]", base))
    return (*(attribute for attribute in inherited if attribute.name not in own), *own.values())


class DeclaredField:
    """An attribute of a model that attrs has not yet made; see `documented`."""

    __slots__ = ("default", "metadata", "name", "type")

    def __init__(self, name: str, into: Any, declared: Mapping[str, Any]) -> None:
        """Read the declaration, which has the default of each attribute by its name."""
        self.name: str = name
        self.type: Any = into
        self.default: Any
        self.metadata: Mapping[str, Any]
        self.default, self.metadata = _default_and_metadata(declared.get(name, attrs.NOTHING))


def _default_and_metadata(default: Any) -> tuple[Any, Mapping[str, Any]]:
    return (default.default, {_ALIASES: default.names}) if isinstance(default, _Alias) else (default, {})


def is_model(into: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(into, type) and issubclass(into, Model)


def _is_free_form(into: Any) -> bool:
    return into is Any or get_origin(into) is Mapping or any(_is_free_form(part) for part in get_args(into))


def _arrange(_: type, attributes: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """Move `extra` to the end, and exclude free-form JSON from the hash, because dicts have no hash."""
    attributes = [_without_alias(attribute) for attribute in attributes]
    for attribute in attributes:
        if attribute.name != "extra" and attribute.default is not None and attribute.default is not attrs.NOTHING:
            raise TypeError(f"{attribute.name}: the default of an optional attribute must be None")
    attributes.sort(key=lambda attribute: attribute.name == "extra")
    return [attribute.evolve(hash=False) if _is_free_form(attribute.type) else attribute for attribute in attributes]


def _without_alias(attribute: "attrs.Attribute[Any]") -> "attrs.Attribute[Any]":
    default, metadata = _default_and_metadata(attribute.default)
    return attribute.evolve(default=default, metadata=metadata) if metadata else attribute


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field, alias))
def model(cls: type[ModelT]) -> type[ModelT]:
    """Turn a subclass of `Model` into an immutable attrs class.

    An attribute that may be missing in answers must have the default `None`. Declare an object whose keys a brand
    defines as `Mapping`, and a list as `tuple`.

    attrs makes the members of this package's models on their first use; see `frozen`.
    """
    is_own = cls.__module__.startswith(f"{__package__}.") and cls.__name__ != "Model"
    made: type[ModelT] = made_on_first_use(cls, _made, _MEMBERS) if is_own else _made(cls)
    return made


# Those that differ from those of `Model`.
_MEMBERS: Final = ("__attrs_attrs__", "__eq__", "__hash__", "__init__")


def _made(cls: Any) -> Any:
    return attrs.frozen(kw_only=True, repr=False, field_transformer=_arrange)(cls)


@model
class Model:
    """The class that all models derive from.

    Attributes:
        extra: The answer's undocumented fields, by their JSON keys.
    """

    __attrs_attrs__: ClassVar[Any]

    extra: Mapping[str, Any] = attrs.field(default=NOTHING_EXTRA, hash=False)

    def __repr__(self) -> str:
        """Return the class name and the attributes, without those that are `None` and without an empty `extra`."""
        named = ((field.name, getattr(self, field.name)) for field in attrs.fields(type(self)))
        shown = [f"{name}={value!r}" for name, value in named if not (value is None or (name == "extra" and not value))]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as one flat value; see `pickling`."""
        pickling = _look_up("models.pickling")
        return pickling.restore, (pickling.flatten(self),)

    def to_dict(self, *, by_alias: bool = False) -> dict[str, Any]:
        """Return the model as dicts, lists, strings and numbers, which `json.dumps` accepts.

        Dates and date-times become ISO 8601 strings. A `Decimal` without decimal places becomes an `int`. Any other
        `Decimal` becomes a `float` if `repr` of the float is the same number, which holds for up to 15 digits, and a
        string otherwise. `to_json` writes every `Decimal` as a number with all its digits.

        Args:
            by_alias: Whether to use the API's keys, with the items of `extra` beside them.
        """
        found: dict[str, Any] = _look_up("codec").to_dict(self, by_alias=by_alias)
        return found

    def to_json(self, *, by_alias: bool = False) -> str:
        """Return the model as a JSON document without loss: every `Decimal` is a number with all its digits.

        Args:
            by_alias: Whether to use the API's keys, with the items of `extra` beside them.
        """
        text: str = _look_up("codec").to_json(self, by_alias=by_alias)
        return text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Return the schema that lets pydantic and FastAPI use models as fields and as answers."""
        return _look_up("codec.pydantic_schema").core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """Return the JSON Schema of the model, for pydantic and OpenAPI."""
        return _look_up("codec.pydantic_schema").json_schema_of(cls, is_output=handler.mode == "serialization")


@cache
def draft_of(cls: Any) -> type:
    """Return a class whose objects have the memory layout of the model `cls` but can be changed.

    The caller fills a draft and then makes it the model by assigning `__class__`. Filling a frozen object needs a call
    of `object.__setattr__` for each attribute, which is six times as slow. The class derives from the model, because
    Python then need not compare the slots of both.
    """
    unlocked = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(f"Draft{cls.__name__}", (cls,), {"__slots__": (), **unlocked})


def _look_up(module: str) -> Any:
    # These modules import this one, so a method imports them only when it is called.
    return import_module(f"capillary_async.{module}")
