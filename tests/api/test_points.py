"""Points and tiers, with their errors."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import pytest

from capillary_async import (
    AccessDeniedError,
    CapillaryClient,
    CustomerMergedError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
)
from capillary_async.sandbox import Answer, Sandbox

# Every call of a customer that returns one answer.
OF_A_CUSTOMER: dict[str, Callable[[CapillaryClient, int], Awaitable[Any]]] = {
    "balance": lambda client, customer_id: client.customers.get_points_balance(customer_id),
    "tiers": lambda client, customer_id: client.customers.get_tiers(customer_id),
    "loyalty": lambda client, customer_id: client.customers.get_loyalty(customer_id),
    "expiry": lambda client, customer_id: client.customers.get_points_expiry(customer_id),
    "promised": lambda client, customer_id: client.customers.get_promised_points(customer_id),
    "statuses": lambda client, customer_id: client.customers.get_status_changes(customer_id),
    "events": lambda client, customer_id: client.customers.get_loyalty_events(customer_id),
    "transactions": lambda client, customer_id: client.customers.list_transactions(customer_id).collect(),
}


@pytest.mark.parametrize("call", OF_A_CUSTOMER.values(), ids=OF_A_CUSTOMER)
@pytest.mark.parametrize(
    ("customer_id", "expected", "codes"),
    [
        (404, NotFoundError, (8015,)),
        (409, CustomerMergedError, (8069,)),
        (403, AccessDeniedError, (1044,)),
        (410, NotFoundError, ()),
    ],
)
async def test_an_unknown_customer_is_an_error(
    client: CapillaryClient, call: Any, customer_id: int, expected: type[Exception], codes: tuple[int, ...]
) -> None:
    """The classes must be the same as for the customer's details."""
    with pytest.raises(expected) as caught:
        await call(client, customer_id)

    assert getattr(caught.value, "codes", None) == codes


async def test_the_balance_equals_that_of_the_summary(client: CapillaryClient) -> None:
    """Two endpoints return the same account."""
    balance = await client.customers.get_points_balance(7)
    customer = await client.customers.get(7, embed=["points"])

    assert customer.points_summary is not None
    assert balance.main_points == customer.points_summary.loyalty_points
    assert balance.total_points == Decimal(balance.main_points or 0) + Decimal(balance.promised_points or 0)
    assert balance.entity_id == 7


async def test_a_balance_is_found_by_another_identifier(client: CapillaryClient, sandbox: Sandbox) -> None:
    """One request is enough, without a lookup of the id."""
    found = await client.customers.find_points_balance("mobile", sandbox.identifiers(7)["mobile"])

    assert found == await client.customers.get_points_balance(7)


