"""End attempts that take too long, with one timer for all of them.

`asyncio.timeout_at` sets a timer for each attempt, which is cancelled a moment later. An event loop keeps cancelled
timers for long and sorts each new one in among them; together with the coroutines that enter and leave it, that is a
tenth of what a call costs. Here there is a timer for the attempt that has to end first, and when it goes off, for
the first of those that are then still under way: one in `attempt_timeout` seconds, however many calls there are.
What an attempt sees of it is what it would see of `asyncio.timeout_at`.
"""

import asyncio
import math
from types import TracebackType

import attrs


@attrs.define(eq=False)
class TimeoutScheduler:
    """Keeps the time for whatever runs in one event loop."""

    _loop: asyncio.AbstractEventLoop
    _limits: "set[Timeout]" = attrs.field(factory=set["Timeout"], init=False)
    _timer: asyncio.TimerHandle | None = attrs.field(default=None, init=False)
    _rings_at: float = attrs.field(default=math.inf, init=False)

    def timeout_at(self, ends_at: float) -> "Timeout":
        """Return a context that raises `TimeoutError` when it is not left by then."""
        return Timeout(self, ends_at)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = None, math.inf

    # For the contexts

    def watch(self, limit: "Timeout") -> None:
        """Look after a context that was entered."""
        self._limits.add(limit)
        if limit.ends_at < self._rings_at:
            self._set(limit.ends_at)

    def forget(self, limit: "Timeout") -> None:
        """Look no longer after a context that was left; its timer may go off for nothing."""
        self._limits.discard(limit)

    def _set(self, moment: float) -> None:
        self.close()
        self._timer, self._rings_at = self._loop.call_at(moment, self._ring), moment

    def _ring(self) -> None:
        moment = self._rings_at  # not the clock's: a timer may go off a little early
        self.close()
        for limit in [limit for limit in self._limits if limit.ends_at <= moment]:
            self._limits.discard(limit)
            limit.expire()
        if self._limits:
            self._set(min(limit.ends_at for limit in self._limits))


@attrs.define(eq=False)
class Timeout:
    """A stretch of a task that must end by a moment of the loop's clock.

    Attributes:
        ends_at: The moment.
    """

    _alarm: TimeoutScheduler
    ends_at: float
    _task: "asyncio.Task[object]" = attrs.field(init=False)
    _cancels_before: int = attrs.field(init=False)
    _is_expired: bool = attrs.field(default=False, init=False)

    def __enter__(self) -> None:
        """Begin."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine that awaits sockets runs in a task)
        self._task, self._cancels_before = task, task.cancelling()
        self._alarm.watch(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; somebody else's cancellation goes on as what it is."""
        self._alarm.forget(self)
        if self._is_expired and self._task.uncancel() <= self._cancels_before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """Interrupt the task."""
        self._is_expired = True
        self._task.cancel()
