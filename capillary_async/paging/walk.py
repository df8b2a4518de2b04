"""Walk a limit/offset listing without losing or repeating a row.

The documents disagree on what `offset` counts (pages or records) and on what `total` counts (records, pages,
nothing), and a server may send fewer rows than asked without a word. So an answer is evidence. A `Walk` has no I/O:
it says which request comes next (`ask`), takes what came (`receive`), and says which rows are new; `steps.TRANSITIONS`
says which step follows what an answer shows.

`docs/explanation/listings.md` lists what a walk cannot see.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from capillary_async.paging.anchor import ResumeAnchor
from capillary_async.paging.placement import NO_PAGE, Placement
from capillary_async.paging.readings import SMALLEST, Claims, OffsetUnit
from capillary_async.paging.rows import SeenRows
from capillary_async.paging.steps import NOWHERE, SPARE, TRANSITIONS, PageRequest, Sight, Step

Taken = tuple[Sequence[int], Sight | None]  # which rows of an answer are new, and what it shows if not how rows end
_NONE: Final = range(0)


class Walk(Placement):
    """One walk: takes answers, and says which request comes next (`ask`); `None` when the listing is complete."""

    _cut_to: int = 0  # rows of a short page behind which rows came
    _spare: int = SPARE  # requests that may still bring nothing new
    _turn: int = 0

    def resume(self, position: int, limit: int, unit: OffsetUnit | None, is_last: Callable[[Hashable], bool]) -> None:
        """Start behind a row that an earlier walk handed out; `is_last` tells by its key whether a row is that one.

        `position` is behind that row; `limit` and `unit` are what that walk knew of the page size and of `offset`.
        """
        self.total.is_joined = self._is_resumed = True
        self._is_sought = self.rows.is_keyed
        if unit is not None and not self.offsets.is_proven:  # the walk before saw it
            self.offsets.unit = unit
        if self.offsets.unit is not None or limit == 1:
            self.offsets.size = self.offsets.longest = limit
            start = self._aim(position - 1, Step.NEXT).start
            self.rows: SeenRows = SeenRows(self.rows.is_keyed, [], {}, start, start if self.rows.is_keyed else position)
        self._anchor: ResumeAnchor = ResumeAnchor(position, is_last, self.rows.anew(0))

    @property
    def question(self) -> str:
        """What the next request is to find out for all listings of the endpoint; empty for nothing."""
        if self.ask is None or self.ask.step is not Step.NEXT or not self.requests or self._is_sought:
            return ""
        if self.offsets.is_open:
            return "offset"
        return "total" if self._reached() else ""

    def replan(self) -> None:
        """Choose the next request anew, because other walks may have shown something."""
        self.offsets.unit = self.offsets.unit or self.traits.offset_unit
        if self._count and not self._has_short_pages:
            self._is_cut |= self.traits.is_short(self._count, self._limit, 0)
        self._step = Step.NEXT
        self._go(TRANSITIONS[Step.NEXT][self._judge()])

    def ahead(self, count: int) -> list[PageRequest]:
        """Return the next requests if nothing surprises, at most `count`; just one while the end is not in sight."""
        if self.ask is None:
            return []
        asks, offsets = [self.ask], self.offsets
        is_unsure = offsets.is_open or self._tries or self._is_sought or self.total.has_fallen or self._before
        end = 0 if is_unsure or self.ask.step is not Step.NEXT else self.total.expected(offsets.size, self.rows.gaps)
        while len(asks) < count and (position := asks[-1].start + offsets.size) < end:
            offset = offsets.offset_of(position, offsets.size)
            asks.append(PageRequest(offset, offsets.size, offsets.start_of(offset, offsets.size), turn=self._turn))
        return asks

    def receive(self, keys: Sequence[Hashable], claims: Claims) -> Sequence[int]:
        """Take the answer to `ask`: what tells its rows apart, and what it says. Return which of its rows are new.

        Raises:
            RepeatedPageError: The server does not get on.
            IncompleteListingError: It promised more than it sends.
        """
        ask = self.ask
        if ask is None:
            raise RuntimeError("the listing is complete")
        self.requests: int = self.requests + 1
        self._step, self._hidden = ask.step, 0
        new, sight = self._read(ask, keys, claims)
        self._spare += (2 - self._is_repeat if len(new) else 0) - 1
        step = ask.step if self._misses else Step.NEXT  # where rows reach further, it begins anew
        self._go(TRANSITIONS[step][sight or self._judge()])
        if self.ask is not None and self._spare < 0:
            self._fail()
        return [index for index in new if index >= self._hidden] if self._hidden else new

    def end_with(self, limit: int, keys: Sequence[Hashable], claims: Claims) -> Sequence[int]:
        """Take a first answer that is the whole listing."""
        self.requests, self.ask = 1, None
        self.total.note(claims.total, limit, 0)
        self.traits.note_whole(len(keys))
        return self.rows.take(0, keys)

    def _read(self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims) -> Taken:
        if ask.step is Step.FAR:
            self._is_doubtful = False
            return _NONE, None if not keys else self._repeat()
        change = self._note_total(ask, keys, claims)
        # Whether it should begin with a row that is known.
        is_overlap = ask.start < self.rows.end and not self.offsets.is_open and self.rows.is_keyed
        if sight := self._locate(ask, keys, change, is_overlap=is_overlap):
            return _NONE, sight
        self._misses = 0 if change else self._misses
        if keys and self._is_earlier(ask, keys):
            return _NONE, self._slip(ask, change) if change < 0 else Sight.MORE
        if keys:
            return self._take(ask, keys, claims)
        self._note_end(claims, ask.start + ask.limit if self._has_short_pages else 0)
        self._misses += 1
        return _NONE, Sight.EARLY if is_overlap and ask.step is Step.NEXT else None

    def _is_earlier(self, ask: PageRequest, keys: Sequence[Hashable]) -> bool:
        """Whether a short page stands before the rows' end, because all pages are shorter now.

        Then it has nothing but known rows, or more than `total` leaves room for.
        """
        offsets, count, total = self.offsets, len(keys), self.total
        is_short = SMALLEST <= count < ask.limit and self.start == self.rows.end and offsets.unit == "pages"
        is_beyond = total.known_unit == "records" and self.start + count > total.last
        is_early = is_beyond or all(map(self.rows.__contains__, keys[self._hidden :]))
        if not is_short or self._is_sought or not is_early:
            return False
        offsets.shrink(count)
        self._has_moved = True
        return True

    def _take(self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims) -> Taken:
        rows, count, start, offsets = self.rows, len(keys), self.start, self.offsets
        end, high = rows.end, rows.high
        if start and self._is_static(keys) and self._is_whole(count):
            return _NONE, Sight.WHOLE
        if start > end and not (ask.step is Step.BEYOND and self._tries > 1):
            self._is_shown = True
            return _NONE, self._repeat() if rows.is_keyed and all(key in rows for key in keys) else None
        duplicates = rows.duplicates
        new = rows.take(start, keys)
        is_first_new = rows.is_keyed and start < end and 0 in new
        self._is_pushed = rows.duplicates > duplicates or is_first_new
        self._page, self._keys = ask, keys
        if self._has_short_pages:
            rows.pad(start + offsets.size)
            rows.gaps += max(offsets.size - count, 0)
        self._note_end(claims)
        page = hash(tuple(keys))
        if rows.end > high:
            self._check_progress(keys, start - high, has_new=len(new) > 0, is_repeat=page in self._pages)
        self._pages.add(page)
        is_joined = start < end and (rows.is_keyed or ask.step is Step.AGAIN)
        self._overlaps += is_joined and ask.step is Step.NEXT
        limit = ask.limit if start == offsets.start_of(ask.offset, ask.limit) else count
        is_short = not self._has_short_pages and offsets.is_short(count, ask.limit, claims)
        if rows.end > end:
            self._extend(ask, count, limit, is_short=is_short, is_joined=is_joined)
        elif start + limit <= end:
            self._misses = 0  # there was no room for more
        elif is_short and start + count < end and (count >= SMALLEST or limit < SMALLEST):
            offsets.shrink(count)
            self._has_moved = True
        else:
            self._misses += 1
            self._is_closed = is_joined and count < limit and start + count == end
        return new, None

    def _extend(self, ask: PageRequest, count: int, limit: int, *, is_short: bool, is_joined: bool) -> None:
        """Note that the rows reach further than before."""
        total, filled = self.total, self.rows.filled
        is_grown = total.rise > 0 and filled > total.last - total.rise  # more rows than there were
        is_few = self._count < SMALLEST <= self._limit and (is_grown or "nothing" in total.readings)
        if self._is_cut and ask.step is Step.AGAIN and not is_few:
            self._cut_to = self._count  # rows stand behind a short page: a mistake, if it is the only one
        if count == self._cut_to < limit:
            self.offsets.shrink(count)
            is_short, self._has_moved = False, True
        self._shorts = self._shorts + 1 if is_short else 0
        self._count, self._limit, self._is_cut, self._misses, self._is_shown = count, ask.limit, is_short, 0, False
        self._is_closed = is_joined and is_short
        total.contradict(filled - self.rows.duplicates, self._page_count())

    def _go(self, step: Step) -> None:
        """Set the next request."""
        if step is Step.DONE:
            self.ask = None
        elif step is Step.BACK:
            self._go_back(self._target, step)
        elif step is Step.FRONT:
            self._reread()
        else:
            self._aim(self.rows.end, step)

    def _go_back(self, to: int, step: Step) -> None:
        self._count = self._limit = self._misses = self._shorts = 0
        self._is_cut = self._is_closed = self._is_shown = False
        self._promised, self._page, self._keys = math.inf, NO_PAGE, ()
        self._pages.clear()
        start = self._aim(to, step).start
        if self._is_resumed and self.rows.is_keyed:
            # Rows before the one behind which the walk goes on are not known, so it is looked for once more.
            if not self._is_sought:
                self._anchor.known, self._is_sought = self.rows, True
            self.rows = self._anchor.known.anew(start)
        else:
            self.rows.cut(start)

    def _reread(self) -> None:
        """Read from the front once more, or give up."""
        total, rows, missing = self.total, self.rows, self._missing()
        has_moved = self._has_moved or total.rise > 0 or rows.duplicates > rows.twice or missing > 0
        is_useful = self._is_sought and rows.base > 0 if self._is_resumed else has_moved and rows.end > 0
        if self._before is None and is_useful:
            self._before = (list(rows.order), total.last)
            self._spare += SPARE + -(-2 * rows.end // self.offsets.size)
            self._go_back(0, Step.FRONT)
            return
        # What came since the walk began may be counted and not be there yet; and an empty list may be one page.
        # And one row more than a total is all that it promises.
        is_late = has_moved and not total.has_fallen and rows.filled + total.rise >= total.last
        is_late |= "records" in total.readings and rows.filled >= total.last
        is_late |= not rows.end and total.last == 1 and total.known_unit is None
        if missing or self._is_sought or not is_late:
            self._fail()
        self._learn()
        self.ask = None

    def _aim(self, position: int, step: Step) -> PageRequest:
        """Set the next request to a page that begins at a position or before."""
        offsets, limit, count = self.offsets, self.offsets.size, self._count
        self._turn += step is not Step.NEXT
        is_confirmed = step is Step.BEYOND and self._is_cut and (offsets.is_open or position == count)
        if is_confirmed:  # as many rows came twice, so that may be the page size
            offsets.size = limit = count
            self.traits.is_tiny |= limit < SMALLEST
        if step is Step.FAR:
            offset = NOWHERE
        elif step is Step.AGAIN and position and not self._has_short_pages:
            offset, limit = offsets.closing(position, count if self._is_cut else limit)
        elif self._ends_elsewhere():
            offset, limit = offsets.between(position)
        elif step is Step.NEXT and self._needs_overlap():
            offset, limit = offsets.closing(position, limit)
        else:
            offset = offsets.offset_of(position, limit)
        if step is Step.BEYOND and not is_confirmed:
            offset += limit if offsets.unit == "records" else 1
        start = offsets.start_of(offset, limit)
        may_end = step is Step.FAR or ("nothing" in self.total.readings and start > 0)
        self.ask = PageRequest(offset, limit, start, step, self._turn, may_end)
        return self.ask
