"""A server of one listing under every reading of the documents, and a driver that walks it without a network."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import product
from typing import Any, Literal

import attrs

from capillary_async.errors import CapillaryError
from capillary_async.paging.readings import Claims, ListingTraits, OffsetUnit
from capillary_async.paging.steps import PageRequest
from capillary_async.paging.walk import Walk

Answer = tuple[list[int], int | None]
TotalKind = Literal["records", "pages", "nothing", "missing"]
TOTALS: tuple[TotalKind, ...] = ("records", "pages", "nothing", "missing")
OFFSETS: tuple[OffsetUnit, ...] = ("records", "pages")


@attrs.define
class Server:
    """Answers like the API, as the switches say.

    Attributes:
        rows: The list, as it is now.
        offset_unit: What `offset` counts.
        total_unit: What `total` counts.
        cap: The longest page it sends.
        counts_with_asked_limit: Whether page numbers and page counts use the limit asked for, not the capped one.
        holes: Pages, by number, that come empty although the list goes on behind them.
        hiccups: Answers, by number, that come empty.
        cycle: After so many pages the first one comes again: 1 is a server that is stuck.
        change: Called after each answer; may change the rows.
    """

    rows: list[int]
    offset_unit: OffsetUnit = "records"
    total_unit: TotalKind = "records"
    cap: int = 10**9
    counts_with_asked_limit: bool = False
    holes: frozenset[int] = frozenset()
    hiccups: frozenset[int] = frozenset()
    cycle: int | None = None
    total_off_by: int = 0
    change: Callable[["Server"], None] = lambda _: None
    asked: list[tuple[int, int]] = attrs.field(factory=list[tuple[int, int]])

    def answer(self, offset: int, limit: int) -> Answer:
        """Return the rows of one page, and the total."""
        self.asked.append((offset, limit))
        size = min(limit, self.cap)
        unit = limit if self.counts_with_asked_limit else size
        start = offset if self.offset_unit == "records" else offset * unit
        if self.cycle is not None:
            start %= self.cycle * size
        rows = [] if len(self.asked) - 1 in self.hiccups else self._page(start, size)
        total = self._total(unit, size)
        self.change(self)
        return rows, total

    def _page(self, start: int, size: int) -> list[int]:
        """With holes, the list is stretched: a hole takes a page's positions and has no rows."""
        return [row for row in self._stretched(size)[start : start + size] if row is not None]

    def _stretched(self, size: int) -> Sequence[int | None]:
        if not self.holes:
            return self.rows
        stretched: list[int | None] = []
        for index in range(0, len(self.rows), size):
            while len(stretched) // size in self.holes:
                stretched += [None] * size
            stretched += self.rows[index : index + size]
        return stretched

    def _total(self, unit: int, size: int) -> int | None:
        """Records are counted without holes, pages with them."""
        records = len(self.rows) + self.total_off_by
        counted = -(-(len(self._stretched(size)) + self.total_off_by) // unit)
        return {"records": records, "pages": counted, "nothing": 0, "missing": None}[self.total_unit]

    def traits(self, page_size: int) -> ListingTraits:
        """Return what a client knows that has walked it before."""
        total_unit = self.total_unit if self.total_unit in ("records", "pages") else None
        return ListingTraits(self.offset_unit, total_unit, min(page_size, self.cap), is_own=True)


def readings(rows: Sequence[int], page_sizes: Sequence[int]) -> Iterator[tuple[Server, int]]:
    """Return servers of the same rows for every combination of readings, each with a page size to ask it with."""
    for page_size, cap, offset_unit, total_unit in product(page_sizes, (10**9, 1, 2, 3, 4), OFFSETS, TOTALS):
        if cap == 10**9:
            yield Server(list(rows), offset_unit, total_unit), page_size
        elif cap < page_size:
            yield Server(list(rows), offset_unit, total_unit, cap), page_size
            yield Server(list(rows), offset_unit, total_unit, cap, counts_with_asked_limit=True), page_size


def walk(
    answer: Callable[[int, int], Answer],
    page_size: int,
    traits: ListingTraits | None = None,
    limit: int = 2000,
    **how: Any,
) -> tuple[list[int], Walk]:
    """Walk to the end; return the rows in the order they were handed out."""
    return drive(Walk(page_size, traits or ListingTraits(), **how), answer, limit)


def drive(walker: Walk, answer: Callable[[int, int], Answer], limit: int = 2000) -> tuple[list[int], Walk]:
    """Walk on to the end; return the rows in the order they were handed out."""
    rows: list[int] = []
    while (ask := walker.ask) is not None:
        assert walker.requests < limit, "the walk does not end"
        keys, total = answer(ask.offset, ask.limit)
        rows += [keys[index] for index in walker.receive(keys, Claims(total=total))]
    return rows, walker


def drive_ahead(walker: Walk, answer: Callable[[int, int], Answer], size: int) -> tuple[list[int], Walk]:
    """Walk on to the end with pages asked for ahead: each is answered as the list was when it was asked for."""
    rows: list[int] = []
    under_way: dict[PageRequest, Answer] = {}
    while (ask := walker.ask) is not None:
        assert walker.requests < 2000, "the walk does not end"
        plan = walker.ahead(size)
        assert plan[0] == ask
        assert len(plan) <= size
        under_way = {each: under_way.get(each) or answer(each.offset, each.limit) for each in plan}
        keys, total = under_way.pop(ask)
        rows += [keys[index] for index in walker.receive(keys, Claims(total=total))]
    return rows, walker


def outcome(walker: Walk, answer: Callable[[int, int], Answer], ahead: int = 1) -> list[int] | type[CapillaryError]:
    """Return the rows of a walk, or the kind of the error it ends with."""
    try:
        return drive_ahead(walker, answer, ahead)[0]
    except CapillaryError as error:
        return type(error)


def last_row_is(row: int) -> Callable[[Hashable], bool]:
    """Return what a resumed walk finds its place with."""
    return lambda key: key == row


def pages(rows: Sequence[int], size: int) -> int:
    """How many pages the rows fill."""
    return -(-len(rows) // size)


__all__ = [
    "OFFSETS",
    "TOTALS",
    "PageRequest",
    "Server",
    "drive",
    "drive_ahead",
    "last_row_is",
    "outcome",
    "pages",
    "readings",
    "walk",
]
