"""Read keys and outcomes from a job's file, and check that they are what was written."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from zlib import crc32, error

from capillary_async.codec import decode_json
from capillary_async.jobs.database import checksum_of, corrupted, corruption_named
from capillary_async.jobs.records import Entry, Values, decode_block

_ENTRIES: Final = (
    'SELECT k.id, k."values", k.checksum, o.status, o.block,'
    " f.tries, f.status, f.requests, f.at, f.reason, f.checksum FROM keys k"
    " LEFT JOIN outcomes o ON o.key_id = k.id LEFT JOIN failures f ON f.key_id = k.id"
    " WHERE k.id > ? ORDER BY k.id LIMIT ?"
)
_KEYS_AT_ONCE: Final = 64
# Keys that are next to each other are in blocks that were written at about the same time.
_BLOCKS_KEPT: Final = 32


def read_entries(database: sqlite3.Connection, path: Path, keys: int) -> Iterator[Entry]:
    """Yield every key with its outcome, in order; during a refresh, that of the old generation.

    A query reads a few keys at once, because SQLite cannot empty its log while a query stays open.

    Args:
        database: The job's file.
        path: Where it is.
        keys: How many keys it has.

    Raises:
        JobCorruptedError: A key or an outcome is missing, doubled or not what was written.
        OSError: The disk failed.
    """
    last, seen, blocks = -(2**63), 0, _Blocks(database, path)
    while True:
        with corruption_named(path):
            rows = database.execute(_ENTRIES, (last, _KEYS_AT_ONCE)).fetchall()
            for row, values in zip(rows, checked_values(path, rows), strict=True):
                yield _entry(path, row, values, blocks)
        seen += len(rows)
        if len(rows) < _KEYS_AT_ONCE:
            break
        last = rows[-1][0]
    if seen != keys:
        raise corrupted(path, f"it has {seen} keys, and {keys} were written")


def checked_values(path: Path, rows: Sequence[Sequence[Any]]) -> list[Values]:
    """Return the values of keys from rows that begin with id, values and checksum.

    Raises:
        JobCorruptedError: A key is not what was written.
    """
    wrong = [row[0] for row in rows if crc32(f"{row[0]} {row[1]}".encode()) != row[2]]
    if wrong:
        raise corrupted(path, f"key {wrong[0]} is not what was written")
    # One document for all keys takes a third of the time.
    return [tuple(values) for values in decode_json(f"[{','.join([row[1] for row in rows])}]".encode())]


def checked_failure(path: Path, key_id: int, columns: Sequence[Any]) -> tuple[str, int, int, str]:
    """Return status, requests, time and reason of a failure.

    Raises:
        JobCorruptedError: It is not what was written.
    """
    tries, status, requests, at, reason, checksum = columns
    if checksum_of(f"{key_id} {tries} {status} {requests} {at} {reason}") != checksum:
        raise corrupted(path, f"the failure of key {key_id} is not what was written")
    return status, requests, at, reason


class _Blocks(dict[int, dict[int, Any]]):
    """The blocks of a job, read when they are needed; those that were read last are kept."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path

    def __missing__(self, number: int) -> dict[int, Any]:
        """Read a block."""
        query = "SELECT content, checksum FROM blocks WHERE id = ?"
        content, checksum = self._database.execute(query, (number,)).fetchone() or (b"", None)
        if checksum_of(str(number), content) != checksum:
            raise corrupted(self._path, f"block {number} is not what was written")
        try:
            found = self[number] = decode_block(content)
        except error as cause:
            raise corrupted(self._path, f"block {number} is not what was written") from cause
        if len(self) > _BLOCKS_KEPT:
            del self[next(iter(self))]
        return found


def _entry(path: Path, row: Sequence[Any], values: Values, blocks: _Blocks) -> Entry:
    key_id, status, tries = row[0], row[3], row[5]
    if status is not None:
        found = blocks[row[4]].get(key_id)
        if found is None or found[0] != status or tries is not None:
            raise corrupted(path, f"the outcome of key {key_id} is not what was written")
        return Entry._make((key_id, values, *found))  # a call takes twice as long
    if tries is not None:
        return Entry(key_id, values, *checked_failure(path, key_id, row[5:]))
    return Entry(key_id, values)
