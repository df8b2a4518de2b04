"""How a running job is doing, for a display."""

import math
from collections import deque
from collections.abc import Callable
from typing import Final

_LATENCIES: Final = 1000
_RATE_SECONDS: Final = 10.0
_SAMPLE_SECONDS: Final = 0.5


class Progress:
    """How a running job is doing. It is live: read it whenever you like, in the job's event loop.

    Attributes:
        counts: How many keys have each status.
        failed: Keys that have failed so far; some may be tried once more.
        total: How many keys the job has.
        waiting_for: What the job waits for at the moment, such as "the API, for 20 s"; empty while it works.
        last_error: What the API last answered while the job waits for it; empty while it works.
        concurrency: How many lookups may run at once at the moment.
    """

    def __init__(self, counts: dict[str, int], total: int, clock: Callable[[], float]) -> None:
        self.counts = counts
        self.failed: int = counts["failed"]
        self.total = total
        self._clock = clock
        self._started = self._heard = clock()
        self._seconds: deque[float] = deque(maxlen=_LATENCIES)
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)])
        self._seen = 0
        self.waiting_for = ""
        self.last_error = ""
        self.concurrency = 0

    @property
    def found(self) -> int:
        """Keys for which there are rows."""
        return self.counts["found"]

    @property
    def empty(self) -> int:
        """Keys for which there is nothing."""
        return self.counts["empty"]

    @property
    def not_found(self) -> int:
        """Keys that the API does not know."""
        return self.counts["not_found"]

    @property
    def merged(self) -> int:
        """Customers that were merged into others."""
        return self.counts["merged"]

    @property
    def invalid(self) -> int:
        """Keys that the API refuses for another reason of its own."""
        return self.counts["invalid"]

    @property
    def done(self) -> int:
        """Keys that need no further lookup, those of earlier runs included."""
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        """Keys that are still to be looked up."""
        return self.total - self.done

    @property
    def elapsed(self) -> float:
        """Seconds since this run began."""
        return self._clock() - self._started

    @property
    def rate(self) -> float:
        """Lookups that ended in a second, lately."""
        now = self._clock()
        began, seen = next((one for one in self._samples if now - one[0] <= _RATE_SECONDS), self._samples[-1])
        seconds = now - began
        return (self._seen - seen) / seconds if seconds > 0 else 0.0

    @property
    def silence(self) -> float:
        """Seconds since the last lookup ended, or since the run began."""
        return self._clock() - self._heard

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the present rate, or `None` when nobody can tell."""
        rate = self.rate
        return (self.total - self.done) / rate if rate > 0 else None

    def latency(self, share: float) -> float | None:
        """Return how many seconds at most this share of the latest lookups took.

        Args:
            share: 0.5 for the median, 0.99 for the slow ones.

        Returns:
            `None` before the first lookup ended.
        """
        ordered = sorted(self._seconds)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None

    def observe(self, seconds: float) -> bool:
        """Take in a lookup that ended; say whether it is time to look at the progress again."""
        self._seen += 1
        self._seconds.append(seconds)
        self._heard = now = self._clock()
        if now - self._samples[-1][0] < _SAMPLE_SECONDS:
            return False
        self._samples.append((now, self._seen))
        while now - self._samples[0][0] > _RATE_SECONDS:
            self._samples.popleft()
        return True
