"""The client that users hold: it opens the session, stacks the transports and holds the endpoint groups."""

import os
from collections.abc import Callable, Coroutine, Hashable, Mapping
from datetime import UTC, tzinfo
from inspect import iscoroutinefunction
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, TypeVar, overload

import attrs

from capillary_async.api import Customers, EndpointClient, Ledger, Promotions, Targets, UserGroups
from capillary_async.api.generic import Query, fetch, list_rows
from capillary_async.api.methods import without_frames
from capillary_async.codec import Converter
from capillary_async.errors import ConfigurationError, InvalidArgumentError
from capillary_async.options import ClientOptions, Region, RetryPolicy, Secret
from capillary_async.paging import OffsetUnit, Pager
from capillary_async.pipeline.admission import Admission
from capillary_async.pipeline.auth import AccessToken, Auth, BasicAuth, OAuth
from capillary_async.pipeline.coalesce import CoalescingTransport
from capillary_async.pipeline.dispatch import Dispatcher
from capillary_async.pipeline.environment import auth_from, place_from, settings
from capillary_async.pipeline.exchange import HttpTransport
from capillary_async.pipeline.lifecycle import ClientLifecycle, TransportStack
from capillary_async.pipeline.request import CallInfo, ProcessBound, Transport, loop_time
from capillary_async.pipeline.retry import RetryBudget, RetryTransport
from capillary_async.pipeline.shared_limit import limit_of
from capillary_async.pipeline.telemetry import Event, OnEvent, Telemetry
from capillary_async.pipeline.token import TOKEN_PATH, TokenTransport
from capillary_async.pipeline.urls import BaseUrl

if TYPE_CHECKING:
    from capillary_async.pipeline.exchange import ClientSession

T = TypeVar("T")
_DEFAULTS: Final = ClientOptions()
_AS_BEFORE: Final[Any] = object()
Priority: TypeAlias = Literal["normal", "bulk"]
_NO_QUERY: Final[Query] = MappingProxyType({})


