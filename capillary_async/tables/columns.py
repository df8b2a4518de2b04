"""The columns of an Arrow table: each column makes an array from a list of Python values.

pyarrow silently converts values that do not fit: 1.5 becomes the integer 1, a date-time loses its time, a date-time
without a zone becomes UTC. So each column checks the classes of its values first, and passes pyarrow only values that
pyarrow converts exactly. A whole batch is converted in one call. Only if that fails, the column searches for the wrong
value.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from itertools import accumulate, chain
from numbers import Integral, Real
from operator import attrgetter
from types import NoneType
from typing import Any, Final, Protocol, cast

import attrs

from capillary_async.errors import ConfigurationError

# The errors of pyarrow and Python for values that do not fit. Every error of pyarrow derives from one of them.
REFUSALS: Final = (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError)
_NO_OBJECTS: Final = frozenset((str, bytes, int, float, bool, list, tuple, Decimal, datetime, date))


def load_pyarrow() -> Any:
    """Import pyarrow.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise ConfigurationError("Arrow and Parquet need pyarrow: pip install 'capillary-async[parquet]'") from error


class CellError(Exception):
    """A value does not fit its column.

    Attributes:
        index: Position of the row in the batch.
        location: Path of the value in the row, such as `identifiers[0].value`.
        expected: The values that the column accepts, in words.
    """

    def __init__(self, index: int, location: str, expected: str) -> None:
        super().__init__(index, location, expected)
        self.index = index
        self.location = location
        self.expected = expected

    def inside(self, index: int, name: str) -> "CellError":
        """Return the error for a row `index` of which the value is a part with this name."""
        dot = "" if self.location[:1] in ("", "[") else "."
        return CellError(index, f"{name}{dot}{self.location}", self.expected)


class ArrowColumn(Protocol):
    """A column, or a part of a column."""

    @property
    def arrow_type(self) -> Any:
        """The pyarrow type."""
        ...

    def array(self, values: Sequence[Any]) -> Any:
        """Make a pyarrow array.

        Raises:
            CellError: A value does not fit.
        """
        ...


@attrs.frozen
class ScalarColumn:
    """A column of values without parts.

    Attributes:
        arrow_type: The pyarrow type.
        expected: The values that the column accepts, in words.
        exact: The classes that pyarrow converts to the type without loss, or refuses; `NoneType` is one of them.
        convert: Converts a value of another class to one of these classes; raises an error if it cannot do so exactly.
        convert_all: Converts a whole list, where that is faster, and returns `None` for a list that it cannot convert.
        cast_text: Whether pyarrow parses strings of the type exactly.
    """

    arrow_type: Any
    expected: str
    exact: frozenset[type[Any]]
    convert: Callable[[Any], Any]
    cast_text: bool = False
    convert_all: Callable[[Sequence[Any]], Sequence[Any] | None] | None = None

    def array(self, values: Sequence[Any]) -> Any:
        """Make an array; in one call if the classes of all values are in `exact`."""
        classes = {*map(type, values)}
        try:
            if self.exact.issuperset(classes):
                return load_pyarrow().array(values, self.arrow_type)
            if self.cast_text and classes <= {str, NoneType}:
                with suppress(*REFUSALS):
                    return load_pyarrow().array(values).cast(self.arrow_type)
            return load_pyarrow().array(self._exact_values(values), self.arrow_type)
        except REFUSALS:
            pass
        # Raised outside the `except` block, the error has no context and therefore holds no value.
        raise self._culprit(values)

    def _exact_values(self, values: Sequence[Any]) -> Sequence[Any]:
        converted = None if self.convert_all is None else self.convert_all(values)
        exact, convert = self.exact, self.convert
        return converted or [value if type(value) in exact else convert(value) for value in values]

    def _culprit(self, values: Sequence[Any]) -> CellError:
        for index, value in enumerate(values):
            try:
                load_pyarrow().array(self._exact_values([value]), self.arrow_type)
            except REFUSALS:
                return CellError(index, "", self.expected)
        return CellError(0, "", self.expected)


