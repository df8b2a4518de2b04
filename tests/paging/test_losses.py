"""Lists in which rows once were lost in silence, or an error was raised though nothing was missing."""

from collections.abc import Callable, Mapping
from itertools import product

import pytest

from capillary_async.paging import ListingTraits, OffsetUnit
from capillary_async.paging.walk import Walk
from tests.paging.oracle import OFFSETS, Server, drive, last_row_is
from tests.paging.simulator import Simulator, pager_of

Change = Callable[[Server], None]


def then(changes: Mapping[int, Change]) -> Change:
    """Return what lets changes happen after answers, by their number from 1."""

    def change(server: Server) -> None:
        if (then_change := changes.get(len(server.asked))) is not None:
            then_change(server)

    return change


def insert(place: int, count: int) -> Change:
    """Return what inserts rows."""

    def change(server: Server) -> None:
        first = 1000 + len(server.rows)
        server.rows[place:place] = range(first, first + count)

    return change


def remove(count: int, place: int = 0) -> Change:
    """Return what removes rows."""

    def change(server: Server) -> None:
        del server.rows[place : place + count]

    return change


def append(count: int) -> Change:
    """Return what appends rows."""
    return lambda server: insert(len(server.rows), count)(server)


def shorten(rows: int) -> Change:
    """Return what lets pages be shorter from then on."""

    def change(server: Server) -> None:
        server.cap = rows

    return change


def both(first: Change, second: Change) -> Change:
    """Return what does two things at once."""

    def change(server: Server) -> None:
        first(server)
        second(server)

    return change


def found(server: Server, walker: Walk) -> list[int]:
    """Return the rows that were there from the start, as they came."""
    return [row for row in drive(walker, server.answer)[0] if row < 1000]


@pytest.mark.parametrize("grown", [{1: 6, 2: 20, 3: 10, 5: 5}, {2: 1, 6: 1}])
def test_a_wrong_prior_is_dropped_while_the_list_grows(grown: dict[int, int]) -> None:
    """No row was inserted before the place that was asked for, so a row that is not known there shows the mistake."""
    for count in (4, 8, 23, 89):
        server = Server(
            list(range(count)), "pages", change=then({after: append(rows) for after, rows in grown.items()})
        )

        assert sorted(found(server, Walk(7, ListingTraits("records")))) == list(range(count))


def test_an_empty_listing_proves_no_prior() -> None:
    """It was taken for this client's own, and then no row could contradict it."""
    traits = ListingTraits("pages")
    drive(Walk(4, traits), Server([]).answer)
    server = Server(list(range(152)))

    assert found(server, Walk(4, traits)) == server.rows


def test_a_wrong_prior_contradicts_no_total() -> None:
    """Rows that it places too far behind were more than `total` promised."""
    server = Server(list(range(5)))

    assert found(server, Walk(4, ListingTraits("pages", "pages"))) == server.rows


def test_a_declared_total_is_not_sure_because_of_a_prior() -> None:
    """Seven pages of seven rows are as many as a first page has rows."""
    server = Server(list(range(43)), "pages", "pages")

    assert found(server, Walk(7, ListingTraits("pages", "records"), total_unit="pages")) == server.rows


def test_rows_that_moved_up_leave_no_stale_end() -> None:
    """A shorter page among rows that moved up leaves rows behind it that are not there any more."""
    server = Server(list(range(14)), change=then({1: both(remove(1), shorten(10))}))

    assert found(server, Walk(12, ListingTraits()))[1:] == list(range(1, 14))


def test_a_total_that_falls_while_pages_get_shorter_has_fallen() -> None:
    """Rows that are gone count as rows that came, as long as nothing was removed."""
    changes = {1: remove(1), 3: shorten(10)}
    server = Server(list(range(27)), "pages", cap=15, counts_with_asked_limit=True, change=then(changes))

    assert sorted(found(server, Walk(16, ListingTraits()))) == list(range(27))


def test_a_row_that_comes_while_the_end_is_checked_is_no_error() -> None:
    """The page that checks it has another size, and smaller pages are more pages."""
    server = Server(list(range(9)), "pages", change=then({3: append(1)}))

    assert found(server, Walk(5, ListingTraits("pages", "pages"))) == list(range(9))


def test_inserted_rows_do_not_disprove_a_reading() -> None:
    """Nine rows before the place that was asked for hide the row that was to be there."""
    server = Server(list(range(5)), change=then({2: insert(0, 9)}))

    assert found(server, Walk(2, ListingTraits(), total_unit="records")) == list(range(5))


