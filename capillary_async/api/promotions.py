"""Endpoints about loyalty promotions, which Capillary recommends instead of milestones.

They return no progress. `Promotion.targets` names the targets of a promotion, and `targets.get_progress` returns a
customer's progress with them.
"""

from operator import attrgetter
from typing import Any, Final

import capillary_async.api.arguments as take
from capillary_async.api.methods import Group, endpoint, listing
from capillary_async.api.parts import member
from capillary_async.errors import DecodeError
from capillary_async.models.enumerations import MemberEnrollmentStatus, PromotionStatus, SortOrder
from capillary_async.models.promotions import MemberPromotion, Promotion, PromotionActions
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request, Structure

_LARGEST_PAGE: Final = 100
_LARGEST_MEMBER_PAGE: Final = 20
_MEMBER_PATH: Final = "/v3/members/{memberId}/promotions"


def list_promotions(
    *,
    search_text: str | None = None,
    status: take.Several[PromotionStatus | str] = (),
    page_size: int = _LARGEST_PAGE,
    include_draft_details: bool | None = None,
    sort_by: str | None = None,
    sort_order: SortOrder | str | None = None,
) -> Listing[Promotion]:
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
    query = take.query(
        searchText=take.optional_text("search_text", search_text),
        status=take.texts("status", status),
        includeDraftDetails=take.flag("include_draft_details", include_draft_details),
        sortBy=take.optional_text("sort_by", sort_by),
        sortOrder=take.optional_text("sort_order", sort_order),
    )
    return Listing(
        Request("/v3/promotions", {}, query, Promotion, "data.content"),
        page_size=take.page_size(page_size, _LARGEST_PAGE),
        key=attrgetter("id"),
        offset_unit="pages",
        limit_name="size",
        offset_name="page",
        total_at="data.totalElements",
        pages_at="data.totalPages",
        last_at="data.last",
    )


def get(
    promotion_id: str, *, include_draft_details: bool | None = None, include_parent_details: bool | None = None
) -> Request[Promotion]:
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
    query = take.query(
        includeDraftDetails=take.flag("include_draft_details", include_draft_details),
        includeParentDetails=take.flag("include_parent_details", include_parent_details),
    )
    path_values = {"promotionId": take.text("promotion_id", promotion_id)}
    return Request("/v3/promotions/{promotionId}", path_values, query, Promotion, "data")


def list_for_member(
    customer_id: int,
    *,
    status: MemberEnrollmentStatus | str | None = None,
    promotion_identifier: str | None = None,
    promotion_id: int | None = None,
    page_size: int = _LARGEST_MEMBER_PAGE,
) -> Listing[MemberPromotion]:
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
    query = take.query(
        memberEnrollmentStatus=take.optional_text("status", status),
        promotionIdentifier=take.optional_text("promotion_identifier", promotion_identifier),
        promotionId=take.optional_id("promotion_id", promotion_id),
    )
    return Listing(
        Request(_MEMBER_PATH, _member(customer_id), query, MemberPromotion, "promotions"),
        page_size=take.page_size(page_size, _LARGEST_MEMBER_PAGE),
        key=attrgetter("promotion_id"),
        offset_unit="pages",
        limit_name="size",
        offset_name="page",
        total_at="pageDetails.totalEntries",
        pages_at="pageDetails.pageCount",
    )


def get_for_member(customer_id: int, promotion_id: int) -> Request[MemberPromotion]:
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
    path_values = {**_member(customer_id), "promotionId": take.identifier("promotion_id", promotion_id)}
    return Request(_MEMBER_PATH + "/{promotionId}", path_values, (), MemberPromotion, read=_read_only_promotion)


def _read_only_promotion(document: Any, structure: Structure) -> Any:
    found = structure(member(document, "promotions"), tuple[MemberPromotion, ...], "promotions")
    if len(found) != 1:
        raise DecodeError("promotions should hold one promotion", location="promotions")
    return found[0]


def get_actions(
    customer_id: int, *, program_id: int, promotion_id: int, activity_id: str | None = None
) -> Request[PromotionActions]:
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
    query = take.query(
        programId=str(take.identifier("program_id", program_id)),
        promotionId=str(take.identifier("promotion_id", promotion_id)),
        activityId=take.optional_text("activity_id", activity_id),
    )
    path_values = {"customerId": take.identifier("customer_id", customer_id)}
    path = "/v3/customers/{customerId}/customerPromotionDetails/actionSummary"
    return Request(path, path_values, query, PromotionActions, read=_read_actions)


def _read_actions(document: Any, structure: Structure) -> Any:
    """Read a summary with or without an envelope around it, because the documentation's two samples disagree."""
    data = member(document, "data")
    if data is None and "promotionId" in document:
        return structure(document, PromotionActions, "")
    return structure(data, PromotionActions, "data")


def _member(customer_id: int) -> dict[str, int | str]:
    return {"memberId": take.identifier("customer_id", customer_id)}


class Promotions(Group):
    """Calls about loyalty promotions."""

    __slots__ = ()

    list: Final = listing(list_promotions)
    get: Final = endpoint(get)
    list_for_member: Final = listing(list_for_member)
    get_for_member: Final = endpoint(get_for_member)
    get_actions: Final = endpoint(get_actions)