@attrs.frozen
class StructColumn:
    """A column of objects with declared members.

    Attributes:
        members: A column for each member, by name.
    """

    members: Mapping[str, ArrowColumn]

    @property
    def arrow_type(self) -> Any:
        """The pyarrow type, a struct."""
        return load_pyarrow().struct([(name, column.arrow_type) for name, column in self.members.items()])

    def array(self, values: Sequence[Any]) -> Any:
        """Make an array of each member, and combine the arrays."""
        arrow, children = load_pyarrow(), self.arrays(values)
        mask = arrow.array([value is None for value in values], arrow.bool_())
        return arrow.StructArray.from_arrays(children, fields=list(self.arrow_type), mask=mask)

    def arrays(self, values: Sequence[Any]) -> list[Any]:
        """Make an array of each member."""
        classes = {*map(type, values)}
        if classes & _NO_OBJECTS:
            index = next(index for index, value in enumerate(values) if type(value) in _NO_OBJECTS)
            raise CellError(index, "", "an object")
        return [self._member(name, column, values, classes) for name, column in self.members.items()]

    @staticmethod
    def _member(name: str, column: ArrowColumn, values: Sequence[Any], classes: set[type]) -> Any:
        try:
            # The common cases come first, because a call for each value would double the time.
            if len(classes) == 1 and classes != {NoneType} and not _holds_mappings(classes):
                found = list(map(attrgetter(name), values))
            elif classes == {dict}:
                found = [value.get(name) for value in values]
            else:
                found = [_member_of(value, name) for value in values]
        except AttributeError:
            index = next(i for i, value in enumerate(values) if value is not None and not hasattr(value, name))
            raise CellError(index, "", f"an object with a member {name}") from None
        try:
            return column.array(found)
        except CellError as error:
            raise error.inside(error.index, name) from None


def _holds_mappings(classes: Iterable[type]) -> bool:
    return any(issubclass(cls, Mapping) for cls in classes)


def _member_of(value: Any, name: str) -> Any:
    if value is None:
        return None
    return cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else getattr(value, name)


@attrs.frozen
class ListColumn:
    """A column of lists of values of one type.

    Attributes:
        item: The column of the items.
    """

    item: ArrowColumn

    @property
    def arrow_type(self) -> Any:
        """The pyarrow type, a list."""
        return load_pyarrow().list_(self.item.arrow_type)

    def array(self, values: Sequence[Any]) -> Any:
        """Make one array of all items, and record the offset of each list."""
        for index, value in enumerate(values):
            if value is not None and (not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping)):
                raise CellError(index, "", "a list")
        offsets = _offsets(values)
        try:
            items = self.item.array(list(chain.from_iterable(value for value in values if value is not None)))
        except CellError as error:
            index, place = _place_of(error.index, offsets)
            raise error.inside(index, f"[{place}]") from None
        arrow = load_pyarrow()
        return arrow.ListArray.from_arrays(
            arrow.array(offsets, arrow.int32()), items, type=self.arrow_type, mask=_nulls(values)
        )


@attrs.frozen
class MapColumn:
    """A column of objects whose keys are data, with values of one type.

    Attributes:
        key: The column of the keys.
        item: The column of the values.
        read_key: Converts a key of a JSON object, which is a string, to a key of the column.
    """

    key: ArrowColumn
    item: ArrowColumn
    read_key: Callable[[Any], Any]

    @property
    def arrow_type(self) -> Any:
        """The pyarrow type, a map."""
        return load_pyarrow().map_(self.key.arrow_type, self.item.arrow_type)

    def array(self, values: Sequence[Any]) -> Any:
        """Make an array of all keys and one of all values, and record the offset of each object."""
        for index, value in enumerate(values):
            if value is not None and not isinstance(value, Mapping):
                raise CellError(index, "", "an object")
        offsets = _offsets(values)
        filled = [cast("Mapping[Any, Any]", value) for value in values if value is not None]
        try:
            keys = self.key.array([self._key(key) for value in filled for key in value])
            items = self.item.array([item for value in filled for item in value.values()])
        except CellError as error:
            index, _ = _place_of(error.index, offsets)
            raise error.inside(index, "[...]") from None  # a message must not hold data, and the keys are data
        arrow = load_pyarrow()
        return arrow.MapArray.from_arrays(
            arrow.array(offsets, arrow.int32()), keys, items, type=self.arrow_type, mask=_nulls(values)
        )

    def _key(self, key: Any) -> Any:
        with suppress(*REFUSALS):
            return self.read_key(key)
        return key


