"""The paging rules, which test the client's paging, must be correct."""

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.sandbox import Listing, ListMutation, Paging
from capillary_async.sandbox.paging import OffsetMeaning, RefusedOffsetError

HONEST = st.builds(
    Paging,
    offset_unit=st.sampled_from(["records", "pages"]),
    total_unit=st.sampled_from(["records", "pages", "dummy", "absent"]),
    page_cap=st.none() | st.integers(1, 50),
    default_limit=st.integers(1, 50),
    fixed_size=st.none() | st.integers(1, 50),
    echo=st.sampled_from(["asked", "in force", "rows", "zero", "absent"]),
    offset_as_text=st.booleans(),
    pagination=st.sampled_from(["sent", "absent", "dummy"]),
)
LIMITS = st.none() | st.integers(1, 60)
COUNTS = st.integers(0, 300)


def read_all(listing: Listing, paging: Paging, limit: int | None) -> list[int]:
    """Read a listing as a client that knows the rules and the number of positions."""
    if paging.pagination == "dummy":
        return list(listing.page(paging, limit, 0).rows)
    size = paging.size(limit)
    step = 1 if paging.offset_unit == "pages" else size
    pages = -(-paging.positions(listing.count) // size)
    return [row for number in range(pages) for row in listing.page(paging, limit, number * step).rows]


@given(paging=HONEST, limit=LIMITS, count=COUNTS)
def test_every_reading_describes_the_same_rows(paging: Paging, limit: int | None, count: int) -> None:
    """The settings must change the form of the pages, not the rows."""
    assert read_all(Listing(count), paging, limit) == list(range(count))


@given(paging=HONEST, limit=LIMITS, count=COUNTS, gap=st.tuples(st.integers(0, 320), st.integers(0, 120)))
def test_a_gap_moves_rows_but_loses_none(paging: Paging, limit: int | None, count: int, gap: tuple[int, int]) -> None:
    """Rows after an empty page must still be readable."""
    with_gap = attrs.evolve(paging, gap=gap)

    assert read_all(Listing(count), with_gap, limit) == list(range(count))


@given(
    paging=HONEST.filter(lambda paging: paging.pagination != "dummy"),
    limit=LIMITS,
    count=COUNTS,
    every=st.integers(1, 40),
)
def test_repeated_rows_come_twice_in_a_row(paging: Paging, limit: int | None, count: int, every: int) -> None:
    """A client that drops the second of two equal rows must have all rows."""
    rows = read_all(Listing(count), attrs.evolve(paging, repeat_every=every), limit)

    assert sorted(set(rows)) == list(range(count))
    assert rows == sorted(rows)
    assert len(rows) == count + count // every


@given(paging=HONEST.filter(lambda paging: paging.pagination == "sent"), limit=LIMITS, count=COUNTS)
def test_total_counts_the_configured_unit(paging: Paging, limit: int | None, count: int) -> None:
    """A wrong total would make tests of the client worthless."""
    pagination = Listing(count).page(paging, limit, 0).pagination
    pages = sum(1 for start in range(0, count, paging.size(limit)) if start < count)
    expected = {"records": count, "pages": pages, "dummy": 0, "absent": None}

    assert (pagination or {}).get("total") == expected[paging.total_unit]


@given(size=st.integers(1, 50), count=COUNTS, offset=st.integers(0, 2**63))
def test_an_offset_of_records_may_start_anywhere(size: int, count: int, offset: int) -> None:
    """A client may send offset 1, or an offset after the end."""
    page = Listing(count).page(Paging(), size, offset)

    assert list(page.rows) == list(range(count))[offset : offset + size]


@pytest.mark.parametrize(
    ("paging", "limit"),
    [
        (Paging(echo="asked", page_cap=40), 100),
        (Paging(echo="in force", page_cap=40), 40),
        (Paging(echo="rows", page_cap=40), 25),
        (Paging(echo="zero", page_cap=40), 0),
        (Paging(echo="absent", page_cap=40), None),
    ],
)
def test_the_echoed_limit_is_a_setting(paging: Paging, limit: int | None) -> None:
    """The documents describe it as the number of events, but the samples show the requested limit."""
    pagination = Listing(25).page(paging, 100, 0).pagination

    assert pagination is not None
    assert pagination.get("limit") == limit


def test_a_cap_may_have_a_warning() -> None:
    """Some endpoints send a warning, so the client must not depend on it."""
    loud, silent = Paging(page_cap=40), Paging(page_cap=40, warn_of_cap=False)

    assert Listing(90).page(loud, 100, 0).capped_at == 40
    assert Listing(90).page(loud, 40, 0).capped_at is None
    assert Listing(90).page(silent, 100, 0).capped_at is None


def test_a_fixed_size_overrides_smaller_and_larger_limits() -> None:
    """Some servers ignore the requested page size."""
    paging = Paging(fixed_size=7)

    assert len(Listing(90).page(paging, 3, 0).rows) == 7
    assert len(Listing(90).page(paging, 50, 0).rows) == 7


def test_pages_may_be_counted_by_the_size_asked_for() -> None:
    """A server may cap pages and still multiply by the limit, so that some rows are on no page."""
    paging = Paging(offset_unit="pages", total_unit="pages", page_cap=4, counts_asked_limit=True)

    page = Listing(25).page(paging, 10, 1)

    assert page.rows == tuple(range(10, 14))
    assert page.pagination == {"limit": 10, "offset": 1, "total": 3}
    assert Listing(25).page(paging, None, 1).rows == tuple(range(4, 8))


def test_a_dummy_pagination_has_zeros() -> None:
    """The tracker endpoints send such a pagination."""
    page = Listing(25).page(Paging(pagination="dummy"), 10, 20)

    assert page.rows == tuple(range(25))
    assert page.pagination == {"limit": 0, "offset": 0, "total": 0}


def test_a_wrong_total_differs_by_total_error() -> None:
    """A client must notice a total that is too large."""
    pagination = Listing(25).page(Paging(total_error=3), 10, 0).pagination

    assert pagination == {"limit": 10, "offset": 0, "total": 28}


def test_a_negative_offset_is_the_first_page_or_refused() -> None:
    """Some endpoints answer with the first page, others with HTTP 400."""
    assert Listing(25).page(Paging(), 10, -3).rows == tuple(range(10))
    with pytest.raises(RefusedOffsetError):
        Listing(25).page(Paging(negative_offset="refused"), 10, -1)


@given(offset=st.integers(0, 400), offset_unit=st.sampled_from(("records", "pages")))
def test_a_stuck_server_always_sends_the_first_page(offset: int, offset_unit: OffsetMeaning) -> None:
    """This is the simplest endless listing."""
    paging = Paging(is_stuck=True, offset_unit=offset_unit)

    assert Listing(25).page(paging, 10, offset).rows == tuple(range(10))


@pytest.mark.parametrize(("offset_unit", "step"), [("records", 10), ("pages", 1)])
def test_a_cycling_server_begins_again(offset_unit: OffsetMeaning, step: int) -> None:
    """The sequence A-B-A-B is missed by a client that compares a page only with the one before."""
    paging = Paging(cycle=2, offset_unit=offset_unit)

    pages = [Listing(45).page(paging, 10, number * step).rows for number in range(6)]

    assert pages[0] != pages[1]
    assert pages == [pages[0], pages[1]] * 3


def test_a_hiccup_makes_a_page_empty_once() -> None:
    """A client must request an empty page again before it believes it."""
    listing, paging = Listing(25), Paging(hiccups=[1])

    first, second = (listing.page(paging, 10, 10) for _ in range(2))

    assert first.rows == ()
    assert first.pagination == second.pagination
    assert second.rows == tuple(range(10, 20))


MOVES: dict[str, Callable[[deque[int]], object]] = {
    "append": lambda model: model.append(model[-1] + 1),
    "prepend": lambda model: model.appendleft(model[0] - 1),
    "drop_first": lambda model: model.popleft(),
    "drop_last": lambda model: model.pop(),
}


@given(moves=st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 20))))
def test_a_row_keeps_its_number_wherever_it_moves(moves: list[tuple[str, int]]) -> None:
    """The number decides on the content, and a moved record must not change."""
    listing, model = Listing(30), deque(range(30))

    for name, rows in moves:
        times = min(rows, len(model) - 1) if name.startswith("drop") else rows
        getattr(listing, name)(times)
        for _ in range(times):
            MOVES[name](model)

    assert list(listing.rows) == list(model)


