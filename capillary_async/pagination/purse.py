"""What a walk may waste."""

from typing import Final

import attrs

_PAGES: Final = 3  # with the request that is then still sent, four more than the pages that the rows fill
_BATCH: Final = 1000  # a very long walk may waste one page more for so many requests


@attrs.define
class Purse:
    """Pays, in rows, for requests that bring nothing new, so that the walk ends whatever the server does.

    An answer costs the rows that it brings again; one that gets no further costs a page. What a run of empty
    answers costs is put on a tab, which is torn up if rows follow: then the server is to blame for them.
    """

    _debt: int = 0
    _tab: int = 0

    def pay(self, rows: int, *, on_tab: bool) -> None:
        """Pay for an answer."""
        if on_tab:
            self._tab += rows
        else:
            self._debt += rows

    def forgive(self) -> None:
        """Tear up the tab."""
        self._tab = 0

    def is_empty(self, limit: int, requests: int, *, with_tab: bool) -> bool:
        """Whether one more request would be one too many, after so many of them, with pages of `limit` rows."""
        owed = self._debt + self._tab if with_tab else self._debt
        return owed > (_PAGES + requests // _BATCH) * limit
