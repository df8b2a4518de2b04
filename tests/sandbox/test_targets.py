"""Targets, their events, and target groups."""

import json
from decimal import Decimal
from itertools import chain, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capillary_async.sandbox import Sandbox
from capillary_async.sandbox.targets import Events
from capillary_async.sandbox.wire import Dates
from tests.sandbox.asking import Asker, asking
from tests.sandbox.documented import EVENTS, TARGETS, documented, shown


async def all_targets(ask: Asker) -> list[dict[str, Any]]:
    """Return the targets of enough customers to include every kind."""
    answers = [(await ask.get(f"/v3/users/{user}/enrolledTargets")).json["data"] for user in range(1, 40)]
    return [target for targets in answers for target in targets]


async def test_every_documented_key_of_an_event_appears(ask: Asker) -> None:
    """A key that the sandbox never sends is never tested in the client."""
    assert documented(EVENTS) - shown((await ask.events(1, 7)).json) == set()


async def test_every_documented_key_of_a_target_appears(ask: Asker) -> None:
    """A key that the sandbox never sends is never tested in the client."""
    answers = [(await ask.get(f"/v3/users/{user}/enrolledTargets")).json for user in range(1, 40)]

    assert documented(TARGETS) - set().union(*map(shown, answers)) == set()


async def test_events_are_in_order_of_time_and_id(ask: Asker) -> None:
    """The document says that results are in chronological order."""
    rows = (await ask.events(1, 7, limit=1000)).json["data"]

    assert 120 <= len(rows) < 320
    assert [row["eventLogId"] for row in rows] == ask.sandbox.event_ids(1, 7)
    assert all(one["eventLogId"] < two["eventLogId"] for one, two in pairwise(rows))
    assert all(one["eventDate"] <= two["eventDate"] for one, two in pairwise(rows))


async def test_event_values_are_integers_and_decimals_of_up_to_three_places(ask: Asker) -> None:
    """The samples have both; a behavioural event always has 1.000."""
    rows = (await ask.events(1, 7, limit=1000)).json["data"]

    values = [row["targetValue"] for row in rows]
    places = {value.as_tuple().exponent for value in values if isinstance(value, Decimal)}
    assert any(isinstance(value, int) for value in values)
    assert places == {-1, -2, -3}
    assert {str(row["targetValue"]) for row in rows if row["eventName"] == "GENERIC_EVENT"} == {"1.000"}


async def test_only_behavioural_events_have_a_display_name(ask: Asker) -> None:
    """The name is null for all other events."""
    rows = (await ask.events(1, 7, limit=1000)).json["data"]

    assert {row["eventName"] for row in rows} == {"GENERIC_EVENT", "ADD_TRANSACTION", "RETURN_BILL", "ENROL", "UNENROL"}
    assert all((row["eventDisplayName"] is not None) == (row["eventName"] == "GENERIC_EVENT") for row in rows)


async def test_every_event_is_valid_json(ask: Asker) -> None:
    """For speed, events are formatted without a JSON encoder."""
    for rule_id in (7, 8, 79196):
        json.loads((await ask.events(1, rule_id, limit=1000)).text)


def test_the_cache_of_events_is_bounded() -> None:
    """Many customers must not fill the memory."""
    events = Events(7, Dates(ZoneInfo("UTC")), most_rows=5)

    first = [events.row(1, 7, row) for row in range(50)]

    assert [events.row(1, 7, row) for row in range(50)] == first
    assert len(events.rows) <= 5


async def test_every_second_pair_of_rules_has_iso_dates(ask: Asker) -> None:
    """Newer answers have the second dates, older ones do not."""
    with_twins = (await ask.events(1, 7, limit=1)).json["data"][0]
    without = (await ask.events(1, 5, limit=1)).json["data"][0]

    assert with_twins["eventDateISO"] == with_twins["eventDate"].replace(" ", "T").removesuffix(".0") + "Z"
    assert "eventDateISO" not in without


async def test_events_are_written_in_the_clusters_zone() -> None:
    """The older format does not name the zone."""
    async with asking(Sandbox(timezone="Asia/Kolkata")) as ask:
        event = (await ask.events(1, 7, limit=1)).json["data"][0]

    assert event["eventDate"][11:16] == "05:30"
    assert event["eventDateISO"].endswith("+05:30")


@pytest.mark.parametrize("rule_id", [1, 79196, 9_999_999_999])
async def test_most_rules_have_a_few_events(ask: Asker, rule_id: int) -> None:
    """The last digit of the customer's id decides on the number."""
    assert 1 <= len(ask.sandbox.event_ids(1, rule_id)) < 25


async def test_a_period_holds_its_own_events_only(ask: Asker) -> None:
    """`periodId` filters the rows, and `total` counts the filtered rows."""
    ask.sandbox.listing("events", 1, 7).resize(12)

    found = [(await ask.events(1, 7, periodId=period)).json for period in (700, 701, 702, 703)]

    ids = [[row["eventLogId"] for row in answer["data"]] for answer in found]
    assert [*chain(*ids)] == ask.sandbox.event_ids(1, 7)
    assert [answer["pagination"]["total"] for answer in found] == [5, 5, 2, 0]
    assert {row["periodId"] for row in found[1]["data"]} == {701}


