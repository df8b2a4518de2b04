"""What the rows of the answers show: which are new, where they stand, what `offset` counts."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Final

import attrs

from capillary_async.paging.readings import ListingTraits, OffsetUnit

_PROOF: Final = 1  # more rows than this, seen again moved on by one, prove that `offset` counts records
_DISPROOF: Final = 3  # the same against what this walk has proven
_NO_ROW: Final = object()  # stands at a position that holds no row


@attrs.define
class SeenRows:
    """The rows that were read, and their order in the server's list.

    Attributes:
        is_keyed: Whether keys identify rows. Otherwise positions do, and equal rows are different ones.
        order: Key of the row at each position that was read; going back cuts it.
        high: Position behind the last row that ever was read: no row behind it can be known by right.
        gaps: Positions before the end that hold no row.
        duplicates: Rows that came where only new ones should.
        twice: Those of them that one answer had twice, so that the server's list has them twice.
    """

    is_keyed: bool
    order: list[Hashable] = attrs.field(factory=list[Hashable])
    high: int = 0
    gaps: int = 0
    duplicates: int = 0
    twice: int = 0
    _base: int = 0  # position of the first row in `order`
    _keys: dict[Hashable, None] = attrs.field(factory=dict[Hashable, None])  # in the order they came

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    @property
    def end(self) -> int:
        """Position behind the last row that was read. Going back lowers it."""
        return self._base + len(self.order)

    @property
    def count(self) -> int:
        """How many different rows came."""
        return len(self._keys) if self.is_keyed else self.high - self.gaps

    def are_new(self, keys: Sequence[Hashable]) -> bool:
        """Whether none of these came in an earlier answer."""
        return self._keys.keys().isdisjoint(keys)

    def have_all(self, keys: Sequence[Hashable]) -> bool:
        """Whether all of these came in earlier answers."""
        return all(key in self._keys for key in keys)

    def stand_first(self, keys: Sequence[Hashable]) -> bool:
        """Whether the rows begin with these, in this order."""
        return not self._base and self.order[: len(keys)] == list(keys)

    def stand_at(self, start: int, keys: Sequence[Hashable]) -> bool:
        """Whether these are the rows from a position on."""
        return start >= self._base and self.order[start - self._base :][: len(keys)] == list(keys)

    def take(self, start: int, keys: Sequence[Hashable]) -> Sequence[int]:
        """Take the rows of an answer that begins at position `start`; return which of them are new."""
        known = self.high - start
        self._place(start, keys)
        self.high = max(self.high, self.end)
        if not self.is_keyed:
            return range(min(max(known, 0), len(keys)), len(keys))
        if self.are_new(keys):
            new = dict.fromkeys(keys)
            if len(new) == len(keys):
                self._keys.update(new)
                return range(len(keys))
        return self._sort_out(keys, known)

    def _sort_out(self, keys: Sequence[Hashable], known: int) -> Sequence[int]:
        new: dict[Hashable, int] = {}
        here: set[Hashable] = set()
        for index, key in enumerate(keys):
            if key in here:
                self.twice += index >= known
                self.duplicates += index >= known
            elif key not in self._keys:
                new[key] = index
            else:
                self.duplicates += index >= known
            here.add(key)
        self._keys.update(dict.fromkeys(new))
        return list(new.values())

    def _place(self, start: int, keys: Sequence[Hashable]) -> None:
        self.gaps += max(start - self.end, 0)
        self.pad(start)
        self.order[start - self._base : start - self._base + len(keys)] = keys

    def pad(self, end: int) -> None:
        """Take the positions up to `end` for read."""
        self.order += [_NO_ROW] * (end - self.end)
        self.high = max(self.high, self.end)

    def start_at(self, position: int) -> None:
        """Take everything before a position for read: an earlier walk did that."""
        self.order, self._base = [], position
        self.high = position

    def reread(self, start: int) -> list[Hashable]:
        """Forget where the rows from `start` on stand, and return that; they stay known."""
        self._base = min(self._base, start)
        cut = self.order[start - self._base :]
        del self.order[start - self._base :]
        if not start:
            self.gaps = 0
        return cut

    def settle(self) -> None:
        """Start counting anew which rows should be new, because the walk looks for its place."""
        self.high = self.end

    def straighten(self, answers: Mapping[int, Sequence[Hashable]], size: int) -> None:
        """Put each answer where it stands, now that it is known that each offset is a page of `size` rows."""
        self.order, self._base, self.gaps = [], 0, 0
        for offset in sorted(answers):
            self._place(offset * size, answers[offset])
        self.high = self.end


@attrs.define
class OffsetModel:
    """Turns positions into offsets, and tells from the rows what `offset` counts.

    Attributes:
        size: The page size in force: what was asked for, until a page shows what the server sends.
        unit: What `offset` counts, or `None` while unknown.
        is_proven: Whether the rows of this walk have shown it. What earlier walks or the documentation say is a
            prior: evidence against it wins.
        offset: Offset of the last answer that had rows, or `None`.
    """

    size: int
    unit: OffsetUnit | None
    _traits: ListingTraits
    is_proven: bool = False
    offset: int | None = None
    _limit: int = 0
    _keys: Sequence[Hashable] = ()
    _doubts: int = 0
    _shared: int = 0  # rows that stood again, moved on by one, in the last answers

    @property
    def is_open(self) -> bool:
        """Whether it is unknown what `offset` counts, and matters: a page of one row is the same either way."""
        return self.unit is None and self.size > 1

    def start_of(self, offset: int, size: int) -> int:
        """Return the position of the first row at an offset, for pages of `size` rows."""
        return offset * size if self.unit == "pages" else offset

    def offset_of(self, position: int, size: int) -> int:
        """Return the offset of the page that a position is on.

        While it is unknown what `offset` counts, that is the offset behind the last answer's: under one reading
        the next page, under the other the same rows moved on by one.
        """
        if self.is_open:
            return 0 if self.offset is None else self.offset + 1
        return position // size if self.unit == "pages" else position

    def remember(self, offset: int, limit: int, keys: Sequence[Hashable]) -> None:
        """Keep an answer, to compare the next with."""
        self.offset, self._limit, self._keys = offset, limit, keys

    def restart(self, *, unit: OffsetUnit | None) -> None:
        """Forget the last answer, because the walk goes back; with another reading where rows contradicted it."""
        self.offset, self._keys, self._shared = None, (), 0
        self.is_proven = self.is_proven and unit == self.unit
        self.unit = unit

    def prove(self, unit: OffsetUnit) -> None:
        """Know from the rows what `offset` counts."""
        self.unit = self._traits.offset_unit = unit
        self.is_proven = self._traits.is_own = True

    def compare(
        self, offset: int, limit: int, keys: Sequence[Hashable], *, is_new: bool, change: int
    ) -> OffsetUnit | None:
        """Tell from the last answer and this one what `offset` counts.

        Args:
            offset: What was asked for.
            limit: Likewise. Pages of another size are others, except the first.
            keys: The rows that came.
            is_new: Whether none of them came before.
            change: By how much `total` changed in between.

        Returns:
            What is proven now; `None` when this tells nothing, and the next offset has to.
        """
        step = 0 if self.offset is None else offset - self.offset
        room = len(self._keys) - step  # rows that both answers have if `offset` counts records
        is_near = step > 0 and room > 0 and (limit == self._limit or not self.offset)
        # Rows that were inserted meanwhile can make one reading look like the other, but not twice.
        self._doubts += is_near and change >= room
        is_clear = change < room or self._doubts > 1
        if is_new or not is_near:
            self._shared = 0
            return "pages" if is_near and not self.is_proven and is_clear else None
        before, now = list(self._keys), list(keys)
        shared = overlap(before, now, step)
        self._shared = self._shared + shared if shared else 0
        if shared:
            return self._weigh(is_full=len(keys) == self.size) if is_clear or change > room else None
        # A page that begins with the last rows of the one before: as many as were inserted, or one that is there twice.
        again = change or 1
        is_next = 0 < again < self.size and overlap(before, now, self.size - again) == again
        return "pages" if is_next and step == 1 and not self.is_proven else None

    def _weigh(self, *, is_full: bool) -> OffsetUnit | None:
        """Tell what rows prove that stand again, moved on by one: one alone may be one that the server sends twice."""
        if self._shared > (_DISPROOF if self.is_proven else _PROOF):
            return "records"
        if is_full and not self.is_proven and self.offset == 0:
            self.unit = None  # in doubt, whatever the prior: the next offset decides
        return None


def overlap(before: list[Hashable], now: list[Hashable], step: int) -> int:
    """Count the rows that two answers share if the second starts `step` rows behind; 0 if they do not fit."""
    before = before[step:]
    count = min(len(before), len(now))
    return count if before[:count] == now[:count] else 0
