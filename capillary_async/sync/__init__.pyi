"""The types of the blocking client. Written by `make sync`; change the async client instead."""

from capillary_async.api.arguments import Several
from capillary_async.api.generic import Query
from capillary_async.bulk.lookup import Concurrency, Order
from capillary_async.bulk.outcome import Outcome
from capillary_async.client import Priority
from capillary_async.models.customers import Customer
from capillary_async.models.enumerations import DataScope, Embed, EnrollmentType, EntityType, GroupTransactionEmbed, IdentifierName, LedgerEntryType, LedgerIdentifier, MemberEnrollmentStatus, PointCategoryType, PromotionStatus, SortOrder, Source, StoreEntityType, TransactionEmbed, TransactionType, UserGroupIdentifier
from capillary_async.models.history import CustomerMatch, LoyaltyEvent, StatusChange
from capillary_async.models.ledger import ClosingBalance, LedgerBalance, LedgerEntry
from capillary_async.models.loyalty import SlabChange
from capillary_async.models.points import LoyaltyProgramDetails, PointsBalance, PointsExpiry, PromisedPoints, TierDetails
from capillary_async.models.progress import TargetGroupProgress
from capillary_async.models.promotions import MemberPromotion, Promotion, PromotionActions
from capillary_async.models.targets import Target, TargetEvent, TargetGroup, TargetPeriod, TargetRule
from capillary_async.models.trackers import Tracker
from capillary_async.models.transactions import GroupTransaction, Transaction
from capillary_async.models.user_groups import CustomerUserGroup, GroupMember, UserGroup, UserGroupSummary
from capillary_async.options import ClientOptions, Region, RetryPolicy
from capillary_async.paging.cursor import Cursor
from capillary_async.paging.pages import OnBadRow, Page
from capillary_async.paging.readings import OffsetUnit
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
    """Call `fn` for every key, several at a time, and yield an outcome for each.

    Use it as a context manager: `with lookup_many(...) as outcomes: for outcome in outcomes`.
    Leaving the block cancels the running calls and waits for their end. When calls wait for the client's rate limit,
    calls from elsewhere go first.

    Args:
        fn: Any function of one key, such as `client.customers.get`.
        keys: The keys. A key is taken only when its call can start. An async iterator is closed when the block is left.
        concurrency: Number of calls that run at once. "auto" starts with a few calls, adds some while the latency
            stays, and halves the number when the latency doubles or the API throttles; `outcomes.concurrency` is the
            current number. With "auto", requests also start at a rate that the API accepts, and a throttled request
            is sent again while other requests are answered.
        order: "completion" yields each outcome as soon as its call ends. "input" keeps the order of the keys, so up to
            `concurrency` finished outcomes may wait for a slow one.

    Returns:
        The outcomes. If iterating over `keys` raises an error, it is raised after the outcomes of the started calls.

    Raises:
        InvalidArgumentError: `fn`, `concurrency` or `order` is wrong.
    """
