"""Where a job's keys come from: files of CSV, JSON lines or Parquet, streams, tables, or Python's own values.

A file may be compressed by gzip, in UTF-8, UTF-16 or UTF-32, and wherever `fsspec` reaches (`s3://…`). It is read
once, from the beginning to the end, in bounded memory.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from difflib import get_close_matches
from importlib import import_module
from itertools import chain, repeat
from pathlib import Path
from shlex import quote
from typing import Any, BinaryIO, Final, Literal, Protocol, TextIO, TypeAlias, cast, get_args
from urllib.parse import urlsplit

from capillary_async.codec import decode_json
from capillary_async.errors import DecodeError
from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.files import is_url, open_file
from capillary_async.jobs.key_columns import KeyColumn, KeyValue, names_of
from capillary_async.tables import load_pyarrow

KeyFormat = Literal["csv", "jsonl", "parquet"]
Keys: TypeAlias = Path | str | BinaryIO | TextIO | Iterable[Any]
Numbered: TypeAlias = Iterator[tuple[int, Sequence[Any]]]

_FORMATS: Final[Mapping[str, KeyFormat]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = "\ufeff"
_PARQUET_MAGIC: Final = b"PAR1"
_DELIMITERS: Final = (",", ";", "\t", "|")
# A first line that tells a spreadsheet the separator.
_STATED_DELIMITER: Final = re.compile('"?sep=(.)"?')
# Longer than any key. A file without line ends must not fill the memory.
_LONGEST_LINE: Final = 2**20
# How Python decodes a byte that is not of the encoding.
_WRONG_BYTE: Final = re.compile("[\udc80-\udcff]")
# Two names of the same id: the API's documents use both.
_SYNONYMS: Final[Mapping[str, str]] = {"customer_id": "user_id", "user_id": "customer_id"}
_ID: Final = "id"
_LONGEST_NAME: Final = 40
_MOST_HEADERS: Final = 1000


class _KeyedLookup(Protocol):
    @property
    def columns(self) -> tuple[KeyColumn, ...]: ...


class KeyHeader:
    """Finds the columns of a key by their names.

    Attributes:
        name: What messages call the source.
        columns: The key's columns.
        mapping: What a column is called in the source; an empty name says that an optional column is not there.
    """

    def __init__(self, name: str, columns: tuple[KeyColumn, ...], mapping: Mapping[str, str]) -> None:
        self.name = name
        self.columns = columns
        self.mapping = mapping
        self._found: dict[tuple[str, ...], list[str | None]] = {}
        for column in mapping.keys() - {known.name for known in columns}:
            raise InvalidKeysError(f"{name}: there is no key column {column}; there are {names_of(columns)}")

    def shown(self, column: KeyColumn) -> str:
        """Return the name of a column in the source."""
        return self.mapping.get(column.name, column.name)

    def fits(self, names: Collection[str]) -> bool:
        """Whether all required columns are among these names."""
        return all(self._find(column, names) is not None for column in self.columns if column.is_required)

    def indexes(self, header: Sequence[str]) -> list[int | None]:
        """Return where each column stands in a header; `None` for an optional one that is missing."""
        names = self.names_in(header)
        for name in names:
            if name is not None and header.count(name) > 1:
                raise InvalidKeysError(f"{self.name}: there are several columns {name}", line=1, column=name)
        return [None if name is None else header.index(name) for name in names]

    def names_in(self, header: Sequence[str], line: int = 1) -> list[str | None]:
        """Return the name of each column in a header or in an object; see `indexes`."""
        key = tuple(header)
        if key not in self._found:
            if len(self._found) >= _MOST_HEADERS:  # each object has other keys
                self._found.clear()
            found = [self._find(column, key) for column in self.columns]
            for column, name in zip(self.columns, found, strict=True):
                if name is None:
                    self._check_missing(column, [other for other in key if other not in found], line)
            self._found[key] = found
        return self._found[key]

    def cells_of(self, line: int, key: Any) -> Sequence[Any]:
        """Take a key apart: an object by names, a list by order; anything else is the only column."""
        if isinstance(key, Mapping):
            members = {str(name): value for name, value in cast("Mapping[Any, Any]", key).items()}
            return [None if name is None else members[name] for name in self.names_in(list(members), line)]
        cells: list[Any] = list(cast("Sequence[Any]", key)) if isinstance(key, list | tuple) else [key]
        if not sum(column.is_required for column in self.columns) <= len(cells) <= len(self.columns):
            raise InvalidKeysError(f"{self.name}, line {line}: a key has {names_of(self.columns)}", line=line)
        return [*cells, *[None] * (len(self.columns) - len(cells))]

    def _find(self, column: KeyColumn, names: Collection[str]) -> str | None:
        """Find a column among names: by its own, by the one it is mapped to, or by one that can mean nothing else."""
        if column.name in self.mapping or column.name in names:
            name = self.shown(column)
            return name if name in names and name else None
        synonym = _SYNONYMS.get(column.name)
        if synonym in names and synonym not in {known.name for known in self.columns}:
            return synonym
        is_only_one = column.is_required and sum(known.is_required for known in self.columns) == 1
        return _ID if is_only_one and _ID in names else None

    def _check_missing(self, column: KeyColumn, unused: Sequence[str], line: int) -> None:
        """Refuse a header without a column, unless the column is optional and no other name looks like it."""
        wanted = self.shown(column)
        plain = {_letters(name): name for name in unused if name}
        similar = get_close_matches(_letters(wanted), plain, n=1, cutoff=0.8)
        if not wanted or not (column.is_required or column.name in self.mapping or similar):
            return
        message = f"{self.name}, line {line}: there is no column {wanted}"
        if similar:
            found = plain[similar[0]]
            message += f"; if it is {found}, map it: {quote(f'{column.name}={found}')}"
            message += "" if column.is_required else f"; if there is none, map it: {column.name}="
        elif any(len(name) > _LONGEST_NAME or any(map(str.isdigit, name)) for name in unused):
            message += "; the line holds values in place of names"  # values could be personal data
        elif unused:
            pair = quote(f"{column.name}={unused[0]}")
            message += f"; there are {', '.join(unused)}; if it has another name, map it: {pair}"
        raise InvalidKeysError(message, line=line, column=column.name)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def read_keys(
    keys: Keys,
    lookup: _KeyedLookup,
    *,
    key_format: KeyFormat | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Iterator[tuple[int, tuple[KeyValue, ...]]]:
    """Yield the keys, each with its line number, counted from 1.

    Args:
        keys: A path or a URL; a stream, such as `sys.stdin.buffer`; a table (pyarrow, polars, pandas); or an
            iterable of values, each a number, a text, a mapping, or a sequence in the order of the columns.
        lookup: Says which columns a key has. If the only required one is missing, a column `id` stands for it.
        key_format: "csv", "jsonl" or "parquet"; `None` goes by the file's name, and for a stream by its first bytes.
        mapping: The column's name in the file, for columns that are called otherwise there.
    """
    name, columns = name_of(keys), lookup.columns
    header = KeyHeader(name, columns, dict(mapping or {}))
    for number, cells in _records(keys, header, key_format):
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
        url = urlsplit(keys)
        return Path(url.path).name or url.hostname or "keys"  # the rest of it may hold a secret
    if isinstance(keys, str | Path):
        return Path(keys).name
    name: object = getattr(keys, "name", None) if isinstance(keys, io.IOBase) else "keys"
    return Path(name).name if isinstance(name, str) and name != "<stdin>" else "standard input"


def path_of(keys: Keys) -> Path | None:
    """Return the local file that the keys are in, or `None`."""
    return Path(keys) if isinstance(keys, str | Path) and not is_url(keys) else None


def _records(keys: Keys, header: KeyHeader, form: KeyFormat | None) -> Numbered:
    if isinstance(keys, str | Path):
        form = form or _format_of(header.name)
        with open_file(keys) as file:
            yield from _file_records(file, header, form)
    elif isinstance(keys, io.IOBase):
        yield from _file_records(cast("BinaryIO", keys), header, form)
    elif hasattr(keys, "__arrow_c_stream__") and hasattr(keys, "columns"):
        reader = load_pyarrow().RecordBatchReader.from_stream(keys)
        yield from _table_records(reader, _names_in(reader.schema, header))
    else:
        for number, key in enumerate(cast("Iterable[Any]", keys), 1):
            # A column of pyarrow holds pyarrow's own scalars.
            yield number, header.cells_of(number, key.as_py() if hasattr(key, "as_py") else key)


def _format_of(name: str) -> KeyFormat:
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    if suffix not in _FORMATS:
        kinds = ", ".join(get_args(KeyFormat))
        raise InvalidKeysError(f"{name}: is it {kinds}? Its name does not say; give key_format")
    return _FORMATS[suffix]


def _file_records(file: BinaryIO, header: KeyHeader, form: KeyFormat | None) -> Numbered:
    if form == "parquet":
        yield from _parquet_records(file, header)
        return
    lines, blank = _lines_of(file, header.name), 0
    while (first := next(lines, "")).isspace():
        blank += 1
    if form is None and first.startswith(_PARQUET_MAGIC.decode()):
        raise InvalidKeysError(f"{header.name}: Parquet cannot be read from a stream; write it to a file")
    stated = _STATED_DELIMITER.fullmatch(first.rstrip("\r\n"))
    if stated and form != "jsonl":
        yield from _csv_records(chain(repeat("\n", blank + 1), lines), header, stated[1])
        return
    delimiter = max(_DELIMITERS, key=lambda sign: (header.fits(_split(first, sign)), len(_split(first, sign))))
    # A quoted text is JSON, or the header of a table that quotes everything.
    is_json = first.lstrip()[:1] in tuple('{[-0123456789"') and not header.fits(_split(first, delimiter))
    read = _json_records if form == "jsonl" or (form is None and is_json) else _csv_records
    yield from read(chain(repeat("\n", blank), [first], lines), header, delimiter)


def _lines_of(file: BinaryIO | TextIO, name: str) -> Iterator[str]:
    """Yield the lines of a text, decompressed and decoded."""
    number = 1
    text: io.TextIOBase | None = None
    try:
        text = _text_of(file)
        while line := text.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                raise InvalidKeysError(f"{name}, line {number}: it is longer than 1 MiB", line=number)
            if not line.isascii() and _WRONG_BYTE.search(line):
                raise InvalidKeysError(
                    f"{name}, line {number}: it is not {(text.encoding or 'utf-8').upper()}; convert it", line=number
                )
            yield line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
            number += 1
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidKeysError(f"{name}: the compressed data is damaged or cut off", line=number) from error
    except UnicodeError as error:
        raise InvalidKeysError(f"{name}: it is not {error.args[0].upper()} to its end") from None
    finally:
        if text is not None and not isinstance(file, io.TextIOBase):
            with suppress(ValueError):
                text.detach()  # the file is the caller's, who may have closed it


def _text_of(file: Any) -> io.TextIOBase:
    if isinstance(file, io.TextIOBase):
        return file
    stream: Any = file if hasattr(file, "peek") else io.BufferedReader(file)
    if stream.peek(2)[:2] == _GZIP_MAGIC:
        stream = gzip.GzipFile(fileobj=stream)
    encoding = json.detect_encoding(stream.peek(4)[:4])
    return io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for row in csv.reader([line], delimiter=delimiter) for cell in row]
    except csv.Error:
        return []


def _json_records(lines: Iterable[str], header: KeyHeader, _: str) -> Numbered:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            # `decode_json` replaces half a character, but a key must stay as it is.
            key = json.loads(line, parse_float=Decimal) if "\\u" in line else decode_json(line.encode())
        except (DecodeError, ValueError, RecursionError):
            raise InvalidKeysError(f"{header.name}, line {number}: it is not a JSON document", line=number) from None
        yield number, header.cells_of(number, key)


def _csv_records(lines: Iterable[str], header: KeyHeader, delimiter: str) -> Numbered:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = [cell.strip() for cell in next((row for row in reader if row), list[str]())]
        indexes, width = header.indexes(names), len(names)
        for row in reader:
            if not any(map(str.strip, row)):  # a spreadsheet's empty row
                continue
            if any(cell.strip() for cell in row[width:]):
                message = f"line {reader.line_num}: there are {len(row)} cells, and {width} in the first line"
                raise InvalidKeysError(f"{header.name}, {message}", line=reader.line_num)
            yield reader.line_num, [row[i] if i is not None and i < len(row) else None for i in indexes]
    except csv.Error as error:
        place = f"{header.name}, line {reader.line_num}"
        raise InvalidKeysError(f"{place}: {error}", line=reader.line_num) from error


def _parquet_records(file: BinaryIO, header: KeyHeader) -> Numbered:
    arrow, parquet = load_pyarrow(), import_module("pyarrow.parquet")
    try:
        opened: Any = parquet.ParquetFile(file)
    except (arrow.ArrowException, OSError) as error:
        raise InvalidKeysError(f"{header.name}: it is not a Parquet file") from error
    with opened:
        names = _names_in(opened.schema_arrow, header)
        yield from _table_records(opened.iter_batches(columns=[name for name in names if name is not None]), names)


def _names_in(schema: Any, header: KeyHeader) -> list[str | None]:
    arrow = load_pyarrow()
    names, types = header.names_in(schema.names), arrow.types
    for name in names:
        kind = arrow.null() if name is None else schema.field(name).type
        if types.is_float16(kind) or types.is_float32(kind):
            message = f"{header.name}, column {name}: numbers of 32 bits or fewer have lost digits; store whole numbers"
            raise InvalidKeysError(message, column=name)
    return names


def _table_records(batches: Iterable[Any], names: Sequence[str | None]) -> Numbered:
    number = 0
    for batch in batches:
        columns = [[None] * batch.num_rows if name is None else batch.column(name).to_pylist() for name in names]
        yield from enumerate(zip(*columns, strict=True), number + 1)
        number += batch.num_rows
