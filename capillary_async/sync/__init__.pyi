"""The types of the blocking client. Written by `make sync`; change the async client instead."""

from capillary_async.api.arguments import Several
from capillary_async.api.generic import Query
from capillary_async.bulk.lookup import Concurrency, Order
from capillary_async.bulk.outcome import Outcome
from capillary_async.models import Customer, CustomerUserGroup, Embed, EnrollmentType, GroupMember, IdentifierName, SortOrder, Source, Target, TargetEvent, Tracker, UserGroupIdentifier, UserGroupSummary
from capillary_async.options import ClientOptions, Region
from capillary_async.paging import OffsetUnit
from capillary_async.paging.cursor import Cursor
from capillary_async.paging.pager import Page
from capillary_async.paging.report import PagingReport
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.request import CallInfo
from capillary_async.pipeline.telemetry import Event
from collections.abc import AsyncIterable, Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar, overload

__all__ = ['CapillaryClient', 'ItemIterator', 'Outcomes', 'PageIterator', 'Pager', 'PrefetchContext', 'lookup_many']

K = TypeVar('K')
T = TypeVar('T')
V = TypeVar('V')

def lookup_many(fn: Callable[[K], V], keys: Iterable[K] | AsyncIterable[K], *, concurrency: Concurrency=64, order: Order='completion') -> Outcomes[K, V]:
    """Call `fn` for every key, many at a time, and hand out an outcome for each.

    Use it as a context manager: `with lookup_many(...) as outcomes: for outcome in outcomes`.
    Leaving the block, by whatever way, cancels the calls that run and waits for their end. Where the
    client's rate limit makes calls wait, these give way to calls made elsewhere.

    Args:
        fn: Any function of one key, such as `client.customers.get`.
        keys: Consumed lazily; a key is taken only when its call can start. An async iterator is closed
            when the block is left.
        concurrency: How many calls run at once. "auto" begins with a few, adds some while the latency
            holds, and halves them when it doubles or when the API throttles; `outcomes.concurrency` tells where
            that has led. Then requests also start at a pace that the API bears, and one that was throttled is sent
            again while others are answered.
        order: "completion" hands an outcome out as soon as there is one; "input" keeps the order of the
            keys, for which up to `concurrency` finished outcomes wait behind a slow one.

    Returns:
        The outcomes. An error of the key source itself is raised after the outcomes of what was started.

    Raises:
        InvalidArgumentError: `fn`, `concurrency` or `order` is none of the above.
    """
