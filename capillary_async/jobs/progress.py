"""How a running job is doing, for a display."""

from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

_RATE_SECONDS: Final = 10.0
_SAMPLE_SECONDS: Final = 0.5


class Progress:
    """How a running job is doing. It changes while the job runs; read it in the job's event loop.

    Attributes:
        counts: Number of keys by status.
        failed: Keys that have failed so far; some may be tried again.
        total: Number of the job's keys.
        waiting_for: What the job waits for, such as "the API, for 20 s"; empty while it works.
        last_error: What the API last answered while the job waits for it; empty while it works.
        concurrency: Lookups that may run at once at the moment.
        clock: Returns the time in seconds, from any start.
    """

    def __init__(self, counts: Mapping[str, int], total: int, clock: Callable[[], float] = monotonic) -> None:
        self.counts: dict[str, int] = dict(counts)
        self.failed: int = counts["failed"]
        self.total = total
        self.waiting_for = ""
        self.last_error = ""
        self.concurrency = 0
        self.clock = clock
        self._started = self._answered_at = self._sampled_at = clock()
        self._samples: deque[tuple[float, int]] = deque([(self._started, 0)])
        self._seen = 0

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
        return self.clock() - self._started

    @property
    def rate(self) -> float:
        """Lookups a second, of the last ten seconds."""
        now = self.clock()
        began, seen = next((one for one in self._samples if now - one[0] <= _RATE_SECONDS), self._samples[-1])
        return (self._seen - seen) / (now - began) if now > began else 0.0

    @property
    def silence(self) -> float:
        """Seconds since the last lookup ended, or since the run began."""
        return self.clock() - self._answered_at

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the present rate, or `None` if it is not known."""
        rate = self.rate
        return self.left / rate if rate > 0 else None

    def observe(self, lookups: int = 1) -> bool:
        """Count lookups that ended; return whether it is time to show the progress again."""
        self._seen += lookups
        self._answered_at = now = self.clock()
        if now - self._sampled_at < _SAMPLE_SECONDS:
            return False
        self._sampled_at = now
        self._samples.append((now, self._seen))
        while now - self._samples[0][0] > _RATE_SECONDS:
            self._samples.popleft()
        return True
