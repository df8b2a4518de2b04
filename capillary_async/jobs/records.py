"""Keys and what came of them, as values and as rows of a job's file."""

import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

from capillary_async.jobs.database import checksum_of

# Compressing shorter rows takes longer than writing them.
_LEAST_TO_COMPRESS: Final = 300
# Rows of this many bytes are compressed together. It takes a third of the time and half of the room.
_BLOCK_BYTES: Final = 2**16
# Before a block, and before a reference to one. JSON begins with neither.
BLOCK: Final = b"z"
REFERENCE: Final = b"@"
# Below zero, so that zlib adds no checksum to that of the row.
_WINDOW: Final = -15

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
        rows: What was found, as lines of JSON.
    """

    key_id: int
    values: Values
    status: str = "pending"
    requests: int = 0
    at: int = 0
    reason: str = ""
    rows: bytes = b""


def outcome_rows(outcomes: Sequence[KeyOutcome]) -> list[tuple[Any, ...]]:
    """Return rows of `outcomes`. Long rows of several keys are compressed together, into a block.

    The block is in the first key's row; the other keys' rows refer to it.
    """
    stored: dict[int, bytes] = {}
    block: list[KeyOutcome] = []
    size = 0
    for outcome in outcomes:
        length = len(outcome.rows)
        if length >= _BLOCK_BYTES:
            stored |= _compressed([outcome])
        elif length >= _LEAST_TO_COMPRESS:
            block.append(outcome)
            size += length
            if size >= _BLOCK_BYTES:
                stored |= _compressed(block)
                block, size = [], 0
    stored |= _compressed(block)
    return [_outcome_row(outcome, stored.get(outcome.key_id, outcome.rows)) for outcome in outcomes]


def _compressed(block: Sequence[KeyOutcome]) -> dict[int, bytes]:
    if not block:
        return {}
    first, lengths = block[0].key_id, ",".join([str(len(outcome.rows)) for outcome in block])
    compressor = zlib.compressobj(1, zlib.DEFLATED, _WINDOW)
    data = compressor.compress(b"".join([outcome.rows for outcome in block])) + compressor.flush()
    stored = {outcome.key_id: b"@%d %d" % (first, place) for place, outcome in enumerate(block)}
    return stored | {first: b"z%s:%s" % (lengths.encode(), data)}


def rows_in_block(block: bytes) -> list[bytes]:
    """Return the rows of each key in a block.

    Raises:
        ValueError: It is no block.
    """
    lengths, _, data = block.removeprefix(BLOCK).partition(b":")
    text = zlib.decompress(data, _WINDOW)
    ends = list(accumulate(map(int, lengths.split(b",")), initial=0))
    return [text[begin:end] for begin, end in pairwise(ends)]


def _outcome_row(outcome: KeyOutcome, rows: bytes) -> tuple[Any, ...]:
    key_id, status, requests, at, reason = outcome[:5]
    checksum = checksum_of(f"{key_id} {status} {requests} {at} {reason}", rows)
    return (key_id, status, requests, at, reason, rows, checksum)


def failure_row(outcome: KeyOutcome) -> tuple[Any, ...]:
    """Return a row of `failures`."""
    key_id, status, requests, at, reason, _, tries = outcome
    checksum = checksum_of(f"{key_id} {tries} {status} {requests} {at} {reason}")
    return (key_id, tries, status, requests, at, reason, checksum)
