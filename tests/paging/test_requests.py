"""What listings cost, counted on an independent simulator: every reading, cap and echo, cold and warm."""

import asyncio
from collections.abc import Iterator
from itertools import product

import pytest

from capillary_async.paging import ListingTraits, Scout
from tests.paging.simulator import Echo, Simulator, Total, Unit, pager_of

OFFSETS: tuple[Unit, ...] = ("records", "pages")
TOTALS: tuple[Total, ...] = ("records", "pages", "zero", "absent")
ECHOES: tuple[Echo, ...] = ("asked", "in force", "rows", "zero", "absent")
COUNTS = (*range(13), 19, 20, 21, 29, 30, 31, 39, 40, 41, 45, 50, 51, 99, 100, 101, 119, 200, 233, 400, 459)
PAGE = 100


def servers(count: int) -> Iterator[Simulator]:
    """Return servers of that many rows under every reading."""
    for offset, total, cap, echo in product(OFFSETS, TOTALS, (None, 10, 20, 40, 50), ECHOES):
        for by_asked_limit in (False, True) if cap else (False,):
            yield Simulator(list(range(count)), offset, total, cap, echo, by_asked_limit)


def bound(server: Simulator, *, is_cold: bool) -> int:
    """Return how many requests are enough; one more where nothing counts the rows."""
    return server.pages(PAGE) + is_cold + (server.total in ("zero", "absent"))


@pytest.mark.parametrize("count", COUNTS)
async def test_every_reading_is_read_right_and_cheaply(count: int) -> None:
    """A request more for each of a million listings is a day more."""
    for server in servers(count):
        traits = ListingTraits()
        for is_cold in (True, False):
            server.asked.clear()

            rows = await pager_of(server, PAGE, traits).collect()

            assert rows == server.rows, server
            assert server.requests <= bound(server, is_cold=is_cold), server


@pytest.mark.parametrize("count", [0, 9, 10, 30, 101, 250, 459])
async def test_a_wrong_prior_loses_no_row(count: int) -> None:
    """Traits may come from a file that is older than the server."""
    for server in servers(count):
        wrong: Unit = "pages" if server.offset == "records" else "records"

        rows = await pager_of(server, PAGE, ListingTraits(wrong)).collect()

        assert rows == server.rows, server


@pytest.mark.parametrize("count", [0, 9, 10, 30, 101, 233, 459])
async def test_what_was_exported_saves_requests(count: int) -> None:
    """A new process starts where the last one ended; the first listing may check it with a request."""
    for server in servers(count):
        traits = ListingTraits()
        teacher = Simulator(list(range(357)), server.offset, server.total, server.cap, server.echo)
        await pager_of(teacher, PAGE, traits).collect()

        rows = await pager_of(server, PAGE, ListingTraits.from_dict(traits.to_dict())).collect()

        assert rows == server.rows, server
        assert server.requests <= bound(server, is_cold=True), server


@pytest.mark.parametrize(("count", "most"), [(0, 100), (1, 100), (9, 100), (10, 105), (45, 105), (250, 315)])
@pytest.mark.parametrize("offset", OFFSETS)
async def test_a_hundred_first_listings_at_once_share_what_they_find_out(count: int, most: int, offset: Unit) -> None:
    """Each would ask by itself what one of them could ask for all."""
    servers = [Simulator(list(range(count)), offset) for _ in range(100)]
    traits, scout = ListingTraits(), Scout()

    found = await asyncio.gather(*(pager_of(server, PAGE, traits, scout=scout).collect() for server in servers))

    assert found == [list(range(count))] * 100
    assert sum(server.requests for server in servers) <= most


@pytest.mark.parametrize("offset", OFFSETS)
async def test_a_hundred_first_listings_of_different_length_at_once_share_it_too(offset: Unit) -> None:
    """Customers have different numbers of events; a page shorter than another one is a last page."""
    lengths = [10 + 37 * number % 90 for number in range(100)]
    servers = [Simulator(list(range(length)), offset) for length in lengths]
    traits, scout = ListingTraits(), Scout()

    found = await asyncio.gather(*(pager_of(server, PAGE, traits, scout=scout).collect() for server in servers))

    assert list(map(len, found)) == lengths
    assert sum(server.requests for server in servers) <= 110


async def test_the_documents_own_sample_costs_one_request() -> None:
    """A limit of 30, a total of 2 and two rows."""
    server = Simulator([1, 2], is_static=True)

    assert await pager_of(server, 30).collect() == [1, 2]
    assert server.requests == 1