def test_a_listing_has_at_least_zero_rows() -> None:
    """More rows cannot be dropped than there are."""
    front, back = Listing(3), Listing(3)

    front.drop_first(5)
    back.drop_last(5)

    assert (front.count, back.count) == (0, 0)
    with pytest.raises(ValueError, match="count must not be negative"):
        front.resize(-1)


def test_a_mutation_follows_each_of_the_first_answers() -> None:
    """A client could never finish a listing that grows without end."""
    listing, paging = (
        Listing(10),
        Paging(mutation=ListMutation(append=3, prepend=1, drop_first=2, drop_last=1, times=2)),
    )

    counts = [len(listing.page(paging, 100, 0).rows) for _ in range(4)]

    assert counts == [10, 11, 12, 12]


@pytest.mark.parametrize(
    "wrong",
    [
        {"offset_unit": "rows"},
        {"total_unit": "everything"},
        {"echo": "loud"},
        {"page_cap": 0},
        {"default_limit": 0},
        {"fixed_size": 0},
        {"cycle": 0},
        {"repeat_every": 0},
        {"gap": (-1, 3)},
    ],
)
def test_wrong_rules_are_refused(wrong: dict[str, Any]) -> None:
    """A mistyped setting without effect would make a test that proves nothing."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        attrs.evolve(Paging(), **wrong)


def test_a_static_server_always_sends_the_same_answer() -> None:
    """A mock server ignores limit and offset."""
    rules = Paging(is_static=True, default_limit=10)
    listing = Listing(25)

    pages = [listing.page(rules, limit, offset) for limit, offset in ((5, 0), (5, 5), (100, 0), (None, 99))]

    assert [page.rows for page in pages] == [tuple(range(10))] * 4
    assert pages[1].pagination == {"limit": 10, "offset": 0, "total": 25}
