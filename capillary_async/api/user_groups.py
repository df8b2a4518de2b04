"""Endpoints that start from a user group."""

import warnings
from collections.abc import Mapping
from datetime import date
from operator import attrgetter
from typing import Any, Final, cast

import capillary_async.api.arguments as take
from capillary_async.api.customers import tracker_listing
from capillary_async.api.identity import identity
from capillary_async.api.methods import Group, endpoint, listing
from capillary_async.errors import DecodeError, InvalidArgumentError, PartialListingWarning
from capillary_async.models.enumerations import (
    GroupTransactionEmbed,
    IdentifierName,
    SortOrder,
    Source,
    TransactionType,
    UserGroupIdentifier,
)
from capillary_async.models.loyalty import SlabChange
from capillary_async.models.trackers import Tracker
from capillary_async.models.transactions import GroupTransaction
from capillary_async.models.user_groups import GroupMember, UserGroup, UserGroupSummary
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request

_LONGEST_SEARCH = 50
_LARGEST_PAGE = 1_000
_GROUP_NAMES = frozenset(name.value for name in UserGroupIdentifier)

_TRANSACTION_PARAMETERS: Final[take.Table] = {
    "transaction_type": ("type", take.optional_text),
    "transaction_id": ("transactionId", take.optional_id),
    "bill_number": ("billNumber", take.optional_text),
    "customer_id": ("customerId", take.optional_id),
    "start_date": ("startDate", take.iso_moment),
    "end_date": ("endDate", take.iso_moment),
    "embed": ("embed", take.texts),
    "all_programs": ("getDataForAllPrograms", take.flag),
    "sort_order": ("order", take.optional_text),
    "credit_notes": ("creditNotes", take.flag),
    "roles": ("roles", take.optional_text),
}


def list_trackers(
    identifier: int | str, *, identifier_type: UserGroupIdentifier | str = "id", source: Source | str = "INSTORE"
) -> Listing[Tracker]:
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
    value = _identifier_text(identifier, take.text("identifier_type", identifier_type))
    query = take.query(
        type="USERGROUP2",
        identifierType=identifier_type,
        identifierValue=value,
        source=take.text("source", source),
    )
    return tracker_listing(Request("/v2/customers/userEntityTrackers", query=query, into=Tracker, at="data"))


def list_members(
    group_id: int,
    *,
    source: Source | str = "INSTORE",
    page_size: int = 100,
    joined_after: date | None = None,
    joined_before: date | None = None,
    include_cards: bool = False,
    include_status: bool = False,
    sort_by: str | None = None,
    sort_order: SortOrder | str | None = None,
) -> Listing[GroupMember]:
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
    query = take.query(
        source=take.text("source", source),
        identifierName="id",
        identifierValue=str(take.identifier("group_id", group_id)),
        paginationDetails="true",
        fromDate=take.moment("joined_after", joined_after),
        toDate=take.moment("joined_before", joined_before),
        includeCardDetails=take.flag("include_cards", include_cards or None),
        includeStatusDetails=take.flag("include_status", include_status or None),
        sortBy=take.optional_text("sort_by", sort_by),
        sortOrder=take.optional_text("sort_order", sort_order),
    )
    return Listing(
        Request("/v2/userGroup2/members", query=query, into=GroupMember, at="data"),
        page_size=take.page_size(page_size),
        key=attrgetter("fleet_user_id"),
        offset_unit="records",
    )


def search(name: str, *, page_size: int = 50) -> Listing[UserGroupSummary]:
    """List the user groups whose names match.

    Args:
        name: The text to search for, at most 50 characters.
        page_size: Groups of one request, from 1 to 1,000.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        ServerError: The search is busy (461).
    """
    query = take.query(q=take.text("name", name, longest=_LONGEST_SEARCH))
    return Listing(
        Request("/v2/userGroup2/search", query=query, into=UserGroupSummary, at="data"),
        page_size=take.page_size(page_size),
        key=attrgetter("group_id"),
        offset_unit="records",
    )


