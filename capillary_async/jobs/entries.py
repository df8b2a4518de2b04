"""Read keys and outcomes from a job's file, and check that they are what was written."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import attrs

from capillary_async.codec import decode_json
from capillary_async.jobs.database import checksum_of, corrupted, corruption_named
from capillary_async.jobs.records import BLOCK, REFERENCE, Entry, Values, rows_in_block

_ENTRIES: Final = (
    'SELECT k.id, k."values", k.checksum, o.status, o.requests, o.at, o.reason, o.rows, o.checksum,'
    " f.tries, f.status, f.requests, f.at, f.reason, f.checksum FROM keys k"
    " LEFT JOIN outcomes o ON o.key_id = k.id LEFT JOIN failures f ON f.key_id = k.id"
    " WHERE k.id > ? ORDER BY k.id LIMIT ?"
)
_KEYS_AT_ONCE: Final = 64
# Keys that are next to each other are in blocks that were written at about the same time.
_BLOCKS_KEPT: Final = 64


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
    for key_id, values, checksum, *_ in rows:
        if checksum_of(f"{key_id} {values}") != checksum:
            raise corrupted(path, f"key {key_id} is not what was written")
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


@attrs.define
class _Blocks:
    """Finds the rows of keys in blocks, and keeps those that were read last."""

    _database: sqlite3.Connection
    _path: Path
    _kept: dict[int, list[bytes]] = attrs.field(factory=dict[int, list[bytes]], init=False)

    def rows(self, key_id: int, stored: bytes) -> bytes:
        """Return the rows of a key from what is stored for it."""
        if stored.startswith(BLOCK):
            return (self._kept.get(key_id) or self._open(key_id, stored))[0]
        if not stored.startswith(REFERENCE):
            return stored
        first, place = map(int, stored[1:].split())
        block = self._kept.get(first)
        if block is None:
            query = "SELECT status, requests, at, reason, rows, checksum FROM outcomes WHERE key_id = ?"
            columns = self._database.execute(query, (first,)).fetchone()
            _check_outcome(self._path, first, columns)
            block = self._open(first, columns[4])
        return block[place]

    def _open(self, first: int, stored: bytes) -> list[bytes]:
        block = rows_in_block(stored)
        if len(block) > 1:
            self._kept[first] = block
        if len(self._kept) > _BLOCKS_KEPT:
            del self._kept[next(iter(self._kept))]
        return block


def _check_outcome(path: Path, key_id: int, columns: Sequence[Any]) -> None:
    status, requests, at, reason, rows, checksum = columns
    if checksum_of(f"{key_id} {status} {requests} {at} {reason}", rows) != checksum:
        raise corrupted(path, f"the outcome of key {key_id} is not what was written")


def _entry(path: Path, row: Sequence[Any], values: Values, blocks: _Blocks) -> Entry:
    key_id, tries = row[0], row[9]
    if row[3] is not None:
        _check_outcome(path, key_id, row[3:9])
        if tries is not None:
            raise corrupted(path, f"key {key_id} has an outcome and a failure")
        status, requests, at, reason, rows = row[3:8]
        # A call takes twice as long.
        return Entry._make((key_id, values, status, requests, at, reason, blocks.rows(key_id, rows)))
    if tries is not None:
        return Entry(key_id, values, *checked_failure(path, key_id, row[9:]))
    return Entry(key_id, values)
