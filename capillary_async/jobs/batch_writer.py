"""Write outcomes in batches, in a thread, so that no lookup waits for the disk.

The batch that is being written and the batch that is being filled hold `size` outcomes together at most. A crash loses
these and the lookups in flight. After the first error nothing is written any more, because nobody knows what a failed
fsync left on the disk.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from capillary_async.jobs.errors import stopping_when_the_disk_fails
from capillary_async.jobs.records import KeyOutcome

# Rows may be long, and a batch is in memory as a whole.
_MOST_BYTES: Final = 2**24


class BatchWriter:
    """Collects outcomes and writes them.

    Args:
        write: Makes a batch safe; called in a thread.
        size: Outcomes that may be unsafe at most.
        seconds: How long one may be unsafe.
        on_error: Called once when a write has failed, with the error.
    """

    def __init__(
        self,
        write: Callable[[list[KeyOutcome]], None],
        size: int,
        seconds: float,
        on_error: Callable[[BaseException], object],
    ) -> None:
        self._write = write
        self._size = size
        self._half = max(1, size // 2)
        self._seconds = seconds
        self._on_error = on_error
        self._batch: list[KeyOutcome] = []
        self._bytes = 0
        self._mean_bytes = 1
        self._writing: asyncio.Future[None] | None = None
        # Number of outcomes that are being written, and their bytes.
        self._unsafe = self._unsafe_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._error: BaseException | None = None
        self._thread = ThreadPoolExecutor(1, "capillary-job")

    @property
    def room(self) -> int:
        """How many outcomes may be added now. At 0, some must be safe before."""
        bytes_left = _MOST_BYTES - self._bytes - self._unsafe_bytes
        # The next outcomes are probably about as long as the last.
        fitting = -(-bytes_left // self._mean_bytes)
        return min(self._size - len(self._batch) - self._unsafe, fitting)

    def add(self, outcomes: Sequence[KeyOutcome]) -> None:
        """Take outcomes, which will be safe soon."""
        self._raise_error()
        self._batch += outcomes
        size = sum([len(outcome[5] or b"") for outcome in outcomes])
        self._bytes += size
        self._mean_bytes = max(1, size // len(outcomes))
        self._begin_when_due()

    async def wait_for_room(self) -> None:
        """Wait until an outcome may be added."""
        while self.room <= 0 and self._error is None:
            await self._write_batch()
        self._raise_error()

    async def flush(self) -> None:
        """Wait until every outcome is safe."""
        while (self._batch or self._writing is not None) and self._error is None:
            await self._write_batch()
        self._raise_error()

    async def close(self) -> None:
        """Wait for the write that is under way. Outcomes that were only added are dropped."""
        self._batch.clear()
        self._stop_timer()
        try:
            while self._writing is not None:
                await asyncio.wait([self._writing])
        finally:
            # Also when the caller is cancelled, because the file must not be closed while the thread writes.
            self._thread.shutdown()

    async def _write_batch(self) -> None:
        if self._writing is None:
            self._begin()
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def _begin_when_due(self) -> None:
        if self._writing is not None:
            return
        if len(self._batch) >= self._half or self._bytes >= _MOST_BYTES // 2:
            self._begin()
        elif self._timer is None and self._batch:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    def _begin(self) -> None:
        self._stop_timer()
        if self._writing is not None or not self._batch or self._error is not None:
            return
        batch, self._batch = self._batch, []
        self._unsafe, self._unsafe_bytes, self._bytes = len(batch), self._bytes, 0
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, batch)
        self._writing.add_done_callback(self._end)

    def _end(self, writing: "asyncio.Future[None]") -> None:
        self._writing = None
        self._unsafe = self._unsafe_bytes = 0
        self._error = writing.exception()
        if self._error is None:
            self._begin_when_due()
        else:
            self._on_error(self._error)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _raise_error(self) -> None:
        if self._error is not None:
            with stopping_when_the_disk_fails():
                raise self._error
