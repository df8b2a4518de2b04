"""What the rows of the answers show: which are new, where they stand, what `offset` counts, whether it is heeded."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import attrs

from capillary_async.paging.readings import ListingTraits, OffsetUnit

_PROOF: Final = 1  # more rows than this, seen again moved on by one, prove that `offset` counts records
_DISPROOF: Final = 3  # the same against what this walk has proven
_LOOKS_BACK: Final = 2
_SELDOM: Final = 1000
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


@attrs.define
class ResumeAnchor:
    """The row behind which a walk goes on; nothing is handed out before it was found.

    Where rows came or went since the earlier walk, it is not where it was. So it is looked for at its position,
    then a page before, two pages more before that, and then on every page from there.
    """

    position: int = 0
    _is_it: Callable[[Hashable], bool] | None = None
    _looks_back: int = 0
    _found_from: int = 0  # where the answer began in which it was found

    @property
    def is_sought(self) -> bool:
        """Whether the row is still to be found."""
        return self._is_it is not None

    def look(self, start: int, keys: Sequence[Hashable], size: int) -> int:
        """Look for the row in an answer that begins at `start`; return how far before it to look next, or 0."""
        is_it, expected = self._is_it, self.position - 1 - start
        if is_it is None:
            return 0
        places = [expected, *range(len(keys))] if 0 <= expected < len(keys) else range(len(keys))
        found = next((place for place in places if is_it(keys[place])), None)
        if found is not None:
            self.position, self._found_from, self._is_it = start + found + 1, start, None
        elif expected < size or self._looks_back:
            may_look_back = start > 0 and self._looks_back < _LOOKS_BACK
            self._looks_back = self._looks_back + 1 if may_look_back else _LOOKS_BACK
            return self._looks_back * size if may_look_back else 0
        return 0

    def stands_in(self, keys: Sequence[Hashable], start: int) -> bool:
        """Whether the row stands at its position in an answer that begins at `start`, as long as that is likely."""
        index = self.position - 1 - start
        return not self._looks_back and 0 <= index < len(keys) and self._is_it is not None and self._is_it(keys[index])

    def retry(self) -> int:
        """Look once more where the row should be; return its position."""
        self._looks_back = 0
        return self.position - 1

    def behind(self, start: int, new: Sequence[int], *, is_open: bool) -> Sequence[int]:
        """Return those of an answer's new rows that are behind the row.

        Args:
            start: Position of the answer's first row.
            new: Which of its rows are new.
            is_open: Whether it is unknown what `offset` counts. Then the walk came from the front, and rows stand
                at their positions or behind; so what is new in a later answer is behind the row, too.
        """
        if self._is_it is not None:
            return new[:0]
        first = self.position - start
        is_all = first <= 0 or (is_open and start > self._found_from)
        return new if is_all else new[bisect_left(new, first) :]


@attrs.define
class LoopDetector:
    """The pages that came, to tell whether the server heeds `offset`.

    Attributes:
        is_again: Whether the last page had what an earlier one had, where positions identify rows. It may be another
            all the same, but does not show that there is more to come.
        is_doubtful: Whether rows have to be asked for where none can be, because only a server that heeds no offset has
            some there. It is asked where positions identify rows: pages of equal rows may well be different pages.
    """

    is_again: bool = False
    is_doubtful: bool = False
    _pages: set[int] = attrs.field(factory=set[int])
    _first: int | None = None
    _last: int | None = None
    _stalls: int = 0  # answers in a row that should have brought new rows
    _again: int = 0

    def is_stuck(self, keys: Sequence[Hashable], *, has_new: bool, is_whole: bool, is_excused: bool) -> bool:
        """Whether with this full page the server goes round, where keys identify rows.

        Args:
            keys: Its rows.
            has_new: Whether some of them are new.
            is_whole: Whether all of them stand where nothing was read.
            is_excused: Whether rows that were inserted may have moved these here.
        """
        is_again = self._note(keys) and is_whole
        self._stalls = 0 if has_new else self._stalls + (not is_excused)
        return not has_new and not is_excused and (is_again or self._stalls > 1)

    def _note(self, keys: Sequence[Hashable]) -> bool:
        """Whether a page comes again. One row may be a row sent twice, unless the listing begins anew with it."""
        page = hash(tuple(keys))
        is_known = page in self._pages if len(keys) > 1 else page == self._first != self._last
        self._pages.add(page)
        self._last = page
        if self._first is None:
            self._first = page
        return is_known

    def is_anew(self, keys: Sequence[Hashable], *, is_behind_gap: bool) -> bool:
        """Whether with this page the listing begins anew, where positions identify rows.

        They may well be equal, so only the server can tell, and is to be asked; the first time, and then seldom.
        But behind pages that came empty, it is the listing that begins anew.
        """
        self.is_again = hash(tuple(keys)) in self._pages
        self._pages.add(hash(tuple(keys)))
        self._again += self.is_again
        self.is_doubtful = self.is_again and self._again % _SELDOM == 1
        return self.is_again and is_behind_gap
