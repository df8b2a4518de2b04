"""How a run is brought to a stop from outside."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self


class Brake:
    """Ends the block that it guards, softly or hard, without an exception.

    A soft stop leaves what is inside some time to end by itself; what waits for better times ends at once.

    Attributes:
        reason: Why it was pulled; `None` while it was not.
        shutdown_timeout: How long a soft stop takes at most.
    """

    def __init__(self, shutdown_timeout: float = 19.0) -> None:
        self.reason: str | None = None
        self.shutdown_timeout = shutdown_timeout
        self._limit: asyncio.Timeout | None = None
        self._is_hard = False

    @property
    def is_pulled(self) -> bool:
        """Whether nothing new should begin."""
        return self.reason is not None

    async def __aenter__(self) -> Self:
        """Guard the block."""
        self._limit = asyncio.timeout(None)
        await self._limit.__aenter__()
        if self.is_pulled:
            self._set_limit()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Say that everything is fine if the block was ended by the brake."""
        limit, self._limit = self._limit, None
        assert limit is not None  # noqa: S101  (entered)
        try:
            await limit.__aexit__(kind, error, trace)
        except TimeoutError:
            return True
        return False

    def pull(self, reason: str) -> None:
        """Stop softly. Pulling it again changes nothing."""
        if not self.is_pulled:
            self.reason = reason
            self._set_limit()

    def pull_hard(self, reason: str) -> None:
        """Stop at once."""
        self.reason = self.reason or reason
        self._is_hard = True
        self._set_limit()

    async def pause(self, sleep: Callable[[float], Awaitable[object]], seconds: float) -> None:
        """Wait; a stop ends the wait at once, and the block with it."""
        was_hard, self._is_hard = self._is_hard, True
        if self.is_pulled:
            self._set_limit()
        await sleep(seconds)
        self._is_hard = was_hard

    def _set_limit(self) -> None:
        if self._limit is not None:
            now = asyncio.get_running_loop().time()
            self._limit.reschedule(now if self._is_hard else now + self.shutdown_timeout)
