"""Endpoints about customers' purchases and returns."""

from collections.abc import Mapping
from datetime import date
from operator import attrgetter
from typing import Any, Final

import capillary_async.api.arguments as take
from capillary_async.api.identity import by_id, by_identifier, identity
from capillary_async.errors import InvalidArgumentError
from capillary_async.models.enumerations import (
    IdentifierName,
    SortOrder,
    Source,
    StoreEntityType,
    TransactionEmbed,
    TransactionType,
)
from capillary_async.models.transactions import Transaction
from capillary_async.paging.listing import Listing
from capillary_async.pipeline.request import Request

# Returns are numbered separately, so a purchase and a return may have the same id.
_KEY: Final = attrgetter("type", "id")
_LARGEST_PAGE: Final = 1_000
_PARAMETERS: Final[take.Table] = {
    "start_date": ("startDate", take.moment),
    "end_date": ("endDate", take.moment),
    "transaction_type": ("transactionType", take.optional_text),
    "transaction_ids": ("transactionId", take.ids),
    "start_id": ("startId", take.optional_id),
    "end_id": ("endId", take.optional_id),
    "bill_number": ("number", take.optional_text),
    "bill_numbers": ("transNos", take.texts),
    "entity_type": ("entityType", take.optional_text),
    "entity_code": ("entityCode", take.optional_text),
    "local_currency": ("localCurrency", take.flag),
    "embed": ("embed", take.texts),
    "sort_by": ("sortBy", take.optional_text),
    "sort_order": ("sortOrder", take.optional_text),
}


def list_transactions(
    customer_id: int,
    *,
    page_size: int = _LARGEST_PAGE,
    start_date: date | None = None,
    end_date: date | None = None,
    transaction_type: TransactionType | str | None = None,
    transaction_ids: take.Several[int] = (),
    start_id: int | None = None,
    end_id: int | None = None,
    bill_number: str | None = None,
    bill_numbers: take.Several[str] = (),
    entity_type: StoreEntityType | str | None = None,
    entity_code: str | None = None,
    local_currency: bool | None = None,
    embed: take.Several[TransactionEmbed | str] = (),
    sort_by: str | None = None,
    sort_order: SortOrder | str | None = None,
) -> Listing[Transaction]:
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
    return _listing(by_id(customer_id, "/transactions", _encode_query(locals()), Transaction, at="data"), page_size)


def find_transactions(
    identifier_name: IdentifierName | str,
    identifier_value: str | int,
    *,
    source: Source | str = "INSTORE",
    account_id: str | None = None,
    page_size: int = _LARGEST_PAGE,
    start_date: date | None = None,
    end_date: date | None = None,
    transaction_type: TransactionType | str | None = None,
    transaction_ids: take.Several[int] = (),
    start_id: int | None = None,
    end_id: int | None = None,
    bill_number: str | None = None,
    bill_numbers: take.Several[str] = (),
    entity_type: StoreEntityType | str | None = None,
    entity_code: str | None = None,
    local_currency: bool | None = None,
    embed: take.Several[TransactionEmbed | str] = (),
    sort_by: str | None = None,
    sort_order: SortOrder | str | None = None,
) -> Listing[Transaction]:
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
    who = identity(identifier_name, identifier_value, source, account_id)
    return _listing(by_identifier(who, "/transactions", _encode_query(locals()), Transaction, at="data"), page_size)


def _encode_query(arguments: Mapping[str, Any]) -> take.Query:
    if (arguments["entity_type"] is None) != (arguments["entity_code"] is None):
        raise InvalidArgumentError("entity_type and entity_code must be given together")
    return take.by_table(_PARAMETERS, arguments)


def _listing(request: Request[Transaction], page_size: int) -> Listing[Transaction]:
    return Listing(request, page_size=take.page_size(page_size, _LARGEST_PAGE), key=_KEY)
