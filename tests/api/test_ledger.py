"""The points ledger."""

from decimal import Decimal
from typing import Any

import pytest

from capillary_async import CapillaryClient, CustomerMergedError, InvalidRequestError, NotFoundError, ResponseError
from capillary_async.sandbox import Answer, Sandbox


async def test_the_ledger_is_walked_by_pages(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The documents agree that `offset` is a page number here."""
    entries = await client.ledger.list_entries("id", 7, page_size=50).collect()

    assert [entry.event_log_id for entry in entries] == sandbox.ledger_event_ids(7)
    assert [request.query["offset"] for request in sandbox.requests] == ["0", "1", "2", "3", "4"]
    assert {request.status for request in sandbox.requests} == {200}  # a request for one more page would be an error


async def test_a_ledger_without_entries_is_empty(client: CapillaryClient) -> None:
    """The API answers with error 11003."""
    assert await client.ledger.list_entries("id", 10).collect() == []


async def test_points_are_numbers_with_every_digit(client: CapillaryClient) -> None:
    """The API sends them as strings."""
    entry = await client.ledger.list_entries("id", 7).first()

    assert entry is not None
    assert isinstance(entry.net_points_on_event, Decimal)
    assert entry.net_points_on_event.as_tuple().exponent == -3
    assert entry.entry_details is not None
    assert entry.entry_details[0].ledger_entry_type == "DEBIT"
    assert entry.extra == {}


async def test_the_ledger_adds_up(client: CapillaryClient) -> None:
    """The entries, the closing balance and the customer's balance must agree."""
    entries = await client.ledger.list_entries("id", 7).collect()
    closing = await client.ledger.get_balance("id", 7)
    balance = await client.customers.get_points_balance(7)

    net = sum((entry.net_points_on_event or 0 for entry in entries), Decimal(0))
    main = next(row for row in closing.closing_balances if row.points_category == "Main" and row.program_id == 983)
    assert net == main.closing_balance == balance.main_points


async def test_a_balance_has_the_number_of_pages(client: CapillaryClient) -> None:
    """One page has at most ten balances."""
    balance = await client.ledger.get_balance("id", 7)

    assert balance.ledger_details is not None
    assert (balance.ledger_details.page_count, balance.ledger_details.total_entries) == (1, 6)
    assert balance.customer_details is not None
    assert balance.customer_details.user_id == 7


async def test_balances_are_walked_page_by_page(client: CapillaryClient, sandbox: Sandbox) -> None:
    """A customer in many programmes has more than one page."""
    balances = await client.ledger.list_balances("id", 7, page_size=4).collect()

    assert tuple(balances) == (await client.ledger.get_balance("id", 7)).closing_balances
    assert [request.query["offset"] for request in sandbox.requests[:2]] == ["0", "1"]


async def test_a_balance_without_details_is_empty(client: CapillaryClient, sandbox: Sandbox) -> None:
    """A loop over missing details must not fail."""
    sandbox.script("/", Answer(body={"customerDetails": {"userId": 7}, "warnings": []}))

    assert (await client.ledger.get_balance("id", 7)).closing_balances == ()


async def test_a_customer_is_named_by_any_identifier(client: CapillaryClient, sandbox: Sandbox) -> None:
    """Callers may know only the mobile number."""
    mobile = sandbox.identifiers(7)["mobile"]

    found = await client.ledger.list_entries("mobile", mobile, entry_type="DEBIT").collect()

    assert found == await client.ledger.list_entries("id", "7", entry_type="DEBIT").collect()


@pytest.mark.parametrize(
    ("customer_id", "arguments", "expected", "code"),
    [
        (404, {}, NotFoundError, 8015),
        (409, {}, CustomerMergedError, 8069),
        (7, {"page": 5}, InvalidRequestError, 11003),
    ],
)
async def test_each_refusal_has_its_error_class(
    client: CapillaryClient, customer_id: int, arguments: dict[str, Any], expected: type[ResponseError], code: int
) -> None:
    """A page after the last is an error of a single call, but the end of a listing."""
    with pytest.raises(expected) as caught:
        await client.ledger.get_balance("id", customer_id, **arguments)

    assert caught.value.codes == (code,)


async def test_unprocessed_events_are_retried(sandbox: Sandbox, patient: CapillaryClient) -> None:
    """Code 11002 is transient."""
    busy = {"warnings": [], "errors": [{"status": False, "code": 11002, "message": "Events are pending"}]}
    sandbox.script("/v2/pointsLedger", Answer(status=400, body=busy))

    assert await patient.ledger.list_entries("id", 7).first() is not None
