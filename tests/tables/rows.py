"""Classes of rows, as users write them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict

import attrs

from capillary_async.models.definition import DecimalType, Model, model


class Colour(StrEnum):
    """An enumeration of texts."""

    RED = "R"


class Level(IntEnum):
    """An enumeration of numbers."""

    ONE = 1


class Mixed(Enum):
    """An enumeration of anything."""

    ONE = 1
    TWO = "two"


@attrs.frozen
class Part:
    """A nested row."""

    code: str
    amount: Decimal | None = None


@attrs.frozen(kw_only=True)
class Row:
    """A row with a member of each kind."""

    whole: int = 0
    money: Decimal | None = None
    precise: Annotated[Decimal, DecimalType(scale=9)] | None = None
    double: float | None = None
    flag: bool | None = None
    text: str | None = None
    colour: Colour | str | None = None
    level: Level | None = None
    mixed: Mixed | None = None
    choice: Literal["a", "b"] | None = None
    day: date | None = None
    moment: datetime | None = None
    either: datetime | date | None = None
    part: Part | None = None
    parts: tuple[Part, ...] | None = None
    numbers: list[int] | None = None
    by_id: Mapping[int, Part] | None = None
    free: Mapping[str, Any] | None = None
    pair: tuple[int, str] | None = None
    either_type: int | str | None = None
    anything: Any = None


@dataclass
class DataRow:
    """A dataclass."""

    id: int
    ratio: float = 0.0
    tags: list[str] = field(default_factory=list[str])


class TypedRow(TypedDict):
    """A TypedDict."""

    id: int
    name: NotRequired[str]


class NamedRow(NamedTuple):
    """A NamedTuple."""

    id: int
    name: str


@model
class ModelRow(Model):
    """A model."""

    id: int
    amount: Decimal | None = None
    seen: datetime | None = None


@attrs.frozen
class Tree:
    """A class that contains itself."""

    name: str
    children: "tuple[Tree, ...]" = ()


@attrs.frozen
class Empty:
    """A class without members."""


@attrs.frozen
class HoldsEmpty:
    """A class with an empty one in it."""

    name: str
    nothing: Empty | None = None
