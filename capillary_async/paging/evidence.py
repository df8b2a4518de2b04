"""Which rows came, where they stand, and whether pages come again or the list runs away."""

import math
from collections.abc import Hashable, Sequence
from typing import Final

from msgspec import field

from capillary_async.paging.steps import PATIENCE
from capillary_async.pipeline.request import InternalState

_NO_ROW: Final = object()  # stands at a position that holds no row
_SELDOM: Final = 1000


class SeenRows(InternalState):
    """The rows that were read, and their order in the server's list.

    Without keys (`is_keyed`) positions identify rows, and equal rows are different ones.
    """

    is_keyed: bool
    # Keys by position, from `base` on; going back cuts it.
    order: list[Hashable] = field(default_factory=list[Hashable])
    base: int = 0
    high: int = 0  # position behind the last row that ever was read: no row behind it can be known by right
    gaps: int = 0  # positions before the end that hold no row
    duplicates: int = 0  # rows that came where only new ones should
    twice: int = 0  # those of them that one answer had twice, so that the server's list has them twice
    _keys: dict[Hashable, None] = field(default_factory=dict[Hashable, None])

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    @property
    def end(self) -> int:
        """Position behind the last row that was read. Going back lowers it."""
        return self.base + len(self.order)

    @property
    def filled(self) -> int:
        """How many positions up to the end hold a row."""
        return self.end - self.gaps

    @property
    def count(self) -> int:
        """How many different rows came."""
        return len(self._keys) if self.is_keyed else self.high - self.gaps

    def are_new(self, keys: Sequence[Hashable]) -> bool:
        """Whether none of these came in an earlier answer."""
        return self._keys.keys().isdisjoint(keys)

    def have_all(self, keys: Sequence[Hashable]) -> bool:
        """Whether keys identify rows, and all of these came in earlier answers."""
        return self.is_keyed and all(key in self._keys for key in keys)

    def stand_at(self, start: int, keys: Sequence[Hashable]) -> bool:
        """Whether these are the rows from a position on, as far as those were read."""
        known = self.order[start - self.base :][: len(keys)] if start >= self.base else []
        return len(known) > 0 and known == list(keys[: len(known)])

    def take(self, start: int, keys: Sequence[Hashable]) -> Sequence[int]:
        """Take the rows of an answer that begins at position `start`; return which of them are new."""
        known = self.high - start
        if not start and not self.high and self.is_keyed:  # a first answer, which most are
            self.order, self.high, self._keys = list(keys), len(keys), dict.fromkeys(keys)
            if len(self._keys) == len(keys):
                return range(len(keys))
            self._keys = {}
        self.put(start, keys)
        if not self.is_keyed:
            return range(min(max(known, 0), len(keys)), len(keys))
        new = dict.fromkeys(keys)
        if len(new) == len(keys) and self.are_new(keys):
            self._keys.update(new)
            return range(len(keys))
        return self._sort_out(keys, known)

    def _sort_out(self, keys: Sequence[Hashable], known: int) -> Sequence[int]:
        new: dict[Hashable, int] = {}
        here: set[Hashable] = set()
        for index, key in enumerate(keys):
            self.twice += key in here and index >= known
            self.duplicates += (key in here or key in self._keys) and index >= known
            if key not in self._keys:
                new.setdefault(key, index)
            here.add(key)
        self._keys.update(dict.fromkeys(new))
        return list(new.values())

    def put(self, start: int, keys: Sequence[Hashable]) -> None:
        """Note where rows stand."""
        self.gaps += max(start - self.end, 0)
        self.pad(start)
        self.order[start - self.base : start - self.base + len(keys)] = keys
        self.high = max(self.high, self.end)

    def pad(self, end: int) -> None:
        """Take the positions up to `end` for read."""
        self.order += [_NO_ROW] * (end - self.end)
        self.high = max(self.high, self.end)

    def start_at(self, position: int) -> None:
        """Take everything before a position for read: an earlier walk did that."""
        self.order, self.base, self.high = [], position, position

    def cut(self, start: int) -> None:
        """Forget where the rows from `start` on stand; they stay known."""
        self.base = min(self.base, start)
        del self.order[start - self.base :]
        if not start:
            self.gaps = 0


class LoopDetector(InternalState):
    """The pages that came, to tell whether the server heeds `offset`."""

    is_again: bool = False  # the last page came before, where positions identify rows: no sign that there is more
    is_doubtful: bool = False  # only rows where none can be would show that the server heeds no offset
    _pages: dict[int, None] = field(default_factory=dict[int, None])
    _stalls: int = 0  # answers in a row that should have brought new rows
    _again: int = 0

    def is_stuck(self, keys: Sequence[Hashable], *, has_new: bool, is_whole: bool, is_excused: bool) -> bool:
        """Whether with this full page the server goes round, where keys identify rows.

        `is_whole`: all of it stands where nothing was read. `is_excused`: inserted rows may have moved it here.
        """
        page = hash(tuple(keys))
        # One row may be a row sent twice, unless the listing begins anew with it.
        is_first = page == next(iter(self._pages), None) != next(reversed(self._pages), None)
        is_again = is_whole and (page in self._pages if len(keys) > 1 else is_first)
        self._pages.setdefault(page)
        self._stalls = 0 if has_new else self._stalls + (not is_excused)
        return not has_new and not is_excused and (is_again or self._stalls > 1)

    def is_anew(self, keys: Sequence[Hashable], *, is_behind_gap: bool) -> bool:
        """Whether with this page the listing begins anew, where positions identify rows.

        Pages of equal rows may be different pages, so the server is asked where no rows can be; the first time, and
        then seldom. But behind pages that came empty, it is the listing that begins anew.
        """
        page = hash(tuple(keys))
        self.is_again = page in self._pages
        self._pages.setdefault(page)
        self._again += self.is_again
        self.is_doubtful = self.is_again and self._again % _SELDOM == 1
        return self.is_again and is_behind_gap


class Chase(InternalState):
    """Tells whether a list grows faster than it is read."""

    shorts: int = 0  # pages in a row that reached further and were short
    _most: int = 0
    _most_before: float = math.inf
    _answers: int = 0

    def is_outrun(self, gap: int) -> bool:
        """Take how many rows are still promised; whether that has not become less for long."""
        self._answers += 1
        self._most = max(self._most, gap)
        if self._answers % PATIENCE:
            return False
        before, self._most_before, self._most = self._most_before, self._most, 0
        return self._most_before >= before
