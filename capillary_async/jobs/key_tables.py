"""Keys in the columns of a table: a Parquet file, or a table of pyarrow, polars or pandas."""

from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, BinaryIO, Final

from capillary_async.errors import ConfigurationError
from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.key_header import KeyHeader
from capillary_async.tables import load_pyarrow

_ROWS_AT_ONCE: Final = 4096


def parquet_records(file: BinaryIO, header: KeyHeader) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield the number and the cells of each row of a Parquet file.

    Raises:
        InvalidKeysError: It is no Parquet file, a column is missing, or pyarrow is not installed.
    """
    arrow, parquet = _pyarrow(), import_module("pyarrow.parquet")
    try:
        opened: Any = parquet.ParquetFile(file)
    except (arrow.ArrowException, OSError) as error:
        raise InvalidKeysError(f"{header.name}: it is not a Parquet file") from error
    with opened:
        names = header.names_in(opened.schema_arrow.names)
        wanted = [name for name in names if name is not None]
        batches = opened.iter_batches(batch_size=_ROWS_AT_ONCE, columns=wanted)
        yield from _rows(batches, names)


def arrow_records(table: Any, header: KeyHeader) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield the number and the cells of each row of a table that speaks Arrow's C stream interface.

    Raises:
        InvalidKeysError: A column is missing, or pyarrow is not installed.
    """
    reader = _pyarrow().RecordBatchReader.from_stream(table)
    yield from _rows(reader, header.names_in(reader.schema.names))


def _rows(batches: Iterable[Any], names: Sequence[str | None]) -> Iterator[tuple[int, Sequence[Any]]]:
    number = 0
    for batch in batches:
        columns = [[None] * batch.num_rows if name is None else batch.column(name).to_pylist() for name in names]
        for cells in zip(*columns, strict=True):
            number += 1
            yield number, cells


def _pyarrow() -> Any:
    try:
        return load_pyarrow()
    except ConfigurationError as error:
        raise InvalidKeysError(str(error)) from error