class Customers:
    """Calls that start from a customer."""
    def get(self, customer_id: int, *, source: Source | str='INSTORE', account_id: str | None=None, embed: Several[Embed | str]=..., include_all_user_groups: bool | None=None, user_group_id: int | None=None, include_user_group_loyalty_details: bool | None=None, include_fraud_details: bool | None=None, only_current_profile: bool | None=None, user_group_joined_after: date | None=None, user_group_joined_before: date | None=None, user_group_offset: int | None=None, user_group_limit: int | None=None, user_group_sort_by: str | None=None, user_group_sort_order: SortOrder | str | None=None, user_group_pagination: bool | None=None, gap_to_upgrade: int | None=None, gap_to_renew: int | None=None, ndnc_status: bool | None=None, optin_status: bool | None=None, slab_history: bool | None=None, tier_upgrade_criteria: bool | None=None, membership_retention_criteria: bool | None=None) -> Customer:
        """Fetch a customer's details.

        Arguments that are not given are not sent. The answer has no transactions. The API has no call for several
        customers; use `lookup_many`.

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
            user_group_joined_after: Only user groups joined on this day or later.
            user_group_joined_before: Only user groups joined on this day or earlier.
            user_group_offset: Offset within the user groups, 0 or more.
            user_group_limit: Largest number of user groups in the answer, from 1 to 1,000.
            user_group_sort_by: The field to sort by, such as JoinedDate, the API's default.
            user_group_sort_order: ASC, or DESC, the API's default.
            user_group_pagination: Add `ug2_pagination` to the answer.
            gap_to_upgrade: Add what the customer lacks for the next tier in this many days, 0 for today. Needs mlp
                in `embed`.
            gap_to_renew: Add what the customer lacks to keep the tier in this many days. Needs mlp in `embed`.
            ndnc_status: Add the do-not-disturb status.
            optin_status: Add the opt-in status.
            slab_history: Add the tier changes.
            tier_upgrade_criteria: Add the conditions of the next tier.
            membership_retention_criteria: Add the conditions for keeping the tier, if a downgrade is configured.

        Returns:
            The customer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), not in this source (8065), or the customer was deleted.
            CustomerMergedError: The customer was merged into another (8069).
            InvalidRequestError: The source or the account is wrong.
        """
    def find(self, identifier_name: IdentifierName | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None, embed: Several[Embed | str]=..., include_all_user_groups: bool | None=None, user_group_id: int | None=None, include_user_group_loyalty_details: bool | None=None, include_fraud_details: bool | None=None, only_current_profile: bool | None=None, user_group_joined_after: date | None=None, user_group_joined_before: date | None=None, user_group_offset: int | None=None, user_group_limit: int | None=None, user_group_sort_by: str | None=None, user_group_sort_order: SortOrder | str | None=None, user_group_pagination: bool | None=None, gap_to_upgrade: int | None=None, gap_to_renew: int | None=None, ndnc_status: bool | None=None, optin_status: bool | None=None, slab_history: bool | None=None, tier_upgrade_criteria: bool | None=None, membership_retention_criteria: bool | None=None) -> Customer:
        """Fetch a customer's details by an identifier other than the id, in one request.

        Arguments that are not given are not sent.

        Args:
            identifier_name: mobile, email, externalId, cardnumber, cardExternalId, wechat, martjackId or fbId.
            identifier_value: The value of the identifier, such as the phone number.
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
            user_group_joined_after: Only user groups joined on this day or later.
            user_group_joined_before: Only user groups joined on this day or earlier.
            user_group_offset: Offset within the user groups, 0 or more.
            user_group_limit: Largest number of user groups in the answer, from 1 to 1,000.
            user_group_sort_by: The field to sort by, such as JoinedDate, the API's default.
            user_group_sort_order: ASC, or DESC, the API's default.
            user_group_pagination: Add `ug2_pagination` to the answer.
            gap_to_upgrade: Add what the customer lacks for the next tier in this many days, 0 for today. Needs mlp
                in `embed`.
            gap_to_renew: Add what the customer lacks to keep the tier in this many days. Needs mlp in `embed`.
            ndnc_status: Add the do-not-disturb status.
            optin_status: Add the opt-in status.
            slab_history: Add the tier changes.
            tier_upgrade_criteria: Add the conditions of the next tier.
            membership_retention_criteria: Add the conditions for keeping the tier, if a downgrade is configured.

        Returns:
            The customer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), not in this source (8065), or the customer was deleted.
            CustomerMergedError: The customer was merged into another (8069).
            InvalidRequestError: The source or the account is wrong.
        """
    def find_id(self, identifier_name: IdentifierName | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None) -> int:
        """Find a customer's id by another identifier.

        Args:
            identifier_name: mobile, email, externalId, cardnumber, cardExternalId, wechat, martjackId or fbId.
            identifier_value: The value of the identifier, such as the phone number.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.

        Returns:
            The customer's id.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), or not in this source (8065).
        """
    def search(self, query: str, *, page_size: int=10) -> Pager[CustomerMatch]:
        """List the customers that match a text: the beginning of a name, a mobile number, an address or an id.

        When the search is busy (461), it is retried. If you know the identifier of a customer, use `customers.find_id` or
        `customers.find`, which are faster and exact.

        Args:
            query: The text to search for, in every source.
            page_size: Customers of one request, from 1 to 1,000; the API's default is 10.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            ServerError: The search was busy at every attempt (461).
        """
    def get_points_balance(self, customer_id: int, *, program_id: int | None=None, entity_type: EntityType | str | None=None) -> PointsBalance:
        """Fetch a customer's number of points; the answer is small and fast.

        Args:
            customer_id: As `customers.find_id` returns it.
            program_id: Only the points of this loyalty programme.
            entity_type: CUSTOMER, the API's default, or FLEET or USERGROUP2 for the points of the customer's user group.

        Returns:
            The points that can be spent, and the promised points.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            InvalidRequestError: The entity type is unknown (1212), or the user group is not valid (1632).
        """
    def find_points_balance(self, identifier_name: IdentifierName | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None, program_id: int | None=None, entity_type: EntityType | str | None=None) -> PointsBalance:
        """Fetch a customer's number of points by an identifier other than the id.

        Args:
            identifier_name: mobile, email, externalId, cardnumber, cardExternalId, wechat, martjackId or fbId.
            identifier_value: The value of the identifier, such as the phone number.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.
            program_id: Only the points of this loyalty programme.
            entity_type: As `customers.get_points_balance` takes it.

        Returns:
            The points that can be spent, and the promised points.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), or not in this source (8065).
            InvalidRequestError: The entity type is unknown (1212), or the user group is not valid (1632).
        """
    def get_tiers(self, customer_id: int, *, program_id: int | None=None, entity_type: EntityType | str | None=None, all_programs: bool | None=None) -> tuple[TierDetails, ...]:
        """Fetch a customer's tier in one loyalty programme or in all; the answer is small and fast.

        Args:
            customer_id: As `customers.find_id` returns it.
            program_id: The loyalty programme; `None` means the default one.
            entity_type: CUSTOMER, the API's default, or FLEET for the tier of the customer's user group.
            all_programs: Every programme.

        Returns:
            One tier for each programme.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            InvalidRequestError: The customer is not in the programme (8089), or the entity type is unknown (1212).
        """
    def get_loyalty(self, customer_id: int, *, program_id: int | None=None, include_all_user_groups: bool | None=None, user_group_id: int | None=None) -> tuple[LoyaltyProgramDetails, ...]:
        """Fetch a customer's points and tier in every loyalty programme.

        Args:
            customer_id: As `customers.find_id` returns it.
            program_id: Only this programme.
            include_all_user_groups: Add the customer's points and tiers in user groups.
            user_group_id: Add the customer's points and tiers in this user group.

        Returns:
            One entry for each programme; `is_enrolled` is false in a programme that the customer did not join.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            InvalidRequestError: The customer is not in the programme (8089) or not in the user group (1620).
        """
    def get_points_expiry(self, customer_id: int) -> tuple[PointsExpiry, ...]:
        """Fetch the dates on which a customer's points expire.

        Args:
            customer_id: As `customers.find_id` returns it.

        Returns:
            The number of points that expire on each day; empty when no points expire.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
        """
    def get_promised_points(self, customer_id: int) -> tuple[PromisedPoints, ...]:
        """Fetch a customer's points that cannot be spent yet.

        Args:
            customer_id: As `customers.find_id` returns it.

        Returns:
            First the points with a date, then the points that wait for an event, whose `redeemable_from` is `None`.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
        """
    def list_transactions(self, customer_id: int, *, page_size: int=..., start_date: date | None=None, end_date: date | None=None, transaction_type: TransactionType | str | None=None, transaction_ids: Several[int]=..., start_id: int | None=None, end_id: int | None=None, bill_number: str | None=None, bill_numbers: Several[str]=..., entity_type: StoreEntityType | str | None=None, entity_code: str | None=None, local_currency: bool | None=None, embed: Several[TransactionEmbed | str]=..., sort_by: str | None=None, sort_order: SortOrder | str | None=None) -> Pager[Transaction]:
        """List a customer's purchases and returns, the latest first.

        The order of transactions with the same time is not fixed, so a page may repeat a row of the page before. The
        listing drops such repeated rows by `type` and `id`.

        Args:
            customer_id: As `customers.find_id` returns it.
            page_size: Transactions of one request, from 1 to 1,000; one page is enough for most customers.
            start_date: Only transactions billed at this moment or later.
            end_date: Only transactions billed at this moment or earlier.
            transaction_type: REGULAR, RETURN or ALL.
            transaction_ids: Only these transactions.
            start_id: Only transactions with this id or a larger one; like `end_id`, documented for purchases only.
            end_id: Only transactions with this id or a smaller one.
            bill_number: Only the bill with this number.
            bill_numbers: Only the bills with these numbers.
            entity_type: STORE, ZONE, CONCEPT or TILL: the place of the transactions. Needs `entity_code`.
            entity_code: Code of the store, zone, concept or till.
            local_currency: Add the amounts in the local currency.
            embed: Further parts: BILL_CF, BILL_EF, ATTRIBUTION, PAYMENT_MODES, CREDIT_NOTES, BILL_STORE_DETAILS,
                BILL_POINTS, TRANSACTION_IDENTIFIER. The API offers no bill lines here.
            sort_by: The API supports BILLING_TIME only.
            sort_order: ASC, or DESC, the API's default.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            InvalidRequestError: A part (1110), a date (1114, 1115) or a filter is wrong.
        """
    def find_transactions(self, identifier_name: IdentifierName | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None, page_size: int=..., start_date: date | None=None, end_date: date | None=None, transaction_type: TransactionType | str | None=None, transaction_ids: Several[int]=..., start_id: int | None=None, end_id: int | None=None, bill_number: str | None=None, bill_numbers: Several[str]=..., entity_type: StoreEntityType | str | None=None, entity_code: str | None=None, local_currency: bool | None=None, embed: Several[TransactionEmbed | str]=..., sort_by: str | None=None, sort_order: SortOrder | str | None=None) -> Pager[Transaction]:
        """List a customer's purchases and returns, the latest first, by an identifier other than the id.

        The credentials need the right to write customers; `customers.list_transactions` needs only the right to read.

        Args:
            identifier_name: mobile, email, externalId, id, wechat, cardnumber or cardExternalId.
            identifier_value: The value of the identifier, such as the phone number.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.
            page_size: Transactions of one request, from 1 to 1,000; one page is enough for most customers.
            start_date: Only transactions billed at this moment or later.
            end_date: Only transactions billed at this moment or earlier.
            transaction_type: REGULAR, RETURN or ALL.
            transaction_ids: Only these transactions.
            start_id: Only transactions with this id or a larger one; like `end_id`, documented for purchases only.
            end_id: Only transactions with this id or a smaller one.
            bill_number: Only the bill with this number.
            bill_numbers: Only the bills with these numbers.
            entity_type: STORE, ZONE, CONCEPT or TILL: the place of the transactions. Needs `entity_code`.
            entity_code: Code of the store, zone, concept or till.
            local_currency: Add the amounts in the local currency.
            embed: Further parts, as `customers.list_transactions` takes them.
            sort_by: The API supports BILLING_TIME only.
            sort_order: ASC, or DESC, the API's default.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015), or not in this source (8065).
            InvalidRequestError: A part (1110), a date (1114, 1115) or a filter is wrong.
        """
    def get_status_changes(self, customer_id: int) -> tuple[StatusChange, ...]:
        """Fetch every status that a customer has or had.

        Args:
            customer_id: As `customers.find_id` returns it.

        Returns:
            The statuses, in the order of the answer; the current status has `is_active`.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
        """
    def get_loyalty_events(self, customer_id: int, *, event_type: str | None=None, start_date: date | None=None, end_date: date | None=None, limit: int | None=None, offset: int | None=None, page: int | None=None) -> tuple[LoyaltyEvent, ...]:
        """Fetch the events of the loyalty engine for a customer.

        The method returns one page, because the documents disagree on whether this endpoint has pages, and no document
        shows a total.

        Args:
            customer_id: As `customers.find_id` returns it.
            event_type: Only events of this name, such as TransactionAdd.
            start_date: Only events at this moment or later.
            end_date: Only events at this moment or earlier.
            limit: Largest number of events in the answer; the API's default is 10.
            offset: Number of events to skip at the beginning.
            page: The page, from 1; `offset` is ignored when it is given.

        Returns:
            The events, in the order of the answer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
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

        The customer's details contain the user groups in a member that no document names. So the method reads the only list
        of objects whose name looks like user groups.

        Args:
            customer_id: As `customers.find_id` returns it.
            source: Where the customer is registered.
            page_size: User groups of one request, from 1 to 1,000.
            joined_after: Only user groups joined on this day or later.
            joined_before: Only user groups joined on this day or earlier.
            sort_by: The field to sort by, such as JoinedDate, the API's default.
            sort_order: ASC, or DESC, the API's default.
            include_loyalty_details: Add each group's loyalty details.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            DecodeError: The answer's total says that there are user groups, but the answer has no list of them.
        """

