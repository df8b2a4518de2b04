"""A server of one listing under every reading of the documents, and a driver that walks it without a network."""

from collections.abc import Callable, Sequence
from typing import Literal

import attrs

from capillary_async.pagination.readings import Knowledge, OffsetMeans
from capillary_async.pagination.walker import Walker
from capillary_async.pagination.windows import Ask

Answer = tuple[list[int], int | None]


@attrs.define
class Server:
    """Answers like the API, as the switches say.

    Attributes:
        rows: The list, as it is now.
        offset_means: What `offset` counts.
        total_means: What `total` counts.
        cap: The longest page it sends.
        counts_with_asked_limit: Whether page numbers and page counts use the limit asked for, not the capped one.
        holes: Pages, by number, that come empty although the list goes on behind them.
        change: Called after each answer; may change the rows.
    """

    rows: list[int]
    offset_means: OffsetMeans = "records"
    total_means: Literal["records", "pages", "nothing", "missing"] = "records"
    cap: int = 10**9
    counts_with_asked_limit: bool = False
    holes: frozenset[int] = frozenset()
    total_off_by: int = 0
    change: Callable[["Server"], None] = lambda _: None
    asked: list[tuple[int, int]] = attrs.field(factory=list[tuple[int, int]])

    def answer(self, offset: int, limit: int) -> Answer:
        """Return the rows of one page, and the total."""
        self.asked.append((offset, limit))
        size = min(limit, self.cap)
        unit = limit if self.counts_with_asked_limit else size
        start = offset if self.offset_means == "records" else offset * unit
        rows = self._window(start, size)
        total = self._total(unit)
        self.change(self)
        return rows, total

    def _window(self, start: int, size: int) -> list[int]:
        """With holes, the list is stretched: a hole takes a page's positions and has no rows."""
        if not self.holes:
            return self.rows[start : start + size]
        stretched: list[int | None] = []
        for index in range(0, len(self.rows), size):
            while len(stretched) // size in self.holes:
                stretched += [None] * size
            stretched += self.rows[index : index + size]
        return [row for row in stretched[start : start + size] if row is not None]

    def _total(self, unit: int) -> int | None:
        count = len(self.rows) + self.total_off_by
        return {"records": count, "pages": -(-count // unit), "nothing": 0, "missing": None}[self.total_means]


def walk(
    answer: Callable[[int, int], Answer], page_size: int, knowledge: Knowledge | None = None, limit: int = 2000
) -> tuple[list[int], Walker]:
    """Walk to the end; return the rows in the order they were handed out."""
    walker = Walker(page_size, knowledge or Knowledge())
    rows: list[int] = []
    while (ask := walker.ask) is not None:
        assert walker.requests < limit, "the walk does not end"
        keys, total = answer(ask.offset, ask.limit)
        rows += [keys[index] for index in walker.receive(keys, total)]
    return rows, walker


def pages(rows: Sequence[int], size: int) -> int:
    """How many pages the rows fill."""
    return -(-len(rows) // size)


__all__ = ["Ask", "Server", "pages", "walk"]
