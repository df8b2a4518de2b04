"""Find the row again behind which a walk goes on, and tell whether a server goes round."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import Final

import attrs

_LOOKS_BACK: Final = 2
_SELDOM: Final = 1000


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
