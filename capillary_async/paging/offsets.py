"""What `offset` counts, and how long pages are, as far as rows show it."""

from collections.abc import Hashable, Sequence
from typing import Final

from capillary_async.paging.readings import SMALLEST, Claims, ListingTraits, OffsetUnit
from capillary_async.pipeline.request import InternalState

_DISPROOF: Final = 3  # so many rows and one more, moved on by one, count against what this walk has proven


class OffsetModel(InternalState):
    """Turns positions into offsets, and tells from the rows what `offset` counts, and how long pages are."""

    traits: ListingTraits
    size: int  # in force: what was asked for, until a page shows what the server sends
    declared: OffsetUnit | None = None  # what the documentation says that `offset` counts
    unit: OffsetUnit | None = None  # what it counts, as far as is known
    is_proven: bool = False  # by rows of this client; else evidence against it wins
    longest: int = 0  # rows of the longest page
    _longest: int = 0  # likewise, of this walk alone
    _doubts: int = 0
    _is_not_records: bool = False  # a page did not begin with the row that it would begin with

    @property
    def is_open(self) -> bool:
        """Whether it is unknown what `offset` counts, and matters: a page of one row is the same either way."""
        return self.unit is None and self.size > 1

    @property
    def is_prior(self) -> bool:
        """Whether what `offset` counts is to be checked yet."""
        return self.unit not in (None, self.declared) and not self.is_proven and self.size > 1

    def is_short(self, count: int, limit: int, claims: Claims) -> bool:
        """Whether a page is shorter than the server's own page size, so that the rows end there."""
        claimed, is_counted = claims.limit or 0, (claims.total or 0) > 0
        longest = max(self.longest, self.traits.longest)
        if max(SMALLEST, self._longest) <= count == claimed < min(limit, longest) and not is_counted:
            return False  # the page size was lowered since then, and this page is full; a total would tell
        return count < min(limit, self.longest) or self.traits.is_short(count, limit, claimed)

    def measure(self, count: int, limit: int, claims: Claims, *, has_short_pages: bool) -> None:
        """Learn the page size from a page of `count` rows."""
        is_short, claimed = self.is_short(count, limit, claims), claims.limit or 0
        self.longest, self._longest = max(self.longest, count), max(self._longest, count)
        self.traits.longest = max(self.traits.longest, count)
        if count < claimed < limit or (has_short_pages and count == claimed):
            self.size = claimed
        elif count < limit and not is_short and not has_short_pages:
            self.size = count

    def shrink(self, size: int) -> None:
        """Know that pages are shorter than they were."""
        self.size = self.longest = self.traits.longest = size
        self.traits.is_tiny |= size < SMALLEST

    def start_of(self, offset: int, limit: int) -> int:
        """Return the position of the first row at an offset, for pages of `limit` rows."""
        return offset * limit if self.unit == "pages" else offset

    def offset_of(self, position: int, limit: int) -> int:
        """Return the offset of the page that a position is on.

        While it is unknown what `offset` counts, the second offset is 1: under one reading the next page, under the
        other the same rows moved on by one.
        """
        if self.is_open:
            return min(position, 1)
        return position // limit if self.unit == "pages" else position

    def closing(self, end: int, longest: int) -> tuple[int, int]:
        """Return offset and limit of a page that has the row before `end`, and room behind it."""
        if self.is_open or (self.unit == "pages" and end <= longest):
            return (1, self.size - (self.size > 2)) if end == self.size else (0, self.size)
        if self.unit != "pages":
            return end - (self.size > 1), self.size
        longest = min(self.size, max(longest, SMALLEST))
        limit = min(range(longest, longest // 2, -1), key=lambda limit: (end - 1) % limit)
        has_room = (end - 1) % limit < limit - 1
        return (end - has_room) // limit, limit

    def between(self, end: int) -> tuple[int, int]:
        """Return offset and limit of the next page of a second reading, whose ends lie inside pages of the first."""
        size, inside = self.size, max(self.size // 4, 1)
        pages = [(self.offset_of(end, limit), limit) for limit in range(size, size // 2, -1)]
        ends = {self.start_of(*page) + page[1]: page for page in reversed(pages)}
        good = [stop for stop in ends if inside <= stop % size <= size - inside]
        return ends[max(good)] if good else pages[0]

    def prove(self, unit: OffsetUnit) -> None:
        """Know from the rows what `offset` counts."""
        self.unit = self.traits.offset_unit = unit
        self.is_proven = self.traits.is_own = True

    def reject(self, *, is_sure: bool) -> None:
        """Drop a reading that led to no known row, surely if none were inserted; the page behind the first can tell."""
        self._is_not_records = is_sure and self.unit == "records"
        self.unit, self.is_proven = None, False
        self.traits.forget()

    def decide(
        self, before: Sequence[Hashable], keys: Sequence[Hashable], step: int, shift: int, change: int | None
    ) -> bool:
        """Tell from two pages what `offset` counts; return whether that is clear now.

        The second is `step` rows further if `offset` counts records, and `shift` rows if it counts pages.
        `change`: by how much `total` changed; `None` if it counts nothing. Rows that were inserted or removed meanwhile
        can make one reading look like the other, but not twice.
        """
        behind = before[step:]
        is_blurred = bool(change) and 2 * abs(change or 0) >= len(behind)
        shared, common = min(len(behind), len(keys)), len({*before[:shift]}.intersection(keys))
        is_moved_on = shared > 0 and list(behind[:shared]) == list(keys[:shared])
        if self.is_proven:
            is_wrong = self.unit == "pages" and is_moved_on and shared > _DISPROOF and not is_blurred
            if is_wrong:
                self.prove("records")
            return not is_wrong
        if is_blurred and not self._doubts:
            self._doubts, self.unit = 1, None
            return False
        is_most = 2 < common > min(len(behind), shift) // 2
        # If `offset` counts pages, a page has as many rows of the one before as were inserted.
        is_inserted = 0 < common <= (change or 0)
        is_sure = not is_inserted and ((is_moved_on and shared > 1) or (is_most and change is not None))
        is_records = is_sure or is_most or (is_moved_on and not self._is_not_records)  # one row may be there twice
        self.unit = "records" if is_records else "pages"
        if is_sure or (behind and not common and not is_blurred):
            self.prove(self.unit)
        return True