def test_rows_that_stand_alike_under_both_readings_show_neither() -> None:
    """A page of six from position 36 begins with the second row of one from position 35, whatever `offset` counts."""
    server = Server(list(range(40)), "pages", "nothing")

    assert found(server, Walk(7, ListingTraits())) == server.rows


def test_rows_that_may_have_been_inserted_prove_nothing() -> None:
    """Without a total, shared rows that do not stand in order may have been pushed there."""
    traits, changes = ListingTraits(), {1: both(insert(0, 5), append(2))}
    drive(Walk(9, traits), Server(list(range(8)), "pages", "missing", change=then(changes)).answer)
    server = Server(list(range(36)), "pages", "missing")

    assert found(server, Walk(9, traits)) == server.rows


@pytest.mark.parametrize("unit", OFFSETS)
@pytest.mark.parametrize("prior", OFFSETS)
def test_a_resumed_walk_corrects_a_wrong_reading(unit: OffsetUnit, prior: OffsetUnit) -> None:
    """Its first page does not stand where the wrong reading put it."""
    for count, size, cut in ((15, 5, 6), (33, 10, 12), (34, 4, 12), (9, 2, 5)):
        server = Server(list(range(count)), unit)
        walker = Walk(size, ListingTraits(prior))
        walker.resume(cut, size, unit, last_row_is(cut - 1))

        assert found(server, walker) == list(range(cut, count)), (count, size, cut)


def test_a_cursor_is_in_place_on_pages_that_are_one_row_shorter() -> None:
    """The page then begins one row before, so it does not reach the end."""
    server = Server(list(range(21)), "pages", cap=10)
    walker = Walk(11, ListingTraits("pages", is_own=True))
    walker.resume(12, 11, "pages", last_row_is(11))

    assert found(server, walker) == list(range(12, 21))


def test_rows_before_a_cursor_do_not_come_again() -> None:
    """Rows that are inserted before its row push some of them behind the page on which it was."""
    server = Server(list(range(60)), change=then({1: insert(0, 9)}))
    walker = Walk(8, ListingTraits("records", is_own=True))
    walker.resume(27, 8, "records", last_row_is(26))

    assert found(server, walker) == list(range(27, 60))


def test_a_resumed_walk_goes_back_no_further_than_its_row() -> None:
    """Rows before it are unknown to the walk, and would look new."""
    for cut in range(21, 60):
        server = Server(list(range(65)), "pages", cap=20)
        walker = Walk(29, ListingTraits("pages", "records", 29, is_own=True))
        walker.resume(cut, 29, "pages", last_row_is(cut - 1))

        assert found(server, walker) == list(range(cut, 65)), cut


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("size", [3, 5, 10])
async def test_a_total_of_each_answers_rows_is_no_total_of_pages(offset: OffsetUnit, size: int) -> None:
    """Ten pages of ten rows are as many as each answer has rows."""
    for count in range(size * size, size * size + 2 * size):
        server = Simulator(list(range(count)), offset, "returned")

        assert await pager_of(server, size).collect() == server.rows, count


@pytest.mark.parametrize("offset", OFFSETS)
async def test_a_total_of_each_answers_rows_promises_a_resumed_walk_no_pages(offset: OffsetUnit) -> None:
    """Its first answer ends behind its total, as one of a total of pages would."""
    for count, cut in product((45, 50, 52), range(5, 45, 8)):
        server = Simulator(list(range(count)), offset, "returned")
        items = aiter(pager_of(server, 20))
        first = [await anext(items) for _ in range(cut)]

        rest = await pager_of(server, 20).resume(items.cursor).collect()

        assert first + rest == server.rows, (count, cut)


def test_pages_that_get_shorter_while_a_row_is_removed_lose_no_row() -> None:
    """A page that begins before the rows that were read end is one of the shorter ones, whatever `total` does."""
    server = Server(list(range(195)), "pages", change=then({1: both(remove(1, 20), shorten(10))}))

    assert found(server, Walk(30, ListingTraits("pages", "records", 30, is_own=True))) == list(range(195))


def test_a_list_that_has_fallen_and_grows_again_ends_where_its_total_says() -> None:
    """Rows that came between the count and the select are no reason for rows that are missing."""
    server = Server(list(range(8)), cap=7, change=then({1: remove(5), 2: insert(0, 5)}))

    assert found(server, Walk(10, ListingTraits(), offset_unit="records"))[-3:] == [5, 6, 7]


