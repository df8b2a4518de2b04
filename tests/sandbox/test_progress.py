"""The progress of customers with targets, and target groups."""

from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.asking import Asker, basic

V31 = "/api_gateway/intouch-api-v3/v3.1/users/5/targetGroups"


async def targets_of(ask: Asker, user_id: int, **query: Any) -> list[dict[str, Any]]:
    """Return every target in the progress of a customer."""
    groups = (await ask.get(f"/v3/users/{user_id}/targetGroups", **query)).json["data"]["targetGroups"]
    return [target for group in groups for target in group["targets"]]


async def test_progress_has_the_ids_for_events(ask: Asker) -> None:
    """No other answer has both ids that the endpoint of target events takes."""
    targets = await targets_of(ask, 5)

    assert [target["targetRuleId"] for target in targets] == ask.sandbox.target_rule_ids(5)
    for target in targets:
        answer = await ask.events(5, target["targetRuleId"], periodId=target["periodId"])
        assert answer.codes in ([], [310149])


async def test_the_achieved_value_is_the_sum_of_the_events(ask: Asker) -> None:
    """The client's tests compare both."""
    for target in await targets_of(ask, 5, includeInactive="true"):
        answer = await ask.events(5, target["targetRuleId"], periodId=target["periodId"], limit=300)

        data: Any = answer.json["data"]
        values = [Decimal(event["targetValue"]) for event in data or ()]
        assert sum(values) == target["targetAchievedValue"]


async def test_only_the_running_period_is_sent_by_default(ask: Asker) -> None:
    """`includeInactive` adds periods that are over."""
    rule_id = next(rule for rule in ask.sandbox.target_rule_ids(5) if len(ask.sandbox.event_ids(5, rule)) > 5)

    running = await targets_of(ask, 5, targetRuleId=rule_id)
    every = await targets_of(ask, 5, targetRuleId=rule_id, includeInactive="true")

    assert [target["currentPeriod"] for target in running] == [True]
    assert [target["currentPeriod"] for target in every].count(True) == 1
    assert len(every) > 1


async def test_one_target_can_be_selected(ask: Asker) -> None:
    """The filter is `targetRuleId`."""
    rule_id = ask.sandbox.target_rule_ids(5)[1]

    assert {target["targetRuleId"] for target in await targets_of(ask, 5, targetRuleId=rule_id)} == {rule_id}


async def test_a_customer_without_targets_gets_a_warning(ask: Asker) -> None:
    """The API answers so with HTTP 200."""
    answer = await ask.get("/v3/users/5/targetGroups", targetRuleId=1)

    assert answer.status == 200
    assert answer.json == {"data": None, "errors": None, "warnings": [{"message": "No active target found"}]}


async def test_v31_needs_a_scope(ask: Asker) -> None:
    """The header is mandatory."""
    scoped = {**basic(ask.sandbox), "DATA-SCOPE": "ALL"}

    assert (await ask.get(V31)).status == 400
    answer = await ask.send("GET", V31, headers=scoped)
    assert answer.json["data"]["targetGroups"][0]["targets"][0]["unEnrolled"] is False


async def test_groups_consist_of_their_rules_and_periods(ask: Asker) -> None:
    """All four endpoints must be consistent."""
    group = (await ask.get("/v3/targetGroups")).json["data"][0]
    path = f"/v3/targetGroups/{group['id']}"

    rules = (await ask.get(f"{path}/targets")).json["data"]
    periods = (await ask.get(f"{path}/targetPeriods")).json["data"]
    single = (await ask.get(path)).json["data"]

    assert rules == group["targets"]
    assert len(periods) == group["totalPeriods"]
    assert single in (group, [group])


@pytest.mark.parametrize(("group_id", "kind"), [(27_397, list), (27_398, dict)])
async def test_one_group_is_an_object_or_a_list(ask: Asker, group_id: int, kind: type) -> None:
    """The two samples disagree."""
    answer = (await ask.get(f"/v3/targetGroups/{group_id}")).json

    assert isinstance(answer["data"], kind)


@pytest.mark.parametrize("path", ["/v3/targetGroups/5404", "/v3/targetGroups/x", "/v3/targetGroups/5404/targets"])
async def test_a_group_that_does_not_exist_is_refused(ask: Asker, path: str) -> None:
    """The `/v3` endpoints answer with HTTP 200 when nothing is found."""
    answer = await ask.get(path)

    assert (answer.status, answer.codes) == (200, [310017])
