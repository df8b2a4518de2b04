"""What a listing gives its user: pages, rows, and places to go on from."""

import pickle
from collections.abc import Callable, Hashable
from datetime import UTC
from typing import Any, TypeVar

import pytest

from capillary_async.codec import Converter
from capillary_async.errors import ApiErrorDetail, NotFoundError
from capillary_async.paging import Cursor, Listing, ListingTraits, OffsetUnit, Pager, PageSource
from capillary_async.pipeline.request import Request, Response
from tests.paging.oracle import Server
from tests.paging.test_prefetch_and_cursors import FakeExchange, pager_of

R = TypeVar("R")


def listing_of(server: Server, key: Callable[[int], Hashable] | None, *, is_declared: bool = False) -> Pager[int]:
    """Return a pager of whole numbers, three a page, that something else than themselves tells apart."""
    declared = server.offset_unit if is_declared else None
    listing = Listing(Request[int]("/rows", into=int, at="data"), 3, key=key, offset_unit=declared)
    return Pager(listing, PageSource(listing, FakeExchange(server), Converter(UTC), ListingTraits()))


async def test_the_first_row_costs_one_request() -> None:
    """It is what one asks for to see whether there is any."""
    exchange = FakeExchange(Server([5, 6, 7, 8, 9]))

    assert await pager_of(exchange, 2).first() == 5
    assert await pager_of(FakeExchange(Server([])), 2).first() is None
    assert exchange.count == 1


async def test_no_rows_cost_no_request() -> None:
    """A limit may be what is left of a budget; less than nothing is a mistake."""
    exchange = FakeExchange(Server([5, 6]))

    assert await pager_of(exchange, 2).collect(0) == []
    assert exchange.count == 0
    with pytest.raises(ValueError, match=r"^limit must be 0 or more, not -1$"):
        await pager_of(exchange, 2).collect(-1)


async def test_a_limit_stops_the_walk() -> None:
    """Whoever wants ten rows of a million does not want to pay for more."""
    exchange = FakeExchange(Server(list(range(100)), "pages"))

    assert await pager_of(exchange, 5).collect(10) == list(range(10))
    assert exchange.count == 2


async def test_an_answer_without_new_rows_is_no_page() -> None:
    """Only an empty listing has an empty page, so that there always is one to look at."""
    server = Server(list(range(7)), "records", "nothing")

    pages = [page.items async for page in pager_of(FakeExchange(server), 3).pages()]
    empty = [page.items async for page in pager_of(FakeExchange(Server([])), 3).pages()]

    assert len(server.asked) > len(pages)
    assert () not in pages
    assert empty == [()]


@pytest.mark.parametrize("is_declared", [True, False])
async def test_a_page_can_be_left_behind_any_of_its_rows(*, is_declared: bool) -> None:
    """Where nothing tells rows apart, the place must be exact: nothing else finds the row again."""
    server = Server([1, 1, 1, 1, 2, 2, 2, 1] if is_declared else [0, 1, 2, 3, 4, 5, 6, 7])
    pager = listing_of(server, None, is_declared=is_declared)
    before: list[int] = []

    async for page in pager.pages():
        for count in range(len(page.items) + 1):
            cursor = page.cursor_behind(count)
            handed_out = [*before, *page.items[:count]]

            assert cursor.position == len(handed_out)
            assert [*handed_out, *(await pager.resume(cursor).collect())] == server.rows
        assert page.cursor == page.cursor_behind(len(page.items))
        before += page.items
        with pytest.raises(ValueError, match=rf"^count must be from 0 to {len(page.items)}, not "):
            page.cursor_behind(len(page.items) + 1)


