"""Endpoints about a customer's history, and the search for customers."""

from datetime import date
from operator import attrgetter

import capillary_async.api.arguments as take
from capillary_async.api.identity import by_id
from capillary_async.models.history import CustomerMatch, LoyaltyEvent, StatusChange
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request


def get_status_changes(customer_id: int) -> Request[tuple[StatusChange, ...]]:
    """Fetch every status that a customer has or had.

    Args:
        customer_id: As `customers.find_id` returns it.

    Returns:
        The statuses, in the order of the answer; the current status has `is_active`.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        NotFoundError: There is no such customer (8015).
    """
    return by_id(customer_id, "/statusLog", (), tuple[StatusChange, ...], at="data")


def get_loyalty_events(
    customer_id: int,
    *,
    event_type: str | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    limit: int | None = None,
    offset: int | None = None,
    page: int | None = None,
) -> Request[tuple[LoyaltyEvent, ...]]:
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
    query = take.query(
        eventType=take.optional_text("event_type", event_type),
        fromDate=take.moment("start_date", start_date),
        toDate=take.moment("end_date", end_date),
        limit=take.optional_page_size("limit", limit),
        offset=take.optional_number("offset", offset),
        page=take.optional_number("page", page),
    )
    return by_id(customer_id, "/loyaltyEvents", query, tuple[LoyaltyEvent, ...], at="data")


def search(query: str, *, page_size: int = 10) -> Listing[CustomerMatch]:
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
    request = Request[CustomerMatch](
        "/v2/customers/search", query=take.query(q=take.text("query", query)), into=CustomerMatch, at="data"
    )
    return Listing(request, page_size=take.page_size(page_size), key=attrgetter("user_id"), offset_unit="records")
