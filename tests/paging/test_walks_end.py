"""Every walk ends, whatever the server answers."""

from collections.abc import Callable
from datetime import UTC
from typing import Any, TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capillary_async.codec import Converter
from capillary_async.errors import IncompleteListingError, InvalidRequestError, RepeatedPageError
from capillary_async.paging import Listing, ListingTraits, OffsetUnit, Pager, PageSource
from capillary_async.paging.walk import Walk
from capillary_async.pipeline.request import Request, Response
from tests.paging.oracle import OFFSETS, Answer, Server, drive, outcome, walk

R = TypeVar("R")

totals = st.none() | st.sampled_from([0, -1, 1, 2, 3, 5, 10**12])
known_traits = st.builds(
    ListingTraits, st.sampled_from([None, *OFFSETS]), st.sampled_from([None, *OFFSETS]), st.sampled_from([0, 1, 2, 7])
)


@given(
    st.data(),
    st.integers(1, 6),
    st.integers(1, 4),
    st.sets(st.sampled_from(["full pages", "rising totals"])),
    known_traits,
)
@settings(max_examples=400)
def test_a_walk_over_arbitrary_answers_ends(
    data: st.DataObject, alphabet: int, page_size: int, habits: set[str], known: ListingTraits
) -> None:
    """With few different rows to send, no server keeps a client busy: not even with a total that always rises."""
    count = 0

    def answer(_: int, limit: int) -> Answer:
        nonlocal count
        count += 1
        rows = data.draw(
            st.lists(st.integers(0, alphabet - 1), min_size=limit * ("full pages" in habits), max_size=limit)
        )
        total = data.draw(totals)
        return rows, (total or 0) + count if "rising totals" in habits else total

    walker = Walk(page_size, known, offset_unit=data.draw(st.sampled_from([None, *OFFSETS])))
    if data.draw(st.booleans()):
        place = data.draw(st.integers(1, 9))
        walker.resume(place, page_size, data.draw(st.sampled_from([None, *OFFSETS])), lambda key: key == place)
    outcome(walker, answer, data.draw(st.sampled_from([1, 4])))

    assert walker.requests <= 6 * alphabet + 24


@given(
    st.lists(st.lists(st.integers(0, 2), max_size=3), min_size=1, max_size=6),
    st.sampled_from([0, None, 1, 7, 10**12]),
    st.integers(1, 3),
    st.sampled_from(OFFSETS),
    known_traits,
)
@example([[0]], 0, 1, "records", ListingTraits())
@example([[0]], None, 1, "pages", ListingTraits())
@example([[0]], 10**12, 1, "records", ListingTraits())
@example([[0], []], None, 1, "records", ListingTraits())
@settings(max_examples=400)
def test_a_walk_over_repeating_pages_without_a_key_ends(
    pages: list[list[int]], total: int | None, page_size: int, means: OffsetUnit, known: ListingTraits
) -> None:
    """Rows that may well be equal do not show that the server does not heed `offset`, but it can be asked."""
    asked: list[int] = []

    def answer(offset: int, limit: int) -> Answer:
        asked.append(offset)
        return pages[(len(asked) - 1) % len(pages)][:limit], total

    outcome(Walk(page_size, known, offset_unit=means, is_keyed=False), answer)

    assert len(asked) <= 1100 if [] in pages else len(asked) <= 3 * len(pages) + 8


@pytest.mark.parametrize("total", [0, None, 50, 10**12])
def test_the_same_row_in_every_answer_is_an_error_after_three_requests(total: int | None) -> None:
    """A server that ignores `offset` sends the same single row again, and nothing but its silence would end it."""
    server = Server([7], cycle=1)

    with pytest.raises(RepeatedPageError):
        walk(lambda offset, limit: (server.answer(offset, limit)[0], total), 1, offset_unit="records", is_keyed=False)

    assert server.asked == [(0, 1), (1, 1), (10**9, 1)]


async def test_a_server_may_refuse_to_look_so_far() -> None:
    """Many answer HTTP 400 to an offset behind the end; that shows as well that they heed it."""

    async def exchange(request: Request[Any], read: Callable[[Response], R], /) -> R:
        offset = int(str(dict(request.query)["offset"]))
        if offset > 10:
            raise InvalidRequestError("the API answered HTTP 400", status=400)
        return read(Response({"data": [7] if offset < 4 else []}))

    listing = Listing(Request[int]("/rows", into=int, at="data"), 1, offset_unit="records")

    assert await Pager(listing, PageSource(listing, exchange, Converter(UTC), ListingTraits())).collect() == [
        7,
        7,
        7,
        7,
    ]


def test_equal_pages_are_asked_about_once_in_a_thousand() -> None:
    """A server may begin to repeat itself late; to ask about each page would double the requests."""
    server = Server([7] * 2500)

    rows, walker = walk(server.answer, 1, limit=2510, offset_unit="records", is_keyed=False)

    assert rows == server.rows
    assert [number for number, (offset, _) in enumerate(server.asked) if offset == 10**9] == [2, 1003, 2004]
    assert walker.requests == 2504


def test_a_page_behind_a_gap_that_came_before_is_the_listing_again() -> None:
    """A server that goes round may send nothing in between, also where it is asked whether it heeds `offset`."""
    asked: list[int] = []

    def answer(offset: int, limit: int) -> Answer:
        asked.append(offset)
        return ([1] * limit if offset % 8 == 0 and offset < 10**9 else []), None

    with pytest.raises(RepeatedPageError):
        walk(answer, 4, offset_unit="records", is_keyed=False)

    assert len(asked) <= 6


def test_rows_come_again_without_end_while_the_total_rises() -> None:
    """Rows that are inserted all the time push the same row into every page, until it counts as stuck."""
    server = Server([0, 1])
    server.change = lambda changed: changed.rows.insert(0, -len(changed.asked))
    walker = Walk(1, ListingTraits("records", "records", 1))

    with pytest.raises(RepeatedPageError):
        drive(walker, server.answer)

    assert walker.requests <= 5


@pytest.mark.parametrize("means", OFFSETS)
def test_that_all_rows_are_gone_is_seen_after_three_requests(means: OffsetUnit) -> None:
    """At its place, at the front, and once more behind that: the row to go on from is nowhere."""
    server = Server([], means)
    walker = Walk(2, ListingTraits(means, "records", 2))
    walker.resume(3, 2, means, lambda key: key == 2)

    assert outcome(walker, server.answer) is IncompleteListingError
    assert len(server.asked) == 3
