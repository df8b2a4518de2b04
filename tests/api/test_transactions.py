"""A customer's transactions."""

from decimal import Decimal

import pytest

from capillary_async import CapillaryClient, InvalidRequestError, TransactionEmbed
from capillary_async.sandbox import Answer, Paging, Sandbox


async def test_most_customers_need_one_request(client: CapillaryClient, sandbox: Sandbox) -> None:
    """A page has up to a thousand rows, and the total shows the end."""
    rows = await client.customers.list_transactions(6).collect()

    assert [(row.type, row.id) for row in rows] == sandbox.transaction_keys(6)
    assert sandbox.requests[0].query["limit"] == "1000"
    assert sandbox.request_count == 1


@pytest.mark.parametrize("offset_unit", ["records", "pages"])
async def test_a_return_and_a_purchase_may_share_an_id(
    client: CapillaryClient, sandbox: Sandbox, offset_unit: str
) -> None:
    """A key of only the id would drop rows."""
    sandbox.paging["transactions"] = Paging(default_limit=20, offset_unit=offset_unit)  # type: ignore[arg-type]

    rows = await client.customers.list_transactions(7, page_size=50).collect()

    keys = [(row.type, row.id) for row in rows]
    assert keys == sandbox.transaction_keys(7)
    assert len({number for _, number in keys}) < len(keys)


@pytest.mark.parametrize("page_size", [10, 20, 50, 100])
async def test_transactions_of_one_time_lose_no_row(client: CapillaryClient, sandbox: Sandbox, page_size: int) -> None:
    """A row between two pages may be repeated or missed; the total shows a missed row."""
    sandbox.unstable_ties = True

    rows = await client.customers.list_transactions(7, page_size=page_size).collect()

    keys = [(row.type, row.id) for row in rows]
    assert sorted(keys) == sorted(sandbox.transaction_keys(7))


async def test_transactions_are_found_by_another_identifier(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The endpoint by identifier must return the same rows."""
    mobile = sandbox.identifiers(7)["mobile"]

    found = await client.customers.find_transactions("mobile", mobile, transaction_type="RETURN").collect()

    assert found == await client.customers.list_transactions(7, transaction_type="RETURN").collect()
    assert {row.type for row in found} == {"RETURN"}


async def test_embedded_parts_are_typed(client: CapillaryClient) -> None:
    """All values of the parts must be typed."""
    bare = await client.customers.list_transactions(7).first()
    full = await client.customers.list_transactions(7, embed=list(TransactionEmbed)).first()

    assert bare is not None
    assert full is not None
    assert [bare.bill_points, bare.billing_store, bare.payment_modes] == [None] * 3
    assert full.extra == {}
    assert full.billing_store is not None
    assert full.billing_store.code == "sbx123"
    assert full.bill_points is not None
    assert full.bill_points.aggregated_bill_points is not None
    total = full.bill_points.aggregated_bill_points[0].regular_points
    assert total is not None
    assert full.amount is not None
    assert total.points == full.amount / 10


async def test_an_unknown_part_is_an_error(client: CapillaryClient) -> None:
    """The API sends code 1110."""
    with pytest.raises(InvalidRequestError) as caught:
        await client.customers.list_transactions(7, embed=["LINES"]).collect()

    assert caught.value.codes == (1110,)


async def test_amounts_are_exact(client: CapillaryClient, sandbox: Sandbox) -> None:
    """Money must be exact, with and without decimal places."""
    row = {"id": 1, "type": "REGULAR", "amount": Decimal("62.22"), "grossAmount": 73, "discount": Decimal("0.0")}
    sandbox.script("/", Answer(body={"pagination": {"limit": 20, "offset": 0, "total": 1}, "data": [row]}))

    found = await client.customers.list_transactions(7).first()

    assert found is not None
    assert [found.amount, found.gross_amount, found.discount] == [Decimal("62.22"), Decimal(73), Decimal("0.0")]
    assert str(found.discount) == "0.0"
