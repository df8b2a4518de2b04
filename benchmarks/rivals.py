"""The classes that users of other libraries would write in place of this package's models, derived from the models.

Each library has its idiom: a `msgspec.Struct` that leaves dates as text, a strict and frozen pydantic model, a
dataclass for mashumaro, and a dataclass with a hand-written function. All read the same objects. They leave
enumerations as text and do not read quoted numbers, which is an advantage for them.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import GenericAlias, NoneType
from typing import Annotated, Any, cast, get_args, get_origin
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pydantic
from mashumaro.config import BaseConfig

from capillary_async.models.definition import documented, is_model, wire_names
from capillary_async.models.type_hints import alternatives

Builder = Callable[[Any], Any]


def aware(text: Any) -> Any:
    """Read a date-time in the fastest way; one without a zone is in the cluster's time zone, here UTC."""
    if len(text) == len("2025-09-05"):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return datetime.fromisoformat(text if text[-1] == "Z" else text + "+00:00")


def aware_in_india(text: Any) -> Any:
    """Read a date-time for a cluster in India, with the same time zone as this package's models."""
    naive = datetime.fromisoformat(text)
    return naive if naive.tzinfo else datetime.combine(naive, naive.time(), INDIA)


INDIA = ZoneInfo("Asia/Kolkata")
DateTimeParam = Annotated[datetime, pydantic.BeforeValidator(aware)]
DateTimeInIndia = Annotated[datetime, pydantic.BeforeValidator(aware_in_india)]
Exact = Annotated[Decimal, pydantic.Strict(strict=False)]


def translated(into: Any, moment: Any, number: Any, nested: Builder) -> Any:
    """Return another library's type for one of this package's."""
    into = get_args(into)[0] if get_origin(into) is Annotated else into
    arms = [arm for arm in alternatives(into) if arm is not NoneType]
    for kind, theirs in ((datetime, moment), (Decimal, number), (str, str)):
        if kind in arms:
            return theirs
    (arm,) = arms
    if is_model(arm):
        return nested(arm)
    if get_origin(arm) is tuple:
        return list_of(translated(get_args(arm)[0], moment, number, nested))
    if get_origin(arm) is Mapping:
        return dict[str, Any]
    if get_origin(arm) is Annotated:
        return translated(arm, moment, number, nested)
    is_text = arm is date or (isinstance(arm, type) and issubclass(arm, Enum))
    return str if is_text else cast("Any", arm)


def fields(cls: Any, moment: Any, number: Any, nested: Builder) -> list[tuple["attrs.Attribute[Any]", str, Any]]:
    """Return the attributes of a model with their key and with another library's type; the required ones first."""
    found = [
        (attribute, wire_names(attribute)[-1], translated(attribute.type, moment, number, nested))
        for attribute in documented(cls)
    ]
    return sorted(found, key=lambda entry: entry[0].default is not attrs.NOTHING)


@cache
def struct(cls: Any) -> Any:
    """Return the floor: a Struct that does the least work."""
    parts = [
        (at.name, kind, msgspec.field(name=key)) if at.default is attrs.NOTHING
        else (at.name, kind | None, msgspec.field(name=key, default=None))
        for at, key, kind in fields(cls, str, Decimal, struct)
    ]  # fmt: skip
    return msgspec.defstruct(cls.__name__, parts)


@cache
def pydantic_model(cls: Any, moment: Any = DateTimeParam) -> Any:
    """Return what a user of pydantic would write."""
    parts: dict[str, Any] = {
        at.name: (kind, pydantic.Field(alias=key)) if at.default is attrs.NOTHING
        else (kind | None, pydantic.Field(None, alias=key))
        for at, key, kind in fields(cls, moment, Exact, lambda nested: pydantic_model(nested, moment))
    }  # fmt: skip
    config = pydantic.ConfigDict(strict=True, frozen=True, extra="allow")
    return pydantic.create_model(cls.__name__, __config__=config, **parts)


class Eager(BaseConfig):
    """Compile the code when the class is created."""

    lazy_compilation = False


@cache
def mashumaro_class(cls: Any) -> Any:
    """Return what a user of mashumaro would write."""
    parts: list[Any] = []
    for at, key, kind in fields(cls, datetime, Decimal, mashumaro_class):
        metadata = {"alias": key, **({"deserialize": aware} if kind is datetime else {})}
        if at.default is attrs.NOTHING:
            parts.append((at.name, kind, dataclasses.field(metadata=metadata)))
        else:
            parts.append((at.name, kind | None, dataclasses.field(default=None, metadata=metadata)))
    return dataclasses.make_dataclass(cls.__name__, parts, namespace={"Config": Eager})


@cache
def by_hand(cls: Any) -> Builder:
    """Return a function that makes a dataclass of an object, without checks."""
    parts = fields(cls, datetime, Decimal, lambda nested: nested)
    build_row = dataclasses.make_dataclass(cls.__name__, [at.name for at, _, _ in parts], frozen=True, slots=True)
    arguments = ", ".join(
        f"row[{key!r}]" if at.default is attrs.NOTHING
        else f"None if (value := row.get({key!r})) is None else {_expression(kind)}"
        for at, key, kind in parts
    )  # fmt: skip
    names = {"build_row": build_row, "aware": aware, "Decimal": Decimal}
    names |= {f"read_{nested.__name__}": by_hand(nested) for nested in map(_model_in, parts) if nested}
    exec(f"def read(row):\n    return build_row({arguments})", names)
    read: Builder = cast("Any", names["read"])
    return read


def list_of(cls: Any) -> Any:
    """Return the type of a list of a class that is known only at run time."""
    return GenericAlias(list, (cls,))


def _model_in(part: tuple[Any, str, Any]) -> Any:
    kind = get_args(part[2])[0] if get_origin(part[2]) is list else part[2]
    return kind if is_model(kind) else None


def _expression(kind: Any) -> str:
    if kind is datetime:
        return "aware(value)"
    if kind is Decimal:
        return "Decimal(value)"
    if is_model(kind):
        return f"read_{kind.__name__}(value)"
    if get_origin(kind) is list and is_model(get_args(kind)[0]):
        return f"[read_{get_args(kind)[0].__name__}(item) for item in value]"
    return "value"


@cache
def pydantic_page(cls: Any, moment: Any = DateTimeParam) -> Any:
    """Return the model of a listing's answer."""
    return pydantic.create_model("Page", data=(list_of(pydantic_model(cls, moment)), ...))