class UserGroups:
    """Calls that start from a user group."""
    def list_trackers(self, identifier: int | str, *, identifier_type: UserGroupIdentifier | str='id', source: Source | str='INSTORE') -> Pager[Tracker]:
        """List the running totals that are kept for a user group.

        Args:
            identifier: The group's id, or with `identifier_type` another identifier of the group. A whole number; only an
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
            page_size: Members of one request, from 1 to 1,000.
            joined_after: Only members that joined at this moment or later.
            joined_before: Only members that joined at this moment or earlier.
            include_cards: Add each member's cards.
            include_status: Add each member's status.
            sort_by: The field to sort by.
            sort_order: ASC or DESC.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            InvalidRequestError: There is no such group (1619, 1644, 1645).
        """
    def search(self, name: str, *, page_size: int=50) -> Pager[UserGroupSummary]:
        """List the user groups whose names match.

        Args:
            name: The text to search for, at most 50 characters.
            page_size: Groups of one request, from 1 to 1,000.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            ServerError: The search is busy (461).
        """
    def get(self, identifier: int | str, *, identifier_type: UserGroupIdentifier | str='id', program_details: bool | None=None, expired_points: bool | None=None, expiry_schedules: bool | None=None, gap_to_upgrade: int | None=None, gap_to_renew: int | None=None, company_details: bool | None=None) -> UserGroup:
        """Fetch a user group with its members, points, tiers and gaps.

        Args:
            identifier: The group's id, or with `identifier_type` another identifier of the group. A whole number; only an
                externalId may be a text.
            identifier_type: id, externalId or primaryUserId.
            program_details: Add points and tier in every loyalty programme.
            expired_points: Add points that expired.
            expiry_schedules: Add points that will expire.
            gap_to_upgrade: Add what the group lacks for the next tier in this many days, 0 for today.
            gap_to_renew: Add what the group lacks to keep the tier in this many days.
            company_details: Add the company that the group belongs to.

        Returns:
            The user group.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such group (1619).
            InvalidRequestError: The group's external id or primary member is not valid (1632).
        """
    def list_transactions(self, identifier: int | str, *, identifier_type: UserGroupIdentifier | IdentifierName | str='id', source: Source | str='INSTORE', account_id: str | None=None, page_size: int=100, transaction_type: TransactionType | str | None=None, transaction_id: int | None=None, bill_number: str | None=None, customer_id: int | None=None, start_date: date | None=None, end_date: date | None=None, embed: Several[GroupTransactionEmbed | str]=..., all_programs: bool | None=None, sort_order: SortOrder | str | None=None, credit_notes: bool | None=None, roles: str | None=None) -> Pager[GroupTransaction]:
        """List the purchases and returns that members made for a user group, the latest first.

        The answers have no total, so the listing ends at the first empty page.

        Args:
            identifier: The group's id, or with `identifier_type` another identifier of the group. A whole number; only an
                externalId may be a text.
            identifier_type: id, externalId or primaryUserId, or mobile or email of the primary member.
            source: Where the primary member is registered; only with mobile and email, like `account_id`.
            account_id: The account, in a source that has several.
            page_size: Transactions of one request, from 1 to 1,000.
            transaction_type: REGULAR or RETURN.
            transaction_id: Only this transaction.
            bill_number: Only the bill with this number.
            customer_id: Only transactions of this member.
            start_date: Only transactions at this moment or later.
            end_date: Only transactions before this moment.
            embed: Further parts: EXTENDEDFIELDS, CUSTOMFIELDS, LINEITEMS, PAYMENTDETAILS.
            all_programs: Include all loyalty programmes.
            sort_order: ASC, or DESC, the API's default.
            credit_notes: Add credit notes.
            roles: Only transactions of members with these roles.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such group (1619).
            InvalidRequestError: The group's external id or primary member is not valid (1632).
        """
    def list_slab_changes(self, group_id: int, *, start_date: date | None=None, end_date: date | None=None, page_size: int=...) -> Pager[SlabChange]:
        """List the changes of a user group's tier, the latest first.

        The listing is one page, because no document shows how to get a second one. If the API's total is larger, the method
        issues a `PartialListingWarning`; use `start_date` and `end_date` to get the other changes.

        Args:
            group_id: The group's id.
            start_date: Only changes at this moment or later.
            end_date: Only changes before this moment.
            page_size: Largest number of changes in the answer, from 1 to 1,000.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such group (1619).
        """

