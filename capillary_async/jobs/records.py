"""Keys and what came of them, as values and as rows of a job's file."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

import attrs

from capillary_async.bulk.concurrency import RequestCounter
from capillary_async.codec import decode_json
from capillary_async.codec.json_text import ENCODER
from capillary_async.codec.row_text import decode_rows
from capillary_async.jobs.database import checksum_of

# Below zero, so that zlib adds no checksum to that of the block.
_WINDOW: Final = -15
# A block is read as a whole.
_MOST_IN_BLOCK: Final = 1000
_LARGE_BLOCK: Final = 2**19

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

    id: int = attrs.field(kw_only=True)
    values: Values = attrs.field(kw_only=True)
    tries: int = attrs.field(default=0, kw_only=True)
    requests_before: int = attrs.field(default=0, kw_only=True)


class KeyOutcome(NamedTuple):
    """What came of a key, on its way into the file.

    Attributes:
        key_id: The key's number.
        status: One of `STATUSES`; "pending" for a key that failed and is tried again.
        requests: How many requests it took.
        at: When, in seconds since 1970.
        reason: Why there are no rows, as JSON; empty for what was found.
        rows: What was found, as `encode_rows` writes it; empty for nothing.
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
        rows: What was found, as `encode_rows` writes it.
    """

    key_id: int
    values: Values
    status: str = "pending"
    requests: int = 0
    at: int = 0
    reason: str = ""
    rows: bytes = b""

    def decoded(self) -> list[Any]:
        """Return what was found, objects as dicts."""
        return decode_rows(self.rows) if self.rows else []


def encode_blocks(outcomes: Sequence[KeyOutcome]) -> Iterator[tuple[Sequence[KeyOutcome], bytes]]:
    """Yield outcomes in parts, each with the text that is stored for them."""
    first = size = 0
    for place, outcome in enumerate(outcomes, 1):
        size += len(outcome[5])
        if size >= _LARGE_BLOCK or place - first == _MOST_IN_BLOCK or place == len(outcomes):
            yield outcomes[first:place], _encode_block(outcomes[first:place])
            first, size = place, 0


def _encode_block(outcomes: Sequence[KeyOutcome]) -> bytes:
    ids, statuses, requests, times, reasons, rows, _ = zip(*outcomes, strict=True)
    columns = (statuses, requests, times, reasons, [*map(len, rows)])
    # Most keys of a batch have the same status, the same second, and no reason.
    facts = ENCODER.encode((ids, *[each[0] if each.count(each[0]) == len(ids) else each for each in columns]))
    # One document takes a fraction of the time and the room of one for each key.
    compressor = zlib.compressobj(1, zlib.DEFLATED, _WINDOW)
    return b"".join((compressor.compress(b"".join((facts, b"\n", *rows))), compressor.flush()))


def decode_block(content: bytes) -> dict[int, tuple[str, int, int, str, bytes]]:
    """Return what is in a block: status, requests, time, reason and rows of each key.

    Raises:
        ValueError: It is no block.
    """
    facts, _, text = zlib.decompress(content, _WINDOW).partition(b"\n")
    ids, *columns = decode_json(facts)
    *others, lengths = [each if isinstance(each, list) else [each] * len(ids) for each in columns]
    rows = [text[begin:end] for begin, end in pairwise(accumulate(lengths, initial=0))]
    return dict(zip(ids, zip(*others, rows, strict=True), strict=True))


def failure_row(outcome: KeyOutcome) -> tuple[Any, ...]:
    """Return a row of `failures`."""
    key_id, status, requests, at, reason, _, tries = outcome
    checksum = checksum_of(f"{key_id} {tries} {status} {requests} {at} {reason}")
    return (key_id, tries, status, requests, at, reason, checksum)
