"""Where a job's keys come from: files of CSV, JSONL or Parquet, a stream, or Python's own values.

A source is read once, from its beginning to its end, a line at a time; on the way its bytes are
hashed, so that the file can be recognised later.
"""

import codecs
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, Protocol, cast, get_args

from capillary_async.jobs.columns import Column
from capillary_async.jobs.problems import InvalidKeysError

KeyFormat = Literal["csv", "jsonl", "parquet"]
_FORMATS: Final[Mapping[str, KeyFormat]] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_ROWS_AT_ONCE: Final = 4096

Row = tuple[int, Sequence[Any]]
Keys = Path | str | BinaryIO | Iterable[Any]


class Source(Protocol):
    """Something that keys can be read from, once."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def path(self) -> Path | None:
        """The file, or `None` when it is none that could be read again."""
        ...

    def rows(self, columns: Sequence[Column]) -> Iterator[Row]:
        """Yield each row's line number and its raw values, in the order of the columns; a missing value is `None`.

        Raises:
            KeysError: A line cannot be read, or a column is missing.
        """
        ...

    def digest(self) -> str | None:
        """Return the SHA-256 of what was read, when it was bytes."""
        ...


def source_of(keys: Keys, key_format: KeyFormat | None = None) -> Source:
    """Make a source of whatever keys are given as.

    Args:
        keys: A path; a binary stream, such as `sys.stdin.buffer`; or an iterable of values, each a number, a text, a
            mapping or a sequence in the order of the columns.
        key_format: "csv", "jsonl" or "parquet"; `None` goes by the file's name, and for a stream by its first byte.

    Raises:
        KeysError: The format is unknown.
    """
    if isinstance(keys, str | Path):
        path = Path(keys)
        form = key_format or _FORMATS.get(path.suffix.lower())
        if form is None:
            raise InvalidKeysError(f"{path.name}: is it {', '.join(get_args(KeyFormat))}? Its name does not say")
        return ParquetFile(path) if form == "parquet" else TextFile(path.name, form, path=path)
    if isinstance(keys, io.IOBase):
        name: object = getattr(keys, "name", None)
        named = name if isinstance(name, str) and name != "<stdin>" else "standard input"
        return TextFile(named, key_format, stream=cast("BinaryIO", keys))
    return Values(cast("Iterable[Any]", keys))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Hashing(io.RawIOBase):
    """A stream that hashes what is read through it."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._stream.read(len(buffer))
        self.sha256.update(data)
        buffer[: len(data)] = data
        return len(data)


class TextFile:
    """Keys in CSV with a header, or in JSON a line each."""

    def __init__(
        self, name: str, form: KeyFormat | None, *, path: Path | None = None, stream: BinaryIO | None = None
    ) -> None:
        self.name = name
        self.path = path
        self._form: KeyFormat | None = form
        self._stream = stream
        self._digest: str | None = None

    def rows(self, columns: Sequence[Column]) -> Iterator[Row]:
        """Yield the rows; see `Source`."""
        opened = self.path.open("rb", buffering=0) if self.path is not None else None
        try:
            hashing = _Hashing(cast("BinaryIO", opened or self._stream))
            lines = cast("io.BufferedReader", io.BufferedReader(hashing, 2**16))
            if self._format_of(lines, columns) == "csv":
                yield from _read_csv(self.name, lines, columns)
            else:
                yield from _read_jsonl(self.name, lines, columns)
            self._digest = hashing.sha256.hexdigest()
        finally:
            if opened is not None:
                opened.close()

    def _format_of(self, lines: io.BufferedReader, columns: Sequence[Column]) -> KeyFormat:
        if self._form is not None:
            return self._form
        start = lines.peek(64).removeprefix(codecs.BOM_UTF8).lstrip()
        if start.startswith(b"PAR1"):
            raise InvalidKeysError(f"{self.name}: Parquet cannot be read from a stream; write it to a file")
        if start.startswith(b'"'):  # a text in JSON, or the header of a table that quotes everything
            header = start.partition(b"\n")[0]
            return "csv" if any(b'"%s"' % column.name.encode() in header for column in columns) else "jsonl"
        return "jsonl" if start[:1] in (b"{", b"[", b"-") or start[:1].isdigit() else "csv"

    def digest(self) -> str | None:
        """Return the SHA-256 of the bytes, once all rows were read."""
        return self._digest


