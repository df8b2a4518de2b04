"""How a caller of many calls decides when each of their requests starts.

`lookup_many(concurrency="auto")` and bulk jobs slow down when the API throttles, and speed up when it does not. For
that they hand a `Pacer` to the retries of every call that is made inside `paced_by`: it lets each attempt start, hears
what came of it, and says whether a throttled request is sent again. Such a retry costs no budget and does not hold
back the calls of others: an API that throttles some requests while it answers others is not in trouble.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Protocol

from capillary_async.errors import CapillaryError, RateLimitedError, ServerError


class Pacer(Protocol):
    """Decides when the requests of some calls start."""

    def start_now(self) -> bool:
        """Let a request start, if it need not wait; say whether it may."""
        ...

    async def wait(self, deadline: float) -> bool:
        """Wait until a request may start; `False` at once when that is not before `deadline`."""
        ...

    def answered(self) -> None:
        """Take note that the API answered a request, and did not throttle it."""
        ...

    def throttled(self, error: CapillaryError, retry_at: float | None) -> bool:
        """Take note that the API throttled a request.

        Args:
            error: What it answered.
            retry_at: The loop time before which the API wants no requests, or `None` when it did not say.

        Returns:
            Whether to send the request again.
        """
        ...


_pacer: ContextVar[Pacer | None] = ContextVar("capillary_async_pacer", default=None)


current_pacer: Final = _pacer.get  # the pacer of the calls made here, or `None`


@contextmanager
def paced_by(pacer: Pacer) -> Generator[None]:
    """Let `pacer` decide when the requests of the calls made inside start, also those of tasks started inside."""
    token = _pacer.set(pacer)
    try:
        yield
    finally:
        _pacer.reset(token)


def is_throttling(error: BaseException | None) -> bool:
    """Whether an error says "too many": 429, or the 503 that gateways send instead."""
    return isinstance(error, RateLimitedError) or (isinstance(error, ServerError) and error.status == 503)
