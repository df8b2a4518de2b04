"""Write Arrow tables into a Parquet file."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, BinaryIO, Final

from capillary_async.tables.columns import load_pyarrow

# Texts that repeat fit; of others, the writer soon gives the dictionary up.
_DICTIONARY_BYTES: Final = 2**16


@contextmanager
def parquet_file(
    file: BinaryIO, schema: Any, repeated: Sequence[str], *, group_bytes: int = 2**25
) -> Generator[Callable[[Any], None]]:
    """Lend a function that adds a table to a Parquet file. Memory does not grow with the file.

    Texts have dictionaries. A dictionary of numbers and times, which seldom repeat, takes longer to write than they
    do, and makes the file larger.

    Args:
        file: Where it goes.
        schema: The Arrow schema.
        repeated: Other columns that have a dictionary.
        group_bytes: Tables are gathered until they make a row group of this size.
    """
    texts = [path for field in schema for path in _text_paths(field.type, field.name)]
    writer: Any = import_module("pyarrow.parquet").ParquetWriter(
        file, schema, use_dictionary=[*repeated, *texts], dictionary_pagesize_limit=_DICTIONARY_BYTES
    )
    tables: list[Any] = []
    size = 0

    def flush() -> None:
        nonlocal size
        if tables:
            writer.write_table(load_pyarrow().concat_tables(tables))
            tables.clear()
            size = 0

    def add(table: Any) -> None:
        nonlocal size
        tables.append(table)
        size += table.nbytes
        if size >= group_bytes:
            flush()

    with writer:
        yield add
        flush()


def _text_paths(kind: Any, path: str) -> Iterator[str]:
    """Yield the paths of a column's texts, as Parquet names them."""
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
