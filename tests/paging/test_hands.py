"""What a listing's user can do with it: limits, bad rows, cursors as text, pages and sizes."""

from collections.abc import Callable, Mapping
from datetime import UTC
from operator import attrgetter
from typing import Any, TypeVar

import attrs
import pytest

from capillary_async.codec import Converter
from capillary_async.errors import (
    ApiErrorDetail,
    DecodeError,
    InvalidArgumentError,
    InvalidRequestError,
    UnexpectedResponseError,
)
from capillary_async.paging import BadRow, Cursor, Listing, ListingTraits, Pager, PageSource
from capillary_async.pipeline.request import Request, Response
from tests.paging.simulator import Simulator, Unit, pager_of

R = TypeVar("R")
Answerer = Callable[[Mapping[str, int]], Any]


def pager_over(answer: Answerer, **listing: Any) -> Pager[Any]:
    """Return a pager over what a function answers: a document, or an error."""

    async def exchange(request: Request[Any], read: Callable[[Response], R], /) -> R:
        found = answer({name: int(str(value)) for name, value in request.query})
        if isinstance(found, Exception):
            raise found
        return read(found if isinstance(found, Response) else Response(found))

    into = listing.pop("into", int)
    request = Request[Any]("/rows", into=into, at=listing.pop("at", "data"))
    listing.setdefault("page_size", 10)
    declared = Listing(request, **listing)
    return Pager(declared, PageSource(declared, exchange, Converter(UTC), ListingTraits()))


async def test_a_limit_holds_for_every_way_to_read() -> None:
    """Whoever wants ten rows of a million does not want to pay for more."""
    server = Simulator(list(range(100)))
    pager = pager_of(server, 10).limit(7)

    assert [row async for row in pager] == list(range(7))
    assert await pager.collect() == list(range(7))
    assert await pager.collect(3) == [0, 1, 2]
    assert [page.items async for page in pager.pages()] == [tuple(range(7))]
    assert server.requests == 4
    with pytest.raises(InvalidArgumentError, match=r"^limit must be 0 or more, not -1$"):
        pager.limit(-1)


async def test_a_limited_listing_goes_on_behind_its_last_row() -> None:
    """A cursor behind the page would skip what the limit cut off."""
    pager = pager_of(Simulator(list(range(30))), 10)
    items = aiter(pager.limit(7))
    first = [row async for row in items]

    assert first + await pager.resume(str(items.cursor)).collect() == list(range(30))


async def test_a_cursor_that_was_changed_is_refused() -> None:
    """With another limit the walk would begin on another page."""
    items = aiter(pager_of(Simulator(list(range(30))), 10))
    await anext(items)
    text = str(items.cursor)

    with pytest.raises(InvalidArgumentError, match=r"^cursor was changed"):
        pager_of(Simulator([]), 10).resume(text.replace(".10.", ".11."))
    assert Cursor.parse(text) == items.cursor


async def test_a_bad_row_is_left_out_and_noted() -> None:
    """One row of 100,000 must not end a night's export; its values must not be in a log."""
    pages = pager_over(lambda _: {"data": [1, "anne", 3], "pagination": {"total": 3}}).pages(on_bad_row="skip")

    rows = [row async for page in pages for row in page.items]

    assert rows == [1, 3]
    assert pages.report.bad_rows == (BadRow(1, "data[1]"),)
    assert "anne" not in repr(pages.report)


@pytest.mark.parametrize("offset", ["records", "pages"])
@pytest.mark.parametrize("bad", [{3}, {9, 10}, {3, 13, 14, 24}, set(range(10)), set(range(10, 20))])
@pytest.mark.parametrize("is_alike", [True, False])
async def test_bad_rows_are_noted_once_on_all_pages(offset: Unit, bad: set[int], *, is_alike: bool) -> None:
    """Pages overlap, so that a bad row comes twice; and rows that are alike are still different rows."""
    content: Any = [("anne" if is_alike else f"anne {row}") if row in bad else row for row in range(25)]
    server, traits = Simulator(content, offset), ListingTraits()
    for _ in ("cold", "warm"):
        pages = pager_of(server, 10, traits).pages(on_bad_row="skip")

        rows = [row async for page in pages for row in page.items]

        assert rows == [row for row in range(25) if row not in bad]
        assert [row.position for row in pages.report.bad_rows] == sorted(bad)


async def test_a_bad_row_is_an_error_unless_asked_otherwise() -> None:
    """What is left out without a word is a silent shortfall."""
    pager = pager_over(lambda _: {"data": [1, "anne", 3], "pagination": {"total": 3}})

    with pytest.raises(DecodeError, match=r"data\[1\]"):
        await pager.collect()
    assert await pager.collect(on_bad_row="skip") == [1, 3]
    with pytest.raises(InvalidArgumentError, match="on_bad_row must be"):
        pager.on_bad_row("ignore")  # type: ignore[arg-type]  # that is the point


@attrs.frozen
class Row:
    """A row whose number may be missing."""

    id: int | None = None


