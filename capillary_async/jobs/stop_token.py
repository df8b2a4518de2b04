"""How a run is brought to a stop from outside."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Self


class StopToken:
    """Ends the block that it guards, softly or at once, without an exception.

    A soft stop leaves what is inside some time to end by itself; what waits for better times ends at once.

    Attributes:
        reason: Why it was set; `None` while it was not.
        shutdown_timeout: Seconds that a soft stop takes at most.
    """

    def __init__(self, shutdown_timeout: float = 19.0) -> None:
        self.reason: str | None = None
        self.shutdown_timeout = shutdown_timeout
        self._limit: asyncio.Timeout | None = None
        self._is_hard = False

    @property
    def is_set(self) -> bool:
        """Whether nothing new should begin."""
        return self.reason is not None

    async def __aenter__(self) -> Self:
        """Guard the block."""
        self._limit = asyncio.timeout(None)
        await self._limit.__aenter__()
        if self.is_set:
            self._set_limit()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Say that everything is fine if the block was ended by the token."""
        limit, self._limit = self._limit, None
        if limit is None:
            return False
        try:
            await limit.__aexit__(kind, error, trace)
        except TimeoutError:
            return True
        return False

    def stop(self, reason: str) -> None:
        """Stop softly. Doing it again changes nothing."""
        if not self.is_set:
            self.reason = reason
            self._set_limit()

    def stop_now(self, reason: str) -> None:
        """Stop at once."""
        self.reason = self.reason or reason
        self._is_hard = True
        self._set_limit()

    async def interrupting(self, wait: Awaitable[object]) -> None:
        """Wait; a stop ends the wait at once, and the block with it."""
        was_hard, self._is_hard = self._is_hard, True
        if self.is_set:
            self._set_limit()
        await wait
        self._is_hard = was_hard

    def _set_limit(self) -> None:
        if self._limit is not None:
            now = asyncio.get_running_loop().time()
            self._limit.reschedule(now if self._is_hard else now + self.shutdown_timeout)
