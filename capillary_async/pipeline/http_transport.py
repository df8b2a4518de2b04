"""The bottom transport: send requests over HTTP, each within its time, and raise only errors of this library."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import field

from capillary_async.codec import Converter
from capillary_async.errors import ConfigurationError
from capillary_async.options import ClientOptions, Secret
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import CallContext, InternalState, ProcessBound, Request, Response
from capillary_async.pipeline.responses import HttpResponse, read
from capillary_async.pipeline.telemetry import Telemetry
from capillary_async.pipeline.timeouts import Timeout, TimeoutScheduler
from capillary_async.pipeline.urls import BaseUrl, build_url

if TYPE_CHECKING:
    from aiohttp import ClientSession as ClientSession  # noqa: PLC0414  (re-exported for type checkers)

    from capillary_async.pipeline.http import HttpConnection


class HttpTransport(ProcessBound, InternalState):
    """Sends requests over a session and reads the answers.

    Args:
        base: Where the requests go.
        zone: The cluster's time zone.
        options: Limits, proxy and certificates.
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
    # `network_errors.error_for`, once the session is open.
    _error_for: Callable[[BaseException, CallContext], BaseException] = lambda error, _: error
    _timeouts: TimeoutScheduler = field(default_factory=TimeoutScheduler)

    async def open(self) -> None:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The session given would add credentials or proxies of its own, or
                the certificates cannot be read.
        """
        # aiohttp loads here, not with the package; so does what explains errors, because later no file may be free.
        from capillary_async.pipeline.http import HttpConnection  # noqa: PLC0415
        from capillary_async.pipeline.network_errors import error_for  # noqa: PLC0415

        self._error_for = error_for
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
        return self._require_open().connections

    async def send(self, request: Request[Any], /) -> Response:
        """Send a request once.

        Raises:
            TransportError: No usable answer arrived.
            ResponseError: The API refused.
            DecodeError: The answer is not one JSON document, or is too large.
            ConfigurationError: The session is closed.
            InvalidArgumentError: The request cannot be sent as it is.
        """
        connection = self._require_open()
        ends_at = min(loop_time() + request.call.options.attempt_timeout, request.call.deadline)
        attempt = self._telemetry.start_attempt(request)
        sent = request if attempt is None else attempt.request
        outcome: HttpResponse | BaseException
        try:
            with Timeout(self._timeouts, ends_at):
                outcome = await connection.exchange(sent, build_url(self._base, sent, self._zone))
        except BaseException as error:  # noqa: BLE001  (raised below, where no exception of aiohttp is its context)
            outcome = self._error_for(error, request.call)
        if attempt is not None:
            attempt.end(outcome)
        if isinstance(outcome, BaseException):
            raise outcome
        return read(outcome, sent, self._converter.decode, self._credentials.values())

    def _require_open(self) -> "HttpConnection":
        if self._connection is None:
            raise ConfigurationError("the client is closed")
        return self._connection
