"""Keep a rate limit within one client.

The guard remembers when requests started, in at most about a thousand clusters whatever the limit is:
starts within a thousandth of the window count as one cluster, which is let go when its last start is
old enough. That errs on the safe side, by a thousandth.

One timer serves all that wait; a request that finds room costs a clock reading and a few comparisons.
"""

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import attrs

from capillary_async.errors import DeadlineExceeded
from capillary_async.options import RateLimit
from capillary_async.pipeline.pace import Pace
from capillary_async.pipeline.request import loop_time

_CLUSTERS: Final = 1000
# Of so many starts, one goes to bulk work when both kinds wait.
_TURNS: Final = 10

_is_low: ContextVar[bool] = ContextVar("capillary_async_bulk_priority", default=False)

CallAt = Callable[[float, Callable[[], object]], asyncio.TimerHandle]
Line = OrderedDict[asyncio.Future[bool], None]


@contextmanager
def bulk_priority() -> Generator[None]:
    """Let the calls made inside, also by tasks that are started inside, give way to all others.

    It matters only while calls wait for the client's rate limit.
    """
    token = _is_low.set(True)
    try:
        yield
    finally:
        _is_low.reset(token)


def call_at_loop_time(when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
    """Run `callback` at a moment of the running event loop's clock."""
    return asyncio.get_running_loop().call_at(when, callback)


@attrs.define(eq=False)
class _Cluster:
    """Starts that are remembered together."""

    first: float
    last: float
    count: int = 1


class _Guard:
    """Knows whether one more start would be too many for any window."""

    __slots__ = ("_clusters", "_count", "_grain", "_limit", "_window")

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._window = window
        self._grain = window / _CLUSTERS
        self._clusters: deque[_Cluster] = deque()
        self._count = 0

    def opens_at(self, now: float, pending: int) -> float:
        """Return when one more may start; the past means now.

        Args:
            now: The present moment.
            pending: Starts that were granted but have not been noted yet.
        """
        clusters = self._clusters
        while clusters and clusters[0].last + self._window <= now:
            self._count -= clusters.popleft().count
        if self._count + pending < self._limit:
            return -math.inf
        return (clusters[0].last if clusters else now) + self._window

    def note(self, now: float) -> None:
        """Remember that a request starts now."""
        self._count += 1
        clusters = self._clusters
        if clusters and now - clusters[-1].first < self._grain:
            clusters[-1].last = now
            clusters[-1].count += 1
        else:
            clusters.append(_Cluster(now, now))

    def strike_last(self) -> None:
        """Forget the start that was noted last."""
        self._count -= 1
        self._clusters[-1].count -= 1


class RateLimiter:
    """Grants starts within a rate limit, evenly and in order.

    Args:
        rate_limit: How many in which time.
        clock: The running event loop's clock, or another that `call_at` follows.
        call_at: Runs a function at a moment of that clock.
    """

    def __init__(
        self,
        rate_limit: RateLimit,
        *,
        clock: Callable[[], float] = loop_time,
        call_at: CallAt = call_at_loop_time,
    ) -> None:
        pace = Pace.of(rate_limit)
        self.clock = clock
        self._call_at = call_at
        self._guard = _Guard(rate_limit.limit, pace.window)
        self._interval = pace.interval
        self._credit = pace.credit
        self._next = -math.inf
        self._paused_until = -math.inf
        self._granted = 0
        self._turn = 0
        # Not plain dicts: those get slow when entries leave at the front.
        self._calls: Line = OrderedDict()
        self._bulk: Line = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def start_now(self) -> bool:
        """Take a start if there is room for one now and nobody waits; say whether it was taken."""
        if self._calls or self._bulk or self._granted:
            return False
        now = self.clock()
        if now < self._next or self._guard.opens_at(now, 0) > now:
            return False
        self._advance_pace(now)
        self._guard.note(now)
        return True

    async def acquire(self, deadline: float = math.inf) -> None:
        """Wait until a request may start, and take that start.

        Raises:
            DeadlineExceeded: There is no room before the deadline. Raised at once when that is
                certain at once.
        """
        if not self.start_now():
            await self._wait_in_line(deadline)

    def give_back(self) -> None:
        """Undo the start that was taken last: its request could not leave."""
        self._guard.strike_last()
        self._pass_on()

    def pause(self, until: float) -> None:
        """Grant nothing before `until`; what waits then goes evenly, as always."""
        self._paused_until = max(self._paused_until, until)
        self._next = max(self._next, until)

    async def close(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wait_in_line(self, deadline: float) -> None:
        line = self._bulk if _is_low.get() else self._calls
        if self._earliest(line) >= deadline:
            raise DeadlineExceeded("the rate limit has no room before the call's deadline")
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        line[place] = None
        expiry = None if deadline == math.inf else self._call_at(deadline, lambda: self._expire(line, place))
        if self._timer is None:
            self._grant()
        try:
            is_granted = await place
        except asyncio.CancelledError:
            self._leave(line, place)
            raise
        finally:
            if expiry is not None:
                expiry.cancel()
        if not is_granted:
            raise DeadlineExceeded("the deadline passed while the call waited for the rate limit")
        # Noted here and not when it was granted: a busy loop may have let time pass in between.
        self._granted -= 1
        self._guard.note(self.clock())

    def _earliest(self, line: Line) -> float:
        """Return a moment before which one more in this line cannot start, if all before it stay."""
        ahead = len(self._calls)
        if line is self._bulk:
            ahead = min(ahead + len(line), _TURNS * len(line))
        now = self.clock()
        self._heed_guard(now)
        return max(self._next, now - self._credit) + ahead * self._interval

    def _expire(self, line: Line, place: asyncio.Future[bool]) -> None:
        if not place.done():
            del line[place]
            place.set_result(False)

    def _leave(self, line: Line, place: asyncio.Future[bool]) -> None:
        """Give up a place; a start that was granted already goes to whoever is next."""
        if place.cancelled():
            line.pop(place, None)
        elif place.result():
            self._granted -= 1
            self._pass_on()

    def _pass_on(self) -> None:
        """Let whoever is next have a start that was not used."""
        self._next = max(self._next - self._interval, self._paused_until)
        self._grant()

    def _grant(self) -> None:
        """Let go who may start now, and set the timer for who is next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._calls or self._bulk:
            now = self.clock()
            self._heed_guard(now)
            if self._next > now:
                self._timer = self._call_at(self._next, self._grant)
                return
            place = self._take_first()
            if not place.cancelled():
                place.set_result(True)
                self._granted += 1
                self._advance_pace(now)

    def _heed_guard(self, now: float) -> None:
        """Start the pace anew when the guard opens, so that no credit gathers while it holds requests back."""
        self._next = max(self._next, self._guard.opens_at(now, self._granted))

    def _advance_pace(self, now: float) -> None:
        self._next = max(self._next, now - self._credit) + self._interval

    def _take_first(self) -> asyncio.Future[bool]:
        """Remove the one whose turn it is from its line."""
        line = self._calls or self._bulk
        if self._calls and self._bulk:
            self._turn = (self._turn + 1) % _TURNS
            line = self._calls if self._turn else self._bulk
        return line.popitem(last=False)[0]
