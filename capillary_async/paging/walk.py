"""Walk a limit/offset listing without losing or repeating a row.

The documents disagree on what `offset` counts (pages or records) and on what `total` counts (records, pages,
nothing), and a server may send fewer rows than asked without a word. So an answer is evidence. A `Walk` has no I/O:
it says which request comes next (`ask`), takes what came (`receive`), and says which rows are new.

    step    what it asks for                                     it is followed by
    NEXT    the rows behind those that were read                 any step
    AGAIN   the same, because an answer ended early              any step
    BEYOND  the page behind that, because nothing came twice     any step
    BACK    rows before, because `total` fell and rows moved up  any step
    FRONT   all rows once more, because some are missing         any step; once
    FAR     rows where none can be, because pages are equal      NEXT, or an error
    DONE    nothing

Why it loses nothing: a request is sent only if its rows begin at or before the end of what was read, under every
reading left; after the first page comes `offset=1`, under "pages" the next page, under "records" the same rows moved
on by one, and the rows tell which. It repeats nothing, because rows are dropped whose key came before. It is DONE
where something shows the end (a page shorter than the server's own page size, an empty page, a flag) and one reading
of `total` is reached; or where a reading is reached that is proven or declared; or, where `total` counts nothing, where
two answers show the end. Else rows are promised: AGAIN, BEYOND, then FRONT if rows moved, then
`IncompleteListingError`. What it costs: one request for each page; one more if it is unknown what `offset` or `total`
counts; one more if `total` counts nothing. While rows come and go: one for each fall of `total`, three at an end that
is promised and does not come, and once all pages (FRONT). Why it ends: an answer without a new row is wasted, and a
walk may waste `_SPARE` requests more than it had answers with new rows, and in FRONT as many as it had pages. A list
that grows faster than it is read is DONE `_PATIENCE` requests behind the end that the first answer promised.

What cannot be seen: removals, where `total` counts pages, or where it counts nothing and `offset` counts pages or the
last page is full; removals that are made up for by insertions between the same two answers.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from enum import Enum, auto
from typing import Final, NoReturn

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging.evidence import LoopDetector, OffsetModel, ResumeAnchor, SeenRows
from capillary_async.paging.readings import Claims, ListingTraits, OffsetUnit, TotalModel, TotalUnit
from capillary_async.pipeline.request import value_object

_NONE: Final = range(0)
_SMALLEST: Final = 10  # no server's page size is smaller, unless fewer rows were asked for
_SPARE: Final = 6
_PATIENCE: Final = 50
_NOWHERE: Final = 10**9  # no listing is that long, and no server too small to count so far


class Step(Enum):
    """What a request is for; the module's docstring has the table."""

    NEXT = auto()
    AGAIN = auto()
    BEYOND = auto()
    BACK = auto()
    FRONT = auto()
    FAR = auto()
    DONE = auto()


@value_object
class PageRequest:
    """One page to ask for.

    Attributes:
        offset: Counted from 0.
        limit: Rows to ask for.
        start: Position of its first row, under the reading in use.
        step: Why it is asked for.
        turn: Number of the surprise it follows: what was asked for before one is out of date.
        is_check: Whether it begins with the last known row, which shows whether rows were removed before it.
    """

    offset: int
    limit: int
    start: int
    step: Step = Step.NEXT
    turn: int = 0
    is_check: bool = False


