"""Take the answers of a walk: find where their rows stand, which are new, and what they show."""

from collections.abc import Hashable, Sequence
from typing import Final

from capillary_async.paging.readings import Claims
from capillary_async.paging.state import SMALLEST_PAGE, PageRequest, Step, WalkState

_NONE: Final = range(0)


class Intake(WalkState):
    """The part of a walk that takes answers."""

    def _measure(self, ask: PageRequest, count: int, claimed: int) -> None:
        """Learn the page size in force."""
        is_short, is_first = self._is_short(count, ask.limit, claimed), not self._delivered
        self._delivered = max(self._delivered, count)
        self.traits.longest = max(self.traits.longest, count)
        if count < claimed < ask.limit or (self.has_short_pages and count == claimed):
            self.offsets.size = claimed
        elif count < ask.limit and not is_short and not self.has_short_pages:
            self.offsets.size = count
        elif is_short and is_first:
            longest = self.traits.longest
            self._is_raise_due = longest < SMALLEST_PAGE <= ask.limit and not self.traits.is_tiny
            self.offsets.size = count if self._is_raise_due else min(ask.limit, longest)

    def _least(self, ask: PageRequest, keys: Sequence[Hashable]) -> int:
        """Return how many rows the list has at least, by where the rows of an answer stand."""
        if not keys or (keys[-1] in self.rows and not self.rows.stand_at(ask.start, keys)):
            return 0
        is_sure = self.offsets.unit != "pages" or len(keys) == ask.limit
        return (ask.start if is_sure else ask.offset * len(keys)) + len(keys)

    def _take(
        self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims, change: int
    ) -> tuple[Sequence[int], Step | None]:
        if ask.step is Step.FAR:
            if keys:
                self._repeat()
            self._loops.is_doubtful = False
            return _NONE, None
        if self._is_raise(ask) and not self._raises_size(keys):
            return _NONE, None
        if by := self._moved_by(ask, keys, change):
            self._back, self._has_moved = by, True
            return _NONE, self._go_back(min(ask.start, self.rows.end) - by)
        if change:
            self._misses = self._behind = 0
        return self._take_rows(ask, keys, claims, change) if keys else (_NONE, self._take_nothing(ask, claims))

    def _take_rows(
        self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims, change: int
    ) -> tuple[Sequence[int], Step | None]:
        self._place(ask, keys, change)
        if self._anchor.is_sought and (step := self._seek(keys, ask)):
            return _NONE, step
        if self._slipped(ask, keys):
            return _NONE, self._slip()
        is_known = self.rows.is_keyed and self.rows.have_all(keys)
        is_cut = len(keys) < ask.limit == self.offsets.size
        if is_known and is_cut and not self._is_resized and self._is_misplaced(keys):
            self._resize(len(keys))
            return _NONE, None
        if self.start > self.rows.end and not (ask.step is Step.BEYOND and self._tries > 1):
            if is_known:
                self._repeat()
            self._is_shown = True
            return _NONE, None
        return self._accept(ask, keys, claims)

    def _is_raise(self, ask: PageRequest) -> bool:
        """Whether this was asked for to see whether the first page was short by mistake."""
        return self._is_raise_due and ask.step is Step.AGAIN and ask.limit > self.offsets.size

    def _raises_size(self, keys: Sequence[Hashable]) -> bool:
        """Take the size of the second answer; if it has no more rows than the first, those few are a page.

        Returns:
            Whether the answer has rows that are new.
        """
        self._is_raise_due = False
        size = self.offsets.size
        if len(keys) > size:
            self.offsets.size = self.page_size
        else:
            self.traits.is_tiny = True
            self._tail = (size, size, 0)
        return not self.rows.have_all(keys)

    def _moved_by(self, ask: PageRequest, keys: Sequence[Hashable], change: int) -> int:
        """Tell how far to go back because rows were removed; 0 when the answer stands on a row it knows."""
        is_on_known_ground = not ask.start or (len(keys) > 0 and keys[0] in self.rows)
        if is_on_known_ground or (change >= 0 and not (self._back and keys)):
            return 0
        if change >= 0:
            return 2 * self._back
        if not self.rows.is_keyed:
            self._fail()
        return 1 - change * (self.offsets.size if self.total.unit == "pages" else 1)

    def _take_nothing(self, ask: PageRequest, claims: Claims) -> Step | None:
        if self._anchor.is_sought and (step := self._seek((), ask)):
            return step
        if self._slipped(ask, ()):
            return self._slip()
        self._note_end(claims)
        self._is_resized = False
        if ask.start > self.rows.end:
            self._behind += 1
        else:
            self._misses += 1
        return None

    def _place(self, ask: PageRequest, keys: Sequence[Hashable], change: int) -> None:
        """Find the position of an answer's first row."""
        offsets, rows = self.offsets, self.rows
        if ask.is_check and keys[0] == rows.order[-1]:
            offsets.prove("records")
        elif rows.is_keyed:
            unit = offsets.compare(ask.offset, ask.limit, keys, is_new=rows.are_new(keys), change=change)
            if unit is not None:
                was_open = offsets.is_open
                offsets.prove(unit)
                if was_open and unit == "pages":
                    rows.straighten(self._arrived, ask.limit)
                    self._arrived = {}
        self.start: int = offsets.start_of(ask.offset, ask.limit)

    def _seek(self, keys: Sequence[Hashable], ask: PageRequest) -> Step | None:
        """Look for the row to go on from; return a step if it has to be looked for elsewhere."""
        self._fit(keys, ask)
        by = self._anchor.look(self.start if keys else ask.start, keys, self._delivered)
        if not self._anchor.is_sought or not by:
            return None
        if 0 < len(keys) < ask.limit == self.offsets.size and self.offsets.unit == "pages":
            self.offsets.size = len(keys)  # the page size may have fallen since
            by = self.start - self._anchor.retry()
        self._spare += 1
        step = self._go_back(self.start - by if keys else ask.start - by)
        self.rows.settle()
        return step

    def _fit(self, keys: Sequence[Hashable], ask: PageRequest) -> None:
        """See whether the row to go on from stands where it should if all pages are as short as this one now."""
        start = ask.offset * len(keys)
        if self.offsets.unit == "pages" and len(keys) < ask.limit and self._anchor.stands_in(keys, start):
            self.offsets.size, self.start = len(keys), start
            self.rows.start_at(start)

    def _slipped(self, ask: PageRequest, keys: Sequence[Hashable]) -> bool:
        """Whether an answer that should begin with the last known row does not."""
        return ask.is_check and (not keys or keys[0] not in self.rows)

    def _slip(self) -> Step:
        """Go back because rows were removed where nothing counts them, or doubt a prior that led to no known row."""
        if not self.offsets.is_proven and self.offsets.offset == 0:
            return self._reopen()
        self._back = max(2 * self._back, 2)
        return self._go_back(self.rows.end - self._back)

    def _accept(self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims) -> tuple[Sequence[int], Step | None]:
        rows, count, start = self.rows, len(keys), self.start
        end, high = rows.end, rows.high
        is_known = rows.is_keyed and rows.have_all(keys)
        is_first = is_known and start > 0 and end == count and not self.total.rise and rows.stand_first(keys)
        if is_first and self._is_static(count):
            return _NONE, Step.DONE
        if not self.offsets.is_proven:
            self._arrived[ask.offset] = keys
        new = rows.take(start, keys)
        if self.has_short_pages:
            rows.pad(start + self.offsets.size)
            rows.gaps += max(self.offsets.size - count, 0)
        self._note_end(claims)
        self._check_progress(keys, start - high, is_further=rows.end > high, has_new=len(new) > 0)
        self.offsets.remember(ask.offset, ask.limit, keys)
        if rows.end <= end and not (new and self.offsets.is_open):
            self._is_resized = False
            if start + count == end:
                self._misses += 1 + ask.is_check  # a check that ends with the last known row shows both
            elif count < ask.limit and self.offsets.unit == "records":  # the page was cut: all are shorter now
                self.offsets.size, self._has_moved = count, True
            return new, None
        self._tail, self._is_checked = (count, ask.limit, claims.limit or 0), ask.is_check
        if self.requests == 1:
            self._is_first_short = count < ask.limit and (count > 1 or ask.limit >= SMALLEST_PAGE)
        step = self._grow(ask, count)
        self.total.contradict(rows.end - rows.gaps - rows.duplicates, self._pages(), self.offsets.size)
        return new, step

    def _grow(self, ask: PageRequest, count: int) -> Step | None:
        """Note that the rows reach further than before."""
        self._has_moved |= self._is_resized
        self._misses = self._behind = self._back = 0
        self._is_shown = self._is_resized = False
        self._shorts = self._shorts + 1 if self._is_cut else 0
        if self._is_raise_due and self.requests > 1:
            return Step.AGAIN
        if count < ask.limit or ask.limit >= self.offsets.size:
            return None
        # Rows stand behind a short page: it was cut by mistake, or all pages are shorter now.
        self._cuts += 1
        if self._cuts < 2:
            return Step.AGAIN
        self.offsets.size = ask.limit
        return None

    def _resize(self, count: int) -> None:
        """A page came short twice, or with known rows alone: the server's page size may have fallen."""
        self._misses += 1
        if not self._is_resized:
            self._is_resized, self._full_size = True, self.offsets.size
            self.offsets.size = count

    def _note_end(self, claims: Claims) -> None:
        self._says_end = claims.is_last
        if claims.is_last is None and claims.pages is not None:
            self._says_end = -(-self.rows.end // self.offsets.size) >= claims.pages

    def _check_progress(self, keys: Sequence[Hashable], behind: int, *, is_further: bool, has_new: bool) -> None:
        """Fail if the server does not get on; the page begins so far behind what was read."""
        if not is_further:
            return
        if not self.rows.is_keyed:
            is_stuck = self._loops.is_anew(keys, is_behind_gap=behind > 0)
        else:
            is_excused = self.total.rise > 0 and self.rows.duplicates <= self.rows.count
            is_excused |= self._first_order is not None or len(keys) < self.offsets.size
            is_stuck = self._loops.is_stuck(keys, has_new=has_new, is_whole=behind >= 0, is_excused=is_excused)
        if is_stuck:
            self._repeat()

    def _is_static(self, count: int) -> bool:
        """Whether the first answer came again because it is the whole listing; if not, the server heeds no offset."""
        reached, unit = self.total.reached(self.rows.count, 1, self.offsets.size, is_end=False), self.total.known_unit
        is_whole = unit in reached if unit else len(reached) > 0
        if is_whole or ("nothing" in self.total.readings and self._is_first_short):
            return True
        if count > 1:
            self._repeat()
        return False  # one row may be one that the server has twice

    def _is_misplaced(self, keys: Sequence[Hashable]) -> bool:
        """Whether known rows on a short page stand where they should not, because all pages are shorter now."""
        rows, end = self.rows, self.start + len(keys)
        has_grown = self.total.rise > 0 and "records" in self.total.readings
        is_explained = rows.end < end <= rows.high or (has_grown and rows.end < end)
        if self.offsets.unit == "records" or self.has_short_pages or is_explained:
            return False
        return not (self.offsets.is_open and rows.stand_at(self.start, keys))
