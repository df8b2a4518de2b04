"""The whole client without sockets, on a virtual clock, so that hours pass in a moment."""

import asyncio
import selectors
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, TypeVar
from unittest.mock import patch

import attrs

from capillary_async import CallInfo, CapillaryClient, ClientOptions
from capillary_async.codec import Converter
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import Request, Response
from capillary_async.pipeline.responses import HttpResponse, read

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """A selector that advances the time to the next timer instead of waiting."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("every task waits for something that will never happen")
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stops while any task can run, and jumps to the next timer when no task can."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Return the virtual time."""
        return self._clock.now


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


Respond = Callable[[Request[Any]], Awaitable[HttpResponse]]


class FakeHttp:
    """Replaces the client's HTTP transport; a function answers the requests.

    Attributes:
        connections: Largest number of running requests.
        starts: Start times of the requests.
    """

    def __init__(self, respond: Respond, options: ClientOptions) -> None:
        self._respond = respond
        self.connections = options.max_connections
        self.starts: list[float] = []
        self._converter = Converter(UTC)

    async def open(self) -> None:
        """Open nothing."""

    async def close(self) -> None:
        """Close nothing."""

    async def send(self, request: Request[Any], /) -> Response:
        """Return the function's answer."""
        request.call.attempts += 1
        self.starts.append(loop_time())
        answer = await self._respond(request)
        request.call.status = answer.status
        return read(answer, request, self._converter.decode)


@attrs.frozen
class Answering:
    """A client with a `FakeHttp`.

    Attributes:
        client: The open client.
        http: The fake transport.
    """

    client: CapillaryClient
    http: FakeHttp


@asynccontextmanager
async def answering(
    respond: Respond, auth: Auth, options: ClientOptions, on_call: Callable[[CallInfo], None] | None = None
) -> AsyncGenerator[Answering]:
    """Open a client with all transports except HTTP, which a function replaces."""
    http = FakeHttp(respond, options)
    with patch("capillary_async.client.HttpTransport", return_value=http):
        client = CapillaryClient("http://127.0.0.1:1", auth, options=options, on_call=on_call)
    async with client:
        yield Answering(client, http)


def data(document: bytes) -> HttpResponse:
    """Return a good answer."""
    return HttpResponse(200, {}, document)


def refusal(status: int, retry_after: str = "") -> HttpResponse:
    """Return a refusal of the gateway."""
    return HttpResponse(status, {"retry-after": retry_after} if retry_after else {}, b"<html>sorry</html>")
