"""The lazy listing that users hold, and the iterators that walk it."""

from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Protocol, TypeVar

import attrs

from capillary_async.codec import Converter
from capillary_async.errors import (
    ApiErrorDetail,
    CapillaryError,
    InvalidArgumentError,
    InvalidRequestError,
    ResponseError,
)
from capillary_async.paging.arrow import arrow_batches, arrow_table
from capillary_async.paging.cursor import Cursor, digest
from capillary_async.paging.listing import Listing, Sheet, read_sheet
from capillary_async.paging.prefetch import Window
from capillary_async.paging.readings import Knowledge, OffsetUnit
from capillary_async.paging.report import PagingReport
from capillary_async.paging.walker import Walker
from capillary_async.paging.windows import Ask
from capillary_async.pipeline.request import Request, Response

T = TypeVar("T")
R = TypeVar("R")
_DEFAULT_LIMIT: Final = 100
_NO_ROW: Final = "0" * 16


class Exchange(Protocol):
    """Sends a request and reads the answer, and accounts for both as one call."""

    def __call__(self, request: Request[Any], read: Callable[[Response], R], /) -> Coroutine[Any, Any, R]:
        """Return what `read` makes of the answer."""
        ...


@attrs.frozen
class Page(Generic[T]):
    """The new rows of one answer.

    Attributes:
        items: Rows that no earlier page had.
        offset: In the server's words, like `limit`; as it was asked for when the server said nothing.
        limit: Page size.
        total: In the server's words; the report tells what it counts. `None` when the server said nothing.
        warnings: The answer's warnings, such as one about a page size that was cut.
    """

    items: tuple[T, ...]
    offset: int
    limit: int
    total: int | None
    warnings: tuple[ApiErrorDetail, ...]
    _behind: Callable[[int], Cursor] = attrs.field(repr=False, eq=False)

    @property
    def cursor(self) -> Cursor:
        """The place behind the page's last row."""
        return self._behind(len(self.items))

    def cursor_behind(self, count: int) -> Cursor:
        """Return the place behind the first `count` rows of the page.

        Raises:
            InvalidArgumentError: The page has fewer rows.
        """
        if not 0 <= count <= len(self.items):
            raise InvalidArgumentError(f"count must be from 0 to {len(self.items)}, not {count}")
        return self._behind(count)


class PageIterator(AsyncIterator[Page[T]], Generic[T]):
    """Walks a listing page by page; between two pages it holds no task and no connection.

    An empty listing has one page, without rows.
    """

    def __init__(self, pager: "Pager[T]", first: Sheet[T] | None = None) -> None:
        """Start where the pager says.

        Args:
            pager: The listing.
            first: The answer to the first request, if it is there already.
        """
        self._pager = pager
        self._walker = pager.new_walker()
        self._fetch: Callable[[Ask], Coroutine[Any, Any, Sheet[T]]] = pager.fetch
        self._first = first
        self._window: Window[Sheet[T]] | None = None
        self._rows = 0
        self._has_begun = False
        # A function, because cursors cost more than most pages, and few are ever looked at.
        self._here: Callable[[], Cursor] = lambda: pager.start

    @property
    def cursor(self) -> Cursor:
        """The place behind the last row that was handed out."""
        return self._here()

    @property
    def report(self) -> PagingReport:
        """What the walk was like so far."""
        walker, windows, promise = self._walker, self._walker.windows, self._walker.promise
        asked = self._pager.listing.page_size or 0
        return PagingReport(
            requests=walker.requests,
            rows=self._rows,
            duplicates=walker.rows.duplicates,
            first_total=promise.first,
            last_total=promise.total,
            page_size=windows.limit,
            is_capped=windows.limit < asked and walker.coverage.end > windows.limit,
            offset_unit=windows.means,
            total_unit=promise.means,
        )

    def open_window(self, size: int) -> Window[Sheet[T]]:
        """Ask for up to `size` pages ahead from now on."""
        self._window = Window(size, self._pager.fetch, self._walker.ahead)
        self._fetch = self._window.fetch
        return self._window

    async def __anext__(self) -> Page[T]:
        """Return the next page with rows that are new.

        Raises:
            CapillaryError: A request failed, or the pages contradict each other; with `.cursor`.
        """
        try:
            while (ask := self._walker.ask) is not None:
                sheet, self._first = self._first or await self._fetch(ask), None
                page = self._take(ask, sheet)
                if page.items or not self._has_begun:
                    self._has_begun = True
                    return page
        except CapillaryError as error:
            self._pager.locate(error, self.cursor)
            # What lies below holds rows and their keys in its locals; a traceback must not show them.
            raise error.with_traceback(None)  # noqa: B904
        raise StopAsyncIteration

    def _take(self, ask: Ask, sheet: Sheet[T]) -> Page[T]:
        walker, rows = self._walker, sheet.rows
        keys = self._pager.keys_of(rows)
        new = walker.receive(keys, sheet.total)
        if self._window is not None:
            self._window.fill()
        self._rows += len(new)
        items = rows if len(new) == len(rows) else tuple([rows[index] for index in new])
        here, means, limit, start = self._here, walker.windows.means, walker.windows.limit, walker.start
        cursor_at = self._pager.cursor_at

        def behind(count: int) -> Cursor:
            if not count:
                return here()
            index = new[count - 1]
            return cursor_at(means, limit, start + index + 1, keys[index])

        if len(new):
            self._here = partial(cursor_at, means, limit, start + new[-1] + 1, keys[new[-1]])
        return Page(
            items,
            ask.offset if sheet.offset is None else sheet.offset,
            ask.limit if sheet.limit is None else sheet.limit,
            sheet.total,
            sheet.warnings,
            behind,
        )


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

    async def __anext__(self) -> T:
        """Return the next row.

        Raises:
            CapillaryError: As `PageIterator.__anext__`.
        """
        while not self._left:
            self._page = await self._pages.__anext__()
            self._left = list(reversed(self._page.items))
        return self._left.pop()