class Targets:
    """Calls about targets and their events."""
    def get_active(self, customer_id: int, *, target_rule_ids: Several[int]=..., tracking_date: date | None=None, enrollment_type: EnrollmentType | str | None=None, only_user_created: bool | None=None) -> tuple[Target, ...]:
        """Fetch the running targets in which a customer is enrolled.

        For milestones, Capillary is replacing this call by the loyalty promotions API.

        Args:
            customer_id: As `customers.find_id` returns it.
            target_rule_ids: Only these targets, by their `id`; an empty collection means all targets.
            tracking_date: Only targets that run on this day; in the cluster's time zone if it has no zone.
            enrollment_type: TRANSACTION, IMPORT or AUDIENCE_FILTER.
            only_user_created: Only targets that the customer created.

        Returns:
            The targets, in the order of the answer; empty when there are none.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310011).
            InvalidRequestError: The enrolment type is unknown (310130).
        """
    def list_events(self, customer_id: int, target_rule_id: int, *, period_id: int | None=None, page_size: int=100) -> Pager[TargetEvent]:
        """List the events that count towards a customer's target, oldest first.

        The documents contradict each other on what `offset` and `total` count here, so the first listing of a client may
        need one more request to learn it. For milestones, Capillary is replacing this call by the loyalty promotions API.

        Args:
            customer_id: As `customers.find_id` returns it.
            target_rule_id: The target's rule: the `id` of a target that `targets.get_active` returns, or the
                `target_rule_id` of one that `targets.get_progress` returns.
            period_id: Only this period of the target: the `period_id` of a target that `targets.get_progress` returns.
            page_size: Events of one request, from 1 to 1,000; the server may return fewer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310011), rule (310018) or period (310019). For a customer without
                events (310149) the listing is empty.
        """
    def get_progress(self, customer_id: int, *, include_inactive: bool | None=None, target_rule_id: int | None=None, include_inactive_targets: bool | None=None, excluded_entities: Several[str]=..., tracking_date: date | None=None, data_scope: DataScope | str | None=None, data_scope_org_ids: Several[int]=...) -> tuple[TargetGroupProgress, ...]:
        """Fetch a customer's progress with every target, by target group and period.

        `targets.list_events` takes the `target_rule_id` and `period_id` of a target.

        Args:
            customer_id: As `customers.find_id` returns it.
            include_inactive: Add periods that are over or have not started.
            target_rule_id: Only this target.
            include_inactive_targets: Add targets that are switched off.
            excluded_entities: Leave out targets of these entities.
            tracking_date: Only periods that contain this day; in the cluster's time zone if it has no zone.
            data_scope: Use the v3.1 endpoint, with targets of this organisation, of others or of all: SELF, OTHER or ALL.
            data_scope_org_ids: Only these organisations; needs `data_scope`.

        Returns:
            The target groups, in the order of the answer; empty when the customer has no active target.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310011).
        """
    def get_groups(self, *, include_periods: bool | None=None, include_user_created: bool | None=None, only_active: bool | None=None) -> tuple[TargetGroup, ...]:
        """Fetch all target groups with their targets. The answer may be about 400 KB.

        Capillary is replacing this call by the loyalty promotions API, but gives no date.

        Args:
            include_periods: Add every period of each group.
            include_user_created: Add groups that customers created for themselves.
            only_active: Only groups that are active.

        Returns:
            The groups, in the order of the answer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
        """
    def get_group(self, group_id: int, *, include_periods: bool | None=None, include_user_created: bool | None=None, only_active: bool | None=None) -> TargetGroup:
        """Fetch one target group.

        Capillary is replacing this call by the loyalty promotions API, but gives no date.

        Args:
            group_id: The target group.
            include_periods: Add every period of the group.
            include_user_created: Also find groups that customers created for themselves.
            only_active: Find active groups only.

        Returns:
            The group.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such target group (310017).
        """
    def get_periods(self, group_id: int) -> tuple[TargetPeriod, ...]:
        """Fetch the periods of a target group.

        Capillary is replacing this call by the loyalty promotions API, but gives no date.

        Args:
            group_id: The target group.

        Returns:
            The periods, in the order of the answer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such target group (310017).
        """
    def get_rules(self, group_id: int) -> tuple[TargetRule, ...]:
        """Fetch the targets of a target group.

        Capillary is replacing this call by the loyalty promotions API, but gives no date.

        Args:
            group_id: The target group.

        Returns:
            The targets, in the order of the answer. `targets.list_events` takes their `id`.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such target group (310017).
        """

