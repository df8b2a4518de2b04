"""The limit in its place among the transports."""

import math
from collections.abc import Callable
from typing import Any, Protocol

import attrs

from capillary_async.protocol import Request, Response, Transport


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
            await self._wait(request)
        return await self._inner.send(request)

    async def _wait(self, request: Request[Any]) -> None:
        began = self._limiter.clock()
        try:
            await self._limiter.acquire(request.call.deadline)
        finally:
            request.call.waited += self._limiter.clock() - began