class PrefetchContext(Generic[T]):
    """Walks a listing row by row with pages asked for ahead; see `Pager.prefetch`."""

    def __init__(self, pages: PageIterator[T], size: int) -> None:
        """Send nothing yet."""
        self._pages = pages
        self._window = pages.open_window(size)

    async def __aenter__(self) -> ItemIterator[T]:
        """Return the rows."""
        return ItemIterator(self._pages)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the requests that are under way."""
        await self._window.close()


@attrs.frozen
class Pager(Generic[T]):
    """A listing that has not been asked for yet.

    It sends nothing by itself and can be walked any number of times; each walk asks the server anew.

    Attributes:
        listing: What is asked for.
    """

    listing: Listing[T]
    _exchange: Exchange = attrs.field(repr=False)
    _converter: Converter = attrs.field(repr=False)
    _knowledge: Knowledge = attrs.field(repr=False, eq=False)
    _start: Cursor | None = None

    def __aiter__(self) -> ItemIterator[T]:
        """Walk the listing row by row; `break` is safe at any row."""
        return ItemIterator(self.pages())

    def pages(self) -> PageIterator[T]:
        """Walk the listing page by page, with the server's own words on each page."""
        return PageIterator(self)

    def prefetch(self, size: int) -> PrefetchContext[T]:
        """Walk the listing row by row, in order, with pages asked for ahead.

        It works inside `async with`, and leaves nothing under way behind it. How many pages there are
        must be known for asking ahead: until the first answer, and where `total` counts nothing, it
        asks one by one.

        Args:
            size: Pages that are under way or wait, at most.

        Raises:
            InvalidArgumentError: `size` is less than 1.
        """
        if size < 1:
            raise InvalidArgumentError(f"size must be 1 or more, not {size}")
        return PrefetchContext(self.pages(), size)

    async def collect(self, limit: int | None = None) -> list[T]:
        """Return the rows, or the first `limit` of them.

        Raises:
            InvalidArgumentError: `limit` is negative.
            CapillaryError: A request failed; `.cursor` is the place behind the rows that came before.
        """
        if limit is not None and limit < 0:
            raise InvalidArgumentError(f"limit must be 0 or more, not {limit}")
        if limit == 0:
            return []
        first = None
        if self._start is None:
            first = await self._first_sheet()
            if self._is_whole(first):
                return list(first.rows[:limit])
        rows: list[T] = []
        try:
            async for page in PageIterator(self, first):
                rows += page.items
                if limit is not None and len(rows) >= limit:
                    break
        except BaseException:
            rows, page = [], None  # likewise
            raise
        return rows[:limit]

    async def _first_sheet(self) -> Sheet[T]:
        try:
            return await self.fetch(Ask(0, self.listing.page_size or _DEFAULT_LIMIT, 0))
        except CapillaryError as error:
            self.locate(error, self.start)
            raise

    def _is_whole(self, first: Sheet[T]) -> bool:
        """Whether a first answer is the whole listing beyond doubt, so that no walk is needed to find that out.

        That is what most listings are, and a walk costs as much as all else that is done for such a call. Where
        there is the least doubt, it is for the walk to say.
        """
        rows, key = first.rows, self.listing.key
        if self._knowledge.total_unit != "records" or first.total != len(rows) or not rows:
            return False
        if key is None or len(set(map(key, rows))) < len(rows):
            return False
        self._knowledge.longest = max(self._knowledge.longest, len(rows))
        return True

    async def first(self) -> T | None:
        """Return the first row, or `None` when there is none."""
        rows = await self.collect(1)
        return rows[0] if rows else None

    async def to_arrow(self) -> Any:
        """Return the rows as a `pyarrow.Table` (extra `parquet`) with the fixed schema of `capillary_async.tables`.

        Raises:
            TableError: A value does not fit its column; row and path are named. Or the rows' class has no columns.
        """
        return arrow_table(await self.collect(), self.listing.request.into)

    def arrow_batches(self, rows: int = 10_000) -> AsyncIterator[Any]:
        """Walk the listing in `pyarrow.RecordBatch`es of that many rows, in bounded memory; see `to_arrow`."""
        return arrow_batches(aiter(self), self.listing.request.into, rows)

    def resume(self, cursor: Cursor) -> "Pager[T]":
        """Return the same listing from behind the cursor's row.

        Raises:
            InvalidArgumentError: The cursor belongs to another query.
        """
        if cursor.query != self.start.query:
            raise InvalidArgumentError(
                f"cursor belongs to another query than this listing of {self.listing.request.path}"
            )
        return attrs.evolve(self, start=cursor)

    # For the iterators above

    @property
    def start(self) -> Cursor:
        """Where a walk begins."""
        if self._start is not None:
            return self._start
        request = self.listing.request
        query = digest((request.path, sorted(request.path_values.items()), request.query))
        return Cursor(query, None, self.listing.page_size or _DEFAULT_LIMIT, 0, _NO_ROW)

    def cursor_at(self, offset_unit: OffsetUnit | None, limit: int, position: int, last: Hashable) -> Cursor:
        """Return the place behind a row."""
        return Cursor(self.start.query, offset_unit, limit, position, digest(last))

    def locate(self, error: CapillaryError, cursor: Cursor) -> None:
        """Let an error say where it happened."""
        error.cursor = cursor
        error.path = error.path or self.listing.request.path

    def new_walker(self) -> Walker:
        """Begin a walk."""
        listing, start = self.listing, self._start
        walker = Walker(
            listing.page_size or _DEFAULT_LIMIT,
            self._knowledge,
            declared=listing.offset_unit,
            is_unpaged=listing.page_size is None,
            is_keyed=listing.key is not None or listing.offset_unit is None,
        )
        if start is not None and start.position:
            walker.resume(start.position, start.limit, start.offset_unit, lambda key: digest(key) == start.last)
        return walker

    async def fetch(self, ask: Ask) -> Sheet[T]:
        """Ask for one page."""
        listing, converter = self.listing, self._converter
        try:
            return await self._exchange(listing.page(ask), lambda response: read_sheet(listing, converter, response))
        except ResponseError as error:
            # Some endpoints refuse a page past the end, and not all refusals have a code.
            is_too_far = ask.is_probe and (isinstance(error, InvalidRequestError) or error.status == 400)
            if not is_too_far and not set(listing.empty_codes).intersection(error.codes):
                raise
        return Sheet()

    def keys_of(self, rows: Sequence[T]) -> list[Hashable]:
        """Return what tells the rows apart.

        Without a key that is their content. Where it is known what `offset` counts, it tells whether two answers
        are alike, and no more.
        """
        return list(map(self.listing.key or repr, rows))
