"""Transports that are open, and a server for them."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import aiohttp
import attrs
import pytest

from capillary_async.codec import Converter
from capillary_async.errors import (
    CapillaryError,
)
from capillary_async.options import ClientOptions
from capillary_async.pipeline.admission import Admission
from capillary_async.pipeline.http_transport import HttpTransport
from capillary_async.pipeline.request import CallContext, Request
from capillary_async.pipeline.telemetry import Telemetry
from capillary_async.pipeline.urls import BaseUrl
from tests.faults.wire import Asked, RawServer, answer

GOOD = answer(b'{"a":1}')
ROUTE = "/v2/customers/{id}/trackers"


def request(path: str = "/x", *, call: CallContext | None = None, **parts: Any) -> Request[Any]:
    """Build a request of a call that the test can look at."""
    return Request(path, call=call or CallContext(), **parts)


def transport_to(base: BaseUrl, session: aiohttp.ClientSession | None = None, **options: Any) -> HttpTransport:
    """Build a transport."""
    return HttpTransport(base, UTC, ClientOptions(**options), session, Telemetry(base), Converter(UTC))


@asynccontextmanager
async def opened(
    base_url: str, session: aiohttp.ClientSession | None = None, **options: Any
) -> AsyncGenerator[HttpTransport]:
    """Open a transport, and close it."""
    transport = transport_to(BaseUrl.of(base_url), session, **options)
    await transport.open()
    try:
        yield transport
    finally:
        await transport.close()


@asynccontextmanager
async def admitted(
    base_url: str, session: aiohttp.ClientSession | None = None, **options: Any
) -> AsyncGenerator[Admission]:
    """Open a transport whose requests queue for connections, and close it."""
    async with opened(base_url, session, **options) as transport:
        admission = Admission(transport)
        admission.open(transport.connections)
        yield admission
        await admission.close()


@attrs.define
class Server:
    """A raw server that answers every request with the same bytes, and keeps what it was asked."""

    raw: RawServer
    seen: list[Asked]
    answers: list[bytes]

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self.raw.base_url


def no_way_around(*_: object) -> None:
    """Find no way around aiohttp's session."""


async def error_of(sending: Awaitable[object]) -> CapillaryError:
    """Return the error that it comes to, and see that nothing of aiohttp's hangs on it."""
    with pytest.raises(CapillaryError) as caught:
        await sending
    left: list[BaseException | None] = [caught.value]
    while left:
        error = left.pop()
        if error is not None:
            assert not type(error).__module__.startswith("aiohttp")
            left += [error.__cause__, error.__context__]
    return caught.value