def get(
    identifier: int | str,
    *,
    identifier_type: UserGroupIdentifier | str = "id",
    program_details: bool | None = None,
    expired_points: bool | None = None,
    expiry_schedules: bool | None = None,
    gap_to_upgrade: int | None = None,
    gap_to_renew: int | None = None,
    company_details: bool | None = None,
) -> Request[UserGroup]:
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
    query = take.query(
        **_group_query(identifier, identifier_type),
        programDetails=take.flag("program_details", program_details),
        expiredPoints=take.flag("expired_points", expired_points),
        expirySchedules=take.flag("expiry_schedules", expiry_schedules),
        gapToUpgradeFor=take.optional_number("gap_to_upgrade", gap_to_upgrade),
        gapToRenewFor=take.optional_number("gap_to_renew", gap_to_renew),
        companyDetails=take.flag("company_details", company_details),
    )
    return Request("/v2/userGroup2", {}, query, UserGroup)


def _group_query(identifier: int | str, identifier_type: str) -> dict[str, str]:
    name = take.text("identifier_type", identifier_type)
    if name not in _GROUP_NAMES:
        raise InvalidArgumentError("identifier_type must be id, externalId or primaryUserId")
    return {name: _identifier_text(identifier, name)}


def _identifier_text(identifier: int | str, identifier_type: str) -> str:
    if identifier_type in ("id", "primaryUserId"):
        return str(take.identifier("identifier", identifier))  # type: ignore[arg-type]
    return take.identifying("identifier", identifier)


def list_transactions(
    identifier: int | str,
    *,
    identifier_type: UserGroupIdentifier | IdentifierName | str = "id",
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    page_size: int = 100,
    transaction_type: TransactionType | str | None = None,
    transaction_id: int | None = None,
    bill_number: str | None = None,
    customer_id: int | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    embed: take.Several[GroupTransactionEmbed | str] = (),
    all_programs: bool | None = None,
    sort_order: SortOrder | str | None = None,
    credit_notes: bool | None = None,
    roles: str | None = None,
) -> Listing[GroupTransaction]:
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
    name = take.text("identifier_type", identifier_type)
    who = identity(name, identifier, source, account_id)
    named = take.query(**_group_query(identifier, name)) if name in _GROUP_NAMES else who
    query = take.by_table(_TRANSACTION_PARAMETERS, locals())
    return Listing(
        Request("/v2/userGroup2/transactions", {}, (*named, *query), GroupTransaction, "data"),
        page_size=take.page_size(page_size),
        key=attrgetter("type", "id"),
        offset_unit="records",
    )


def list_slab_changes(
    group_id: int, *, start_date: date | None = None, end_date: date | None = None, page_size: int = _LARGEST_PAGE
) -> Listing[SlabChange]:
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
    query = take.query(
        fleetGroupId=str(take.identifier("group_id", group_id)),
        startDate=take.iso_moment("start_date", start_date),
        endDate=take.iso_moment("end_date", end_date),
        pageSize=str(take.page_size(page_size)),
    )
    # An endpoint without pages returned everything if its answer has no usable total.
    return Listing(
        Request("/v2/userGroup2/slabHistory", {}, query, SlabChange),
        page_size=None,
        find_rows=_find_slab_changes,
        pagination_at="",
    )


def _find_slab_changes(answer: Mapping[str, Any]) -> tuple[list[Any], str]:
    rows = answer.get("data")
    if not isinstance(rows, list):
        raise DecodeError("expected a list of rows", location="data")
    changes = cast("list[Any]", rows)
    pagination = answer.get("pagination")
    total = cast("dict[str, Any]", pagination).get("total") if isinstance(pagination, dict) else None
    if isinstance(total, int) and total > len(changes):
        text = f"the API returned {len(changes)} of {total} tier changes; get the others by start_date and end_date"
        warnings.warn(text, PartialListingWarning, stacklevel=2)
    return changes, "data"


class UserGroups(Group):
    """Calls that start from a user group."""

    __slots__ = ()

    list_trackers: Final = listing(list_trackers)
    list_members: Final = listing(list_members)
    search: Final = listing(search)
    get: Final = endpoint(get)
    list_transactions: Final = listing(list_transactions)
    list_slab_changes: Final = listing(list_slab_changes)
