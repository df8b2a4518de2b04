"""What one answer says, and what a walk reports."""

from datetime import UTC
from typing import Any

import pytest

from capillary_async.codec import Converter
from capillary_async.errors import DecodeError, IncompleteListingError, RepeatedPageError
from capillary_async.paging import Listing, ListingTraits, PagingReport
from capillary_async.paging.listing import PageData, read_page
from capillary_async.paging.readings import Claims
from capillary_async.paging.steps import PageRequest
from capillary_async.paging.walk import Walk
from capillary_async.pipeline.request import Request, Response
from tests.paging.oracle import Server, drive, walk
from tests.paging.test_prefetch_and_cursors import FakeExchange, pager_of

LISTING = Listing(Request[int]("/rows", into=int, at="data"), 10, key=lambda row: row)


def page_data_of(document: Any) -> PageData[int]:
    """Read an answer of whole numbers."""
    return read_page(LISTING, Converter(UTC), Response(document))


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (3, 3),
        ("3", 3),
        (-1, -1),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (-(2**63), None),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("٣", None),
        ("three", None),
        (3.0, None),
        (True, None),
        (None, None),
    ],
)
def test_a_number_is_believed_only_if_it_is_one(value: Any, read: int | None) -> None:
    """An offset once came as text, and a total that makes no sense must not end a walk."""
    told = page_data_of({"data": [1], "pagination": {"limit": value, "offset": value, "total": value}})

    assert (told.claims.limit, told.claims.offset, told.claims.total) == (read, read, read)


@pytest.mark.parametrize("pagination", [None, [], "0", 7])
def test_an_answer_may_say_nothing_of_its_pages(pagination: Any) -> None:
    """Some endpoints do not, and its rows count all the same."""
    assert page_data_of({"data": [1, 2], "pagination": pagination}) == PageData((1, 2), [1, 2])
    assert page_data_of({"data": None}) == PageData()


@pytest.mark.parametrize("document", [[], None, {}, {"data": 1}, {"rows": []}])
def test_an_answer_without_rows_is_no_empty_page(document: Any) -> None:
    """Silence about rows is not their absence."""
    with pytest.raises(DecodeError):
        page_data_of(document)


@pytest.mark.parametrize(
    ("document", "message", "location"),
    [
        ([], "expected an object with a page of rows", ""),
        ({"data": 1}, "expected a list of rows at data", "data"),
        ({"data": {"content": []}}, "expected a list of rows at data; the answer has lists at data.content", "data"),
        ({"data": {"919988123456": []}}, "expected a list of rows at data", "data"),
        ({"data": [1, "2"]}, "data[1] should be a whole number, not a text", "data[1]"),
    ],
)
def test_what_cannot_be_read_is_said_and_where(document: Any, message: str, location: str) -> None:
    """Of a page of a hundred rows one is wrong, and somebody has to find it."""
    with pytest.raises(DecodeError) as caught:
        page_data_of(document)

    assert (str(caught.value), caught.value.location) == (message, location)


def test_a_listing_without_a_page_size_sends_limit_and_offset_only_when_it_must() -> None:
    """The documentation of those endpoints knows neither."""
    unpaged = Listing(Request[int]("/rows", into=int, at="data"), None)

    assert unpaged.page(PageRequest(0, 100, 0)).query == ()
    assert unpaged.page(PageRequest(3, 100, 3)).query == (("limit", "100"), ("offset", "3"))
    assert LISTING.page(PageRequest(0, 10, 0)).query == (("limit", "10"), ("offset", "0"))


async def test_a_report_tells_what_was_found_out() -> None:
    """It is what a person reads to see why a listing took as long as it did."""
    server = Server([0, 1, 2, 3, 3, 4, 5, 6, 7], "pages", "records", cap=4)
    walked = pager_of(FakeExchange(server), 10, ListingTraits(None, "records")).pages()

    async for _ in walked:
        pass

    assert walked.report == PagingReport(
        requests=7,  # a row fewer than promised, so all is read once more: the server has one twice
        rows=8,
        duplicates=1,
        first_total=9,
        last_total=9,
        page_size=4,
        is_capped=True,
        offset_unit="pages",
        total_unit="records",
    )


async def test_a_report_tells_by_how_much_the_listing_grew() -> None:
    """Two listings of the same rows may differ, and this is why."""
    server = Server(list(range(20)), change=lambda changed: changed.rows.append(len(changed.rows)))
    walked = pager_of(FakeExchange(server), 10, server.traits(10)).pages()

    async for _ in walked:
        pass

    assert (walked.report.first_total, walked.report.last_total, walked.report.rows) == (20, 22, 22)


