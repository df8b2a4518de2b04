"""How many calls to run at once when nobody says so: additive increase, multiplicative decrease."""

from typing import Final

from capillary_async.errors import RateLimitedError

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


class ConcurrencyController:
    """Finds a concurrency: a round of good outcomes adds a little, throttling or rising latency halves it.

    Attributes:
        limit: How many calls should run at once now.
    """

    def __init__(self) -> None:
        self.limit = _FIRST_LIMIT
        self._best = float("inf")
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
        elif error is None:
            self._seconds += seconds
            self._seen += 1
            if self._seen >= self.limit:
                self._end_round()

    def _end_round(self) -> None:
        mean = max(self._seconds / self._seen, _LEAST_LATENCY)
        self._best = min(self._best * _FORGET, mean)
        if mean > self._best * _RISE:
            self._halve()
        else:
            self.limit = min(self.limit + _STEP, _LAST_LIMIT)
            self._seconds, self._seen = 0.0, 0

    def _halve(self) -> None:
        self._stale = self.limit
        self.limit = max(self.limit // 2, 1)
        self._seconds, self._seen = 0.0, 0
