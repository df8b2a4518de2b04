"""Targets and the events that count towards them."""

from decimal import Decimal
from typing import Any

import pytest

from capillary_async import CapillaryClient, DecodeError, InvalidRequestError, NotFoundError, TargetEvent
from capillary_async.sandbox import Answer, Sandbox


async def test_active_targets_keep_the_order_of_the_answer(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The result is a tuple, because the API returns all targets in one answer."""
    targets = await client.targets.get_active(6)

    assert isinstance(targets, tuple)
    assert [target.id for target in targets] == sandbox.target_rule_ids(6)


async def test_targets_can_be_filtered_by_id(client: CapillaryClient) -> None:
    """No filter means all targets, and no match means an empty answer."""
    (rule_id, *_) = [target.id for target in await client.targets.get_active(6)]

    assert [target.id for target in await client.targets.get_active(6, target_rule_ids={rule_id})] == [rule_id]
    assert await client.targets.get_active(6, target_rule_ids=iter([1])) == ()


async def test_an_unknown_kind_of_enrolment_is_refused_by_the_api(client: CapillaryClient) -> None:
    """The client must not refuse it, because enumerations may be incomplete."""
    with pytest.raises(InvalidRequestError) as caught:
        await client.targets.get_active(6, enrollment_type="SOMETHING_NEW")

    assert caught.value.codes == (310130,)


@pytest.mark.parametrize(
    ("user_id", "rule_id", "period_id", "code"),
    [(404, 79193, None, 310011), (6, 404, None, 310018), (6, 79193, 5, 310019)],
)
async def test_each_missing_part_has_its_code(
    client: CapillaryClient, user_id: int, rule_id: int, period_id: int | None, code: int
) -> None:
    """The customer, the rule and the period have different codes."""
    with pytest.raises(NotFoundError) as caught:
        await client.targets.list_events(user_id, rule_id, period_id=period_id).collect()

    assert caught.value.codes == (code,)


async def test_a_warning_without_data_is_an_empty_result(sandbox: Sandbox, client: CapillaryClient) -> None:
    """`/v3` answers with HTTP 200, without data and error."""
    body = {"data": None, "errors": None, "warnings": [{"message": "No active target found"}]}
    sandbox.script("/", Answer(body=body), times=2)

    assert await client.targets.get_active(6) == ()
    assert await client.targets.list_events(6, 79193).collect() == []


async def test_null_without_a_warning_is_a_decode_error(sandbox: Sandbox, client: CapillaryClient) -> None:
    """Without the warning, null may be a fault of the API."""
    sandbox.script("/", Answer(body={"data": None, "errors": None, "warnings": None}))

    with pytest.raises(DecodeError):
        await client.targets.get_active(6)


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_no_events_are_an_empty_listing(sandbox: Sandbox, client: CapillaryClient, status: int) -> None:
    """The API sends error 310149, in two forms and with any status."""
    bodies: list[Any] = [
        {"data": None, "errors": [{"code": 310149, "message": "No record found"}], "warnings": None},
        {"errors": [{"status": False, "code": "310149", "message": "No record found"}]},
    ]
    sandbox.script("/", *(Answer(status=status, body=body) for body in bodies), times=2)

    assert await client.targets.list_events(6, 79193).collect() == []
    assert await client.targets.list_events(6, 79193).first() is None


async def test_events_keep_their_digits(sandbox: Sandbox, client: CapillaryClient) -> None:
    """1.000 and 1.0 differ as texts."""
    events = await client.targets.list_events(6, 79193).collect()

    assert [event.event_log_id for event in events] == sandbox.event_ids(6, 79193)
    assert {type(event) for event in events} == {TargetEvent}
    assert all(isinstance(event.target_value, Decimal) for event in events)


@pytest.mark.parametrize(
    ("row", "location"),
    [
        ({"eventLogId": Decimal("3.7")}, "data[1].eventLogId"),
        ({"eventLogId": None}, "data[1].eventLogId"),
        ({"eventLogId": "x"}, "data[1].eventLogId"),
        ({"eventDate": "yesterday"}, "data[1].eventDate"),
        ({"targetValue": "1"}, "data[1].targetValue"),
        (None, "data[1]"),
        ([], "data[1]"),
    ],
)
async def test_a_value_of_the_wrong_type_is_named(
    sandbox: Sandbox, client: CapillaryClient, row: Any, location: str
) -> None:
    """The client must not convert it."""
    right: dict[str, Any] = dict.fromkeys(("eventLogId", "customerId", "periodId", "targetGroupId", "targetRuleId"), 1)
    right |= {"eventName": "ENROL", "uniqueId": "u", "eventDate": "2025-01-09 12:00:12", "targetValue": 1}
    rows: list[Any] = [right, {**right, "eventLogId": 2, **row} if isinstance(row, dict) else row]
    sandbox.script("/", Answer(body={"data": rows, "pagination": {"limit": 100, "offset": 0, "total": 2}}))

    with pytest.raises(DecodeError) as caught:
        await client.targets.list_events(6, 79193).collect()

    assert caught.value.location == location
    assert not caught.value.retryable
