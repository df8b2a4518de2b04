"""What `offset` counts, and how long pages are, as far as rows show it."""

from collections.abc import Hashable, Sequence
from typing import Final

from capillary_async.paging.evidence import SeenRows
from capillary_async.paging.readings import ListingTraits, OffsetUnit
from capillary_async.paging.steps import PageRequest
from capillary_async.pipeline.request import InternalState

SMALLEST: Final = 10  # no server's page size is smaller, unless fewer rows were asked for
_PROOF: Final = 1  # more rows than this, seen again moved on by one, prove that `offset` counts records
_DISPROOF: Final = 3  # the same against what this walk has proven


class OffsetModel(InternalState):
    """Turns positions into offsets, and tells from the rows what `offset` counts, and how long pages are."""

    size: int  # page size in force: what was asked for, until a page shows what the server sends
    unit: OffsetUnit | None  # what `offset` counts
    traits: ListingTraits
    is_proven: bool = False  # by rows of this walk; else it is a prior, and evidence against it wins
    has_short_pages: bool = False
    longest: int = 0  # rows of the longest page
    offset: int | None = None  # of the last answer that had rows
    _limit: int = 0
    _keys: Sequence[Hashable] = ()
    _doubts: int = 0
    _shared: int = 0  # rows that stood again, moved on by one, in the last answers
    _unplaced: tuple[tuple[int, Sequence[Hashable]], ...] = ()  # answers, before it is known where they stand

    def is_short(self, count: int, limit: int, claimed: int) -> bool:
        """Whether a page is shorter than the server's own page size, so that the rows end there."""
        traits, longest = self.traits, max(self.traits.longest, self.longest)
        if count < claimed < limit or count < min(limit, longest):
            return True
        is_few = count < SMALLEST <= limit and not traits.is_tiny
        return count < limit and (is_few or count == traits.whole == traits.longest)

    def measure(self, count: int, limit: int, claimed: int) -> None:
        """Learn the page size from a page of `count` rows."""
        is_short, is_first = self.is_short(count, limit, claimed), not self.longest
        self.longest = max(self.longest, count)
        self.traits.longest = longest = max(self.traits.longest, count)
        if count < claimed < limit or (self.has_short_pages and count == claimed):
            self.size = claimed
        elif count < limit and not is_short and not self.has_short_pages:
            self.size = count
        elif is_short and is_first and longest >= SMALLEST:
            self.size = min(limit, longest)

    @property
    def is_open(self) -> bool:
        """Whether it is unknown what `offset` counts, and matters: a page of one row is the same either way."""
        return self.unit is None and self.size > 1

    @property
    def is_prior(self) -> bool:
        """Whether only a prior says what `offset` counts, and no answer behind the first one has shown it."""
        return self.unit is not None and not self.is_proven and self.size > 1 and self.offset == 0

    def start_of(self, offset: int, limit: int) -> int:
        """Return the position of the first row at an offset, for pages of `limit` rows."""
        return offset * limit if self.unit == "pages" else offset

    def offset_of(self, position: int, limit: int) -> int:
        """Return the offset of the page that a position is on.

        While it is unknown what `offset` counts, that is the offset behind the last answer's: under one reading
        the next page, under the other the same rows moved on by one.
        """
        if self.is_open:
            return 0 if self.offset is None else self.offset + 1
        return position // limit if self.unit == "pages" else position

    def closing(self, end: int, longest: int) -> tuple[int, int]:
        """Return offset and limit of a page that has the row before `end`, and room behind it."""
        if self.is_open or (self.unit == "pages" and end <= longest):
            return (
                (1, self.size - (self.size > 2))
                if self.offset == 0 and end == self.size
                else (self.offset or 0, self.size)
            )
        if self.unit != "pages":
            return end - (self.size > 1), self.size
        longest = min(self.size, max(longest, SMALLEST))
        limits = [limit for limit in range(longest, longest // 2, -1) if (end - 1) % limit < limit - 1]
        limit = min(limits, key=lambda limit: (end - 1) % limit, default=self.size)
        return (end - 1 if limits else end) // limit, limit

    def between(self, end: int) -> tuple[int, int]:
        """Return offset and limit of the next page of a second reading, whose ends lie inside pages of the first."""
        size, inside = self.size, max(self.size // 4, 1)
        pages = [(self.offset_of(end, limit), limit) for limit in range(size, size // 2, -1)]
        ends = {self.start_of(*page) + page[1]: page for page in reversed(pages)}
        good = [stop for stop in ends if inside <= stop % size <= size - inside]
        return ends[max(good)] if good else pages[0]

    def remember(self, offset: int, limit: int, keys: Sequence[Hashable]) -> None:
        """Keep an answer, to compare the next with."""
        if self.is_open or not offset:
            self._unplaced = (*self._unplaced, (offset * limit, keys))
        self.offset, self._limit, self._keys = offset, limit, keys

    def restart(self, *, unit: OffsetUnit | None) -> None:
        """Forget the last answer, because the walk goes back; with another reading where rows contradicted it."""
        self.offset, self._keys, self._shared, self._unplaced = None, (), 0, ()
        self.is_proven = self.is_proven and unit == self.unit
        self.unit = unit

    def prove(self, unit: OffsetUnit, rows: SeenRows) -> None:
        """Know from the rows what `offset` counts; put the answers that came before where they stand."""
        if self.is_open and unit == "pages":
            rows.cut(0)
            for start, keys in self._unplaced:
                rows.put(start, keys)
            rows.high = rows.end
        self.unit = self.traits.offset_unit = unit
        self.is_proven = self.traits.is_own = True
        self._unplaced = ()

    def place(
        self, ask: PageRequest, keys: Sequence[Hashable], rows: SeenRows, change: int, *, can_shrink: bool
    ) -> int:
        """Learn from an answer what `offset` counts, and return the position of its first row."""
        count, offset, limit = len(keys), ask.offset, ask.limit
        start, shifted = self.start_of(offset, limit), offset * count
        is_shorter = 1 < count < limit and can_shrink and rows.is_keyed
        is_shorter = is_shorter and (self.unit == "pages" or (self.unit is None and not change))
        is_shorter = is_shorter and shifted < min(offset * limit, rows.end) and offset * limit - shifted != change
        if is_shorter and rows.stand_at(shifted, keys):
            # All pages are shorter now, so this one begins before the rows that were read end.
            self.prove("pages", rows)
            self.size = count
            return shifted
        if rows.is_keyed:
            is_next = rows.base <= start < rows.end and keys[0] == rows.order[start - rows.base]
            if is_next and self.unit == "records":
                self.prove("records", rows)
            elif unit := self.compare(offset, limit, keys, is_new=rows.are_new(keys), change=change):
                self.prove(unit, rows)
        return self.start_of(offset, limit)

    def compare(
        self, offset: int, limit: int, keys: Sequence[Hashable], *, is_new: bool, change: int
    ) -> OffsetUnit | None:
        """Tell from the last answer and this one what `offset` counts; `None` if the next offset has to tell.

        `is_new`: none of its rows came before. `change`: by how much `total` changed. Pages of another limit are other
        pages, except the first.
        """
        step = 0 if self.offset is None else offset - self.offset
        room = len(self._keys) - step  # rows that both answers have if `offset` counts records
        is_near = step > 0 and room > 0 and (limit == self._limit or not self.offset)
        is_near = is_near and (limit >= len(self._keys) or not change)
        # Rows that were inserted meanwhile can make one reading look like the other, but not twice.
        self._doubts += is_near and change >= room
        is_clear = change < room or self._doubts > 1
        if is_new or not is_near:
            self._shared = 0
            return "pages" if is_near and not self.is_proven and is_clear else None
        shared = overlap(self._keys, keys, step)
        self._shared = self._shared + shared if shared else 0
        if shared:
            return self._weigh(is_full=len(keys) == self.size) if is_clear or change > room else None
        # A page that begins with the last rows of the one before: as many as were inserted, or one that is twice.
        again = max(len(self._keys) - limit, 0) + change or 1
        is_next = 0 < again < self.size and overlap(self._keys, keys, len(self._keys) - again) == again
        if step > 1 or self.is_proven or is_next:
            return "pages" if step == 1 and is_next and not self.is_proven else None
        # Ties that are sorted anew for each request: few of the rows in any order, or most of them.
        common = len(set(keys).intersection(self._keys))
        if change > 0 or room <= _DISPROOF or room // 4 <= common <= room // 2 or common == len(self._keys):
            return None
        return "records" if common > room // 2 else "pages"

    def _weigh(self, *, is_full: bool) -> OffsetUnit | None:
        """Tell what rows prove that stand again, moved on by one: one alone may be one that the server sends twice."""
        if self._shared > (_DISPROOF if self.is_proven else _PROOF):
            return "records"
        if is_full and not self.is_proven and self.offset == 0:
            self.unit = None  # in doubt, whatever the prior: the next offset decides
        return None


def overlap(before: Sequence[Hashable], now: Sequence[Hashable], step: int) -> int:
    """Count the rows that two answers share if the second starts `step` rows behind; 0 if they do not fit."""
    rest = list(before[step:])
    count = min(len(rest), len(now))
    return count if rest[:count] == list(now[:count]) else 0
