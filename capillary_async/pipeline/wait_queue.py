"""A queue of waiting calls with two priorities, fair within each, that a call may leave at any time."""

import asyncio
from collections import OrderedDict
from typing import Final

from msgspec import field

from capillary_async.pipeline.request import InternalState

# While both kinds wait, one of ten that go is bulk work. So a busy web backend cannot starve a job.
_TURNS: Final = 10


class Waiter(InternalState):
    """A call that waits.

    Attributes:
        is_bulk: Whether the call gives way to others.
        deadline: The latest moment at which the call may still run.
        may_go: Whether the call has what it waited for.
        refusal: Why the call fails instead; empty if it does not.
    """

    is_bulk: bool
    deadline: float
    may_go: bool = False
    refusal: str = ""
    _woken: "asyncio.Future[None] | None" = None

    @property
    def is_waiting(self) -> bool:
        """Whether it is still open what becomes of the call."""
        return not (self.may_go or self.refusal)

    @property
    def is_cancelled(self) -> bool:
        """Whether the waiting task was cancelled, and will leave when it runs."""
        return self._woken is not None and self._woken.cancelled()

    async def sleep(self) -> None:
        """Sleep until woken."""
        self._woken = asyncio.get_running_loop().create_future()
        await self._woken

    def wake(self) -> None:
        """Have the waiting task run soon, if it sleeps."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def let_go(self) -> None:
        """Have the call go."""
        self.may_go = True
        self.wake()

    def refuse(self, reason: str) -> None:
        """Have the call fail."""
        self.refusal = reason
        self.wake()


class WaitQueue(InternalState):
    """Calls that wait, in the order in which they go.

    Attributes:
        count: How many there are.
    """

    count: int = 0
    # Not plain dicts: those get slow when entries leave at the front.
    _calls: OrderedDict[Waiter, None] = field(default_factory=OrderedDict[Waiter, None])
    _bulk: OrderedDict[Waiter, None] = field(default_factory=OrderedDict[Waiter, None])
    _turn: int = 0

    def join(self, waiter: Waiter) -> None:
        """Wait behind all of the same priority."""
        self._queue_of(waiter)[waiter] = None
        self.count += 1

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer."""
        queue = self._queue_of(waiter)
        if waiter in queue:
            del queue[waiter]
            self.count -= 1

    def first(self, *, may_be_bulk: bool) -> Waiter | None:
        """Return the call that goes next; `None` if no call that may go waits."""
        is_bulk = may_be_bulk and bool(self._bulk) and (not self._calls or self._turn == _TURNS - 1)
        return next(iter(self._bulk if is_bulk else self._calls), None)

    def pop(self, waiter: Waiter) -> None:
        """Remove the call that goes, and count its turn."""
        if self._calls and self._bulk:
            self._turn = 0 if waiter.is_bulk else min(self._turn + 1, _TURNS - 1)
        self.leave(waiter)

    def ahead_of(self, *, is_bulk: bool) -> int:
        """Return the least number of calls that go before one that joins now, if none leaves."""
        calls, bulk = len(self._calls), len(self._bulk)
        return min(calls + bulk, _TURNS * bulk) if is_bulk else calls

    def _queue_of(self, waiter: Waiter) -> OrderedDict[Waiter, None]:
        return self._bulk if waiter.is_bulk else self._calls
