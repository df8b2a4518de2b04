"""Tell listeners what a client does: events as values, and spans where OpenTelemetry is in use.

Nothing here holds an id, a name, a number or a token: a request shows its path template alone, an error its class.
OpenTelemetry counts as in use when something else has imported it. To import it here would slow every program down.
"""

import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from capillary_async.errors import CapillaryError
from capillary_async.models.frozen import frozen
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import CallInfo, InternalState, Request
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.urls import BaseUrl

if TYPE_CHECKING:
    from capillary_async.pipeline.tracing import AttemptSpan, CallSpan, Tracing

T = TypeVar("T")
_LOGGER: Final = logging.getLogger("capillary_async")
# Each call asks for these, and most calls have no listener.
_is_enabled_for, _DEBUG, _MODULES = _LOGGER.isEnabledFor, logging.DEBUG, sys.modules
OPENTELEMETRY: Final = "opentelemetry.context"  # imported by every other part of it


@attrs.frozen(weakref_slot=False)  # `CallEnded` has two parents, and only one may have such a slot
class Event:
    """Something that happened between a call and its answer. Later versions may add kinds."""


@frozen
class AttemptStarted(Event):
    """A request is about to be sent.

    Attributes:
        path: Path template.
        method: GET or POST.
        attempt: Which attempt of its call it is, from 1; retries and replays count.
    """

    path: str
    method: str
    attempt: int


@frozen
class AttemptEnded(Event):
    """A request was answered, or failed.

    Attributes:
        path: Path template.
        method: GET or POST.
        attempt: Which attempt of its call it was, from 1.
        status: HTTP status of the answer, or `None` when no whole answer came.
        seconds: How long it took, without waits for a connection or for the rate limit.
        response_bytes: Size of the answer's body, after decompression.
        error: Class of the error where no whole answer came, else `None`. A refusal by the API is an answer.
    """

    path: str
    method: str
    attempt: int
    status: int | None
    seconds: float
    response_bytes: int
    error: type[BaseException] | None


@frozen
class RetryScheduled(Event):
    """A call that failed is going to be tried again.

    Attributes:
        path: Path template.
        attempt: The attempt that failed, from 1.
        wait: Seconds until the next one, at least: a pause of all calls, or a pace, may make it longer.
        status: HTTP status of the refusal, or `None` when no answer came.
        error: Class of the error.
    """

    path: str
    attempt: int
    wait: float
    status: int | None
    error: type[CapillaryError]


@frozen
class Throttled(Event):
    """The API said "too many", and all calls of the client pause.

    Attributes:
        path: Path template of the call that was told so.
        seconds: How long the pause is.
    """

    path: str
    seconds: float


@frozen
class TokenRefreshed(Event):
    """A new access token is in use.

    Attributes:
        seconds: How long it took to get it.
        lifetime: Seconds for which it is valid.
    """

    seconds: float
    lifetime: float


@frozen
class CallEnded(CallInfo, Event):
    """A call ended; it is the call's `CallInfo`."""

    @classmethod
    def of(cls, info: CallInfo) -> "CallEnded":
        """Return the event for a `CallInfo`."""
        return cls(*[getattr(info, attribute.name) for attribute in attrs.fields(CallInfo)])


OnEvent = Callable[[Event], None]


class Telemetry(InternalState):
    """Tells a client's listeners what happens.

    Attributes:
        emit: Takes an event and never fails; `None` if nobody listens to events.
    """

    _base: BaseUrl
    _on_event: OnEvent | None = None
    _on_call: Callable[[CallInfo], None] | None = None
    _tracing: "Tracing | None" = None
    emit: OnEvent | None = None
    _has_listener: bool = False

    def __post_init__(self) -> None:
        self._has_listener = self._on_event is not None or self._on_call is not None
        if self._on_event is not None:
            self.emit = partial(_inform, "on_event", self._on_event)

    def start_call(self, request: Request[Any]) -> "CallSpan | None":
        """Begin the span of a call; `None` while OpenTelemetry is not in use."""
        return self._open_span(request) if OPENTELEMETRY in _MODULES else None

    def wants_calls(self) -> bool:
        """Whether anybody listens to the end of calls."""
        return self._has_listener or _is_enabled_for(_DEBUG)

    def end_call(self, info: CallInfo, span: "CallSpan | None") -> None:
        """Hand out the `CallInfo` of a call, and end its span."""
        if span is not None:
            _guard(lambda: span.end(info))
        if not self.wants_calls():
            return
        _LOGGER.debug("%s", info)
        if self._on_call is not None:
            _inform("on_call", self._on_call, info)
        if self.emit is not None:
            self.emit(CallEnded.of(info))

    def start_attempt(self, request: Request[Any]) -> "Attempt | None":
        """Tell that a request is about to be sent; `None` if nobody listens."""
        if self.emit is not None or OPENTELEMETRY in _MODULES:
            return self._open_attempt(request)
        return None

    def _open_attempt(self, request: Request[Any]) -> "Attempt":
        number = _count(request)
        span = None
        if OPENTELEMETRY in _MODULES:
            span = _guard(lambda: self.tracing.start_attempt(request, resends=number - 1))
        return Attempt(self.emit, request, number, span)

    @property
    def tracing(self) -> "Tracing":
        """The spans and metrics of this client; only for when OpenTelemetry is in use."""
        if self._tracing is None:
            from capillary_async.pipeline.tracing import Tracing  # noqa: PLC0415  (an extra)

            self._tracing = Tracing(self._base)
        return self._tracing

    def _open_span(self, request: Request[Any]) -> "CallSpan | None":
        return _guard(lambda: self.tracing.start_call(request))


class Attempt:
    """An attempt under way.

    Attributes:
        request: What to send: the request, with the headers that carry the trace.
    """

    def __init__(self, emit: OnEvent | None, request: Request[Any], number: int, span: "AttemptSpan | None") -> None:
        self.request: Request[Any] = request if span is None else span.request
        self._emit = emit
        self._span = span
        self._about = request.path, request.method, number
        self._started = loop_time()
        if emit is not None:
            emit(AttemptStarted(*self._about))

    def end(self, outcome: HttpResponse | BaseException) -> None:
        """Tell what came of it."""
        seconds = loop_time() - self._started
        status, size, error = None, 0, None
        if isinstance(outcome, HttpResponse):
            status, size = outcome.status, len(outcome.body)
        else:
            error = type(outcome)
        if (span := self._span) is not None:
            _guard(lambda: span.end(status, error, seconds))
        if self._emit is not None:
            self._emit(AttemptEnded(*self._about, status, seconds, size, error))


def number_of(request: Request[Any]) -> int:
    """Return which attempt of a request the last one was, from 1; requests for a token do not count."""
    call = request.call
    return call.attempts if call.sent is None else call.sent.get(request.path, 0)


def _count(request: Request[Any]) -> int:
    call = request.call
    if call.sent is None:
        call.sent = {}
    number = call.sent[request.path] = call.sent.get(request.path, 0) + 1
    return number


def _guard(act: Callable[[], T]) -> T | None:
    """Do something with spans. A failure of OpenTelemetry must not cost the answer."""
    try:
        return act()
    except Exception:
        _LOGGER.exception("OpenTelemetry failed")
    return None


def _inform(name: str, listener: Callable[[T], object], value: T) -> None:
    try:
        listener(value)
    except Exception:
        _LOGGER.exception("%s failed", name)  # a listener's failure must not cost the answer
