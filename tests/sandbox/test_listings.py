"""Listings over HTTP: every paging setting has an effect on its endpoint."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from capillary_async.sandbox import Kind, ListMutation, Paging, Sandbox
from tests.sandbox.asking import Asker, asking

Seen = tuple[list[Any], dict[str, Any] | None, list[Any]]


async def events(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of target events."""
    answer = (await ask.events(1, 7, limit=limit, offset=offset)).json
    return [row["eventLogId"] for row in answer["data"]], answer.get("pagination"), answer["warnings"]


async def members(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of a user group's members."""
    answer = (await ask.members(5, limit=limit, offset=offset, paginationDetails="true")).json
    return [row["fleetUserId"] for row in answer["data"]], answer.get("pagination"), answer["warnings"]


async def search(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of a search."""
    answer = (await ask.get("/v2/userGroup2/search", q="smith", limit=limit, offset=offset)).json
    return [row["groupId"] for row in answer["data"]], answer.get("pagination"), answer["warnings"]


async def user_groups(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of a customer's user groups."""
    answer = (await ask.customer(5, ug2Limit=limit, ug2Offset=offset, ug2PaginationDetails="true")).json
    return [row["id"] for row in answer["userGroups2"]], answer.get("ug2Pagination"), answer["warnings"]


async def group_trackers(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of a user group's trackers."""
    answer = (await ask.group_trackers(93257, limit=limit, offset=offset)).json
    return [(row["id"], row["conditionId"]) for row in answer["data"]], answer.get("pagination"), answer["warnings"]


async def customer_trackers(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of a customer's trackers."""
    answer = (await ask.get("/v2/customers/7/trackers", source="INSTORE", limit=limit, offset=offset)).json
    return [(row["id"], row["conditionId"]) for row in answer["data"]], answer.get("pagination"), answer["warnings"]


async def customers(ask: Asker, limit: int, offset: int) -> Seen:
    """Get a page of a search for customers."""
    answer = (await ask.get("/v2/customers/search", q="smith", limit=limit, offset=offset)).json
    return [row["userId"] for row in answer["data"]], answer.get("pagination"), answer["warnings"]


READERS: dict[Kind, Callable[[Asker, int, int], Awaitable[Seen]]] = {
    "events": events,
    "members": members,
    "search": search,
    "user_groups": user_groups,
    "group_trackers": group_trackers,
    "customer_trackers": customer_trackers,
    "customers": customers,
}
KINDS = pytest.mark.parametrize("kind", READERS)
IN_RECORDS = Paging()


def ids_of(sandbox: Sandbox, kind: Kind) -> list[Any]:
    """Return the sandbox's ids for the listing that the functions above read."""
    all_ids: dict[Kind, Callable[[], list[Any]]] = {
        "events": lambda: sandbox.event_ids(1, 7),
        "members": lambda: sandbox.member_ids(5),
        "search": lambda: sandbox.found_group_ids("smith"),
        "user_groups": lambda: sandbox.user_group_ids(5),
        "group_trackers": lambda: sandbox.group_tracker_keys(93257),
        "customer_trackers": lambda: sandbox.customer_tracker_keys(7),
        "customers": lambda: sandbox.found_customer_ids("smith"),
    }
    return all_ids[kind]()


@KINDS
async def test_a_listing_can_be_given_any_length(kind: Kind) -> None:
    """A test must be able to choose the length."""
    async with asking(Sandbox(rows={kind: 230}, paging={kind: IN_RECORDS})) as ask:
        rows, pagination, _ = await READERS[kind](ask, 300, 0)

        assert rows == ids_of(ask.sandbox, kind)
        assert len(set(rows)) == 230
        assert pagination is not None
        assert pagination["total"] == 230


@KINDS
async def test_the_rules_of_a_kind_reach_its_endpoint(kind: Kind) -> None:
    """One implementation of paging serves all endpoints."""
    rules = Paging(offset_unit="pages", total_unit="pages", page_cap=20, echo="in force")
    async with asking(Sandbox(rows={kind: 50}, paging={kind: rules})) as ask:
        rows, pagination, warnings = await READERS[kind](ask, 30, 1)

        assert rows == ids_of(ask.sandbox, kind)[20:40]
        assert pagination is not None
        assert {key: pagination[key] for key in ("limit", "offset", "total")} == {"limit": 20, "offset": 1, "total": 3}
        assert "20" in warnings[0]["message"]


@KINDS
async def test_rules_can_change_while_it_runs(kind: Kind) -> None:
    """A test can change the rules between two requests of a client."""
    async with asking(Sandbox(rows={kind: 50}, paging={kind: IN_RECORDS})) as ask:
        ask.sandbox.paging[kind] = attrs.evolve(IN_RECORDS, pagination="absent", fixed_size=7)

        rows, pagination, _ = await READERS[kind](ask, 30, 10)

        assert rows == ids_of(ask.sandbox, kind)[10:17]
        assert pagination is None


@KINDS
async def test_a_mutation_changes_the_listing_between_answers(kind: Kind) -> None:
    """Data grows and shrinks while a client reads it."""
    rules = Paging(mutation=ListMutation(prepend=2, append=1))
    async with asking(Sandbox(rows={kind: 10}, paging={kind: rules})) as ask:
        before = ids_of(ask.sandbox, kind)
        rows, _, _ = await READERS[kind](ask, 30, 0)
        moved, _, _ = await READERS[kind](ask, 30, 0)

        assert rows == before
        assert moved == ids_of(ask.sandbox, kind)
        assert moved[2:12] == before
        assert len(moved) == 13


@KINDS
async def test_a_negative_offset_can_be_refused(kind: Kind) -> None:
    """Some endpoints of the API answer HTTP 400."""
    async with asking(Sandbox(paging={kind: Paging(negative_offset="refused")})) as ask:
        with pytest.raises(TypeError):
            await READERS[kind](ask, 10, -1)

        assert ask.sandbox.requests[-1].status == 400


@KINDS
async def test_a_page_size_of_0_is_a_400(kind: Kind) -> None:
    """A client that fails to refuse it is noticed here."""
    async with asking(Sandbox()) as ask:
        with pytest.raises(TypeError):
            await READERS[kind](ask, 0, 0)

        assert ask.sandbox.requests[-1].status == 400


@pytest.mark.parametrize("kind", ["events", "user_groups"])
async def test_offset_unit_is_a_setting_if_the_documents_disagree(kind: Kind) -> None:
    """The documents contradict each other for these endpoints."""
    async with asking(Sandbox(rows={kind: 50}, offset_unit="pages", total_unit="pages", echo="zero")) as ask:
        rows, pagination, _ = await READERS[kind](ask, 20, 2)

        assert rows == ids_of(ask.sandbox, kind)[40:]
        assert pagination == {"limit": 0, "offset": 2, "total": 3}


@pytest.mark.parametrize("kind", ["members", "search"])
async def test_offset_counts_records_where_documented(kind: Kind) -> None:
    """Clients need no extra request to find the unit out."""
    async with asking(Sandbox(rows={kind: 50}, offset_unit="pages")) as ask:
        rows, _, _ = await READERS[kind](ask, 20, 40)

        assert rows == ids_of(ask.sandbox, kind)[40:]


@pytest.mark.parametrize("kind", ["group_trackers", "customer_trackers"])
async def test_trackers_have_a_dummy_pagination_by_default(kind: Kind) -> None:
    """The documents show the dummy beside a full list."""
    async with asking(Sandbox(rows={kind: 50}, page_cap=10, total_unit="pages", echo="in force")) as ask:
        rows, pagination, _ = await READERS[kind](ask, 20, 0)

        assert rows == ids_of(ask.sandbox, kind)
        assert pagination == {"limit": 0, "offset": 0, "total": 0}


async def test_pages_can_be_capped_everywhere_at_once(ask: Asker) -> None:
    """The cap also applies to kinds with separate rules, and can be removed."""
    ask.sandbox.paging["members"] = IN_RECORDS
    ask.sandbox.listing("members", 5).resize(90)
    ask.sandbox.cap_page_size(40)
    ask.sandbox.warn_of_cap = False

    capped = [len((await READERS[kind](ask, 60, 0))[0]) for kind in ("events", "members")]
    _, _, warnings = await events(ask, 60, 0)
    ask.sandbox.cap_page_size(None)
    lifted = [len((await READERS[kind](ask, 60, 0))[0]) for kind in ("events", "members")]

    assert (capped, lifted, warnings) == ([40, 40], [60, 60], [])


async def test_a_change_of_one_listing_does_not_change_others(ask: Asker) -> None:
    """Each listing is stored by its key."""
    others = ask.sandbox.event_ids(2, 7)
    ask.sandbox.listing("events", 1, 7).resize(3)

    assert len(ask.sandbox.event_ids(1, 7)) == 3
    assert ask.sandbox.event_ids(2, 7) == others


async def test_an_offset_can_come_as_text(ask: Asker) -> None:
    """One sample has it as a string."""
    ask.sandbox.paging["events"] = Paging(offset_as_text=True)

    _, pagination, _ = await events(ask, 10, 20)

    assert pagination is not None
    assert pagination["offset"] == "20"
