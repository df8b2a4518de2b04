"""How a model is declared, and how its attributes are spelled in the API's JSON.

A model is an attrs class: slotted, compared by value, immutable. Its attributes are written in
`snake_case`. One rule (`wire_names`) derives the key in JSON; an attribute for which the rule is wrong
declares its keys with `alias`.
"""

import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Annotated, Any, ClassVar, Final, NoReturn, TypeVar, Union, dataclass_transform, get_args, get_origin

import attrs

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound="Model")

_ALIASES: Final = "aliases"


def _own_class(cls: type[T]) -> type[T]:
    return next(parent for parent in cls.__mro__ if parent.__module__ == "datetime")


class CalendarTypes:
    """Python's own `date` and `datetime`.

    freezegun puts classes of its own in the place of these, in every module that it finds, and so in annotations that
    are read later. It does not look into classes. What compares types compares with these.
    """

    DATE: Final[type[date]] = _own_class(date)
    DATE_TIME: Final[type[datetime]] = _own_class(datetime)


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("models do not change; make a new one with attrs.evolve")


_REFUSAL: Final[Any] = _refuse


class ReadOnlyDict(dict[Any, Any]):
    """A dict that cannot be changed, so that models can share it and hand it out.

    It derives from `dict`, so that `json`, `attrs.asdict` and `==` treat it as one. Its values are not frozen.
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
        """Travel through a pickle or a copy without being filled item by item."""
        return ReadOnlyDict, (dict(self),)


NOTHING_EXTRA: Final = ReadOnlyDict()
LARGEST_ID: Final = 2**63 - 1  # identifiers are signed 64-bit integers


class AlsoQuoted:
    """Marks a number that some answers send as a text of digits."""


class ServerClock:
    """Marks a date-time that some answers write with a `Z` although it is the cluster's own time."""


class AlsoAlone:
    """Marks a list that some answers send as its only element, without the list around it."""


@attrs.frozen
class DecimalType:
    """Marks a number that needs another column than most: `Annotated[Decimal, DecimalType(scale=9)]`.

    Attributes:
        precision: Digits that the column holds, 38 at most.
        scale: How many of them stand behind the point.
    """

    precision: int = 38
    scale: int = 6


WholeNumber = Annotated[int, AlsoQuoted]
Id = WholeNumber
ExactNumber = Annotated[Decimal, AlsoQuoted]
ServerDateTime = Annotated[datetime, ServerClock]
OneOrMore = Annotated[tuple[T, ...], AlsoAlone]


def alias(*names: str, default: Any = attrs.NOTHING) -> Any:
    """Declare an attribute whose keys in JSON do not follow from its name, the preferred one first."""
    return attrs.field(default=default, metadata={_ALIASES: names})


def wire_names(attribute: "attrs.Attribute[Any]") -> tuple[str, ...]:
    """Return the keys that hold an attribute's value, in order of preference.

    The rule: `camelCase` instead of `snake_case`; an underscore that keeps a name clear of Python's keywords
    is dropped (`from_`). A date-time may have a twin with `ISO` at the end, which the documentation prefers.
    """
    names: tuple[str, ...] = attribute.metadata.get(_ALIASES, (camel_case(attribute.name),))
    if any(CalendarTypes.DATE_TIME in (arm, *get_args(arm)) for arm in alternatives(attribute.type)):
        return (*(f"{name}ISO" for name in names), *names)
    return names


def camel_case(name: str) -> str:
    """Return a name of Python as the API writes it: `eventLogId` for `event_log_id`, `from` for `from_`."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def documented(cls: "type[Model]") -> "tuple[attrs.Attribute[Any], ...]":
    """Return a model's attributes without `extra`."""
    return tuple(attribute for attribute in attrs.fields(cls) if attribute.name != "extra")