class Walk:
    """The state of one walk.

    Attributes:
        ask: The page to ask for next, or `None` when the listing is complete.
        start: Position of the last answer's first row.
        offsets: What `offset` counts, and the page size.
        total: What `total` counts and promises.
        rows: Which rows came.
        requests: How many requests were answered.
    """

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
        """Start at the first row.

        Args:
            page_size: Rows to ask for.
            traits: Where to start from, and where to write what is shown.
            offset_unit: What `offset` counts, as the documentation says.
            total_unit: What `total` counts, as the documentation says.
            is_unpaged: Whether an answer without a usable total is the whole listing.
            is_keyed: Whether keys identify rows. If not, positions do; then nothing but `offset_unit` can tell what
                `offset` counts.
            has_short_pages: Whether pages other than the last may be short, because the server filters them.
        """
        unit = (traits.offset_unit if is_keyed else None) or offset_unit
        self.offsets = OffsetModel(page_size, unit, traits, is_proven=not is_keyed)
        self.total = TotalModel(traits, total_unit)
        self.rows = SeenRows(is_keyed)
        self.requests = 0
        self.start = 0
        self.ask: PageRequest | None = PageRequest(0, page_size, 0)
        self._traits = traits
        self._asked = page_size
        self._is_unpaged, self._has_short_pages = is_unpaged, has_short_pages
        self._anchor = ResumeAnchor()
        self._loops = LoopDetector()
        self._arrived: list[Hashable] = []  # rows as they came, while it is unknown where they stand
        self._tail = (0, 0, 0)  # rows, limit asked for and limit claimed, of the page that the rows end with
        self._misses = 0  # answers that should have rows behind the end, and have none
        self._behind = 0  # the same a page further
        self._is_shown = False  # but rows were seen behind it
        self._says_end: bool | None = None
        self._delivered = 0  # rows of the longest page
        self._is_resized = False  # the page size fell since the rows grew
        self._is_first_short = False
        self._is_raise_due = False  # the page size may be what was asked for, although the first page was smaller
        self._shorts = 0  # pages in a row that reached further and were short
        self._has_moved = False  # rows or the page size did
        self._back = 0  # how far it went back; more, until it stands on a row it knows
        self._first_order: list[Hashable] | None = None  # as read before FRONT
        self._front_total = 0
        self._slips = 0  # answers that did not begin with the last known row, where they should
        self._cuts = 0  # short pages in a row behind which rows came
        self._gap: float = math.inf  # least number of promised rows that were still to come
        self._chase = 0
        self._spare = _SPARE  # requests that may still bring nothing new
        self._turn = 0

    def resume(self, position: int, limit: int, unit: OffsetUnit | None, is_last: Callable[[Hashable], bool]) -> None:
        """Start behind a row that an earlier walk handed out.

        Args:
            position: Position behind that row.
            limit: Page size that was in force.
            unit: What that walk knew of `offset`.
            is_last: Tells by its key whether a row is that row; it is looked for where it should stand.
        """
        self._anchor = ResumeAnchor(position, is_last if self.rows.is_keyed else None)
        self.offsets.unit = self.offsets.unit or unit
        if self.offsets.unit is not None or limit == 1:
            self.offsets.size, self._delivered = limit, limit
            self._aim(position - 1, Step.NEXT)
            self.rows.start_at(self.ask.start if self.ask else 0)

    @property
    def question(self) -> str:
        """What the next request is to find out for all listings of the endpoint; empty for nothing."""
        if self.ask is None or self.ask.step is not Step.NEXT or not self.requests or self._anchor.is_sought:
            return ""
        if self.offsets.is_open:
            return "offset" if self.offsets.offset == 0 else ""
        return "total" if self._reached() else ""

    def replan(self) -> None:
        """Choose the next request anew, because other walks may have shown something."""
        if self.offsets.unit is None and self.offsets.offset == 0:
            self.offsets.unit = self._traits.offset_unit
        self._plan(None)

    def ahead(self, count: int) -> list[PageRequest]:
        """Return the next requests if nothing surprises, at most `count`; just one while the end is not in sight."""
        if self.ask is None:
            return []
        asks = [self.ask]
        size = self.offsets.size
        is_unsure = self.offsets.is_open or self._lacks or self._anchor.is_sought or self.total.has_fallen
        end = 0 if is_unsure or self.ask.step is not Step.NEXT else self.total.end(size, self.rows.gaps)
        while len(asks) < count and (position := asks[-1].start + size) < end:
            offset = self.offsets.offset_of(position, size)
            asks.append(PageRequest(offset, size, self.offsets.start_of(offset, size), turn=self._turn))
        return asks

    def receive(self, keys: Sequence[Hashable], claims: Claims) -> Sequence[int]:
        """Take the answer to `ask`; return which of its rows are new, and set the next `ask`.

        Args:
            keys: What tells the rows of the answer apart.
            claims: What the answer says of the listing.

        Raises:
            RepeatedPageError: The server does not get on.
            IncompleteListingError: It promised more than it sends.
        """
        ask = self.ask
        if ask is None:
            raise RuntimeError("the listing is complete")
        self.requests += 1
        if keys:
            self._measure(ask, len(keys), claims.limit or 0)
        is_current = ask.limit == self.offsets.size or self._is_short(len(keys), ask.limit, claims.limit or 0)
        change = self.total.note(claims.total, is_current=is_current)
        new, step = self._take(ask, keys, claims, change)
        self._spare += (2 - self._loops.is_again if len(new) else 0) - 1
        self._plan(step)
        if self.ask is not None and self._spare < 0:
            self._fail()
        return new if self._anchor.position == 0 else self._anchor.behind(self.start, new, is_open=self.offsets.is_open)

    # What an answer shows

    def _measure(self, ask: PageRequest, count: int, claimed: int) -> None:
        """Learn the page size in force."""
        is_short = self._is_short(count, ask.limit, claimed)
        self._delivered = max(self._delivered, count)
        self._traits.longest = max(self._traits.longest, count)
        if count < claimed < ask.limit or (self._has_short_pages and count == claimed):
            self.offsets.size = claimed
        elif count < ask.limit and not is_short and not self._has_short_pages:
            self.offsets.size = count
        elif is_short and self.requests == 1 and not self._anchor.position:
            longest = self._traits.longest
            self._is_raise_due = longest < _SMALLEST and not self._traits.is_tiny
            self.offsets.size = count if self._is_raise_due else min(ask.limit, longest)

    def _is_short(self, count: int, limit: int, claimed: int) -> bool:
        """Whether a page is shorter than the server's own page size, so that the rows end there."""
        traits, longest = self._traits, max(self._traits.longest, self._delivered)
        if count < claimed < limit or count < min(limit, longest):
            return True
        is_few = count < _SMALLEST <= limit and not traits.is_tiny
        return count < limit and (is_few or count == traits.whole == traits.longest)

    def _take(
        self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims, change: int
    ) -> tuple[Sequence[int], Step | None]:
        if ask.step is Step.FAR:
            if keys:
                self._repeat()
            self._loops.is_doubtful = False
            return _NONE, None
        if self._is_raise_due and ask.step is Step.AGAIN and ask.limit > self.offsets.size:
            self._raise_size(keys)
            if self.rows.have_all(keys):
                return _NONE, None
        if by := self._moved_by(ask, keys, change):
            self._back, self._has_moved = by, True
            return _NONE, self._go_back(min(ask.start, self.rows.end) - by)
        if change:
            self._misses = self._behind = 0
        if not keys:
            return _NONE, self._take_nothing(ask, claims)
        self._place(ask, keys, change)
        if self._anchor.is_sought and (step := self._seek(keys, ask)):
            return _NONE, step
        if self._slipped(ask, keys):
            return _NONE, self._slip()
        if self.start > self.rows.end and not (ask.step is Step.BEYOND and self._tries > 1):
            if self.rows.have_all(keys):
                self._repeat()
            self._is_shown = True
            return _NONE, None
        return self._accept(ask, keys, claims)

    def _raise_size(self, keys: Sequence[Hashable]) -> None:
        """Take the size of the second answer; if it has no more rows than the first, those few are a page."""
        self._is_raise_due = False
        size = self.offsets.size
        if len(keys) > size:
            self.offsets.size = self._asked
        else:
            self._traits.is_tiny = True
            self._tail = (size, size, 0)

    def _moved_by(self, ask: PageRequest, keys: Sequence[Hashable], change: int) -> int:
        """Tell how far to go back because rows were removed; 0 when the answer stands on a row it knows."""
        is_on_known_ground = not ask.start or (len(keys) > 0 and keys[0] in self.rows)
        if is_on_known_ground or (change >= 0 and not (self._back and keys)):
            return 0
        if change >= 0:
            return 2 * self._back
        if not self.rows.is_keyed:
            self._fail()
        return 1 - change * (self.offsets.size if "pages" in self.total.readings else 1)

    def _go_back(self, to: int, step: Step = Step.BACK) -> Step:
        self._misses, self._behind, self._is_shown, self._is_resized = 0, 0, False, False
        self._tail = (0, 0, 0)
        self.offsets.restart(unit=self.offsets.unit)
        self._arrived = []
        self._aim(max(to, 0), step)
        self.rows.reread(self.ask.start if self.ask else 0)
        return step

    def _take_nothing(self, ask: PageRequest, claims: Claims) -> Step | None:
        if self._anchor.is_sought and (step := self._seek((), ask)):
            return step
        if self._slipped(ask, ()):
            return self._slip()
        self._note_end(claims)
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
                    rows.straighten(self._arrived, offsets.start_of(ask.offset, ask.limit))
        self.start = offsets.start_of(ask.offset, ask.limit)

    def _seek(self, keys: Sequence[Hashable], ask: PageRequest) -> Step | None:
        """Look for the row to go on from; return a step if it has to be looked for elsewhere."""
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

    def _slipped(self, ask: PageRequest, keys: Sequence[Hashable]) -> bool:
        """Whether an answer that should begin with the last known row does not."""
        return ask.is_check and (not keys or keys[0] not in self.rows)

    def _slip(self) -> Step | None:
        """Rows were removed where nothing counts them: read all rows again, once."""
        if not self.offsets.is_proven and self.offsets.offset == 0:
            return self._reopen()
        self._slips += 1
        self._has_moved = True
        if self._slips % 2:
            return Step.AGAIN
        if self._first_order is not None:
            self._fail()
        return self._reread()

    def _accept(
        self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims
    ) -> tuple[Sequence[int], Step | None]:
        rows, count, start = self.rows, len(keys), self.start
        end, high = rows.end, rows.high
        is_known = rows.is_keyed and rows.have_all(keys)
        is_first = is_known and 0 < start and end == count and not self.total.rise and rows.stand_first(keys)
        if is_first and self._is_static(count):
            return _NONE, Step.DONE
        if is_known and count < ask.limit == self.offsets.size and self._is_misplaced(keys):
            return _NONE, self._resize(count)
        if not self.offsets.is_proven:
            self._arrived += keys
        new = rows.take(start, keys)
        if self._has_short_pages:
            rows.pad(start + self.offsets.size)
            rows.gaps += max(self.offsets.size - count, 0)
        self._note_end(claims)
        self._check_progress(keys, start - high, is_further=rows.end > high, has_new=len(new) > 0)
        self.offsets.remember(ask.offset, ask.limit, keys)
        if rows.end <= end:
            self._misses += 1
            return new, None
        self._tail = (count, ask.limit, claims.limit or 0)
        if self.requests == 1:
            self._is_first_short = count < ask.limit and (count > 1 or ask.limit >= _SMALLEST)
        step = self._grow(ask, count)
        self.total.contradict(rows.end - rows.gaps - rows.duplicates, self._pages())
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
            self._is_resized = True
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
        reached, unit = self.total.reached(self.rows.count, 1, is_end=True), self.total.known_unit
        is_whole = unit in reached if unit else len(reached) > 0
        if is_whole or ("nothing" in self.total.readings and self._is_first_short):
            return True
        if count > 1:
            self._repeat()
        return False  # one row may be one that the server has twice

    def _is_misplaced(self, keys: Sequence[Hashable]) -> bool:
        """Whether known rows on a short page stand where they should not, because all pages are shorter now."""
        rows, end = self.rows, self.start + len(keys)
        is_explained = rows.end < end <= rows.high or (self.total.rise > 0 and rows.end < end)
        if self.offsets.unit == "records" or self._has_short_pages or is_explained:
            return False
        return not (self.offsets.is_open and rows.stand_at(self.start, keys))

    # Where to go next

    @property
    def _is_cut(self) -> bool:
        """Whether the last page shows that the rows end with it."""
        count, limit, claimed = self._tail
        return limit > 0 and not self._has_short_pages and self._is_short(count, limit, claimed)

    @property
    def _tries(self) -> int:
        return self._is_cut + self._misses

    @property
    def _lacks(self) -> int:
        """How many answers show that the rows end here."""
        return self._tries + self._behind

    def _pages(self) -> int:
        """Pages that were read; one that was begun counts when rows end there."""
        size = self.offsets.size
        return -(-self.rows.end // size) if self._lacks or self._says_end else self.rows.end // size

    def _reached(self) -> set[TotalUnit]:
        rows, gaps = self.rows.end - self.rows.gaps, self.rows.gaps // self.offsets.size
        return self.total.reached(rows, self._pages() - gaps, is_end=self._lacks > 1)

    def _plan(self, step: Step | None) -> None:
        if step is None:
            step = self._choose()
        if step is Step.DONE:
            self.ask = None
        elif step not in (Step.BACK, Step.FRONT):
            self._aim(self.rows.end, step)

    def _choose(self) -> Step:
        if self._loops.is_doubtful:
            return Step.FAR
        if self._is_shown:
            return Step.AGAIN if self._tries < 2 else Step.BEYOND
        reached = self._reached()
        if self._first_order is not None and self._is_found():
            return Step.DONE
        if self._says_end is False and not self._misses:
            return Step.NEXT
        if self._says_end and (reached or "nothing" in self.total.readings or self._has_short_pages):
            return self._finish()
        if reached:
            is_end = self._lacks > 0 or self.total.settles(reached, self.rows.end - self.rows.gaps)
            return self._finish() if is_end else Step.NEXT
        if "nothing" in self.total.readings:
            return self._choose_unpromised()
        return self._choose_promised()

    def _choose_unpromised(self) -> Step:
        """Choose where no total says how far the rows go."""
        is_only = self.total.readings == {"nothing"}
        if is_only and (self._is_unpaged or (self.requests == 1 and not self.rows.end)):
            return self._finish()
        if self._misses and (self._lacks > 1 or self._traits.is_dense):
            if self._is_prior_alone():
                return self._reopen()
            self._traits.is_dense |= self._misses + self._behind > 0 and not self.rows.gaps
            return self._finish()
        return Step.BEYOND if self._misses else Step.NEXT

    def _choose_promised(self) -> Step:
        """Choose where every reading of `total` promises more rows."""
        if not self._lacks:
            return self._finish() if self._is_outrun() else Step.NEXT
        total, rows = self.total, self.rows.end - self.rows.gaps
        # The list grew between the server's count and its select: all that it counted before has come.
        if self._shorts > 1 and (total.before or math.inf) <= rows and total.rise:
            return self._finish()
        if self._lacks == 1:
            return Step.AGAIN
        offsets = self.offsets
        if offsets.unit and not offsets.is_proven and offsets.offset == 0 and offsets.size > 1:
            return self._reopen()
        return Step.BEYOND if self._lacks == 2 else self._give_up()

    def _aim(self, position: int, step: Step) -> None:
        """Set the next request."""
        offsets, limit, count = self.offsets, self.offsets.size, self._tail[0]
        self._turn += step is not Step.NEXT
        is_check = step in (Step.NEXT, Step.AGAIN) and self._needs_check()
        is_raise = step is Step.AGAIN and self._is_raise_due
        if is_raise:
            limit = self._asked
        elif step is Step.NEXT and count < limit and self._is_cut and offsets.unit != "records":
            limit = count  # where no total says that more comes, nothing is skipped even if pages are shorter now
        offset = offsets.offset_of(position - is_check, limit)
        if step is Step.FAR:
            offset = _NOWHERE
        elif is_raise and offsets.unit is None:
            offset = 0
        elif step is Step.AGAIN and offsets.is_open and self._is_cut and not self._misses:
            offset = offsets.offset or 0
        elif step is Step.NEXT and self._is_prior_alone() and self._reached():
            offset = 1  # whatever it counts, rows that are left begin there
        elif step is Step.BEYOND and not self._is_resized:
            offset += limit if offsets.unit == "records" else 1
        self.ask = PageRequest(offset, limit, offsets.start_of(offset, limit), step, self._turn, is_check)

    def _needs_check(self) -> bool:
        """Whether the place of the last row has to show that a prior is right, or that no rows were removed."""
        if self.offsets.unit != "records" or not self.rows.is_keyed or self._misses:
            return False
        if self._is_prior_alone() and self._traits.offset_unit and not self._reached():
            return True
        return self.total.readings == {"nothing"} and not self._is_unpaged and self._is_cut

    # How it ends

    def _is_outrun(self) -> bool:
        """Whether the list grows faster than it is read."""
        total, rows = self.total, self.rows.end - self.rows.gaps
        gap = (total.last or 0) - rows
        self._chase = 0 if gap < self._gap else self._chase + 1
        self._gap = min(gap, self._gap)
        return self._chase > _PATIENCE and total.rise > 0 and rows >= (total.first or 0)

    def _is_prior_alone(self) -> bool:
        """Whether only a prior says what `offset` counts, so that the end may be none."""
        is_prior = not self.offsets.is_proven and not self._traits.is_own and self.offsets.unit is not None
        return is_prior and self.offsets.size > 1 and self.offsets.offset == 0 and not self._is_cut

    def _reopen(self) -> Step:
        """Doubt what `offset` counts, because a prior may have led astray; the first page can tell."""
        self._traits.forget()
        self.offsets.unit = None
        self._misses, self._behind = 0, self._misses
        return Step.NEXT

    def _reread(self) -> Step:
        if self._anchor.position or self._first_order is not None:
            self._fail()
        self._first_order = list(self.rows.order)
        self._front_total = self.total.last or 0
        self._spare += _SPARE + -(-self.rows.end // self.offsets.size)
        return self._go_back(0, Step.FRONT)

    def _give_up(self) -> Step:
        """Nothing more comes although every reading promises rows."""
        total = self.total
        if self._has_moved or total.rise or self.rows.duplicates > self.rows.twice:
            if self._first_order is None and not self._anchor.position:
                return self._reread()
            if not total.has_fallen and self.rows.end - self.rows.gaps + total.rise >= (total.last or 0):
                return self._finish()
        if not self.rows.end and total.last == 1 and total.known_unit is None:
            return self._finish()
        self._fail()

    def _missing(self) -> int:
        """Count the rows that `total` has and no answer had."""
        rows, total = self.rows, self.total
        is_countable = rows.is_keyed and not self._anchor.position and not self._has_short_pages
        if not is_countable or "records" not in total.readings:
            return 0
        return max((total.last or 0) - rows.count - rows.twice, 0)

    def _is_found(self) -> bool:
        """Whether reading again has brought all that was missing."""
        total = self.total
        is_counted = "records" in total.readings and not total.has_fallen and not self._slips
        return is_counted and not self._missing()

    def _finish(self) -> Step:
        """End the walk, unless rows are missing."""
        if self._anchor.is_sought:
            self._fail("the row behind which the listing was to go on is not in it any more")
        missing = self._missing()
        if missing:
            if self._first_order is None:
                return self._reread()
            # In the same order a second time, so the server has rows twice.
            is_stable = self.rows.order == self._first_order
            if not is_stable and missing > (self.total.last or 0) - self._front_total:
                self._fail()
        self._learn()
        return Step.DONE

    def _learn(self) -> None:
        traits, total, rows = self._traits, self.total, self.rows
        count, limit, _ = self._tail
        is_whole = count == rows.end == rows.count
        if is_whole and count < self._asked and self.requests > 1:
            traits.whole = max(traits.whole, count)
        reached = self._reached()
        if "records" not in total.readings and "pages" in reached:
            traits.total_unit = "pages"
        elif self._lacks and total.last == rows.end - rows.gaps == rows.count and reached == {"records"}:
            if not is_whole or count == limit == self._asked:
                traits.total_unit = "records"
        traits.is_own = True

    def _fail(self, message: str = "") -> NoReturn:
        self._traits.forget()
        received = self.rows.count
        expected = max(self.total.expected(self.offsets.size), received + 1)
        message = message or f"the server promised {expected} rows or more and sent {received}"
        raise IncompleteListingError(message, expected=expected, received=received)

    def _repeat(self) -> NoReturn:
        self._traits.forget()
        raise RepeatedPageError(f"the server sent rows again instead of new ones, after {self.rows.count} rows")
