"""The steps of a walk, and its state: what the answers so far amount to, and what is asked for next."""

import math
from collections.abc import Callable, Hashable, Sequence
from enum import Enum, auto
from typing import Final, NoReturn

import attrs

from capillary_async.errors import IncompleteListingError, RepeatedPageError
from capillary_async.paging.anchor import LoopDetector, ResumeAnchor
from capillary_async.paging.evidence import OffsetModel, SeenRows
from capillary_async.paging.readings import ListingTraits, OffsetUnit, TotalModel, TotalUnit
from capillary_async.pipeline.request import value_object

SMALLEST_PAGE: Final = 10  # no server's page size is smaller, unless fewer rows were asked for
SPARE_REQUESTS: Final = 6
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
        may_end: Whether nothing promises rows there, so that a refusal (204, 400, 404) says that there are none.
    """

    offset: int
    limit: int
    start: int
    step: Step = Step.NEXT
    turn: int = 0
    is_check: bool = False
    may_end: bool = False


@attrs.define(eq=False)
class WalkState:
    """The state of one walk.

    Attributes:
        page_size: Rows to ask for.
        traits: Where to start from, and where to write what is shown.
        offset_unit: What `offset` counts, as the documentation says.
        total_unit: What `total` counts, as the documentation says.
        is_unpaged: Whether an answer without a usable total is the whole listing.
        is_keyed: Whether keys identify rows. If not, positions do; then nothing but `offset_unit` can tell what
            `offset` counts.
        has_short_pages: Whether pages other than the last may be short, because the server filters them.
        ask: The page to ask for next, or `None` when the listing is complete.
        start: Position of the last answer's first row.
        offsets: What `offset` counts, and the page size.
        total: What `total` counts and promises.
        rows: Which rows came.
        requests: How many requests were answered.
    """

    page_size: int
    traits: ListingTraits
    offset_unit: OffsetUnit | None = attrs.field(default=None, kw_only=True)
    total_unit: OffsetUnit | None = attrs.field(default=None, kw_only=True)
    is_unpaged: bool = attrs.field(default=False, kw_only=True)
    is_keyed: bool = attrs.field(default=True, kw_only=True)
    has_short_pages: bool = attrs.field(default=False, kw_only=True)
    ask: PageRequest | None = attrs.field(init=False)
    start: int = attrs.field(default=0, init=False)
    offsets: OffsetModel = attrs.field(init=False)
    total: TotalModel = attrs.field(init=False)
    rows: SeenRows = attrs.field(init=False)
    requests: int = attrs.field(default=0, init=False)
    _anchor: ResumeAnchor = attrs.field(factory=ResumeAnchor, init=False)
    _loops: LoopDetector = attrs.field(factory=LoopDetector, init=False)
    _arrived: dict[int, Sequence[Hashable]] = attrs.field(factory=dict[int, Sequence[Hashable]], init=False)
    """Answers by offset, while it is unknown where they stand."""
    _tail: tuple[int, int, int] = attrs.field(default=(0, 0, 0), init=False)
    """Rows, limit asked for and limit claimed, of the page that the rows end with."""
    _misses: int = attrs.field(default=0, init=False)
    """Answers that should have rows behind the end, and have none."""
    _behind: int = attrs.field(default=0, init=False)
    """The same a page further."""
    _is_shown: bool = attrs.field(default=False, init=False)
    """But rows were seen behind it."""
    _says_end: bool | None = attrs.field(default=None, init=False)
    _delivered: int = attrs.field(default=0, init=False)
    """Rows of the longest page."""
    _full_size: int = attrs.field(default=0, init=False)
    """Page size before it seemed to fall."""
    _is_resized: bool = attrs.field(default=False, init=False)
    """Whether the page size seems to have fallen since the rows grew."""
    _is_first_short: bool = attrs.field(default=False, init=False)
    _is_raise_due: bool = attrs.field(default=False, init=False)
    """The page size may be what was asked for, although the first page was smaller."""
    _shorts: int = attrs.field(default=0, init=False)
    """Pages in a row that reached further and were short."""
    _has_moved: bool = attrs.field(default=False, init=False)
    """Rows or the page size did."""
    _back: int = attrs.field(default=0, init=False)
    """How far it went back; more, until it stands on a row it knows."""
    _first_order: list[Hashable] | None = attrs.field(default=None, init=False)
    """The rows' order, as read before FRONT."""
    _front_total: int = attrs.field(default=0, init=False)
    _is_checked: bool = attrs.field(default=False, init=False)
    """Whether the last page began with the row before it."""
    _cuts: int = attrs.field(default=0, init=False)
    """Short pages behind which rows came."""
    _gap: float = attrs.field(default=math.inf, init=False)
    """Least number of promised rows that were still to come."""
    _chase: int = attrs.field(default=0, init=False)
    _spare: int = attrs.field(default=SPARE_REQUESTS, init=False)
    """Requests that may still bring nothing new."""
    _turn: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        """Start at the first row."""
        unit = (self.traits.offset_unit if self.is_keyed else None) or self.offset_unit
        self.ask = PageRequest(0, self.page_size, 0)
        self.offsets = OffsetModel(self.page_size, unit, self.traits, is_proven=not self.is_keyed)
        self.total = TotalModel(self.traits, self.total_unit)
        self.rows = SeenRows(self.is_keyed)

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

    def _is_short(self, count: int, limit: int, claimed: int) -> bool:
        """Whether a page is shorter than the server's own page size, so that the rows end there."""
        traits, longest = self.traits, max(self.traits.longest, self._delivered)
        if count < claimed < limit or count < min(limit, longest):
            return True
        is_few = count < SMALLEST_PAGE <= limit and not traits.is_tiny
        return count < limit and (is_few or count == traits.whole == traits.longest)

    def _go_back(self, to: int, step: Step = Step.BACK) -> Step:
        if self._is_resized:
            self.offsets.size = self._full_size
        self._misses, self._behind, self._is_shown, self._is_resized = 0, 0, False, False
        self._tail, self._gap, self._chase = (0, 0, 0), math.inf, 0
        self.offsets.restart(unit=self.offsets.unit)
        self._arrived = {}
        self._aim(max(to, 0), step)
        self.rows.reread(self.ask.start if self.ask else 0)
        return step

    @property
    def _is_cut(self) -> bool:
        """Whether the last page shows that the rows end with it."""
        count, limit, claimed = self._tail
        return limit > 0 and not self.has_short_pages and self._is_short(count, limit, claimed)

    @property
    def _tries(self) -> int:
        return self._is_cut + self._misses

    @property
    def _lacks(self) -> int:
        """How many answers show that the rows end here."""
        return self._tries + self._behind

    def _pages(self) -> int:
        """Pages that were read; one that was begun counts when rows end there."""
        size, rows = self.offsets.size, max(self.rows.end, self.rows.count if self.offsets.is_open else 0)
        return -(-rows // size) if self._lacks or self._says_end else rows // size

    def _reached(self) -> set[TotalUnit]:
        rows, gaps = self.rows.end - self.rows.gaps, self.rows.gaps // self.offsets.size
        is_end = self._lacks > 0 and self.total.rise > 0
        if not self.total.has_fallen and not self._anchor.position:
            rows = max(rows, self.rows.count)
        return self.total.reached(rows, self._pages() - gaps, self.offsets.size, is_end=is_end)

    def _aim(self, position: int, step: Step) -> None:
        """Set the next request."""
        offsets, limit, count = self.offsets, self.offsets.size, self._tail[0]
        self._turn += step is not Step.NEXT
        is_check = step in (Step.NEXT, Step.AGAIN) and self._needs_check()
        is_raise = step is Step.AGAIN and self._is_raise_due
        if is_raise:
            limit = self.page_size
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
        start = offsets.start_of(offset, limit)
        may_end = step is Step.FAR or ("nothing" in self.total.readings and start > 0)
        self.ask = PageRequest(offset, limit, start, step, self._turn, is_check, may_end)

    def _needs_check(self) -> bool:
        """Whether the place of the last row has to show that a prior is right, or that no rows were removed."""
        if self.offsets.unit != "records" or not self.rows.is_keyed or self._misses:
            return False
        if self._is_prior_alone() and self.traits.offset_unit and not self._reached():
            return True
        is_uncounted = self.total.readings == {"nothing"} and not self.is_unpaged
        return is_uncounted and self.offsets.size >= SMALLEST_PAGE and self.rows.end > 1

    def _is_prior_alone(self) -> bool:
        """Whether only a prior says what `offset` counts, so that the end may be none."""
        is_prior = not self.offsets.is_proven and not self.traits.is_own and self.offsets.unit is not None
        return is_prior and self.offsets.size > 1 and self.offsets.offset == 0 and not self._is_cut

    def _reopen(self) -> Step:
        """Doubt what `offset` counts, because a prior may have led astray; the first page can tell."""
        self.traits.forget()
        self.offsets.unit = None
        self._misses, self._behind = 0, self._misses
        return Step.NEXT

    def _reread(self) -> Step:
        if self._anchor.position or self._first_order is not None:
            self._fail()
        self._first_order = list(self.rows.order)
        self._front_total = self.total.last or 0
        self._spare += SPARE_REQUESTS + -(-self.rows.end // self.offsets.size)
        return self._go_back(0, Step.FRONT)

    def _fail(self, message: str = "") -> NoReturn:
        self.traits.forget()
        received = self.rows.count
        expected = max(self.total.expected(self.offsets.size), received + 1)
        message = message or f"the server promised {expected} rows or more and sent {received}"
        raise IncompleteListingError(message, expected=expected, received=received)

    def _repeat(self) -> NoReturn:
        self.traits.forget()
        raise RepeatedPageError(f"the server sent rows again instead of new ones, after {self.rows.count} rows")