def is_model(into: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(into, type) and issubclass(into, Model)


def alternatives(into: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type itself when it is none."""
    arms = get_args(into) if get_origin(into) in {Union, types.UnionType} else (into,)
    return tuple(map(_without_fake, arms))


def _without_fake(arm: Any) -> Any:
    if getattr(arm, "__module__", "").startswith("freezegun"):
        return CalendarTypes.DATE_TIME if issubclass(arm, CalendarTypes.DATE_TIME) else CalendarTypes.DATE
    return arm


def without_null(into: Any) -> Any:
    """Return a type without its null: `int` for `int | None`."""
    first, *others = [arm for arm in alternatives(into) if arm is not types.NoneType]
    for other in others:
        first = first | other
    return first


def _is_free_form(into: Any) -> bool:
    return into is Any or get_origin(into) is Mapping or any(_is_free_form(part) for part in get_args(into))


def _arrange(_: type, attributes: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """Keep free-form JSON out of the hash, for dicts have none, and `extra` at the end."""
    for attribute in attributes:
        if attribute.name != "extra" and attribute.default is not None and attribute.default is not attrs.NOTHING:
            raise TypeError(f"{attribute.name}: what an answer leaves out is None in a model")
    attributes.sort(key=lambda attribute: attribute.name == "extra")
    return [attribute.evolve(hash=False) if _is_free_form(attribute.type) else attribute for attribute in attributes]


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field, alias))
def model(cls: type[ModelT]) -> type[ModelT]:
    """Make a class that derives from `Model` an immutable value.

    Attributes that may be missing have `None` as their default. `Mapping` stands for objects whose keys a brand
    defines, `tuple` for lists.
    """
    return attrs.frozen(kw_only=True, repr=False, field_transformer=_arrange)(cls)


@model
class Model:
    """What all models have.

    Attributes:
        extra: The answer's undocumented fields, under their own keys.
    """

    __attrs_attrs__: ClassVar[Any]

    extra: Mapping[str, Any] = attrs.field(default=NOTHING_EXTRA, hash=False)

    def __repr__(self) -> str:
        """Leave out what is `None`, and an empty `extra`."""
        named = ((field.name, getattr(self, field.name)) for field in attrs.fields(type(self)))
        shown = [f"{name}={value!r}" for name, value in named if not (value is None or (name == "extra" and not value))]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel through a pickle or a copy as one flat value."""
        pickling = _look_up("models.pickling")
        return pickling.restore, (pickling.flatten(self),)

    def to_dict(self, *, by_alias: bool = False) -> dict[str, Any]:
        """Return the model as dicts, lists, texts and numbers, which `json.dumps` takes as it is.

        Dates and date-times are ISO 8601 texts. A `Decimal` is an `int` if its digits are those of a whole number; a
        `float` if the shortest text of that float is the same number, which is so for up to 15 digits; and its own text
        otherwise. `to_json` writes every `Decimal` as a number with its own digits.

        Args:
            by_alias: Whether the keys are the API's own, with what is in `extra` among them.
        """
        found: dict[str, Any] = _look_up("codec").to_dict(self, by_alias=by_alias)
        return found

    def to_json(self, *, by_alias: bool = False) -> str:
        """Return the model as a JSON document. Nothing is lost: every `Decimal` is a number with the digits it has.

        Args:
            by_alias: Whether the keys are the API's own, with what is in `extra` among them.
        """
        text: str = _look_up("codec").to_json(self, by_alias=by_alias)
        return text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Let pydantic, and FastAPI with it, take models as fields and as answers."""
        return _look_up("codec.pydantic_schema").core_schema_of(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """Describe the model's JSON to pydantic, and to OpenAPI with it."""
        return _look_up("codec.pydantic_schema").json_schema_of(cls, is_output=handler.mode == "serialization")


@cache
def draft_of(cls: Any) -> type:
    """Return a class whose objects have the memory layout of the model `cls` but can be changed.

    Filling a frozen object takes a call of `object.__setattr__` for each attribute, which is six times as slow. A draft
    is filled, and then made the model by assigning `__class__`.
    """
    unlocked = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(f"Draft{cls.__name__}", cls.__bases__, {"__slots__": cls.__slots__, **unlocked})


def _look_up(module: str) -> Any:
    # What stands above this module imports it. So a model looks it up when one of its methods is called.
    return import_module(f"capillary_async.{module}")
