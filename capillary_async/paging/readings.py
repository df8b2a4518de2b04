"""What `offset` and `total` may count, and what the listings of one endpoint have shown.

`total` counts records in every sample of the documents, some of their texts say pages, and some servers send a
number that counts nothing: 0, the rows of this answer, or a search engine's ceiling. Both readings stay open until
an answer contradicts one: it had more rows than its own total of records allows, or more pages than its total of
pages. One row more contradicts nothing, because a row may be appended between the server's count and its select.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

import attrs

from capillary_async.pipeline.request import value_object

OffsetUnit = Literal["pages", "records"]
TotalUnit = Literal["pages", "records", "nothing"]
UNITS: Final = ("pages", "records")
_LARGEST: Final = 10**6


@value_object
class Claims:
    """What an answer says of its listing, which may be wrong; `None` where it says nothing usable.

    Attributes:
        limit: Page size.
        offset: Where the page begins.
        total: A number of records, of pages, or of nothing.
        pages: A number of pages, where the documentation leaves no doubt.
        is_last: Whether this is the last page, likewise.
    """

    limit: int | None = None
    offset: int | None = None
    total: int | None = None
    pages: int | None = None
    is_last: bool | None = None


@attrs.define
class ListingTraits:
    """What the listings of one endpoint have shown; all of a client's listings share it.

    Attributes:
        offset_unit: What `offset` counts; `None` while unproven.
        total_unit: What `total` counts; `None` while unproven.
        longest: Rows of the longest page: the server cuts no page to fewer.
        whole: Rows of the longest page that was a whole listing although more rows were asked for.
        is_dense: Whether a listing without a total ended in two empty pages, so that one is enough next time.
        is_tiny: Whether the server's pages are smaller than any in the documents.
        is_own: Whether this client saw it. What was imported is checked where that costs little.
    """

    offset_unit: OffsetUnit | None = None
    total_unit: OffsetUnit | None = None
    longest: int = 0
    whole: int = 0
    is_dense: bool = False
    is_tiny: bool = False
    is_own: bool = attrs.field(default=False, eq=False, repr=False)

    def forget(self) -> None:
        """Drop everything: the server contradicted it."""
        self.offset_unit = self.total_unit = None
        self.longest = self.whole = 0
        self.is_dense = self.is_tiny = False

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, without `is_own`."""
        return attrs.asdict(self, filter=lambda field, value: bool(value) and field.name != "is_own")

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave. What makes no sense counts as unproven, because traits save requests only."""

        def unit(name: str) -> OffsetUnit | None:
            value = saved.get(name)
            return value if value in UNITS else None

        def count(name: str) -> int:
            value = saved.get(name)
            return value if isinstance(value, int) and 0 < value <= _LARGEST else 0

        flags = [saved.get(name) is True for name in ("is_dense", "is_tiny")]
        return cls(unit("offset_unit"), unit("total_unit"), count("longest"), count("whole"), *flags)


@attrs.define
class TotalModel:
    """The totals of one walk.

    Attributes:
        readings: What `total` may count, as far as this walk's answers allow; empty before the first answer.
        first: The first total; `None` when there was none yet, like the next two.
        last: The last total. Zero and less count nothing: the tracker endpoints send 0 beside a full list.
        before: The last total but one.
        has_fallen: Whether a total was lower than the one before it.
    """

    _traits: ListingTraits
    _declared: OffsetUnit | None = None
    readings: set[TotalUnit] = attrs.field(factory=set[TotalUnit])
    first: int | None = None
    last: int | None = None
    before: int | None = None
    has_fallen: bool = False
    _lowest: int = 0
    _size: int = 0  # page size that it was counted with; 0 while that is unknown

    @property
    def known_unit(self) -> OffsetUnit | None:
        """What `total` counts by proof or declaration, unless this walk contradicts it."""
        unit = self._traits.total_unit or self._declared
        return unit if unit in self.readings else None

    @property
    def unit(self) -> TotalUnit | None:
        """What `total` counts; `None` while more than one reading fits."""
        return next(iter(self.readings)) if len(self.readings) == 1 else self.known_unit

    @property
    def rise(self) -> int:
        """How much it rose from its lowest."""
        return (self.last or 0) - self._lowest

    def note(self, total: int | None, size: int, rows: int) -> int:
        """Take the total of an answer; return by how much it changed.

        Args:
            total: As the server said it.
            size: Page size that it was counted with; 0 if that is unknown. Pages of another size are others.
            rows: How many rows the list has at least, by where the answer's rows stand.
        """
        if total is None or total <= 0:
            self.readings = self.readings or {"nothing"}
            return 0
        before, is_comparable = self.last, self._size == size > 0
        self.before, self.last, self._size = before, total, size
        if before is None:
            self.first = self._lowest = total
            self.readings = {"records", "pages"}
            return 0
        if rows > total + 1 and "records" in self.readings:
            self._drop("records", self.known_unit != "pages")
        if "pages" in self.readings and not is_comparable:
            self._lowest = total
            return min(total - before, 0) if self.unit == "pages" else total - before
        self._lowest = min(self._lowest, total)
        is_counting = "records" in self.readings or self.readings == {"pages"}
        self.has_fallen |= is_counting and total < before
        return total - before if is_counting else 0

    def contradict(self, rows: int, pages: int, size: int) -> None:
        """Drop the readings that the last answer contradicts: its rows end so many rows and pages into the list.

        Args:
            rows: How many rows.
            pages: How many pages.
            size: Rows on a page.
        """
        total = self.last
        if total is None:
            return
        if rows > total + 1 and "records" in self.readings:
            # A total that fitted the first answer may be one that lags behind; then it promises nothing any more.
            self._drop("records", self.before is not None and self.known_unit != "pages")
        if self._size == size and pages > total and "pages" in self.readings:
            self._drop("pages", not self.readings - {"pages"})

    def _drop(self, unit: OffsetUnit, may_count_nothing: bool) -> None:  # noqa: FBT001  (private)
        self.readings.discard(unit)
        if may_count_nothing:
            self.readings.add("nothing")
        if self._traits.total_unit == unit:
            self._traits.total_unit = None

    def reached(self, rows: int, pages: int, size: int, *, is_end: bool) -> set[TotalUnit]:
        """Return the readings under which so many rows and pages are all that `total` promises.

        Args:
            rows: How many rows.
            pages: How many pages.
            size: Rows on a page.
            is_end: Whether answers show the end of a list that grew. Only then one row more than an unproven total of
                records is taken for one that was appended between the count and the select.
        """
        total = self.last or 0
        is_full = rows >= total and (rows == total or is_end or self.known_unit == "records")
        has = {"records": is_full, "pages": self._size == size and pages >= total, "nothing": False}
        return {unit for unit in self.readings if has[unit]}

    def settles(self, reached: set[TotalUnit], rows: int) -> bool:
        """Whether a reading that is reached ends the listing although its last page is full.

        A total that lags behind its rows may be a count that stopped, so something else has to show the end.
        """
        unit, total = self.known_unit, self.last or 0
        if unit not in reached:
            return False
        return unit == "pages" or rows == total

    def end(self, size: int, gaps: int) -> int:
        """Return the position up to which every reading promises rows, for pages of `size` rows."""
        total = self.last or 0
        ends: dict[TotalUnit, int] = {"records": total + gaps, "pages": total * size + gaps, "nothing": 0}
        unit = self.known_unit
        return ends[unit] if unit else min((ends[unit] for unit in self.readings), default=0)

    def expected(self, size: int) -> int:
        """Return how many rows are promised at least."""
        total = self.last or 0
        return total if self.unit != "pages" else (total - 1) * size + 1
