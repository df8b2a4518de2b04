"""How JSON becomes the columns of Parquet: a shape for each type that a model declares.

Nothing loses a digit. Money and points become decimals with as many places as any value of the
column has (three at least, which is what the API documents): `decimal128(38, places)`, or
`decimal256(76, places)` where 38 digits do not suffice, or text where 76 do not either.
Date-times are instants in microseconds, shown in UTC. What can be a date or a date-time stays ISO
text, and what has no declared shape stays JSON, as text.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, Final, Protocol, get_args, get_origin, get_type_hints

import attrs

from capillary_async.codec import encode_json
from capillary_async.models.definition import alternatives

_LEAST_PLACES: Final = 3


class Shape(Protocol):
    """A column's type, or that of a part of it."""

    @property
    def has_decimals(self) -> bool:
        """Whether `measure` has anything to see."""
        ...

    def measure(self, value: Any) -> None:
        """Look at a value before any type is made."""
        ...

    def arrow(self, arrow: Any) -> Any:
        """Return the type, of the module `pyarrow`."""
        ...

    def convert(self, value: Any) -> Any:
        """Turn a value of JSON into one that pyarrow takes for the type."""
        ...


@attrs.define
class Plain:
    """Anything that is converted by itself."""

    type_name: str
    conversion: Callable[[Any], Any] | None = None
    arguments: tuple[str, ...] = ()
    has_decimals: bool = False

    def measure(self, value: Any) -> None:
        """See nothing."""

    def arrow(self, arrow: Any) -> Any:
        """Return pyarrow's own type."""
        return getattr(arrow, self.type_name)(*self.arguments)

    def convert(self, value: Any) -> Any:
        """Convert what is not null."""
        return value if value is None or self.conversion is None else self.conversion(value)


@attrs.define
class Exact:
    """Decimals that fit every value seen."""

    digits: int = 0
    places: int = _LEAST_PLACES
    has_decimals: bool = True

    def measure(self, value: Any) -> None:
        """Note how many digits a value has before and behind the point."""
        if value is None:
            return
        _, digits, exponent = Decimal(value).as_tuple()
        exponent = int(exponent)
        self.digits = max(self.digits, len(digits) + exponent)
        self.places = max(self.places, -exponent)

    @property
    def _width(self) -> int:
        return self.digits + self.places

    def arrow(self, arrow: Any) -> Any:
        """Return the smallest type in which nothing is lost."""
        if self._width <= 38:
            return arrow.decimal128(38, self.places)
        return arrow.decimal256(76, self.places) if self._width <= 76 else arrow.string()

    def convert(self, value: Any) -> Any:
        """Make it a decimal, or a text where no decimal can hold it."""
        if value is None:
            return None
        return Decimal(value) if self._width <= 76 else str(value)


@attrs.define
class Several:
    """A list."""

    item: Shape

    @property
    def has_decimals(self) -> bool:
        """Whether the items have any."""
        return self.item.has_decimals

    def measure(self, value: Any) -> None:
        """Look at every item."""
        for item in value or ():
            self.item.measure(item)

    def arrow(self, arrow: Any) -> Any:
        """Return a list's type."""
        return arrow.list_(self.item.arrow(arrow))

    def convert(self, value: Any) -> Any:
        """Convert every item."""
        return None if value is None else [self.item.convert(item) for item in value]


@attrs.define
class Members:
    """An object whose members are declared."""

    members: Mapping[str, Shape]
    has_decimals: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.has_decimals = any(shape.has_decimals for shape in self.members.values())

    def measure(self, value: Any) -> None:
        """Look at the members that have decimals."""
        if value is not None:
            for name, shape in self.members.items():
                if shape.has_decimals:
                    shape.measure(value.get(name))

    def arrow(self, arrow: Any) -> Any:
        """Return a struct's type."""
        return arrow.struct([(name, shape.arrow(arrow)) for name, shape in self.members.items()])

    def convert(self, value: Any) -> Any:
        """Convert every member."""
        return None if value is None else {name: shape.convert(value.get(name)) for name, shape in self.members.items()}


@attrs.define
class Table:
    """An object whose keys are data, and whose values are all of one declared type."""

    key: Shape
    item: Shape
    read_key: Callable[[str], Any]

    @property
    def has_decimals(self) -> bool:
        """Whether the values have any."""
        return self.item.has_decimals

    def measure(self, value: Any) -> None:
        """Look at every value."""
        if value is not None:
            for item in value.values():
                self.item.measure(item)

    def arrow(self, arrow: Any) -> Any:
        """Return a map's type."""
        return arrow.map_(self.key.arrow(arrow), self.item.arrow(arrow))

    def convert(self, value: Any) -> Any:
        """Convert every pair."""
        if value is None:
            return None
        return [(self.read_key(key), self.item.convert(item)) for key, item in value.items()]


def _to_json(value: Any) -> str:
    return encode_json(value).decode()


def _scalar_of(kind: Any) -> Shape | None:
    if kind is Decimal:
        return Exact()
    if kind is datetime:
        return Plain("timestamp", datetime.fromisoformat, ("us", "UTC"))
    if kind is date:
        return Plain("date32", date.fromisoformat)
    names = {bool: "bool_", int: "int64", float: "float64", str: "string"}
    return Plain(names[kind]) if kind in names else None


def shape_of(hint: Any) -> Shape:
    """Choose the shape for a type as a model declares it; what has none is JSON as text."""
    kinds = [kind for kind in alternatives(hint) if kind is not NoneType]
    if all(isinstance(kind, type) and issubclass(kind, str | date) for kind in kinds) and len(kinds) > 1:
        return Plain("string")  # an open enumeration, or a date that may be a date-time
    kind: Any = kinds[0] if len(kinds) == 1 else Any
    if get_origin(kind) is Annotated:
        return shape_of(get_args(kind)[0])
    if isinstance(kind, type) and attrs.has(kind):
        hints = get_type_hints(kind, include_extras=True)
        return Members({field.name: shape_of(hints[field.name]) for field in attrs.fields(kind)})
    return _scalar_of(kind) or _collection_of(get_origin(kind), get_args(kind)) or Plain("string", _to_json)


def _collection_of(origin: Any, parts: Sequence[Any]) -> Shape | None:
    if not isinstance(origin, type) or not parts or any(part in (Any, object) for part in parts):
        return None
    if issubclass(origin, list | tuple) and parts[1:] in ((), (...,)):
        return Several(shape_of(parts[0]))
    if issubclass(origin, Mapping) and parts[0] in (int, str):
        return Table(shape_of(parts[0]), shape_of(parts[1]), parts[0])
    return None