class Promotions:
    """Calls about loyalty promotions."""
    def list(self, *, search_text: str | None=None, status: Several[PromotionStatus | str]=..., page_size: int=..., include_draft_details: bool | None=None, sort_by: str | None=None, sort_order: SortOrder | str | None=None) -> Pager[Promotion]:
        """List all loyalty promotions.

        Args:
            search_text: Only promotions with this text in their names.
            status: Only promotions in these states: DRAFT, ACTIVE, PAUSED, PENDING_APPROVAL, LIVE, UPCOMING and others.
            page_size: Promotions of one request, from 1 to 100; the API rejects more (300004).
            include_draft_details: Add the changes that are not published yet.
            sort_by: The field to sort by; only older documents have this parameter.
            sort_order: ASC or DESC; only older documents have this parameter.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            InvalidRequestError: There is no such state (310151).
            AccessDeniedError: The credentials may not read promotions (300005).
        """
    def get(self, promotion_id: str, *, include_draft_details: bool | None=None, include_parent_details: bool | None=None) -> Promotion:
        """Fetch a loyalty promotion.

        Args:
            promotion_id: The `id` of a promotion that `promotions.list` yields, 24 hexadecimal digits, or the
                `unified_promotion_id` of one that `promotions.get_for_member` returns.
            include_draft_details: Add the changes that are not published yet.
            include_parent_details: Add the promotion that this one was made from.

        Returns:
            The promotion.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such promotion (9013).
        """
    def list_for_member(self, customer_id: int, *, status: MemberEnrollmentStatus | str | None=None, promotion_identifier: str | None=None, promotion_id: int | None=None, page_size: int=...) -> Pager[MemberPromotion]:
        """List a customer's loyalty promotions.

        Args:
            customer_id: As `customers.find_id` returns it.
            status: Only promotions in which the customer has this status: PENDING_ENROLLMENT, PENDING_OPT_IN,
                AVAILABLE_TO_REDEEM, REDEEMED or EXPIRED.
            promotion_identifier: Only the promotion with this identifier.
            promotion_id: Only the promotion with this number.
            page_size: Promotions of one request, from 1 to 20; the API rejects more (310195).

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310192).
            InvalidRequestError: The status is unknown (310196).
        """
    def get_for_member(self, customer_id: int, promotion_id: int) -> MemberPromotion:
        """Fetch one of a customer's loyalty promotions, with the timeline of the customer's enrolment.

        Args:
            customer_id: As `customers.find_id` returns it.
            promotion_id: The number of the promotion, as `promotions.list_for_member` names it.

        Returns:
            The promotion.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310192), or no such promotion of the customer (310194).
        """
    def get_actions(self, customer_id: int, *, program_id: int, promotion_id: int, activity_id: str | None=None) -> PromotionActions:
        """Fetch what a loyalty promotion gave a customer, counted since 2025-06-12.

        Args:
            customer_id: As `customers.find_id` returns it.
            program_id: The loyalty programme of the promotion.
            promotion_id: The number of the promotion, as `promotions.list_for_member` names it.
            activity_id: Count only this activity of the promotion.

        Returns:
            Points, other currencies, rewards, badges and coupons. If nothing was given, a warning (8116) says so.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (310192).
            InvalidRequestError: The programme (9001) or the promotion (9002) is wrong.
        """

