"""The arithmetic of a rate limit: the generic cell rate algorithm, whose whole state is one number.

The number is the theoretical arrival time: the moment at which the limit would be free of all requests so far if
each of them took one `interval`. A request may start when that moment is at most `credit` seconds away, and moves it
one interval further.

After a rest `burst` requests may start at once. Then they follow each other one interval apart. So a window holds
at most `burst` requests and those that fit into it one interval apart. The interval is chosen so that these are never
more than the limit.
"""

from typing import Final

from capillary_async.options import RateLimit
from capillary_async.pipeline.request import InternalValue

# The interval counts the window half a percent longer than it is. That is what permits may be late, or early.
_MARGIN: Final = 0.005
# Below 100 requests a window the burst is one request, which leaves no credit. Without credit each late timer would
# cost its lateness, so half of the margin serves as credit.
_LEAST_CREDIT: Final = _MARGIN / 2


class Gcra(InternalValue, frozen=True):
    """A rate limit in seconds.

    Attributes:
        interval: From one request to the next under constant pressure.
        credit: How far the theoretical arrival time may be ahead when a request starts.
        slack: How late a request may use its permit. One that is later could be one too many for its window.
    """

    interval: float
    credit: float
    slack: float

    @classmethod
    def of(cls, rate_limit: RateLimit) -> "Gcra":
        """Work out what keeps a limit: never more in any window, and 98 % of it used under constant pressure."""
        limit, window = rate_limit.limit, rate_limit.per
        burst = 1 + limit // 100
        interval = window * (1 + _MARGIN) / (limit - burst + 1)
        credit = max((burst - 1) * interval, window * _LEAST_CREDIT)
        # `limit + 1` requests take at least `limit * interval - credit` seconds. What is above the window is spare.
        return cls(interval, credit, limit * interval - credit - window)

    def take(self, arrival: float, now: float) -> tuple[float, float]:
        """Take a permit if there is one.

        Args:
            arrival: The theoretical arrival time.
            now: The present moment.

        Returns:
            The seconds until there is a permit, 0 when it was taken; and the new theoretical arrival time.
        """
        # Never further ahead than right after a permit. A greater number was written before the clock went back.
        arrival = min(arrival, self.arrival_after(self.interval, now))
        wait = arrival - self.credit - now
        if wait > 0.0:
            return wait, arrival
        return 0.0, max(arrival, now) + self.interval

    def arrival_after(self, wait: float, now: float) -> float:
        """Return the theoretical arrival time that has no permit for `wait` seconds, and no credit left."""
        return now + self.credit + wait

    def opens_at(self, arrival: float) -> float:
        """Return the moment from which there is a permit."""
        return arrival - self.credit
