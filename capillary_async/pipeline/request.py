"""What the parts of the pipeline hand each other.

A `Request` is a value. Endpoints make it from typed arguments, and the pager makes the request for the next page from
that for the first; neither touches the network. A `Transport` sends one `Request` and returns one `Response`, or raises
a `CapillaryError`.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Any, ClassVar, Final, Generic, Literal, NoReturn, Protocol, TypeVar, cast

import msgspec
from msgspec.structs import astuple, replace

from capillary_async.errors import ApiErrorDetail, CapillaryError
from capillary_async.models.frozen import frozen
from capillary_async.options import ClientOptions, Secret

T = TypeVar("T")
Structure = Callable[[Any, Any, str], Any]  # structures a part of a document: the part, its type, its place
Read = Callable[[Any, Structure], Any]
_DEFAULTS: Final = ClientOptions()


def reveal_all(values: Mapping[str, str | Secret]) -> dict[str, str]:
    """Return a mapping with its secrets as they travel. Keep it in no variable."""
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}


class _ShownInPart:
    """Shows only the attributes in `shown`, also in tracebacks by rich; the others may be personal or secret."""

    __slots__ = ()
    shown: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        """Return the class name and what may be shown."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return what may be shown, with its names."""
        return [(name, getattr(self, name)) for name in self.shown]


class InternalValue(_ShownInPart, msgspec.Struct, frozen=True):
    """A value that one part hands to the next.

    A msgspec Struct, because each call makes a dozen of them, and because attrs takes half a millisecond to make a
    class: a Struct is made and copied in a tenth of the time, and its class in a thirtieth.
    """


class InternalState(_ShownInPart, msgspec.Struct, eq=False):
    """An object that changes, and is equal to itself alone; a Struct for the same reasons."""


class CallContext(msgspec.Struct, eq=False):
    """How one call is to behave, and what it has cost so far; the transports write the latter down as they go.

    Attributes:
        deadline: The latest moment, by the event loop's clock, at which the call may still run.
        options: Retries and timeouts of the call.
        attempts: Requests begun, including those that got no connection to the server.
        rate_limit_wait: Seconds spent waiting for a permit of the rate limit.
        connection_wait: Seconds spent waiting for a connection.
        is_bulk: Whether the call gives way to others while it waits.
        status: HTTP status of the last answer, or `None` when none came.
        request_id: Its `X-Cap-Requestid`.
        size: Length of its body in bytes, after decompression.
        sent: Number of requests by path, which tells the call's own from those for a token; counted for listeners.
    """

    deadline: float = math.inf
    options: ClientOptions = _DEFAULTS
    attempts: int = 0
    rate_limit_wait: float = 0.0
    connection_wait: float = 0.0
    is_bulk: bool = False
    status: int | None = None
    request_id: str | None = None
    size: int = 0
    sent: dict[str, int] | None = None


_NO_CALL: Final = CallContext()


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

    __copy__ = __reduce__


@frozen
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


class Request(InternalValue, Generic[T], frozen=True):  # noqa: PLW1641  (its dicts have no hash)
    """One request of the API, before anything is sent.

    Attributes:
        path: Path template, such as `/v2/customers/{customerId}`; the only part that errors and logs show.
        path_values: What stands for the names in the template, not yet encoded.
        query: Query parameters in the order they are sent, not yet encoded.
        into: The type that the answer is structured into; `T` to a type checker.
        at: Name of the answer's member that holds it; empty for the whole answer.
        headers: Header lines of this request alone; secrets among them stay `Secret`s until they are sent.
        body: A JSON document to send, or `None`; secrets in it stay `Secret`s, too.
        call: The call that sends it; not part of the request's value.
        read: Reads answers that do not keep what is wanted in one member. It gets the document, and a function
            that structures a part of it.
    """

    shown: ClassVar[tuple[str, ...]] = ("path", "into", "at", "method")

    path: str
    path_values: Mapping[str, int | str] = {}
    query: tuple[tuple[str, str | DateTimeParam], ...] = ()
    into: Any = Any
    at: str = ""
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, Any] = {}
    body: Any = None
    call: CallContext = msgspec.field(default_factory=CallContext)
    read: Read | None = None

    def __eq__(self, other: object) -> bool:
        """Compare all but the call."""
        return isinstance(other, Request) and _value_of(self) == _value_of(cast("Request[Any]", other))

    def with_headers(self, headers: Mapping[str, Any]) -> "Request[T]":
        """Return the same request, of the same call, with more headers."""
        return replace(self, headers={**self.headers, **headers})

    def with_query(self, query: tuple[tuple[str, "str | DateTimeParam"], ...]) -> "Request[T]":
        """Return the same request with other query parameters."""
        return replace(self, query=query)


def _value_of(request: Request[Any]) -> tuple[Any, ...]:
    return astuple(replace(request, call=_NO_CALL))


class Response(InternalValue, frozen=True):
    """An answer that holds data: one JSON document without errors in it.

    Attributes:
        document: The decoded JSON. Numbers with a fraction or an exponent are exact `Decimal`s.
        status: HTTP status.
        warnings: The answer's `warnings` list.
    """

    shown: ClassVar[tuple[str, ...]] = ("status", "warnings")

    document: Any
    status: int = 200
    warnings: tuple[ApiErrorDetail, ...] = ()


class Transport(Protocol):
    """Carries one request and returns one response."""

    async def send(self, request: Request[Any], /) -> Response:
        """Return the answer to `request`.

        Raises:
            CapillaryError: There is no answer, or it is a refusal.
        """
        ...


@frozen
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
