"""Send requests over HTTP, each within its time, and turn everything that aiohttp raises into errors of this library.

* No exception of aiohttp gets out, not even as `__context__`, because its attributes hold URLs and headers.
* No frame of aiohttp gets out in a traceback, because its locals hold the headers as they are sent. An exception that
  our own code raised is a bug. It keeps the frames of our own code.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from msgspec import field

from capillary_async.codec import Converter
from capillary_async.errors import CapillaryError, ConfigurationError, DeadlineExceeded, TransportError
from capillary_async.options import ClientOptions, Secret
from capillary_async.pipeline.request import InternalState, ProcessBound, Request, Response, loop_time
from capillary_async.pipeline.responses import HttpResponse, read
from capillary_async.pipeline.telemetry import Telemetry
from capillary_async.pipeline.timeouts import Timeout, TimeoutScheduler
from capillary_async.pipeline.urls import BaseUrl, build_url

if TYPE_CHECKING:
    from aiohttp import ClientSession as ClientSession  # noqa: PLC0414  (re-exported for type checkers)

    from capillary_async.pipeline.http import HttpConnection

_OURS: Final = __name__.partition(".")[0] + "."
# The modules that hand requests over to aiohttp.
_EDGES: Final = tuple(f"capillary_async.pipeline.{name}" for name in ("http", "direct_http", "sessions"))


class HttpTransport(ProcessBound, InternalState):
    """Sends requests over a session and reads the answers.

    Args:
        base: Where the requests go.
        zone: The cluster's time zone.
        options: Timeouts, limits, proxy and certificates.
        session: A session to use and not to close; `None` to open one.
        telemetry: Is told of each attempt.
        converter: Decodes the answers.
        credentials: Headers that prove who asks, the same for every request.
    """

    _base: BaseUrl
    _zone: tzinfo
    _options: ClientOptions
    _given: "ClientSession | None"
    _telemetry: Telemetry
    _converter: Converter
    _credentials: Mapping[str, Secret] = {}
    _connection: "HttpConnection | None" = None
    _timeouts: TimeoutScheduler = field(default_factory=TimeoutScheduler)

    async def open(self) -> None:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The session given would add credentials or proxies of its own, or
                the certificates cannot be read.
        """
        from capillary_async.pipeline.http import HttpConnection  # noqa: PLC0415  (aiohttp loads here, not with the package)

        self._connection = HttpConnection.open(self._base, self._options, self._given, self._credentials)

    async def close(self) -> None:
        """Close the session, unless it was given."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._timeouts.close()
            await connection.close()

    @property
    def connections(self) -> int:
        """How many requests can run at once; more would queue inside aiohttp, at the cost of their own time.

        Raises:
            ConfigurationError: The session is closed.
        """
        return self._opened().connections

    async def send(self, request: Request[Any], /) -> Response:
        """Send a request once.

        Raises:
            TransportError: No usable answer arrived.
            ResponseError: The API refused.
            DecodeError: The answer is not one JSON document, or is too large.
            ConfigurationError: The session is closed.
            InvalidArgumentError: The request cannot be sent as it is.
        """
        connection = self._opened()
        timeout = (request.call.options or self._options).attempt_timeout
        ends_at = min(loop_time() + timeout, request.call.deadline)
        attempt = self._telemetry.start_attempt(request)
        sent = request if attempt is None else attempt.request
        outcome: HttpResponse | BaseException
        try:
            with Timeout(self._timeouts, ends_at):
                outcome = await connection.exchange(sent, build_url(self._base, sent, self._zone))
        except BaseException as error:  # noqa: BLE001  (raised below, outside of any handler of aiohttp's)
            outcome = self._reason(error, request, connection)
        if attempt is not None:
            attempt.end(outcome)
        if isinstance(outcome, BaseException):
            raise outcome
        return read(outcome, sent, self._converter.decode, self._credentials.values())

    def _reason(self, error: BaseException, request: Request[Any], connection: "HttpConnection") -> BaseException:
        """Return the error to raise: one of this library, or one that is no error of the network."""
        if isinstance(error, CapillaryError) or not isinstance(error, Exception | asyncio.CancelledError):
            return error
        if isinstance(error, TimeoutError):
            return self._too_late(request)
        if isinstance(error, asyncio.CancelledError):
            return error.with_traceback(None)
        if (known := connection.explain(error)) is not None:
            return known
        if _is_bug(error):
            return error.with_traceback(_without_headers(error.__traceback__))
        return TransportError(f"the request failed ({type(error).__name__})", retryable=False)

    def _opened(self) -> "HttpConnection":
        if self._connection is None:
            raise ConfigurationError("the client is closed")
        return self._connection

    def _too_late(self, request: Request[Any]) -> TransportError:
        if loop_time() >= request.call.deadline:
            return DeadlineExceeded("the deadline passed while waiting for the answer")
        timeout = (request.call.options or self._options).attempt_timeout
        return TransportError(f"no complete answer within {timeout:g} s")


def _is_bug(error: Exception) -> bool:
    """Say whether our own code raised it, and not aiohttp, what that rests on, or what a tool has put in its place."""
    names = [_module_of(trace) for trace in _frames(error.__traceback__)]
    own = [name for name in names if name.startswith(_OURS)]
    return bool(own) and (names[-1] == own[-1] or own[-1] not in _EDGES)


def _without_headers(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback with the frames of our own code alone, if those of aiohttp may be among the others."""
    frames = list(_frames(trace))
    if any(_module_of(frame) in _EDGES for frame in frames):
        frames = [frame for frame in frames if _module_of(frame).startswith(_OURS)]
    below: TracebackType | None = None
    for frame in reversed(frames):
        below = TracebackType(below, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return below


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _module_of(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__", ""))
