"""What the answers of a walk amount to: whether rows follow, where they end, and whether all have come."""

import math
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from typing import NoReturn

import attrs

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging.anchor import ResumeAnchor
from capillary_async.paging.evidence import Chase, LoopDetector, SeenRows
from capillary_async.paging.offsets import SMALLEST, OffsetModel
from capillary_async.paging.readings import Claims, TotalModel, TotalUnit
from capillary_async.paging.steps import PATIENCE, PageRequest, Sight, Step
from capillary_async.pipeline.request import InternalState


class Tail(InternalState):
    """Where the rows end, and what answers showed of that since."""

    count: int = 0  # rows of the page that they end with
    limit: int = 0  # rows that were asked for; 0 while no page is there
    claimed: int = 0  # page size that the server named
    misses: int = 0  # answers that should have had rows behind the end, and had none
    is_closed: bool = False  # the last answer has the last known row, and room for more
    is_shown: bool = False  # rows were seen behind an empty page
    says_end: bool | None = None  # what the answer says of the end itself


class FrontReading(InternalState):
    """A reading from the front that lacked rows; `number` counts them."""

    order: list[Hashable]
    total: int
    count: int
    number: int


# Most listings end with their first answer. What only the others need is made when they begin.
_NOTHING_SOUGHT, _NO_LOOPS, _NO_TAIL, _NO_CHASE = ResumeAnchor(), LoopDetector(), Tail(), Chase()


