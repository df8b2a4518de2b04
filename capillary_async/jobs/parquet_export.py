"""What a job found, and what came of its keys, as Parquet: stored JSON to columns in one pass, a chunk at a time."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import accumulate, chain
from typing import Any, BinaryIO, Final

import attrs

from capillary_async.codec import decode_json
from capillary_async.codec.records import record_cell, record_decoder
from capillary_async.errors import TableError
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.output import OutputSchema
from capillary_async.jobs.records import Entry, rows_of
from capillary_async.tables import TableSchema, load_pyarrow

# JSON is converted chunk by chunk, because Python's own objects are large. The columns are gathered until they make a
# row group.
_CHUNK_BYTES: Final = 2**19
_GROUP_BYTES: Final = 2**25
# Texts that repeat fit; of others, the writer soon gives the dictionary up.
_DICTIONARY_BYTES: Final = 2**16


def write_parquet(file: BinaryIO, entries: Iterable[Entry], schema: OutputSchema, scanned: Iterable[Entry]) -> None:
    """Write a row for each row that was found.

    Args:
        file: Where it goes.
        entries: What was found.
        schema: The columns.
        scanned: What was found, once more; read only if the lookup does not declare the columns.

    Raises:
        JobRefusedError: A value does not fit its column, or the type of a row has no columns.
    """
    if schema.is_declared:
        try:
            columns = TableSchema.of(schema.row_type, record_cell)
        except TableError as error:
            raise JobRefusedError(str(error)) from error
    else:
        rows = (row for entry in scanned if entry.stored_rows for row in decode_json(rows_of(entry)))
        columns = TableSchema.of_dicts(rows, record_cell)
    keys = TableSchema.of_columns({column.name: column.kind for column in schema.keys})
    names = schema.names_of(columns.columns)
    renamed = attrs.evolve(columns, columns={names[name]: column for name, column in columns.columns.items()})
    arrow_schema = load_pyarrow().schema([*keys.arrow, *renamed.arrow])
    repeated = [*schema.key_names, *chain.from_iterable(_text_paths(each.type, each.name) for each in renamed.arrow)]
    batches = RowBatches(keys, columns, arrow_schema, schema.row_type if schema.is_declared else Any)
    with parquet_file(file, arrow_schema, repeated) as add:
        for chunk in _chunks(entries):
            add(batches.batch(*chunk))


def _chunks(entries: Iterable[Entry]) -> Iterator[tuple[list[Entry], list[bytes]]]:
    """Yield keys for which something was found, and the rows of each as JSON, a few megabytes at once."""
    found: list[Entry] = []
    texts: list[bytes] = []
    size = 0
    for entry in entries:
        if entry.stored_rows:
            text = rows_of(entry)
            found.append(entry)
            texts.append(text)
            size += len(text)
            if size >= _CHUNK_BYTES:
                yield found, texts
                found, texts, size = [], [], 0
    if found:
        yield found, texts


@attrs.define
class RowBatches:
    """Makes record batches of stored rows.

    Attributes:
        keys: The key's columns.
        columns: The row's columns, by the names of its members.
        arrow_schema: All of them, by the names in the output.
        row_type: Type of one row; `Any` if it is not declared.
        rows: How many rows there were so far.
    """

    keys: TableSchema
    columns: TableSchema
    arrow_schema: Any
    row_type: Any
    rows: int = 0

    def batch(self, entries: Sequence[Entry], texts: Sequence[bytes]) -> Any:
        """Make a batch of the rows of some keys.

        Raises:
            JobRefusedError: A value does not fit its column. The row and the path are named.
        """
        read = record_decoder(self.row_type)
        try:
            found = None if read is None else read(texts)
        except ValueError:
            found = None
        if found is not None:
            try:
                return self._batch(entries, found)
            except TableError:  # a record has values as they are written; as Python's own values they may fit
                pass
        try:
            return self._batch(entries, [decode_json(text) for text in texts])
        except TableError as error:
            raise JobRefusedError(f"{error}; CSV and JSON lines take any") from None

    def _batch(self, entries: Sequence[Entry], found: Sequence[Sequence[Any]]) -> Any:
        arrow = load_pyarrow()
        rows = list(chain.from_iterable(found))
        columns = self.columns.arrays(rows, self.rows)
        # A list's items know the list that they are in; so a key is repeated for each of its rows.
        offsets = arrow.array([0, *accumulate(map(len, found))], arrow.int32())
        places = arrow.ListArray.from_arrays(offsets, arrow.nulls(len(rows))).value_parent_indices()
        keys = [
            column.array([entry.values[index] for entry in entries]).take(places)
            for index, column in enumerate(self.keys.columns.values())
        ]
        self.rows += len(rows)
        return arrow.RecordBatch.from_arrays([*keys, *columns], schema=self.arrow_schema)


@contextmanager
def parquet_file(file: BinaryIO, schema: Any, repeated: Sequence[str]) -> Generator[Callable[[Any], None]]:
    """Lend a function that adds a record batch to a Parquet file.

    Args:
        file: Where it goes.
        schema: The Arrow schema.
        repeated: The columns that have a dictionary.
    """
    writer: Any = import_module("pyarrow.parquet").ParquetWriter(
        file, schema, use_dictionary=repeated, dictionary_pagesize_limit=_DICTIONARY_BYTES
    )
    batches: list[Any] = []
    size = 0

    def flush() -> None:
        nonlocal size
        if batches:
            writer.write_table(load_pyarrow().Table.from_batches(batches, schema))
            batches.clear()
            size = 0

    def add(batch: Any) -> None:
        nonlocal size
        batches.append(batch)
        size += batch.nbytes
        if size >= _GROUP_BYTES:
            flush()

    with writer:
        yield add
        flush()


def _text_paths(kind: Any, path: str) -> Iterator[str]:
    """Yield the paths of a column's texts, as Parquet names them.

    Texts repeat, and so do the key's values. Numbers and times seldom do: a dictionary of them takes longer to write,
    and makes the file larger.
    """
    types = load_pyarrow().types
    if types.is_struct(kind):
        for index in range(kind.num_fields):
            yield from _text_paths(kind.field(index).type, f"{path}.{kind.field(index).name}")
    elif types.is_list(kind):
        yield from _text_paths(kind.value_type, f"{path}.list.element")
    elif types.is_map(kind):
        yield from _text_paths(kind.key_type, f"{path}.key_value.key")
        yield from _text_paths(kind.item_type, f"{path}.key_value.value")
    elif types.is_string(kind):
        yield path
