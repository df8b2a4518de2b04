"""User groups: members, trackers, search."""

from itertools import pairwise
from typing import Any

import pytest

from tests.sandbox.asking import Asker
from tests.sandbox.documented import MEMBERS, SEARCH, TRACKERS, documented, shown


async def test_every_documented_key_of_a_member_appears(ask: Asker) -> None:
    """A key that the sandbox never sends is never tested in the client."""
    flags = dict.fromkeys(("paginationDetails", "includeCardDetails", "includeStatusDetails"), "true")
    answers = [(await ask.members(group, **flags)).json for group in range(1, 6)]

    assert documented(MEMBERS) - set().union(*map(shown, answers)) == set()


async def test_every_documented_key_of_a_tracker_appears(ask: Asker) -> None:
    """A key that the sandbox never sends is never tested in the client."""
    ask.sandbox.rows["group_trackers"] = 3

    assert documented(TRACKERS) - shown((await ask.group_trackers(93257)).json) == set()


async def test_every_documented_key_of_a_search_appears(ask: Asker) -> None:
    """A key that the sandbox never sends is never tested in the client."""
    ask.sandbox.rows["search"] = 3

    assert documented(SEARCH) - shown((await ask.get("/v2/userGroup2/search", q="smith")).json) == set()


async def test_members_have_pagination_only_on_request(ask: Asker) -> None:
    """`pagination` is sent only with `paginationDetails=true`."""
    ask.sandbox.listing("members", 5).resize(12)

    bare = (await ask.members(5, limit=5)).json
    paged = (await ask.members(5, limit=5, offset=10, paginationDetails="true")).json

    assert "pagination" not in bare
    assert paged["pagination"] == {"limit": 5, "offset": 10, "total": 12, "sortBy": "IS_PRIMARY", "sortOrder": "DESC"}
    assert [row["fleetUserId"] for row in paged["data"]] == ask.sandbox.member_ids(5)[10:]


async def test_the_primary_member_is_first_by_default(ask: Asker) -> None:
    """The documented default order is DESC by `IS_PRIMARY`."""
    first = (await ask.members(5)).json["data"]
    last = (await ask.members(5, sortOrder="ASC")).json["data"]

    assert [row["primaryMember"] for row in first].index(True) == 0
    assert [row["fleetUserId"] for row in last] == [row["fleetUserId"] for row in first][::-1]


async def test_members_can_be_filtered_by_the_day_they_joined(ask: Asker) -> None:
    """The dates have the documented format without a zone."""
    ask.sandbox.listing("members", 5).resize(12)
    days = {"fromDate": "2026-02-08 00:00:00", "toDate": "2026-02-10 23:59:59"}

    joined = [row["joinedOn"] for row in (await ask.members(5, **days)).json["data"]]

    assert joined == ["2026-02-10", "2026-02-09", "2026-02-08"]


async def test_cards_and_their_status_come_on_request(ask: Asker) -> None:
    """They make the answer several times as long."""
    bare = (await ask.members(5)).json["data"]
    cards = (await ask.members(5, includeCardDetails="true")).json["data"]
    status = (await ask.members(5, includeCardDetails="true", includeStatusDetails="true")).json["data"]

    assert "cards" not in bare[0]
    assert "statusInfo" not in cards[0]["cards"][0]
    assert "statusInfo" in status[0]["cards"][0]


async def test_some_members_have_no_last_name(ask: Asker) -> None:
    """The sample has an empty text, not null."""
    rows = (await ask.members(5)).json["data"]

    assert "" in {row["lastName"] for row in rows}
    assert {type(row["lastName"]) for row in rows} == {str}


async def test_members_are_customers(ask: Asker) -> None:
    """Tests need programs that read members and then customers."""
    for member_id in ask.sandbox.member_ids(5):
        assert (await ask.customer(member_id)).status == 200


async def test_two_trackers_share_an_id(ask: Asker) -> None:
    """Only `id` and `conditionId` together are unique."""
    ask.sandbox.rows["group_trackers"] = 9
    rows = (await ask.group_trackers(93257)).json["data"]

    keys = [(row["id"], row["conditionId"]) for row in rows]
    assert keys == ask.sandbox.group_tracker_keys(93257)
    assert len(set(keys)) == 9
    assert len({number for number, _ in keys}) == 5


