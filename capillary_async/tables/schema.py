"""Derive a fixed Arrow schema from the class of rows, and make record batches of rows.

The schema depends only on the class, so all files of one class have the same schema:

| declared                         | Arrow                                                         |
|----------------------------------|---------------------------------------------------------------|
| `Decimal`                        | `decimal128(38, 6)`, or as `Annotated[Decimal, DecimalType(...)]` says |
| `datetime`                       | `timestamp[us, tz=UTC]`                                       |
| `date`                           | `date32`                                                      |
| `datetime` or `date`             | `string`, ISO 8601                                            |
| `int`, `float`, `bool`, `str`    | `int64`, `double`, `bool`, `string`                           |
| an enumeration, `Literal`        | the type of its values; with `str` (open): `string`           |
| a class with members             | `struct`                                                      |
| `tuple`, `list` of one type      | `list`                                                        |
| `Mapping` of a declared type     | `map`                                                         |
| anything else, such as `extra`   | `string`, JSON                                                |
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, cast, get_args, get_origin

import attrs

from capillary_async.errors import TableError
from capillary_async.models.definition import LARGEST_ID, DecimalType
from capillary_async.models.members import members_of
from capillary_async.models.type_hints import (
    allows_only,
    alternatives,
    class_of_values,
    item_type,
    kinds_of,
    mapping_types,
    marks_of,
)
from capillary_async.tables.columns import (
    SCALARS,
    ArrowColumn,
    CellError,
    ListColumn,
    MapColumn,
    StructColumn,
    exact_numbers,
    iso_texts,
    json_texts,
    load_pyarrow,
    scalar_column,
)

Encode = Callable[[Any], str | None]
_DECIMAL: Final = DecimalType()


@attrs.frozen
class TableSchema:
    """The columns of a table of rows.

    Attributes:
        columns: A column for each member of a row, by name; rows without members have one column, `value`.
        has_members: Whether rows have members.
        rest: The column that holds, as a JSON object, the members without a column; `None` if there is no such column.
    """

    columns: Mapping[str, ArrowColumn]
    has_members: bool = True
    rest: str | None = None

    @classmethod
    def of(cls, row_type: Any, encode: Encode) -> "TableSchema":
        """Derive the schema of a class of rows.

        Args:
            row_type: An attrs class (every model is one), a dataclass, a TypedDict, a NamedTuple, a msgspec Struct, a
                pydantic model; or a type without members, such as `int`.
            encode: Encodes a value without a declared type as JSON.

        Raises:
            TableError: A class contains itself or declares no members, so it has no columns.
            ConfigurationError: pyarrow is not installed.
        """
        column = _column(row_type, encode, ())
        if isinstance(column, StructColumn):
            return cls(column.members)
        return cls({"value": column}, has_members=False)

    @classmethod
    def of_columns(cls, types: Mapping[str, Any]) -> "TableSchema":
        """Make a schema of scalar columns.

        Args:
            types: `int`, `str` and the like, by name.
        """
        return cls({name: scalar_column(kind) for name, kind in types.items()})

    @classmethod
    def of_members(cls, members: Mapping[str, Any], encode: Encode) -> "TableSchema":
        """Make the schema of rows without a class.

        Args:
            members: The type of each member, by name.
            encode: Encodes a value without a declared type as JSON.

        Raises:
            TableError: A class of a member contains itself or declares no members.
        """
        return cls({name: _column(hint, encode, ()) for name, hint in members.items()})

    @classmethod
    def of_dicts(cls, rows: Iterable[Any], encode: Encode, *, has_more_rows: bool = False) -> "TableSchema":
        """Derive the schema of dicts without a declared class: the union of their keys, in order of appearance.

        A key becomes a column of doubles if its numbers have more decimal places than a decimal column, and a double
        has all their digits. It becomes a column of JSON if its values have several types or have parts. Rows that are
        not dicts have one column of JSON, `value`.

        Args:
            rows: The rows.
            encode: Encodes a value as JSON.
            has_more_rows: Whether later rows may have other keys; a last column, `extra`, holds these keys.
        """
        kinds: dict[str, _Kinds] = {}
        for row in rows:
            if not isinstance(row, Mapping):
                return cls({"value": json_texts(encode)}, has_members=False)
            for name, value in cast("Mapping[str, Any]", row).items():
                kinds.setdefault(name, _Kinds()).add(value)
        columns: dict[str, ArrowColumn] = {name: seen.column(encode) for name, seen in kinds.items()}
        if not has_more_rows:
            return cls(columns)
        rest = free_name("extra", columns)
        return cls({**columns, rest: json_texts(encode)}, rest=rest)

    @property
    def arrow(self) -> Any:
        """The pyarrow schema."""
        return load_pyarrow().schema([(name, column.arrow_type) for name, column in self.columns.items()])

    def arrays(self, rows: Sequence[Any], first: int = 0) -> list[Any]:
        """Make an array of each column.

        Args:
            rows: Objects with the members as attributes, or mappings.
            first: Number of the first row, for messages.

        Raises:
            TableError: A value does not fit its column. The message names the row and the path, not the value.
        """
        if self.rest is not None:
            rows = [self._with_rest(row, self.rest) for row in rows]
        try:
            if self.has_members:
                return StructColumn(self.columns).arrays(rows)
            return [column.array(rows) for column in self.columns.values()]
        except CellError as error:
            wrong = error
        # Raised outside the `except` block, the error has no context and therefore holds no row.
        raise _misfit(wrong, first)

    def batch(self, rows: Sequence[Any], first: int = 0) -> Any:
        """Make a record batch; see `arrays`."""
        arrays = self.arrays(rows, first)
        return load_pyarrow().RecordBatch.from_arrays(arrays, schema=self.arrow)

    def _with_rest(self, row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        return {**row, name: {key: row[key] for key in row if key not in self.columns}}

    def table(self, rows: Sequence[Any]) -> Any:
        """Make a table; see `arrays`."""
        return load_pyarrow().Table.from_batches([self.batch(rows)], self.arrow)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name, with underscores appended until no column has it."""
    while name in taken:
        name += "_"
    return name


