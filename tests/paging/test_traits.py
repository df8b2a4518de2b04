"""What a walk proves is what later walks start from."""

from collections.abc import Callable

import pytest

from capillary_async.errors import IncompleteListingError
from capillary_async.paging import ListingTraits, OffsetUnit
from capillary_async.paging.readings import Claims
from capillary_async.paging.walk import Walk
from tests.paging.oracle import OFFSETS, Answer, Server, TotalKind, drive, last_row_is, walk


@pytest.mark.parametrize("offset_unit", OFFSETS)
@pytest.mark.parametrize("total_unit", ["records", "pages"])
def test_a_walk_of_some_pages_tells_all(offset_unit: OffsetUnit, total_unit: OffsetUnit) -> None:
    """What it does not write down, each listing of the endpoint would have to find out anew."""
    known = ListingTraits()

    walk(Server(list(range(31)), offset_unit, total_unit, cap=7).answer, 10, known)

    assert (known.offset_unit, known.total_unit, known.longest) == (offset_unit, total_unit, 7)


@pytest.mark.parametrize("total_unit", ["nothing", "missing"])
def test_a_total_of_nothing_teaches_nothing(total_unit: TotalKind) -> None:
    """Another listing of the endpoint may well have a total."""
    known = ListingTraits()

    walk(Server(list(range(31)), "pages", total_unit).answer, 10, known)

    assert (known.offset_unit, known.total_unit, known.longest) == ("pages", None, 10)


def test_a_place_in_a_short_listing_says_nothing_of_longer_pages() -> None:
    """All of a listing's two rows were on its first page; by now it has more, and pages of two would be many."""
    server = Server(list(range(20)))
    walker = Walk(10, ListingTraits())
    walker.resume(2, 2, None, last_row_is(1))

    rows, _ = drive(walker, server.answer)

    assert rows == server.rows[2:]
    assert {limit for _, limit in server.asked} == {10}


@pytest.mark.parametrize("later", [2, 1, 5])
def test_a_total_that_was_found_wrong_is_heeded_no_more(later: int) -> None:
    """There were more rows than it had, and more pages; so it says neither where the end is nor that rows moved."""
    server = Server(list(range(23)))

    def answer(offset: int, limit: int) -> Answer:
        rows, _ = server.answer(offset, limit)
        return rows, 2 if len(server.asked) < 5 else later

    rows, _ = walk(answer, 4)

    assert rows == server.rows
    assert [offset for offset, _ in server.asked] == [0, 1, 5, 8, 11, 15, 19, 23, 22]


def test_a_listing_that_knows_no_paging_costs_one_request() -> None:
    """Nothing in its documentation says that there could be more; a total would."""
    server = Server(list(range(7)), total_unit="missing")

    assert walk(server.answer, 100, is_unpaged=True)[0] == server.rows
    assert server.asked == [(0, 100)]


def test_a_walk_that_goes_on_behind_a_row_leaves_the_front_alone() -> None:
    """Rows that are inserted there are not what was asked for, although the total counts them."""
    server = Server(list(range(8)), change=lambda changed: changed.rows.insert(0, -len(changed.asked)))
    walker = Walk(2, ListingTraits("records", "records", 2, is_own=True))
    walker.resume(4, 2, "records", last_row_is(3))

    rows, _ = drive(walker, server.answer)

    assert rows == [4, 5, 6, 7]
    assert min(offset for offset, _ in server.asked) == 3


def test_a_row_that_came_to_the_front_meanwhile_costs_one_request() -> None:
    """The total rose by one, and one row came twice: so nothing is missing at the end, and one is at the front."""
    server = Server(list(range(9)))

    def insert(changed: Server) -> None:
        if len(changed.asked) == 1:
            changed.rows.insert(0, 100)

    server.change = insert

    rows, _ = walk(server.answer, 3, ListingTraits("records", "records", 3, is_own=True))

    assert rows == [*range(9), 100]
    assert server.asked == [(0, 3), (3, 3), (6, 3), (9, 3), (0, 3)]


def test_traits_come_back_from_what_was_saved() -> None:
    """A new process starts where the last one ended."""
    traits = ListingTraits("pages", "records", 7, 1, 10**6, is_dense=True, is_own_count=True, is_tiny=True)

    assert ListingTraits.from_dict(traits.to_dict()) == traits


@pytest.mark.parametrize(
    "saved",
    [
        {"offset_unit": "rows", "total_unit": 3},
        {"longest": 0, "whole": -1, "highest_total": 10**6 + 1},
        {"longest": "7", "is_dense": 1, "is_own_count": [], "is_tiny": "yes"},
    ],
)
def test_what_makes_no_sense_counts_as_unproven(saved: dict[str, object]) -> None:
    """The file may be of another version, or damaged. Traits only save requests."""
    assert ListingTraits.from_dict(saved) == ListingTraits()


@pytest.mark.parametrize("claims", [Claims(total=5, is_last=False), Claims(total=5, pages=2)])
def test_a_short_first_page_is_not_the_last_if_the_answer_says_so(claims: Claims) -> None:
    """Rows may be left out of a page, and its total may count what is left."""
    walker = Walk(10, ListingTraits("pages", "records", 10, is_own=True), offset_unit="pages")

    walker.receive(range(5), claims)

    assert walker.ask is not None


@pytest.mark.parametrize("total", [None, 0])
def test_a_listing_without_empty_pages_saves_the_next_one_a_request(total: int | None) -> None:
    """Where no `total` says how many rows there are, an empty page may be a mistake, until pages were full."""
    known = ListingTraits()
    walk(Server(list(range(25)), "pages", "missing").answer, 10, known)
    server = Server(list(range(20)), "pages")

    rows, _ = walk(lambda offset, limit: (server.answer(offset, limit)[0], total), 10, known)

    assert rows == server.rows
    assert server.asked == [(0, 10), (1, 10), (2, 10)]


def returned(server: Server) -> Callable[[int, int], Answer]:
    """Return what answers with the number of rows of each answer for a total."""

    def answer(offset: int, limit: int) -> Answer:
        rows, _ = server.answer(offset, limit)
        return rows, len(rows)

    return answer


def test_a_total_of_each_answers_rows_is_known_for_it_later() -> None:
    """A full page with such a total would look like a whole listing again, and be checked with a shorter page."""
    known = ListingTraits()
    walk(returned(Server(list(range(25)))), 10, known)
    server = Server(list(range(25)))

    rows, _ = walk(returned(server), 10, ListingTraits.from_dict(known.to_dict()))

    assert rows == server.rows
    assert known.is_own_count
    assert server.asked == [(0, 10), (9, 10), (18, 10)]


def test_a_total_that_counts_after_all_is_heeded() -> None:
    """The server was mended since; else the missing rows would stay unnoticed."""
    known = ListingTraits("records", is_own=True, is_own_count=True)
    server = Server(list(range(25)), total_off_by=5)

    with pytest.raises(IncompleteListingError):
        walk(server.answer, 10, known)

    assert not known.is_own_count


@pytest.mark.parametrize("offset_unit", OFFSETS)
def test_pages_that_are_smaller_than_any_documented_are_known_later(offset_unit: OffsetUnit) -> None:
    """Until then, each short first page has to be asked for again."""
    known, server = ListingTraits(), Server(list(range(23)), offset_unit, "records", cap=5)
    walk(server.answer, 20, known)
    server.asked.clear()

    rows, _ = walk(server.answer, 20, known)

    assert rows == server.rows
    assert len(server.asked) == 5
