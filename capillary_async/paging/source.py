"""Where the pages of a listing come from."""

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from msgspec import field

from capillary_async.codec import Converter
from capillary_async.errors import ResponseError
from capillary_async.paging.cursor import Cursor, digest
from capillary_async.paging.listing import Listing, PageData, read_page
from capillary_async.paging.prefetch import Scout
from capillary_async.paging.readings import ListingTraits, OffsetUnit
from capillary_async.paging.steps import PageRequest
from capillary_async.paging.walk import Walk
from capillary_async.pipeline.request import InternalValue, Request, Response

T = TypeVar("T")
R = TypeVar("R")
_NO_ROW: Final = "0" * 16
_NO_CONTENT: Final = 204


class Exchange(Protocol):
    """Sends a request and reads the answer, and accounts for both as one call."""

    def __call__(self, request: Request[Any], read: Callable[[Response], R], /) -> Coroutine[Any, Any, R]:
        """Return what `read` makes of the answer."""
        ...


class PageSource(InternalValue, Generic[T], frozen=True):
    """Where the pages of one listing come from, and which of its rows are wanted."""

    shown: ClassVar[tuple[str, ...]] = ("listing", "most_rows", "skips_bad_rows")

    listing: Listing[T]
    _exchange: Exchange
    _converter: Converter
    _traits: ListingTraits
    scout: Scout = field(default_factory=Scout)
    start: Cursor | None = None
    most_rows: int | None = None
    skips_bad_rows: bool = False

    def front(self) -> Cursor:
        """Return the place before the first row that is wanted."""
        if self.start is not None:
            return self.start
        request = self.listing.request
        query = digest((request.path, sorted(request.path_values.items()), request.query))
        return Cursor(query, None, self.listing.limit, 0, _NO_ROW)

    def cursor_at(self, place: tuple[OffsetUnit | None, int, int, Hashable] | None) -> Cursor:
        """Return the place behind a row: what `offset` counts, page size, position and key; `None` is the front."""
        if place is None:
            return self.front()
        offset_unit, limit, position, key = place
        return Cursor(self.front().query, offset_unit, limit, position, digest(key))

    @property
    def offset_unit(self) -> OffsetUnit | None:
        """What `offset` counts, as far as it is known before a walk."""
        return self._traits.offset_unit or self.listing.offset_unit

    def new_walk(self) -> Walk:
        """Begin a walk."""
        listing, start = self.listing, self.start
        walk = Walk(
            listing.limit,
            self._traits,
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

    def is_whole(self, data: PageData[T]) -> bool:
        """Whether a first answer is the whole listing beyond doubt, so that no walk has to judge it."""
        listing, count = self.listing, len(data.keys)
        if self.start is not None or not listing.is_keyed or listing.has_short_pages:
            return False
        is_whole = self._traits.is_whole(count, listing.limit, data.claims, listing.total_unit)
        if not is_whole or len({*data.keys}) != count:
            return False
        self._traits.note_whole(count)
        return True

    async def fetch(self, ask: PageRequest) -> PageData[T]:
        """Ask for one page."""
        try:
            return await self._exchange(self.listing.page(ask), self._read_end if ask.may_end else self._read)
        except ResponseError as error:
            # Some endpoints refuse a page past the end, and not all refusals have a code.
            is_past_end = ask.may_end and error.status in (400, 404)
            if not is_past_end and not set(self.listing.empty_codes).intersection(error.codes):
                raise
        return PageData()

    def _read_end(self, response: Response) -> PageData[T]:
        return PageData() if response.status == _NO_CONTENT else self._read(response)

    def _read(self, response: Response) -> PageData[T]:
        return read_page(self.listing, self._converter, response, skips_bad_rows=self.skips_bad_rows)