async def test_a_balance_may_be_the_user_groups(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The answer then has the group's id."""
    balance = await client.customers.get_points_balance(7, entity_type="FLEET")

    assert (balance.entity_type, balance.entity_id) == ("FLEET", sandbox.user_group_ids(7)[0])


@pytest.mark.parametrize("customer_id", range(4, 8))
async def test_the_top_tier_is_recognised(client: CapillaryClient, customer_id: int) -> None:
    """The API shows it by the serial number -1 or an empty name."""
    (tier,) = await client.customers.get_tiers(customer_id)

    assert tier.current_tier_serial_number == customer_id % 4 + 1
    assert tier.is_top_tier == (customer_id == 7)
    assert tier.tier_expiry_date is not None


async def test_tiers_of_every_program_come_when_asked(client: CapillaryClient) -> None:
    """The answer has one tier for each program."""
    tiers = await client.customers.get_tiers(5, all_programs=True)

    assert [tier.program_id for tier in tiers] == [983, 1219]


async def test_loyalty_shows_the_programs_of_the_customer(client: CapillaryClient) -> None:
    """The API shows it by a `loyaltyId` other than -1."""
    programs = await client.customers.get_loyalty(5)

    assert [program.is_enrolled for program in programs] == [True, False]


@pytest.mark.parametrize("method", ["get_points_balance", "get_tiers", "get_loyalty"])
async def test_a_program_without_the_customer_is_an_error(client: CapillaryClient, method: str) -> None:
    """Code 8089 must not be retried."""
    with pytest.raises(InvalidRequestError) as caught:
        await getattr(client.customers, method)(5, program_id=1)

    assert caught.value.codes == (8089,)


async def test_points_expire_on_their_days(client: CapillaryClient) -> None:
    """Half of them expire soon, the others about a century later."""
    schedule = await client.customers.get_points_expiry(5)
    balance = await client.customers.get_points_balance(5)

    assert sum(row.points or 0 for row in schedule) == balance.main_points
    assert [row.expiry_date.year for row in schedule if row.expiry_date] == [2026, 2125]


async def test_a_customer_without_points_has_an_empty_schedule(client: CapillaryClient) -> None:
    """No points must be an empty tuple, not an error."""
    assert await client.customers.get_points_expiry(10) == ()
    assert await client.customers.get_promised_points(10) == ()


async def test_promised_points_come_with_and_without_a_day(client: CapillaryClient) -> None:
    """The answer has two lists, and the result is one tuple."""
    promised = await client.customers.get_promised_points(6)

    assert [row.redeemable_from is None for row in promised] == [False, True]


UNDOCUMENTED: list[tuple[str, Any, str]] = [
    ("get_points_expiry", {"id": 5, "expirySchedules": [{"points": "x"}]}, "expirySchedules[0].points"),
    ("get_points_expiry", {"data": []}, "expirySchedules"),
    (
        "get_promised_points",
        {
            "entityId": 5,
            "promisedPointsScheduleList": [],
            "triggerBasedPointsList": [{"points": 1}, {"points": []}],
        },
        "triggerBasedPointsList[1].points",
    ),
    ("get_promised_points", {}, "promisedPointsScheduleList"),
    ("get_tiers", {"programTiers": [{"currentTierName": 5}]}, "programTiers[0].currentTierName"),
]


@pytest.mark.parametrize(("method", "body", "location"), UNDOCUMENTED)
async def test_an_undocumented_schedule_is_a_decode_error(
    client: CapillaryClient, sandbox: Sandbox, method: str, body: Any, location: str
) -> None:
    """The error names the location in either list."""
    sandbox.script("/", Answer(body=body))

    with pytest.raises(DecodeError) as caught:
        await getattr(client.customers, method)(5)

    assert caught.value.location == location


async def test_a_schedule_may_be_left_out(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The API may omit an empty list."""
    sandbox.script("/", Answer(body={"id": 5, "warnings": []}), Answer(body={"entityId": 5}), times=2)

    assert await client.customers.get_points_expiry(5) == ()
    assert await client.customers.get_promised_points(5) == ()


async def test_details_are_found_in_one_request(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The parts must be the same as for a request by id."""
    found = await client.customers.find("mobile", sandbox.identifiers(7)["mobile"], embed=["points"])

    assert sandbox.request_count == 1
    assert found == await client.customers.get(7, embed=["points"])


@pytest.mark.parametrize(
    ("arguments", "expected", "code"),
    [
        (("mobile", "999000000404"), NotFoundError, 8015),
        (("shoe size", "44"), InvalidRequestError, 8013),
    ],
)
async def test_an_unknown_identifier_is_an_error(
    client: CapillaryClient, arguments: tuple[str, str], expected: type[Exception], code: int
) -> None:
    """The errors must be the same as for a request by id."""
    with pytest.raises(expected) as caught:
        await client.customers.find(*arguments)

    assert getattr(caught.value, "codes", None) == (code,)


async def test_a_search_returns_all_matches(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The documented page size is ten."""
    matches = await client.customers.search("smith").collect()

    assert [match.user_id for match in matches] == sandbox.found_customer_ids("smith")
    assert matches[0].profiles is not None
    assert matches[0].profiles[0].first_name


async def test_a_busy_search_is_retried(sandbox: Sandbox, patient: CapillaryClient) -> None:
    """Status 461 is transient."""
    sandbox.script("/v2/customers/search", Answer(status=461), times=2)

    assert await patient.customers.search("7").collect()
    assert sandbox.request_count > 2


async def test_the_current_status_is_the_last_one(client: CapillaryClient) -> None:
    """The order is that of the answer."""
    changes = await client.customers.get_status_changes(5)

    assert [change.is_active for change in changes] == [False, False, True]
    assert changes[1].prev_label == "Active"


async def test_loyalty_events_are_filtered(client: CapillaryClient) -> None:
    """The filters are the name and the limit."""
    events = await client.customers.get_loyalty_events(7, event_type="ReturnBill", limit=3)

    assert [event.event_name for event in events] == ["ReturnBill"] * 3
    assert events[0].date is not None
