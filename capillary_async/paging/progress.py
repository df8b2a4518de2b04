"""Tell whether a server gets on, or sends the same pages again and again."""

from collections.abc import Hashable, Sequence
from typing import Final

import attrs

_SELDOM: Final = 1000


@attrs.define
class Progress:
    """The pages that have come.

    Attributes:
        is_again: Whether the last page had what an earlier one had, where places identify rows. It may be another all
            the same, but does not show that there is more to come.
        is_doubtful: Whether the server may not heed `offset`, so that it has to be asked for rows where none can be.
    """

    is_again: bool = False
    is_doubtful: bool = False
    _pages: set[int] = attrs.field(factory=set[int])
    _first: int | None = None
    _last: int | None = None
    _stalls: int = 0  # answers in a row that should have brought new rows
    _again: int = 0

    def ends_with(self, keys: Sequence[Hashable], *, has_new: bool, is_whole: bool, is_excused: bool) -> bool:
        """Whether with this page the server is stuck, where keys identify rows.

        Args:
            keys: Its rows.
            has_new: Whether some of them are new.
            is_whole: Whether all of them stand where nothing was read.
            is_excused: Whether rows that were inserted may have moved these here.
        """
        is_again = self._is_again(keys) and is_whole
        self._stalls = 0 if has_new else self._stalls + (not is_excused)
        return not has_new and not is_excused and (is_again or self._stalls > 1)

    def _is_again(self, keys: Sequence[Hashable]) -> bool:
        """Whether a page comes again.

        A page of one row may be a row that the server sends twice, unless the listing begins anew with it.
        """
        page = hash(tuple(keys))
        is_known = page in self._pages if len(keys) > 1 else page == self._first != self._last
        self._pages.add(page)
        self._last = page
        if self._first is None:
            self._first = page
        return is_known

    def ends_with_content(self, keys: Sequence[Hashable], *, is_behind_gap: bool) -> bool:
        """Whether with this page the server is stuck, where places identify rows.

        They may well be equal, so only the server can tell, and is to be asked; the first time, and then seldom.
        But behind pages that came empty, it is the listing that begins anew.
        """
        page = hash(tuple(keys))
        self.is_again = page in self._pages
        self._pages.add(page)
        self._again += self.is_again
        self.is_doubtful = self.is_again and self._again % _SELDOM == 1
        return self.is_again and is_behind_gap