class CapillaryClient(ProcessBound):
    """A session with one Capillary organisation.

    Use it as `async with CapillaryClient(...) as client:`; calls, pagers and iterators work inside the
    block, in the event loop that entered it, from any number of tasks. Leaving the block cancels what is still
    under way and closes every connection.

    Attributes:
        customers: Calls that start from a customer.
        user_groups: Calls that start from a user group.
        targets: Calls about targets, their events, and how far customers are with them.
        promotions: Calls about loyalty promotions.
        ledger: Calls about the points ledger.
    """

    def __init__(
        self,
        base_url: Region | str,
        auth: Auth,
        *,
        options: ClientOptions = _DEFAULTS,
        session: "ClientSession | None" = None,
        on_call: Callable[[CallInfo], None] | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Set the client up; nothing is opened or sent yet.

        Args:
            base_url: A region, or a base URL: https, or plain http to this machine. A path in it is kept.
            auth: Who is calling.
            options: How the client behaves.
            session: Your own aiohttp session; it is used and left open. It must not bring credentials.
            on_call: Gets a `CallInfo` for each call that ended; for metrics and tracing. What it raises is logged.
            on_event: Gets an `Event` for each attempt, retry, pause, new token and call; `capillary_async.telemetry`
                has the kinds, and listeners that are ready to use. What it raises is logged.

        Raises:
            ConfigurationError: An argument is wrong; it is named.
        """
        hidden = base_url if isinstance(base_url, Region) else Secret(base_url)
        del base_url  # a URL with a password is refused, and a traceback with locals must not show it
        if not isinstance(auth, BasicAuth | OAuth | AccessToken):
            raise ConfigurationError("auth must be a BasicAuth, an OAuth or an AccessToken")
        if not isinstance(options, ClientOptions):
            raise ConfigurationError("options must be a ClientOptions")
        for name, listener in (("on_call", on_call), ("on_event", on_event)):
            if listener is not None and (not callable(listener) or iscoroutinefunction(listener)):
                raise ConfigurationError(f"{name} must be a plain function; nobody would await another")
        self._base = BaseUrl.of(hidden if isinstance(hidden, Region) else hidden.reveal())
        self._account, self._options = auth.account, options
        self._is_variant = False
        zone = options.timezone or _clock_of(self._base)
        telemetry = Telemetry(self._base, on_event, on_call)
        converter = Converter(zone)
        http = HttpTransport(self._base, zone, options, session, telemetry, converter)
        self._lifecycle = ClientLifecycle(_transport_stack(http, auth, options, telemetry.emit))
        dispatcher = Dispatcher(self._lifecycle, converter, options, telemetry, auth.advice)
        calls = EndpointClient(dispatcher)
        calls.know(options.listing_traits or {})
        self._offer(calls)

    def _offer(self, calls: EndpointClient) -> None:
        """Set the groups of endpoints up."""
        self._calls = calls
        self.customers: Customers = Customers(calls)
        self.user_groups: UserGroups = UserGroups(calls)
        self.targets: Targets = Targets(calls)
        self.promotions: Promotions = Promotions(calls)
        self.ledger: Ledger = Ledger(calls)

    @property
    def listing_traits(self) -> dict[str, Any]:
        """What the listings of this host were found to mean; JSON can hold it, and it holds no personal data.

        A later client starts with it as `ClientOptions.listing_traits`, and saves the requests that find it out.
        """
        return self._calls.listing_traits

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        options: ClientOptions = _DEFAULTS,
        on_call: Callable[[CallInfo], None] | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> Self:
        """Set a client up from environment variables.

        `CAPILLARY_BASE_URL` or `CAPILLARY_REGION` (such as EU) says where, and one of these sets who:
        `CAPILLARY_TILL` and `CAPILLARY_PASSWORD` or `CAPILLARY_PASSWORD_MD5`; `CAPILLARY_KEY` and
        `CAPILLARY_SECRET`; `CAPILLARY_ACCESS_TOKEN`.

        Args:
            environ: The variables; `None` means those of the process.
            options: How the client behaves.
            on_call: Gets a `CallInfo` for each call that ended.
            on_event: Gets an `Event` for whatever happens between a call and its answer.

        Raises:
            ConfigurationError: Variables are missing, contradict each other, or do not make sense; they are named.
        """
        found = settings(os.environ if environ is None else environ)
        del environ  # so that a traceback with locals, from the line below, does not show it
        return cls(place_from(found), auth_from(found), options=options, on_call=on_call, on_event=on_event)

    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at the end."""
        return self._base.text

    @property
    def account(self) -> str:
        """Who asks, without anything secret: a till, or a mark of the client key; empty for an access token."""
        return self._account

    def __repr__(self) -> str:
        """Say where the client connects."""
        base: BaseUrl | None = getattr(self, "_base", None)  # none while the arguments are checked
        return f"CapillaryClient({base.text!r})" if base else "CapillaryClient()"

    def with_options(
        self,
        *,
        deadline: float | None = _AS_BEFORE,
        attempt_timeout: float = _AS_BEFORE,
        retry: RetryPolicy = _AS_BEFORE,
        coalesce: bool = _AS_BEFORE,
        language: str | None = _AS_BEFORE,
        priority: Priority = _AS_BEFORE,
    ) -> Self:
        """Return the same client with other options for its calls.

        Both share the session, the token, the limits, the budget for retries, and what is known of listings. The new
        one is open as long as this one is. What is not given stays as it is.

        Args:
            deadline: Seconds one call may take with all its waits and retries; `None` for no end.
            attempt_timeout: Seconds one request may take once it has a connection.
            retry: When and how often a call is tried again. The budget stays that of this client.
            coalesce: Let identical GETs that are under way at the same time share one request.
            language: Ask for localised fields in this language; `None` for the API's own.
            priority: "bulk" lets calls give way to others while they wait, as `bulk_priority()` does; "normal" lets
                them not, whatever stands around them.

        Raises:
            InvalidArgumentError: A value is wrong; it is named.
        """
        given: dict[str, Any] = {
            "deadline": deadline,
            "attempt_timeout": attempt_timeout,
            "retry": retry,
            "coalesce": coalesce,
            "language": language,
        }
        options = attrs.evolve(
            self._options, **{name: value for name, value in given.items() if value is not _AS_BEFORE}
        )
        if priority not in ("normal", "bulk", _AS_BEFORE):
            raise InvalidArgumentError(f'priority must be "normal" or "bulk", not {priority!r}')
        variant = object.__new__(type(self))
        variant.__dict__.update(self.__dict__)
        variant._options, variant._is_variant = options, True
        variant._offer(self._calls.with_options(options, None if priority is _AS_BEFORE else priority == "bulk"))
        return variant

    async def __aenter__(self) -> Self:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The client is open already, or its session or certificates are unusable.
        """
        self._refuse_variant()
        await self._lifecycle.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the calls that are under way, and close the session."""
        self._refuse_variant()
        await self._lifecycle.close()

    async def open(self) -> Self:
        """Open the client where `async with` does not fit, such as in two callbacks of a framework; `aclose` it then.

        Raises:
            ConfigurationError: The client is open already, or its session or certificates are unusable.
        """
        return await self.__aenter__()

    async def aclose(self) -> None:
        """Cancel the calls that are under way, and close the session."""
        await self.__aexit__(None, None, None)

    def _refuse_variant(self) -> None:
        if self._is_variant:
            raise ConfigurationError("a client of with_options opens and closes with the client that it was made from")

    @overload
    def fetch(self, path: str, query: Query = ..., *, into: type[T]) -> Coroutine[Any, Any, T]: ...
    @overload
    def fetch(self, path: str, query: Query = ..., into: Any = ...) -> Coroutine[Any, Any, Any]: ...
    @without_frames
    def fetch(self, path: str, query: Query = _NO_QUERY, into: Any = Any) -> Coroutine[Any, Any, Any]:
        """Fetch any other endpoint's answer.

        Args:
            path: The path behind the base URL, not encoded, such as `/v3/users/1/targetGroups`.
            query: Parameters; truth values travel in lower case, collections with commas between their values,
                dates as text in the cluster's time zone. What is `None` is not sent.
            into: The type of the whole answer: an attrs class, a dataclass, a model of pydantic, a TypedDict, `dict`,
                or `typing.Any`. Fields in snake_case are read from keys in camelCase, too.

        Raises:
            InvalidArgumentError: The path or a parameter cannot be sent as it is; nothing was sent.
            DecodeError: The answer does not fit the type.
        """
        self._calls.check(into)
        return self._calls.get(fetch(path, query, into))

    @overload
    def paginate(
        self,
        path: str,
        query: Query = ...,
        *,
        into: type[T],
        rows_key: str = ...,
        total_key: str = ...,
        page_size: int = ...,
        max_page_size: int | None = ...,
        limit_name: str = ...,
        offset_name: str = ...,
        first_offset: int = ...,
        offset_unit: OffsetUnit | None = ...,
        total_unit: OffsetUnit | None = ...,
        key: str | Callable[[T], Hashable] | None = ...,
    ) -> Pager[T]: ...
    @overload
    def paginate(
        self,
        path: str,
        query: Query = ...,
        into: Any = ...,
        *,
        rows_key: str = ...,
        total_key: str = ...,
        page_size: int = ...,
        max_page_size: int | None = ...,
        limit_name: str = ...,
        offset_name: str = ...,
        first_offset: int = ...,
        offset_unit: OffsetUnit | None = ...,
        total_unit: OffsetUnit | None = ...,
        key: str | Callable[[Any], Hashable] | None = ...,
    ) -> Pager[Any]: ...
    @without_frames
    def paginate(
        self,
        path: str,
        query: Query = _NO_QUERY,
        into: Any = Any,
        *,
        rows_key: str = "data",
        total_key: str = "",
        page_size: int = 100,
        max_page_size: int | None = None,
        limit_name: str = "limit",
        offset_name: str = "offset",
        first_offset: int = 0,
        offset_unit: OffsetUnit | None = None,
        total_unit: OffsetUnit | None = None,
        key: str | Callable[[Any], Hashable] | None = None,
    ) -> Pager[Any]:
        """List any other endpoint's rows, where it takes a limit and an offset, whatever it calls them.

        Args:
            path: As for `fetch`.
            query: As for `fetch`, without limit and offset.
            into: The type of one row; as for `fetch`.
            rows_key: Member of the answer that holds the rows; may be a path, such as "data.content".
            total_key: Member that holds the total, such as "pageDetails.totalEntries"; empty means "pagination.total".
            page_size: Rows to ask for at once, from 1 to 1,000.
            max_page_size: The most rows that this endpoint lets one ask for; `page_size` is cut to it.
            limit_name: The limit's parameter; the newer promotions API, for one, has "size" and "page".
            offset_name: The offset's parameter.
            first_offset: Offset of the first row or page, 0 or 1.
            offset_unit: What it counts, where you know it: "records" or "pages"; `None` lets the rows tell.
            total_unit: What the total counts, likewise; `None` lets the answers tell.
            key: What tells one row from another: the name of an attribute or member, or a function of a row.
                Without it rows that are equal in everything count as one, unless `offset_unit` is given.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
        """
        self._calls.check(tuple[into, ...])
        listing = list_rows(
            *(path, query, into),
            rows_key=rows_key,
            page_size=page_size,
            limit_name=limit_name,
            offset_name=offset_name,
            offset_unit=offset_unit,
            key=key,
            total_key=total_key,
            total_unit=total_unit,
            first_offset=first_offset,
            max_page_size=max_page_size,
        )
        return self._calls.paginate(listing)


def _transport_stack(
    http: HttpTransport, auth: Auth, options: ClientOptions, on_event: OnEvent | None
) -> TransportStack:
    """Put the transports on top of each other; the order is the design.

    HTTP; then admission, so that whatever is sent waits for a connection and a permit of the rate limit; then
    authentication, so that a retry uses the newest token; then retry; then coalescing, so that calls that share an
    answer share its retries.
    """
    admission = Admission(http, None if options.rate_limit is None else limit_of(options.rate_limit))

    async def open_all() -> None:
        await http.open()
        admission.open(http.connections)

    budget = RetryBudget(options.retry)

    def with_retries(inner: Transport, *repeatable_posts: str) -> RetryTransport:
        return RetryTransport(
            *(inner, options.retry, budget),
            clock=loop_time,
            repeatable_posts=repeatable_posts,
            on_pause=admission.pause,
            on_event=on_event,
        )

    transport = auth.wrap(admission, with_retries(admission, TOKEN_PATH), on_event)
    closers = [admission.close, http.close]
    if isinstance(transport, TokenTransport):
        closers.insert(0, transport.close)
    transport = with_retries(transport)
    coalescing = CoalescingTransport(transport)
    closers.insert(0, coalescing.close)
    return TransportStack(transport, coalescing, options.coalesce, open_all, tuple(closers))


def _clock_of(base: BaseUrl) -> tzinfo:
    """A region's own host keeps the region's time, also when it was given as text."""
    for region in Region:
        if BaseUrl.of(region).host == base.host:
            return region.timezone
    return UTC
