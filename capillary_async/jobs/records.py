"""Keys and what came of them: as values, as rows of a job's file, and read and checked again."""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs

from capillary_async.bulk.concurrency import RequestCounter
from capillary_async.codec import decode_json
from capillary_async.codec.json_text import ENCODER
from capillary_async.codec.row_text import StoredRows, decode_part, decode_rows
from capillary_async.jobs.database import checksum_of, corrupted, corruption_named
from capillary_async.models.definition import LARGEST_ID

# Below the number of any key.
FIRST: Final = -LARGEST_ID - 1
# Below zero, so that zlib adds no checksum to that of the block.
_WINDOW: Final = -15
# A block is read as a whole.
_MOST_IN_BLOCK: Final = 1000
_LARGE_BLOCK: Final = 2**19
_ENTRIES: Final = (
    'SELECT k.id, k."values", k.checksum, o.status, o.block,'
    " f.tries, f.status, f.requests, f.at, f.reason, f.checksum FROM keys k"
    " LEFT JOIN outcomes o ON o.key_id = k.id LEFT JOIN failures f ON f.key_id = k.id"
    " WHERE k.id > ? ORDER BY k.id LIMIT ?"
)
_KEYS_AT_ONCE: Final = 64
# Keys that are next to each other are in blocks that were written at about the same time.
_BLOCKS_KEPT: Final = 8

Values = tuple[int | str | None, ...]


@attrs.define(eq=False)
class Key(RequestCounter):
    """A key of a job, and how many requests its lookup has started so far.

    Attributes:
        id: Its number.
        values: A value for each column.
        tries: How often it failed before.
        requests_before: How many requests that took.
    """

    id: int
    values: Values
    tries: int = attrs.field(default=0, init=False)
    requests_before: int = attrs.field(default=0, init=False)


class KeyOutcome(NamedTuple):
    """What came of a key, on its way into the file.

    Attributes:
        key_id: The key's number.
        status: One of `STATUSES`; "pending" for a key that failed and is tried again.
        requests: How many requests it took.
        at: When, in seconds since 1970.
        reason: Why there are no rows, as JSON; empty for what was found.
        rows: What was found, as `encode_parts` writes it; empty for nothing, `None` if it is in a text before.
        tries: How often the key has failed.
    """

    key_id: int
    status: str
    requests: int
    at: int
    reason: str = ""
    rows: bytes | None = b""
    tries: int = 0


class Entry(NamedTuple):
    """A key and what came of it, as an export reads it.

    Attributes:
        key_id: The key's number.
        values: A value for each column.
        status: One of `STATUSES`, or "pending".
        requests: How many requests it took.
        at: When, in seconds since 1970; 0 for a key that was never looked up.
        reason: Why there are no rows, as JSON; empty for what was found.
        rows: What was found, as it is stored.
    """

    key_id: int
    values: Values
    status: str = "pending"
    requests: int = 0
    at: int = 0
    reason: str = ""
    rows: StoredRows = b""

    def decoded(self) -> list[Any]:
        """Return what was found, objects as dicts."""
        return decode_rows(self.rows) if self.rows else []


def encode_blocks(outcomes: Sequence[KeyOutcome]) -> Iterator[tuple[Sequence[KeyOutcome], bytes]]:
    """Yield outcomes in parts, each with the text that is stored for them."""
    first = size = 0
    for place, rows in enumerate([outcome[5] for outcome in outcomes]):
        if rows is None:
            continue
        if size >= _LARGE_BLOCK or place - first >= _MOST_IN_BLOCK:
            yield outcomes[first:place], _encode_block(outcomes[first:place])
            first, size = place, 0
        size += len(rows)
    if outcomes:
        yield outcomes[first:], _encode_block(outcomes[first:])


def _encode_block(outcomes: Sequence[KeyOutcome]) -> bytes:
    ids, statuses, requests, times, reasons, rows, _ = zip(*outcomes, strict=True)
    texts = [text for text in rows if text is not None]
    # Most keys of a batch have the same status, the same second, and no reason.
    columns = [each[0] if each.count(each[0]) == len(ids) else each for each in (statuses, requests, times, reasons)]
    facts = ENCODER.encode((ids, *columns, [*map(len, texts)]))
    # One document takes a fraction of the time and the room of one for each key.
    # In one step, because zlib lets the event loop have the interpreter at each.
    return zlib.compress(b"".join((facts, b"\n", *texts)), 1, _WINDOW)


def decode_block(content: bytes) -> dict[int, tuple[str, int, int, str, StoredRows]]:
    """Return what is in a block: status, requests, time, reason and rows of each key."""
    facts, _, text = zlib.decompress(content, _WINDOW).partition(b"\n")
    ids, *columns, lengths = decode_json(facts)
    others: list[Any] = [each if isinstance(each, list) else [each] * len(ids) for each in columns]
    parts = [decode_part(text[begin:end]) for begin, end in pairwise(accumulate(lengths, initial=0))]
    return dict(zip(ids, zip(*others, chain.from_iterable(parts), strict=True), strict=True))


def failure_row(outcome: KeyOutcome) -> tuple[Any, ...]:
    """Return a row of `failures`."""
    key_id, status, requests, at, reason, _, tries = outcome
    checksum = checksum_of(f"{key_id} {tries} {status} {requests} {at} {reason}")
    return (key_id, tries, status, requests, at, reason, checksum)


# --- reading ---


def read_entries(database: sqlite3.Connection, path: Path, keys: int) -> Iterator[Entry]:
    """Yield every key with its outcome, in order; during a refresh, that of the old generation.

    A query reads a few keys at once, because SQLite cannot empty its log while a query stays open.

    Args:
        database: The job's file.
        path: Where it is.
        keys: How many keys it has.
    """
    last, seen, blocks = FIRST, 0, _Blocks(database, path)
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
    """Return the values of keys from rows that begin with id, values and checksum."""
    wrong = [row[0] for row in rows if zlib.crc32(f"{row[0]} {row[1]}".encode()) != row[2]]
    if wrong:
        raise corrupted(path, f"key {wrong[0]} is not what was written")
    # One document for all keys takes a third of the time.
    return [tuple(values) for values in decode_json(f"[{','.join([row[1] for row in rows])}]".encode())]


def checked_failure(path: Path, key_id: int, columns: Sequence[Any]) -> tuple[str, int, int, str]:
    """Return status, requests, time and reason of a failure."""
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
        except zlib.error as cause:
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