class Customers:
    """Calls that start from a customer."""
    def get(self, customer_id: int, *, source: Source | str='INSTORE', account_id: str | None=None, embed: Several[Embed | str]=..., include_all_user_groups: bool | None=None, user_group_id: int | None=None, include_user_group_loyalty_details: bool | None=None, include_fraud_details: bool | None=None, only_current_profile: bool | None=None, user_group_joined_after: date | None=None, user_group_joined_before: date | None=None, user_group_offset: int | None=None, user_group_limit: int | None=None, user_group_sort_by: str | None=None, user_group_sort_order: SortOrder | str | None=None, user_group_pagination: bool | None=None, gap_to_upgrade: int | None=None, gap_to_renew: int | None=None, ndnc_status: bool | None=None, optin_status: bool | None=None, slab_history: bool | None=None, tier_upgrade_criteria: bool | None=None, membership_retention_criteria: bool | None=None) -> Customer:
        """Fetch a customer's details.

        What is not given is not sent. Transactions are not part of the answer, and the API has no call for
        many customers at once: see `lookup_many`.

        Args:
            customer_id: As `customers.find_id` returns it.
            source: Where the customer is registered: INSTORE, MARTJACK, WECHAT, LINE or ALL.
            account_id: The account, in a source that has several.
            embed: Further parts: points, subscriptions, mlp, userGroup, gapDetails, promotionalPoints,
                expirySchedules, expiredPoints, customerImage, returnedPoints, associatedImages, segments.
            include_all_user_groups: Add the customer's user groups; `customers.list_user_groups` walks
                all of them.
            user_group_id: Add this user group only.
            include_user_group_loyalty_details: Add the loyalty details of user groups.
            include_fraud_details: Add fraud details.
            only_current_profile: Leave out profiles of other sources.
            user_group_joined_after: User groups joined from this day on.
            user_group_joined_before: User groups joined up to this day.
            user_group_offset: Offset within the user groups, 0 or more.
            user_group_limit: User groups in the answer, from 1 to 1,000.
            user_group_sort_by: Such as JoinedDate, the API's default.
            user_group_sort_order: ASC, or DESC, the API's default.
            user_group_pagination: Add `ug2_pagination` to the answer.
            gap_to_upgrade: Add what is missing for the next tier in this many days, 0 for today. Wants mlp
                among `embed`.
            gap_to_renew: Add what is missing to keep the tier in this many days. Wants mlp among `embed`.
            ndnc_status: Add the do-not-disturb status.
            optin_status: Add the opt-in status.
            slab_history: Add the tier changes.
            tier_upgrade_criteria: Add what the next tier asks for.
            membership_retention_criteria: Add what the tier asks for, where a downgrade is configured.

        Returns:
            The customer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), not in this source (8065), or the customer was deleted.
            InvalidRequestError: The customer was merged into another (8069), or source or account are wrong.
        """
    def find_id(self, identifier_name: IdentifierName | str, identifier_value: str, *, source: Source | str='INSTORE', account_id: str | None=None) -> int:
        """Find a customer's id by something else that identifies the customer.

        Args:
            identifier_name: mobile, email, externalId, cardnumber, cardExternalId, wechat, martjackId or fbId.
            identifier_value: The number, address or id.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.

        Returns:
            The customer's id.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), or not in this source (8065).
        """
    def list_trackers(self, customer_id: int, *, source: Source | str='INSTORE') -> Pager[Tracker]:
        """List the running totals that are kept for a customer.

        Args:
            customer_id: As `customers.find_id` returns it.
            source: Where the customer is registered.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            ServerError: The trackers could not be read (1099).
        """
    def list_user_groups(self, customer_id: int, *, source: Source | str='INSTORE', page_size: int=50, joined_after: date | None=None, joined_before: date | None=None, sort_by: str | None=None, sort_order: SortOrder | str | None=None, include_loyalty_details: bool=False) -> Pager[CustomerUserGroup]:
        """List the user groups that a customer is in.

        They come with the customer's details, under a name that no document shows; the one list of objects
        whose name speaks of user groups is taken.

        Args:
            customer_id: As `customers.find_id` returns it.
            source: Where the customer is registered.
            page_size: User groups to ask for at once, from 1 to 1,000.
            joined_after: Joined from this day on.
            joined_before: Joined up to this day.
            sort_by: Such as JoinedDate, the API's default.
            sort_order: ASC, or DESC, the API's default.
            include_loyalty_details: Add each group's loyalty details.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            DecodeError: The answer promises user groups, and they are not to be found in it.
        """

class UserGroups:
    """Calls that start from a user group."""
    def list_trackers(self, identifier: int | str, *, identifier_type: UserGroupIdentifier | str='id', source: Source | str='INSTORE') -> Pager[Tracker]:
        """List the running totals that are kept for a user group.

        Args:
            identifier: The group's id, a whole number; with `identifier_type` another of its names, of which only an
                externalId may be a text.
            identifier_type: id, externalId or primaryUserId.
            source: Where the group's customers are registered.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            InvalidRequestError: There is no such group (1645).
            ServerError: The trackers could not be read (1099).
        """
    def list_members(self, group_id: int, *, source: Source | str='INSTORE', page_size: int=100, joined_after: date | None=None, joined_before: date | None=None, include_cards: bool=False, include_status: bool=False, sort_by: str | None=None, sort_order: SortOrder | str | None=None) -> Pager[GroupMember]:
        """List the members of a user group.

        Args:
            group_id: The group's id.
            source: Where its customers are registered.
            page_size: Members to ask for at once, from 1 to 1,000.
            joined_after: Joined from this moment on.
            joined_before: Joined up to this moment.
            include_cards: Add each member's cards.
            include_status: Add each member's status.
            sort_by: What to sort by.
            sort_order: ASC or DESC.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            InvalidRequestError: There is no such group (1619, 1644, 1645).
        """
    def search(self, name: str, *, page_size: int=50) -> Pager[UserGroupSummary]:
        """List the user groups whose names match.

        Args:
            name: What to look for, at most 50 characters.
            page_size: Groups to ask for at once, from 1 to 1,000.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            ServerError: The search is busy (461).
        """

