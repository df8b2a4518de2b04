"""The real client against the sandbox's switches, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import cache
from itertools import combinations, product
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

from capillary_async import BasicAuth, CapillaryClient, Pager
from capillary_async.errors import CapillaryError, IncompleteListingError, RepeatedPageError
from capillary_async.sandbox import Kind, ListMutation, Paging, Sandbox

ROWS, PAGE = 27, 6
SWITCHES: Final[Mapping[str, tuple[Any, ...]]] = MappingProxyType(
    {
        "kind": ("events", "user_groups", "members", "search"),
        "ahead": (1, 4),
        "offset_unit": ("records", "pages"),
        "total_unit": ("records", "pages", "dummy", "absent"),
        "page_cap": (None, 4),
        "warn_of_cap": (True, False),
        "counts_asked_limit": (False, True),
        "echo": ("asked", "in force", "rows", "zero", "absent"),
        "offset_as_text": (False, True),
        "pagination": ("sent", "absent"),
        "repeat_every": (None, 5),
        "gap": (None, "a page"),
        "hiccups": ((), (1,)),
    }
)
Combination = tuple[Any, ...]


@cache
def combinations_of_switches() -> list[Combination]:
    """Return combinations in which each pair of values stands at least once: always the same, and few."""
    names = list(SWITCHES)
    wanted = {
        ((one, first), (other, second))
        for one, other in combinations(range(len(names)), 2)
        for first, second in product(SWITCHES[names[one]], SWITCHES[names[other]])
    }
    chosen: list[Combination] = []
    while wanted:
        (one, first), (other, second) = min(wanted, key=repr)
        combination: dict[int, Any] = {one: first, other: second}
        for place, name in enumerate(names):
            if place not in combination:
                combination[place] = max(SWITCHES[name], key=lambda value: _met(wanted, combination, place, value))
        chosen.append(tuple(combination[place] for place in range(len(names))))
        wanted -= set(combinations(enumerate(chosen[-1]), 2))
    return chosen


def _met(wanted: set[Any], combination: dict[int, Any], place: int, value: Any) -> int:
    return sum(
        tuple(sorted([(place, value), other], key=lambda pair: pair[0])) in wanted for other in combination.items()
    )


def paging_of(combination: Combination) -> Paging:
    """Return the rules that a combination stands for."""
    kind, _, *values = combination
    switches = dict(zip(list(SWITCHES)[2:], values, strict=True))
    if kind in ("members", "search"):
        switches["offset_unit"] = "records"  # as is documented beyond doubt
    if switches["total_unit"] in ("dummy", "absent") or switches["pagination"] == "absent":
        switches["hiccups"] = ()  # a second listing takes an empty page for the end then
        switches["gap"] = switches["gap"] if switches["offset_unit"] == "pages" else None
    if switches["gap"]:
        switches["gap"] = (12, switches["page_cap"] or PAGE)
    return Paging(**switches)


READERS: Final[Mapping[Kind, Callable[[CapillaryClient, int], Pager[Any]]]] = MappingProxyType(
    {
        "events": lambda client, of: client.targets.list_events(of, 7, page_size=PAGE),
        "user_groups": lambda client, of: client.customers.list_user_groups(of, page_size=PAGE),
        "members": lambda client, of: client.user_groups.list_members(of, page_size=PAGE),
        "search": lambda client, of: client.user_groups.search(f"smith {of}", page_size=PAGE),
    }
)
IDS: Final[Mapping[Kind, tuple[str, Callable[[Sandbox, int], list[Any]]]]] = MappingProxyType(
    {
        "events": ("event_log_id", lambda sandbox, of: sandbox.event_ids(of, 7)),
        "user_groups": ("id", lambda sandbox, of: sandbox.user_group_ids(of)),
        "members": ("fleet_user_id", lambda sandbox, of: sandbox.member_ids(of)),
        "search": ("group_id", lambda sandbox, of: sandbox.found_group_ids(f"smith {of}")),
    }
)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Run a sandbox whose listings have a few pages each."""
    async with Sandbox(rows=dict.fromkeys(READERS, ROWS)) as running:
        yield running


def open_client(sandbox: Sandbox) -> CapillaryClient:
    """Return a client that knows nothing yet."""
    return CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, sandbox.password))


async def read(pager: Pager[Any], ahead: int) -> list[Any]:
    """Walk a listing, one page after the other or ahead."""
    if ahead == 1:
        return [row async for row in pager]
    async with pager.prefetch(ahead) as rows:
        return [row async for row in rows]