class Ledger:
    """Calls about the points ledger."""
    def list_entries(self, identifier_name: LedgerIdentifier | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None, page_size: int=..., start_date: date | None=None, end_date: date | None=None, program_id: int | None=None, entry_type: LedgerEntryType | str | None=None, point_category_type: PointCategoryType | str | None=None, till_id: int | None=None, till_ids: Several[int]=..., store_id: int | None=None, store_code: str | None=None, sort_order: SortOrder | str | None=None, filter_by_event_date: bool | None=None, include_last_year: bool | None=None, include_till_concept_events: bool | None=None, include_alternate_currencies: bool | None=None, alternate_currency_names: Several[str]=..., exclude_point_categories: Several[str]=..., include_concept_details: bool | None=None, entity_type: EntityType | str | None=None) -> Pager[LedgerEntry]:
        """List the changes of a customer's points, the latest first.

        Args:
            identifier_name: id, mobile, email, externalId, cardnumber or cardExternalId.
            identifier_value: The value of the identifier, such as the phone number.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.
            page_size: Entries of one request, from 1 to 100; the API rejects more (11029).
            start_date: Only entries at this moment or later.
            end_date: Only entries at this moment or earlier; at most 90 days after `start_date`.
            program_id: Only entries of this loyalty programme.
            entry_type: CREDIT, DEBIT or OPENING_BALANCE.
            point_category_type: REGULAR, PROMISED or TRIGGER_BASED.
            till_id: Only entries of this till. Only one of `till_id`, `till_ids`, `store_id` and `store_code` may be given.
            till_ids: Only entries of these tills.
            store_id: Only entries of this store.
            store_code: Only entries of the store with this code.
            sort_order: ASC, or DESC, the API's default.
            filter_by_event_date: Compare `start_date` and `end_date` with the date of the event, not of the entry.
            include_last_year: Add entries of the last year.
            include_till_concept_events: Add deductions of other programmes at tills of the programme's concept.
            include_alternate_currencies: Add currencies that are not points.
            alternate_currency_names: Only these currencies.
            exclude_point_categories: Leave out these categories of points.
            include_concept_details: Add the concept of each entry.
            entity_type: USERGROUP2 or FLEET for the ledger of the customer's user group.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015). For a customer without entries the listing is empty.
            InvalidRequestError: The dates are too far apart (11010), or a filter is wrong.
            ServerError: The API is still processing events (11002).
        """
    def get_balance(self, identifier_name: LedgerIdentifier | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None, end_date: date | None=None, till_id: int | None=None, entry_type: LedgerEntryType | str | None=None, point_category_type: PointCategoryType | str | None=None, include_till_concept_events: bool | None=None, include_alternate_currencies: bool | None=None, alternate_currency_names: Several[str]=..., page: int=0) -> LedgerBalance:
        """Fetch a customer's points by loyalty programme and category, at the end of a day.

        One answer holds at most ten balances. `ledger_details.page_count` is the number of pages, and
        `ledger.list_balances` reads all of them.

        Args:
            identifier_name: id, mobile, email, externalId, cardnumber or cardExternalId.
            identifier_value: The value of the identifier, such as the phone number.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.
            end_date: The moment of the balance.
            till_id: Only entries of this till.
            entry_type: CREDIT, DEBIT or OPENING_BALANCE.
            point_category_type: REGULAR, PROMISED or TRIGGER_BASED.
            include_till_concept_events: Add deductions of other programmes at tills of the programme's concept.
            include_alternate_currencies: Add currencies that are not points.
            alternate_currency_names: Only these currencies.
            page: The page, from 0.

        Returns:
            The balances of one page, and the customer.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015).
            InvalidRequestError: There is no such page, or the customer has no balance (11003).
            ServerError: The API is still processing events (11002).
        """
    def list_balances(self, identifier_name: LedgerIdentifier | str, identifier_value: str | int, *, source: Source | str='INSTORE', account_id: str | None=None, page_size: int=..., end_date: date | None=None, till_id: int | None=None, entry_type: LedgerEntryType | str | None=None, point_category_type: PointCategoryType | str | None=None, include_till_concept_events: bool | None=None, include_alternate_currencies: bool | None=None, alternate_currency_names: Several[str]=...) -> Pager[ClosingBalance]:
        """List all of a customer's points by loyalty programme and category, at the end of a day.

        Args:
            identifier_name: id, mobile, email, externalId, cardnumber or cardExternalId.
            identifier_value: The value of the identifier, such as the phone number.
            source: Where the customer is registered.
            account_id: The account, in a source that has several.
            page_size: Balances of one request, from 1 to 10.
            end_date: The moment of the balance.
            till_id: Only entries of this till.
            entry_type: CREDIT, DEBIT or OPENING_BALANCE.
            point_category_type: REGULAR, PROMISED or TRIGGER_BASED.
            include_till_concept_events: Add deductions of other programmes at tills of the programme's concept.
            include_alternate_currencies: Add currencies that are not points.
            alternate_currency_names: Only these currencies.

        Raises:
            InvalidArgumentError: An argument is wrong; nothing was sent.
            NotFoundError: There is no such customer (8015). For a customer without balances the listing is empty.
            ServerError: The API is still processing events (11002).
        """

