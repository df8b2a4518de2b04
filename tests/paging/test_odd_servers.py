"""Lists that grow while they are read, totals that lag or lie, ties without an order, pages that get shorter."""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging import ListingTraits
from tests.paging.simulator import Simulator, Total, Unit, pager_of

OFFSETS: tuple[Unit, ...] = ("records", "pages")


async def traits_of(server: Simulator, page_size: int) -> ListingTraits:
    """Return what a listing of some pages shows of a server like this one."""
    traits = ListingTraits()
    teacher = Simulator(list(range(57)), server.offset, server.total, server.cap)
    await pager_of(teacher, page_size, traits).collect()
    return traits


@pytest.mark.parametrize("growth", range(1, 21))
@pytest.mark.parametrize("lag", [-1, 0, 1])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("is_warm", [True, False])
async def test_a_list_that_grows_is_no_error(growth: int, lag: int, offset: Unit, *, is_warm: bool) -> None:
    """Also one that grows faster than it is read, and a total that is one behind or ahead of its rows."""
    server = Simulator(list(range(95)), offset, growth=growth, lag=lag)
    traits = await traits_of(server, 10) if is_warm else ListingTraits()

    rows = await pager_of(server, 10, traits).collect()

    assert rows == list(range(len(rows)))
    assert len(rows) >= 95
    assert server.requests <= len(rows) // 10 + 4


@pytest.mark.parametrize("lag", [-1, 1])
@pytest.mark.parametrize("offset", OFFSETS)
async def test_a_row_that_comes_between_the_count_and_the_select_is_no_error(lag: int, offset: Unit) -> None:
    """The two are two statements on the server's database."""
    for count in (0, 1, 8, 9, 10, 11, 19, 20, 25, 30, 100):
        for number in range(4):

            def append(server: Simulator, answer: int, when: int = number) -> None:
                server.lag = lag if answer == when else 0
                if answer == when + (lag > 0):
                    server.rows.append(len(server.rows))

            server = Simulator(list(range(count)), offset, before_answer=append)

            rows = await pager_of(server, 10).collect()

            assert rows[:count] == list(range(count)), (count, number)


@pytest.mark.parametrize("ties", [2, 4, 7, 20])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("is_declared", [True, False])
async def test_ties_that_are_sorted_anew_lose_no_row(ties: int, offset: Unit, *, is_declared: bool) -> None:
    """Two rows at a page's border change places, so one comes twice and one never, until pages end elsewhere."""
    for seed in range(20):
        server = Simulator(list(range(250)), offset, ties=ties, random=Random(seed))

        rows = await pager_of(server, 50, offset_unit=offset if is_declared else None).collect()

        assert sorted(rows) == list(range(250)), seed
        assert server.requests <= 3 * 5 + 4


@pytest.mark.parametrize("ties", [60, 120])
async def test_ties_of_more_rows_than_a_page_lose_no_row_in_silence(ties: int) -> None:
    """No page shows all of them at once, so it is chance whether a second reading brings all rows."""
    for seed in range(10):
        server = Simulator(list(range(250)), ties=ties, random=Random(seed))
        try:
            rows = await pager_of(server, 50, offset_unit="records").collect()
        except IncompleteListingError as error:
            assert (error.expected, error.received < 250) == (250, True)  # noqa: PT017  (it may or may not fail)
        else:
            assert sorted(rows) == list(range(250)), seed
        assert server.requests <= 3 * 5 + 4, "it reads from the front once more, and then says what is missing"


def shortening(number: int, cap: int) -> Callable[[Simulator, int], None]:
    """Return what lets a server send shorter pages from an answer on."""

    def shorten(server: Simulator, answer: int) -> None:
        server.cap = cap if answer >= number else server.cap

    return shorten


CAPS = ((60, 20, 15), (100, 50, 20), (33, 20, 10), (250, 50, 20), (250, 100, 25))


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("total", ["records", "absent"])
@pytest.mark.parametrize("by_asked_limit", [True, False])
async def test_pages_that_get_shorter_lose_no_row(offset: Unit, total: Total, *, by_asked_limit: bool) -> None:
    """A page that is shorter than those before may be the last, or the first of the shorter ones."""
    for count, cap, later in CAPS:
        for number in range(1, 6):
            server = Simulator(
                list(range(count)),
                offset,
                total,
                cap,
                by_asked_limit=by_asked_limit,
                before_answer=shortening(number, later),
            )

            assert sorted(await pager_of(server, 100).collect()) == list(range(count)), (count, number)


