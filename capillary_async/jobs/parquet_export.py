"""What a job found as Parquet: stored JSON to columns in one pass, a chunk at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import attrs

from capillary_async.codec import decode_json
from capillary_async.codec.records import record_cell, record_decoder
from capillary_async.errors import TableError
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.output import OutputSchema, StoredRow
from capillary_async.tables import TableSchema, load_pyarrow

# JSON is converted chunk by chunk, because Python's own objects are large; what comes of it is gathered until it
# makes a row group.
_CHUNK_ROWS: Final = 8192
_CHUNK_BYTES: Final = 2**21
_GROUP_BYTES: Final = 2**25


def write_parquet(file: BinaryIO, schema: OutputSchema, read: Callable[[], Iterable[StoredRow]]) -> None:
    """Write stored rows.

    Raises:
        JobRefusedError: A value does not fit its column.
    """
    columns = None if schema.is_declared else _schema_of_dicts(read)
    chunk: list[StoredRow] = []
    size = 0
    with ParquetTable(file, schema, columns) as table:
        for stored in read():
            chunk.append(stored)
            size += len(stored.rows)
            if size >= _CHUNK_BYTES:
                table.add_stored(chunk)
                chunk, size = [], 0
        table.add_stored(chunk)


def _schema_of_dicts(read: Callable[[], Iterable[StoredRow]]) -> TableSchema:
    return TableSchema.of_dicts((row for stored in read() for row in decode_json(stored.rows)), record_cell)


class ParquetTable:
    """A Parquet file with the key's columns and those of rows, while it is written."""

    def __init__(self, file: BinaryIO, schema: OutputSchema, columns: TableSchema | None = None) -> None:
        """Begin a file.

        Args:
            file: Where it goes.
            schema: The output's columns.
            columns: Those of a row; `None` takes them from its declared type.

        Raises:
            JobRefusedError: The type of a row has no columns.
        """
        try:
            self._columns = columns or TableSchema.of(schema.row_type, record_cell)
        except TableError as error:
            raise JobRefusedError(str(error)) from error
        keys = TableSchema.of_columns({column.name: column.kind for column in schema.keys})
        names = schema.names_of(self._columns.columns)
        members = attrs.evolve(
            self._columns, columns={names[name]: column for name, column in self._columns.columns.items()}
        )
        self._keys = keys
        self._arrow_schema: Any = load_pyarrow().schema([*keys.arrow, *members.arrow])
        self._read = record_decoder(schema.row_type) if columns is None else None
        repeated = [
            *schema.key_names,
            *(path for field in members.arrow for path in _text_paths(field.type, field.name)),
        ]
        writer: Any = import_module("pyarrow.parquet").ParquetWriter
        self._writer: Any = writer(file, self._arrow_schema, use_dictionary=repeated)
        self._batches: list[Any] = []
        self._pending: list[tuple[tuple[Any, ...], Any]] = []
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, unless it is given up."""
        if kind is None:
            self._flush()
            self._write_group()
        self._writer.close()

    def add(self, key: tuple[Any, ...], rows: Sequence[Any]) -> None:
        """Add the rows of a key."""
        self._pending += [(key, row) for row in rows]
        if len(self._pending) >= _CHUNK_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            keys, rows = zip(*self._pending, strict=True)
            self._pending = []
            self._add_batch([list(column) for column in zip(*keys, strict=True)], rows)

    def add_stored(self, chunk: Sequence[StoredRow]) -> None:
        """Add stored rows.

        Raises:
            JobRefusedError: A value does not fit its column. The row and the path are named.
        """
        counts: list[int] = []
        rows: list[Any] = []
        for stored in chunk:
            found = self._records(stored.rows)
            counts.append(len(found))
            rows += found
        if not rows:
            return
        keys = [_repeated(column, counts) for column in zip(*(stored.key for stored in chunk), strict=True)]
        try:
            self._add_batch(keys, rows)
        except TableError:
            # A record leaves values as they are written; as Python's own values they may fit, or show what is wrong.
            rows = [row for stored in chunk for row in decode_json(stored.rows)]
            try:
                self._add_batch(keys, rows)
            except TableError as error:
                raise JobRefusedError(f"{error}; CSV and JSON lines take any") from None

    def _records(self, text: bytes) -> list[Any]:
        if self._read is not None:
            try:
                return self._read(text)
            except ValueError:
                pass
        found: list[Any] = decode_json(text)
        return found

    def _add_batch(self, keys: Sequence[Sequence[Any]], rows: Sequence[Any]) -> None:
        arrow = load_pyarrow()
        columns = self._columns.arrays(rows, self._rows)
        key_columns = [column.array(values) for column, values in zip(self._keys.columns.values(), keys, strict=True)]
        batch = arrow.RecordBatch.from_arrays([*key_columns, *columns], schema=self._arrow_schema)
        self._rows += len(rows)
        self._batches.append(batch)
        if sum(each.nbytes for each in self._batches) >= _GROUP_BYTES:
            self._write_group()

    def _write_group(self) -> None:
        if self._batches:
            self._writer.write_table(load_pyarrow().Table.from_batches(self._batches, self._arrow_schema))
            self._batches = []


def _repeated(values: Sequence[Any], counts: Sequence[int]) -> list[Any]:
    """Repeat each value as often as its key has rows."""
    found: list[Any] = []
    for value, count in zip(values, counts, strict=True):
        found += [value] * count
    return found


def _text_paths(kind: Any, path: str) -> Iterator[str]:
    """Yield the paths of a column's texts, as Parquet names them.

    Texts repeat, and so do the key's values. Numbers and times seldom do: a dictionary of them takes longer to write,
    and makes the file larger.
    """
    arrow = load_pyarrow()
    if arrow.types.is_struct(kind):
        for index in range(kind.num_fields):
            yield from _text_paths(kind.field(index).type, f"{path}.{kind.field(index).name}")
    elif arrow.types.is_list(kind):
        yield from _text_paths(kind.value_type, f"{path}.list.element")
    elif arrow.types.is_map(kind):
        yield from _text_paths(kind.key_type, f"{path}.key_value.key")
        yield from _text_paths(kind.item_type, f"{path}.key_value.value")
    elif arrow.types.is_string(kind):
        yield path