class Pager(Generic[T]):
    """A listing. Each iteration over it sends the requests again."""
    def __iter__(self) -> ItemIterator[T]:
        """Walk the listing row by row; `break` is safe at any row."""
    def pages(self, *, on_bad_row: OnBadRow | None=None) -> PageIterator[T]:
        """Walk the listing page by page, with the server's own words on each page; `on_bad_row` as that method."""
    def prefetch(self, size: int, *, on_bad_row: OnBadRow | None=None) -> PrefetchContext[T]:
        """Walk the listing row by row, in order, with pages asked for ahead.

        It works inside `with`, and leaves nothing under way behind it. How many pages there are
        must be known for asking ahead: until the first answer, and where `total` counts nothing, it
        asks one by one.

        Args:
            size: Pages that are under way or wait, at most.
            on_bad_row: As the method of that name.

        Raises:
            InvalidArgumentError: `size` is not a whole number, or less than 1.
        """
    def collect(self, limit: int | None=None, *, on_bad_row: OnBadRow | None=None) -> list[T]:
        """Return the rows, or the first `limit` of them.

        Args:
            limit: Rows to return, at most.
            on_bad_row: As the method of that name.

        Raises:
            InvalidArgumentError: `limit` is not a whole number, or negative.
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
    def limit(self, rows: int | None) -> Pager[T]:
        """Return the same listing, of which at most `rows` rows are handed out; no page behind them is asked for.

        Raises:
            InvalidArgumentError: `rows` is not a whole number, or negative.
        """
    def on_bad_row(self, action: OnBadRow) -> Pager[T]:
        """Return the same listing with a rule for rows that cannot be structured.

        Args:
            action: "raise" ends the walk with a `DecodeError`; "skip" leaves the row out and notes it in
                `report.bad_rows`.

        Raises:
            InvalidArgumentError: There is no such rule.
        """
    def resume(self, cursor: Cursor | str) -> Pager[T]:
        """Return the same listing from behind the cursor's row.

        Args:
            cursor: A cursor, or its text. The server's page size may have changed since.

        Raises:
            InvalidArgumentError: The cursor belongs to another query, or it is no cursor and no cursor's text.
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
    @property
    def is_ready(self) -> bool:
        """Whether the next row is there already, so that `__anext__` waits for nothing."""
    def __next__(self) -> T:
        """Return the next row.

        Raises:
            CapillaryError: As `PageIterator.__anext__`.
        """
    def __iter__(self) -> Self: ...

