"""Fakes for tests: a virtual clock in place of real time."""

import asyncio
import heapq
import math
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


class Timer(asyncio.TimerHandle):
    """A timer that a `VirtualClock` fires."""

    def fire(self) -> None:
        """Call the callback, as an event loop does."""
        self._run()


class _CountingCallSoon:
    """Replaces the `call_soon` of an event loop, and counts the callbacks; a loop that gets none is idle."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.uncounted = loop.call_soon
        self.count = 0
        loop.call_soon = self  # type: ignore[method-assign, assignment]

    def __call__(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        self.count += 1
        return self.uncounted(callback, *args, context=context)

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop) -> "_CountingCallSoon":
        """Return the one of a loop."""
        found: object = loop.call_soon
        return found if isinstance(found, cls) else cls(loop)


class VirtualClock:
    """A clock that stands still while any task can run, and jumps to the next timer when no task can.

    It has an event loop's `time` and `call_at`, and `sleep`. It works inside any running asyncio loop. A task that
    waits for a socket counts as a task that cannot run, so tests with sockets use real time.

    Args:
        start: The first time. It is not 0, because a loop's clock never is.
        early: Seconds by which timers fire too early, as those of real loops may; negative for too late.

    Attributes:
        timers: A heap of the timers that did not fire: the time, a number, and the handle.
    """

    def __init__(self, start: float = 1000.0, *, early: float = 0.0) -> None:
        self.start = start
        self.sleeps: list[float] = []
        self._now = start
        self._early = early
        self.timers: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._is_driven = False

    def time(self) -> float:
        """Return the current time."""
        return self._now

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now - self.start

    @property
    def pending(self) -> int:
        """Number of timers that did not fire yet."""
        return sum(not timer.cancelled() for _, _, timer in self.timers)

    async def sleep(self, seconds: float) -> None:
        """Wait; `sleeps` records the length of every wait."""
        self.sleeps.append(seconds)
        woken = asyncio.get_running_loop().create_future()
        timer = self.call_at(self._now + seconds, lambda: woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call `callback` at `when`, as an event loop does."""
        loop = asyncio.get_running_loop()
        timer = Timer(when, callback, (), loop)
        self._count += 1
        # A timer that fired early and is set again fires in time, because real time would have passed.
        fires_at = when - self._early if when - self._early > self._now else when
        heapq.heappush(self.timers, (fires_at, self._count, timer))
        if not self._is_driven:
            self._is_driven = True
            self._drive_later(_CountingCallSoon.of(loop))
        return timer

    async def run_ready(self) -> None:
        """Run every other task until it waits, without advancing the time."""
        soon = _CountingCallSoon.of(asyncio.get_running_loop())
        before = -math.inf
        while soon.count > before + 1:  # the one more is this task's
            before = soon.count
            await asyncio.sleep(0)

    def block(self, seconds: float) -> None:
        """Advance the time without running tasks, as a slow callback does."""
        self._now += seconds

    def _drive_later(self, soon: _CountingCallSoon) -> None:
        soon.uncounted(self._drive, soon, soon.count)

    def _drive(self, soon: _CountingCallSoon, count: int) -> None:
        if soon.count == count:
            self._fire_next()
        self._is_driven = bool(self.timers)
        if self._is_driven:
            self._drive_later(soon)

    def _fire_next(self) -> None:
        while self.timers:
            when, _, timer = heapq.heappop(self.timers)
            if not timer.cancelled():
                self._now = max(self._now, when)
                timer.fire()
                return


async def outcomes(*awaitables: Awaitable[T]) -> list[T | BaseException]:
    """Run awaitables concurrently; return the result or the error of each, in their order."""
    return await asyncio.gather(*awaitables, return_exceptions=True)
