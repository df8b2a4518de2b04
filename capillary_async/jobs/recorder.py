"""Makes verdicts safe in batches, in a thread of its own, so that no lookup waits for the disk.

The order of writes, on which everything rests:

1. The batch's lines are appended to the part file.
2. The part file is synced.
3. One journal transaction, itself synced, says which keys have which verdict and where their lines are.

Until 3 is done the batch does not exist: whatever of it is in the part file lies beyond the end that
the journal knows, and is cut off when the job is opened. After 3 it is whole. There is no moment
at which a key has a verdict without its line, or a line twice, so every key is in the output
exactly once; a key whose batch was lost is looked up again, so it is asked for at least once.

The batch that is being written and the one that is being filled hold at most `batch` records
together: with the lookups in flight, that is all a crash can cost. Lines may be long, so their bytes
are bounded, too. After the first error nothing is written any more: what a failed fsync leaves on the
disk cannot be known, and is cut off.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from capillary_async.jobs.journal import Journal
from capillary_async.jobs.parts import Parts
from capillary_async.jobs.problems import stopping_when_the_disk_fails
from capillary_async.jobs.tally import Record, entry_for

# A key may have a thousand rows or a hundred thousand; a batch is in memory as a whole, now and when it is sealed.
_MOST_BYTES: Final = 2**24


def write_batch(parts: Parts, journal: Journal, records: Sequence[Record]) -> None:
    """Make a batch safe; the order is the point.

    Raises:
        OSError: The disk failed.
    """
    data = b"".join(record.line for record in records)
    place = parts.append(data) if data else None
    failures = [record.failure for record in records if record.failure is not None]
    journal.append(entry_for(records, place), failures)


class Recorder:
    """Collects records and writes them.

    Args:
        write: Makes a batch safe; called in a thread.
        size: Records that may be unsafe at most.
        seconds: How long one may be unsafe.
        on_error: Called once when the disk has failed.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        size: int,
        seconds: float,
        on_error: Callable[[], None] = lambda: None,
    ) -> None:
        self._write = write
        self._size = size
        self._worthwhile = max(1, size // 2)
        self._seconds = seconds
        self._on_error = on_error
        self._batch: list[Record] = []
        self._bytes = 0
        self._underway = 0
        self._underway_bytes = 0
        self._writing: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: BaseException | None = None
        self._thread = ThreadPoolExecutor(1, "capillary-job")

    @property
    def is_full(self) -> bool:
        """Whether no further record may be added before some are safe."""
        is_too_many = len(self._batch) + self._underway >= self._size
        return is_too_many or self._bytes + self._underway_bytes >= _MOST_BYTES

    @property
    def _is_worthwhile(self) -> bool:
        return len(self._batch) >= self._worthwhile or self._bytes >= _MOST_BYTES // 2

    def add(self, record: Record) -> None:
        """Take a record; it will be safe soon.

        Raises:
            JobStoppedError: The disk has failed.
        """
        self._raise_error()
        self._batch.append(record)
        self._bytes += len(record.line)
        if self._writing is not None:
            return
        if self._is_worthwhile:
            self._begin()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    async def wait_for_room(self) -> None:
        """Wait until a record may be added.

        Raises:
            JobStoppedError: The disk has failed.
        """
        while self.is_full and self._error is None:
            await self._write_more()
        self._raise_error()

    async def flush(self) -> None:
        """Wait until every record is safe.

        Raises:
            JobStoppedError: The disk has failed.
        """
        while (self._batch or self._writing is not None) and self._error is None:
            await self._write_more()
        self._raise_error()

    async def close(self) -> None:
        """Wait for the write that is under way; what else was added is forgotten."""
        self._batch.clear()
        self._stop_timer()
        try:
            while self._writing is not None:
                await asyncio.wait([self._writing])
        finally:
            # Also when the caller is cancelled: the files must not be closed under the thread's hands.
            self._thread.shutdown()

    async def _write_more(self) -> None:
        if self._writing is None:
            self._begin()
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def _begin(self) -> None:
        self._stop_timer()
        if self._writing is not None or not self._batch or self._error is not None:
            return
        batch, self._batch = self._batch, []
        self._underway, self._underway_bytes, self._bytes = len(batch), self._bytes, 0
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, batch)
        self._writing.add_done_callback(self._end)

    def _end(self, writing: "asyncio.Future[None]") -> None:
        self._writing = None
        self._underway = self._underway_bytes = 0
        self._error = writing.exception()
        if self._error is not None:
            self._on_error()
        elif self._is_worthwhile:
            self._begin()
        elif self._batch:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _raise_error(self) -> None:
        if self._error is not None:
            with stopping_when_the_disk_fails():
                raise self._error
