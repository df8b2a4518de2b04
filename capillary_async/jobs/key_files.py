"""Where a job's keys come from: files of CSV, JSON lines or Parquet, streams, tables, or Python's own values.

Files may be compressed (`.gz`), and may lie wherever `fsspec` reaches (`s3://…`). They are read once, from the
beginning to the end, in bounded memory. Nothing is guessed silently: what is read one way could not be read another.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, Protocol, TypeAlias, cast, get_args
from urllib.parse import urlsplit

from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.key_columns import KeyColumn, KeyValue
from capillary_async.jobs.key_header import KeyHeader
from capillary_async.jobs.key_tables import arrow_records, parquet_records
from capillary_async.jobs.key_text import csv_records, json_records, lines_of, looks_like_json
from capillary_async.jobs.remote_files import is_url, open_url

KeyFormat = Literal["csv", "jsonl", "parquet"]
Keys: TypeAlias = Path | str | BinaryIO | Iterable[Any]

_FORMATS: Final[Mapping[str, KeyFormat]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_PARQUET_MAGIC: Final = b"PAR1"


class _KeyedLookup(Protocol):
    @property
    def columns(self) -> tuple[KeyColumn, ...]: ...


def read_keys(
    keys: Keys,
    lookup: _KeyedLookup,
    *,
    key_format: KeyFormat | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, tuple[KeyValue, ...]]]:
    """Yield the keys, each with its line number, counted from 1.

    Args:
        keys: A path or a URL; a binary stream, such as `sys.stdin.buffer`; a table (pyarrow, polars, pandas); or an
            iterable of values, each a number, a text, a mapping, or a sequence in the order of the columns.
        lookup: Says which columns a key has. If one of them is required and missing, a column `id` stands for it.
        key_format: "csv", "jsonl" or "parquet"; `None` goes by the file's name, and for a stream by its first bytes.
        mapping: The column's name in the file, for columns that are called otherwise there.

    Raises:
        InvalidKeysError: A key cannot be used. The source, the line and the column are named, the value is not.
        OSError: The file cannot be read.
    """
    name, columns = name_of(keys), lookup.columns
    header = KeyHeader(name, columns, dict(mapping or {}))
    for number, cells in _records(keys, name, header, key_format):
        values: list[KeyValue] = []
        for column, cell in zip(columns, cells, strict=True):
            try:
                values.append(column.read(cell))
            except ValueError as error:
                place = f"{name}, line {number}, column {header.shown(column)}"
                raise InvalidKeysError(f"{place}: {error}", line=number, column=column.name) from None
        yield number, tuple(values)


def name_of(keys: Keys) -> str:
    """Return what messages call the keys: a file's name, without its folders."""
    if isinstance(keys, str) and is_url(keys):
        return Path(urlsplit(keys).path).name or "keys"  # a query may hold a secret
    if isinstance(keys, str | Path):
        return Path(keys).name
    name: object = getattr(keys, "name", None) if isinstance(keys, io.IOBase) else "keys"
    return name if isinstance(name, str) and name != "<stdin>" else "standard input"


def path_of(keys: Keys) -> Path | None:
    """Return the local file that the keys are in, or `None`."""
    is_file = isinstance(keys, Path) or (isinstance(keys, str) and not is_url(keys))
    return Path(cast("str", keys)) if is_file else None


def _records(
    keys: Keys, name: str, header: KeyHeader, key_format: KeyFormat | None
) -> Iterator[tuple[int, Sequence[Any]]]:
    if isinstance(keys, str | Path):
        form = key_format or _format_of(name)
        with open_url(keys) if isinstance(keys, str) and is_url(keys) else Path(keys).open("rb") as file:
            yield from _file_records(file, name, header, form)
    elif isinstance(keys, io.IOBase):
        yield from _file_records(cast("BinaryIO", keys), name, header, key_format)
    elif hasattr(keys, "__arrow_c_stream__") and hasattr(keys, "columns"):
        yield from arrow_records(keys, header)
    else:
        yield from _value_records(cast("Iterable[Any]", keys), header)


def _format_of(name: str) -> KeyFormat:
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    if suffix not in _FORMATS:
        raise InvalidKeysError(f"{name}: is it {', '.join(get_args(KeyFormat))}? Its name does not say")
    return _FORMATS[suffix]


def _file_records(
    file: BinaryIO, name: str, header: KeyHeader, form: KeyFormat | None
) -> Iterator[tuple[int, Sequence[Any]]]:
    if form == "parquet":
        yield from parquet_records(file, header)
        return
    lines = lines_of(file, name)
    start = lines.start
    if form is None and start.startswith(_PARQUET_MAGIC):
        raise InvalidKeysError(f"{name}: Parquet cannot be read from a stream; write it to a file")
    if form == "jsonl" or (form is None and looks_like_json(start, header)):
        yield from json_records(lines, header)
    else:
        yield from csv_records(lines, header)


def _value_records(values: Iterable[Any], header: KeyHeader) -> Iterator[tuple[int, Sequence[Any]]]:
    for number, key in enumerate(values, 1):
        # A column of pyarrow's is full of scalars of its own.
        yield number, header.cells_of(number, key.as_py() if hasattr(key, "as_py") else key)