def no_rows(_: dict[str, Any]) -> tuple[list[Any], str]:
    """Find no rows in an answer."""
    return [], ""


def itself(row: Any) -> Any:
    """Tell rows apart that are plain numbers."""
    return row


def in_a_list(row: Row) -> Any:
    """Return a key that cannot be hashed."""
    return [row.id]


@pytest.mark.parametrize("key", [attrgetter("id"), attrgetter("nothing"), in_a_list])
async def test_a_row_without_its_key_is_said_with_a_cursor(key: Callable[[Any], Any]) -> None:
    """Rows that cannot be told apart would come twice, or never."""
    document: dict[str, Any] = {"data": [{}], "pagination": {"total": 1}}
    pager = pager_over(lambda _: document, into=Row, key=key)

    with pytest.raises(DecodeError, match="the key that tells them apart") as caught:
        await pager.collect()
    assert caught.value.cursor is not None


@pytest.mark.parametrize("ending", [204, 400, 404])
async def test_a_refusal_behind_the_end_ends_a_listing_without_a_total(ending: int) -> None:
    """Some servers answer so where there is no page."""
    refusals = {
        204: Response(None, 204),
        400: InvalidRequestError("no such page", status=400),
        404: UnexpectedResponseError("no such page", status=404),
    }

    def answer(query: Mapping[str, int]) -> Any:
        return {"data": list(range(10))} if query["offset"] == 0 else refusals[ending]

    assert await pager_over(answer, offset_unit="pages", key=itself).collect() == list(range(10))


async def test_a_refusal_of_a_promised_page_is_an_error() -> None:
    """Otherwise a shortfall would be silent."""

    def answer(query: Mapping[str, int]) -> Any:
        if query["offset"]:
            return InvalidRequestError("no", status=400)
        return {"data": list(range(10)), "pagination": {"total": 25}}

    with pytest.raises(InvalidRequestError):
        await pager_over(answer, offset_unit="pages", key=itself).collect()


@pytest.mark.parametrize("first", [0, 1])
async def test_pages_may_be_counted_from_one_and_end_with_their_count(first: int) -> None:
    """The ledger refuses a page behind the last with an error, so no such page may be requested."""
    asked: list[int] = []

    def answer(query: Mapping[str, int]) -> Any:
        asked.append(query["page"])
        assert query["size"] == 20
        page = query["page"] - first
        if page > 2:
            return InvalidRequestError("", status=400, errors=(ApiErrorDetail(11003, ""),))
        rows = list(range(60))[page * 20 : page * 20 + 20]
        return {"data": {"content": rows}, "details": {"totalEntries": 60, "pageCount": 3}}

    declared: dict[str, Any] = {
        "at": "data.content",
        "total_at": "details.totalEntries",
        "pages_at": "details.pageCount",
        "limit_name": "size",
        "offset_name": "page",
        "offset_unit": "pages",
        "first_offset": first,
    }
    pager = pager_over(answer, page_size=100, max_page_size=20, empty_codes=(11003,), key=itself, **declared)

    assert await pager.collect() == list(range(60))
    assert asked == [first, first + 1, first + 2]


async def test_pages_out_of_which_rows_were_taken_are_not_the_last() -> None:
    """Rewards are filtered after they were paged, and a flag says which page is the last."""

    def answer(query: Mapping[str, int]) -> Any:
        page = query["page"]
        return {"rewards": [row for row in range(page * 10, page * 10 + 10) if row % 3], "dto": {"last": page == 3}}

    pager = pager_over(
        answer,
        at="rewards",
        limit_name="size",
        offset_name="page",
        offset_unit="pages",
        last_at="dto.last",
        has_short_pages=True,
        key=itself,
    )

    assert await pager.collect() == [row for row in range(40) if row % 3]


@pytest.mark.parametrize("document", [{}, [], None])
async def test_an_answer_of_nothing_is_no_empty_listing(document: Any) -> None:
    """Silence about rows is not their absence."""
    with pytest.raises(DecodeError):
        await pager_over(lambda _: document).collect()
    with pytest.raises(DecodeError):
        await pager_over(lambda _: document, find_rows=no_rows).collect()


@pytest.mark.parametrize("count", ["3", 2.5, True, None])
@pytest.mark.parametrize("read", ["collect", "limit", "prefetch", "arrow_batches"])
async def test_a_count_that_is_no_whole_number_is_refused(read: str, count: Any) -> None:
    """Batches of 2.5 rows would never be full, and hold the whole listing in memory."""
    if count is None and read in ("collect", "limit"):
        return  # all rows
    pager: Any = pager_of(Simulator([]), 10)

    with pytest.raises(InvalidArgumentError, match=f"must be a whole number, not a {type(count).__name__}"):
        await getattr(pager, read)(count)


@pytest.mark.parametrize("cursor", [None, 5, b"2.0"])
def test_what_is_no_cursor_is_refused(cursor: Any) -> None:
    """A database may return bytes, or nothing."""
    with pytest.raises(InvalidArgumentError, match=r"^cursor must be a Cursor or its text, not a "):
        pager_of(Simulator([]), 10).resume(cursor)