def _misfit(error: CellError, first: int) -> TableError:
    number = first + error.index
    place = f"{error.location} of row {number}" if error.location else f"row {number}"
    return TableError(f"{place} does not fit the table: expected {error.expected}", row=number, location=error.location)


def _column(hint: Any, encode: Encode, inside: tuple[Any, ...]) -> ArrowColumn:
    """Choose the column for a declared type.

    Args:
        hint: The type.
        encode: Encodes values without a declared type.
        inside: The classes that contain the type.
    """
    kinds = kinds_of(hint)
    if len(kinds) > 1:
        return _union_column(hint, encode)
    kind = kinds[0] if kinds else Any
    if kind is Decimal:
        return _decimal_column(hint)
    members = members_of(kind)
    if members is not None:
        return _struct_column(kind, members, encode, inside)
    return _scalar_column(kind) or _collection_column(kind, encode, inside) or json_texts(encode)


def _union_column(hint: Any, encode: Encode) -> ArrowColumn:
    if allows_only(hint, str):
        return scalar_column(str)  # an open enumeration
    if {*kinds_of(hint)} == {date, datetime}:
        return iso_texts(encode)
    return json_texts(encode)


def _decimal_column(hint: Any) -> ArrowColumn:
    marks = [mark for kind in alternatives(hint) for mark in marks_of(kind)]
    wanted = next((mark for mark in marks if isinstance(mark, DecimalType)), _DECIMAL)
    return exact_numbers(wanted.precision, wanted.scale)


def _struct_column(kind: Any, members: Mapping[str, Any], encode: Encode, inside: tuple[Any, ...]) -> StructColumn:
    cls = get_origin(kind) or kind
    _refuse_endless(cls, members, inside)
    return StructColumn({name: _column(hint, encode, (*inside, cls)) for name, hint in members.items()})


def check_row_type(row_type: Any, inside: tuple[Any, ...] = ()) -> None:
    """Check that a class of rows has columns; this needs no pyarrow.

    Raises:
        TableError: A class contains itself, or declares no members.
    """
    for kind in kinds_of(row_type):
        cls, members = get_origin(kind) or kind, members_of(kind)
        if members is not None:
            _refuse_endless(cls, members, inside)
        for part in get_args(kind) if members is None else members.values():
            check_row_type(part, inside if members is None else (*inside, cls))


def _refuse_endless(cls: Any, members: Mapping[str, Any], inside: tuple[Any, ...]) -> None:
    if cls in inside:
        raise TableError(f"{cls.__qualname__} contains itself, so its columns never end")
    if not members:
        raise TableError(f"{cls.__qualname__} declares no members, so it has no columns")


def _scalar_column(kind: Any) -> ArrowColumn | None:
    cls = kind if kind in SCALARS else class_of_values(kind)
    return None if cls is None else scalar_column(cls)


def _collection_column(kind: Any, encode: Encode, inside: tuple[Any, ...]) -> ArrowColumn | None:
    item, types = item_type(kind), mapping_types(kind)
    if types is not None and types[0] in (int, str):
        return MapColumn(_column(types[0], encode, inside), _column(types[1], encode, inside), types[0])
    return None if item is None else ListColumn(_column(item, encode, inside))


@attrs.define
class _Kinds:
    """The classes of one key's values."""

    _classes: set[Any] = attrs.field(factory=set[Any])
    _fits: bool = True
    _are_doubles: bool = True

    def add(self, value: Any) -> None:
        if value is None:
            return
        self._classes.add(value.__class__)
        if isinstance(value, Decimal | int) and not isinstance(value, bool):
            self._fits = self._fits and _fits_exactly(value)
            self._are_doubles = self._are_doubles and _is_double(value)

    def column(self, encode: Encode) -> ArrowColumn:
        classes = frozenset(self._classes)
        if Decimal in classes and classes <= {Decimal, int}:
            if not self._fits and self._are_doubles:  # a float of Python's
                return scalar_column(float)
            return _decimal_column(Decimal) if self._fits else json_texts(encode)
        if classes == {float, int}:
            return scalar_column(float)
        cls = next(iter(classes), str)  # a column without values is one of texts
        return scalar_column(cls) if len(classes) < 2 and cls in SCALARS and self._fits else json_texts(encode)


def _is_double(value: Decimal | int) -> bool:
    try:
        return Decimal(repr(float(value))) == value
    except OverflowError:
        return False


def _fits_exactly(value: Decimal | int) -> bool:
    if isinstance(value, int):
        return -LARGEST_ID - 1 <= value <= LARGEST_ID
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return False
    return -exponent <= _DECIMAL.scale and len(digits) + exponent <= _DECIMAL.precision - _DECIMAL.scale
