"""Endpoints that start from a customer."""

from collections.abc import Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final, cast

import capillary_async.api.arguments as take
from capillary_async.api.history import get_loyalty_events, get_status_changes, search
from capillary_async.api.identity import CUSTOMER_PATH, LOOKUP_PATH, by_identifier, identity
from capillary_async.api.methods import Group, endpoint, listing
from capillary_async.api.points import (
    find_points_balance,
    get_loyalty,
    get_points_balance,
    get_points_expiry,
    get_promised_points,
    get_tiers,
)
from capillary_async.api.transactions import find_transactions, list_transactions
from capillary_async.errors import DecodeError
from capillary_async.models.customers import Customer
from capillary_async.models.definition import Id
from capillary_async.models.enumerations import Embed, IdentifierName, SortOrder, Source
from capillary_async.models.trackers import Tracker
from capillary_async.models.user_groups import CustomerUserGroup
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request

_GET_PARAMETERS: Final[take.Table] = {
    "source": ("source", take.text),
    "account_id": ("accountId", take.optional_text),
    "embed": ("embed", take.texts),
    "include_all_user_groups": ("includedAllUserGroup2", take.flag),
    "user_group_id": ("userGroup2Id", take.optional_id),
    "include_user_group_loyalty_details": ("includedUserGroup2LoyaltyDetails", take.flag),
    "include_fraud_details": ("includedFraudDetails", take.flag),
    "only_current_profile": ("includedOnlyCurrentProfile", take.flag),
    "user_group_joined_after": ("ug2JoinedStartDate", take.moment),
    "user_group_joined_before": ("ug2JoinedEndDate", take.moment),
    "user_group_offset": ("ug2Offset", take.optional_number),
    "user_group_limit": ("ug2Limit", take.optional_page_size),
    "user_group_sort_by": ("ug2SortBy", take.optional_text),
    "user_group_sort_order": ("ug2SortOrder", take.optional_text),
    "user_group_pagination": ("ug2PaginationDetails", take.flag),
    "gap_to_upgrade": ("gapToUpgrade", take.optional_number),
    "gap_to_renew": ("gapToRenew", take.optional_number),
    "ndnc_status": ("ndncStatus", take.flag),
    "optin_status": ("optinStatus", take.flag),
    "slab_history": ("slabHistory", take.flag),
    "tier_upgrade_criteria": ("tierUpgradeCriteria", take.flag),
    "membership_retention_criteria": ("membershipRetentionCriteria", take.flag),
}


def get(
    customer_id: int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    embed: take.Several[Embed | str] = (),
    include_all_user_groups: bool | None = None,
    user_group_id: int | None = None,
    include_user_group_loyalty_details: bool | None = None,
    include_fraud_details: bool | None = None,
    only_current_profile: bool | None = None,
    user_group_joined_after: date | None = None,
    user_group_joined_before: date | None = None,
    user_group_offset: int | None = None,
    user_group_limit: int | None = None,
    user_group_sort_by: str | None = None,
    user_group_sort_order: SortOrder | str | None = None,
    user_group_pagination: bool | None = None,
    gap_to_upgrade: int | None = None,
    gap_to_renew: int | None = None,
    ndnc_status: bool | None = None,
    optin_status: bool | None = None,
    slab_history: bool | None = None,
    tier_upgrade_criteria: bool | None = None,
    membership_retention_criteria: bool | None = None,
) -> Request[Customer]:
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
    query = take.by_table(_GET_PARAMETERS, locals())
    return Request(CUSTOMER_PATH, {"customerId": take.identifier("customer_id", customer_id)}, query, Customer)


def find(
    identifier_name: IdentifierName | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    embed: take.Several[Embed | str] = (),
    include_all_user_groups: bool | None = None,
    user_group_id: int | None = None,
    include_user_group_loyalty_details: bool | None = None,
    include_fraud_details: bool | None = None,
    only_current_profile: bool | None = None,
    user_group_joined_after: date | None = None,
    user_group_joined_before: date | None = None,
    user_group_offset: int | None = None,
    user_group_limit: int | None = None,
    user_group_sort_by: str | None = None,
    user_group_sort_order: SortOrder | str | None = None,
    user_group_pagination: bool | None = None,
    gap_to_upgrade: int | None = None,
    gap_to_renew: int | None = None,
    ndnc_status: bool | None = None,
    optin_status: bool | None = None,
    slab_history: bool | None = None,
    tier_upgrade_criteria: bool | None = None,
    membership_retention_criteria: bool | None = None,
) -> Request[Customer]:
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
    query = take.by_table(_GET_PARAMETERS, locals())
    who = take.query(
        identifierName=take.text("identifier_name", identifier_name),
        identifierValue=take.identifying("identifier_value", identifier_value),
    )
    return by_identifier(who, "/customerDetails", query, Customer)


