"""Walk a limit/offset listing without losing or repeating a row.

The documents disagree on what `offset` counts (pages or records) and on what `total` counts (records, pages,
nothing), and a server may send fewer rows than asked without a word. So an answer is evidence. A `Walk` has no I/O:
it says which request comes next (`ask`), takes what came (`receive`), and says which rows are new; `steps.TRANSITIONS`
says which step follows what an answer shows.

What cannot be seen: removals where `total` counts pages, or nothing while `offset` counts pages, or nothing behind the
first pages of a listing (as many as a page has rows, less one); removals that are made up for by insertions between the
same two answers; a page size that falls on the last page that a total of pages promises; where `total` counts nothing
and `offset` pages, an empty page that is a mistake, behind a full one, if an earlier listing ended so.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Final

from capillary_async.paging.anchor import ResumeAnchor
from capillary_async.paging.evidence import Chase, SeenRows
from capillary_async.paging.findings import Findings, FrontReading, Tail
from capillary_async.paging.offsets import SMALLEST, OffsetModel
from capillary_async.paging.readings import Claims, ListingTraits, OffsetUnit, TotalModel
from capillary_async.paging.steps import NOWHERE, READINGS, SPARE, TRANSITIONS, PageRequest, Sight, Step

_NONE: Final = range(0)


class Walk:
    """One walk: takes answers, and says which request comes next (`ask`); `None` when the listing is complete."""

    def __init__(
        self,
        page_size: int,
        traits: ListingTraits,
        *,
        offset_unit: OffsetUnit | None = None,
        total_unit: OffsetUnit | None = None,
        is_unpaged: bool = False,
        is_keyed: bool = True,
        has_short_pages: bool = False,
    ) -> None:
        """Start at the first row; the arguments are as a `Listing` declares them."""
        unit = (traits.offset_unit if is_keyed else None) or offset_unit
        self.traits = traits
        self.ask: PageRequest | None = PageRequest(0, page_size, 0)
        self.start: int = 0  # position of the last answer's first row
        self.rows: SeenRows = SeenRows(is_keyed)
        self.total: TotalModel = TotalModel(traits, total_unit)
        self.offsets: OffsetModel = OffsetModel(page_size, unit, traits, not is_keyed, has_short_pages)
        self._found = Findings(
            page_size, is_unpaged, unit is None or not traits.is_own, self.offsets, self.total, self.rows
        )
        self._cut_to = 0  # rows of a short page behind which rows came
        self._back = self._target = 0  # how far it went back since rows reached further, and where to
        self._spare = SPARE  # requests that may still bring nothing new
        self._turn = 0

    def resume(self, position: int, limit: int, unit: OffsetUnit | None, is_last: Callable[[Hashable], bool]) -> None:
        """Start behind a row that an earlier walk handed out; `is_last` tells by its key whether a row is that one.

        `position` is behind that row; `limit` and `unit` are what that walk knew of the page size and of `offset`.
        """
        self._found.anchor = ResumeAnchor(position, is_last if self.rows.is_keyed else None)
        self.offsets.unit = self.offsets.unit or unit
        if self.offsets.unit is not None or limit == 1:
            self.offsets.size = self.offsets.longest = limit
            self.rows.start_at(self._aim(position - 1, Step.NEXT).start)

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return self._found.requests

    @property
    def question(self) -> str:
        """What the next request is to find out for all listings of the endpoint; empty for nothing."""
        found, ask = self._found, self.ask
        if ask is None or ask.step is not Step.NEXT or not found.requests or found.anchor.is_sought:
            return ""
        if self.offsets.is_open:
            return "offset" if self.offsets.offset == 0 else ""
        return "total" if self._found.reached() else ""

    def replan(self) -> None:
        """Choose the next request anew, because other walks may have shown something."""
        if self.offsets.unit is None and self.offsets.offset == 0:
            self.offsets.unit = self.traits.offset_unit
        self._go(TRANSITIONS[Step.NEXT][self._found.judge()])

    def ahead(self, count: int) -> list[PageRequest]:
        """Return the next requests if nothing surprises, at most `count`; just one while the end is not in sight."""
        if self.ask is None:
            return []
        asks, offsets, found = [self.ask], self.offsets, self._found
        is_unsure = offsets.is_open or found.tries or found.anchor.is_sought or self.total.has_fallen or found.before
        end = 0 if is_unsure or self.ask.step is not Step.NEXT else self.total.end(offsets.size, self.rows.gaps)
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
        self._found.requests += 1
        if self._found.requests == 1 and self._found.is_plain(ask.limit, keys, claims):
            self.ask = None
            self.total.note(claims.total, ask.limit, 0)
            self.traits.longest = max(self.traits.longest, len(keys))
            return self.rows.take(0, keys)
        if self._found.requests == 1:
            self._found.begin()
        self._found.step = ask.step
        new, sight = self._read(ask, keys, claims)
        self._spare += (2 - self._found.loops.is_again if len(new) else 0) - 1
        step = ask.step if self._found.tail.misses else Step.NEXT  # where rows reach further, it begins anew
        self._go(TRANSITIONS[step][sight or self._found.judge()])
        if self.ask is not None and self._spare < 0:
            self._found.fail()
        anchor = self._found.anchor
        return anchor.behind(self.start, new, is_open=self.offsets.is_open) if anchor.position else new

    def _read(self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims) -> tuple[Sequence[int], Sight | None]:
        if ask.step is Step.FAR:
            self._found.loops.is_doubtful = False
            return (_NONE, None) if not keys else self._found.repeat()
        if keys:
            self.offsets.measure(len(keys), ask.limit, claims.limit or 0)
        was_open = self.offsets.is_open
        is_joined = ask.start < self.rows.end and not was_open and self.rows.is_keyed
        change = self._found.count(ask, keys, claims)
        is_lost = ask.start > 0 and not (keys and keys[0] in self.rows)  # it begins with no row that is known
        if is_lost and (change < 0 or (self._back and keys)):
            return _NONE, self._slip(ask, change)
        if keys:
            size, can_shrink = self.offsets.size, not self._found.anchor.is_sought
            self.start = self.offsets.place(ask, keys, self.rows, change, can_shrink=can_shrink)
            self._found.has_moved |= self.offsets.size != size
        if self._found.anchor.is_sought and self._is_elsewhere(ask, keys):
            return _NONE, Sight.MOVED
        if is_lost and is_joined and change <= 0 and (keys or ask.step is Step.AGAIN):
            is_wrong = self.offsets.is_prior and not (keys and self.traits.is_own)
            return _NONE, self._reopen() if is_wrong else self._slip(ask, 0)
        self._found.tail.misses = 0 if change else self._found.tail.misses
        if keys:
            return self._take(ask, keys, claims, was_open=was_open)
        self._found.note_end(claims)
        self._found.tail.misses += 1
        return _NONE, Sight.EARLY if is_joined and ask.step is Step.NEXT else None

    def _is_elsewhere(self, ask: PageRequest, keys: Sequence[Hashable]) -> bool:
        """Look for the row to go on from; whether it has to be looked for before this page."""
        anchor, offsets, count = self._found.anchor, self.offsets, len(keys)
        is_cut = 0 < count < ask.limit and offsets.unit == "pages"
        if is_cut and anchor.stands_in(keys, ask.offset * count):
            offsets.size, self.start = count, ask.offset * count  # the page size has fallen since
            self.rows.start_at(self.start)
        start = self.start if keys else ask.start
        by = anchor.look(start, keys, offsets.longest)
        if not anchor.is_sought or not by:
            return False
        if is_cut and ask.limit == offsets.size:
            offsets.size = count  # the page size may have fallen since
            by = self.start - anchor.retry()
        self._spare += 1
        self._target = start - by
        return True

    def _slip(self, ask: PageRequest, change: int) -> Sight:
        """Go back, because rows were removed and the others moved up."""
        if not self.rows.is_keyed:
            self._found.fail()
        self._found.has_moved = True
        fall = 1 - change * (self.offsets.size if self.total.unit == "pages" else 1)
        self._back = fall if change < 0 else 2 * self._back or 1
        self._target = min(ask.start, self.rows.end) - self._back
        return Sight.MOVED

    def _reopen(self) -> Sight:
        """Drop a prior that led to no known row; the first page can tell what `offset` counts."""
        self.traits.forget()
        self.offsets.unit = None
        self._found.tail.misses = 0
        return Sight.MORE

    def _take(
        self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims, *, was_open: bool
    ) -> tuple[Sequence[int], Sight | None]:
        rows, tail, count, start = self.rows, self._found.tail, len(keys), self.start
        end, high, is_known = rows.end, rows.high, rows.have_all(keys)
        if start > end and not (ask.step is Step.BEYOND and self._found.tries > 1):
            tail.is_shown = True
            return (_NONE, None) if not is_known else self._found.repeat()
        is_first = is_known and start > 0 and end == count and not self.total.rise and rows.stand_at(0, keys)
        if is_first and self._found.is_static(count):
            return _NONE, Sight.WHOLE
        new = rows.take(start, keys)
        if self.offsets.has_short_pages:
            rows.pad(start + self.offsets.size)
            rows.gaps += max(self.offsets.size - count, 0)
        self._found.note_end(claims)
        if rows.end > high:
            self._found.check_progress(keys, start - high, has_new=len(new) > 0)
        self.offsets.remember(ask.offset, ask.limit, keys)
        is_shorter = count < ask.limit and (start + count < end or start < self.offsets.start_of(ask.offset, ask.limit))
        is_joined = start < end and (self.rows.is_keyed or ask.step is Step.AGAIN)
        self._found.overlaps += is_joined and ask.step is Step.NEXT
        if rows.end > end or (new and self.offsets.is_open):
            self._grow(Tail(count, ask.limit, claims.limit or 0, says_end=tail.says_end), ask)
            self._found.tail.is_closed = is_joined and self._found.is_cut
            self.total.contradict(rows.filled - rows.duplicates, self._found.pages())
        elif was_open and not self.offsets.is_open and count == ask.limit < self.offsets.size:
            tail.misses = 0  # there was no room for more; but it showed what `offset` counts
        elif is_shorter and self.rows.is_keyed:
            self.offsets.size, self._found.has_moved = count, True  # all pages are shorter now
        else:
            tail.misses += 1
            tail.is_closed = is_joined and count < ask.limit and start + count == end
        return new, None

    def _grow(self, tail: Tail, ask: PageRequest) -> None:
        """Note that the rows reach further than before."""
        before, self._found.tail, self._back = self._found.tail, tail, 0
        self._found.chase.shorts = self._found.chase.shorts + 1 if self._found.is_cut else 0
        if ask.step is Step.AGAIN and 0 < before.count < before.limit:
            self._cut_to = before.count  # rows stand behind a short page: a mistake, if it is the only one
        if tail.count == self._cut_to < tail.limit:
            self.offsets.size = tail.limit = tail.count
            self._found.has_moved = True

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
        self._found.tail, self._found.chase = Tail(), Chase()
        self.offsets.restart(unit=self.offsets.unit)
        self.rows.cut(self._aim(max(to, 0), step).start)

    def _reread(self) -> None:
        """Read from the front once more, or give up."""
        total, rows, before, missing = self.total, self.rows, self._found.before, self._found.missing()
        has_moved = self._found.has_moved or total.rise > 0 or rows.duplicates > rows.twice or missing > 0
        is_useful = before is None or (
            self._found.is_unstable and before.number < READINGS - 1 and rows.count > before.count
        )
        if has_moved and is_useful and not self._found.anchor.position:
            number = before.number + 1 if before else 1
            self._found.before = FrontReading(list(rows.order), total.last or 0, rows.count, number)
            self._spare += SPARE + -(-2 * rows.end // self.offsets.size)
            self._go_back(0, Step.FRONT)
            return
        # What came since the walk began may be counted and not be there yet; and an empty list may be one page.
        # And one row more than a total is all that it promises.
        is_late = has_moved and not total.has_fallen and rows.filled + total.rise >= (total.last or 0)
        is_late |= total.last is not None and "records" in total.readings and rows.filled >= total.last
        if missing or not (is_late or (not rows.end and total.last == 1 and total.known_unit is None)):
            self._found.fail()
        self._found.learn()
        self.ask = None

    def _aim(self, position: int, step: Step) -> PageRequest:
        """Set the next request to a page that begins at a position or before."""
        offsets, limit, tail = self.offsets, self.offsets.size, self._found.tail
        self._turn += step is not Step.NEXT
        is_confirmed = step is Step.BEYOND and self._found.is_cut and (offsets.is_open or position == tail.count)
        if is_confirmed:  # as many rows came twice, so that may be the page size
            offsets.size = limit = tail.count
            self.traits.is_tiny |= limit < SMALLEST
        if step is Step.FAR:
            offset = NOWHERE
        elif step is Step.AGAIN and position and not offsets.has_short_pages:
            offset, limit = offsets.closing(position, tail.count if self._found.is_cut else limit)
        elif step in (Step.NEXT, Step.FRONT) and self._found.ends_elsewhere and not offsets.is_open:
            offset, limit = offsets.between(position)
        elif step is Step.NEXT and self._found.needs_overlap():
            offset, limit = offsets.closing(position, limit)
        else:
            offset = offsets.offset_of(position, limit)
        if step is Step.BEYOND and not is_confirmed:
            offset += limit if offsets.unit == "records" else 1
        start = offsets.start_of(offset, limit)
        may_end = step is Step.FAR or ("nothing" in self.total.readings and start > 0)
        self.ask = PageRequest(offset, limit, start, step, self._turn, may_end)
        return self.ask