@pytest.mark.parametrize("offset", OFFSETS)
async def test_pages_that_get_shorter_show_in_a_total_of_pages(offset: Unit) -> None:
    """The same rows fill more pages then. Only if the server does not count those pages, the end cannot be seen."""
    for count, cap, later in CAPS:
        for number in range(1, 6):
            server = Simulator(list(range(count)), offset, "pages", cap, before_answer=shortening(number, later))

            assert sorted(await pager_of(server, 100).collect()) == list(range(count)), (count, number)


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("by_asked_limit", [True, False])
async def test_a_cursor_finds_its_place_on_shorter_pages(offset: Unit, *, by_asked_limit: bool) -> None:
    """It may be a day old, and the server's settings newer."""
    for count, cap, later in ((60, 20, 15), (45, 20, 10), (33, 30, 11)):
        for cut in range(1, count):
            server = Simulator(list(range(count)), offset, cap=cap, by_asked_limit=by_asked_limit)
            items = aiter(pager_of(server, 100))
            first = [await anext(items) for _ in range(cut)]
            server.cap = later

            rest = await pager_of(server, 100).resume(str(items.cursor)).collect()

            assert first + rest == list(range(count)), (count, cut)


@pytest.mark.parametrize("total", ["returned", "ceiling"])
@pytest.mark.parametrize("taught", [None, 0, 1, 3, 7, 30, 45])
async def test_a_total_that_stops_counting_hides_no_row(total: Total, taught: int | None) -> None:
    """Some count the rows of the answer, some no further than a search engine does; a short listing looks alike."""
    for offset in OFFSETS:
        for count in (0, 3, 9, 10, 11, 20, 49, 50, 51, 73, 100):
            for page_size, cap in ((10, None), (50, None), (100, 10), (100, 40)):
                traits = ListingTraits()
                if taught is not None:
                    await pager_of(Simulator(list(range(taught)), offset, total, cap), page_size, traits).collect()
                server = Simulator(list(range(count)), offset, total, cap)

                assert await pager_of(server, page_size, traits).collect() == server.rows, server


@pytest.mark.parametrize(("count", "total"), [(2, "records"), (10, "records"), (100, "records"), (40, "absent")])
async def test_the_same_answer_to_every_request_is_a_listing(count: int, total: Total) -> None:
    """So answer mocks, and servers that know no paging."""
    server = Simulator(list(range(count)), total=total, is_static=True)

    assert await pager_of(server, 100).collect() == server.rows
    assert server.requests <= 2


@pytest.mark.parametrize("page_size", [2, 5, 9, 10])
async def test_the_same_answer_of_one_row_is_a_listing(page_size: int) -> None:
    """Also without a total, because the page is short."""
    server = Simulator([1], total="absent", is_static=True)

    assert await pager_of(server, page_size).collect() == [1]
    assert server.requests <= 2


@pytest.mark.parametrize("count", [2, 9, 10, 29, 99])
async def test_the_same_answer_with_a_row_more_than_its_total_is_a_listing(count: int) -> None:
    """The row was appended between the count and the select, and the short page says that no other follows."""
    server = Simulator(list(range(count)), is_static=True, lag=-1)

    assert await pager_of(server, 100).collect() == server.rows
    assert server.requests <= 2


@pytest.mark.parametrize("lag", [1, 90])
async def test_the_same_answer_with_more_promised_is_an_error(lag: int) -> None:
    """Its other rows cannot be had."""
    server = Simulator(list(range(10)), is_static=True, lag=lag)

    with pytest.raises(RepeatedPageError):
        await pager_of(server, 10).collect()


@pytest.mark.parametrize("total", ["records", "pages", "absent"])
@pytest.mark.parametrize("offset", OFFSETS)
async def test_a_first_page_of_one_row_makes_no_pages_of_one_row(total: Total, offset: Unit) -> None:
    """10 pages of 1,000 rows cost 10,000 requests if the first answer, cut by mistake, is taken for the page size."""

    def cut(server: Simulator, answer: int) -> None:
        server.cap = 1 if answer == 0 else None

    server = Simulator(list(range(10_000)), offset, total, by_asked_limit=True, before_answer=cut)

    assert await pager_of(server, 1000).collect() == server.rows
    assert server.requests <= 16