class PrefetchContext(Generic[T]):
    """Walks a listing row by row, and requests pages ahead; see `Pager.prefetch`."""
    def __enter__(self) -> ItemIterator[T]:
        """Return the rows."""
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End the requests that are under way."""

class Outcomes(Generic[K, V]):
    """The outcomes of a `lookup_many`: a context manager, and inside its block an iterator."""
    @property
    def concurrency(self) -> int:
        """Number of calls that may run at once; with "auto", the current number."""
    def __enter__(self) -> Outcomes[K, V]:
        """Start the first calls.

        Raises:
            RuntimeError: The block was entered before, so keys may be used up.
        """
    def __exit__(self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None) -> None:
        """Cancel the running calls, wait for their end, and close the iterator of the keys."""
    def __iter__(self) -> Iterator[Outcome[K, V]]:
        """Iterate over the remaining outcomes."""
    def __next__(self) -> Outcome[K, V]:
        """Wait for the next outcome.

        Raises:
            RuntimeError: The outcomes are read outside the block, or by two tasks at once.
        """
    def take(self, most: int) -> list[Outcome[K, V]]:
        """Wait for an outcome, and return all that there are then; none after the last.

        Args:
            most: How many at most.
        """

class CapillaryClient:
    """A session with one Capillary organisation, for code without an event loop.

    Use it as `with CapillaryClient(...) as client:`, or call `open` and `close`.
    """
    customers: Final[Customers]
    user_groups: Final[UserGroups]
    targets: Final[Targets]
    promotions: Final[Promotions]
    ledger: Final[Ledger]
    def __init__(self, base_url: Region | str, auth: Auth, *, options: ClientOptions=..., on_call: Callable[[CallInfo], None] | None=None, on_event: Callable[[Event], None] | None=None) -> None:
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
    @property
    def listing_traits(self) -> dict[str, Any]:
        """What the client learned about the listings of this host, as JSON values without personal data.

        Pass it to a later client as `ClientOptions.listing_traits` to save the requests that learn it.
        """
    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None=None, *, options: ClientOptions=..., on_call: Callable[[CallInfo], None] | None=None, on_event: Callable[[Event], None] | None=None) -> Self:
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
    @property
    def base_url(self) -> str:
        """The base URL of the API, without a slash at the end."""
    @property
    def account(self) -> str:
        """The caller's name without secrets: a till, or a digest of the client key; empty for an access token."""
    def with_options(self, *, deadline: float | None=..., attempt_timeout: float=..., retry: RetryPolicy=..., coalesce: bool=..., language: str | None=..., priority: Priority=...) -> Self:
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
    def __enter__(self) -> Self:
        """Open the session in the running event loop.

        Raises:
            ConfigurationError: The client is already open, or its session or certificates are unusable.
        """
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Cancel the running calls and close the session."""
    def open(self) -> Self:
        """Open the client without `with`, such as in a framework's start-up callback; `aclose` closes it.

        Raises:
            ConfigurationError: The client is already open, or its session or certificates are unusable.
        """
    def close(self) -> None:
        """Cancel the running calls and close the session."""
    @overload
    def fetch(self, path: str, query: Query=..., *, into: type[T]) -> T:
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
    @overload
    def fetch(self, path: str, query: Query=..., into: Any=...) -> Any:
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
    @overload
    def paginate(self, path: str, query: Query=..., *, into: type[T], rows_key: str=..., total_key: str=..., page_size: int=..., max_page_size: int | None=..., limit_name: str=..., offset_name: str=..., first_offset: int=..., offset_unit: OffsetUnit | None=..., total_unit: OffsetUnit | None=..., key: str | Callable[[T], Hashable] | None=..., pages_key: str=..., last_key: str=..., has_short_pages: bool=..., empty_codes: Several[int]=...) -> Pager[T]:
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
    @overload
    def paginate(self, path: str, query: Query=..., into: Any=..., *, rows_key: str=..., total_key: str=..., page_size: int=..., max_page_size: int | None=..., limit_name: str=..., offset_name: str=..., first_offset: int=..., offset_unit: OffsetUnit | None=..., total_unit: OffsetUnit | None=..., key: str | Callable[[Any], Hashable] | None=..., pages_key: str=..., last_key: str=..., has_short_pages: bool=..., empty_codes: Several[int]=...) -> Pager[Any]:
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
