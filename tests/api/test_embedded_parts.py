"""The parts that `embed` adds to a customer are typed and consistent."""

from decimal import Decimal
from typing import Any

import pytest

from capillary_async import CapillaryClient, Customer, Embed, NotFoundError, PointsSummary

TIERS = ["Topaz", "Coral", "Garnet", "Diamond"]


async def customer_with(client: CapillaryClient, customer_id: int, *embed: str, **flags: Any) -> Customer:
    """Return a customer with some parts."""
    return await client.customers.get(customer_id, embed=embed, gap_to_upgrade=0, gap_to_renew=0, **flags)


async def points_of(client: CapillaryClient, customer_id: int) -> PointsSummary:
    """Return a customer's points in the default program."""
    customer = await client.customers.get(customer_id, embed=["points"])
    assert customer.points_summary is not None
    return customer.points_summary


@pytest.mark.parametrize("customer_id", range(1, 41))
async def test_every_customer_has_a_tier(client: CapillaryClient, customer_id: int) -> None:
    """A service that shows tiers needs one for the base tier and the top tier too."""
    points = await points_of(client, customer_id)

    assert points.current_slab == TIERS[customer_id % 4]
    assert points.is_top_tier == (customer_id % 4 == 3)


@pytest.mark.parametrize("customer_id", range(1, 41))
async def test_every_embedded_value_is_typed(client: CapillaryClient, customer_id: int) -> None:
    """Values in `extra` have no type and no documentation."""
    parts = set(Embed) - {Embed.USER_GROUP}

    customer = await customer_with(client, customer_id, *parts, include_fraud_details=True)

    assert customer.extra == {}
    assert not any(program.extra for program in customer.loyalty_programs or ())
    assert customer.points_summary is not None
    assert customer.points_summary.extra == {}


async def test_points_agree_in_every_part(client: CapillaryClient) -> None:
    """Two parts of one answer must not contradict each other."""
    customer = await customer_with(client, 27, "points", "mlp", "expirySchedules", "promotionalPoints")

    points, programs, loyalty = customer.points_summary, customer.loyalty_programs, customer.loyalty_info
    assert points is not None
    assert programs is not None
    assert loyalty is not None
    assert programs[0].loyalty_points == points.loyalty_points
    assert points.loyalty_points == sum(part.points or 0 for part in customer.expiry_schedules or ())
    assert points.cumulative_purchases == loyalty.lifetime_purchases


async def test_the_balance_is_earned_points_without_spent_ones(client: CapillaryClient) -> None:
    """Examples with inconsistent balances would look wrong."""
    points = await points_of(client, 27)

    assert points.lifetime_points
    assert points.loyalty_points == points.lifetime_points - (points.returned or 0) - (points.redeemed or 0)


async def test_points_keep_every_digit(client: CapillaryClient) -> None:
    """The API sends three decimal places, and points have a money value."""
    left = (await points_of(client, 27)).loyalty_points

    assert isinstance(left, Decimal)
    assert left.as_tuple().exponent == -3


async def test_a_program_has_the_conditions_of_the_next_tier(client: CapillaryClient) -> None:
    """`embed=mlp` adds tiers and gaps together."""
    customer = await customer_with(client, 5, "mlp")

    assert customer.loyalty_programs is not None
    program = customer.loyalty_programs[0]
    assert (program.current_slab, program.next_slab) == ("Coral", "Garnet")
    assert program.upgrade_strategies == customer.upgrade_strategies
    assert program.gap_to_renew_summary == customer.gap_to_renew_summary


async def test_a_program_without_the_customer_is_not_enrolled(client: CapillaryClient) -> None:
    """Only the `loyaltyId` of -1 shows it; the rest looks like a base tier."""
    customer = await customer_with(client, 5, "mlp")

    assert [program.is_enrolled for program in customer.loyalty_programs or ()] == [True, False]


async def test_parts_that_were_not_requested_are_none(client: CapillaryClient) -> None:
    """A part that was not requested must differ from an empty part."""
    customer = await client.customers.get(5)

    assert customer.points_summary is None
    assert customer.loyalty_programs is None


async def test_subscriptions_are_typed(client: CapillaryClient) -> None:
    """There is one for each channel and kind of message."""
    customer = await customer_with(client, 5, "subscriptions")

    assert customer.subscription_info is not None
    assert {row.type for row in customer.subscription_info.subscriptions or ()} == {"OPTIN"}


async def test_the_tier_of_an_unknown_customer_is_an_error(client: CapillaryClient) -> None:
    """A missing customer must not look like a customer in the base tier."""
    with pytest.raises(NotFoundError):
        await client.customers.get(404, embed=["points"])