class Targets:
    """Calls about targets and their events."""
    def get_active(self, user_id: int, *, target_rule_ids: Several[int]=..., tracking_date: date | None=None, enrollment_type: EnrollmentType | str | None=None, only_user_created: bool | None=None) -> tuple[Target, ...]:
        """Fetch the targets that a customer is enrolled in and that are running.

        Capillary is phasing this call out for milestones, in favour of the loyalty promotions API.

        Args:
            user_id: The customer's id, as `customers.find_id` returns it.
            target_rule_ids: Only these targets, by their `id`; none given means all.
            tracking_date: Targets that run on this day; the cluster's own time when it has no zone.
            enrollment_type: TRANSACTION, IMPORT or AUDIENCE_FILTER.
            only_user_created: Only targets that the customer set.

        Returns:
            The targets, in the order the API sent them. Empty when there are none.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310011).
            InvalidRequestError: The enrolment type is unknown (310130).
        """
    def list_events(self, user_id: int, target_rule_id: int, *, period_id: int | None=None, page_size: int=100) -> Pager[TargetEvent]:
        """List the events that count towards a customer's target, oldest first.

        The documents contradict each other on what `offset` and `total` count here, so the first listing of
        a client may take a request more to find out. Capillary is phasing this call out for milestones, in
        favour of the loyalty promotions API.

        Args:
            user_id: The customer's id, as `customers.find_id` returns it.
            target_rule_id: The target's rule: the `id` of a target that `targets.get_active` returns.
            period_id: Only this period of the target. The answer of `GET /v3/users/{userId}/targetGroups` names them.
            page_size: Events to ask for at once, from 1 to 1,000; the server may cut it.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310011), rule (310018) or period (310019). A customer
                without events (310149) is no error: the listing is empty.
        """

class Pager(Generic[T]):
    """A listing that has not been asked for yet; iterate over it, as often as you like."""
    def __iter__(self) -> ItemIterator[T]:
        """Walk the listing row by row; `break` is safe at any row."""
    def pages(self) -> PageIterator[T]:
        """Walk the listing page by page, with the server's own words on each page."""
    def prefetch(self, size: int) -> PrefetchContext[T]:
        """Walk the listing row by row, in order, with pages asked for ahead.

        It works inside `with`, and leaves nothing under way behind it. How many pages there are
        must be known for asking ahead: until the first answer, and where `total` counts nothing, it
        asks one by one.

        Args:
            size: Pages that are under way or wait, at most.

        Raises:
            InvalidArgumentError: `size` is less than 1.
        """
    def collect(self, limit: int | None=None) -> list[T]:
        """Return the rows, or the first `limit` of them.

        Raises:
            InvalidArgumentError: `limit` is negative.
            CapillaryError: A request failed; `.cursor` is the place behind the rows that came before.
        """
    def first(self) -> T | None:
        """Return the first row, or `None` when there is none."""
    def to_arrow(self) -> Any:
        """Return the rows as a `pyarrow.Table` (extra `parquet`) with the fixed schema of `capillary_async.tables`.

        Raises:
            TableError: A value does not fit its column; row and path are named. Or the rows' class has no columns.
        """
    def arrow_batches(self, rows: int=10000) -> Iterator[Any]:
        """Walk the listing in `pyarrow.RecordBatch`es of that many rows, in bounded memory; see `to_arrow`."""
    def resume(self, cursor: Cursor) -> Pager[T]:
        """Return the same listing from behind the cursor's row.

        Raises:
            InvalidArgumentError: The cursor belongs to another query.
        """

class PageIterator(Generic[T]):
    """Walks a listing page by page."""
    @property
    def cursor(self) -> Cursor:
        """The place behind the last row that was handed out."""
    @property
    def report(self) -> PagingReport:
        """What the walk was like so far."""
    def __next__(self) -> Page[T]:
        """Return the next page with rows that are new.

        Raises:
            CapillaryError: A request failed, or the pages contradict each other; with `.cursor`.
        """
    def __iter__(self) -> Self: ...

class ItemIterator(Generic[T]):
    """Walks a listing row by row."""
    @property
    def cursor(self) -> Cursor:
        """The place behind the last row that was handed out."""
    @property
    def report(self) -> PagingReport:
        """What the walk was like so far; `rows` counts those of a page that is not yet handed out whole."""
    def __next__(self) -> T:
        """Return the next row.

        Raises:
            CapillaryError: As `PageIterator.__anext__`.
        """
    def __iter__(self) -> Self: ...

