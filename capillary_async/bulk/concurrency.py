"""Adapt the concurrency of calls and the rate of requests to the API: increase slowly, decrease fast.

An API can limit either, so both are adjusted:

* Concurrency: a round of successful calls increases it by `_STEP`. Throttling halves it. With "auto", doubled latency
  halves it too.
* Rate: unlimited until the API throttles a request. Then requests start evenly spaced, at the rate of recent answers.
  Each further throttling decreases the rate a little; time without throttling increases it a little.

A refusal of a request that started before the last decrease is ignored, so sixty refusals at once decrease the rate
once, not sixty times.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from capillary_async.errors import CapillaryError, RateLimitedError
from capillary_async.pipeline.clock import loop_time

# The first concurrency of "auto", its increase after a good round, and its maximum.
_FIRST_LIMIT: Final = 8
_STEP: Final = 4
_LAST_LIMIT: Final = 256
# Latency counts as doubled when a round's mean is more than twice the best round's. A mean below a millisecond
# depends more on this process than on the API, so it counts as a millisecond.
_RISE: Final = 2.0
_LEAST_LATENCY: Final = 0.001
# The best mean grows by 1% per round, so that a permanently slower API does not keep the concurrency small.
_FORGET: Final = 1.01

# Seconds of an interval, after which the rate is adjusted. The API's capacity is the best of the last few intervals.
_INTERVAL: Final = 0.25
_INTERVALS: Final = 4
_CUT: Final = 0.9
_RAISE: Final = 1.03
# Fraction of the gap to the last rate that was too high, by which the rate increases after each interval.
_APPROACH: Final = 0.3
_FIRST_RATE: Final = 16.0
_LEAST_RATE: Final = 0.5
_BLOCKED: Final = 1.2
_LONG_GAP: Final = 0.01
# Fewer answers than this do not show a rate. The rate is doubled until the API throttles again.
_FEW: Final = 5
# A throttled request is sent again if the API answered any request in the last `_PATIENCE` seconds. The time is longer
# for 429, because a limit per minute may refuse everything for a minute. 503 for longer than that is an outage.
_PATIENCE: Final = 10.0
_RATE_LIMIT_PATIENCE: Final = 75.0


class ConcurrencyController:
    """Controls the concurrency of calls and the rate of their requests.

    Args:
        first: The concurrency at the start.
        most: The largest concurrency.
        minds_latency: Whether rising latency decreases the concurrency.
        rate_control: The rate control of an earlier controller, to continue with its rate.

    Attributes:
        limit: The current concurrency.
        rate_control: Decides when requests start.
    """

    def __init__(
        self,
        first: int = _FIRST_LIMIT,
        most: int = _LAST_LIMIT,
        *,
        minds_latency: bool = True,
        rate_control: "RateControl | None" = None,
    ) -> None:
        self.limit: int = first
        self.rate_control: RateControl = rate_control or RateControl()
        self.rate_control.on_cut = self._halve
        self._most = most
        self._minds_latency = minds_latency
        self._best = math.inf
        self._seconds = 0.0
        self._seen = 0
        self._stale = 0

    def observe(self, seconds: float, error: Exception | None) -> None:
        """Adjust the concurrency to the outcome of a call. `limit` successful calls are a round."""
        if error is None and self.limit >= self._most and not self._stale:
            return
        if self._stale:
            # The call started with a higher concurrency, so it does not count for the current one.
            self._stale -= 1
        elif isinstance(error, RateLimitedError):
            self._halve()
        elif error is None:
            self._seconds += seconds
            self._seen += 1
            if self._seen >= self.limit:
                self._end_round()

    def _end_round(self) -> None:
        mean = max(self._seconds / self._seen, _LEAST_LATENCY)
        self._best = min(self._best * _FORGET, mean)
        # With a limited rate, most of the time is waiting for the rate, so it is not the API's latency.
        if self._minds_latency and self.rate_control.rate == math.inf and mean > self._best * _RISE:
            self._halve()
        else:
            self.limit = min(self.limit + _STEP, self._most)
            self._seconds, self._seen = 0.0, 0

    def _halve(self) -> None:
        self._stale = self.limit
        # Not below the concurrency that the rate needs by Little's law.
        self.limit = min(self.limit, max(self.limit // 2, self.rate_control.needed, 1))
        self._seconds, self._seen = 0.0, 0


@attrs.define(eq=False)
class RateControl:
    """Lets requests start evenly spaced after the API throttled a request.

    Attributes:
        is_limited: Whether the API has ever throttled a request. Before, `start_now` is always true.
        rate: Requests that may start in a second; infinite before the first throttling.
        on_cut: Called whenever the rate is decreased.
    """

    on_cut: Callable[[], None] = attrs.field(default=lambda: None, init=False)
    is_limited: bool = attrs.field(default=False, init=False)
    rate: float = attrs.field(default=math.inf, init=False)
    _uncounted: int = attrs.field(default=0, init=False)
    _answers: deque[int] = attrs.field(factory=lambda: deque([0], _INTERVALS), init=False)
    _interval_began: float = attrs.field(default=-math.inf, init=False)
    _answered_at: float = attrs.field(default=-math.inf, init=False)
    _cut_at: float = attrs.field(default=-math.inf, init=False)
    _next: float = attrs.field(default=-math.inf, init=False)
    _latency: float = attrs.field(default=0.0, init=False)
    _is_probing: bool = attrs.field(default=True, init=False)
    _ceiling: float = attrs.field(default=math.inf, init=False)
    _proven: float = attrs.field(default=0.0, init=False)
    _waiting: deque[asyncio.Future[None]] = attrs.field(factory=deque[asyncio.Future[None]], init=False)
    _timer: asyncio.TimerHandle | None = attrs.field(default=None, init=False)

    @property
    def needed(self) -> int:
        """The concurrency that this rate needs; 0 without a limited rate."""
        return 0 if self.rate == math.inf else math.ceil(self.rate * self._latency) + 1

    def start_now(self) -> bool:
        """Start a request if it need not wait; return whether it may start."""
        now = loop_time()
        if self._waiting or now < self._next:
            return False
        self._plan_next(now)
        return True

    async def wait(self, deadline: float) -> bool:
        """Wait until a request may start; return `False` at once if it cannot start before `deadline`."""
        ahead = len(self._waiting) / self.rate
        if self._next + ahead >= deadline:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._set_timer()
        await turn
        return True

    def answered(self, started: float, clock: Callable[[], float]) -> None:
        """Count an answer to a request that started at `started`."""
        self._uncounted += 1
        if not self.is_limited and self._uncounted < _FEW:
            return  # what takes time can wait while there is no rate
        now = clock()
        if now - self._interval_began >= _INTERVAL:
            self._end_interval(now)
        self._answers[-1] += self._uncounted
        self._uncounted = 0
        self._answered_at = now
        self._latency += (now - started - self._latency) * 0.1

    def throttled(self, started: float, error: CapillaryError, retry_at: float | None) -> bool:
        """Decrease the rate; return whether the throttled request should be sent again."""
        self.is_limited, now = True, loop_time()
        if self._uncounted:
            self._answers[-1] += self._uncounted
            self._uncounted, self._answered_at = 0, now
        if now - self._interval_began >= _INTERVAL:
            self._end_interval(now)
        if self._answered_at == -math.inf:
            self._answered_at = now
        if started > self._cut_at:
            self._cut(now)
        if retry_at is not None and retry_at > self._next:
            self._next = retry_at
            self._set_timer()
        patience = _RATE_LIMIT_PATIENCE if isinstance(error, RateLimitedError) else _PATIENCE
        return now - self._answered_at < patience

    def _cut(self, now: float) -> None:
        capacity = max(self._answers) / _INTERVAL
        self._cut_at = now
        if self.rate == math.inf:
            self._set_rate(_FIRST_RATE)
        elif capacity <= self.rate * _BLOCKED:  # else the API's window is used up, although the rate is not too high
            self._is_probing, self._ceiling = max(self._answers) < _FEW, self.rate
            slower = min(self.rate * _CUT, capacity or self.rate / 2)
            self._set_rate(max(slower, self._proven))
            self._proven = 0.0
        self._next = max(self._next, now + 1 / self.rate)
        self._set_timer()
        self.on_cut()

    def _end_interval(self, now: float) -> None:
        """Increase the rate if requests waited for it and none was throttled."""
        burst, is_first = max(self._answers) * _CUT, self._ceiling == math.inf and self._cut_at >= self._interval_began
        if is_first and self.rate < burst:
            self._set_rate(burst)  # most limits allow as much per second as an interval's answers at full speed
        elif self._waiting and self._answers[-1] and self._cut_at < self._interval_began:
            self._proven = self.rate
            gap = max(self._ceiling - self.rate, 0.0) if self._ceiling < math.inf else 0.0
            self._set_rate(self.rate * 2 if self._is_probing else max(self.rate * _RAISE, self.rate + gap * _APPROACH))
        if self._interval_began > -math.inf:
            self._answers.extend([0] * min(int((now - self._interval_began) / _INTERVAL), _INTERVALS))
        self._interval_began = now

    def _set_rate(self, rate: float) -> None:
        self.rate = max(rate, _LEAST_RATE)

    def _plan_next(self, now: float) -> None:
        # Keep the schedule. But if the gap is long, keep it in full even after a late request, because some gateways
        # refuse a request that comes too soon after another.
        gap = 1 / self.rate
        self._next = max(self._next + gap, now + (gap if gap >= _LONG_GAP else gap / 2))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_at(self._next, self._release)

    def _release(self) -> None:
        self._timer = None
        now = loop_time()
        while self._waiting and self._next <= now:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._plan_next(now)
        self._set_timer()


@attrs.define(eq=False)
class RequestCounter:
    """Counts requests.

    Attributes:
        requests: How many have started.
    """

    requests: int = attrs.field(default=0, init=False)


@attrs.define(eq=False)
class WorkerPacer:
    """Applies a `RateControl` to the calls of one worker; a `Pacer`.

    Attributes:
        counter: Its `requests` grows with each request that starts; the worker's user may set another one.
    """

    _rate_control: RateControl
    counter: RequestCounter = attrs.field(factory=RequestCounter, init=False)
    _started: float = attrs.field(default=0.0, init=False)
    _clock: Callable[[], float] = attrs.field(factory=lambda: asyncio.get_running_loop().time, init=False)

    def start_now(self) -> bool:
        """Start a request if it need not wait; return whether it may start."""
        if self._rate_control.is_limited and not self._rate_control.start_now():
            return False
        self.counter.requests += 1
        self._started = self._clock()
        return True

    async def wait(self, deadline: float) -> bool:
        """Wait until a request may start; return `False` if it cannot start before `deadline`."""
        is_in_time = await self._rate_control.wait(deadline)
        if is_in_time:
            self.counter.requests += 1
            self._started = self._clock()
        return is_in_time

    def answered(self) -> None:
        """Count an answer to the worker's request."""
        self._rate_control.answered(self._started, self._clock)

    def throttled(self, error: CapillaryError, retry_at: float | None) -> bool:
        """Decrease the rate; return whether to send the request again."""
        return self._rate_control.throttled(self._started, error, retry_at)
