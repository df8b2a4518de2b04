"""End attempts that take too long, with one timer for all of them.

`asyncio.timeout_at` sets a timer for each attempt, which is cancelled a moment later. An event loop keeps cancelled
timers for long and sorts each new one in among them. Together with the coroutines that enter and leave it, that is a
tenth of what a call costs. Here there is one timer, for the attempt that has to end first. When it fires, it is set for
the first of those that are still under way: once in `attempt_timeout` seconds, however many calls there are. An attempt
sees the same as with `asyncio.timeout_at`.
"""

import asyncio
import math
from types import TracebackType

import msgspec
from msgspec import field

from capillary_async.pipeline.clock import CallAt, call_at_loop_time
from capillary_async.pipeline.request import InternalState


class TimeoutScheduler(InternalState):
    """Interrupts the contexts of one event loop whose time is over.

    Args:
        call_at: Runs a function at a moment of the loop's clock.
    """

    _call_at: CallAt = call_at_loop_time
    _timeouts: "set[Timeout]" = field(default_factory=set["Timeout"])
    _timer: asyncio.TimerHandle | None = None
    _fires_at: float = math.inf

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._fires_at = None, math.inf

    def watch(self, timeout: "Timeout") -> None:
        """End a context when its time is over."""
        self._timeouts.add(timeout)
        if timeout.ends_at < self._fires_at:
            self._set_timer(timeout.ends_at)

    def forget(self, timeout: "Timeout") -> None:
        """Leave a context alone that was left. The timer stays, because to set another one costs more."""
        self._timeouts.discard(timeout)

    def _set_timer(self, moment: float) -> None:
        self.close()
        self._timer, self._fires_at = self._call_at(moment, self._end_late), moment

    def _end_late(self) -> None:
        moment = self._fires_at  # not the clock's: a timer may fire a little early
        self.close()
        for timeout in [timeout for timeout in self._timeouts if timeout.ends_at <= moment]:
            self._timeouts.discard(timeout)
            timeout.expire()
        if self._timeouts:
            self._set_timer(min(timeout.ends_at for timeout in self._timeouts))


class Timeout(msgspec.Struct, eq=False):
    """A context that raises `TimeoutError` if it is not left by `ends_at`, a moment of the loop's clock."""

    _scheduler: TimeoutScheduler
    ends_at: float
    _task: "asyncio.Task[object] | None" = None
    _cancels_before: int = 0
    _is_expired: bool = False

    def __enter__(self) -> None:
        """Begin."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine that awaits sockets runs in a task)
        self._task, self._cancels_before = task, task.cancelling()
        self._scheduler.watch(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End. A cancellation that is not the scheduler's stays one."""
        self._scheduler.forget(self)
        if not self._is_expired or self._task is None:
            return
        if self._task.uncancel() <= self._cancels_before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """Interrupt the task."""
        self._is_expired = True
        if self._task is not None:
            self._task.cancel()
