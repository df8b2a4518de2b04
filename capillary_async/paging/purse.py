"""How many requests a walk may waste."""

from typing import Final

import attrs

_SPARE: Final = 4  # requests more than the pages that the rows fill
_BATCH: Final = 1000  # a very long walk may waste one more for so many requests


@attrs.define
class Purse:
    """Counts requests, so that the walk ends whatever the server does.

    Two kinds of them are the server's own fault, and free: those that met empty pages although rows stood behind
    them, and those for pages that it cut short although it promised more.

    Attributes:
        page_size: Rows that fill a page.
        requests: How many requests were answered.
    """

    page_size: int
    requests: int = 0
    _free: int = 0
    _tab: int = 0  # requests at the seeming end; whether they are free will be seen

    def pay(self, *, on_tab: bool) -> None:
        """Pay for a request."""
        self.requests += 1
        self._tab += on_tab

    def refund(self) -> None:
        """Let the last request be free."""
        self._free += 1

    def forgive(self) -> None:
        """Let those on the tab be free: rows stood behind the empty pages."""
        self._free += self._tab
        self._tab = 0

    def settle(self) -> None:
        """Let those on the tab cost what they cost: the list changed since, so rows behind them prove nothing."""
        self._tab = 0

    def is_empty(self, rows: int, *, with_tab: bool) -> bool:
        """Whether one more request would be one too many, with so many rows read."""
        spent = self.requests - self._free - (0 if with_tab else min(self._tab, _SPARE))
        return spent >= -(-rows // self.page_size) + _SPARE + self.requests // _BATCH
