"""Rows of a listing as Arrow record batches."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from capillary_async.errors import InvalidArgumentError
from capillary_async.tables.columns import load_pyarrow
from capillary_async.tables.schema import TableSchema
from capillary_async.tables.text import Encode


def arrow_batches(rows: AsyncIterator[Any], row_type: Any, encode: Encode, batch_size: int) -> AsyncIterator[Any]:
    """Make record batches of `batch_size` rows; the last one may have fewer, and there is at least one.

    Rows that are dicts of no declared class have the columns that the first batch shows; what only later rows have is
    JSON in a column `extra`, written by `encode`.

    Raises:
        InvalidArgumentError: `batch_size` is less than 1.
        TableError: A value does not fit its column, or the class of the rows has no columns.
    """
    if batch_size < 1:
        raise InvalidArgumentError(f"rows must be 1 or more, not {batch_size}")
    return _batches(rows, _declared_schema(row_type, encode), encode, batch_size)


async def _batches(
    rows: AsyncIterator[Any], schema: TableSchema | None, encode: Encode, batch_size: int
) -> AsyncIterator[Any]:
    gathered: list[Any] = []
    number = 0
    async for row in rows:
        gathered.append(row)
        if len(gathered) == batch_size:
            schema = schema or TableSchema.of_dicts(gathered, encode, has_more_rows=True)
            yield schema.batch(gathered, number)
            number, gathered = number + batch_size, []
    if gathered or not number:
        yield (schema or TableSchema.of_dicts(gathered, encode)).batch(gathered, number)


def arrow_table(rows: Sequence[Any], row_type: Any, encode: Encode) -> Any:
    """Make a table of all rows at once; errors as of `arrow_batches`."""
    return (_declared_schema(row_type, encode) or TableSchema.of_dicts(rows, encode)).table(rows)


def _declared_schema(row_type: Any, encode: Encode) -> TableSchema | None:
    """Return the schema of a class, or `None` for dicts, whose columns only the rows can tell."""
    load_pyarrow()  # a missing one should show before the first request
    is_untyped = row_type in (Any, object, dict, Mapping) or getattr(row_type, "__origin__", None) in (dict, Mapping)
    return None if is_untyped else TableSchema.of(row_type, encode)