def test_rows_that_came_before_the_place_of_a_resumed_walk_was_found_come_again() -> None:
    """Rows move up and down meanwhile, so some of those that came on the way stand behind the place."""
    changes = {1: insert(0, 10), 3: remove(12), 4: insert(0, 13)}
    server = Server(list(range(22)), "pages", cap=10, change=then(changes))
    walker = Walk(11, ListingTraits())
    walker.resume(1, 10, "pages", last_row_is(0))

    assert found(server, walker)[-10:] == list(range(12, 22))


def test_pages_that_get_shorter_while_the_walk_goes_back_lose_no_row() -> None:
    """A short page of nothing but known rows, where new ones follow, is one of the shorter pages."""
    server = Server(list(range(177)), "pages", change=then({8: remove(47), 10: shorten(10)}))

    assert sorted(found(server, Walk(20, ListingTraits()))) == list(range(177))


def test_pages_that_get_shorter_while_a_row_is_inserted_before_a_cursor_lose_no_row() -> None:
    """No total of the rows that came says that some of a resumed walk are missing."""
    server = Server(list(range(221)), "pages", change=then({11: both(insert(0, 1), shorten(10))}))
    walker = Walk(20, ListingTraits())
    walker.resume(1, 20, "pages", last_row_is(0))

    assert sorted(found(server, walker)) == list(range(1, 221))


def test_pages_that_get_shorter_while_rows_are_removed_are_read_from_before() -> None:
    """A page that is too early to show how far rows moved up shows that they did."""
    server = Server(list(range(42)), "pages", change=then({1: shorten(20), 2: both(remove(2), shorten(10))}))

    assert sorted(found(server, Walk(21, ListingTraits())))[-40:] == list(range(2, 42))


def test_pages_that_get_shorter_behind_a_cursor_lose_no_row() -> None:
    """Rows that stand before the place of a resumed walk are known, although none of them was handed out."""
    server = Server(list(range(73)), "pages", change=then({3: shorten(17)}))
    walker = Walk(29, ListingTraits())
    walker.resume(28, 29, "pages", last_row_is(27))
    server.rows[0:0] = range(1000, 1031)

    assert sorted(found(server, walker)) == list(range(28, 73))


def test_a_row_inserted_before_a_page_is_not_one_that_was_appended() -> None:
    """A short page of rows that moved on ends no list whose total grew with it."""
    server = Server(list(range(114)), change=then({5: shorten(11), 6: both(shorten(10), insert(0, 1))}))
    walker = Walk(19, ListingTraits())
    walker.resume(1, 19, "records", last_row_is(0))

    assert found(server, walker) == list(range(1, 114))


def test_pages_that_get_shorter_show_rows_that_stand_before_a_cursor() -> None:
    """More rows than the total leaves room for stand somewhere else."""
    server = Server(list(range(241)), "pages", change=then({1: insert(0, 4), 2: shorten(10)}))
    walker = Walk(40, ListingTraits("pages", "records"))
    walker.resume(161, 40, "pages", last_row_is(160))

    assert found(server, walker) == list(range(161, 241))


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize(("before", "now"), [(None, 50), (None, 10), (50, 20), (40, 10), (20, 15)])
async def test_a_full_page_of_the_limit_that_is_echoed_is_not_the_last(
    offset: OffsetUnit, before: int | None, now: int
) -> None:
    """The server's pages got shorter since an earlier listing, and no total says how many rows there are."""
    server = Simulator(list(range(95)), offset, "zero", before, "in force")
    traits = ListingTraits()
    items = aiter(pager_of(server, 100, traits))
    cursors = [items.cursor async for _ in items]
    server.cap = now

    for known, cut in product((traits, ListingTraits()), range(1, 95, 8)):
        rest = await pager_of(server, 100, known).resume(cursors[cut - 1]).collect()

        assert rest == server.rows[cut:], cut
    assert await pager_of(server, 100, traits).collect() == server.rows


@pytest.mark.parametrize(("before", "count", "place"), [(10, 11, 8), (10, 9, 10), (11, 9, 10)])
def test_pages_get_shorter_behind_short_listings(before: int, count: int, place: int) -> None:
    """Rows are inserted before the second answer of a listing whose only page was as long as a whole listing before."""
    traits = ListingTraits()
    found(Server(list(range(before)), "records"), Walk(11, traits))
    server = Server(list(range(11)), "records", cap=10, change=then({1: insert(place, count)}))

    rows = found(server, Walk(11, traits))

    assert {*rows} >= {*range(11)}
