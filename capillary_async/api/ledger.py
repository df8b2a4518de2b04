"""Endpoints about the points ledger: every change of a customer's points."""

from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Final, TypeVar

import capillary_async.api.arguments as take
from capillary_async.api.identity import identity
from capillary_async.api.methods import Group, endpoint, listing
from capillary_async.errors import InvalidArgumentError
from capillary_async.models.enumerations import (
    EntityType,
    LedgerEntryType,
    LedgerIdentifier,
    PointCategoryType,
    SortOrder,
    Source,
)
from capillary_async.models.ledger import ClosingBalance, LedgerBalance, LedgerEntry
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request

T = TypeVar("T")

# The API sends this code after the last page, and for the first page when there is no entry.
_NO_SUCH_PAGE: Final = 11003
_LARGEST_PAGE: Final = 100
_LARGEST_BALANCE_PAGE: Final = 10
_LONGEST: Final = timedelta(days=90)
_STORE_FILTERS: Final = ("till_id", "till_ids", "store_id", "store_code")
_PARAMETERS: Final[take.Table] = {
    "till_id": ("tillId", take.optional_id),
    "till_ids": ("tillIds", take.ids),
    "store_id": ("storeId", take.optional_id),
    "store_code": ("storeCode", take.optional_text),
    "program_id": ("programId", take.optional_id),
    "sort_order": ("order", take.optional_text),
    "start_date": ("startDate", take.iso_moment),
    "end_date": ("endDate", take.iso_moment),
    "filter_by_event_date": ("isFilterBasedOnDate", take.flag),
    "include_last_year": ("includeLastOneYearData", take.flag),
    "include_till_concept_events": ("includeTillConceptEvents", take.flag),
    "entry_type": ("ledgerEntryType", take.optional_text),
    "point_category_type": ("pointCategoryType", take.optional_text),
    "include_alternate_currencies": ("includeAlternateCurrencies", take.flag),
    "alternate_currency_names": ("alternateCurrencyNames", take.texts),
    "exclude_point_categories": ("excludePointCategories", take.texts),
    "include_concept_details": ("includeConceptDetails", take.flag),
    "entity_type": ("type", take.optional_text),
}

_BALANCE_PATH: Final = "/v2/pointsLedger/getCustomerLedgerBalance"
_BALANCE_PARAMETERS: Final[take.Table] = {
    name: _PARAMETERS[name]
    for name in (
        *("end_date", "till_id", "entry_type", "point_category_type", "include_till_concept_events"),
        *("include_alternate_currencies", "alternate_currency_names"),
    )
}


def list_entries(
    identifier_name: LedgerIdentifier | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    page_size: int = _LARGEST_PAGE,
    start_date: date | None = None,
    end_date: date | None = None,
    program_id: int | None = None,
    entry_type: LedgerEntryType | str | None = None,
    point_category_type: PointCategoryType | str | None = None,
    till_id: int | None = None,
    till_ids: take.Several[int] = (),
    store_id: int | None = None,
    store_code: str | None = None,
    sort_order: SortOrder | str | None = None,
    filter_by_event_date: bool | None = None,
    include_last_year: bool | None = None,
    include_till_concept_events: bool | None = None,
    include_alternate_currencies: bool | None = None,
    alternate_currency_names: take.Several[str] = (),
    exclude_point_categories: take.Several[str] = (),
    include_concept_details: bool | None = None,
    entity_type: EntityType | str | None = None,
) -> Listing[LedgerEntry]:
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
    arguments = locals()
    if sum(bool(arguments[name]) for name in _STORE_FILTERS) > 1:
        raise InvalidArgumentError("only one of till_id, till_ids, store_id and store_code may be given")
    _check_range(start_date, end_date)
    who = identity(identifier_name, identifier_value, source, account_id)
    query = (*who, *take.by_table(_PARAMETERS, arguments))
    request = Request[LedgerEntry]("/v2/pointsLedger/getCustomerLedgerInfo", {}, query, LedgerEntry, "ledgerEntries")
    return _listing(request, take.page_size(page_size, _LARGEST_PAGE), "event_log_id")


def _listing(request: Request[T], page_size: int, *key: str) -> Listing[T]:
    return Listing(
        request,
        page_size,
        key=attrgetter(*key),
        offset_unit="pages",
        empty_codes=(_NO_SUCH_PAGE,),
        total_at="ledgerDetails.totalEntries",
        pages_at="ledgerDetails.pageCount",
    )


def _check_range(start: date | None, end: date | None) -> None:
    if start is None or end is None:
        return
    # Days are compared, because a date and a date-time cannot be subtracted.
    first, last = (when.date() if isinstance(when, datetime) else when for when in (start, end))
    if last - first > _LONGEST:
        raise InvalidArgumentError("end_date must be at most 90 days after start_date")


def get_balance(
    identifier_name: LedgerIdentifier | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    end_date: date | None = None,
    till_id: int | None = None,
    entry_type: LedgerEntryType | str | None = None,
    point_category_type: PointCategoryType | str | None = None,
    include_till_concept_events: bool | None = None,
    include_alternate_currencies: bool | None = None,
    alternate_currency_names: take.Several[str] = (),
    page: int = 0,
) -> Request[LedgerBalance]:
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
    who = identity(identifier_name, identifier_value, source, account_id)
    window = take.query(limit=str(_LARGEST_BALANCE_PAGE), offset=take.optional_number("page", page))
    query = (*who, *take.by_table(_BALANCE_PARAMETERS, locals()), *window)
    return Request(_BALANCE_PATH, {}, query, LedgerBalance)


def list_balances(
    identifier_name: LedgerIdentifier | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    page_size: int = _LARGEST_BALANCE_PAGE,
    end_date: date | None = None,
    till_id: int | None = None,
    entry_type: LedgerEntryType | str | None = None,
    point_category_type: PointCategoryType | str | None = None,
    include_till_concept_events: bool | None = None,
    include_alternate_currencies: bool | None = None,
    alternate_currency_names: take.Several[str] = (),
) -> Listing[ClosingBalance]:
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
    who = identity(identifier_name, identifier_value, source, account_id)
    query = (*who, *take.by_table(_BALANCE_PARAMETERS, locals()))
    request = Request[ClosingBalance](_BALANCE_PATH, {}, query, ClosingBalance, "ledgerDetails.ledgerClosingBalance")
    size = take.page_size(page_size, _LARGEST_BALANCE_PAGE)
    return _listing(request, size, "program_id", "points_category", "alternate_currency_name")


class Ledger(Group):
    """Calls about the points ledger."""

    __slots__ = ()

    list_entries: Final = listing(list_entries)
    get_balance: Final = endpoint(get_balance)
    list_balances: Final = listing(list_balances)