def _read_csv(name: str, lines: Iterable[bytes], columns: Sequence[Column]) -> Iterator[Row]:
    reader = csv.reader(_decoded(name, lines), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, list[str]())]
        places = [_place_of(name, column, header) for column in columns]
        for row in reader:
            if row:
                _fit(row, len(header))
                yield reader.line_num, [None if place is None else row[place] for place in places]
    except csv.Error as error:
        raise InvalidKeysError(f"{name}, line {reader.line_num}: {error}", line=reader.line_num) from error


def _fit(row: list[str], width: int) -> None:
    """Fill a short row up; a long one has a comma too many, and who knows which cell is which."""
    if any(cell.strip() for cell in row[width:]):
        raise csv.Error(f"there are {len(row)} cells, and {width} in the first line")
    row.extend([""] * (width - len(row)))


def _decoded(name: str, lines: Iterable[bytes]) -> Iterator[str]:
    """Decode line by line, so that a wrong one is known by its number."""
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise InvalidKeysError(f"{name}, line {number}: it is not UTF-8", line=number) from None


def _place_of(name: str, column: Column, header: Sequence[str]) -> int | None:
    if header.count(column.name) > 1:
        raise InvalidKeysError(f"{name}: there are several columns {column.name}", line=1, column=column.name)
    if column.name in header:
        return header.index(column.name)
    if not column.is_required:
        return None
    raise InvalidKeysError(f"{name}: there is no column {column.name} in the first line", line=1, column=column.name)


def _read_jsonl(name: str, lines: Iterable[bytes], columns: Sequence[Column]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            key = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidKeysError(f"{name}, line {number}: it is not a JSON document", line=number) from error
        yield number, _cells(name, number, key, columns)


def _cells(name: str, number: int, key: object, columns: Sequence[Column]) -> Sequence[Any]:
    """Take a key apart: an object by the columns' names, a list by their order, anything else is the only column."""
    if isinstance(key, Mapping):
        members = cast("Mapping[str, Any]", key)
        return [members.get(column.name) for column in columns]
    cells: list[Any] = list(cast("Sequence[Any]", key)) if isinstance(key, list | tuple) else [key]
    least = sum(column.is_required for column in columns)
    if not least <= len(cells) <= len(columns):
        names = ", ".join(column.name for column in columns)
        raise InvalidKeysError(f"{name}, line {number}: a key has {names}", line=number)
    return [*cells, *[None] * (len(columns) - len(cells))]


class ParquetFile:
    """Keys in the columns of a Parquet file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.path = path

    def rows(self, columns: Sequence[Column]) -> Iterator[Row]:
        """Yield the rows; see `Source`."""
        try:
            pa: Any = import_module("pyarrow")  # heavy, and optional
            pq: Any = import_module("pyarrow.parquet")
        except ImportError as error:
            raise InvalidKeysError("keys in Parquet take pyarrow: pip install 'capillary-async[parquet]'") from error
        try:
            file = pq.ParquetFile(self.path)
        except pa.ArrowException as error:
            raise InvalidKeysError(f"{self.name}: it is not a Parquet file") from error
        with file:
            header = list(file.schema_arrow.names)
            wanted = [column.name for column in columns if _place_of(self.name, column, header) is not None]
            number = 0
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    yield number, [row.get(column.name) for column in columns]

    def digest(self) -> str | None:
        """Return the SHA-256 of the file."""
        return digest_of(self.path)


class Values:
    """Keys that are Python's own values."""

    name = "keys"
    path = None

    def __init__(self, values: Iterable[Any]) -> None:
        self._values = values

    def rows(self, columns: Sequence[Column]) -> Iterator[Row]:
        """Yield the rows; see `Source`."""
        for number, key in enumerate(self._values, 1):
            yield number, _cells(self.name, number, key, columns)

    def digest(self) -> str | None:
        """Return `None`: there are no bytes to hash."""
        return None
