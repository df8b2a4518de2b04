"""Carry requests, each within its time and over a connection of its own.

What production does to a client ends here. Three rules keep it honest.

* Requests queue for a connection here, where queueing costs an attempt none of its time; inside
  aiohttp there is always a connection left for them.
* A start by the rate limit counts when a request leaves. Those that queued for a connection would leave
  together when a server that stood still goes on, however far apart their starts were. So a request
  that has to queue gives its start back, and takes another when it has a connection.
* No aiohttp exception gets out, not even as `__context__`: they hold URLs and headers. They are
  turned into a reason first, and the error is raised after their handler has ended.
"""

import asyncio
import math
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import attrs

from capillary_async.codec import decode_json
from capillary_async.errors import CapillaryError, ConfigurationError, DeadlineExceeded, TransportError
from capillary_async.options import ClientOptions
from capillary_async.pipeline.limiter import Limiter, wait_for_start
from capillary_async.pipeline.request import Request, Response, Transport, loop_time
from capillary_async.pipeline.responses import HttpResponse, read
from capillary_async.pipeline.telemetry import Telemetry
from capillary_async.pipeline.timeouts import TimeoutScheduler
from capillary_async.pipeline.urls import BaseUrl, build_url

if TYPE_CHECKING:
    from aiohttp import ClientSession as ClientSession  # noqa: PLC0414  (re-exported for type checkers)

    from capillary_async.pipeline.http import HttpConnection


@attrs.define(eq=False)
class HttpTransport:
    """Sends requests over a session and reads the answers.

    Args:
        base: Where they go.
        zone: The cluster's time zone.
        options: Timeouts, limits, proxy and certificates.
        session: A session to use and not to close; `None` to open one.
        telemetry: Is told of each attempt.
    """

    _base: BaseUrl
    _zone: tzinfo
    _options: ClientOptions
    _given: "ClientSession | None" = None
    _telemetry: Telemetry = attrs.field(default=attrs.Factory(lambda self: Telemetry(self._base), takes_self=True))
    _wire: "HttpConnection | None" = attrs.field(default=None, init=False)
    _slots: asyncio.Semaphore = attrs.field(init=False)
    _timeouts: TimeoutScheduler = attrs.field(init=False)

    async def open(self) -> None:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The session given would add credentials or proxies of its own, or
                the certificates cannot be read.
        """
        from capillary_async.pipeline.http import HttpConnection  # noqa: PLC0415  (aiohttp loads here, not with the package)

        self._wire = HttpConnection.open(self._base, self._options, self._given)
        self._slots = asyncio.Semaphore(self._wire.connections)
        self._timeouts = TimeoutScheduler(asyncio.get_running_loop())

    async def close(self) -> None:
        """Close the session, unless it was given."""
        wire, self._wire = self._wire, None
        if wire is not None:
            self._timeouts.close()
            await wire.close()

    def paced_by(self, limiter: Limiter) -> Transport:
        """Return a transport for requests that have a start by this rate limit."""
        return _Paced(self, limiter)

    async def send(self, request: Request[Any], /, limiter: Limiter | None = None) -> Response:
        """Carry one request.

        Args:
            request: The request.
            limiter: The rate limit by which it has a start, if it has one.

        Raises:
            TransportError: No usable answer arrived.
            ResponseError: The API refused.
            DecodeError: The answer is not one JSON document, or is too large.
            ConfigurationError: The session is closed.
            InvalidArgumentError: The request cannot be sent as it is.
        """
        wire = self._wire
        if wire is None:
            raise ConfigurationError("the client is closed")
        url = build_url(self._base, request, self._zone)
        deadline = request.call.deadline
        has_queued = self._slots.locked()
        if has_queued:
            await self._queue(deadline, limiter)
        else:
            await self._slots.acquire()
        try:
            if has_queued and limiter is not None:
                await wait_for_start(limiter, request.call)
            ends_at = min(loop_time() + self._options.attempt_timeout, deadline)
            if self._telemetry.wants_attempts():
                outcome = await self._telemetry.attempt(request, lambda sent: self._attempt(wire, sent, url, ends_at))
            else:
                outcome = await self._attempt(wire, request, url, ends_at)
        finally:
            self._slots.release()
        if isinstance(outcome, CapillaryError):
            raise outcome
        return read(outcome, request, decode_json)

    async def _queue(self, deadline: float, limiter: Limiter | None) -> None:
        """Wait for a connection, but not longer than the deadline."""
        if limiter is not None:
            limiter.give_back()
        try:
            async with asyncio.timeout_at(None if deadline == math.inf else deadline):
                await self._slots.acquire()
                return
        except TimeoutError:
            pass
        raise DeadlineExceeded("the deadline passed while waiting for a connection")

    async def _attempt(
        self, wire: "HttpConnection", request: Request[Any], url: str, ends_at: float
    ) -> HttpResponse | CapillaryError:
        """Send once and read the answer.

        What went wrong is returned, not raised, so that nothing of aiohttp's hangs on it.
        """
        try:
            with self._timeouts.timeout_at(ends_at):
                return await wire.exchange(request, url)
        except CapillaryError as error:
            return error
        except TimeoutError:
            return self._too_late(request)
        except asyncio.CancelledError as cancelled:
            # The same exception without aiohttp's frames, whose locals hold the headers.
            raise cancelled.with_traceback(None)  # noqa: B904
        except Exception as error:  # noqa: BLE001  (whatever it is, it has seen the headers)
            return wire.explain(error)

    def _too_late(self, request: Request[Any]) -> TransportError:
        if loop_time() >= request.call.deadline:
            return DeadlineExceeded("the deadline passed while waiting for the answer")
        return TransportError(f"no complete answer within {self._options.attempt_timeout:g} s")


@attrs.frozen(eq=False)
class _Paced:
    """Carries requests that have a start by a rate limit."""

    _http: HttpTransport
    _limiter: Limiter

    async def send(self, request: Request[Any], /) -> Response:
        """Carry one request; see `HttpTransport.send`."""
        return await self._http.send(request, self._limiter)
