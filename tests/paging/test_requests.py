"""What listings cost, counted on an independent simulator: every reading, cap and echo, cold and warm."""

import asyncio

import pytest

from capillary_async.paging import ListingTraits, Scout
from tests.paging.request_bounds import ECHOES, OFFSETS, TOTALS, read_all
from tests.paging.simulator import Simulator, Total, Unit, pager_of

PAGE = 100


@pytest.mark.parametrize("page_size", [10, 50])
@pytest.mark.parametrize("total", TOTALS)
async def test_every_reading_is_read_right_and_cheaply(page_size: int, total: Total) -> None:
    """A request more for each of a million listings is a day more."""
    async for case, requests in read_all(page_size, total, ECHOES[1:]):
        assert requests is not None, f"wrong rows: {case}"
        assert requests <= case.bound, case


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
@pytest.mark.parametrize("spread", [11, 90, 300])
async def test_a_hundred_first_listings_of_different_length_at_once_share_it_too(offset: Unit, spread: int) -> None:
    """Customers have different numbers of events; a page shorter than another one is a last page."""
    lengths = [5 + 37 * number % spread for number in range(100)]
    servers = [Simulator(list(range(length)), offset) for length in lengths]
    traits, scout = ListingTraits(), Scout()

    found = await asyncio.gather(*(pager_of(server, PAGE, traits, scout=scout).collect() for server in servers))

    assert list(map(len, found)) == lengths
    assert sum(server.requests for server in servers) <= 1.05 * sum(server.pages(PAGE) for server in servers)


async def test_the_documents_own_sample_costs_one_request() -> None:
    """A limit of 30, a total of 2 and two rows."""
    server = Simulator([1, 2], is_static=True)

    assert await pager_of(server, 30).collect() == [1, 2]
    assert server.requests == 1
