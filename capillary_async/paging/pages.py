"""The iterators that walk a listing, and the pages they hand out."""

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from typing import Any, Final, Generic, Literal, TypeVar

import attrs
from msgspec.structs import replace

from capillary_async.errors import ApiErrorDetail, CapillaryError, InvalidArgumentError
from capillary_async.models.frozen import frozen
from capillary_async.paging.cursor import Cursor
from capillary_async.paging.listing import PageData
from capillary_async.paging.prefetch import PrefetchBuffer
from capillary_async.paging.readings import OffsetUnit
from capillary_async.paging.report import BadRow, PagingReport
from capillary_async.paging.source import PageSource
from capillary_async.paging.steps import PageRequest
from capillary_async.paging.unreadable import UnreadableRow, tell_apart
from capillary_async.paging.walk import Walk
from capillary_async.pipeline.request import InternalValue

T = TypeVar("T")
OnBadRow = Literal["raise", "skip"]
_MOST_WAITS: Final = 4  # a wait that tells nothing costs a round trip; but longer pages are told one by one


class RowList(list[T]):
    """A list of rows that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        return _html_of(self)


def _html_of(rows: Sequence[Any]) -> str:
    from capillary_async.codec.json_text import json_cell  # noqa: PLC0415  (for notebooks alone)
    from capillary_async.tables.html import html_table  # noqa: PLC0415

    return html_table(rows, json_cell)


@frozen
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

    def _repr_html_(self) -> str:
        return _html_of(self.items)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the cursors of all rows: what works them out cannot travel."""
        cursors = tuple([self._behind(count) for count in range(len(self.items) + 1)])
        return Page, (self.items, self.offset, self.limit, self.total, self.warnings, cursors.__getitem__)

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


class TakenRows(InternalValue, Generic[T], frozen=True):
    """The new rows of one answer, and where they stand."""

    items: tuple[T, ...]
    ask: PageRequest
    data: PageData[T]
    new: Sequence[int]  # their places in the answer
    start: int
    unit: OffsetUnit | None
    limit: int

    def place_behind(self, count: int) -> tuple[OffsetUnit | None, int, int, Hashable]:
        """Return the arguments of the cursor behind the first `count` of the rows."""
        index = self.new[count - 1]
        return self.unit, self.limit, self.start + index + 1, self.data.keys[index]


class PageIterator(AsyncIterator[Page[T]], Generic[T]):
    """Walks a listing page by page; between two pages it holds no task and no connection.

    An empty listing has one page, without rows.
    """

    def __init__(self, source: PageSource[T]) -> None:
        """Start where the source says."""
        self._source = source
        self._made_walk: Walk | None = None
        self._whole: PageData[T] | None = None  # a first answer that needs no walk
        self._buffer: PrefetchBuffer[PageData[T]] | None = None
        self._left = source.most_rows
        self._rows = 0
        self._bad_rows: list[BadRow] = []
        self._waits = 0  # for what other walks found out
        # Where the last row stands; as arguments, because cursors cost more than most pages, and few are looked at.
        self._here: tuple[OffsetUnit | None, int, int, Hashable] | None = None

    @property
    def _walk(self) -> Walk:
        """The walk. It is made when something needs it, because most listings end with their first answer."""
        if self._made_walk is None:
            self._made_walk = self._source.new_walk()
            if self._whole is not None:
                self._made_walk.end_with(self._source.listing.limit, self._whole.keys, self._whole.claims)
        return self._made_walk

    @property
    def cursor(self) -> Cursor:
        """The place behind the last row that was handed out."""
        return self._source.cursor_at(self._here)

    @property
    def report(self) -> PagingReport:
        """What the walk was like so far."""
        walk, total, size = self._walk, self._walk.total, self._walk.offsets.size
        return PagingReport(
            requests=walk.requests,
            rows=self._rows,
            duplicates=walk.rows.duplicates,
            first_total=total.first or None,
            last_total=total.last or None,
            page_size=size,
            is_capped=size < self._source.listing.limit and walk.rows.end > size,
            offset_unit=walk.offsets.unit,
            total_unit=total.unit,
            bad_rows=tuple(self._bad_rows),
        )

    def open_buffer(self, size: int) -> PrefetchBuffer[PageData[T]]:
        """Ask for up to `size` pages ahead from now on."""
        self._buffer = PrefetchBuffer(size, self._source.fetch, self._walk.ahead)
        return self._buffer

    async def __anext__(self) -> Page[T]:
        """Return the next page with rows that are new.

        Raises:
            CapillaryError: A request failed, or the pages contradict each other; with `.cursor`.
        """
        before, taken = self._here, await self._next()
        if taken is None:
            raise StopAsyncIteration
        listing, claims = self._source.listing, taken.data.claims
        return Page(
            taken.items,
            taken.ask.offset + listing.first_offset if claims.offset is None else claims.offset,
            taken.ask.limit if claims.limit is None else claims.limit,
            claims.total,
            taken.data.warnings,
            lambda count: self._source.cursor_at(taken.place_behind(count) if count else before),
        )

    async def _next(self) -> TakenRows[T] | None:
        """Return the rows of the next page that has new ones; `None` at the end."""
        try:
            while self._left != 0 and (ask := self._next_request()) is not None:
                if (data := await self._ask(ask)) is None:
                    continue
                taken = self._take(ask, data)
                if taken.items or self._whole is not None or self._walk.requests == 1:
                    return taken
        except CapillaryError as error:
            error.cursor, error.path = self.cursor, error.path or self._source.listing.request.path
            # What lies below holds rows and their keys in its locals; a traceback must not show them.
            raise error.with_traceback(None)  # noqa: B904
        return None

    def _next_request(self) -> PageRequest | None:
        if self._whole is not None:
            return None
        if self._made_walk is None and self._source.start is None:
            return PageRequest(0, self._source.listing.limit, 0)
        return self._walk.ask

    async def _ask(self, ask: PageRequest) -> PageData[T] | None:
        """Return the answer; `None` if another walk's answer may have made the request needless."""
        if self._made_walk is None or not (question := self._made_walk.question):
            return await (self._source if self._buffer is None else self._buffer).fetch(ask)
        scout = self._source.scout
        if self._waits < _MOST_WAITS and await scout.wait(question):
            self._waits += 1
            self._walk.replan()
            return None
        with scout.ask(question):
            return await (self._source if self._buffer is None else self._buffer).fetch(ask)

    def _take(self, ask: PageRequest, data: PageData[T]) -> TakenRows[T]:
        limit, start, unit = ask.limit, 0, None
        if self._source.skips_bad_rows and self._source.listing.is_keyed:
            told = tell_apart(data.keys, self._walk.rows, ask.start, is_open=self._walk.offsets.is_open)
            data = replace(data, keys=told)
        new: Sequence[int]
        if self._made_walk is None and self._source.is_whole(data):
            self._whole, new, unit = data, range(len(data.keys)), self._source.offset_unit
        else:
            walk = self._walk
            new = walk.receive(data.keys, data.claims)
            start, unit, limit = walk.start, walk.offsets.unit, walk.offsets.size
            if self._buffer is not None:
                self._buffer.fill()
        items, new = self._sort_out(data.rows, new, start)
        self._rows += len(items)
        taken = TakenRows(items, ask, data, new, start, unit, limit)
        if len(new):
            self._here = taken.place_behind(len(new))
        return taken

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