class PrefetchContext(Generic[T]):
    """Walks a listing row by row with pages asked for ahead; see `Pager.prefetch`."""
    def __enter__(self) -> ItemIterator[T]:
        """Return the rows."""
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the requests that are under way."""

class Outcomes(Generic[K, V]):
    """The outcomes of a `lookup_many`: a context manager, and inside its block an iterator."""
    @property
    def concurrency(self) -> int:
        """How many calls may run at once; with "auto", what it has settled on so far."""
    def __enter__(self) -> Outcomes[K, V]:
        """Start the first calls.

        Raises:
            RuntimeError: The block was entered before; its keys may be used up.
        """
    def __exit__(self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None) -> None:
        """Cancel what runs, wait for its end, and close the key source."""
    def __iter__(self) -> Iterator[Outcome[K, V]]:
        """Iterate over what is left."""
    def __next__(self) -> Outcome[K, V]:
        """Wait for the next outcome.

        Raises:
            RuntimeError: Used outside its block, or by two tasks at once.
        """

class CapillaryClient:
    """A session with one Capillary organisation, for code without an event loop.

    Use it as `with CapillaryClient(...) as client:`, or call `open` and `close`.
    """
    customers: Final[Customers]
    user_groups: Final[UserGroups]
    targets: Final[Targets]
    def __init__(self, base_url: Region | str, auth: Auth, *, options: ClientOptions=..., on_call: Callable[[CallInfo], None] | None=None, on_event: Callable[[Event], None] | None=None) -> None:
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
    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None=None, *, options: ClientOptions=..., on_call: Callable[[CallInfo], None] | None=None, on_event: Callable[[Event], None] | None=None) -> Self:
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
    @property
    def base_url(self) -> str:
        """Where the API is, without a slash at the end."""
    @property
    def account(self) -> str:
        """Who asks, without anything secret: a till, or a mark of the client key; empty for an access token."""
    def __enter__(self) -> Self:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The client is open already, or its session or certificates are unusable.
        """
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Cancel the calls that are under way, and close the session."""
    def open(self) -> Self:
        """Open the client where `with` does not fit, such as in two callbacks of a framework; `aclose` it then.

        Raises:
            ConfigurationError: The client is open already, or its session or certificates are unusable.
        """
    def close(self) -> None:
        """Cancel the calls that are under way, and close the session."""
    @overload
    def fetch(self, path: str, query: Query=..., *, into: type[T]) -> T:
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
    @overload
    def fetch(self, path: str, query: Query=..., into: Any=...) -> Any:
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
    @overload
    def paginate(self, path: str, query: Query=..., *, into: type[T], rows_key: str=..., page_size: int=..., limit_name: str=..., offset_name: str=..., offset_unit: OffsetUnit | None=..., key: str | Callable[[T], Hashable] | None=...) -> Pager[T]:
        """List any other endpoint's rows, where it takes a limit and an offset, whatever it calls them.

        Args:
            path: As for `fetch`.
            query: As for `fetch`, without limit and offset.
            into: The type of one row; as for `fetch`.
            rows_key: Member of the answer that holds the rows.
            page_size: Rows to ask for at once, from 1 to 1,000.
            limit_name: The limit's parameter; the newer promotions API, for one, has "size" and "page".
            offset_name: The offset's parameter.
            offset_unit: What it counts, where you know it: "records" or "pages"; `None` lets the rows tell.
            key: What tells one row from another: the name of an attribute or member, or a function of a row.
                Without it rows that are equal in everything count as one, unless `offset_unit` is given.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
        """
    @overload
    def paginate(self, path: str, query: Query=..., into: Any=..., *, rows_key: str=..., page_size: int=..., limit_name: str=..., offset_name: str=..., offset_unit: OffsetUnit | None=..., key: str | Callable[[Any], Hashable] | None=...) -> Pager[Any]:
        """List any other endpoint's rows, where it takes a limit and an offset, whatever it calls them.

        Args:
            path: As for `fetch`.
            query: As for `fetch`, without limit and offset.
            into: The type of one row; as for `fetch`.
            rows_key: Member of the answer that holds the rows.
            page_size: Rows to ask for at once, from 1 to 1,000.
            limit_name: The limit's parameter; the newer promotions API, for one, has "size" and "page".
            offset_name: The offset's parameter.
            offset_unit: What it counts, where you know it: "records" or "pages"; `None` lets the rows tell.
            key: What tells one row from another: the name of an attribute or member, or a function of a row.
                Without it rows that are equal in everything count as one, unless `offset_unit` is given.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
        """
