"""Every documented answer can be read by its method."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from capillary_async import CapillaryClient
from capillary_async.models.definition import Model
from capillary_async.sandbox import Answer, Sandbox
from tests.payloads import GOOD, kind_of, located

EndpointCall = Callable[[CapillaryClient], Awaitable[Any]]


async def page_of(pager: Any) -> tuple[Any, ...]:
    """Return the rows of a listing's first page."""
    page = await anext(pager.pages())
    rows: tuple[Any, ...] = page.items
    return rows


# The call for each kind of sample.
CALLS: dict[str, EndpointCall] = {
    "customer_": lambda client: client.customers.get(1),
    "customers_found": lambda client: page_of(client.customers.search("tom")),
    "enrolled_targets": lambda client: client.targets.get_active(1),
    "group_members": lambda client: page_of(client.user_groups.list_members(1)),
    "group_search": lambda client: page_of(client.user_groups.search("x")),
    "group_transactions": lambda client: page_of(client.user_groups.list_transactions(1)),
    "ledger_balance": lambda client: client.ledger.get_balance("id", 1),
    "ledger_": lambda client: page_of(client.ledger.list_entries("id", 1)),
    "loyalty_events": lambda client: client.customers.get_loyalty_events(1),
    "loyalty_": lambda client: client.customers.get_loyalty(1),
    "member_promotions": lambda client: page_of(client.promotions.list_for_member(1)),
    "points_balance": lambda client: client.customers.get_points_balance(1),
    "points_expiry": lambda client: client.customers.get_points_expiry(1),
    "progress": lambda client: client.targets.get_progress(1),
    "promised_points": lambda client: client.customers.get_promised_points(1),
    "promotion_actions": lambda client: client.promotions.get_actions(1, program_id=1, promotion_id=1),
    "promotion_": lambda client: client.promotions.get("x"),
    "promotions": lambda client: page_of(client.promotions.list()),
    "status_changes": lambda client: client.customers.get_status_changes(1),
    "target_events": lambda client: page_of(client.targets.list_events(1, 1)),
    "target_groups": lambda client: client.targets.get_groups(),
    "target_group_": lambda client: client.targets.get_group(1),
    "target_periods": lambda client: client.targets.get_periods(1),
    "target_rules": lambda client: client.targets.get_rules(1),
    "tiers": lambda client: client.customers.get_tiers(1),
    "trackers": lambda client: page_of(client.user_groups.list_trackers(1)),
    "transactions": lambda client: page_of(client.customers.list_transactions(1)),
    "user_group": lambda client: client.user_groups.get(1),
}
# Samples that show errors or warnings, or have no method.
LEFT_OUT = {"progress_documented_1", "slab_changes_1", "promotion_bare_1", "subscriptions_1"}
SHOWN = [path for path in GOOD if path.stem not in LEFT_OUT]
BODIES = {path: Answer(body=path.read_bytes()) for path in SHOWN}


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
async def test_each_sample_is_read_by_its_method(sandbox: Sandbox, client: CapillaryClient, path: Path) -> None:
    """Tests of the codec do not cover envelopes, paths and pages."""
    sandbox.script("/", BODIES[path], times=None)

    found = await CALLS[kind_of(path)](client)

    document, _, _ = located(path)
    if document.__class__ is list:
        assert [isinstance(row, Model) for row in found] == [True] * len(document)
    else:
        assert isinstance(found, Model)


def test_every_kind_of_sample_has_a_method() -> None:
    """A sample without a method would be skipped silently."""
    assert {kind_of(path) for path in SHOWN} == CALLS.keys()
