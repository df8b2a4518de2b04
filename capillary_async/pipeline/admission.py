"""Let a request go when there is a connection and a permit of the rate limit for it.

Both are scarce, so one queue hands out both. `Admission._let_go` alone decides who goes and when. A request gets both
at the same moment, directly above HTTP, and goes at once. That is why retries, replays and requests that waited for a
token need no special way: each of them is a request that comes through here.

* A permit is good only at its time. So the task that sends the request takes the permit, right before it sends. If
  another task took the permit and woke the sender, the sender would run later; if the process stops in between (a
  suspended machine, SIGSTOP), much later. It would have to drop the permit. In a busy event loop all would be dropped.
* Bulk work (`bulk_priority`) gives way. Of ten requests that go while both kinds wait, one is bulk work; and bulk work
  leaves a tenth of the connections, at least one, to other calls.
"""

import asyncio
import math
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from msgspec import field

from capillary_async.errors import DeadlineExceeded
from capillary_async.pipeline.clock import CallAt, call_at_loop_time, loop_time
from capillary_async.pipeline.limit import Limit
from capillary_async.pipeline.request import CallContext, InternalState, ProcessBound, Request, Response, Transport
from capillary_async.pipeline.wait_queue import Waiter, WaitQueue

_NO_ROOM: Final = "the rate limit has no room before the call's deadline"
_is_bulk: ContextVar[bool] = ContextVar("capillary_async_bulk_priority", default=False)


@contextmanager
def bulk_priority() -> Generator[None]:
    """Let the calls made inside, also by tasks that are started inside, give way to all others.

    It matters while calls wait for a connection or for the client's rate limit.
    """
    token = _is_bulk.set(True)
    try:
        yield
    finally:
        _is_bulk.reset(token)


has_bulk_priority: Final = _is_bulk.get  # whether a call made now is bulk work


class _Slots(InternalState):
    """The connections for requests of some priority, and for how long none was free."""

    free: int = 0
    _none_since: float = math.inf
    _seconds: float = 0.0

    def take(self, clock: Callable[[], float]) -> None:
        """Take one."""
        self.free -= 1
        if not self.free:
            self._none_since = clock()

    def release(self, clock: Callable[[], float]) -> None:
        """Put one back."""
        if not self.free:
            self._seconds, self._none_since = self.seconds_without(clock()), math.inf
        self.free += 1

    def seconds_without(self, now: float) -> float:
        """Return the seconds without a free one, in all."""
        return self._seconds + max(now - self._none_since, 0.0)


