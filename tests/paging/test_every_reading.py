"""The walker against servers of every reading, with data that does not change."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.errors import IncompleteListingError, PaginationError, RepeatedPageError
from capillary_async.paging import ListingTraits
from tests.paging.oracle import Answer, Server, pages, walk

UNLIMITED = 10**9


@st.composite
def servers(draw: st.DrawFn) -> tuple[Server, int]:
    """Draw a server and a page size to ask it with."""
    page_size = draw(st.integers(1, 50))
    smallest = min(page_size, 10)  # no server in the documents cuts pages to fewer rows
    cap = draw(st.one_of(st.just(UNLIMITED), st.integers(smallest, 50)))
    server = Server(
        list(range(draw(st.integers(0, 300)))),
        offset_unit=draw(st.sampled_from(["records", "pages"])),
        total_unit=draw(st.sampled_from(["records", "pages", "nothing", "missing"])),
        cap=cap,
        counts_with_asked_limit=cap < page_size and draw(st.booleans()),
    )
    return server, page_size


@given(servers())
@settings(max_examples=600)
def test_every_row_comes_once_and_in_order(drawn: tuple[Server, int]) -> None:
    """This is what the package exists for."""
    server, page_size = drawn

    rows, _ = walk(server.answer, page_size)

    assert rows == server.rows
    size = min(page_size, server.cap)
    is_checked = server.offset_unit == "records" and server.total_unit in ("nothing", "missing") and size > 1
    assert len(server.asked) <= pages(server.rows, size - is_checked) + 4


@given(servers())
@settings(max_examples=250)
def test_what_is_proven_is_never_asked_again(drawn: tuple[Server, int]) -> None:
    """A client that knows the readings sends no request that one which knew the truth would not send."""
    server, page_size = drawn
    size = min(page_size, server.cap)
    if server.total_unit in ("nothing", "missing") or len(server.rows) % size == 0 or len(server.rows) < 2 * size:
        return
    traits = ListingTraits()
    walk(server.answer, page_size, traits)
    server.asked.clear()

    rows, _ = walk(server.answer, page_size, traits)

    assert rows == server.rows
    assert len(server.asked) == pages(server.rows, size)


Walk = Callable[[Callable[[int, int], Answer], int], list[int]]


def trusts_total(answer: Callable[[int, int], Answer], page_size: int) -> list[int]:
    """Take `total` for a count of records."""
    rows, total = answer(0, page_size)
    while rows and total and len(rows) < total:
        more, total = answer(len(rows), page_size)
        if not more:
            break
        rows += more
    return rows


def adds_the_limit(answer: Callable[[int, int], Answer], page_size: int) -> list[int]:
    """Advance by what was asked for."""
    rows: list[int] = []
    offset = 0
    while page := answer(offset, page_size)[0]:
        rows += page
        offset += page_size
    return rows


def stops_at_a_short_page(answer: Callable[[int, int], Answer], page_size: int) -> list[int]:
    """Take a short page for the last."""
    rows: list[int] = []
    while True:
        page, _ = answer(len(rows), page_size)
        rows += page
        if len(page) < page_size:
            return rows


def stops_at_an_empty_page(answer: Callable[[int, int], Answer], page_size: int) -> list[int]:
    """Take an empty page for the end, and page numbers for granted."""
    rows: list[int] = []
    number = 0
    while page := answer(number, page_size)[0]:
        rows += page
        number += 1
        if number > 1000:
            break
    return rows


def compares_with_the_previous_page(answer: Callable[[int, int], Answer], page_size: int) -> list[int]:
    """End when a page is the one before it."""
    rows: list[int] = []
    before: list[int] = []
    for number in range(1000):
        page, _ = answer(number, page_size)
        if not page or page == before:
            break
        rows += page
        before = page
    return rows


@pytest.mark.parametrize(
    "wrong",
    [trusts_total, adds_the_limit, stops_at_a_short_page, stops_at_an_empty_page, compares_with_the_previous_page],
)
def test_a_plausible_walker_is_caught(wrong: Walk) -> None:
    """A property that catches nothing proves nothing."""
    caught = False
    for offset_unit in ("records", "pages"):
        for total_unit in ("records", "pages", "nothing"):
            for cap in (UNLIMITED, 4):
                server = Server(list(range(25)), offset_unit, total_unit, cap)
                caught |= wrong(server.answer, 10) != server.rows

    assert caught


def test_after_a_full_first_page_the_next_offset_is_one() -> None:
    """It is the second page or the first page moved on by one row, so no row is skipped."""
    server = Server(list(range(25)))

    walk(server.answer, 10)

    assert server.asked[:3] == [(0, 10), (1, 10), (11, 10)]


def test_pages_cost_no_probe() -> None:
    """Where offsets count pages, offset 1 is the second page."""
    server = Server(list(range(25)), "pages", "pages")

    walk(server.answer, 10)

    assert server.asked == [(0, 10), (1, 10), (2, 10)]


@pytest.mark.parametrize("total", [50, 5, 0, None])
def test_a_stuck_server_ends_in_an_error(total: int | None) -> None:
    """Other clients never stop reading it."""
    asked: list[int] = []

    def answer(offset: int, limit: int) -> Answer:
        asked.append(offset)
        return list(range(10)), total

    with pytest.raises(RepeatedPageError):
        walk(answer, 10)

    assert len(asked) <= 4


@pytest.mark.parametrize("total", [50, 5, 0, None])
def test_a_cycling_server_ends_in_an_error(total: int | None) -> None:
    """A-B-A-B passes a check that looks at the previous page only."""
    asked: list[int] = []

    def answer(offset: int, limit: int) -> Answer:
        asked.append(offset)
        first = 0 if len(asked) % 2 else 10
        return list(range(first, first + 10)), total

    with pytest.raises(PaginationError):
        walk(answer, 10)

    assert len(asked) <= 4


def test_a_promise_that_is_not_kept_is_said() -> None:
    """130 of 230 rows, silently, is what must not happen."""
    server = Server(list(range(25)), total_off_by=5)

    with pytest.raises(IncompleteListingError) as caught:
        walk(server.answer, 10)

    assert caught.value.received == 25
    assert caught.value.expected >= 30


@given(servers(), st.data())
@settings(max_examples=200)
def test_appended_rows_are_included(drawn: tuple[Server, int], data: st.DataObject) -> None:
    """Events are recorded while a listing runs."""
    server, page_size = drawn
    server.total_unit = data.draw(st.sampled_from(["records", "nothing"]))
    bursts = data.draw(st.lists(st.integers(1, 5), max_size=4))

    def grow(changed: Server) -> None:
        if bursts:
            first = len(changed.rows)
            changed.rows.extend(range(first, first + bursts.pop()))

    server.change = grow
    before = list(server.rows)
    try:
        rows, _ = walk(server.answer, page_size)
    except PaginationError:
        return  # said, not silent

    assert rows[: len(before)] == before
    assert rows == server.rows[: len(rows)]


@given(servers(), st.data())
@settings(max_examples=200)
def test_a_shortfall_is_never_silent(drawn: tuple[Server, int], data: st.DataObject) -> None:
    """Rows that are removed move the others up, past the walk."""
    server, page_size = drawn
    server.total_unit = "records"
    removals = data.draw(st.lists(st.integers(0, 400), max_size=3))

    def shrink(changed: Server) -> None:
        if removals and changed.rows:
            del changed.rows[removals.pop() % len(changed.rows)]

    server.change = shrink
    try:
        rows, walker = walk(server.answer, page_size)
    except PaginationError:
        return

    assert set(rows) >= set(server.rows)
    assert walker.ask is None
