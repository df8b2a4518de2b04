"""Keys in texts: CSV with a header, and JSON lines; in UTF-8 or UTF-16, compressed or not, a line at a time."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

from capillary_async.codec import decode_json
from capillary_async.errors import DecodeError
from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.key_header import KeyHeader

# Far longer than any key, and short enough to hold. A file without line ends must not fill the memory.
_LONGEST_LINE: Final = 2**20
_CHUNK: Final = 2**16
_GZIP_MAGIC: Final = b"\x1f\x8b"
_DELIMITERS: Final = (",", ";", "\t", "|")


class KeyLines:
    """The lines of a text, in UTF-8.

    Attributes:
        name: What messages call the text.
        start: Its first bytes.
    """

    def __init__(self, stream: Any, name: str) -> None:
        self.name = name
        self.start: bytes = stream.peek(_CHUNK)[:_CHUNK].removeprefix(codecs.BOM_UTF8)
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines with their ends.

        Raises:
            InvalidKeysError: A line is too long, or what was compressed is damaged.
        """
        number = 1
        while line := self._next(number):
            yield line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            number += 1

    def _next(self, number: int) -> bytes:
        try:
            line: bytes = self._stream.readline(_LONGEST_LINE)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidKeysError(f"{self.name}: the compressed data is damaged or cut off", line=number) from error
        if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
            raise InvalidKeysError(f"{self.name}, line {number}: it is longer than 1 MiB", line=number)
        return line


class _Utf16(io.RawIOBase):
    """A stream that turns UTF-16 into UTF-8."""

    def __init__(self, stream: BinaryIO, name: str, encoding: str) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._rest = b""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer."""
        while not self._rest:
            data = self._stream.read(_CHUNK)
            try:
                self._rest = self._decoder.decode(data, final=not data).encode()
            except UnicodeError:
                raise InvalidKeysError(f"{self._name}: it is not UTF-16 to its end") from None
            if not data:
                break
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def lines_of(file: BinaryIO, name: str) -> KeyLines:
    """Return the lines of a file, whatever it is compressed and encoded with.

    Raises:
        InvalidKeysError: It is in no encoding that can be told.
    """
    stream: Any = _buffered(file)
    if stream.peek(2)[:2] == _GZIP_MAGIC:
        unpacked: Any = gzip.GzipFile(fileobj=stream)
        stream = io.BufferedReader(unpacked, _CHUNK)
    try:
        start = stream.peek(_CHUNK)[:64]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidKeysError(f"{name}: the compressed data is damaged or cut off") from error
    encoding = _encoding_of(start)
    if encoding:
        stream = io.BufferedReader(_Utf16(stream, name, encoding), _CHUNK)
    return KeyLines(stream, name)


def _buffered(file: Any) -> Any:
    buffered: Any = io.BufferedReader(file, _CHUNK) if not hasattr(file, "peek") else file
    return buffered


def _encoding_of(start: bytes) -> str | None:
    """Tell UTF-16 by its mark, or by the zeros beside each ASCII character; `None` for UTF-8."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) >= 4 and start[1::2].count(0) > len(start) // 4 and 0 not in start[::2]:
        return "utf-16-le"
    if len(start) >= 4 and start[::2].count(0) > len(start) // 4 and 0 not in start[1::2]:
        return "utf-16-be"
    return None


def looks_like_json(start: bytes, header: KeyHeader) -> bool:
    """Tell JSON lines from CSV by the beginning."""
    start = start.lstrip()
    if start.startswith(b'"'):  # a text in JSON, or the header of a table that quotes everything
        first = start.partition(b"\n")[0].decode("utf-8", "replace")
        return _dialect_of(first, header) is None
    return start[:1] in (b"{", b"[", b"-") or start[:1].isdigit()


def json_records(lines: KeyLines, header: KeyHeader) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield the number and the cells of each line of JSON.

    Raises:
        InvalidKeysError: A line is no JSON document, or no key.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            key = decode_json(line)
        except DecodeError:
            raise InvalidKeysError(f"{lines.name}, line {number}: it is not a JSON document", line=number) from None
        yield number, header.cells_of(number, key)


def csv_records(lines: KeyLines, header: KeyHeader) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield the number and the cells of each row of CSV; commas, semicolons, tabs or bars stand between cells.

    Raises:
        InvalidKeysError: A row cannot be read, or a column is missing.
    """
    texts = _texts(lines)
    first = next(texts, "")
    delimiter = _dialect_of(first, header) or _likely_delimiter(first)
    reader = csv.reader(_joined(first, texts), delimiter=delimiter, strict=True)
    try:
        names = [cell.strip() for cell in next(reader, list[str]())]
        indexes = header.indexes(names)
        for row in reader:
            if row:
                _fit(row, len(names))
                yield reader.line_num, [None if place is None else row[place] for place in indexes]
    except csv.Error as error:
        raise InvalidKeysError(f"{lines.name}, line {reader.line_num}: {error}", line=reader.line_num) from error


def _joined(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def _dialect_of(first: str, header: KeyHeader) -> str | None:
    """Return the delimiter by which the first line has the key's columns."""
    return next((sign for sign in _DELIMITERS if header.fits(_split(first, sign))), None)


def _likely_delimiter(first: str) -> str:
    return max(_DELIMITERS, key=lambda sign: len(_split(first, sign)))


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for row in csv.reader([line], delimiter=delimiter) for cell in row]
    except csv.Error:
        return []


def _texts(lines: KeyLines) -> Iterator[str]:
    """Decode line by line, so that a wrong one is known by its number."""
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            raise InvalidKeysError(f"{lines.name}, line {number}: it is not UTF-8", line=number) from None


def _fit(row: list[str], width: int) -> None:
    """Fill a short row up; a long one has a comma too many, and who knows which cell is which."""
    if any(cell.strip() for cell in row[width:]):
        raise csv.Error(f"there are {len(row)} cells, and {width} in the first line")
    row.extend([""] * (width - len(row)))
