"""What the layers hand each other: a request, a response, and whoever turns one into the other.

A `Request` is a value. Endpoints make it from typed arguments, the pager derives the next page's
from the first one's, a bulk job makes a million of them; none of that touches the network. A
`Transport` carries one `Request` and returns one `Response`, or raises a `CapillaryError`.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any, Generic, Literal, NoReturn, Protocol, TypeVar, dataclass_transform

import attrs

from capillary_async.errors import ApiErrorDetail, CapillaryError
from capillary_async.options import ClientOptions, Secret

T = TypeVar("T")
Structure = Callable[[Any, Any, str], Any]
Read = Callable[[Any, Structure], Any]


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
def value_object(cls: type[T]) -> type[T]:
    """Make a class of values, which type checkers let nobody change.

    attrs could also see to it at run time, but then a value takes three times as long to make, and each call
    makes half a dozen. What users hold (`CallInfo`, models, options) is frozen at run time too.
    """
    return attrs.define(unsafe_hash=True)(cls)


def loop_time() -> float:
    """Return the time by the running event loop's clock: monotonic seconds; deadlines are measured by it."""
    return asyncio.get_running_loop().time()


def revealed(values: Mapping[str, str | Secret]) -> dict[str, str]:
    """Return a mapping with its secrets as they travel. Keep it in no variable."""
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}


@attrs.define(eq=False)
class CallContext:
    """What one logical call has cost so far; transports write it down as they go.

    Attributes:
        deadline: The latest moment, by the event loop's clock, at which the call may still run.
        attempts: Requests that really went out.
        rate_limit_wait: Seconds spent waiting for a permit of the rate limit.
        connection_wait: Seconds spent waiting for a connection.
        is_bulk: Whether the call gives way to others while it waits.
        status: HTTP status of the last answer, or `None` when none came.
        request_id: Its `X-Cap-Requestid`.
        size: Length of its body in bytes, after decompression.
        sent: Requests by path, to tell the call's own from those for a token; counted while somebody listens.
        options: How this call behaves, where it is not as the client's other calls do (`with_options`).
    """

    deadline: float = math.inf
    attempts: int = 0
    rate_limit_wait: float = 0.0
    connection_wait: float = 0.0
    is_bulk: bool = False
    status: int | None = None
    request_id: str | None = None
    size: int = 0
    sent: dict[str, int] | None = None
    options: ClientOptions | None = None


class ProcessBound:
    """What cannot be sent to another process, because it holds sockets or leads to something that does."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied.

        Raises:
            TypeError: Always.
        """
        name = type(self).__name__
        raise TypeError(f"open one client in each process: a {name} leads to sockets, which do not travel in a pickle")


@attrs.frozen
class DateTimeParam:
    """A date or date-time of a query; how it is written depends on the cluster's clock.

    Attributes:
        when: The cluster's own time when it has no zone.
        is_epoch: Written as milliseconds since 1970, not as text.
        has_t: Written with a `T` between date and time, not with a space.
    """

    when: date
    is_epoch: bool = False
    has_t: bool = False

    def text(self, zone: tzinfo) -> str:
        """Write it for a cluster in this time zone."""
        when = self.when
        if not isinstance(when, datetime):
            when = datetime.combine(when, time())
        when = when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone)
        if self.is_epoch:
            return str(round(when.timestamp() * 1000))
        return f"{when:%Y-%m-%dT%H:%M:%S}" if self.has_t else f"{when:%Y-%m-%d %H:%M:%S}"


@value_object
class Request(Generic[T]):
    """One request of the API, before anything is sent.

    Its repr shows the path template alone: ids, names and numbers of people stand in the rest.

    Attributes:
        path: Path template, such as `/v2/customers/{customerId}`; the only part that errors and logs show.
        path_values: What stands for the names in the template, not yet encoded.
        query: Query parameters in the order they are sent, not yet encoded.
        into: The type that the answer is structured into; `T` to a type checker.
        at: Name of the answer's member that holds it; empty for the whole answer.
        headers: Header lines of this request alone; secrets among them stay `Secret`s until they are sent.
        body: A JSON document to send, or `None`; secrets likewise.
        call: The running account of this sending; not part of the request's value.
        read: Reads answers that do not keep what is wanted in one member. It gets the document, and a function
            that structures a part of it: called with the part, its type and its place.
    """

    path: str
    path_values: Mapping[str, int | str] = attrs.field(factory=dict[str, int | str], repr=False)
    query: tuple[tuple[str, str | DateTimeParam], ...] = attrs.field(default=(), repr=False)
    into: Any = Any
    at: str = ""
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    body: Any = attrs.field(default=None, repr=False)
    call: CallContext = attrs.field(factory=CallContext, eq=False, repr=False)
    read: "Read | None" = attrs.field(default=None, repr=False)

    # Each call copies its request two or three times. Written out, a copy takes a fifth of what `attrs.evolve` takes.

    def with_context(self, call: CallContext) -> "Request[T]":
        """Return the same request on another account."""
        return Request(
            self.path,
            self.path_values,
            self.query,
            self.into,
            self.at,
            self.method,
            self.headers,
            self.body,
            call,
            self.read,
        )

    def with_headers(self, headers: Mapping[str, Any]) -> "Request[T]":
        """Return the same request, on the same account, with more headers."""
        together = {**self.headers, **headers} if self.headers else headers
        return Request(
            self.path,
            self.path_values,
            self.query,
            self.into,
            self.at,
            self.method,
            together,
            self.body,
            self.call,
            self.read,
        )

    def with_query(self, query: tuple[tuple[str, "str | DateTimeParam"], ...]) -> "Request[T]":
        """Return the same request with other query parameters."""
        return Request(
            self.path,
            self.path_values,
            query,
            self.into,
            self.at,
            self.method,
            self.headers,
            self.body,
            self.call,
            self.read,
        )


@value_object
class Response:
    """An answer that holds data: one JSON document without errors in it.

    Attributes:
        document: The decoded JSON. Numbers with a fraction or an exponent are exact `Decimal`s.
        status: HTTP status.
        request_id: The answer's `X-Cap-Requestid`, or `None`.
        size: Length of the body in bytes, after decompression.
        warnings: The answer's `warnings` list.
    """

    document: Any = attrs.field(repr=False)
    status: int = 200
    request_id: str | None = None
    size: int = 0
    warnings: tuple[ApiErrorDetail, ...] = ()


class Transport(Protocol):
    """Carries one request and returns one response."""

    async def send(self, request: Request[Any], /) -> Response:
        """Return the answer to `request`.

        Raises:
            CapillaryError: There is no answer, or it is a refusal.
        """
        ...


@attrs.frozen
class CallInfo:
    """What one finished call was like; handed to the client's `on_call`. It holds no personal data.

    Attributes:
        path: Path template.
        status: HTTP status of the last answer, or `None` when none came.
        codes: Capillary's error codes of the last answer.
        request_id: `X-Cap-Requestid` of the last answer.
        attempts: Requests sent: retries, replays, and the requests for a token that the call caused.
        rate_limit_wait: Seconds spent waiting for a permit of the rate limit.
        seconds: Seconds from the call's start to its end.
        response_bytes: Size of the last answer's body.
        error: Class of the error that ended the call, or `None`.
        connection_wait: Seconds spent waiting for a connection.
    """

    path: str
    status: int | None
    codes: tuple[int, ...]
    request_id: str | None
    attempts: int
    rate_limit_wait: float
    seconds: float
    response_bytes: int
    error: type[CapillaryError] | type[BaseException] | None
    connection_wait: float = 0.0
