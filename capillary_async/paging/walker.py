"""Walk a limit/offset listing without losing or repeating a row.

The documents disagree on what `offset` counts (pages or records) and on what `total` counts (records, pages,
nothing), and a server may send fewer rows than asked without a word. So an answer is evidence, and the walk
keeps every reading that the evidence allows. It has no I/O: it says which request comes next (`ask`), takes
what came (`receive`), and says which rows are new. Rows have positions in the server's list; `coverage` is
how much of it was read.

Rule 1: nothing is skipped (`windows`)
    A request is sent only if its rows begin at or before the end of what was read, under every reading left.
    The offsets 0, 1, 2, ... satisfy that under both. So after the first page comes `offset=1`: under "pages"
    it is the next page, under "records" the same rows moved on by one, and the rows tell which. None that came
    before proves pages; two or more that stand again, moved on, prove records; one alone may be a row that the
    server sends twice. What proves nothing, also because `total` rose by so much that the rows may have been pushed
    apart, leaves it to the next offset. Only proven records let the walk jump to the end of what was read. The page
    size is what the first page shows, not what was asked for: a server that cuts pages has then nothing left to
    cut, and "page 1" begins at the same row whether it multiplies by the limit asked for or by its own.

Rule 2: it stops when every reading left says that the listing is complete (`totals`)
    A total of records: that many rows came. A total of pages: that many pages came. A total of nothing: two answers
    in a row, at different places, brought nothing. An answer that ends early against a promise is asked for again
    once, for it may be a hiccup; then the place behind it is tried, for it may be a hole; if rows stand there, the
    place before is asked for again before they are taken. When nothing more comes, a promise that is kept decides
    between the readings, and if none is kept, `IncompleteListingError` says what was promised.

Rule 3: what is proven once is never asked again (`readings`)
    What a walk proves is written into the endpoint's `Knowledge`, from which later walks start. To them it is
    hearsay, as what an endpoint declares is: evidence against it wins. An end that it alone explains is doubted
    once, with `offset=1`.

Rows that move meanwhile
    Appended rows raise the total and are read. Rows inserted before the walk push known rows into its way; those
    are dropped, and what the total then still promises is looked for at the front. When the total falls by d, rows
    may have moved up past the walk: it goes back d rows, and further until it stands on a row it knows.

What cannot be seen
    Removals that leave no trace in a total: any, if it counts nothing; those within a page, if it counts pages;
    those made up for by insertions between the same two answers. Insertions after the first answer of as many rows
    as make one reading look like the other. A row that a server sends twice, if it is the whole last page: that is
    taken for a promise that is not kept. Two holes in a row, if `total` counts nothing.

Rows without a key (`progress`)
    Places identify them, so rows that are equal are all taken, and nothing tells how they move. Only a declared
    `offset_unit` makes that possible. A page whose content came before may be the server's not heeding
    `offset`; it is asked for rows far behind every end, where only such a server has some.

It always ends (`purse`)
    A request costs one, and there is one for each page up to the end of what was read, and four. Free are those
    that new rows make up for. So an endless walk would have to read further without end; but of two answers in a
    row that reach further one has new rows, else it is a `RepeatedPageError`. Where the total rose, those that have
    none may be known rows that insertions moved; but not more of them than are known. So the number of requests is
    bounded by that of the different rows; without a key, by that of the different pages.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging.coverage import Coverage
from capillary_async.paging.landmark import Landmark
from capillary_async.paging.progress import Progress
from capillary_async.paging.purse import Purse
from capillary_async.paging.readings import Knowledge, OffsetUnit, TotalUnit
from capillary_async.paging.rows import Rows
from capillary_async.paging.totals import Promise
from capillary_async.paging.windows import Ask, Windows

_NONE: Final = range(0)
_FRONT: Final = Landmark()


class Walker:
    """The state of one walk.

    Attributes:
        ask: The next request, or `None` when the listing is complete.
        start: Position of the first row of the last answer.
        windows: What `offset` counts, and the page size.
        promise: What `total` says.
        coverage: How much was read.
        rows: Which rows came.
    """

    def __init__(
        self,
        limit: int,
        knowledge: Knowledge,
        *,
        declared: OffsetUnit | None = None,
        is_unpaged: bool = False,
        is_keyed: bool = True,
    ) -> None:
        """Start at the first row.

        Args:
            limit: Page size to ask for.
            knowledge: Where to start from, and where to write what is proven.
            declared: What `offset` counts where the documentation leaves no doubt.
            is_unpaged: Whether an answer without a usable total is the whole listing.
            is_keyed: Whether keys identify rows, so that a key seen before is a row sent twice. If not, their
                places do; then nothing but `declared` can tell what `offset` counts.
        """
        self.ask: Ask | None = Ask(0, limit, 0)
        self.start = 0
        means = (knowledge.offset_unit if is_keyed else None) or declared
        self.windows = Windows(limit, means, knowledge, is_proven=not is_keyed)
        self.promise = Promise(knowledge, is_unpaged)
        self.coverage = Coverage()
        self.rows = Rows(is_keyed)
        self._knowledge = knowledge
        self._landmark = _FRONT
        self._purse = Purse(limit)
        self._progress = Progress()
        self._lacks = 0  # answers in a row that ended early, at the place where the rows seem to end
        self._is_shown = False  # but rows were seen behind it
        self._was_full = False  # the last rows filled a page, so that more may follow
        self._was_cut = False  # they did not, but were all new
        self._back = 0  # how far it went back; more, until it stands on a row it knows
        self._front = 0  # up to here it looked at the front, for rows that were inserted
        self._missing: float = math.inf  # how many were to be found there
        self._is_jumpy = False  # answers came that were older than those before them
        self._sent: dict[Ask, int | None] = {}  # the total that was known when a request went out

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return self._purse.requests

    def resume(
        self, position: int, limit: int, offset_unit: OffsetUnit | None, is_last: Callable[[Hashable], bool]
    ) -> None:
        """Start behind a row that an earlier walk handed out.

        Args:
            position: Position behind that row.
            limit: Page size that was in force.
            offset_unit: What that walk knew of `offset`.
            is_last: Tells by its key whether a row is that row; it is looked for where it should stand.
        """
        self._landmark = Landmark(position, is_last if self.rows.is_keyed else None)
        if self.windows.resume(limit, offset_unit):
            self.ask = self.windows.at(position - 1)
            self.coverage.end = self.coverage.high = self.ask.start

    def ahead(self, count: int) -> list[Ask]:
        """Return the next requests if nothing surprises, at most `count`; just one while the end is not in sight."""
        if self.ask is None:
            return []
        asks = [self.ask]
        limit = self.windows.limit
        end = self.promise.end(limit, self.coverage.gaps) if self._is_steady() else 0
        while len(asks) < count and (position := asks[-1].start + limit) < end:
            asks.append(self.windows.at(position))
        self._sent = {ask: self._sent.get(ask, self.promise.total) for ask in asks}
        return asks

    def receive(self, keys: Sequence[Hashable], total: int | None) -> Sequence[int]:
        """Take the answer to `ask`; return which of its rows are new, and set the next `ask`.

        Args:
            keys: What tells the rows of the answer apart.
            total: As the server said it.

        Raises:
            RepeatedPageError: The server does not get on.
            IncompleteListingError: It promised more than it sends.
        """
        ask = self.ask
        if ask is None:
            raise RuntimeError("the listing is complete")
        if keys:
            self.windows.measure(len(keys))
        self._purse.pay(on_tab=not keys or self._lacks > 0)
        new = self._take(ask, keys, total)
        if self.ask is not None and self._purse.is_empty(self.coverage.high, with_tab=not self._is_shown):
            raise self._incomplete()
        return new

    def _take(self, ask: Ask, keys: Sequence[Hashable], total: int | None) -> Sequence[int]:
        if self._is_stale(ask, total) or self._has_probed(keys):
            return _NONE
        is_short = len(keys) < min(ask.limit, max(self._knowledge.longest, self.windows.limit))
        change = self.promise.note(total, is_current=is_short or ask.limit == self.windows.limit)
        if change:
            self._purse.settle()
            self._lacks = 0
        if by := self._moved(ask, keys, change):
            self._back = by
            self._go_back(min(ask.start, self.coverage.end) - by)
        elif not keys:
            self._take_nothing(ask, has_risen=change > 0)
        else:
            self._place(ask, keys, change)
            if self._is_next(keys):
                return self._accept(ask, keys, is_short=is_short)
        return _NONE

    # Rows that moved

    def _is_stale(self, ask: Ask, total: int | None) -> bool:
        """Whether an answer may be older than the one before it, and is to be asked for again."""
        now = self.promise.total or 0
        is_stale = 0 < (total or 0) < now and (self._sent.pop(ask, now) or 0) < now
        self._is_jumpy |= is_stale
        return is_stale

    def _moved(self, ask: Ask, keys: Sequence[Hashable], change: int) -> int:
        """Tell how far to go back because rows were removed; 0 when the answer stands on a row it knows."""
        is_on_known_ground = not ask.start or (len(keys) > 0 and keys[0] in self.rows)
        if is_on_known_ground or (change >= 0 and not (self._back and keys)):
            return 0
        if change >= 0:
            return 2 * self._back
        if not self.rows.is_keyed:
            raise self._incomplete()
        return 1 - change * (self.windows.limit if "pages" in self.promise.readings else 1)

    def _go_back(self, to: int) -> None:
        self._lacks, self._is_shown = 0, False
        self.windows.forget()
        self.ask = self.windows.at(max(to, 0))
        self.coverage.go_back(self.ask.start)

    def _place(self, ask: Ask, keys: Sequence[Hashable], change: int) -> None:
        """Find the position of an answer's first row."""
        windows, rows = self.windows, self.rows
        told = windows.compare(ask, keys, is_new=rows.are_new(keys), change=change) if rows.is_keyed else None
        if told is not None:
            windows.prove(told)
            self.coverage.correct(windows.end, len(rows))
            rows.duplicates = max(rows.duplicates, self.coverage.doubtful)
        self.start = windows.start_of(ask.offset)

    def _is_next(self, keys: Sequence[Hashable]) -> bool:
        """Whether an answer may be taken where it stands; if not, the place before it is asked for (again)."""
        if self._looks_back(self.start, keys):
            return False
        end = self.coverage.end
        if self.start <= end + (self.windows.limit if self._lacks > 1 else 0):
            return True
        if self.rows.have_all(keys):
            raise self._repeated()
        self._is_shown = True
        self.ask = self.windows.at(end, is_beyond=self._lacks > 1)
        return False

    def _looks_back(self, start: int, keys: Sequence[Hashable]) -> bool:
        by = self._landmark.look(start, keys, self.windows.limit)
        if by:
            self._go_back(start - by)
            self.coverage.high = self.coverage.end
            self._purse.refund()  # they are few by themselves
        return by > 0

    # What an answer brings

    def _take_nothing(self, ask: Ask, *, has_risen: bool) -> None:
        if self._looks_back(ask.start, ()):
            return
        self._was_cut = False
        self.coverage.is_end_seen |= self._lacks > 0
        self._lacks = 0 if has_risen else self._lacks + 1
        self._choose_next(is_empty=True)

    def _accept(self, ask: Ask, keys: Sequence[Hashable], *, is_short: bool) -> Sequence[int]:
        start, end, coverage, limit = self.start, self.start + len(keys), self.coverage, self.windows.limit
        high = max(coverage.end, coverage.high)
        new, again = self.rows.take(keys, high - start)
        has_new = len(new) > 0
        is_further = coverage.grow(start, len(keys), new, again)
        if is_further:
            self._back, self._is_shown = 0, False
            self._lacks *= not has_new
        coverage.is_end_seen = is_short and not again
        self._was_full = not is_short
        self._was_cut = is_short and start >= high and len(new) == len(keys)
        if self._was_full and end > limit:
            self._purse.page_size = limit
        if is_short:
            self._lacks += self._tells_end()
        if end > high and self._is_stuck(keys, start - high, has_new=has_new, is_short=is_short):
            raise self._repeated()
        if is_further and has_new and not self._progress.is_again:
            self._purse.forgive()
        self.windows.remember(ask, keys)
        self.promise.rule_out(end - coverage.gaps - max(coverage.doubtful, 0), -(-end // limit) - coverage.holes(limit))
        self._choose_next(is_empty=False)
        return self._landmark.behind(start, new, is_open=self.windows.is_open)

    def _tells_end(self) -> bool:
        """Whether a short page says that rows end there.

        Pages leave no doubt. A reader of records who has no total cannot tell it from a page cut short.
        """
        means = self.windows.means
        return means == "pages" or (means == "records" and self.promise.means != "nothing")

    def _is_stuck(self, keys: Sequence[Hashable], behind: int, *, has_new: bool, is_short: bool) -> bool:
        """Whether the server does not get on, by a page that reaches further and begins so far behind what was read."""
        if not self.rows.is_keyed:
            return self._progress.ends_with_content(keys, is_behind_gap=behind > 0)
        is_excused = self.promise.rise > 0 and self.coverage.doubtful <= len(self.rows)
        return not is_short and self._progress.ends_with(
            keys, has_new=has_new, is_whole=behind >= 0, is_excused=is_excused
        )

    def _has_probed(self, keys: Sequence[Hashable]) -> bool:
        """Whether this was the answer from nowhere; a server that has rows there sends some for every offset."""
        if not self._progress.is_doubtful:
            return False
        if keys:
            raise self._repeated()
        self._progress.is_doubtful = False
        self.ask = self.windows.at(self.coverage.end)
        return True

    # Where to go next

    def _choose_next(self, *, is_empty: bool) -> None:
        promise, coverage, windows = self.promise, self.coverage, self.windows
        pages = coverage.pages(windows.limit)
        is_settled = promise.rise > 0 or self._front > 0
        rows = coverage.rows if is_settled else coverage.sure
        if promise.is_complete(rows, pages - coverage.holes(windows.limit)):
            self._finish()
        elif self._progress.is_doubtful:
            self.ask = windows.nowhere()
        else:
            self._go_on(promise.kept(coverage.rows, pages), is_empty=is_empty)

    def _go_on(self, kept: set[TotalUnit], *, is_empty: bool) -> None:
        """Ask for more, as long as it can be hoped for."""
        promise, coverage, windows = self.promise, self.coverage, self.windows
        if self.requests == 1 and not kept:
            self._purse.page_size = windows.limit
        if self._was_cut and not kept:
            self._purse.refund()
        if self.requests == 1 and is_empty and kept:
            self._judge(kept)
            return
        goal = 0 if windows.is_open else promise.last_page(windows.limit)
        # Where nobody says where the end is, a full page promises more by itself.
        is_promised = self._is_shown or not kept or (self._was_full and not goal)
        if self._lacks > 1 + is_promised:
            self._judge(kept)
        elif self._lacks <= is_promised:
            self.ask = windows.at(coverage.end)
        elif goal > coverage.end and not is_promised:
            self.ask = windows.at(goal)
        else:
            self.ask = windows.at(coverage.end, is_beyond=is_empty or windows.means == "pages")

    def _judge(self, kept: set[TotalUnit]) -> None:
        """Nothing more comes: stop if a promise was kept."""
        is_clear = kept == self.promise.readings != {"nothing"}
        if not is_clear and self.windows.doubt():
            self.ask = self.windows.at(self.coverage.end)
        elif kept or 0 < self._count_missing() <= self.promise.rise:
            self.promise.readings = kept or {"records"}
            self._finish()
        else:
            raise self._incomplete()

    def _finish(self) -> None:
        """Stop, unless rows seem to have been inserted before the walk, at the front."""
        self.ask = None
        missing = self._count_missing()
        if 0 < missing < self._missing:
            self._missing = missing
            self.ask = self.windows.at(self._front)
            self._front += self.windows.limit
            return
        if 0 < missing <= self.promise.rise:
            raise self._incomplete()
        if self._landmark.is_sought:
            raise self._incomplete("the row behind which the listing was to go on is not in it any more")
        self.promise.learn()

    def _count_missing(self) -> int:
        """Count the rows that `total` has and no answer had, as far as those can stand at the front."""
        can_be_there = "records" in self.promise.readings and self.rows.is_keyed and not self._landmark
        return (self.promise.total or 0) - self.coverage.sure if can_be_there else 0

    def _is_steady(self) -> bool:
        is_unsure = self.windows.is_open or self._lacks or self._is_shown or self._back or self._front
        return not (is_unsure or self._is_jumpy or self._landmark.is_sought)

    # What it ends with

    def _incomplete(self, message: str = "") -> IncompleteListingError:
        self._knowledge.forget()
        expected, received = self.promise.expected(self.windows.limit), self.coverage.sure
        message = message or f"the server promised {expected} rows or more and sent {received}"
        return IncompleteListingError(message, expected=expected, received=received)

    def _repeated(self) -> RepeatedPageError:
        self._knowledge.forget()
        return RepeatedPageError(f"the server sent rows again instead of new ones, after {self.coverage.sure} rows")
