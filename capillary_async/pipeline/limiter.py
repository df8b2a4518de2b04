"""The limit in its place among the transports."""

import math
from collections.abc import Callable
from typing import Any, Protocol

import attrs

from capillary_async.pipeline.request import CallContext, Request, Response, Transport


class Limiter(Protocol):
    """Says when a request may start."""

    clock: Callable[[], float]

    def start_now(self) -> bool:
        """Take a start if that is possible without waiting; say whether it was taken."""
        ...

    async def acquire(self, deadline: float = math.inf) -> None:
        """Wait until a request may start, and take that start.

        Raises:
            DeadlineExceeded: There is no room before the deadline.
        """
        ...

    def give_back(self) -> None:
        """Undo the start that was taken last, in this very turn of the loop: its request could not leave."""
        ...

    def pause(self, until: float) -> None:
        """Let nothing start before `until`."""
        ...

    async def close(self) -> None:
        """Give back what the limiter holds."""
        ...


@attrs.frozen(eq=False)
class RateLimitedTransport:
    """Lets a request through only when the rate limit has room for it."""

    _inner: Transport
    _limiter: Limiter

    async def send(self, request: Request[Any], /) -> Response:
        """Wait for room, then carry the request.

        Raises:
            DeadlineExceeded: There is no room before the call's deadline.
            CapillaryError: As the transport below says.
        """
        if not self._limiter.start_now():
            await wait_for_start(self._limiter, request.call)
        return await self._inner.send(request)


async def wait_for_start(limiter: Limiter, call: CallContext) -> None:
    """Wait until a request may start, take that start, and write down how long it took.

    Raises:
        DeadlineExceeded: There is no room before the call's deadline.
    """
    began = limiter.clock()
    try:
        await limiter.acquire(call.deadline)
    finally:
        call.rate_limit_wait += limiter.clock() - began
