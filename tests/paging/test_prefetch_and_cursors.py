"""Walking ahead, and going on from where a walk broke off."""

import asyncio
from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.codec import Converter
from capillary_async.errors import TransportError
from capillary_async.paging import Cursor, Listing, ListingTraits, Pager, PageSource
from capillary_async.pipeline.request import Request, Response
from tests.paging.oracle import Server

R = TypeVar("R")


class FakeExchange:
    """Answers from a server of the oracle's, and breaks when it is told to."""

    def __init__(self, server: Server, *, breaks_at: int | None = None) -> None:
        self.server = server
        self.breaks_at = breaks_at
        self.running = self.peak = self.count = 0

    async def __call__(self, request: Request[Any], read: Callable[[Response], R], /) -> R:
        """Answer one request."""
        query = dict(request.query)
        self.count += 1
        number = self.count
        self.running += 1
        self.peak = max(self.peak, self.running)
        try:
            for _ in range(number % 4):  # later answers may overtake earlier ones
                await asyncio.sleep(0)
            if number == self.breaks_at:
                raise TransportError("the connection broke")
            rows, total = self.server.answer(int(str(query["offset"])), int(str(query["limit"])))
            return read(Response({"data": rows, "pagination": {"total": total}}))
        finally:
            self.running -= 1


def pager_of(
    exchange: FakeExchange, page_size: int, traits: ListingTraits | None = None, path: str = "/rows"
) -> Pager[int]:
    """Return a pager of whole numbers."""
    request = Request[int](path, into=int, at="data")
    listing = Listing(request, page_size, key=lambda row: row)
    return Pager(listing, PageSource(listing, exchange, Converter(UTC), traits or ListingTraits()))


servers = st.builds(
    Server,
    st.integers(0, 120).map(lambda count: list(range(count))),
    st.sampled_from(["records", "pages"]),
    st.sampled_from(["records", "pages", "nothing"]),
    st.sampled_from([10**9, 10, 13]),
    st.booleans(),
)


@given(servers, st.integers(1, 30), st.integers(1, 9))
@settings(max_examples=200)
async def test_ahead_is_the_same_and_bounded(server: Server, page_size: int, size: int) -> None:
    """Speed must change neither the rows nor their order."""
    exchange = FakeExchange(server)

    async with pager_of(exchange, page_size).prefetch(size) as rows:
        collected = [row async for row in rows]

    assert collected == server.rows
    assert exchange.peak <= size
    assert len(asyncio.all_tasks()) == 1


@given(st.integers(0, 99), st.sampled_from(["break", "fail", "cancel"]), st.integers(1, 20), st.integers(1, 9))
@settings(max_examples=1000)
async def test_leaving_early_leaves_nothing(stop_at: int, how: str, page_size: int, size: int) -> None:
    """A reader that has seen enough must not pay for the rest."""
    exchange = FakeExchange(Server(list(range(100))))
    pager = pager_of(exchange, page_size)

    async def read() -> None:
        async with pager.prefetch(size) as rows:
            seen = 0
            async for _ in rows:
                if seen == stop_at:
                    if how == "fail":
                        raise LookupError("the reader's own")
                    if how == "cancel":
                        current = asyncio.current_task()
                        assert current is not None
                        current.cancel()
                    if how == "break":
                        break
                seen += 1

    outcome = (await asyncio.gather(asyncio.create_task(read()), return_exceptions=True))[0]

    assert isinstance(outcome, {"break": type(None), "fail": LookupError, "cancel": asyncio.CancelledError}[how])
    assert len(asyncio.all_tasks()) == 1
    assert exchange.running == 0
    assert await pager.collect() == list(range(100))


async def test_where_the_end_is_not_known_it_asks_one_by_one() -> None:
    """Pages after the end have no rows, and their requests are wasted."""
    exchange = FakeExchange(Server(list(range(30)), total_unit="nothing"))

    async with pager_of(exchange, 5).prefetch(8) as rows:
        assert [row async for row in rows] == list(range(30))

    assert exchange.peak == 1


@given(servers, st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=250)
async def test_what_broke_off_goes_on_behind_the_last_row(server: Server, page_size: int, breaks_at: int) -> None:
    """The cursor of the error is exact to the row."""
    rows: list[int] = []
    cursor: Cursor | None = None
    walked = aiter(pager_of(FakeExchange(server, breaks_at=breaks_at), page_size))
    try:
        while True:
            rows.append(await anext(walked))
    except StopAsyncIteration:
        pass
    except TransportError as error:
        cursor = error.cursor

    if cursor is not None:
        rows += await pager_of(FakeExchange(server), page_size).resume(Cursor.parse(str(cursor))).collect()

    assert rows == server.rows


@given(servers, st.integers(1, 30), st.integers(1, 30), st.integers(2, 9))
@settings(max_examples=250)
async def test_what_broke_off_ahead_goes_on_behind_the_last_row(
    server: Server, page_size: int, breaks_at: int, size: int
) -> None:
    """The request that breaks may be one for a page far ahead; the rows before it come, and the cursor knows them."""
    rows: list[int] = []
    cursor: Cursor | None = None
    async with pager_of(FakeExchange(server, breaks_at=breaks_at), page_size).prefetch(size) as walked:
        try:
            async for row in walked:
                rows.append(row)  # noqa: PERF401  (those before the error count)
        except TransportError as error:
            cursor = error.cursor

    if cursor is not None:
        rows += await pager_of(FakeExchange(server), page_size).resume(cursor).collect()

    assert rows == server.rows


@given(st.integers(1, 80), st.integers(1, 20), st.data())
@settings(max_examples=200)
async def test_a_walk_can_be_cut_at_any_row(count: int, page_size: int, data: st.DataObject) -> None:
    """Also in the middle of a page."""
    cut = data.draw(st.integers(0, count))
    server = Server(list(range(count)), data.draw(st.sampled_from(["records", "pages"])))
    walked = aiter(pager_of(FakeExchange(server), page_size))
    first = [await anext(walked) for _ in range(cut)]

    rest = await pager_of(FakeExchange(server), page_size).resume(walked.cursor).collect()

    assert first + rest == list(range(count))


async def test_a_cursor_of_another_query_is_refused() -> None:
    """It would skip rows that were never seen."""
    one = pager_of(FakeExchange(Server([1, 2, 3])), 2)
    other = pager_of(FakeExchange(Server([1, 2, 3])), 2, path="/others")
    page = await anext(one.pages())

    with pytest.raises(ValueError, match="another query"):
        other.resume(page.cursor)


@given(st.text(max_size=90))
def test_junk_is_no_cursor(text: str) -> None:
    """A cursor may come from a file that somebody edited."""
    try:
        cursor = Cursor.parse(text)
    except ValueError:
        return

    assert str(cursor) == text