@pytest.mark.parametrize(
    ("user", "rule", "query", "code"),
    [
        ("x", "7", {}, 310011),
        ("0", "7", {}, 310011),
        ("-5", "7", {}, 310011),
        (str(2**63), "7", {}, 310011),
        ("1404", "7", {}, 310011),
        ("1410", "7", {}, 310011),
        ("1403", "7", {}, 1044),
        ("1", "x", {}, 310018),
        ("1", "1404", {}, 310018),
        ("1", "7", {"periodId": "x"}, 310019),
        ("1", "7", {"periodId": "800"}, 310019),
        ("1", "10", {}, 310149),
    ],
)
async def test_events_are_refused_as_v3_does(
    ask: Asker, user: str, rule: str, query: dict[str, str], code: int
) -> None:
    """Data and warnings are null in a refusal, with either HTTP status."""
    answer = await ask.events(user, rule, **query)
    ask.sandbox.error_status = "ok"
    as_success = await ask.events(user, rule, **query)

    assert list(answer.json) == ["data", "errors", "warnings"]
    assert (answer.json["data"], answer.codes, answer.json["warnings"]) == (None, [code], None)
    assert 400 <= answer.status < 500
    assert (as_success.status, as_success.json) == (200, answer.json)


async def test_no_events_can_be_an_empty_page_instead(ask: Asker) -> None:
    """No document says that the code is always sent."""
    ask.sandbox.no_events = "empty page"

    answer = await ask.events(1, 10)

    assert answer.json == {
        "pagination": {"limit": 10, "offset": 0, "total": 0},
        "data": [],
        "errors": [],
        "warnings": [],
    }


async def test_targets_show_every_documented_value(ask: Asker) -> None:
    """The API sends undocumented values too, so the sandbox has all known ones."""
    targets = await all_targets(ask)

    assert {target["targetType"] for target in targets} == {
        *("GROSS_SALES", "SALES", "COUNT", "QUANTITY", "VISIT", "SUM", "ALL"),
    }
    assert {target["targetEntity"] for target in targets} == {"TRANSACTION", "LINEITEM", "EVENT", "REWARDS"}
    assert {part["entityType"] for target in targets for part in target["filters"]} == {"STORE", "ZONE", "CONCEPT"}
    assert {target["enrolmentMethod"] for target in targets} == {"TRANSACTION", "IMPORT", "AUDIENCE_FILTER"}


async def test_expressions_are_json_inside_text(ask: Asker) -> None:
    """The map of defaults has the period's id, as a string, for keys."""
    targets = await all_targets(ask)

    assert {json.loads(target["expressionJson"])["arity"] for target in targets} == {"literal", "binary_operation"}
    maps = [target["targetPeriodDefaultValuesMap"] for target in targets if target["targetPeriodDefaultValuesMap"]]
    assert all(key == str(entry["periodId"]) for defaults in maps for key, entry in defaults.items())
    assert str(maps[0].popitem()[1]["defaultValue"]) == "1.0"


async def test_authors_have_empty_and_missing_codes(ask: Asker) -> None:
    """`lastUpdatedBy.code` may be null or ""."""
    codes = {target["attribution"]["lastUpdatedBy"]["code"] for target in await all_targets(ask)}

    assert codes == {"First", "", None}


async def test_targets_are_filtered_by_each_parameter(ask: Asker) -> None:
    """All four parameters are documented."""
    path = "/v3/users/5/enrolledTargets"
    everything = (await ask.get(path)).json
    ids = ask.sandbox.target_rule_ids(5)

    async def listed(**query: Any) -> list[int]:
        return [target["id"] for target in (await ask.get(path, **query)).json["data"]]

    assert (everything["errors"], everything["warnings"]) == (None, None)
    assert await listed() == ids
    assert await listed(targetRuleIds=f"{ids[0]},{ids[2]},5") == [ids[0], ids[2]]
    assert await listed(trackingDate=0) == []
    assert await listed(trackingDate=1_900_000_000_000) == ids
    assert await listed(includeOnlyUserCreated="true") == [number for number in ids if number % 5 == 1]
    by_type = [await listed(enrollmentType=kind) for kind in ("TRANSACTION", "IMPORT", "AUDIENCE_FILTER")]
    assert sorted(chain(*by_type)) == ids


async def test_some_customers_are_in_no_target(ask: Asker) -> None:
    """Clients must handle an empty list."""
    lengths = {len(ask.sandbox.target_rule_ids(user)) for user in range(1, 60)}

    assert lengths == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("user", "query", "code"),
    [("x", {}, 310011), ("1404", {}, 310011), ("1", {"enrollmentType": "MAGIC"}, 310130)],
)
async def test_targets_are_refused_as_v3_does(ask: Asker, user: str, query: dict[str, str], code: int) -> None:
    """The document's samples have both codes."""
    answer = await ask.get(f"/v3/users/{user}/enrolledTargets", **query)

    assert (answer.json["data"], answer.codes, answer.json["warnings"]) == (None, [code], None)
