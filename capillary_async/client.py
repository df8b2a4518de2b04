"""The client: it opens the session, stacks the transports and holds the endpoint groups."""

import os
from collections.abc import Callable, Coroutine, Hashable, Mapping
from inspect import iscoroutinefunction
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias, TypeVar, overload

import attrs

import capillary_async.paging as paging  # noqa: PLR0402  (`from` would name the package, which imports this module)
from capillary_async.api.arguments import Several
from capillary_async.api.generic import Query, fetch, list_rows
from capillary_async.api.groups import GROUPS, EndpointGroups
from capillary_async.api.methods import EndpointClient, without_frames
from capillary_async.codec import Converter
from capillary_async.errors import ConfigurationError, InvalidArgumentError
from capillary_async.options import ClientOptions, Region, RetryPolicy, Secret
from capillary_async.paging.readings import OffsetUnit
from capillary_async.pipeline.admission import Admission
from capillary_async.pipeline.auth import AccessToken, Auth, BasicAuth, OAuth
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.coalesce import CoalescingTransport
from capillary_async.pipeline.dispatch import Dispatcher
from capillary_async.pipeline.environment import auth_from, base_url_from, settings
from capillary_async.pipeline.http_transport import HttpTransport
from capillary_async.pipeline.lifecycle import ClientLifecycle, TransportStack
from capillary_async.pipeline.limit import Limit
from capillary_async.pipeline.request import CallInfo, Transport
from capillary_async.pipeline.retry import RetryBudget, RetryTransport
from capillary_async.pipeline.telemetry import Event, OnEvent, Telemetry
from capillary_async.pipeline.token import TOKEN_PATH
from capillary_async.pipeline.urls import BaseUrl

if TYPE_CHECKING:
    from capillary_async.pipeline.http_transport import ClientSession

T = TypeVar("T")
_DEFAULTS: Final = ClientOptions()
_AS_BEFORE: Final[Any] = object()
Priority: TypeAlias = Literal["normal", "bulk"]
_NO_QUERY: Final[Query] = MappingProxyType({})


