"""The iterators that walk a listing, and the pages they hand out."""

from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

import attrs

from capillary_async.codec import Converter
from capillary_async.errors import CapillaryError, ResponseError
from capillary_async.paging.cursor import Cursor, digest
from capillary_async.paging.listing import Listing, PageData, UnreadableRow, read_page
from capillary_async.paging.page import Page
from capillary_async.paging.prefetch import PrefetchBuffer, Scout
from capillary_async.paging.readings import ListingTraits, OffsetUnit
from capillary_async.paging.report import BadRow, PagingReport
from capillary_async.paging.state import PageRequest
from capillary_async.paging.walk import Walk
from capillary_async.pipeline.request import Request, Response

T = TypeVar("T")
R = TypeVar("R")
_NO_ROW: Final = "0" * 16
_NO_CONTENT: Final = 204


class Exchange(Protocol):
    """Sends a request and reads the answer, and accounts for both as one call."""

    def __call__(self, request: Request[Any], read: Callable[[Response], R], /) -> Coroutine[Any, Any, R]:
        """Return what `read` makes of the answer."""
        ...


@attrs.frozen
class PageSource(Generic[T]):
    """Where the pages of one listing come from.

    Attributes:
        listing: What is asked for.
        traits: What the endpoint's listings have shown.
        scout: Asks for all of them.
        start: The cursor to go on from, or `None`.
        skips_bad_rows: Whether rows that cannot be structured are left out.
    """

    listing: Listing[T]
    _exchange: Exchange = attrs.field(repr=False)
    _converter: Converter = attrs.field(repr=False)
    traits: ListingTraits = attrs.field(repr=False, eq=False)
    scout: Scout = attrs.field(repr=False, eq=False)
    start: Cursor | None = None
    skips_bad_rows: bool = False

    @property
    def front(self) -> Cursor:
        """The place before the first row that is wanted."""
        if self.start is not None:
            return self.start
        request = self.listing.request
        query = digest((request.path, sorted(request.path_values.items()), request.query))
        return Cursor(query, None, self.listing.limit, 0, _NO_ROW)

    def cursor_at(self, offset_unit: OffsetUnit | None, limit: int, position: int, last: Hashable) -> Cursor:
        """Return the place behind a row."""
        return Cursor(self.front.query, offset_unit, limit, position, digest(last))

    def locate(self, error: CapillaryError, cursor: Cursor) -> None:
        """Let an error say where it happened."""
        error.cursor = cursor
        error.path = error.path or self.listing.request.path

    def new_walk(self) -> Walk:
        """Begin a walk."""
        listing, start = self.listing, self.start
        walk = Walk(
            listing.limit,
            self.traits,
            offset_unit=listing.offset_unit,
            total_unit=listing.total_unit,
            is_unpaged=listing.page_size is None,
            is_keyed=listing.is_keyed,
            has_short_pages=listing.has_short_pages,
        )
        if start is not None and start.position:
            limit = min(start.limit, listing.max_page_size or start.limit)
            walk.resume(start.position, limit, start.offset_unit, lambda key: digest(key) == start.last)
        return walk

    async def fetch(self, ask: PageRequest) -> PageData[T]:
        """Ask for one page."""
        try:
            return await self._exchange(self.listing.page(ask), partial(self._read, may_end=ask.may_end))
        except ResponseError as error:
            # Some endpoints refuse a page past the end, and not all refusals have a code.
            is_past_end = ask.may_end and error.status in (400, 404)
            if not is_past_end and not set(self.listing.empty_codes).intersection(error.codes):
                raise
        return PageData()

    def _read(self, response: Response, *, may_end: bool) -> PageData[T]:
        if may_end and response.status == _NO_CONTENT:
            return PageData()
        return read_page(self.listing, self._converter, response, skips_bad_rows=self.skips_bad_rows)


