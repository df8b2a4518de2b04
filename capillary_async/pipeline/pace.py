"""How far apart starts are, and how long each is remembered."""

from typing import Final

import attrs

from capillary_async.options import RateLimit

# The guard counts the window half a percent longer than it is. That covers rounding, timers that fire
# early, and some of the network's unevenness: the server counts arrivals, not starts. The pace is one
# and a half percent slower than the limit, so that under constant pressure it runs just below the
# guard and a late timer does not add up; 98.5 % of the limit is used.
_GUARD_MARGIN: Final = 1.005
_PACE_MARGIN: Final = 1.015
_MOST_AT_ONCE: Final = 10
# Half a start of credit makes good a late timer, and is too little for a start of its own. Where
# starts are closer than timers are exact, the credit is what such a timer may be late.
_SPARE_STARTS: Final = 0.5
_LATENESS: Final = 0.01


@attrs.frozen
class Pace:
    """A rate limit in seconds.

    Attributes:
        window: How long a start is remembered.
        interval: From one start to the next.
        credit: How far starts may run ahead of even intervals, after a rest.
    """

    window: float
    interval: float
    credit: float

    @classmethod
    def of(cls, rate_limit: RateLimit) -> "Pace":
        """Work out the pace that keeps a limit."""
        interval = rate_limit.per * _PACE_MARGIN / rate_limit.limit
        at_once = max(1, min(_MOST_AT_ONCE, rate_limit.limit // 10))
        credit = max((at_once - 1 + _SPARE_STARTS) * interval, _LATENESS)
        return cls(rate_limit.per * _GUARD_MARGIN, interval, credit)