async def test_each_pair_of_switches(sandbox: Sandbox) -> None:
    """All of them together are too many; most mistakes need two to show."""
    for of, combination in enumerate(combinations_of_switches(), 1):
        kind, ahead, *_ = combination
        sandbox.paging[kind] = paging_of(combination)
        name, ids = IDS[kind]

        async with open_client(sandbox) as client:
            for number in (of, 1000 + of):
                rows = [getattr(row, name) for row in await read(READERS[kind](client, number), ahead)]

                assert rows == ids(sandbox, number), combination


def test_the_pairs_are_all_there() -> None:
    """A sample that left some out would prove less than it says."""
    met = {pair for chosen in combinations_of_switches() for pair in combinations(enumerate(chosen), 2)}

    for (one, first), (other, second) in combinations(enumerate(SWITCHES.values()), 2):
        assert all(((one, left), (other, right)) in met for left, right in product(first, second))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"is_stuck": True}, RepeatedPageError),
        ({"cycle": 2}, RepeatedPageError),
        ({"total_error": 5}, IncompleteListingError),
    ],
)
@pytest.mark.parametrize("ahead", [1, 4])
async def test_a_broken_listing_is_an_error_and_no_shorter_list(
    sandbox: Sandbox, fault: dict[str, Any], error: type[CapillaryError], ahead: int
) -> None:
    """Each of them ends other clients' walks with too few rows, or never."""
    sandbox.paging["events"] = Paging(offset_unit="pages", **fault)

    async with open_client(sandbox) as client:
        with pytest.raises(error) as caught:
            await read(client.targets.list_events(1, 7, page_size=PAGE), ahead)

    assert caught.value.cursor is not None
    assert len(sandbox.requests) <= -(-ROWS // PAGE) + 4


@pytest.mark.parametrize("ahead", [1, 4])
@pytest.mark.parametrize("offset_unit", ["records", "pages"])
@pytest.mark.parametrize("mutation", [{"append": 2}, {"prepend": 2}, {"drop_first": 2}, {"drop_last": 2}])
async def test_rows_that_stay_come_while_others_come_and_go(
    sandbox: Sandbox, mutation: dict[str, int], offset_unit: Any, ahead: int
) -> None:
    """Data changes while it is read, also while answers are under way."""
    sandbox.paging["events"] = Paging(offset_unit=offset_unit, mutation=ListMutation(**mutation, times=2))
    before = sandbox.event_ids(1, 7)

    async with open_client(sandbox) as client:
        rows = [event.event_log_id for event in await read(client.targets.list_events(1, 7, page_size=PAGE), ahead)]

    after = sandbox.event_ids(1, 7)
    stayed = [row for row in before if row in set(after)]
    assert [row for row in rows if row in set(stayed)] == stayed
    assert len(set(rows)) == len(rows)
    assert "append" not in mutation or rows == after


def descriptors() -> int:
    """Count what this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def endings() -> Iterator[tuple[str, int]]:
    """Return ways and places to leave a listing."""
    return product(("break", "fail", "cancel"), range(ROWS))


async def test_leaving_ahead_of_the_end_leaves_nothing_open(sandbox: Sandbox) -> None:
    """A reader that has seen enough must not pay for the rest: no task, no connection, no descriptor."""

    async def leave(pager: Pager[Any], how: str, at: int) -> None:
        async with pager.prefetch(4) as rows:
            seen = 0
            async for _ in rows:
                if seen == at:
                    if how == "break":
                        break
                    if how == "fail":
                        raise LookupError("the reader's own")
                    task = asyncio.current_task()
                    assert task is not None
                    task.cancel()
                seen += 1

    before = descriptors()
    async with open_client(sandbox) as client:
        pager = client.targets.list_events(1, 7, page_size=2)
        for how, at in endings():
            await asyncio.gather(asyncio.create_task(leave(pager, how, at)), return_exceptions=True)
            tasks = asyncio.all_tasks()

            rows = await pager.collect()

            assert [event.event_log_id for event in rows] == sandbox.event_ids(1, 7), (how, at)
            assert not [task for task in tasks if "fetch" in repr(task)], (how, at)
    for _ in range(1000):  # the server's ends take a few turns of the loop to close
        await asyncio.sleep(0)
    assert descriptors() <= before
