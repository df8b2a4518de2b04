"""All small listings under all readings: what goes wrong with a large one goes wrong with a small one first."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, product

import attrs
import pytest

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging import ListingTraits, OffsetUnit
from capillary_async.paging.readings import Claims
from capillary_async.paging.walk import Walk
from tests.paging.oracle import (
    OFFSETS,
    Server,
    TotalKind,
    drive,
    drive_ahead,
    last_row_is,
    outcome,
    pages,
    readings,
    walk,
)

Change = Callable[[list[int]], None]
UNKNOWN: tuple[TotalKind, ...] = ("nothing", "missing")


def page_of(server: Server, page_size: int) -> int:
    """Return the page size that is in force."""
    return min(page_size, server.cap)


@pytest.mark.parametrize("count", range(13))
def test_unchanging_rows_come_once_in_order_and_cheaply(count: int) -> None:
    """The client that never asked, and the one that knows: both get everything, the latter without a request more."""
    for server, page_size in readings(range(count), range(1, 6)):
        size, known = page_of(server, page_size), ListingTraits()
        for times in range(3):
            server.asked.clear()

            rows, _ = walk(server.answer, page_size, known)

            least = pages(rows, size)
            is_exact = times and count % size and count > 2 * size and server.total_unit in ("records", "pages")
            assert rows == server.rows, (server, page_size)
            assert len(server.asked) <= (least if is_exact else least + 4), (server, page_size)
            assert known.offset_unit in (None, server.offset_unit), (server, page_size)
            assert known.total_unit in (None, server.total_unit), (server, page_size)


def test_who_knows_the_readings_sends_no_request_too_many() -> None:
    """Whatever it was that taught them: a listing costs its pages, and one that ends with a full page may cost more."""
    for count in range(1, 13):
        for server, page_size in readings(range(count), range(1, 6)):
            size = page_of(server, page_size)
            if count % size == 0 or server.total_unit in ("nothing", "missing"):
                continue

            walk(server.answer, page_size, server.traits(page_size))

            assert len(server.asked) == pages(server.rows, size), (server, page_size)


@pytest.mark.parametrize("size", [2, 3, 8])
def test_asking_ahead_changes_no_row(size: int) -> None:
    """Whatever was known before, if it is true."""
    for count in range(11):
        for server, page_size in readings(range(count), (1, 2, 4)):
            for known in (ListingTraits(), server.traits(page_size)):
                rows, _ = drive_ahead(Walk(page_size, known), server.answer, size)

                assert rows == server.rows, (server, page_size, known)


def test_a_wrong_prior_about_offsets_is_overridden() -> None:
    """What an earlier walk took for proven yields to evidence, and no row is lost where a total of rows is sent."""
    for count in range(11):
        for server, page_size in readings(range(count), (2, 3, 4)):
            wrong = OFFSETS[server.offset_unit == "records"]
            if server.total_unit != "records":
                continue
            for known in (ListingTraits(wrong), ListingTraits(wrong, "records", page_of(server, page_size))):
                rows = outcome(Walk(page_size, known), server.answer)

                assert rows in (server.rows, IncompleteListingError, RepeatedPageError), (server, page_size)
                if rows != server.rows:
                    assert known == ListingTraits(), "what led astray is forgotten, so the next walk is right"
                    assert walk(server.answer, page_size, known)[0] == server.rows


@pytest.mark.parametrize("every", [1, 2, 3])
def test_rows_that_the_server_sends_twice_come_once(every: int) -> None:
    """A page that begins with the last row of the page before is not the same page moved on by one row.

    Where only tiny pages show it, it cannot be told from a promise that is not kept, so that is an error. And where a
    page of one row comes twice, and no total counts more, that row is the whole listing, as a mock sends it.
    """
    for count in range(10):
        twice = list(chain.from_iterable([row] * (1 + (row % every == every - 1)) for row in range(count)))
        for server, page_size in readings(twice, range(1, 5)):
            for known in (ListingTraits(), server.traits(page_size)):
                rows = outcome(Walk(page_size, known), server.answer)

                assert len(server.asked) <= 5 * (pages(twice, page_of(server, page_size)) + 4)
                is_like_a_mock = page_of(server, page_size) == 1 < page_size and server.total_unit in UNKNOWN
                if rows != list(range(count)) and not (rows == [0] and is_like_a_mock):
                    assert rows is IncompleteListingError
                    assert server.offset_unit == "pages"
                    assert len(twice) <= 2 * page_of(server, page_size) <= 6


def test_rows_behind_an_empty_page_are_found() -> None:
    """An empty page is not the end while rows are promised, nor where nothing is promised and the next has rows."""
    for count, hole in product(range(1, 10), range(1, 5)):
        for server, page_size in readings(range(count), range(1, 5)):
            if server.counts_with_asked_limit or hole >= pages(server.rows, page_of(server, page_size)):
                continue
            server.holes = frozenset([hole])

            rows = outcome(Walk(page_size, ListingTraits()), server.answer)

            if rows != server.rows:  # total counts the hole, too, or is as many as there are rows before it
                # The last known row with nothing behind it, in the same answer, is taken for the end.
                is_closed = server.offset_unit == "records" and server.total_unit in UNKNOWN
                assert rows is IncompleteListingError or server.total_unit == "pages" or is_closed


@pytest.mark.parametrize("is_warm", [True, False])
def test_an_empty_answer_that_is_a_mistake_loses_nothing(*, is_warm: bool) -> None:
    """It is asked for once more. Only the very first is taken at its word, where nothing is promised."""
    for count, hiccup in product(range(10), range(1, 6)):
        for server, page_size in readings(range(count), range(1, 5)):
            server.hiccups = frozenset([hiccup])

            rows = walk(server.answer, page_size, server.traits(page_size) if is_warm else None)[0]

            if rows != server.rows:
                size = page_of(server, page_size)
                # Pages of one row cannot begin with the last known row and have room for more.
                is_blind = server.total_unit in UNKNOWN and (server.offset_unit == "pages" or size == 1)
                # As many pages as the first pages have rows: nothing tells this total from one of records.
                is_ambiguous = server.total_unit == "pages" and not is_warm
                assert is_ambiguous or (is_blind and count - len(rows) <= size), (server, page_size)


@pytest.mark.parametrize("off_by", [-3, -1, 1, 2, 50])
def test_a_total_of_rows_that_is_wrong_is_no_shortfall(off_by: int) -> None:
    """Too much promised is an error, after few requests; too little ends the walk where it was promised to end."""
    for count in range(1, 10):
        for server, page_size in readings(range(count), range(1, 5)):
            if server.total_unit != "records":
                continue
            server.total_off_by = off_by
            known = server.traits(page_size)

            rows = outcome(Walk(page_size, known), server.answer)

            assert len(server.asked) <= pages(server.rows, page_of(server, page_size)) + 4
            if off_by > 0:
                assert rows is IncompleteListingError, (server, page_size)
            elif rows is not IncompleteListingError:
                assert isinstance(rows, list)
                assert len(rows) >= min(count, count + off_by)


@pytest.mark.parametrize("cycle", [1, 2, 3])
def test_a_listing_that_begins_anew_is_an_error(cycle: int) -> None:
    """A server that is stuck, or goes round, is found out after few requests, whatever it promises."""
    for count in range(1, 10):
        for server, page_size in readings(range(count), range(1, 5)):
            size = page_of(server, page_size)
            is_told = size > 1 or server.total_unit in ("nothing", "missing")  # one row may be one sent twice
            if server.offset_unit == "records" or count < (cycle + 1) * size or not is_told:
                continue
            server.cycle = cycle

            for known in (ListingTraits(), server.traits(page_size)):
                server.asked.clear()
                rows = outcome(Walk(page_size, known), server.answer)
                if isinstance(rows, list):  # what came is as much as a total of records would promise
                    is_short = server.total_unit in UNKNOWN and size < page_size
                    assert cycle == 1
                    assert is_short or (server.total_unit == "pages" and len(rows) == pages(server.rows, size))
                assert len(server.asked) <= cycle + 3


def replace(place: int, gone: int, come: int, rows: list[int]) -> None:
    """Change a list."""
    rows[place : place + gone] = range(100, 100 + come)


def changes(count: int) -> Iterator[Change]:
    """Return what may happen to a list between two answers: rows come, or go, at any place."""
    for place, come in product(range(count + 1), (1, 2)):
        yield partial(replace, place, 0, come)
    for place, gone in product(range(count), (1, 2, 4)):
        yield partial(replace, place, gone, 0)


@attrs.frozen
class Once:
    """Lets a change happen after an answer."""

    change: Change
    after: int

    def __call__(self, server: Server) -> None:
        """Count the answers."""
        if len(server.asked) == self.after:
            self.change(server.rows)


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_no_change_makes_a_silent_shortfall(page_size: int, ahead: int) -> None:
    """With a total of rows, every row that was there all the time comes, once and in order; or it is said."""
    for count, offset_unit, after in product(range(1, 8), OFFSETS, range(1, 6)):
        for change, is_warm in product(changes(count), (False, True)):
            server = Server(list(range(count)), offset_unit, change=Once(change, after))
            known = server.traits(page_size) if is_warm else ListingTraits()
            walker = Walk(page_size, known)
            rows = outcome(walker, server.answer, ahead)

            most = range(max(count, len(server.rows)))
            assert ahead > 1 or len(server.asked) <= 2 * pages(most, page_size) + 4, server
            assert known.offset_unit in (None, offset_unit), (server, after, is_warm)
            if isinstance(rows, list):
                stayed = [row for row in server.rows if row < count]
                assert [row for row in rows if row in stayed] == stayed, (server, walker.requests)
                assert len(set(rows)) == len(rows)


def test_inserted_rows_hide_none_whatever_total_counts() -> None:
    """They push others towards the walk, not past it."""
    for count, offset_unit, after in product(range(1, 8), OFFSETS, range(1, 6)):
        for change, total_unit in product(changes(count), UNKNOWN):
            server = Server(list(range(count)), offset_unit, total_unit, change=Once(change, after))

            rows = outcome(Walk(2, server.traits(2)), server.answer)

            if isinstance(rows, list) and len(server.rows) >= count:
                assert [row for row in rows if row < count] == list(range(count))


@pytest.mark.parametrize("page_size", [1, 2, 3])
def test_rows_that_only_places_identify_may_be_equal(page_size: int) -> None:
    """Amounts without a number of their own: two that are equal are two."""
    for count in range(7):
        for rows in product(range(2), repeat=count):
            for server, size in readings(rows, [page_size]):
                declared = server.offset_unit
                walker = Walk(size, ListingTraits(), offset_unit=declared, is_keyed=False)

                assert drive(walker, server.answer)[0] == list(rows), (server, size)
                assert walker.requests <= pages(rows, page_of(server, size)) + 4


def test_a_walk_goes_on_behind_any_row() -> None:
    """With what was known when it broke off, and with nothing; with keys, and without."""
    for count, is_keyed in product(range(1, 8), (True, False)):
        for server, page_size in readings(range(count), (1, 2, 3)):
            declared = None if is_keyed else server.offset_unit
            meanings: set[OffsetUnit | None] = {declared, server.offset_unit}
            for cut, means in product(range(1, count + 1), meanings):
                walker = Walk(page_size, ListingTraits(), offset_unit=declared, is_keyed=is_keyed)
                walker.resume(cut, page_of(server, page_size), means, last_row_is(cut - 1))

                assert drive(walker, server.answer)[0] == server.rows[cut:], (server, page_size, cut, means)


def test_a_walk_goes_on_behind_a_row_that_has_moved() -> None:
    """Rows come and go between two walks: none behind the place is lost, none before it comes again."""
    for count, page_size, offset_unit in product(range(2, 9), (2, 3), OFFSETS):
        for cut, change in product(range(1, count), changes(count)):
            server = Server(list(range(count)), offset_unit)
            change(server.rows)
            walker = Walk(page_size, server.traits(page_size))
            walker.resume(cut, page_size, offset_unit, last_row_is(cut - 1))

            rows = outcome(walker, server.answer)

            if isinstance(rows, list):
                assert [row for row in rows if row < count] == [row for row in server.rows if cut <= row < count]
            else:
                assert rows in (IncompleteListingError, RepeatedPageError)
                assert cut - 1 not in server.rows, (server, page_size, cut)


def test_a_walk_finds_its_row_however_far_it_has_moved() -> None:
    """Half of a listing may be deleted overnight, so the row is looked for up to the end, then from the front."""
    for offset_unit, cut, gone in product(OFFSETS, (26, 30), (5, 20, 24)):
        server = Server(list(range(gone, 30)), offset_unit)
        walker = Walk(3, server.traits(3))
        walker.resume(cut, 3, offset_unit, last_row_is(cut - 1))

        rows, _ = drive(walker, server.answer)

        assert rows == list(range(cut, 30))
        assert walker.requests <= 2 * pages(server.rows, 3) + 4


def test_a_reading_that_changes_leaves_no_gap() -> None:
    """Rows come and go between answers, so the first reading places a page too far behind."""
    server = Server(list(range(15)), "records", "records", 7)
    walker, found = Walk(10, ListingTraits()), list[int]()
    for number in range(1, 30):
        if walker.ask is None:
            break
        keys, total = server.answer(walker.ask.offset, walker.ask.limit)
        found += [keys[index] for index in walker.receive(keys, Claims(total=total))]
        if number == 2:
            server.rows[:0] = [1000, 1001, 1002]
        elif number == 4:
            del server.rows[:3]

    assert [row for row in found if row < 1000] == list(range(15))
