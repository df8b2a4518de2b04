"""A job's own copy of its keys: checked, without duplicates, and never changed again.

`keys.jsonl` holds a JSON array for each key, in the order in which they came. A key's id is the
number of its line, from 0. The manifest has the file's SHA-256.
"""

import hashlib
import json
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import attrs

from capillary_async.codec import decode_json
from capillary_async.jobs.columns import Column, Value
from capillary_async.jobs.disk import Disk, NewFile
from capillary_async.jobs.problems import InvalidKeysError
from capillary_async.jobs.sources import Source

KEYS_FILE: Final = "keys.jsonl"
_EXAMPLES: Final = 10


@attrs.frozen
class Key:
    """One key of a job.

    Attributes:
        id: Its place among the keys, from 0.
        text: Its values as a JSON array.
        values: A value for each column.
    """

    id: int
    text: bytes
    values: tuple[Value, ...]


@attrs.frozen
class KeyCount:
    """What a source of keys holds.

    Attributes:
        keys: How many different keys.
        duplicates: How many rows repeat an earlier key.
        duplicate_lines: The first few lines that do.
        sha256: Hash of the checked keys.
        source_sha256: Hash of the source's bytes, or `None`.
    """

    keys: int
    duplicates: int
    duplicate_lines: tuple[int, ...]
    sha256: str
    source_sha256: str | None


class Deduplicator:
    """Tells keys that came before, exactly, in bounded memory: SQLite keeps them in a file that vanishes."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA cache_size=-16384")
        self._database.execute("CREATE TABLE keys(key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def is_new(self, key: bytes) -> bool:
        """Whether this key is given for the first time.

        Raises:
            OSError: The disk for temporary files failed.
        """
        try:
            return self._database.execute("INSERT OR IGNORE INTO keys VALUES (?)", (key,)).rowcount == 1
        except sqlite3.Error as error:
            raise OSError(f"the keys cannot be compared: {error}, in the directory for temporary files") from error

    def close(self) -> None:
        """Forget everything."""
        self._database.close()


class KeyReader:
    """Reads a source's keys: checked, each one once, and counted on the way."""

    def __init__(self, source: Source, columns: Sequence[Column]) -> None:
        self._source = source
        self._columns = columns
        self._sha256 = hashlib.sha256()
        self._keys = 0
        self._duplicates = 0
        self._duplicate_lines: list[int] = []

    def __iter__(self) -> Iterator[bytes]:
        """Yield the keys as lines of `keys.jsonl`.

        Raises:
            KeysError: A key cannot be used; the first one's line and column are named.
        """
        with closing(Deduplicator()) as deduplicator:
            for number, cells in self._source.rows(self._columns):
                line = self._line(number, cells)
                if deduplicator.is_new(line):
                    self._keys += 1
                    self._sha256.update(line)
                    yield line
                else:
                    self._duplicates += 1
                    if len(self._duplicate_lines) < _EXAMPLES:
                        self._duplicate_lines.append(number)
        if not self._keys:
            raise InvalidKeysError(f"{self._source.name}: there are no keys in it")

    def count(self) -> KeyCount:
        """Tell what was read."""
        return KeyCount(
            self._keys,
            self._duplicates,
            tuple(self._duplicate_lines),
            self._sha256.hexdigest(),
            self._source.digest(),
        )

    def _line(self, number: int, cells: Sequence[object]) -> bytes:
        values: list[Value] = []
        for column, cell in zip(self._columns, cells, strict=True):
            try:
                values.append(column.read(cell))
            except ValueError as error:
                place = f"{self._source.name}, line {number}, column {column.name}"
                raise InvalidKeysError(f"{place}: {error}", line=number, column=column.name) from None
        return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def count_keys(source: Source, columns: Sequence[Column]) -> KeyCount:
    """Check and count a source's keys without keeping them.

    Raises:
        KeysError: A key cannot be used.
    """
    reader = KeyReader(source, columns)
    for _ in reader:
        pass
    return reader.count()


def write_keys(disk: Disk, directory: Path, source: Source, columns: Sequence[Column]) -> KeyCount:
    """Write a job's copy of its keys.

    Raises:
        KeysError: A key cannot be used.
    """
    reader = KeyReader(source, columns)
    with NewFile(disk, directory / KEYS_FILE) as file:
        for line in reader:
            file.write(line)
    return reader.count()


def read_keys(directory: Path, standings: Sequence[int], wanted: int, first: int = 0) -> Generator[Key]:
    """Yield, in order, the keys from id `first` on whose standing, at the moment of asking, is `wanted`."""
    with (directory / KEYS_FILE).open("rb", buffering=2**16) as file:
        for key_id, line in enumerate(file):
            if key_id >= first and standings[key_id] == wanted:
                text = line.rstrip(b"\n")
                yield Key(key_id, text, tuple(decode_json(text)))
