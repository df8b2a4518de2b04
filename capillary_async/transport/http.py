"""Carry requests, each within its time and over a connection of its own.

What production does to a client ends here. Two rules keep it honest.

* Requests queue for a connection here, where queueing costs an attempt none of its time; inside
  aiohttp there is always a connection left for them.
* No aiohttp exception gets out, not even as `__context__`: they hold URLs and headers. They are
  turned into a reason first, and the error is raised after their handler has ended.
"""

import asyncio
import math
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import attrs

from capillary_async.converter import decode_json
from capillary_async.errors import CapillaryError, ConfigurationError, DeadlineExceeded, TransportError
from capillary_async.options import ClientOptions
from capillary_async.protocol import Request, Response, running_time
from capillary_async.replies import Answer, read
from capillary_async.transport.alarm import Alarm
from capillary_async.transport.urls import BaseUrl, target

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from capillary_async.transport.wire import Wire


@attrs.define(eq=False)
class HttpTransport:
    """Sends requests over a session and reads the answers.

    Args:
        base: Where they go.
        zone: The cluster's time zone.
        options: Timeouts, limits, proxy and certificates.
        session: A session to use and not to close; `None` to open one.
    """

    _base: BaseUrl
    _zone: tzinfo
    _options: ClientOptions
    _given: "ClientSession | None" = None
    _wire: "Wire | None" = attrs.field(default=None, init=False)
    _slots: asyncio.Semaphore = attrs.field(init=False)
    _alarm: Alarm = attrs.field(init=False)

    async def open(self) -> None:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The session given would add credentials or proxies of its own, or
                the certificates cannot be read.
        """
        from capillary_async.transport.wire import Wire  # noqa: PLC0415  (aiohttp loads here, not with the package)

        self._wire = Wire.open(self._base, self._options, self._given)
        self._slots = asyncio.Semaphore(self._wire.connections)
        self._alarm = Alarm(asyncio.get_running_loop())

    async def close(self) -> None:
        """Close the session, unless it was given."""
        wire, self._wire = self._wire, None
        if wire is not None:
            self._alarm.close()
            await wire.close()

    async def send(self, request: Request[Any], /) -> Response:
        """Carry one request.

        Raises:
            TransportError: No usable answer arrived.
            ResponseError: The API refused.
            DecodeError: The answer is not one JSON document, or is too large.
            ConfigurationError: The session is closed.
            ValueError: The request cannot be sent as it is.
        """
        wire = self._wire
        if wire is None:
            raise ConfigurationError("the client is closed")
        url = target(self._base, request, self._zone)
        deadline = request.call.deadline
        if self._slots.locked():
            await self._queue(deadline)
        else:
            await self._slots.acquire()
        try:
            now = running_time()
            outcome = await self._attempt(wire, request, url, min(now + self._options.attempt_timeout, deadline))
        finally:
            self._slots.release()
        if isinstance(outcome, CapillaryError):
            raise outcome
        return read(outcome, request, decode_json)

    async def _queue(self, deadline: float) -> None:
        """Wait for a connection, but not longer than the deadline."""
        try:
            async with asyncio.timeout_at(None if deadline == math.inf else deadline):
                await self._slots.acquire()
                return
        except TimeoutError:
            pass
        raise DeadlineExceeded("the deadline passed while waiting for a connection")

    async def _attempt(self, wire: "Wire", request: Request[Any], url: str, ends_at: float) -> Answer | CapillaryError:
        """Send once and read the answer.

        What went wrong is returned, not raised, so that nothing of aiohttp's hangs on it.
        """
        try:
            with self._alarm.timeout_at(ends_at):
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
        if running_time() >= request.call.deadline:
            return DeadlineExceeded("the deadline passed while waiting for the answer")
        return TransportError(f"no complete answer within {self._options.attempt_timeout:g} s")