class PageIterator(AsyncIterator[Page[T]], Generic[T]):
    """Walks a listing page by page; between two pages it holds no task and no connection.

    An empty listing has one page, without rows.
    """

    def __init__(self, source: PageSource[T], limit: int | None = None) -> None:
        """Start where the source says.

        Args:
            source: Where the pages come from.
            limit: Rows to hand out, at most.
        """
        self._source = source
        self._walk = source.new_walk()
        self._fetch: Callable[[PageRequest], Coroutine[Any, Any, PageData[T]]] = source.fetch
        self._buffer: PrefetchBuffer[PageData[T]] | None = None
        self._left = limit
        self._rows = 0
        self._bad_rows: list[BadRow] = []
        self._waited: set[str] = set()
        self._has_begun = False
        # A function, because cursors cost more than most pages, and few are ever looked at.
        self._here: Callable[[], Cursor] = lambda: source.front

    @property
    def cursor(self) -> Cursor:
        """The place behind the last row that was handed out."""
        return self._here()

    @property
    def report(self) -> PagingReport:
        """What the walk was like so far."""
        walk = self._walk
        size = walk.offsets.size
        return PagingReport(
            requests=walk.requests,
            rows=self._rows,
            duplicates=walk.rows.duplicates,
            first_total=walk.total.first,
            last_total=walk.total.last,
            page_size=size,
            is_capped=size < self._source.listing.limit and walk.rows.end > size,
            offset_unit=walk.offsets.unit,
            total_unit=walk.total.unit,
            bad_rows=tuple(self._bad_rows),
        )

    def open_buffer(self, size: int) -> PrefetchBuffer[PageData[T]]:
        """Ask for up to `size` pages ahead from now on."""
        self._buffer = PrefetchBuffer(size, self._source.fetch, self._walk.ahead)
        self._fetch = self._buffer.fetch
        return self._buffer

    async def __anext__(self) -> Page[T]:
        """Return the next page with rows that are new.

        Raises:
            CapillaryError: A request failed, or the pages contradict each other; with `.cursor`.
        """
        try:
            while self._left != 0 and (ask := self._walk.ask) is not None:
                data = await self._ask(ask)
                if data is None:
                    continue
                page = self._take(ask, data)
                if page.items or not self._has_begun:
                    self._has_begun = True
                    return page
        except CapillaryError as error:
            self._source.locate(error, self.cursor)
            # What lies below holds rows and their keys in its locals; a traceback must not show them.
            raise error.with_traceback(None)  # noqa: B904
        raise StopAsyncIteration

    async def _ask(self, ask: PageRequest) -> PageData[T] | None:
        """Return the answer; `None` if another walk's answer may have made the request needless."""
        question, scout = self._walk.question, self._source.scout
        if not question:
            return await self._fetch(ask)
        if question not in self._waited and await scout.wait(question):
            self._waited.add(question)
            self._walk.replan()
            return None
        with scout.ask(question):
            return await self._fetch(ask)

    def _take(self, ask: PageRequest, data: PageData[T]) -> Page[T]:
        walk, keys = self._walk, data.keys
        new = walk.receive(keys, data.claims)
        if self._buffer is not None:
            self._buffer.fill()
        start = walk.start
        items, new = self._sort_out(data.rows, new, start)
        self._rows += len(items)
        here, unit, limit, cursor_at = self._here, walk.offsets.unit, walk.offsets.size, self._source.cursor_at

        def behind(count: int) -> Cursor:
            if not count:
                return here()
            index = new[count - 1]
            return cursor_at(unit, limit, start + index + 1, keys[index])

        if len(new):
            self._here = partial(cursor_at, unit, limit, start + new[-1] + 1, keys[new[-1]])
        claims, first = data.claims, self._source.listing.first_offset
        return Page(
            items,
            ask.offset + first if claims.offset is None else claims.offset,
            ask.limit if claims.limit is None else claims.limit,
            claims.total,
            data.warnings,
            behind,
        )

    def _sort_out(self, rows: tuple[Any, ...], new: Sequence[int], start: int) -> tuple[tuple[T, ...], Sequence[int]]:
        """Return the new rows that are handed out, and their places; note those that cannot be."""
        if self._source.skips_bad_rows:
            bad = [index for index in new if isinstance(rows[index], UnreadableRow)]
            self._bad_rows += [BadRow(start + index, rows[index].location) for index in bad]
            new = [index for index in new if index not in bad] if bad else new
        if self._left is not None:
            new = new[: self._left]
            self._left -= len(new)
        return (rows if len(new) == len(rows) else tuple([rows[index] for index in new])), new


class ItemIterator(AsyncIterator[T], Generic[T]):
    """Walks a listing row by row."""

    def __init__(self, pages: PageIterator[T]) -> None:
        """Start where `pages` stands."""
        self._pages = pages
        self._page: Page[T] | None = None
        self._left: list[T] = []  # of the page, in reverse

    @property
    def cursor(self) -> Cursor:
        """The place behind the last row that was handed out."""
        if self._page is None:
            return self._pages.cursor
        return self._page.cursor_behind(len(self._page.items) - len(self._left))

    @property
    def report(self) -> PagingReport:
        """What the walk was like so far; `rows` counts those of a page that is not yet handed out whole."""
        return self._pages.report

    @property
    def is_ready(self) -> bool:
        """Whether the next row is there already, so that `__anext__` waits for nothing."""
        return bool(self._left)

    async def __anext__(self) -> T:
        """Return the next row.

        Raises:
            CapillaryError: As `PageIterator.__anext__`.
        """
        while not self._left:
            self._page = await self._pages.__anext__()
            self._left = list(reversed(self._page.items))
        return self._left.pop()
