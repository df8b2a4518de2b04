"""Keys and what came of them, as values and as rows of a job's file."""

import zlib
from typing import Any, Final, NamedTuple

from capillary_async.jobs.database import checksum_of

# Compressing shorter rows takes longer than writing them.
_LEAST_TO_COMPRESS: Final = 300
# Before what is compressed; no JSON begins so.
_COMPRESSED: Final = b"z"
# Below zero, so that zlib adds no checksum to that of the row. A window no larger than the rows, because to clear a
# larger one takes longer than to compress them.
_WINDOW: Final = -15
_MANY: Final = 2**14
_SMALL: Final = (-12, 5)
_LARGE: Final = (_WINDOW, 8)

Values = tuple[int | str | None, ...]


class Key(NamedTuple):
    """A key of a job.

    Attributes:
        id: Its number.
        values: A value for each column.
        tries: How often it failed before.
        requests: How many requests that took.
    """

    id: int
    values: Values
    tries: int = 0
    requests: int = 0


class KeyOutcome(NamedTuple):
    """What came of a key, on its way into the file.

    Attributes:
        key_id: The key's number.
        status: One of `STATUSES`; "pending" for a key that failed and is tried again.
        requests: How many requests it took.
        at: When, in seconds since 1970.
        reason: Why there are no rows, as JSON; empty for what was found.
        rows: What was found, as lines of JSON; empty for nothing.
        tries: How often the key has failed.
    """

    key_id: int
    status: str
    requests: int
    at: int
    reason: str = ""
    rows: bytes = b""
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
        stored_rows: What was found, as it is stored; `rows_of` makes lines of JSON of it.
    """

    key_id: int
    values: Values
    status: str = "pending"
    requests: int = 0
    at: int = 0
    reason: str = ""
    stored_rows: bytes = b""


def outcome_row(outcome: KeyOutcome) -> tuple[Any, ...]:
    """Return a row of `outcomes`; long rows are compressed."""
    key_id, status, requests, at, reason, rows, _ = outcome
    if len(rows) >= _LEAST_TO_COMPRESS:
        compressor = zlib.compressobj(1, zlib.DEFLATED, *(_SMALL if len(rows) < _MANY else _LARGE))
        rows = _COMPRESSED + compressor.compress(rows) + compressor.flush()
    checksum = checksum_of(f"{key_id} {status} {requests} {at} {reason}", rows)
    return (key_id, status, requests, at, reason, rows, checksum)


def failure_row(outcome: KeyOutcome) -> tuple[Any, ...]:
    """Return a row of `failures`."""
    key_id, status, requests, at, reason, _, tries = outcome
    checksum = checksum_of(f"{key_id} {tries} {status} {requests} {at} {reason}")
    return (key_id, tries, status, requests, at, reason, checksum)


def rows_of(entry: Entry) -> bytes:
    """Return what was found as it was before it was stored: lines of JSON, or nothing."""
    rows = entry.stored_rows
    return zlib.decompress(rows[1:], _WINDOW) if rows.startswith(_COMPRESSED) else rows