@attrs.define(eq=False)
class Findings:
    """What the answers of one walk have shown so far."""

    page_size: int
    is_unpaged: bool
    is_cold: bool  # nothing was known of the endpoint, so a listing may cost one request more
    offsets: OffsetModel
    total: TotalModel
    rows: SeenRows
    anchor: ResumeAnchor = _NOTHING_SOUGHT
    loops: LoopDetector = _NO_LOOPS
    tail: Tail = _NO_TAIL
    chase: Chase = _NO_CHASE
    before: FrontReading | None = None
    has_moved: bool = False  # rows or the page size did
    overlaps: int = 0  # pages that began with the last known row
    requests: int = 0
    step: Step = Step.NEXT  # what the last answer was asked for

    def begin(self) -> None:
        """Prepare for more than one answer."""
        self.loops, self.tail, self.chase = LoopDetector(), Tail(), Chase()

    @property
    def is_cut(self) -> bool:
        """Whether the last page shows that the rows end with it."""
        tail = self.tail
        return (
            tail.limit > 0
            and not self.offsets.has_short_pages
            and self.offsets.is_short(tail.count, tail.limit, tail.claimed)
        )

    @property
    def tries(self) -> int:
        """How many answers show that the rows end here."""
        return self.is_cut + self.tail.misses

    def pages(self) -> int:
        """Pages that were read, as `total` counts them; one that was begun counts when rows end there."""
        size = self.total.size or self.offsets.size
        rows = max(self.rows.end, self.rows.count if self.offsets.is_open else 0)
        return (-(-rows // size) if self.tries or self.tail.says_end else rows // size) - self.rows.gaps // size

    @property
    def _is_paid(self) -> bool:
        """Whether as many requests were sent as there are pages, and what an end may cost."""
        return self.requests > -(-self.rows.end // self.offsets.size) + (
            self.is_cold and "pages" not in self.total.readings
        )

    def reached(self) -> set[TotalUnit]:
        """Return the readings under which all that `total` promises was read."""
        rows = self.rows.filled
        if not self.total.has_fallen and not self.anchor.position:
            rows = max(rows, self.rows.count)
        return self.total.reached(rows, self.pages(), is_end=self.tries > 0 and self.total.rise > 0)

    def judge(self) -> Sight:
        """Say what the answers show."""
        if self.loops.is_doubtful:
            return Sight.EQUAL
        if self.tail.is_shown:
            return Sight.BEHIND
        if self.before is not None and self._is_found():
            return self.finish()
        reached = self.reached()
        if self.tail.says_end is not None and (sight := self._heed(reached)):
            return sight
        if reached:
            is_end = self.tries or self.total.is_decisive(reached, self.rows.filled) or self._is_outrun()
            is_end = is_end or ("records" not in reached and self._is_paid)
            return self.finish() if is_end else Sight.MORE
        return self._judge_unpromised() if "nothing" in self.total.readings else self._judge_promised()

    def _heed(self, reached: AbstractSet[TotalUnit]) -> Sight | None:
        """Judge by what the answer says of the end, unless answers or its total contradict that."""
        if not self.tail.says_end:
            return None if self.tail.misses else Sight.MORE
        is_promised = not reached and "nothing" not in self.total.readings and not self.offsets.has_short_pages
        return None if is_promised else self.finish()

    def _judge_unpromised(self) -> Sight:
        """Judge where no total says how far the rows go."""
        tail, rows, size, is_nothing = self.tail, self.rows, self.offsets.size, self.total.readings == {"nothing"}
        if is_nothing and (self.is_unpaged or (self.requests == 1 and not rows.end)):
            return self.finish()
        if not self.tries:
            return Sight.MORE
        if not is_nothing and not (tail.misses and self.step is Step.BEYOND):
            return Sight.EARLY  # pages may be promised
        is_closed = tail.is_closed and (tail.misses or tail.count < SMALLEST or self._is_paid)
        is_closed |= self._is_paid and self.overlaps >= size - 1 >= SMALLEST - 1
        if is_closed or self.chase.shorts > PATIENCE or (tail.misses and self.offsets.traits.is_dense):
            return self.finish()
        if tail.misses > 1:
            self.offsets.traits.is_dense |= not rows.gaps and not self.is_cut
            return self.finish()
        has_last_row = self.rows.is_keyed and self.offsets.unit == "records"
        return Sight.GAP if tail.misses and not self.is_cut and not has_last_row else Sight.EARLY

    def _judge_promised(self) -> Sight:
        """Judge where every reading of `total` promises more rows."""
        total, rows, shorts = self.total, self.rows.filled, self.chase.shorts
        if not self.tries:
            return self.finish() if self._is_outrun() else Sight.MORE
        # The list grew between the server's select and its count: all that it counted before has come.
        is_near = shorts > 1 or (shorts > 0 and rows + 1 >= (total.last or 0))
        if is_near and total.rise and rows >= (total.before or math.inf) and "records" in total.readings:
            return self.finish()
        return Sight.EARLY

    def _is_outrun(self) -> bool:
        """Whether the list grows faster than it is read."""
        is_outrun = self.chase.is_outrun((self.total.last or 0) - self.rows.filled)
        return is_outrun and self.total.rise > 0 and self.rows.filled >= (self.total.first or 0)

    def missing(self) -> int:
        """Count the rows that `total` has, that stand where the walk has been, and that no answer had."""
        rows, total = self.rows, self.total
        if (
            not self.rows.is_keyed
            or self.anchor.position
            or self.offsets.has_short_pages
            or "records" not in total.readings
        ):
            return 0
        return max(min(total.last or 0, rows.filled) - rows.count - rows.twice, 0)

    def _is_found(self) -> bool:
        """Whether reading again has brought all that was missing."""
        is_counted = "records" in self.total.readings and not self.total.has_fallen
        return is_counted and self.rows.count + self.rows.twice >= (self.total.last or 0)

    def finish(self) -> Sight:
        """Judge an end: all rows have come, or some are missing."""
        if self.anchor.is_sought:
            self.fail("the row behind which the listing was to go on is not in it any more")
        if missing := self.missing():
            before = self.before
            # In the same order a second time, so the server has rows twice; or rows were appended since.
            is_stable = before is not None and self.rows.order == before.order
            if not is_stable and (before is None or missing > (self.total.last or 0) - before.total):
                return Sight.LACKING
        self.learn()
        return Sight.WHOLE

    def learn(self) -> None:
        """Write down what later listings can start from."""
        traits, total, rows, tail = self.offsets.traits, self.total, self.rows, self.tail
        is_whole, reached = tail.count == rows.end == rows.count, self.reached()
        if is_whole and tail.count < self.page_size and self.requests > 1:
            traits.whole = max(traits.whole, tail.count)
        if "records" not in total.readings and "pages" in reached and total.is_steady:
            traits.total_unit = "pages"
        is_exact = self.tries and total.is_steady and total.last == rows.filled == rows.count
        if is_exact and reached == {"records"} and (not is_whole or tail.count == tail.limit == self.page_size):
            traits.total_unit = "records"
        if self.tries and reached and total.is_steady:
            traits.highest_total = max(traits.highest_total, total.last or 0)
        traits.is_own = True

    def is_static(self, count: int) -> bool:
        """Whether the first answer came again because it is the whole listing; if not, the server heeds no offset."""
        reached, unit, tail = self.total.reached(self.rows.count, 1, is_end=False), self.total.known_unit, self.tail
        is_short = tail.count < tail.limit and (tail.count > 1 or tail.limit >= SMALLEST)
        if (unit in reached if unit else reached) or ("nothing" in self.total.readings and is_short):
            return True
        return self.repeat() if count > 1 else False  # one row may be one that the server has twice

    def note_end(self, claims: Claims) -> None:
        """Take what the answer says of the end itself."""
        self.tail.says_end = claims.is_last
        if claims.is_last is None and claims.pages is not None:
            self.tail.says_end = -(-self.rows.end // self.offsets.size) >= claims.pages

    def check_progress(self, keys: Sequence[Hashable], behind: int, *, has_new: bool) -> None:
        """Fail if the server does not get on; the page begins so far behind what was read."""
        if not self.rows.is_keyed:
            is_stuck = self.loops.is_anew(keys, is_behind_gap=behind > 0)
        else:
            is_excused = self.total.rise > 0 and self.rows.duplicates <= self.rows.count
            is_excused |= self.before is not None or len(keys) < self.offsets.size
            is_stuck = self.loops.is_stuck(keys, has_new=has_new, is_whole=behind >= 0, is_excused=is_excused)
        if is_stuck:
            self.repeat()

    @property
    def ends_elsewhere(self) -> bool:
        """Whether this reading's pages end inside those of the last one, so that other ties stand at their ends."""
        return (
            self.is_unstable
            and self.before is not None
            and self.before.number % 2 > 0
            and self.offsets.size >= SMALLEST
        )

    def needs_overlap(self) -> bool:
        """Whether the last known row has to show that a prior is right, where rows end, or that none were removed."""
        offsets, total = self.offsets, self.total
        if offsets.is_open or not self.rows.is_keyed or self.tail.misses or offsets.size < 2 or not self.rows.order:
            return False
        reached = self.reached() if not total.rise and not offsets.has_short_pages else ()
        if reached and total.known_unit in (None, *reached) and (offsets.unit == "records" or not self.overlaps):
            return True
        if offsets.unit != "records":
            return False
        if offsets.is_prior and offsets.traits.offset_unit and self.is_cold:
            return True
        is_affordable = self.overlaps < offsets.size - 1  # so that it costs one request more at most
        return total.readings == {"nothing"} and not self.is_unpaged and is_affordable

    def count(self, ask: PageRequest, keys: Sequence[Hashable], claims: Claims) -> int:
        """Take the total; return by how much it changed."""
        count, start, limit = len(keys), ask.start, min(ask.limit, self.offsets.size)
        is_current = limit == ask.limit or self.offsets.is_short(count, ask.limit, claims.limit or 0)
        if self.offsets.unit == "pages" and count != ask.limit:
            start = ask.offset * count
        is_elsewhere = not keys or (keys[-1] in self.rows and not self.rows.stand_at(ask.start, keys))
        if ask.limit < self.offsets.size and "pages" in self.total.readings and "records" not in self.total.readings:
            return 0  # pages of another size are others
        # A total of this answer alone counts nothing.
        least = (0 if is_elsewhere else start + count) + (claims.total == count)
        return self.total.note(claims.total, limit if is_current else 0, least)

    @property
    def is_unstable(self) -> bool:
        """Whether rows are missing although the list is as long as before, so that its order may have changed."""
        return self.before is not None and not self.total.rise and not self.total.has_fallen

    def is_plain(self, limit: int, keys: Sequence[Hashable], claims: Claims) -> bool:
        """Whether a first answer is the whole listing beyond doubt, as most are; the steps would say the same."""
        count, unit = len(keys), self.offsets.traits.total_unit
        is_other = not count or not self.rows.is_keyed or self.anchor.position or self.offsets.has_short_pages
        if is_other or claims.total != count:
            return False
        if claims.pages is not None or claims.is_last is not None or (unit or self.total.declared) == "pages":
            return False
        is_known = self.offsets.is_short(count, limit, claims.limit or 0)
        return is_known or (unit == "records" and count <= self.offsets.traits.highest_total)

    def fail(self, message: str = "") -> NoReturn:
        """Raise that rows are missing."""
        self.offsets.traits.forget()
        received = self.rows.count
        expected = max(self.total.expected(self.offsets.size), received + 1)
        message = message or f"the server promised {expected} rows or more and sent {received}"
        raise IncompleteListingError(message, expected=expected, received=received)

    def repeat(self) -> NoReturn:
        """Raise that the server does not get on."""
        self.offsets.traits.forget()
        raise RepeatedPageError(f"the server sent rows again instead of new ones, after {self.rows.count} rows")
