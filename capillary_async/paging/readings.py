"""What `offset` and `total` may count, and what the listings of one endpoint have shown.

`total` counts records in every sample of the documents, some of their texts say pages, and some servers send a
number that counts nothing: 0, the rows of this answer, or a search engine's ceiling. Both readings stay open until
an answer contradicts one: it had more rows than its own total of records allows, or more pages than its total of
pages. One row more contradicts nothing, because a row may be appended between the server's count and its select.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, Literal, Self

import attrs
from msgspec import field

from capillary_async.pipeline.request import InternalState, InternalValue

OffsetUnit = Literal["pages", "records"]
TotalUnit = Literal["pages", "records", "nothing"]
SMALLEST: Final = 10  # no server's page size is smaller, unless fewer rows were asked for
_LARGEST: Final = 10**6
_NOTHING: Final[AbstractSet[TotalUnit]] = frozenset[TotalUnit](("nothing",))
_COUNTED: Final[AbstractSet[TotalUnit]] = frozenset[TotalUnit](("records", "pages"))


class Claims(InternalValue, frozen=True):
    """What an answer says of its listing, which may be wrong; `None` where it says nothing usable."""

    limit: int | None = None
    offset: int | None = None
    total: int | None = None
    pages: int | None = None  # a number of pages, where the documentation leaves no doubt
    is_last: bool | None = None  # whether this is the last page, likewise


@attrs.define
class ListingTraits:
    """What the listings of one endpoint have shown; all of a client's listings share it."""

    offset_unit: OffsetUnit | None = None  # what `offset` counts; `None` while unproven
    total_unit: OffsetUnit | None = None
    longest: int = 0  # rows of the longest page: the server cuts no page to fewer
    whole: int = 0  # rows of the longest page that was a whole listing although more rows were asked for
    highest_total: int = 0  # the count goes so far; only a higher total may be a search engine's ceiling
    is_dense: bool = False  # no page was empty before the end, so where none is promised an empty one is the end
    is_own_count: bool = False  # each total was the number of rows of its own answer
    is_tiny: bool = False  # the server's pages are smaller than any in the documents
    is_own: bool = attrs.field(default=False, eq=False, repr=False)  # this client saw what `offset` counts

    def is_short(self, count: int, limit: int, claimed: int) -> bool:
        """Whether a page is shorter than the server's own page size, so that the rows end there."""
        if count < claimed < limit or count < min(limit, self.longest):
            return True
        is_few = count < SMALLEST <= limit and not self.is_tiny
        return count < limit and (is_few or count == self.whole == self.longest)

    def is_whole(self, count: int, limit: int, claims: Claims, declared: OffsetUnit | None) -> bool:
        """Whether a first answer is a whole listing beyond doubt, as most are; the steps of a walk would say the same.

        Args:
            count: How many different rows came.
            limit: How many were asked for.
            claims: What the answer says.
            declared: What `total` counts by declaration.
        """
        if claims.total != count or not count or claims.pages is not None or claims.is_last is not None:
            return False
        if (self.total_unit or declared) == "pages":
            return False
        is_known = self.total_unit == "records" and count <= self.highest_total
        return is_known or self.is_short(count, limit, claims.limit or 0)

    def note_whole(self, count: int) -> None:
        """Learn from an answer that is a whole listing."""
        self.longest = max(self.longest, count)
        if self.highest_total < count - 1 <= _LARGEST:
            self.highest_total = count - 1

    def forget(self) -> None:
        """Drop everything: the server contradicted it."""
        self.__init__()  # type: ignore[misc]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, without `is_own`."""
        return attrs.asdict(self, filter=lambda field, value: bool(value) and field.name != "is_own")

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave. What makes no sense counts as unproven, because traits save requests only."""
        units = {name: saved[name] for name in ("offset_unit", "total_unit") if saved.get(name) in ("pages", "records")}
        counts = {name: saved.get(name) for name in ("longest", "whole", "highest_total")}
        usable: dict[str, Any] = {name: n for name, n in counts.items() if isinstance(n, int) and 0 < n <= _LARGEST}
        usable |= {name: True for name in ("is_dense", "is_own_count", "is_tiny") if saved.get(name) is True}
        return cls(**units, **usable)


class TotalModel(InternalState):
    """The totals of one walk. Zero and less count nothing: the tracker endpoints send 0 beside a full list."""

    _traits: ListingTraits
    declared: OffsetUnit | None = None
    readings: AbstractSet[TotalUnit] = frozenset()  # what it may count; empty before the first answer
    first: int = 0
    last: int = 0
    before: int = 0  # the last but one
    has_fallen: bool = False
    size: int = 0  # page size that the last one was counted with
    is_joined: bool = False  # its walk goes on where another ended, so the first answer is another's
    _lowest: dict[int, int] = field(default_factory=dict[int, int])  # by page size

    @property
    def known_unit(self) -> OffsetUnit | None:
        """What `total` counts by proof or declaration, unless this walk contradicts it."""
        unit: OffsetUnit | None = self._traits.total_unit or self.declared
        return unit if unit in self.readings else None

    @property
    def unit(self) -> TotalUnit | None:
        """What `total` counts; `None` while more than one reading fits."""
        return next(iter(self.readings)) if len(self.readings) == 1 else self.known_unit

    @property
    def _others(self) -> list[int]:
        """The lowest totals that say something else. Smaller pages are more pages, so as many pages are the same."""
        last, size, lowest = self.last, self.size, self._lowest
        if len(lowest) < 2 and lowest.get(size) == last:  # most listings have one page size, and do not change
            return []
        is_paged, others = "pages" in self.readings, [item for item in lowest.items() if item[1] != last]
        return [n for old, n in others if not (is_paged and (n - 1) * old < last * size < n * old + size)]

    @property
    def rise(self) -> int:
        """How much it rose from its lowest."""
        return self.last - min([self.last, *self._others])

    @property
    def is_static(self) -> bool:
        """Whether it never changed."""
        return not self._others

    def note(self, total: int | None, size: int, rows: int) -> int:
        """Take a total, counted with a page size by an answer that shows so many rows; return its change.

        Pages of another size are others, so that their number does not tell a change.
        """
        if total is None or total <= 0:
            self.readings = self.readings or _NOTHING
            return 0
        before, is_comparable = self.last, self.size == size
        self.before, self.last, self.size = before, total, size
        self._traits.highest_total = max(self._traits.highest_total, min(total - 1, _LARGEST))
        self._lowest[size] = min(total, self._lowest.get(size, total))
        if not before:
            self.first, self.readings = total, _COUNTED
            return 0
        self.contradict(rows, 0)
        if "records" not in self.readings and (not is_comparable or self.readings != {"pages"}):
            return 0
        self.has_fallen |= total < before
        return total - before

    def ignore(self) -> None:
        """Know that it counts nothing."""
        self.readings, self.last, self.before = _NOTHING, 0, 0
        self._lowest.clear()

    def contradict(self, rows: int, pages: int) -> None:
        """Drop the readings that an answer contradicts: its rows end so many rows and pages into the list."""
        if rows > self.last + 1 and "records" in self.readings:
            # A total that fitted the first answer may be one that lags behind; then it promises nothing any more.
            self._drop("records", may_count_nothing=(self.before > 0 or self.is_joined) and self.known_unit != "pages")
        if pages > self.last and "pages" in self.readings:
            self._drop("pages", may_count_nothing=not self.readings - {"pages"})

    def _drop(self, unit: OffsetUnit, *, may_count_nothing: bool) -> None:
        self.readings = self.readings - {unit} | (_NOTHING if may_count_nothing else frozenset())
        if self._traits.total_unit == unit:
            self._traits.total_unit = None

    def reached(self, rows: int, pages: int, *, is_end: bool) -> set[TotalUnit]:
        """Return the readings under which so many rows and pages are all that `total` promises.

        Only at the end of a list that grew (`is_end`), one row more than an unproven total of records is taken for one
        that was appended between the count and the select.
        """
        is_full = rows >= self.last and (rows == self.last or is_end or self.known_unit == "records")
        has = {"records": is_full, "pages": pages >= self.last, "nothing": False}
        is_sure = self.known_unit is not None and (self.known_unit == self.declared or self._traits.is_own)
        return {unit for unit in self.readings if has[unit] and (unit == self.known_unit or not is_sure)}

    def is_decisive(self, reached: set[TotalUnit], rows: int) -> bool:
        """Whether a reading that is reached ends the listing although its last page is full.

        A total that is higher than all before may be a search engine's ceiling, and one that lags behind its rows a
        count that stopped; then something else has to show the end.
        """
        unit = self.known_unit
        is_checked = unit == self.declared or self.last <= self._traits.highest_total
        return unit in reached and is_checked and (unit == "pages" or rows == self.last)

    def expected(self, size: int, gaps: int = 0) -> int:
        """Return the least position up to which rows are promised, for pages of `size` rows."""
        ends: dict[TotalUnit, int] = {"records": self.last + gaps, "pages": self.last * size + gaps, "nothing": 0}
        known = self.known_unit
        return ends[known] if known else min((ends[unit] for unit in self.readings), default=0)
