"""What `collect` takes a short cut for is what a walk would have brought."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.errors import TransportError
from capillary_async.paging import ListingTraits
from tests.paging.oracle import Server
from tests.paging.test_prefetch_and_cursors import FakeExchange, pager_of, servers


@given(server=servers, page_size=st.integers(1, 30), limit=st.none() | st.integers(0, 130))
async def test_collecting_twice_brings_what_walks_bring(server: Server, page_size: int, limit: int | None) -> None:
    """The second time something is known of the endpoint, which is when walks are spared."""
    traits = ListingTraits()
    pager = pager_of(FakeExchange(server), page_size, traits)
    walked = [row async for row in pager]

    collected = [await pager.collect(limit) for _ in range(2)]

    assert collected == [walked[:limit]] * 2


@given(server=servers, page_size=st.integers(1, 30))
async def test_it_sends_what_a_walk_sends_and_learns_what_a_walk_learns(server: Server, page_size: int) -> None:
    """Otherwise the next listing would send requests that are not needed, or skip some that are."""
    known = [ListingTraits(), ListingTraits()]
    exchanges = [FakeExchange(server), FakeExchange(server)]
    pagers = [pager_of(exchange, page_size, own) for exchange, own in zip(exchanges, known, strict=True)]

    for _ in range(2):
        collected = await pagers[0].collect()
        assert collected == [row async for row in pagers[1]]

    assert (exchanges[0].count, known[0]) == (exchanges[1].count, known[1])


async def test_a_row_that_comes_twice_is_dropped_all_the_same() -> None:
    """An answer may have as many rows as it promises, and one of them twice."""
    server = Server([1, 2, 2, 3], "records", "records", 10)

    rows = await pager_of(FakeExchange(server), 10, ListingTraits("records", "records", 4)).collect()

    assert rows == [1, 2, 3]


async def test_an_error_of_the_first_request_says_where_to_go_on() -> None:
    """Every error of a listing carries a cursor."""
    pager = pager_of(FakeExchange(Server([1], "records", "records", 10), breaks_at=1), 10)

    with pytest.raises(TransportError) as caught:
        await pager.collect()

    assert (caught.value.path, caught.value.cursor) == ("/rows", pager.pages().cursor)


@pytest.mark.parametrize(("limit", "rows"), [(None, [4, 5, 6]), (2, [4, 5]), (3, [4, 5, 6]), (9, [4, 5, 6])])
async def test_a_listing_of_one_page_costs_one_request(limit: int | None, rows: list[int]) -> None:
    """That is what most listings are."""
    exchange = FakeExchange(Server([4, 5, 6]))

    assert await pager_of(exchange, 10).collect(limit) == rows
    assert exchange.count == 1
