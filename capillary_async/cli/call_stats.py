"""What the requests of a running job are like: how many, how fast, and what holds them back."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from capillary_async.pipeline.request import CallInfo

_CALLS: Final = 1000
_RATE_SECONDS: Final = 10.0
# Less than this share of a call's time spent in line for the rate limit is not what holds it back.
_NOTICEABLE: Final = 0.1


class CallStats:
    """Listens to a client's calls; what it tells is about the latest ones."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests = 0
        self._samples: deque[tuple[float, int]] = deque()
        self._calls: deque[tuple[float, float]] = deque(maxlen=_CALLS)

    def add(self, call: CallInfo) -> None:
        """Take a finished call in."""
        if not self._samples:
            self._samples.append((self._clock(), 0))
        self._requests += call.attempts
        self._calls.append((call.seconds - call.rate_limit_wait, call.rate_limit_wait))

    def rate(self) -> float:
        """Return the requests per second since whoever asked about ten seconds ago."""
        if not self._samples:
            return 0.0
        now = self._clock()
        while len(self._samples) > 1 and now - self._samples[1][0] >= _RATE_SECONDS:
            self._samples.popleft()
        began, requests = self._samples[0]
        self._samples.append((now, self._requests))
        return (self._requests - requests) / (now - began) if now > began else 0.0

    def latency(self, share: float) -> float | None:
        """Return the seconds that this share of the calls took at most, without waits for the rate limit.

        Returns:
            `None` before the first call ended.
        """
        ordered = sorted(seconds for seconds, _ in self._calls)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None

    @property
    def is_held_back(self) -> bool:
        """Whether calls wait for the rate limit."""
        waited = sum(waited for _, waited in self._calls)
        return waited > _NOTICEABLE * sum(seconds + waited for seconds, waited in self._calls)