def find_id(
    identifier_name: IdentifierName | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
) -> Request[int]:
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
    who = identity(identifier_name, identifier_value, source, account_id)
    return Request(LOOKUP_PATH, query=who, into=Id, at="entity")


def list_trackers(customer_id: int, *, source: Source | str = "INSTORE") -> Listing[Tracker]:
    """List the running totals that are kept for a customer.

    Args:
        customer_id: As `customers.find_id` returns it.
        source: Where the customer is registered.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
        ServerError: The trackers could not be read (1099).
    """
    path_values = {"customerId": take.identifier("customer_id", customer_id)}
    query = take.query(source=take.text("source", source))
    request = Request[Tracker](CUSTOMER_PATH + "/trackers", path_values, query, Tracker, "data")
    return tracker_listing(request)


def tracker_listing(request: Request[Tracker]) -> Listing[Tracker]:
    """Declare a listing of trackers.

    Its `pagination` holds three zeros beside a full list, so it is ignored. A tracker's id alone is not unique in the
    listing, because one tracker has a total for each of its conditions.
    """
    return Listing(request, page_size=None, key=attrgetter("id", "condition_id"))


def list_user_groups(
    customer_id: int,
    *,
    source: Source | str = "INSTORE",
    page_size: int = 50,
    joined_after: date | None = None,
    joined_before: date | None = None,
    sort_by: str | None = None,
    sort_order: SortOrder | str | None = None,
    include_loyalty_details: bool = False,
) -> Listing[CustomerUserGroup]:
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
    query = take.query(
        source=take.text("source", source),
        includedAllUserGroup2="true",
        includedUserGroup2LoyaltyDetails=take.flag("include_loyalty_details", include_loyalty_details or None),
        ug2PaginationDetails="true",
        ug2JoinedStartDate=take.moment("joined_after", joined_after),
        ug2JoinedEndDate=take.moment("joined_before", joined_before),
        ug2SortBy=take.optional_text("sort_by", sort_by),
        ug2SortOrder=take.optional_text("sort_order", sort_order),
    )
    path_values = {"customerId": take.identifier("customer_id", customer_id)}
    return Listing(
        Request(CUSTOMER_PATH, path_values, query, CustomerUserGroup),
        page_size=take.page_size(page_size),
        key=attrgetter("id"),
        find_rows=find_user_groups,
        pagination_at="ug2Pagination",
        limit_name="ug2Limit",
        offset_name="ug2Offset",
    )


def find_user_groups(answer: Mapping[str, Any]) -> tuple[list[Any], str]:
    """Find the list of user groups in a customer's details; return the list and its name.

    Raises:
        DecodeError: The total is not zero, but no list or more than one list may be the user groups.
    """
    found = [name for name, value in answer.items() if _looks_like_user_groups(name) and _holds_objects(value)]
    filled = [name for name in found if answer[name]]
    if len(filled) == 1 or len(found) == 1:
        name = (filled or found)[0]
        return answer[name], name
    pagination = answer.get("ug2Pagination")
    total = cast("dict[str, Any]", pagination).get("total") if isinstance(pagination, dict) else None
    if not filled and not (isinstance(total, int) and total > 0):
        return [], ""
    seen = ", ".join(sorted(answer))
    raise DecodeError(f"expected exactly one list of user groups in the members {seen}", location="ug2Pagination")


def _looks_like_user_groups(name: str) -> bool:
    letters = name.lower().replace("2", "").replace("_", "")
    return "usergroup" in letters or letters in ("ug", "ugs", "ugdetails")


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in cast("Sequence[Any]", value))


class Customers(Group):
    """Calls that start from a customer."""

    __slots__ = ()

    get: Final = endpoint(get)
    find: Final = endpoint(find)
    find_id: Final = endpoint(find_id)
    search: Final = listing(search)
    get_points_balance: Final = endpoint(get_points_balance)
    find_points_balance: Final = endpoint(find_points_balance)
    get_tiers: Final = endpoint(get_tiers)
    get_loyalty: Final = endpoint(get_loyalty)
    get_points_expiry: Final = endpoint(get_points_expiry)
    get_promised_points: Final = endpoint(get_promised_points)
    list_transactions: Final = listing(list_transactions)
    find_transactions: Final = listing(find_transactions)
    get_status_changes: Final = endpoint(get_status_changes)
    get_loyalty_events: Final = endpoint(get_loyalty_events)
    list_trackers: Final = listing(list_trackers)
    list_user_groups: Final = listing(list_user_groups)