def _offsets(values: Sequence[Any]) -> list[int]:
    """Return where the items of each value begin in the list of all items, and where the last ones end."""
    return [0, *accumulate(0 if value is None else len(value) for value in values)]


def _nulls(values: Sequence[Any]) -> Any:
    arrow = load_pyarrow()
    return arrow.array([value is None for value in values], arrow.bool_()) if None in values else None


def _place_of(index: int, offsets: Sequence[int]) -> tuple[int, int]:
    row = bisect_right(offsets, index) - 1
    return row, index - offsets[row]


def scalar_column(kind: type) -> ScalarColumn:
    """Return the column of a class of `SCALARS`."""
    make_type, expected, exact, convert = SCALARS[kind]
    can_parse = kind in (date, datetime)
    return ScalarColumn(
        make_type(load_pyarrow()), expected, frozenset((*exact, NoneType)), convert, cast_text=can_parse
    )


def exact_numbers(precision: int, scale: int) -> ScalarColumn:
    """Return a column of decimals."""
    expected = f"a number with at most {scale} decimal places and {precision - scale} digits before them"
    arrow_type = load_pyarrow().decimal128(precision, scale)
    return ScalarColumn(arrow_type, expected, frozenset((Decimal, int, NoneType)), _refuse)


def json_texts(encode: Callable[[Any], str | None]) -> ScalarColumn:
    """Return a column of JSON documents as strings.

    Args:
        encode: Encodes a value. If it has an attribute `many`, that is the column's `convert_all`.
    """
    expected, exact = "a value that JSON can represent", frozenset((NoneType,))
    many: Any = getattr(encode, "many", None)
    return ScalarColumn(load_pyarrow().string(), expected, exact, encode, convert_all=many)


def iso_texts(encode: Callable[[Any], str | None]) -> ScalarColumn:
    """Return a column of dates and date-times as ISO 8601 strings."""

    def convert(value: Any) -> str:
        if not isinstance(value, date):
            raise TypeError
        return (encode(value) or "").strip('"')

    exact = frozenset[type[Any]]((str, NoneType))
    return ScalarColumn(load_pyarrow().string(), "a date or a date-time", exact, convert)


def _refuse(_: Any) -> Any:
    raise TypeError


def _whole_number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError
    return int(value)


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise TypeError
    return float(value)


def _text(value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    return str.__str__(value)


def _date(value: Any) -> date:
    found = date.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(found, date) or isinstance(found, datetime):
        raise TypeError
    return found


def _date_time(value: Any) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise TypeError
    return found


# For each class: its Arrow type, the values of its columns in words, `exact` and `convert`.
SCALARS: Final[Mapping[type, tuple[Callable[[Any], Any], str, tuple[type[Any], ...], Callable[[Any], Any]]]] = {
    bool: (lambda arrow: arrow.bool_(), "true or false", (bool,), _refuse),
    int: (lambda arrow: arrow.int64(), "a 64-bit whole number", (int,), _whole_number),
    float: (lambda arrow: arrow.float64(), "a number that a double holds", (float, int), _double),
    str: (lambda arrow: arrow.string(), "a text", (str,), _text),
    date: (lambda arrow: arrow.date32(), "a date", (date,), _date),
    datetime: (lambda arrow: arrow.timestamp("us", "UTC"), "a date-time with a time zone", (), _date_time),
}