@pytest.mark.parametrize(("offset_unit", "offset"), [("pages", 7), ("records", 80)])
async def test_a_client_that_knows_nothing_goes_on_from_a_cursor_at_once(offset_unit: OffsetUnit, offset: int) -> None:
    """The cursor says what `offset` counts; else all that was read would be read again."""
    server = Server(list(range(100)), offset_unit)
    pages = [page async for page in pager_of(FakeExchange(server), 10).pages()]
    cursor = next(page.cursor for page in pages if page.cursor.position > 79)
    server.asked.clear()

    rest = await pager_of(FakeExchange(server), 10).resume(Cursor.parse(str(cursor))).collect()

    assert rest == server.rows[cursor.position :]
    assert min(asked for asked, _ in server.asked) == offset


async def test_a_row_is_the_same_when_only_its_key_stays() -> None:
    """A customer whose points change while the listing runs is still one customer."""
    server = Server([1, 2, 3, 4, 5])
    server.change = lambda changed: changed.rows.__setitem__(slice(None), [row + 100 for row in changed.rows])

    rows = await listing_of(server, lambda row: row % 100).collect()

    assert [row % 100 for row in rows] == [1, 2, 3, 4, 5]


async def test_where_a_listing_has_ended_its_block_says_what_to_do() -> None:
    """The rows look as if they could be read anywhere."""
    async with pager_of(FakeExchange(Server([1, 2, 3])), 2).prefetch(2) as rows:
        pass

    message = r"^the prefetching block has ended; iterate inside `async with pager\.prefetch\(\.\.\.\)`$"
    with pytest.raises(RuntimeError, match=message):
        await anext(rows)


async def test_pages_ahead_must_be_some() -> None:
    """Said at once, before anything is sent."""
    with pytest.raises(ValueError, match=r"^size must be 1 or more, not 0$"):
        pager_of(FakeExchange(Server([])), 2).prefetch(0)

    async with pager_of(FakeExchange(Server([1, 2, 3])), 2).prefetch(1) as rows:
        assert [row async for row in rows] == [1, 2, 3]


@pytest.mark.parametrize(
    "start", ["", "1.0123456789abcdef.r.10.", "2.0123456789abcdef.r.0.", "2.0123456789abcdef.x.10."]
)
def test_what_is_no_cursor_is_said(start: str) -> None:
    """A cursor of a later version, or one that somebody edited, looks much like one."""
    with pytest.raises(ValueError, match=r"^cursor is not the text of a cursor that this version knows$"):
        Cursor.parse(f"{start}5.fedcba9876543210.50020902")


@pytest.mark.parametrize("means", ["pages", "records", None])
def test_a_cursor_comes_back_from_its_text(means: OffsetUnit | None) -> None:
    """It may lie in a file for a year, so its form is a promise."""
    cursor = Cursor("0123456789abcdef", means, 10, 5, "fedcba9876543210")

    assert str(cursor).startswith(f"2.0123456789abcdef.{(means or 'unknown')[0]}.10.5.fedcba9876543210.")
    assert len(str(cursor)) < 80
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("codes", [(8015,), ()])
async def test_only_the_codes_that_mean_it_make_a_listing_empty(codes: tuple[int, ...]) -> None:
    """Any other refusal would pass for "there are none"."""

    async def refuse(request: Request[Any], read: Callable[[Response], R], /) -> R:
        raise NotFoundError("there is none", status=404, errors=(ApiErrorDetail(8015, ""),))

    listing = Listing(Request[int]("/rows", into=int, at="data"), 3, empty_codes=codes)
    pager = Pager(listing, PageSource(listing, refuse, Converter(UTC), ListingTraits()))

    if codes:
        assert await pager.collect() == []
    else:
        with pytest.raises(NotFoundError):
            await pager.collect()


async def test_a_page_travels_with_its_cursors() -> None:
    """A worker hands pages to another process, and notes how far it is."""
    pages = listing_of(Server([5, 6, 7, 8, 9]), None).pages()
    await anext(pages)

    async for page in pages:
        twin = pickle.loads(pickle.dumps(page))

        assert twin == page
        assert twin.cursor == page.cursor
        assert [twin.cursor_behind(count) for count in (0, 1)] == [page.cursor_behind(count) for count in (0, 1)]
