"""Make a call: send a request through the transports, read the answer, and report both.

A call passes these modules, from here to the socket: `lifecycle` (is the client open?), `coalesce` (if the options say
so: does an identical request run?), `retry`, `token` (with OAuth), `admission` (wait for a connection and a permit),
`http_transport` (timeout, URL, errors), `http`, and `direct_http` (with `idle_connections`) or aiohttp's session. The
answer comes back by `body`, `responses`, the codec.
"""

import math
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_origin

from msgspec.structs import replace

from capillary_async.codec import Converter
from capillary_async.errors import AuthenticationError, CapillaryError, DecodeError, ResponseError
from capillary_async.options import ClientOptions
from capillary_async.pipeline.admission import has_bulk_priority
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.lifecycle import ClientLifecycle, TransportStack
from capillary_async.pipeline.request import (
    CallContext,
    CallInfo,
    InternalState,
    ProcessBound,
    Request,
    Response,
)
from capillary_async.pipeline.telemetry import Telemetry

if TYPE_CHECKING:
    from capillary_async.pipeline.tracing import CallSpan

T = TypeVar("T")


class Dispatcher(ProcessBound, InternalState):
    """Makes calls.

    Args:
        lifecycle: Lets calls in while the client is open.
        stack: Sends their requests.
        converter: Structures answers.
        options: How calls behave.
        telemetry: Is told of each call that ended.
        advice: What to check when the API refuses the credentials.
        is_bulk: Whether calls give way to others; `None` leaves it to `bulk_priority`.
    """

    _lifecycle: ClientLifecycle
    _stack: TransportStack
    converter: Converter
    _options: ClientOptions
    _telemetry: Telemetry
    _advice: str
    _is_bulk: bool | None = None

    def with_options(self, options: ClientOptions, is_bulk: bool | None) -> "Dispatcher":  # noqa: FBT001  (a value)
        """Return a dispatcher for calls that behave otherwise; what `is_bulk` leaves open stays as it is."""
        return replace(self, _options=options, _is_bulk=self._is_bulk if is_bulk is None else is_bulk)

    def get(self, request: Request[T]) -> Coroutine[Any, Any, T]:
        """Return a coroutine that makes a call and returns what the request asks for."""
        return self.call(request, lambda response: self._structure(request, response))

    async def call(self, request: Request[Any], read: Callable[[Response], T], /) -> T:
        """Send a request and read its answer, within one deadline.

        Raises:
            CapillaryError: With the path template and the number of attempts filled in.
        """
        started = loop_time()
        call = self._new_call(started)
        if self._options.language is not None:
            request = request.with_headers({"language": self._options.language})
        span = self._telemetry.start_call(request)
        try:
            task = self._lifecycle.enter()
            try:
                transport = self._stack.coalescing if self._options.coalesce else self._stack.transport
                answer = read(await transport.send(replace(request, call=call)))
            finally:
                self._lifecycle.leave(task)
        except CapillaryError as error:
            error.path, error.attempts = request.path, call.attempts
            if isinstance(error, AuthenticationError):
                error.args = (f"{error.args[0]}; {self._advice}",)
            # The message explains the error. The frames below hold the customer's data in their locals, which tools
            # that report errors collect.
            error.__cause__ = error.__context__ = None
            self._report(request.path, call, started, error.with_traceback(None), span)
            raise error.with_traceback(None)  # noqa: B904
        except BaseException as error:  # a bug needs its frames, and a cancellation is the caller's
            self._report(request.path, call, started, error, span)
            raise
        if span is not None or self._telemetry.wants_calls():
            self._report(request.path, call, started, None, span)
        return answer

    def _new_call(self, now: float) -> CallContext:
        options, is_bulk = self._options, self._is_bulk
        deadline = math.inf if options.deadline is None else now + options.deadline
        return CallContext(deadline, options, is_bulk=has_bulk_priority() if is_bulk is None else is_bulk)

    def _structure(self, request: Request[T], response: Response) -> T:
        document = response.document
        if document is None:
            raise DecodeError("the answer is empty")
        if request.read is not None:
            read: T = request.read(document, self.converter.structure)
            return read
        if request.at:
            if not isinstance(document, dict):
                raise DecodeError(f"expected an object with {request.at}")
            document = cast("dict[str, Any]", document).get(request.at)
            if document is None and response.warnings and get_origin(request.into) is tuple:
                document = []  # `/v3` says "no active target" by a warning alone, beside `"data": null`
        structured: T = self.converter.structure(document, request.into, request.at)
        return structured

    def _report(
        self, path: str, call: CallContext, started: float, failure: BaseException | None, span: "CallSpan | None"
    ) -> None:
        refusal = failure if isinstance(failure, ResponseError) else None
        info = CallInfo(
            path=path,
            # If many calls waited for a token that was refused, `call` of only one of them knows the refusal.
            status=refusal.status if refusal else call.status,
            codes=refusal.codes if refusal else (),
            request_id=refusal.request_id if refusal else call.request_id,
            attempts=call.attempts,
            rate_limit_wait=call.rate_limit_wait,
            connection_wait=call.connection_wait,
            seconds=loop_time() - started,
            response_bytes=call.size,
            error=None if failure is None else type(failure),
        )
        self._telemetry.end_call(info, span)
