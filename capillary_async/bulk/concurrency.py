"""How many calls to run at once, and how fast requests may start, when the API decides: increase slowly, cut fast.

Two things are adjusted, because an API can limit either. *Concurrency*: a round of good outcomes adds a little,
throttling halves it, and with "auto" so does latency that doubles. *Pace*: there is none until the API throttles a
request. Then requests start evenly spaced, at the rate that the API answered lately, a little slower after each
further throttling and a little faster while there is none.

A request that was sent before the last cut says nothing about it, so sixty refusals at once are one reason to slow
down, not sixty.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from typing import Final

import attrs

from capillary_async.errors import CapillaryError, RateLimitedError
from capillary_async.pipeline.request import loop_time

# Where "auto" begins, by how much a good round raises it, and where it ends.
_FIRST_LIMIT: Final = 8
_STEP: Final = 4
_LAST_LIMIT: Final = 256
# Latency has risen when a round's mean is more than twice the best round's. Below a millisecond it
# says more about this process than about the API.
_RISE: Final = 2.0
_LEAST_LATENCY: Final = 0.001
# The best round is forgotten slowly: an API that became slower for good is no reason to stay small.
_FORGET: Final = 1.01

# The pace is looked at once in so many seconds; what the API bears is the best of the last few looks.
_LOOK: Final = 0.25
_LOOKS: Final = 4
_CUT: Final = 0.9
_RAISE: Final = 1.03
# How much of the way to the pace that was too fast is made up at each look.
_APPROACH: Final = 0.3
_FIRST_RATE: Final = 16.0
_LEAST_RATE: Final = 0.5
_BLOCKED: Final = 1.2
_LONG_GAP: Final = 0.01
# So few answers do not tell a rate: it is doubled until the API throttles again.
_FEW: Final = 5
# A throttled request is sent again while the API has answered any within so many seconds. Limits by a minute answer
# 429, and nothing for up to a minute; a 503 without an answer for long is an outage.
_PATIENCE: Final = 10.0
_RATE_LIMIT_PATIENCE: Final = 75.0


class ConcurrencyController:
    """Finds a concurrency and a pace.

    Args:
        first: How many calls run at once to begin with.
        most: How many may at most.
        minds_latency: Whether latency that rises is a reason to run fewer.
        pace: One that was found before, to go on with.

    Attributes:
        limit: How many calls should run at once now.
        pace: When requests start.
    """

    def __init__(
        self,
        first: int = _FIRST_LIMIT,
        most: int = _LAST_LIMIT,
        *,
        minds_latency: bool = True,
        pace: "Pace | None" = None,
    ) -> None:
        self.limit: int = first
        self.pace: Pace = pace or Pace()
        self.pace.on_cut = self._halve
        self._most = most
        self._minds_latency = minds_latency
        self._best = math.inf
        self._seconds = 0.0
        self._seen = 0
        self._stale = 0

    def observe(self, seconds: float, error: Exception | None) -> None:
        """Take one outcome into account. A round is as many of them as calls run at once."""
        if self._stale:
            # It started when more were running, so it says nothing about the present limit.
            self._stale -= 1
        elif isinstance(error, RateLimitedError):
            self._halve()
        elif error is None and self.limit < self._most:
            self._seconds += seconds
            self._seen += 1
            if self._seen >= self.limit:
                self._end_round()

    def _end_round(self) -> None:
        mean = max(self._seconds / self._seen, _LEAST_LATENCY)
        self._best = min(self._best * _FORGET, mean)
        # While there is a pace, most of the time goes by in waiting for it.
        if self._minds_latency and self.pace.rate == math.inf and mean > self._best * _RISE:
            self._halve()
        else:
            self.limit = min(self.limit + _STEP, self._most)
            self._seconds, self._seen = 0.0, 0

    def _halve(self) -> None:
        self._stale = self.limit
        # As many as it takes to keep up the pace, by Little's law, are not too many.
        self.limit = min(self.limit, max(self.limit // 2, self.pace.needed, 1))
        self._seconds, self._seen = 0.0, 0


@attrs.define(eq=False)
class Pace:
    """Lets requests start evenly spaced once the API has throttled any.

    Attributes:
        rate: Requests that may start in a second; infinite before the first throttling.
        on_cut: Called whenever the pace is cut.
    """

    on_cut: Callable[[], None] = attrs.field(default=lambda: None, init=False)
    rate: float = attrs.field(default=math.inf, init=False)
    _answers: deque[int] = attrs.field(factory=lambda: deque([0], _LOOKS), init=False)
    _look_began: float = attrs.field(default=-math.inf, init=False)
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
        """How many requests run at once when they start at this pace; 0 without one."""
        return 0 if self.rate == math.inf else math.ceil(self.rate * self._latency) + 1

    def start_now(self) -> bool:
        """Let a request start if it need not wait."""
        if self.rate == math.inf and self._next == -math.inf:
            return True
        now = loop_time()
        if self._waiting or now < self._next:
            return False
        self._plan_next(now)
        return True

    async def wait(self, deadline: float) -> bool:
        """Wait until a request may start; `False` at once when that is not before `deadline`."""
        ahead = len(self._waiting) / self.rate
        if self._next + ahead >= deadline:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._set_timer()
        await turn
        return True

    def answered(self, started: float, now: float) -> None:
        """Take note of an answer to a request that started then."""
        if now - self._look_began >= _LOOK:
            self._look(now)
        self._answers[-1] += 1
        self._answered_at = now
        self._latency += (now - started - self._latency) * 0.1

    def throttled(self, started: float, error: CapillaryError, retry_at: float | None) -> bool:
        """Slow down; return whether to bear with the API."""
        now = loop_time()
        if now - self._look_began >= _LOOK:
            self._look(now)
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
        borne = max(self._answers) / _LOOK
        self._cut_at = now
        if self.rate == math.inf:
            self._set_rate(_FIRST_RATE)
        elif borne <= self.rate * _BLOCKED:  # else a window of the API's is used up, and this pace is none too fast
            self._is_probing, self._ceiling = max(self._answers) < _FEW, self.rate
            slower = min(self.rate * _CUT, borne or self.rate / 2)
            self._set_rate(max(slower, self._proven))
            self._proven = 0.0
        self._next = max(self._next, now + 1 / self.rate)
        self._set_timer()
        self.on_cut()

    def _look(self, now: float) -> None:
        """Speed up if the pace was what held requests back, and none was throttled."""
        answers, is_first = self._answers[-1], self._ceiling == math.inf and self._cut_at >= self._look_began
        if is_first and self.rate < answers:
            self._set_rate(answers)  # such a burst is what most limits allow in a second
        elif self._waiting and answers and self._cut_at < self._look_began:
            self._proven = self.rate
            gap = max(self._ceiling - self.rate, 0.0) if self._ceiling < math.inf else 0.0
            self._set_rate(self.rate * 2 if self._is_probing else max(self.rate * _RAISE, self.rate + gap * _APPROACH))
        missed = 0 if self._look_began == -math.inf else min(int((now - self._look_began) / _LOOK), _LOOKS)
        self._answers.extend([0] * missed)
        self._look_began = now

    def _set_rate(self, rate: float) -> None:
        self.rate = max(rate, _LEAST_RATE)

    def _plan_next(self, now: float) -> None:
        # On schedule; but where that is long, two requests are never closer than the pace says, even if the first one
        # was late: some gateways refuse the second.
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
class WorkerPacer:
    """The pace as one worker's calls see it; a `Pacer`.

    Attributes:
        requests: How many requests were sent since somebody set it to 0.
    """

    _pace: Pace
    requests: int = attrs.field(default=0, init=False)
    _started: float = attrs.field(default=0.0, init=False)
    _clock: Callable[[], float] = attrs.field(factory=lambda: asyncio.get_running_loop().time, init=False)

    def start_now(self) -> bool:
        """Let a request start if it need not wait."""
        if not self._pace.start_now():
            return False
        self._note_start()
        return True

    async def wait(self, deadline: float) -> bool:
        """Wait until a request may start."""
        is_in_time = await self._pace.wait(deadline)
        if is_in_time:
            self._note_start()
        return is_in_time

    def answered(self) -> None:
        """Take note of an answer."""
        self._pace.answered(self._started, self._clock())

    def throttled(self, error: CapillaryError, retry_at: float | None) -> bool:
        """Slow down; return whether to send the request again."""
        return self._pace.throttled(self._started, error, retry_at)

    def _note_start(self) -> None:
        self.requests += 1
        self._started = self._clock()
