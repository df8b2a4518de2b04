"""A user group's points, tiers and transactions."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from capillary_async import (
    CapillaryClient,
    DecodeError,
    GroupTransactionEmbed,
    InvalidRequestError,
    NotFoundError,
    PartialListingWarning,
    ResponseError,
)
from capillary_async.sandbox import Answer, Sandbox

GROUP = 93_257


async def test_a_group_has_the_requested_parts(client: CapillaryClient) -> None:
    """Points and tiers have the same classes as a customer's."""
    bare = await client.user_groups.get(GROUP)
    full = await client.user_groups.get(
        GROUP, program_details=True, expiry_schedules=True, expired_points=True, gap_to_upgrade=0, gap_to_renew=0
    )

    assert bare.points_summaries is None
    assert bare.gap_to_upgrade is None
    assert full.extra == {}
    assert full.points_summaries is not None
    (points,) = full.points_summaries
    assert (points.user_group2_id, points.extra) == (GROUP, {})
    assert points.loyalty_points == sum(row.points or 0 for row in full.expiry_schedules or ())


@pytest.mark.parametrize(
    ("identifier", "kind"), [(GROUP, "id"), (f"group-{GROUP}", "externalId"), (str(GROUP), "externalId")]
)
async def test_a_group_is_found_by_each_kind_of_identifier(client: CapillaryClient, identifier: Any, kind: str) -> None:
    """Each kind of identifier has a separate parameter."""
    assert (await client.user_groups.get(identifier, identifier_type=kind)).id == GROUP


async def test_a_groups_transactions_are_walked_to_an_empty_page(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The API returns no total."""
    rows = await client.user_groups.list_transactions(GROUP, page_size=50, embed=list(GroupTransactionEmbed)).collect()

    assert [(row.type, row.id) for row in rows] == sandbox.group_transaction_keys(GROUP)
    assert rows[0].extra == {}
    assert rows[0].bill_details is not None
    assert rows[0].bill_details.extra == {}
    assert rows[0].line_items is not None


async def test_a_partial_history_issues_a_warning(client: CapillaryClient) -> None:
    """No document shows how to get the second page."""
    changes = client.user_groups.list_slab_changes(GROUP, page_size=20)

    with pytest.warns(PartialListingWarning, match="20 of 22"):
        shown = await changes.collect()

    assert len(shown) == 20


async def test_a_complete_history_issues_no_warning(client: CapillaryClient) -> None:
    """A warning without missing rows would alarm users."""
    changes = await client.user_groups.list_slab_changes(GROUP).collect()

    assert len(changes) == 22
    assert (changes[0].type, changes[0].extra) == ("RENEW", {})


async def test_a_history_without_rows_is_a_decode_error(client: CapillaryClient, sandbox: Sandbox) -> None:
    """It must not be read as an empty history."""
    sandbox.script("/", Answer(body={"pagination": {"total": 3}}))

    with pytest.raises(DecodeError, match="list of rows"):
        await client.user_groups.list_slab_changes(GROUP).collect()


REFUSALS: list[tuple[Callable[[CapillaryClient], Awaitable[Any]], type[ResponseError], int]] = [
    (lambda client: client.user_groups.get(404), NotFoundError, 1619),
    (
        lambda client: client.user_groups.get("group-404", identifier_type="externalId"),
        InvalidRequestError,
        1632,
    ),
    (lambda client: client.user_groups.list_transactions(404).collect(), NotFoundError, 1619),
    (lambda client: client.user_groups.list_slab_changes(404).collect(), NotFoundError, 1619),
]


@pytest.mark.parametrize(("call", "expected", "code"), REFUSALS)
async def test_an_unknown_group_is_an_error(
    client: CapillaryClient, call: Any, expected: type[ResponseError], code: int
) -> None:
    """This must hold for every kind of identifier."""
    with pytest.raises(expected) as caught:
        await call(client)

    assert caught.value.codes == (code,)
