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
counts; one or two more if `total` counts nothing, and, if `offset` counts records then, a row of each page, because
each begins with the last known row, which shows removals. While rows come and go: a few for each fall of `total`,
three at an end that is promised and does not come, and once all pages (FRONT). Why it ends: a walk may have
`SPARE_REQUESTS` more answers without new rows than it had with, and in FRONT one for each page besides. A list that
grows faster than it is read is DONE `_PATIENCE` requests after it began to run away.

What cannot be seen: removals where `total` counts pages, or nothing while `offset` counts pages or pages have fewer
than ten rows; removals that are made up for by insertions between the same two answers; where `total` counts nothing,
an empty page that is a mistake, behind a full one, if an earlier listing ended so; a search engine's ceiling at the
end of a full page, if a total of records is proven.
"""

import math
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from capillary_async.paging.intake import Intake
from capillary_async.paging.readings import Claims, TotalUnit
from capillary_async.paging.state import PageRequest, Step

_PATIENCE: Final = 50
_ROUND: Final = 5


class Walk(Intake):
    """One walk: takes answers, and says which request comes next."""

    ask: PageRequest | None
    requests: int

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
            self.offsets.unit = self.traits.offset_unit
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
        if self.requests == 1 and self._is_plain(ask.limit, keys, claims):
            self.ask = None
            self.total.note(claims.total, ask.limit, 0)
            self.traits.longest = max(self.traits.longest, len(keys))
            return self.rows.take(0, keys)
        if keys:
            self._measure(ask, len(keys), claims.limit or 0)
        is_current = ask.limit == self.offsets.size or self._is_short(len(keys), ask.limit, claims.limit or 0)
        least = self._least(ask, keys) + (claims.total == len(keys))  # a total of this answer alone counts nothing
        change = self.total.note(claims.total, self.offsets.size if is_current else 0, least)
        new, step = self._take(ask, keys, claims, change)
        self._spare += (2 - self._loops.is_again if len(new) else 0) - 1
        self._plan(step)
        if self.ask is not None and self._spare < 0:
            self._fail()
        return new if self._anchor.position == 0 else self._anchor.behind(self.start, new, is_open=self.offsets.is_open)

    # Where to go next

    def _is_plain(self, limit: int, keys: Sequence[Hashable], claims: Claims) -> bool:
        """Whether a first answer is the whole listing beyond doubt, as most are; the steps would say the same."""
        count = len(keys)
        if claims.total != count or not count or not self.is_keyed or self._anchor.position or self.has_short_pages:
            return False
        if claims.pages is not None or claims.is_last is not None or self.total.known_unit == "pages":
            return False
        is_known = self.traits.total_unit == "records" or self._is_short(count, limit, claims.limit or 0)
        return is_known and len(set(keys)) == count

    def _plan(self, step: Step | None) -> None:
        if step is None or (step is Step.AGAIN and self._loops.is_doubtful):
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
        if self._first_order is not None and self._is_found():
            return Step.DONE
        reached = self._reached()
        if self._says_end is not None and (step := self._heed(reached)):
            return step
        if reached:
            is_end = self._lacks > 0 or self.total.settles(reached, self.rows.end - self.rows.gaps)
            return self._finish() if is_end or self._is_outrun() else Step.NEXT
        return self._choose_unpromised() if "nothing" in self.total.readings else self._choose_promised()

    def _heed(self, reached: AbstractSet[TotalUnit]) -> Step | None:
        """Choose by what the answer says of the end, unless answers or its total contradict that."""
        if not self._says_end:
            return None if self._misses else Step.NEXT
        is_promised = not reached and "nothing" not in self.total.readings and not self.has_short_pages
        return None if is_promised else self._finish()

    def _choose_unpromised(self) -> Step:
        """Choose where no total says how far the rows go."""
        is_only = self.total.readings == {"nothing"}
        if is_only and (self.is_unpaged or (self.requests == 1 and not self.rows.end)):
            return self._finish()
        is_outrun = self._shorts > _PATIENCE  # a row comes with each request
        # Pages that became shorter have a round number of rows.
        is_outrun |= self._is_cut and self._is_checked and self._tail[0] % _ROUND > 0
        if is_outrun or (self._misses and not self._is_resized and (self._lacks > 1 or self.traits.is_dense)):
            if self._is_prior_alone():
                return self._reopen()
            self.traits.is_dense |= self._misses + self._behind > 0 and not self.rows.gaps
            return self._finish()
        return Step.BEYOND if self._misses else Step.NEXT

    def _choose_promised(self) -> Step:
        """Choose where every reading of `total` promises more rows."""
        if not self._lacks:
            return self._finish() if self._is_outrun() else Step.NEXT
        total, rows = self.total, self.rows.end - self.rows.gaps
        # The list grew between the server's select and its count: all that it counted before has come.
        is_near = self._shorts > 1 or (self._shorts > 0 and rows + 1 >= (total.last or 0))
        if is_near and total.rise and rows >= (total.before or math.inf) and "records" in total.readings:
            return self._finish()
        if self._lacks == 1:
            return Step.AGAIN
        offsets = self.offsets
        if offsets.unit and not offsets.is_proven and offsets.offset == 0 and offsets.size > 1:
            return self._reopen()
        return Step.BEYOND if self._lacks == 2 else self._give_up()

    # How it ends

    def _is_outrun(self) -> bool:
        """Whether the list grows faster than it is read."""
        total, rows = self.total, self.rows.end - self.rows.gaps
        gap = (total.last or 0) - rows
        self._chase = 0 if gap < self._gap else self._chase + 1
        self._gap = min(gap, self._gap)
        return self._chase > _PATIENCE and total.rise > 0 and rows >= (total.first or 0)

    def _give_up(self) -> Step:
        """Nothing more comes although every reading promises rows."""
        total, rows = self.total, self.rows
        has_moved = self._has_moved or total.rise > 0 or rows.duplicates > rows.twice
        if has_moved and self._first_order is None and not self._anchor.position:
            return self._reread()
        # What came since the walk began may be counted and not be there yet; and an empty list may be one page.
        # And one row more than a total is all that it promises.
        is_late = has_moved and not total.has_fallen and rows.end - rows.gaps + total.rise >= (total.last or 0)
        is_late |= total.last is not None and "records" in total.readings and rows.end - rows.gaps >= total.last
        if not is_late and (rows.end or total.last != 1 or total.known_unit is not None):
            self._fail()
        return self._finish()

    def _missing(self) -> int:
        """Count the rows that `total` has, that stand where the walk has been, and that no answer had."""
        rows, total = self.rows, self.total
        is_countable = rows.is_keyed and not self._anchor.position and not self.has_short_pages
        if not is_countable or "records" not in total.readings:
            return 0
        return max(min(total.last or 0, rows.end - rows.gaps) - rows.count - rows.twice, 0)

    def _is_found(self) -> bool:
        """Whether reading again has brought all that was missing."""
        total = self.total
        is_counted = "records" in total.readings and not total.has_fallen
        return is_counted and self.rows.count + self.rows.twice >= (total.last or 0)

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
        traits, total, rows = self.traits, self.total, self.rows
        count, limit, _ = self._tail
        is_whole = count == rows.end == rows.count
        if is_whole and count < self.page_size and self.requests > 1:
            traits.whole = max(traits.whole, count)
        reached = self._reached()
        if "records" not in total.readings and "pages" in reached and total.before in (None, total.last):
            traits.total_unit = "pages"
        is_exact = (
            self._lacks > 0 and total.before in (None, total.last) and total.last == rows.end - rows.gaps == rows.count
        )
        if is_exact and reached == {"records"} and (not is_whole or count == limit == self.page_size):
            traits.total_unit = "records"
        traits.is_own = True
