"""Where the rows of an answer stand, and so what `offset` counts."""

from collections.abc import Hashable, Sequence
from typing import Final

from capillary_async.paging.anchor import ResumeAnchor
from capillary_async.paging.evidence import Evidence
from capillary_async.paging.rows import SeenRows
from capillary_async.paging.steps import NOWHERE, PageRequest, Sight, Step

NO_PAGE: Final = PageRequest(NOWHERE, 0, 0)


class Placement(Evidence):
    """Finds the place of each answer among the rows that were read."""

    start: int = 0  # position of the last answer's first row
    _anchor: ResumeAnchor  # of a resumed walk
    _page: PageRequest = NO_PAGE  # the last request that brought rows, and the rows
    _keys: Sequence[Hashable] = ()
    _hidden: int = 0  # rows of the last answer that stand before the one behind which the walk goes on, and that one
    _back: int = 0  # how far the walk went back to find a known row
    _target: int = 0  # where to

    def _locate(self, ask: PageRequest, keys: Sequence[Hashable], change: int, *, is_overlap: bool) -> Sight | None:
        """Find out where an answer begins; return what it shows if it does not join the rows that were read."""
        is_lost = ask.start > 0 and not self._is_sought and not (keys and keys[0] in self.rows)
        if is_lost and (change < 0 or self._back):
            return self._slip(ask, change)
        self._back = 0
        if keys and not self._place(ask, keys, change):
            return self._go_to(0)
        if self._is_resumed and self.rows.is_keyed:
            was_sought = self._is_sought
            self._is_sought &= not self._anchor.find(keys, is_sought=was_sought)
            self._hidden = self._anchor.hidden
            if was_sought and not self._is_sought:
                self.rows = self._anchor.known.anew(self.start)  # rows that came on the way were not handed out
            if was_sought:
                return self._seek(ask, keys)
        if change < 0 and keys:
            self.rows.cut(self.start)  # what stood behind has moved up
        is_prior = self.offsets.is_prior
        if is_lost and is_overlap and (change <= 0 or is_prior) and (keys or is_prior or ask.step is Step.AGAIN):
            is_wrong = is_prior or not (keys or self._page.offset or "nothing" in self.total.readings)
            return self._reject(change) if is_wrong else self._slip(ask, 0)
        return None

    def _place(self, ask: PageRequest, keys: Sequence[Hashable], change: int) -> bool:
        """Find the position of an answer's first row, and so what `offset` counts; whether that can be told."""
        rows, offsets, count, before = self.rows, self.offsets, len(keys), self._page
        shifted = ask.offset * count
        is_shorter = 1 < count < ask.limit and rows.is_keyed and (offsets.is_proven or not change)
        is_shorter &= offsets.unit != "records"
        if is_shorter and shifted < ask.offset * ask.limit and self._stands_at(shifted, keys):
            # All pages are shorter now, so this one begins before the rows that were read end.
            if self._is_sought:
                self.rows: SeenRows = self._anchor.known.anew(shifted)
            offsets.prove("pages")
            offsets.shrink(count)
            self.start = shifted
            return True
        step = ask.offset - before.offset if rows.is_keyed and len(self._keys) > 1 else 0
        shift = ask.offset * ask.limit - before.offset * before.limit
        is_telling = 0 < step < shift and (step == 1 or offsets.is_open) and offsets.unit != "records"
        if offsets.is_prior and offsets.unit == "records" and rows.stand_at(ask.start, keys[:1]):
            offsets.prove("records")
        elif is_telling and not self._is_static(keys):
            unit = offsets.unit if before.offset else None
            told = None if self.total.readings == {"nothing"} else change
            if not offsets.decide(self._keys, keys, step, shift, told) or unit not in (None, offsets.unit):
                return False  # the page before stands where the other reading put it
        self.start = offsets.start_of(ask.offset, ask.limit)
        return True

    def _stands_at(self, start: int, keys: Sequence[Hashable]) -> bool:
        """Whether these are the rows from a position on, as far as this walk or the one before read them."""
        if not self._is_sought:
            return self.rows.stand_at(start, keys)
        return not self._has_moved and self._anchor.stands_at(start, keys)

    def _seek(self, ask: PageRequest, keys: Sequence[Hashable]) -> Sight | None:
        """Look for the row behind which the walk goes on, also a page before; later pages follow by themselves."""
        offsets = self.offsets
        if not keys:
            return self._reject(0) if offsets.is_prior and self.total.expected(offsets.size) > ask.start else None
        if not self._is_sought or self._has_moved or not self.start == self.rows.base > 0:
            return None
        self._has_moved = True
        return self._go_to(self.start - offsets.size)

    def _go_to(self, position: int) -> Sight:
        self._target = max(position, 0)
        return Sight.MOVED

    def _slip(self, ask: PageRequest, change: int) -> Sight:
        """Go back, because rows were removed and the others moved up."""
        if not self.rows.is_keyed:
            self._fail()
        self._has_moved = True
        fall = 1 - change * (self.offsets.size if self.total.unit == "pages" else 1)
        self._back = fall if change < 0 else 2 * self._back or 1
        return self._go_to(min(ask.start, self.rows.end) - self._back)

    def _reject(self, change: int) -> Sight:
        """Drop a reading of `offset` that led to no known row; the page behind the first can tell."""
        self.offsets.reject(is_sure=not change)
        self._pages.clear()
        self._misses = 0
        return self._go_to(0) if self._page.offset else Sight.MORE