async def test_a_total_above_all_before_is_checked_once() -> None:
    """It may be a search engine's ceiling. What was checked costs nothing again, nor does a lower total."""
    traits, spent = ListingTraits(), list[int]()
    for count in (57, 40, 40, 60, 60, 50):
        server = Simulator(list(range(count)))
        await pager_of(server, 10, traits).collect()
        spent.append(server.requests - server.pages(10))

    assert spent == [1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("total", ["zero", "absent"])
async def test_an_empty_page_that_is_a_mistake_hides_no_row_later(total: Total, number: int) -> None:
    """Where `offset` counts records, a page that begins with the last known row cannot be empty."""
    traits = ListingTraits()
    for count in (37, 50, 45):
        rows = list(range(count))

        def break_off(server: Simulator, answer: int, all_rows: list[int] = rows) -> None:
            server.rows = [] if answer == number else all_rows

        await pager_of(Simulator(rows, total=total), 10, traits).collect()

        assert await pager_of(Simulator(rows, total=total, before_answer=break_off), 10, traits).collect() == rows


@pytest.mark.parametrize("number", range(1, 5))
async def test_removals_show_where_nothing_counts_rows(number: int) -> None:
    """The others move up, past the walk; the place of the last row tells."""

    def remove(server: Simulator, answer: int) -> None:
        if answer == number:
            del server.rows[2:4]

    server = Simulator(list(range(37)), total="zero", before_answer=remove)

    rows = await pager_of(server, 10).collect()

    assert set(rows) >= set(server.rows)


async def test_insertions_that_make_one_reading_look_like_the_other_are_seen_through() -> None:
    """One row fewer than a page has, twice: the pages of records look like pages that follow each other."""

    def insert(server: Simulator, answer: int) -> None:
        if answer in (2, 4):
            server.rows[:0] = range(1000 * answer, 1000 * answer + 6 + answer // 4)

    server = Simulator(list(range(29)), cap=7, before_answer=insert)

    rows = await pager_of(server, 10).collect()

    assert sorted(rows) == sorted(server.rows)
    assert server.requests <= 2 * 7 + 4


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("more", range(1, 21))
async def test_rows_that_come_before_the_first_capped_page_are_no_repeated_page(offset: Unit, more: int) -> None:
    """The newest rows stand first in many listings, so that the second answer may have the rows of the first."""
    for count in (10, 15, 40):

        def insert(server: Simulator, answer: int) -> None:
            if answer == 1:
                server.rows[:0] = range(1000, 1000 + more)

        server = Simulator(list(range(count)), offset, cap=10, before_answer=insert)

        assert {*server.rows} <= {*await pager_of(server, 30).collect()}, count


@pytest.mark.parametrize("count", [8, 9, 10, 11, 19, 20, 21])
@pytest.mark.parametrize("growth", [1, 2, 3])
@pytest.mark.parametrize("offset", OFFSETS)
async def test_rows_that_come_behind_a_short_page_are_no_page_size(offset: Unit, growth: int, count: int) -> None:
    """A list that grows by as many rows as its pages seem to have would be read for ever."""
    for page_size, lag in product((10, 30), (-1, 0)):
        server = Simulator(list(range(count)), offset, lag=lag, growth=growth)

        assert (await pager_of(server, page_size).collect())[:count] == list(range(count))
        assert server.requests <= 9, server


@pytest.mark.parametrize("total", ["absent", "zero"])
async def test_one_page_of_known_rows_is_no_server_that_does_not_get_on(total: Total) -> None:
    """Rows that were inserted before it push the rows of the last page into the next one, and more."""

    def insert(server: Simulator, answer: int) -> None:
        if answer == 2:
            server.rows[:0] = range(1000, 1011)

    server = Simulator(list(range(45)), "pages", total, before_answer=insert)

    assert await pager_of(server, 10).collect() == list(range(45))


async def test_as_many_rows_missing_as_were_appended_since_are_no_error() -> None:
    """A row that comes while the listing is read again may be counted and not be there yet."""

    def append(server: Simulator, answer: int) -> None:
        if answer == 3:  # all rows were read and found lacking, and one was asked for once more
            server.rows = [1, 0, *range(2, 19), 0, 20]

    server = Simulator([*range(19), 0], before_answer=append)
    known = ListingTraits("records", "records", 10, is_own=True)

    assert {*await pager_of(server, 10, known).collect()} == {*range(19), 20}
