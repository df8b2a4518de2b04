"""Statistics of a running job's requests: their number, rate, latency, and waits for the rate limit."""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from capillary_async.pipeline.request import CallInfo

_CALLS: Final = 1000
_RATE_SECONDS: Final = 10.0
# Calls that wait for the rate limit for less than this share of their time are not reported as waiting.
_NOTICEABLE: Final = 0.1


class CallStats:
    """Collects a client's calls; rate and latency are those of the latest calls."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._requests = 0
        self._samples: deque[tuple[float, int]] = deque()
        self._calls: deque[tuple[float, float]] = deque(maxlen=_CALLS)

    def add(self, call: CallInfo) -> None:
        """Add a call that ended."""
        if not self._samples:
            self._samples.append((self._clock(), 0))
        self._requests += call.attempts
        self._calls.append((call.seconds - call.rate_limit_wait, call.rate_limit_wait))

    @property
    def requests(self) -> int:
        """Number of requests that were sent, retries included."""
        return self._requests

    def rate(self) -> float:
        """Return the requests per second of about the last ten seconds."""
        if not self._samples:
            return 0.0
        now = self._clock()
        while len(self._samples) > 1 and now - self._samples[1][0] >= _RATE_SECONDS:
            self._samples.popleft()
        began, requests = self._samples[0]
        self._samples.append((now, self._requests))
        return (self._requests - requests) / (now - began) if now > began else 0.0

    def latency(self, share: float) -> float | None:
        """Return a percentile of the calls' seconds, without waits for the rate limit.

        Args:
            share: The share of the calls that took at most this long, such as 0.99.

        Returns:
            The seconds; `None` before the first call ended.
        """
        ordered = sorted(seconds for seconds, _ in self._calls)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None

    @property
    def is_held_back(self) -> bool:
        """Whether calls wait for the rate limit."""
        waits = sum(wait for _, wait in self._calls)
        return waits > _NOTICEABLE * sum(seconds + wait for seconds, wait in self._calls)