class CapillaryClient(EndpointGroups):
    """A session with one Capillary organisation.

    Use it as `async with CapillaryClient(...) as client:`. Calls, pagers and iterators work inside the block, in the
    event loop that entered it, from any number of tasks. Leaving the block cancels the calls that still run and closes
    every connection.
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
        """Set the client up without opening or sending anything.

        Args:
            base_url: A region, or a base URL: https, or http to this machine. The URL may have a path.
            auth: The credentials.
            options: Timeouts, retries, limits and more.
            session: An aiohttp session of yours. The client uses it and does not close it. It must not hold
                credentials.
            on_call: Called with a `CallInfo` after each call, for metrics and tracing. An exception of it is logged.
            on_event: Called with an `Event` for each attempt, retry, pause, new token and call (see
                `capillary_async.telemetry`). An exception of it is logged.

        Raises:
            ConfigurationError: An argument is wrong; the message names it.
        """
        hidden = base_url if isinstance(base_url, Region) else Secret(base_url)
        del base_url  # it may hold a password, which a traceback with locals must not show
        if not isinstance(auth, BasicAuth | OAuth | AccessToken):
            raise ConfigurationError("auth must be a BasicAuth, an OAuth or an AccessToken")
        if not isinstance(options, ClientOptions):
            raise ConfigurationError("options must be a ClientOptions")
        for name, listener in (("on_call", on_call), ("on_event", on_event)):
            if listener is not None and (not callable(listener) or iscoroutinefunction(listener)):
                raise ConfigurationError(f"{name} must be a plain function, because the client does not await it")
        self._base = BaseUrl.of(hidden if isinstance(hidden, Region) else hidden.reveal())
        self._account, self._options = auth.account, options
        self._is_variant = False
        zone = options.timezone or self._base.timezone
        telemetry = Telemetry(self._base, on_event, on_call)
        converter = Converter(zone)
        http = HttpTransport(self._base, zone, options, session, telemetry, converter, auth.headers)
        stack = _transport_stack(http, auth, options, telemetry.emit)
        self._lifecycle = ClientLifecycle(stack)
        dispatcher = Dispatcher(self._lifecycle, stack, converter, options, telemetry, auth.advice)
        self._endpoint_client = EndpointClient(dispatcher, {})
        self._endpoint_client.know(options.listing_traits or {})

    @property
    def listing_traits(self) -> dict[str, Any]:
        """What the client learned about the listings of this host, as JSON values without personal data.

        Pass it to a later client as `ClientOptions.listing_traits` to save the requests that learn it.
        """
        return self._endpoint_client.listing_traits

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        options: ClientOptions = _DEFAULTS,
        on_call: Callable[[CallInfo], None] | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> Self:
        """Create a client from environment variables.

        `CAPILLARY_BASE_URL` or `CAPILLARY_REGION` (such as EU) names the cluster. One of these gives the credentials:
        `CAPILLARY_TILL` and `CAPILLARY_PASSWORD` or `CAPILLARY_PASSWORD_MD5`; `CAPILLARY_KEY` and
        `CAPILLARY_SECRET`; `CAPILLARY_ACCESS_TOKEN`.

        Args:
            environ: The variables; `None` means those of the process.
            options: Timeouts, retries, limits and more.
            on_call: As in the constructor.
            on_event: As in the constructor.

        Raises:
            ConfigurationError: Variables are missing, wrong or contradictory; the message names them.
        """
        found = settings(os.environ if environ is None else environ)
        del environ  # a traceback with locals, from the line below, must not show the secrets
        return cls(base_url_from(found), auth_from(found), options=options, on_call=on_call, on_event=on_event)

    @property
    def base_url(self) -> str:
        """The base URL of the API, without a slash at the end."""
        return self._base.text

    @property
    def account(self) -> str:
        """The caller's name without secrets: a till, or a digest of the client key; empty for an access token."""
        return self._account

    def __repr__(self) -> str:
        """Return the class name and the base URL."""
        base: BaseUrl | None = getattr(self, "_base", None)  # missing while the constructor checks the arguments
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
        """Return a client that shares this client's resources and has other options for its calls.

        Both clients share the session, the token, the limits, the retry budget and `listing_traits`. The new client is
        open while this client is open. An option that is not given keeps its value.

        Args:
            deadline: Seconds that one call may take with all its waits and retries; `None` for no deadline.
            attempt_timeout: Seconds that one request may take after it has a connection.
            retry: When and how often a call is retried. The retry budget stays that of this client.
            coalesce: Send one request for identical GETs that run at the same time.
            language: Ask for localised fields in this language; `None` for the API's default.
            priority: With "bulk", waiting calls let other calls go first, as inside `bulk_priority()`. With "normal",
                they do not, even inside `bulk_priority()`.

        Raises:
            InvalidArgumentError: A value is wrong; the message names it.
        """
        given: dict[str, Any] = {"deadline": deadline, "attempt_timeout": attempt_timeout, "retry": retry}
        given |= {"coalesce": coalesce, "language": language}
        options = attrs.evolve(
            self._options, **{name: value for name, value in given.items() if value is not _AS_BEFORE}
        )
        if priority not in ("normal", "bulk", _AS_BEFORE):
            raise InvalidArgumentError(f'priority must be "normal" or "bulk", not {priority!r}')
        variant = object.__new__(type(self))
        variant.__dict__.update({name: value for name, value in self.__dict__.items() if name not in GROUPS})
        variant._options, variant._is_variant = options, True
        variant._endpoint_client = self._endpoint_client.with_options(
            options, None if priority is _AS_BEFORE else priority == "bulk"
        )
        return variant

    async def __aenter__(self) -> Self:
        """Open the session in the running event loop.

        Raises:
            ConfigurationError: The client is already open, or its session or certificates are unusable.
        """
        self._refuse_variant()
        await self._lifecycle.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the running calls and close the session."""
        self._refuse_variant()
        await self._lifecycle.close()

    async def open(self) -> Self:
        """Open the client without `async with`, such as in a framework's start-up callback; `aclose` closes it.

        Raises:
            ConfigurationError: The client is already open, or its session or certificates are unusable.
        """
        return await self.__aenter__()

    async def aclose(self) -> None:
        """Cancel the running calls and close the session."""
        await self.__aexit__(None, None, None)

    def _refuse_variant(self) -> None:
        if self._is_variant:
            raise ConfigurationError(
                "a client that with_options returned cannot be opened or closed; use the original client"
            )

    @overload
    def fetch(self, path: str, query: Query = ..., *, into: type[T]) -> Coroutine[Any, Any, T]: ...
    @overload
    def fetch(self, path: str, query: Query = ..., into: Any = ...) -> Coroutine[Any, Any, Any]: ...
    @without_frames
    def fetch(self, path: str, query: Query = _NO_QUERY, into: Any = Any) -> Coroutine[Any, Any, Any]:
        """Fetch the answer of an endpoint that has no method.

        Args:
            path: The path after the base URL, not encoded, such as `/v3/users/1/targetGroups`.
            query: Parameters. Booleans are sent in lower case, collections with commas between their values, dates as
                text in the cluster's time zone. A parameter that is `None` is not sent.
            into: The type of the whole answer: an attrs class, a dataclass, a model of pydantic, a TypedDict, `dict`,
                or `typing.Any`. A field in snake_case is also read from a key in camelCase.

        Raises:
            InvalidArgumentError: The path or a parameter cannot be sent; nothing was sent.
            DecodeError: The answer does not fit the type.
        """
        self._endpoint_client.check(into)
        return self._endpoint_client.get(fetch(path, query, into))

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
        pages_key: str = ...,
        last_key: str = ...,
        has_short_pages: bool = ...,
        empty_codes: Several[int] = ...,
    ) -> "paging.Pager[T]": ...
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
        pages_key: str = ...,
        last_key: str = ...,
        has_short_pages: bool = ...,
        empty_codes: Several[int] = ...,
    ) -> "paging.Pager[Any]": ...
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
        pages_key: str = "",
        last_key: str = "",
        has_short_pages: bool = False,
        empty_codes: Several[int] = (),
    ) -> "paging.Pager[Any]":
        """List the rows of an endpoint that has no method but takes a limit and an offset.

        Args:
            path: As for `fetch`.
            query: As for `fetch`, without limit and offset.
            into: The type of one row; as for `fetch`.
            rows_key: Member of the answer that holds the rows; may be a path, such as "data.content".
            total_key: Member that holds the total, such as "pageDetails.totalEntries"; empty means "pagination.total".
            page_size: Rows of one request, from 1 to 1,000.
            max_page_size: Largest page size that this endpoint accepts; `page_size` is reduced to it.
            limit_name: Name of the limit's parameter, such as "size" in the newer promotions API.
            offset_name: Name of the offset's parameter, such as "page" in the newer promotions API.
            first_offset: Offset of the first row or page, 0 or 1.
            offset_unit: What the offset counts, "records" or "pages"; `None` if unknown, then the answers show it.
            total_unit: What the total counts, "records" or "pages"; `None` if unknown, then the answers show it.
            key: What identifies a row: the name of an attribute or member, or a function of a row. Without a key,
                equal rows count as one row, unless `offset_unit` is given.
            pages_key: Member that holds the number of pages, such as "pagingDto.totalPages".
            last_key: Member that says whether a page is the last one, such as "pagingDto.last".
            has_short_pages: Whether the API leaves rows out of pages; then `last_key` or `pages_key` must show the end.
            empty_codes: Error codes with which the API says that there are no rows, or none at this offset.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
        """
        self._endpoint_client.check(tuple[into, ...])
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
            pages_key=pages_key,
            last_key=last_key,
            has_short_pages=has_short_pages,
            empty_codes=empty_codes,
        )
        return self._endpoint_client.paginate(listing)


def _transport_stack(
    http: HttpTransport, auth: Auth, options: ClientOptions, on_event: OnEvent | None
) -> TransportStack:
    """Stack the transports, from HTTP at the bottom to coalescing at the top, in an order that matters.

    Admission is next to HTTP, so that every request, also one for a token, waits for a connection and a permit. Tokens
    are below retry, so that each retry uses the newest one; other credentials never change, so HTTP adds them.
    Coalescing is above retry, so that calls that share an answer share its retries.
    """
    limit: Limit | None = None
    if options.rate_limit is not None:
        from capillary_async.pipeline.shared_limit import limit_of  # noqa: PLC0415  (few clients have a limit)

        limit = limit_of(options.rate_limit)
    admission = Admission(http, limit)

    async def open_all() -> None:
        await http.open()
        admission.open(http.connections)

    budget = RetryBudget(options.retry)

    def with_retries(inner: Transport, *repeatable_posts: str) -> RetryTransport:
        return RetryTransport(
            *(inner, budget),
            clock=loop_time,
            repeatable_posts=repeatable_posts,
            on_pause=admission.pause,
            on_event=on_event,
        )

    closers = [admission.close, http.close]
    authenticated: Transport = admission
    if isinstance(auth, OAuth):
        authenticated = tokens = auth.wrap(admission, with_retries(admission, TOKEN_PATH), on_event)
        closers.insert(0, tokens.close)
    transport = with_retries(authenticated)
    coalescing = CoalescingTransport(transport)
    return TransportStack(transport, coalescing, open_all, (coalescing.close, *closers))
