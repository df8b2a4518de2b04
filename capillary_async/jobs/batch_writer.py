"""Makes outcomes safe in batches, in a thread of its own, so that no lookup waits for the disk.

The batch that is being written and the one that is being filled hold at most `size` records together: with the lookups
in flight, that is all a crash can cost. Rows may be long, so their bytes are bounded, too. After the first error
nothing is written any more: what a failed fsync leaves on the disk cannot be known, and a second one would not tell.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from capillary_async.jobs.errors import stopping_when_the_disk_fails
from capillary_async.jobs.records import Record

# A key may have a thousand rows or a hundred thousand; a batch is in memory as a whole.
_MOST_BYTES: Final = 2**24


class BatchWriter:
    """Collects records and writes them.

    Args:
        write: Makes a batch safe; called in a thread.
        size: Records that may be unsafe at most.
        seconds: How long one may be unsafe.
        on_error: Called once when a write has failed, with the error.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        size: int,
        seconds: float,
        on_error: Callable[[BaseException], None],
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
            JobError: An earlier write failed.
        """
        self._raise_error()
        self._batch.append(record)
        self._bytes += len(record.rows)
        if self._writing is not None:
            return
        if self._is_worthwhile:
            self._begin()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    async def wait_for_room(self) -> None:
        """Wait until a record may be added.

        Raises:
            JobError: A write failed.
        """
        while self.is_full and self._error is None:
            await self._write_more()
        self._raise_error()

    async def flush(self) -> None:
        """Wait until every record is safe.

        Raises:
            JobError: A write failed.
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
            # Also when the caller is cancelled: the file must not be closed under the thread's hands.
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
            self._on_error(self._error)
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
