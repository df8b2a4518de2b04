"""Write the rows of a job as Parquet: from stored JSON to columns in one pass, a chunk at a time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, chain
from typing import Any, BinaryIO

import attrs

from capillary_async.codec.records import record_cell, record_decoder
from capillary_async.codec.row_text import StoredRows, TableParts, decode_rows, join_tables
from capillary_async.errors import TableError
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.output import OutputSchema
from capillary_async.jobs.records import Entry, Values
from capillary_async.models.definition import NOTHING_EXTRA
from capillary_async.tables import TableSchema, load_pyarrow
from capillary_async.tables.columns import CellError
from capillary_async.tables.parquet import parquet_file


def write_parquet(
    file: BinaryIO,
    entries: Iterable[Entry],
    schema: OutputSchema,
    scanned: Iterable[Entry],
    *,
    chunk_bytes: int,
    group_bytes: int,
) -> None:
    """Write a row for each row that was found.

    Args:
        file: Where it goes.
        entries: What was found.
        schema: The columns.
        scanned: What was found, once more; read only if the lookup does not declare the columns.
        chunk_bytes: As `export.write` takes it.
        group_bytes: As `export.write` takes it.
    """
    try:
        columns = _columns(schema, scanned)
    except TableError as error:
        raise JobRefusedError(str(error)) from error
    keys = TableSchema.of_columns({column.name: column.kind for column in schema.keys})
    names = schema.names_of(columns.columns)
    renamed = attrs.evolve(columns, columns={names[name]: column for name, column in columns.columns.items()})
    arrow_schema = load_pyarrow().schema([*keys.arrow, *renamed.arrow])
    tables = RowTables(keys, columns, arrow_schema, schema.row_type if schema.is_declared else Any)
    with parquet_file(file, arrow_schema, schema.key_names, group_bytes=group_bytes) as add:
        for chunk in _chunks(entries, chunk_bytes):
            add(tables.table(chunk))


def _columns(schema: OutputSchema, scanned: Iterable[Entry]) -> TableSchema:
    if schema.is_declared:
        return TableSchema.of(schema.row_type, record_cell)
    value_type = schema.value_type
    if value_type is None:
        return TableSchema.of_dicts((row for entry in scanned for row in entry.decoded()), record_cell)
    members = dict.fromkeys(schema.members(scanned).names, value_type)
    return TableSchema.of_members(members, record_cell)


def _chunks(entries: Iterable[Entry], chunk_bytes: int) -> Iterator[list[tuple[Values, StoredRows]]]:
    """Yield what was found, each key with its rows as they are stored, some at once."""
    found: list[tuple[Values, StoredRows]] = []
    size = 0
    for entry in entries:
        if entry.rows:
            found.append((entry.values, entry.rows))
            size += len(entry.rows)
            if size >= chunk_bytes:
                yield found
                found, size = [], 0
    if found:
        yield found


class RowTables:
    """Makes tables of stored rows, in the quickest way that reads them exactly."""

    def __init__(self, keys: TableSchema, columns: TableSchema, arrow_schema: Any, row_type: Any) -> None:
        """Use one object for all tables of an export.

        Args:
            keys: The key's columns.
            columns: The row's columns, by the names of its members.
            arrow_schema: All of them, by the names in the output.
            row_type: Type of one row; `Any` if it is not declared.
        """
        self._keys = keys
        self._columns = columns
        self._arrow_schema = arrow_schema
        self._read_records = record_decoder(row_type)
        self._rows = 0

    def table(self, found: Sequence[tuple[Values, StoredRows]]) -> Any:
        """Make a table of the rows of some keys.

        Args:
            found: Each key with its rows as they are stored.
        """
        keys, stored = zip(*found, strict=True)
        arrow, parts = load_pyarrow(), join_tables(stored)
        arrays = None if parts is None else self._by_column(parts)
        if parts is not None and arrays is not None:
            places = _places(parts.counts)
        else:
            rows = self._rows_of(stored)
            arrays, places = self._by_row(rows, stored), _places([len(each) for each in rows])
        pairs = zip(self._keys.columns.values(), zip(*keys, strict=True), strict=True)
        key_columns = [column.array(values).take(places) for column, values in pairs]
        self._rows += len(places)
        return arrow.table([*key_columns, *arrays], schema=self._arrow_schema)

    def _by_column(self, parts: TableParts) -> list[Any] | None:
        """Return an array of each column; `None` if these are other columns, or a value does not fit."""
        if {*parts.columns, "extra"} != self._columns.columns.keys():
            return None
        arrays, places = list[Any](), _places(parts.lengths)
        with suppress(CellError):
            for name, column in self._columns.columns.items():
                if name == "extra":
                    arrays.append(column.array([NOTHING_EXTRA] * len(parts.lengths)).take(places))
                elif parts.are_shared(name):
                    arrays.append(column.array(parts.columns[name]).take(places))
                else:
                    arrays.append(column.array(parts.values(name)))
            return arrays
        return None

    def _rows_of(self, stored: Sequence[StoredRows]) -> list[list[Any]]:
        texts = [rows for rows in stored if isinstance(rows, bytes)]
        if self._read_records is not None and len(texts) == len(stored):
            with suppress(ValueError):
                return self._read_records(texts)
        return [decode_rows(rows) for rows in stored]

    def _by_row(self, rows: Sequence[Sequence[Any]], stored: Sequence[StoredRows]) -> list[Any]:
        with suppress(TableError):
            return self._columns.arrays(list(chain.from_iterable(rows)), self._rows)
        try:  # a record has values as they are written; as Python's own values they may fit
            return self._columns.arrays([row for each in stored for row in decode_rows(each)], self._rows)
        except TableError as error:
            raise JobRefusedError(f"{error}; CSV and JSON lines take any") from None


def _places(counts: Sequence[int]) -> Any:
    """Return the number of each row's key, to repeat the keys for their rows; Arrow knows it for items of lists."""
    arrow = load_pyarrow()
    offsets = arrow.array([0, *accumulate(counts)], arrow.int32())
    return arrow.ListArray.from_arrays(offsets, arrow.nulls(sum(counts))).value_parent_indices()
