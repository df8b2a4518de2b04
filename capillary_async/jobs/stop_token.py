"""How a run is stopped from outside."""

import asyncio
from collections.abc import Awaitable
from types import TracebackType
from typing import Self


class StopToken:
    """Ends the block that it guards, softly or at once, without an exception.

    A soft stop gives the block `shutdown_timeout` seconds to end by itself.

    Attributes:
        reason: Why the run stops; `None` while it does not.
        shutdown_timeout: Seconds.
    """

    def __init__(self, shutdown_timeout: float = 19.0) -> None:
        self.reason: str | None = None
        self.shutdown_timeout = shutdown_timeout
        self._timeout: asyncio.Timeout = asyncio.Timeout(None)
        self._is_inside = self._is_hard = False

    async def __aenter__(self) -> Self:
        """Guard the block."""
        self._timeout = asyncio.Timeout(None)
        await self._timeout.__aenter__()
        self._is_inside = True
        self._set_deadline()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Suppress the error that ended the block if the token ended it."""
        self._is_inside = False
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            return True
        return False

    def stop(self, reason: str, *, at_once: bool = False) -> None:
        """Stop softly or at once. The first reason counts."""
        is_first = self.reason is None
        self.reason = self.reason or reason
        self._is_hard |= at_once
        if is_first or at_once:
            self._set_deadline()

    async def interrupting(self, wait: Awaitable[object]) -> None:
        """Wait. A stop ends the wait, and the block with it, at once."""
        was_hard, self._is_hard = self._is_hard, True
        self._set_deadline()
        await wait
        self._is_hard = was_hard

    def _set_deadline(self) -> None:
        if self._is_inside and self.reason is not None:
            now = asyncio.get_running_loop().time()
            self._timeout.reschedule(now if self._is_hard else now + self.shutdown_timeout)