async def test_a_report_of_one_page_claims_no_more_than_that() -> None:
    """A single short page is no sign of a cap, and tells nothing of offsets."""
    walked = pager_of(FakeExchange(Server([1, 2, 3])), 10, ListingTraits(None, "records")).pages()

    async for _ in walked:
        pass

    assert (walked.report.is_capped, walked.report.offset_unit, walked.report.total_unit) == (False, None, "records")


@pytest.mark.parametrize(
    ("server", "expected", "received"),
    [
        (Server(list(range(25)), total_off_by=5), 30, 25),
        (Server(list(range(25)), "pages", "pages", total_off_by=20), 41, 25),
    ],
)
def test_an_incomplete_listing_says_what_was_promised(server: Server, expected: int, received: int) -> None:
    """In rows, whatever `total` counts: at least so many."""
    with pytest.raises(IncompleteListingError) as caught:
        walk(server.answer, 10, server.traits(10))

    assert (caught.value.expected, caught.value.received) == (expected, received)
    assert str(caught.value).startswith(f"the server promised {expected} rows or more and sent {received}")


def test_a_repeated_page_says_how_far_it_went() -> None:
    """The message is all that a log has."""
    known = ListingTraits("pages", "records", 10, is_own=True)

    with pytest.raises(RepeatedPageError, match="after 20 rows"):
        walk(Server(list(range(50)), "pages", cycle=2).answer, 10, known)

    assert known == ListingTraits()


def test_a_row_that_is_gone_is_no_place_to_go_on_from() -> None:
    """Rows would be lost or come twice."""
    walker = Walk(5, ListingTraits("records", "records", 5, is_own=True))
    walker.resume(7, 5, "records", lambda key: key == 99)

    with pytest.raises(IncompleteListingError, match="is not in it any more"):
        drive(walker, Server(list(range(20))).answer)


def test_a_walk_that_is_over_takes_no_answer() -> None:
    """It would be an answer to nothing, and prefetching must not ask for more."""
    _, walker = walk(Server([1, 2]).answer, 10)

    assert walker.ahead(5) == []
    with pytest.raises(RuntimeError, match="complete"):
        walker.receive([], Claims(total=0))


def test_pages_are_asked_for_ahead_up_to_the_end_that_is_promised() -> None:
    """A page after the end has no rows, and its request is wasted."""
    walker = Walk(10, ListingTraits("records", "records", 10, is_own=True))

    assert walker.ahead(5) == [PageRequest(0, 10, 0)]
    walker.receive(list(range(10)), Claims(total=31))
    assert [ask.offset for ask in walker.ahead(5)] == [10, 20, 30]
    assert [ask.offset for ask in walker.ahead(2)] == [10, 20]


def test_nothing_is_asked_for_ahead_while_a_surprise_may_come() -> None:
    """Pages that were asked for under a reading that turns out wrong would be thrown away."""
    unknown, resumed = (
        Walk(10, ListingTraits(None, "records")),
        Walk(10, ListingTraits("records", "records", 10, is_own=True)),
    )
    resumed.resume(25, 10, "records", lambda key: key == 25)  # one further than it was

    unknown.receive(list(range(10)), Claims(total=100))
    resumed.receive(list(range(14, 24)), Claims(total=100))

    assert [ask.offset for ask in unknown.ahead(5)] == [1]
    assert [ask.offset for ask in resumed.ahead(5)] == [14]


def test_answers_that_overtook_each_other_end_asking_ahead() -> None:
    """One that is older than the one before it looks like a removal, so the walk goes back, and then one by one."""
    walker = Walk(10, ListingTraits("records", "records", 10, is_own=True))
    walker.ahead(3)
    walker.receive(list(range(10)), Claims(total=40))
    assert len(walker.ahead(3)) == 3
    walker.receive(list(range(10, 20)), Claims(total=50))

    new = walker.receive(list(range(20, 30)), Claims(total=40))

    assert list(new) == []
    assert [ask.offset for ask in walker.ahead(3)] == [9]
    walker.receive(list(range(9, 19)), Claims(total=40))
    assert [ask.offset for ask in walker.ahead(3)] == [19]


async def test_a_closed_prefetch_buffer_fetches_nothing() -> None:
    """No block would end its requests."""
    async with pager_of(FakeExchange(Server([1, 2, 3])), 2).prefetch(2) as rows:
        pass

    with pytest.raises(RuntimeError, match="has ended"):
        await anext(rows)


def test_an_empty_list_may_be_one_page() -> None:
    """A server that counts pages may count the empty one."""
    assert walk(lambda _offset, _limit: ([], 1), 10)[0] == []
    with pytest.raises(IncompleteListingError):
        walk(lambda _offset, _limit: ([], 2), 10)
