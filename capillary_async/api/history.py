"""Endpoints about what happened to a customer, and the search for customers."""

from datetime import date
from operator import attrgetter

import capillary_async.api.arguments as take
from capillary_async.api.identity import by_id
from capillary_async.models import CustomerMatch, LoyaltyEvent, StatusChange
from capillary_async.paging import Listing
from capillary_async.pipeline.request import Request


def get_status_changes(customer_id: int) -> Request[tuple[StatusChange, ...]]:
    """Fetch every status that a customer has or had.

    Args:
        customer_id: As `customers.find_id` returns it.

    Returns:
        The statuses in the order the API sent them; the one that counts has `is_active`.

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
    """Fetch what the loyalty engine did for a customer.

    The documents disagree on whether this endpoint can be paged, and none shows a total: what is asked for here
    is one answer.

    Args:
        customer_id: As `customers.find_id` returns it.
        event_type: Only events of this name, such as TransactionAdd.
        start_date: From this moment on.
        end_date: Up to this moment.
        limit: Events in the answer; 10 is the API's default.
        offset: Events to leave out at the beginning.
        page: The page, from 1; wins over `offset`.

    Returns:
        The events, in the order the API sent them.

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
    """List the customers whom a text finds: the beginning of a name, a mobile number, an address, an id.

    A busy search (461) is tried again. For one customer whose identifier is known, `customers.find_id` and
    `customers.find` are faster and exact.

    Args:
        query: What to look for, in every source.
        page_size: Customers to ask for at once, from 1 to 1,000; 10 is the API's own.

    Raises:
        InvalidArgumentError: An argument is wrong; nothing was sent.
        ServerError: The search was busy every time (461).
    """
    request = Request[CustomerMatch](
        "/v2/customers/search", query=take.query(q=take.text("query", query)), into=CustomerMatch, at="data"
    )
    return Listing(request, page_size=take.page_size(page_size), key=attrgetter("user_id"), offset_unit="records")
