"""Let no more requests start than the API allows, in any window, without making them wait for nothing.

Two rules decide when the next request may start (`pace`).

* The guard: in no window of `per` seconds do more than `limit` start, wherever the window begins.
* The pace: starts follow each other evenly, `per / limit` apart. A client that was idle may start a
  few at once (a tenth of the limit, ten at most), so that now and then a handful of calls waits for
  nothing; waiting requests are never let go in a burst.

The guard alone would let a thousand requests go at once and then none for a minute. The pace alone
would break the limit in the window after a quiet time. Where the guard holds requests back, the pace
starts anew at the moment it lets go, so no credit gathers meanwhile.

Waiting requests go in the order they came. Those that come from bulk work (`low_priority`) let
the others pass, but of ten starts one is theirs, so that a busy web backend cannot starve a job.

A limit is kept by one client for itself (`local`), or by many processes together (`shared`), who
write their starts down in one place (`stores`).
"""

from capillary_async.ratelimit.local import RateLimiter, low_priority
from capillary_async.ratelimit.shared import SharedRateLimit, SharedRateLimiter, limiter_for
from capillary_async.ratelimit.transport import Limiter, RateLimitedTransport, wait_for_start

__all__ = [
    "Limiter",
    "RateLimitedTransport",
    "RateLimiter",
    "SharedRateLimit",
    "SharedRateLimiter",
    "limiter_for",
    "low_priority",
    "wait_for_start",
]
