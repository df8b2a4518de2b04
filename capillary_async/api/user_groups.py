"""Endpoints that start from a user group."""

from datetime import date
from operator import attrgetter
from typing import Final

import capillary_async.api.arguments as take
from capillary_async.api.customers import tracker_listing
from capillary_async.api.methods import Group, listing
from capillary_async.models import GroupMember, SortOrder, Source, Tracker, UserGroupIdentifier, UserGroupSummary
from capillary_async.paging import Listing
from capillary_async.pipeline.request import Request

_LONGEST_SEARCH = 50


def list_trackers(
    identifier: int | str, *, identifier_type: UserGroupIdentifier | str = "id", source: Source | str = "INSTORE"
) -> Listing[Tracker]:
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
    is_number = take.text("identifier_type", identifier_type) in ("id", "primaryUserId")
    if is_number or isinstance(identifier, int):
        value = str(take.identifier("identifier", identifier))  # type: ignore[arg-type]
    else:
        value = take.text("identifier", identifier)
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
        name: What to look for, at most 50 characters.
        page_size: Groups to ask for at once, from 1 to 1,000.

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


class UserGroups(Group):
    """Calls that start from a user group."""

    __slots__ = ()

    list_trackers: Final = listing(list_trackers)
    list_members: Final = listing(list_members)
    search: Final = listing(search)