class Admission(ProcessBound, InternalState):
    """Lets requests go when there are a connection and a permit for them.

    Args:
        inner: Sends the requests, each over its own connection.
        limit: Gives the permits; `None` for no rate limit.
        clock: The event loop's clock, or another that `call_at` follows.
        call_at: Runs a function at a moment of that clock.
    """

    _inner: Transport
    _limit: Limit | None = None
    clock: Callable[[], float] = loop_time
    call_at: CallAt = call_at_loop_time
    _slots: _Slots = field(default_factory=_Slots)
    _bulk_slots: _Slots = field(default_factory=_Slots)
    _queue: WaitQueue = field(default_factory=WaitQueue)
    _timer: asyncio.TimerHandle | None = None
    _paused_until: float = 0.0

    def open(self, connections: int) -> None:
        """Begin to let requests go in the running loop.

        Args:
            connections: How many requests can be under way at once.
        """
        self._slots.free = connections
        self._bulk_slots.free = connections - (connections + 9) // 10 if connections > 1 else 1
        if self._limit is not None:
            self._limit.open(self._let_go)

    async def send(self, request: Request[Any], /) -> Response:
        """Wait for a connection and a permit, then carry the request.

        Raises:
            DeadlineExceeded: There is none of either before the call's deadline. At once when that is certain at once.
            CapillaryError: The rate limit's store cannot be asked; or as the transport below says.
        """
        call = request.call
        is_bulk = call.is_bulk  # read once: it changes when a call that is no bulk work joins a shared request
        if self._queue.count or self._take(is_bulk=is_bulk) > 0.0:
            await self._wait(call, Waiter(is_bulk, call.deadline))
        try:
            return await self._inner.send(request)
        finally:
            self._release(is_bulk=is_bulk)

    def pause(self, until: float) -> None:
        """Let nothing go before `until`."""
        self._paused_until = max(self._paused_until, until)

    async def close(self) -> None:
        """Leave no timer behind, and nothing open."""
        self._stop_timer()
        if self._limit is not None:
            await self._limit.close()

    def _take(self, *, is_bulk: bool) -> float:
        """Take a connection and a permit if both are there.

        Returns:
            0 if they were taken. Else the seconds after which to try again; infinite if a release or the limit tells.
        """
        if not self._slots.free or (is_bulk and not self._bulk_slots.free):
            return math.inf
        if self._paused_until > 0.0 and (pause := self._paused_until - self.clock()) > 0.0:
            return pause
        if self._limit is not None and (wait := self._take_permit(self._limit)) > 0.0:
            return wait
        self._slots.take(self.clock)
        if is_bulk:
            self._bulk_slots.take(self.clock)
        return 0.0

    def _take_permit(self, limit: Limit) -> float:
        """Take a permit that is good now; drop one that came late, because the process stood still meanwhile."""
        while True:
            asked_at = self.clock()
            wait = limit.take()
            if wait > 0.0 or self.clock() - asked_at <= limit.gcra.slack:
                return wait

    def _release(self, *, is_bulk: bool) -> None:
        self._slots.release(self.clock)
        if is_bulk:
            self._bulk_slots.release(self.clock)
        if self._queue.count:
            self._let_go()

    def _let_go(self, present: Waiter | None = None) -> None:
        """Let all go who can go now, in their order, and come back when the next one can.

        Args:
            present: The waiter whose task runs now. With a rate limit it is the only one that can go now. Others are
                woken, and their tasks call this.
        """
        self._stop_timer()
        while waiter := self._queue.first(may_be_bulk=self._bulk_slots.free > 0):
            if waiter.is_cancelled:  # its task has not run since
                self._queue.leave(waiter)
                continue
            if self._limit is not None and waiter is not present:
                waiter.wake()
                return
            wait = self._take(is_bulk=waiter.is_bulk)
            if wait == math.inf:
                return
            if wait > 0.0 and (moment := self.clock() + wait) < waiter.deadline:
                self._timer = self.call_at(moment, waiter.wake)
                return
            self._queue.pop(waiter)
            if wait > 0.0:
                waiter.refuse(_NO_ROOM)
            else:
                waiter.let_go()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wait(self, call: CallContext, waiter: Waiter) -> None:
        """Wait in the queue until there are a connection and a permit, and write down what the call waited for."""
        began = self.clock()
        if self._earliest(began, is_bulk=waiter.is_bulk) >= waiter.deadline:
            raise DeadlineExceeded(_NO_ROOM)
        without = self._seconds_without_slot(began, is_bulk=waiter.is_bulk)
        try:
            await self._wait_for_turn(waiter)
        finally:
            now = self.clock()
            waited = now - began
            is_limited = self._limit is not None or self._paused_until > began
            without = self._seconds_without_slot(now, is_bulk=waiter.is_bulk) - without
            # While both were scarce, the call waited for a connection.
            for_connection = min(without, waited) if is_limited else waited
            call.connection_wait += for_connection
            call.rate_limit_wait += waited - for_connection

    async def _wait_for_turn(self, waiter: Waiter) -> None:
        self._queue.join(waiter)
        expiry = None if waiter.deadline == math.inf else self.call_at(waiter.deadline, lambda: self._expire(waiter))
        try:
            self._let_go(waiter)
            while waiter.is_waiting:
                await waiter.sleep()
                if waiter.is_waiting:
                    self._let_go(waiter)
        except BaseException:
            self._give_up(waiter)
            raise
        finally:
            if expiry is not None:
                expiry.cancel()
        if waiter.refusal:
            raise DeadlineExceeded(waiter.refusal)

    def _give_up(self, waiter: Waiter) -> None:
        """Leave the queue. A connection that the waiter was given goes to the next one."""
        self._queue.leave(waiter)
        if waiter.may_go:
            self._release(is_bulk=waiter.is_bulk)
        elif self._queue.count:
            self._let_go()  # the timer may have been for this waiter

    def _expire(self, waiter: Waiter) -> None:
        if waiter.is_waiting:
            scarce = "the rate limit" if self._limit is not None and self._slots.free else "a connection"
            waiter.refuse(f"the deadline passed while waiting for {scarce}")
            self._queue.leave(waiter)
            self._let_go()

    def _earliest(self, now: float, *, is_bulk: bool) -> float:
        """Return a moment before which a request that joins the queue cannot go, if all before it stay."""
        if self._limit is None:
            return self._paused_until
        gcra, ahead = self._limit.gcra, self._queue.ahead_of(is_bulk=is_bulk)
        opens_at = max(self._limit.opens_at, now - gcra.credit) + ahead * gcra.interval
        return max(opens_at, self._paused_until)

    def _seconds_without_slot(self, now: float, *, is_bulk: bool) -> float:
        """Return for how long there was no connection for calls of this priority, ever."""
        seconds = self._slots.seconds_without(now)
        return seconds + self._bulk_slots.seconds_without(now) if is_bulk else seconds
