"""Progress and target groups."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from capillary_async import (
    CapillaryClient,
    DecodeError,
    NotFoundError,
    TargetGroup,
    TargetGroupProgress,
    TargetProgress,
)
from capillary_async.sandbox import Answer, Sandbox
from tests.api.asking import ONCE, open_client


def targets_of(groups: tuple[TargetGroupProgress, ...]) -> list[TargetProgress]:
    """Return the targets of all groups."""
    return [target for group in groups for target in group.targets or ()]


async def test_progress_has_the_ids_for_its_events(client: CapillaryClient) -> None:
    """The achieved value must be the sum of the period's events."""
    targets = targets_of(await client.targets.get_progress(5, include_inactive=True))

    assert targets
    for target in targets:
        assert target.target_rule_id is not None
        events = await client.targets.list_events(5, target.target_rule_id, period_id=target.period_id).collect()
        assert sum((event.target_value or 0 for event in events), Decimal(0)) == target.target_achieved_value


async def test_every_value_of_progress_is_typed(client: CapillaryClient) -> None:
    """This must hold for both versions of the endpoint."""
    older = await client.targets.get_progress(5)
    newer = await client.targets.get_progress(5, data_scope="ALL")

    for target in targets_of((*older, *newer)):
        assert target.extra == {}
    assert [target.un_enrolled for target in targets_of(newer)] == [False] * len(targets_of(older))


async def test_a_customer_without_active_targets_has_no_progress(client: CapillaryClient) -> None:
    """The API answers with a warning and null."""
    assert await client.targets.get_progress(5, target_rule_id=1) == ()


async def test_a_midnight_with_z_is_in_the_clusters_time_zone() -> None:
    """The API writes a `Z` although the time is in the cluster's time zone."""
    options = attrs.evolve(ONCE, timezone=ZoneInfo("Asia/Kolkata"))
    async with Sandbox(timezone="Asia/Kolkata") as sandbox, open_client(sandbox, options=options) as client:
        target = targets_of(await client.targets.get_progress(5))[0]

    start = target.period_start_date_with_time_stamp
    assert start is not None
    assert (start.hour, start.utcoffset()) == (0, timedelta(hours=5, minutes=30))
    assert start.date() == target.period_start_date


@pytest.mark.parametrize("body", [{"data": None, "errors": None, "warnings": None}, {"data": {}}, {"data": []}, {}])
async def test_an_answer_without_groups_is_a_decode_error(client: CapillaryClient, sandbox: Sandbox, body: Any) -> None:
    """Null means "none" only beside the warning."""
    sandbox.script("/", Answer(body=body))

    with pytest.raises(DecodeError):
        await client.targets.get_progress(5)


async def test_a_wrong_value_has_its_location(client: CapillaryClient, sandbox: Sandbox) -> None:
    """The location begins with the member that holds the groups."""
    groups = [{"id": 1, "targets": [{"targetValue": "x"}]}]
    sandbox.script("/", Answer(body={"data": {"targetGroups": groups}}))

    with pytest.raises(DecodeError) as caught:
        await client.targets.get_progress(5)

    assert caught.value.location == "data.targetGroups[0].targets[0].targetValue"


@pytest.mark.parametrize("customer_id", [404, 409])
async def test_an_unknown_customer_is_an_error(client: CapillaryClient, customer_id: int) -> None:
    """The API always sends code 310011."""
    with pytest.raises(NotFoundError) as caught:
        await client.targets.get_progress(customer_id)

    assert caught.value.codes == (310011,)


async def test_groups_consist_of_rules_and_periods(client: CapillaryClient) -> None:
    """Four endpoints must be consistent."""
    group = (await client.targets.get_groups(include_periods=True))[0]

    assert await client.targets.get_rules(group.id) == group.targets
    assert await client.targets.get_periods(group.id) == group.periods
    assert group.periods is not None
    assert group.active_period == group.periods[0]


@pytest.mark.parametrize("group_id", [27_397, 27_398])
async def test_one_group_may_be_in_a_list(client: CapillaryClient, group_id: int) -> None:
    """The documentation's samples disagree."""
    group = await client.targets.get_group(group_id)

    assert isinstance(group, TargetGroup)
    assert (group.id, group.extra) == (group_id, {})


@pytest.mark.parametrize("body", [{"data": None}, {"data": []}, {"data": [{"id": 1}, {"id": 2}]}, {"data": "x"}])
async def test_anything_but_one_group_is_a_decode_error(client: CapillaryClient, sandbox: Sandbox, body: Any) -> None:
    """With two groups, the client cannot know which one was requested."""
    sandbox.script("/", Answer(body=body))

    with pytest.raises(DecodeError):
        await client.targets.get_group(27_397)


@pytest.mark.parametrize("method", ["get_group", "get_periods", "get_rules"])
async def test_a_group_that_does_not_exist_is_an_error(client: CapillaryClient, method: str) -> None:
    """The API answers with HTTP 200."""
    with pytest.raises(NotFoundError) as caught:
        await getattr(client.targets, method)(5404)

    assert (caught.value.status, caught.value.codes) == (200, (310017,))


async def test_progress_has_rows_for_a_table(client: CapillaryClient) -> None:
    """A table needs one row for each target and period, with the group."""
    (group, *_) = await client.targets.get_progress(5, include_inactive=True)

    rows = group.rows

    assert [row.target_group_id for row in rows] == [group.id] * len(group.targets or ())
    assert [row.period_id for row in rows] == [target.period_id for target in group.targets or ()]
    assert rows[0].target_group_name == group.name


def test_a_group_without_targets_has_no_rows() -> None:
    """The API may omit the list."""
    assert TargetGroupProgress(id=1).rows == ()
