"""The lazy listing that users hold."""

from collections.abc import AsyncIterator
from numbers import Integral
from types import TracebackType
from typing import Any, ClassVar, Generic, TypeVar

from msgspec.structs import replace

from capillary_async.codec import json_cell
from capillary_async.errors import InvalidArgumentError
from capillary_async.paging.cursor import Cursor
from capillary_async.paging.listing import Listing
from capillary_async.paging.pages import ItemIterator, OnBadRow, PageIterator, RowList
from capillary_async.paging.source import PageSource
from capillary_async.pipeline.request import InternalValue, ProcessBound

T = TypeVar("T")


class PrefetchContext(Generic[T]):
    """Walks a listing row by row with pages asked for ahead; see `Pager.prefetch`."""

    def __init__(self, pages: PageIterator[T], size: int) -> None:
        """Send nothing yet."""
        self._pages = pages
        self._buffer = pages.open_buffer(size)

    async def __aenter__(self) -> ItemIterator[T]:
        """Return the rows."""
        return ItemIterator(self._pages)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the requests that are under way."""
        await self._buffer.close()


class Pager(ProcessBound, InternalValue, Generic[T], frozen=True):
    """A listing that has not been asked for yet.

    It sends nothing by itself and can be walked any number of times; each walk asks the server anew.

    Attributes:
        listing: What is asked for.
    """

    shown: ClassVar[tuple[str, ...]] = ("listing",)

    listing: Listing[T]
    _source: PageSource[T]

    def _wanting(self, **wanted: Any) -> "Pager[T]":
        return Pager(self.listing, replace(self._source, **wanted))

    def __aiter__(self) -> ItemIterator[T]:
        """Walk the listing row by row; `break` is safe at any row."""
        return ItemIterator(self.pages())

    def pages(self, *, on_bad_row: OnBadRow | None = None) -> PageIterator[T]:
        """Walk the listing page by page, with the server's own words on each page; `on_bad_row` as that method."""
        pager = self if on_bad_row is None else self.on_bad_row(on_bad_row)
        return PageIterator(pager._source)  # noqa: SLF001  (its own class)

    def prefetch(self, size: int, *, on_bad_row: OnBadRow | None = None) -> PrefetchContext[T]:
        """Walk the listing row by row, in order, with pages asked for ahead.

        It works inside `async with`, and leaves nothing under way behind it. How many pages there are
        must be known for asking ahead: until the first answer, and where `total` counts nothing, it
        asks one by one.

        Args:
            size: Pages that are under way or wait, at most.
            on_bad_row: As the method of that name.

        Raises:
            InvalidArgumentError: `size` is not a whole number, or less than 1.
        """
        return PrefetchContext(self.pages(on_bad_row=on_bad_row), _at_least(1, "size", size))

    async def collect(self, limit: int | None = None, *, on_bad_row: OnBadRow | None = None) -> list[T]:
        """Return the rows, or the first `limit` of them.

        Args:
            limit: Rows to return, at most.
            on_bad_row: As the method of that name.

        Raises:
            InvalidArgumentError: `limit` is not a whole number, or negative.
            CapillaryError: A request failed; `.cursor` is the place behind the rows that came before.
        """
        rows: list[T] = RowList()
        pages = self.limit(limit).pages(on_bad_row=on_bad_row)
        try:
            while (taken := await pages._next()) is not None:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
                rows += taken.items  # without making a `Page`
        except BaseException:
            rows, taken = [], None  # the error must not hold rows in its frames
            raise
        return rows

    async def first(self) -> T | None:
        """Return the first row, or `None` when there is none."""
        rows = await self.collect(1)
        return rows[0] if rows else None

    async def to_arrow(self) -> Any:
        """Return the rows as a `pyarrow.Table` (extra `parquet`) with the fixed schema of `capillary_async.tables`.

        Raises:
            TableError: A value does not fit its column; row and path are named. Or the rows' class has no columns.
        """
        from capillary_async.tables.batches import arrow_table  # noqa: PLC0415  (for tables alone)

        return arrow_table(await self.collect(), self.listing.request.into, json_cell)

    def arrow_batches(self, rows: int = 10_000) -> AsyncIterator[Any]:
        """Walk the listing in `pyarrow.RecordBatch`es of that many rows, in bounded memory; see `to_arrow`."""
        from capillary_async.tables.batches import arrow_batches  # noqa: PLC0415  (for tables alone)

        size = _at_least(1, "rows", rows)
        return arrow_batches(aiter(self), self.listing.request.into, json_cell, size)

    def limit(self, rows: int | None) -> "Pager[T]":
        """Return the same listing, of which at most `rows` rows are handed out; no page behind them is asked for.

        Raises:
            InvalidArgumentError: `rows` is not a whole number, or negative.
        """
        if rows is None:
            return self
        count, most = _at_least(0, "limit", rows), self._source.most_rows
        return self._wanting(most_rows=count if most is None else min(count, most))

    def on_bad_row(self, action: OnBadRow) -> "Pager[T]":
        """Return the same listing with a rule for rows that cannot be structured.

        Args:
            action: "raise" ends the walk with a `DecodeError`; "skip" leaves the row out and notes it in
                `report.bad_rows`.

        Raises:
            InvalidArgumentError: There is no such rule.
        """
        if action not in ("raise", "skip"):
            raise InvalidArgumentError(f'on_bad_row must be "raise" or "skip", not {action!r}')
        return self._wanting(skips_bad_rows=action == "skip")

    def resume(self, cursor: Cursor | str) -> "Pager[T]":
        """Return the same listing from behind the cursor's row.

        Args:
            cursor: A cursor, or its text. The server's page size may have changed since.

        Raises:
            InvalidArgumentError: The cursor belongs to another query, or it is no cursor and no cursor's text.
        """
        start = Cursor.parse(cursor) if isinstance(cursor, str) else cursor
        if not isinstance(start, Cursor):
            raise InvalidArgumentError(f"cursor must be a Cursor or its text, not a {type(cursor).__name__}")
        if start.query != self._source.front().query:
            raise InvalidArgumentError(
                f"cursor belongs to another query than this listing of {self.listing.request.path}"
            )
        return self._wanting(start=start)


def _at_least(lowest: int, name: str, value: Any) -> int:
    """Return a count of rows or pages as an `int`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InvalidArgumentError(f"{name} must be a whole number, not a {type(value).__name__}")
    if value < lowest:
        raise InvalidArgumentError(f"{name} must be {lowest} or more, not {value}")
    return int(value)
