"""What the answers of a walk amount to: whether rows follow, where they end, and whether all have come."""

import math
from collections.abc import Hashable, Sequence
from typing import NoReturn

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging.offsets import OffsetModel
from capillary_async.paging.readings import SMALLEST, Claims, ListingTraits, OffsetUnit, TotalModel, TotalUnit
from capillary_async.paging.rows import SeenRows
from capillary_async.paging.steps import PATIENCE, SELDOM, PageRequest, Sight, Step


class Evidence:
    """What the answers of one walk have shown so far."""

    # What holds before the first answer; instances have only what differs, because most listings end with it.
    requests: int = 0  # answers
    _step: Step = Step.NEXT  # what the last one was asked for
    _is_resumed: bool = False
    _is_sought: bool = False  # the row behind which an earlier walk goes on is still to be found
    _count: int = 0  # rows of the page with which the rows end
    _limit: int = 0  # rows that were asked for with it
    _is_cut: bool = False  # that page is shorter than the server's pages, so that nothing follows
    _is_pushed: bool = False  # known rows of the last page, or behind it, have moved: others were inserted before them
    _misses: int = 0  # answers that should have had rows behind the end, and had none
    _is_closed: bool = False  # the last answer has the last known row, and room for more
    _is_shown: bool = False  # rows were seen behind an empty page
    _is_count: bool = True  # each total was the number of rows of its answer
    _says_end: bool | None = None  # what the last answer says of the end itself
    _overlaps: int = 0  # pages that began with the last known row
    _shorts: int = 0  # pages in a row that reached further and were short
    _has_moved: bool = False  # rows or the page size did
    _promised: float = math.inf  # rows that were still promised some answers ago
    _before: tuple[list[Hashable], int] | None = None  # order and total of a reading that lacked rows
    _stalls: int = 0  # answers in a row that should have brought new rows
    _is_repeat: bool = False  # the last page came before
    _repeats: int = 0  # pages that came before
    _is_doubtful: bool = False  # whether the server heeds `offset`

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
        """Know nothing but the traits; the other arguments are as a `Listing` declares them."""
        known = traits.offset_unit if is_keyed else None  # only keys can check it
        self.traits = traits
        self.ask: PageRequest | None = PageRequest(0, page_size, 0)
        self.rows: SeenRows = SeenRows(is_keyed, [], {})
        self.total: TotalModel = TotalModel(traits, total_unit)
        self.offsets: OffsetModel = OffsetModel(
            traits, page_size, offset_unit, known or offset_unit, not is_keyed or traits.is_own
        )
        self._page_size = page_size
        self._is_unpaged = is_unpaged
        self._has_short_pages = has_short_pages
        self._is_cold = not traits.is_own  # so a listing may cost one request more
        self._pages: set[int] = set()  # those that came

    def _note_total(self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims) -> int:
        """Take page size and total; return by how much the total changed."""
        count, offsets = len(keys), self.offsets
        self._is_count &= claims.total == count
        if keys:
            offsets.measure(count, ask.limit, claims, has_short_pages=self._has_short_pages)
        if ask.limit < offsets.size and "records" not in self.total.readings:
            return 0  # pages of another size are others
        is_new = keys and keys[-1] not in self.rows
        # What is not proven contradicts no total: it may be wrong itself.
        start = ask.offset * (count if offsets.unit == "pages" and not offsets.is_prior else 1)
        # A total of this answer alone counts nothing.
        least = (start + count if is_new else 0) + self._is_count
        self.traits.is_own_count &= self._is_count
        if self.traits.is_own_count:
            self.total.ignore()
            return 0
        return self.total.note(claims.total, ask.limit, least)

    @property
    def _is_uncounted(self) -> bool:
        """Whether `total` counts nothing: it is not there, or was the number of rows of each answer."""
        readings = self.total.readings
        return readings == {"nothing"} or ("nothing" in readings and self._is_count)

    @property
    def _tries(self) -> int:
        """How many answers show that the rows end here."""
        return self._is_cut + self._misses

    def _page_count(self) -> int:
        """Pages that were read, as `total` counts them; one that was begun counts when rows end there."""
        size, rows = self.total.size or self.offsets.size, self.rows.end
        return (-(-rows // size) if self._tries or self._says_end else rows // size) - self.rows.gaps // size

    def _is_paid(self) -> bool:
        """Whether as many requests were sent as there are pages, and what an end may cost."""
        pages = -(-self.rows.end // self.offsets.size)
        return self.requests > pages + (self._is_cold and "pages" not in self.total.readings)

    def _reached(self) -> set[TotalUnit]:
        """Return the readings under which all that `total` promises was read."""
        rows = self.rows.filled
        if not self.total.has_fallen and not self._is_resumed:
            rows = max(rows, self.rows.count)
        return self.total.reached(
            rows, self._page_count(), is_end=self._tries > 0 and (self.total.rise > 0 or self._is_closed)
        )

    def _judge(self) -> Sight:
        """Say what the answers show."""
        if self._is_doubtful:
            return Sight.EQUAL
        if self._is_shown:
            return Sight.BEHIND
        if self._before is not None and self._is_found():
            return self._finish()
        reached, total, rows = self._reached(), self.total, self.rows.filled
        if self._says_end is not None and (sight := self._heed(is_promised=not reached)):
            return sight
        if "nothing" in total.readings and not reached:
            return self._judge_unpromised()
        is_end = self._is_outrun() if not (reached and self._tries) else True
        if reached:
            is_paid = "records" not in reached and self._is_paid() and not self._is_count
            is_end |= total.is_decisive(reached, rows) or is_paid
        elif self._tries:
            # The list grew between the server's select and its count: all that it counted before has come.
            is_grown = total.rise > 0 and "records" in total.readings and not (total.has_fallen or self._is_pushed)
            is_end = self._is_cut and is_grown and rows >= (total.before or rows)
        return self._finish() if is_end else Sight.EARLY if self._tries else Sight.MORE

    def _heed(self, *, is_promised: bool) -> Sight | None:
        """Judge by what the answer says of the end, unless answers or its total contradict that."""
        if not self._says_end:
            return None if self._misses else Sight.MORE
        is_promised = is_promised and "nothing" not in self.total.readings and not self._has_short_pages
        return None if is_promised else self._finish()

    def _judge_unpromised(self) -> Sight:
        """Judge where no total says how far the rows go."""
        rows, offsets, is_nothing = self.rows, self.offsets, self._is_uncounted
        if is_nothing and (self._is_unpaged or (self.requests == 1 and not rows.end)):
            return self._finish()
        if not self._tries:
            return Sight.MORE
        if not is_nothing and not (self._misses and self._step is Step.BEYOND):
            return Sight.EARLY  # pages may be promised
        is_closed = self._is_closed and (self._misses or self._count < SMALLEST or self._is_paid())
        is_closed |= self._is_paid() and self._overlaps >= offsets.size - 1 >= SMALLEST - 1
        if is_closed or self._shorts > PATIENCE or (self._misses and self.traits.is_dense):
            return self._finish()
        if self._misses > 1:
            self.traits.is_dense |= not rows.gaps and not self._is_cut
            return self._finish()
        has_last_row = rows.is_keyed and offsets.unit == "records"
        return Sight.GAP if self._misses and not self._is_cut and not has_last_row else Sight.EARLY

    def _is_outrun(self) -> bool:
        """Whether the list grows faster than it is read: after `PATIENCE` answers, no fewer rows are promised."""
        if self.requests % PATIENCE:
            return False
        before, self._promised = self._promised, self.total.expected(self.offsets.size) - self.rows.filled
        return self._promised >= before and self.total.rise > 0 and self.rows.filled >= self.total.first

    def _missing(self) -> int:
        """Count the rows that `total` has, that stand where the walk has been, and that no answer had."""
        rows, total = self.rows, self.total
        if not rows.is_keyed or self._is_resumed or self._has_short_pages or "records" not in total.readings:
            return 0
        return max(min(total.last, rows.filled) - rows.count - rows.twice, 0)

    def _is_found(self) -> bool:
        """Whether reading again has brought all that was missing."""
        is_counted = "records" in self.total.readings and not self.total.has_fallen
        return is_counted and not self._is_resumed and self.rows.count + self.rows.twice >= self.total.last

    def _finish(self) -> Sight:
        """Judge an end: all rows have come, or some are missing."""
        missing, total, before = self._missing(), self.total.last, self._before
        # In the same order a second time, so the server has rows twice; or rows were appended since.
        is_explained = before is not None and (self.rows.order == before[0] or missing <= total - before[1])
        if self._is_sought or (missing and not is_explained):
            return Sight.LACKING
        self._learn()
        return Sight.WHOLE

    def _learn(self) -> None:
        """Write down what later listings can start from."""
        traits, total, rows, count = self.traits, self.total, self.rows, self._count
        is_whole, reached = count == rows.end == rows.count, self._reached()
        traits.is_own_count |= self._is_count and "nothing" in total.readings and total.last > 0
        traits.is_dense |= not rows.gaps and rows.count > self.offsets.size
        if is_whole and count < self._page_size and self.requests > 1:
            traits.whole = max(traits.whole, count)
        if "records" not in total.readings and "pages" in reached and total.is_static and not self._is_count:
            traits.total_unit = "pages"
        is_exact = self._tries and total.is_static and total.last == rows.filled == rows.count
        if is_exact and reached == {"records"} and (not is_whole or count == self._limit == self._page_size):
            traits.total_unit = "records"
        if reached and total.is_static and (self._tries or "records" not in reached):
            traits.highest_total = max(traits.highest_total, total.last)

    def _is_static(self, keys: Sequence[Hashable]) -> bool:
        """Whether the first answer came again, and is all that came."""
        rows = self.rows
        return rows.is_keyed and rows.end == len(keys) and self.total.is_static and rows.stand_at(0, keys)

    def _is_whole(self, count: int) -> bool:
        """Whether the first answer, which came again, is the whole listing; if not, the server heeds no offset."""
        total, unit = self.total, self.total.known_unit
        is_late = count == total.last + 1 and count < self._limit >= SMALLEST  # its total lags behind
        reached = total.reached(count, 1, is_end=is_late)
        if (unit in reached if unit else reached) or ("nothing" in self.total.readings and self._count < self._limit):
            return True
        return self._repeat() if count > 1 else False  # one row may be one that the server has twice

    def _check_progress(self, keys: Sequence[Hashable], behind: int, *, has_new: bool, is_repeat: bool) -> None:
        """Fail if the server does not get on; the page begins so far behind what was read."""
        self._is_repeat = is_repeat
        if self.rows.is_keyed:
            is_excused = not self.total.is_static and self.rows.duplicates <= self.rows.count
            is_excused |= has_new or self._before is not None or len(keys) < self.offsets.size
            self._stalls = 0 if has_new else self._stalls + (not is_excused)
            is_stuck = not is_excused and (self._stalls > 1 or (self._is_repeat and behind >= 0 and len(keys) > 1))
        else:
            # Pages of equal rows may be different pages, so the server is asked where no rows can be; the first time,
            # and then seldom. But behind pages that came empty, it is the listing that begins anew.
            self._repeats += self._is_repeat
            self._is_doubtful = self._is_repeat and self._repeats % SELDOM == 1
            is_stuck = self._is_repeat and behind > 0
        if is_stuck:
            self._repeat()

    def _note_end(self, claims: Claims, end: int = 0) -> None:
        """Take what an answer says of the end itself; `end` is behind its page if rows were left out of that."""
        self._says_end = claims.is_last
        if claims.is_last is None and claims.pages is not None:
            self._says_end = -(-max(self.rows.end, end) // self.offsets.size) >= claims.pages

    def _ends_elsewhere(self) -> bool:
        """Whether pages have to end inside those of the reading before, because ties may be sorted anew."""
        is_unstable = self._before is not None and not self.total.rise and not self.total.has_fallen
        return is_unstable and not self._is_resumed and not self.offsets.is_open and self.offsets.size >= SMALLEST

    def _needs_overlap(self) -> bool:
        """Whether the last known row has to show that a prior is right, where rows end, or that none were removed."""
        offsets, total = self.offsets, self.total
        if offsets.is_open or not self.rows.is_keyed or self._misses or offsets.size < 2 or not self.rows.order:
            return False
        is_counted = not (total.rise or self._has_short_pages or self._is_uncounted)
        reached = self._reached() if is_counted else ()
        if reached and total.known_unit in (None, *reached) and (offsets.unit == "records" or not self._overlaps):
            return True
        is_affordable = self._overlaps < offsets.size - 1  # so that it costs one request more at most
        is_uncounted = total.readings == {"nothing"} and not self._is_unpaged
        return offsets.unit == "records" and (offsets.is_prior or (is_uncounted and is_affordable))

    def _fail(self) -> NoReturn:
        """Raise that rows are missing."""
        self.traits.forget()
        size, received = self.offsets.size, self.rows.count
        expected = max(self.total.expected(size) - (size - 1) * (self.total.unit == "pages"), received + 1)
        message = f"the server promised {expected} rows or more and sent {received}"
        if self._is_sought:
            message = "the row behind which the listing was to go on is not in it any more"
        raise IncompleteListingError(message, expected=expected, received=received)

    def _repeat(self) -> NoReturn:
        """Raise that the server does not get on."""
        self.traits.forget()
        raise RepeatedPageError(f"the server sent rows again instead of new ones, after {self.rows.count} rows")