async def test_trackers_have_every_type(ask: Asker) -> None:
    """The enumeration is undocumented, and has more values than any sample."""
    ask.sandbox.rows["customer_trackers"] = 8
    rows = (await ask.get("/v2/customers/7/trackers", source="INSTORE")).json["data"]

    assert len({row["type"] for row in rows}) == 8
    assert [(row["id"], row["conditionId"]) for row in rows] == ask.sandbox.customer_tracker_keys(7)


async def test_a_group_has_three_identifiers(ask: Asker) -> None:
    """The identifiers are `id`, `externalId` and `primaryUserId`."""
    group_id = ask.sandbox.user_group_ids(6)[0]
    ask.sandbox.rows["group_trackers"] = 4

    by_id = await ask.group_trackers(group_id)
    by_external = await ask.group_trackers(f"group-{group_id}", identifierType="externalId")
    by_user = await ask.group_trackers(6, identifierType="primaryUserId")

    assert by_id.json["data"]
    assert by_id.json == by_external.json == by_user.json


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"type": "CUSTOMER"}, 1647),
        ({"type": ""}, 1647),
        ({"identifierType": "name"}, 1632),
        ({"identifierType": "primaryUserId", "identifierValue": "x"}, 1644),
        ({"identifierValue": "1404"}, 1645),
        ({"identifierValue": "x"}, 1645),
        ({"identifierValue": "1599"}, 1099),
        ({"source": "NOWHERE"}, 8012),
    ],
)
async def test_trackers_are_refused_with_a_dummy_pagination(ask: Asker, query: dict[str, str], code: int) -> None:
    """The documents show it."""
    answer = await ask.group_trackers(93257, **query)

    assert answer.codes == [code]
    assert list(answer.json) == ["pagination", "warnings", "errors"]
    assert answer.json["pagination"] == {"limit": 0, "offset": 0, "total": 0}


@pytest.mark.parametrize(
    ("customer_id", "query", "codes"),
    [("1404", {}, [8015]), ("1", {"source": ""}, [8012]), ("x", {}, None)],
)
async def test_a_customers_trackers_are_refused_alike(
    ask: Asker, customer_id: str, query: dict[str, str], codes: list[int] | None
) -> None:
    """Both tracker endpoints have the same form."""
    answer = await ask.get(f"/v2/customers/{customer_id}/trackers", **{"source": "INSTORE", **query})

    assert (answer.codes if answer.text else None) == codes


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"identifierValue": "1404"}, 1619),
        ({"identifierValue": "x"}, 1619),
        ({"identifierName": "externalId"}, 1632),
        ({"source": ""}, 8012),
    ],
)
async def test_members_are_refused_with_warnings_beside(ask: Asker, query: dict[str, str], code: int) -> None:
    """The documents show no `pagination` in a refusal."""
    answer = await ask.members(5, **query)

    assert answer.codes == [code]
    assert list(answer.json) == ["warnings", "errors"]


async def test_a_search_finds_groups_by_name_and_by_id(ask: Asker) -> None:
    """`q` is the name or the id."""
    named = (await ask.get("/v2/userGroup2/search", q="smith", limit=100)).json
    numbered = (await ask.get("/v2/userGroup2/search", q="51334")).json
    nothing = (await ask.get("/v2/userGroup2/search", q="1404")).json

    assert [row["groupId"] for row in named["data"]] == ask.sandbox.found_group_ids("smith")
    assert all("smith" in row["groupName"] for row in named["data"])
    assert [row["groupId"] for row in numbered["data"]] == [51334]
    assert nothing["data"] == []


@pytest.mark.parametrize("name", ["", "x" * 51])
async def test_an_empty_or_too_long_search_is_a_400(ask: Asker, name: str) -> None:
    """The API allows at most 50 characters."""
    assert (await ask.get("/v2/userGroup2/search", q=name)).status == 400


async def test_no_two_groups_of_a_search_are_the_same(ask: Asker) -> None:
    """A client identifies groups by the id."""
    found: dict[str, list[Any]] = {name: ask.sandbox.found_group_ids(name) for name in ("smith", "51334")}

    assert all(one < two for one, two in pairwise(found["smith"]))
    assert found["51334"] == [51334]
