"""What the server promises with `total`, under every reading of it that its answers allow.

`total` may count records, pages, or nothing. What the answers themselves contradict is ruled out: more
rows than the total of the same answer, and it does not count records; more pages, and it does not count pages.
Rows and total come in one answer, so a list that changes between two answers cannot fool this.
"""

import attrs

from capillary_async.paging.readings import Knowledge, TotalUnit


@attrs.define
class Promise:
    """The totals of one walk.

    Attributes:
        readings: What `total` may count; empty before the first answer.
        first: The first total; `None` when there was none yet, like the next.
        total: The last total. Zero and less promise nothing: the tracker endpoints send 0 beside a full list.
    """

    _knowledge: Knowledge
    _is_unpaged: bool
    readings: set[TotalUnit] = attrs.field(factory=set[TotalUnit])
    first: int | None = None
    total: int | None = None
    _lowest: int = 0
    _is_current: bool = False  # counted with the page size in force

    @property
    def means(self) -> TotalUnit | None:
        """What `total` counts, or `None` while more than one reading is left."""
        return next(iter(self.readings)) if len(self.readings) == 1 else None

    @property
    def rise(self) -> int:
        """How much it rose from its lowest."""
        return (self.total or 0) - self._lowest

    def note(self, total: int | None, *, is_current: bool) -> int:
        """Take the total of an answer; return by how much it changed.

        Args:
            total: As the server said it.
            is_current: Whether the answer was asked for with the page size in force.
        """
        if total is None or total <= 0:
            self.readings = self.readings or {"nothing"}
            return 0
        before, was_current = self.total, self._is_current
        self.total, self._is_current = total, is_current
        if before is None:
            self.first = self._lowest = total
            hearsay = self._knowledge.total_unit
            self.readings = {hearsay} if hearsay else {"records", "pages"}
            return 0
        # Where pages became shorter, there are more of them without any more rows.
        may_be_shorter = "pages" in self.readings and not was_current
        self._lowest = total if may_be_shorter else min(self._lowest, total)
        if self.means == "nothing":
            return 0
        return min(total - before, 0) if may_be_shorter and self.means == "pages" else total - before

    def rule_out(self, rows: int, pages: int) -> None:
        """Drop the readings that the last answer contradicts: its rows end so many rows and pages into the list."""
        total = self.total
        if total is not None and rows > total:
            self._drop("records", "pages")
        if total is not None and self._is_current and pages > total:
            self._drop("pages", "records")

    def _drop(self, wrong: TotalUnit, other: TotalUnit) -> None:
        if wrong not in self.readings:
            return
        self.readings.discard(wrong)
        if self._knowledge.total_unit == wrong:
            self._knowledge.total_unit = None  # it was hearsay, so the other reading is open again
            self.readings.add(other)
        self.readings = self.readings or {"nothing"}

    def is_complete(self, rows: int, pages: int) -> bool:
        """Whether so many rows and pages are all there are, under every reading."""
        if "nothing" in self.readings:
            return self._is_unpaged
        total, is_current = self.total or 0, self._is_current
        return all(rows >= total if means == "records" else is_current and pages >= total for means in self.readings)

    def kept(self, rows: int, pages: int) -> set[TotalUnit]:
        """Return the readings under which the promise is kept, should nothing more come."""
        total = self.total or 0
        says: dict[TotalUnit, bool] = {"records": rows >= total, "pages": pages >= total, "nothing": True}
        return {means for means in self.readings if says[means]}

    def end(self, limit: int, gaps: int) -> int:
        """Return the position up to which every reading promises rows.

        Args:
            limit: Page size in force.
            gaps: Positions that are known to hold no row.
        """
        total = self.total or 0
        ends: dict[TotalUnit, int] = {
            "records": total + gaps,
            "pages": (total + gaps // limit) * limit,
            "nothing": 0,
        }
        return min((ends[means] for means in self.readings), default=0)

    def last_page(self, limit: int) -> int:
        """Return the position of the last page that a reading promises; 0 if none does."""
        return ((self.total or 0) - 1) * limit if "pages" in self.readings else 0

    def expected(self, limit: int) -> int:
        """Return how many rows are promised at least."""
        total = self.total or 0
        return total if self.means != "pages" else (total - 1) * limit + 1

    def learn(self) -> None:
        """Remember what the total was found to count."""
        means = self.means
        if means == "records" or means == "pages":  # noqa: PLR1714  (narrows the type)
            self._knowledge.total_unit = means
