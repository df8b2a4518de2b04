"""Which request brings which rows, as far as it is known what `offset` counts."""

from collections.abc import Hashable, Sequence
from typing import Final

import attrs

from capillary_async.paging.readings import Knowledge, OffsetUnit
from capillary_async.pipeline.request import value_object

_PROOF: Final = 1  # more rows than this, seen again moved on by one, prove that `offset` counts records
_DISPROOF: Final = 3  # the same against what this walk has proven
_NOWHERE: Final = 10**9  # no listing is that long, and no server too small to count so far


@value_object
class Ask:
    """One page to ask for.

    Attributes:
        offset: As sent.
        limit: As sent.
        start: Position of its first row under the reading in use.
        is_probe: Whether it asks where no row can be; a server that refuses that is as good as one that has none there.
    """

    offset: int
    limit: int
    start: int
    is_probe: bool = False


@attrs.define
class Windows:
    """Turns positions into requests, and tells from the rows what `offset` counts.

    Attributes:
        limit: The page size in force: what was asked for, until a page shows what the server sends.
        means: What `offset` counts, or `None` while unknown.
        is_proven: Whether the rows of this walk have shown it; what earlier walks or the documentation say is hearsay.
        offset: Offset of the last answer that had rows, or `None`.
    """

    limit: int
    means: OffsetUnit | None
    _knowledge: Knowledge
    is_proven: bool = False
    offset: int | None = None
    _keys: Sequence[Hashable] = ()
    _shared: int = 0  # rows that stood again, moved on by one, in the last answers
    _is_measured: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is unknown what `offset` counts, and matters: a page of one row is the same either way."""
        return self.means is None and self.limit > 1

    @property
    def end(self) -> int:
        """Position behind the last answer that had rows."""
        return 0 if self.offset is None else self.start_of(self.offset) + len(self._keys)

    def start_of(self, offset: int) -> int:
        """Return the position of the first row at an offset."""
        return offset * self.limit if self.means == "pages" else offset

    def at(self, position: int, *, is_beyond: bool = False) -> Ask:
        """Return the window that a position is in, or the one behind it.

        While it is unknown what `offset` counts, that is the offset behind the last answer's: under one reading
        the next page, under the other the same rows moved on by one.
        """
        if self.is_open:
            offset = (-1 if self.offset is None else self.offset) + 1 + is_beyond
        elif self.means == "pages":
            offset = position // self.limit + is_beyond
        else:
            offset = position + is_beyond * self.limit
        return Ask(offset, self.limit, self.start_of(offset))

    def nowhere(self) -> Ask:
        """Return a window behind every end."""
        return Ask(_NOWHERE, self.limit, self.start_of(_NOWHERE), is_probe=True)

    def measure(self, count: int) -> None:
        """Learn the page size in force from the first page: its length, even if it may just be the last."""
        if not self._is_measured:
            self._is_measured, self.limit = True, count
            self._knowledge.longest = max(self._knowledge.longest, count)

    def resume(self, limit: int, means: OffsetUnit | None) -> bool:
        """Start with what an earlier walk knew; whether that is enough to start anywhere."""
        self.means = self.means or means
        if self.means is None and limit > 1:
            return False
        self.measure(limit)
        return True

    def remember(self, ask: Ask, keys: Sequence[Hashable]) -> None:
        """Keep an answer, to compare the next with."""
        self.offset, self._keys = ask.offset, keys

    def forget(self) -> None:
        """Have no last answer: the rows have moved since."""
        self.offset, self._keys, self._shared = None, (), 0

    def prove(self, means: OffsetUnit) -> None:
        """Know from the rows what `offset` counts."""
        self.means = self._knowledge.offset_unit = means
        self.is_proven = True

    def doubt(self) -> bool:
        """Open the question again, if what led astray was hearsay; whether the first page may now tell."""
        if self.means is None or self.is_proven or self.offset != 0 or self.limit == 1:
            return False
        self._knowledge.forget()
        self.means = None
        return True

    def compare(self, ask: Ask, keys: Sequence[Hashable], *, is_new: bool, change: int) -> OffsetUnit | None:
        """Tell from the last answer and this one what `offset` counts.

        Args:
            ask: What was asked.
            keys: The rows that came.
            is_new: Whether none of them came before.
            change: By how much `total` changed in between.

        Returns:
            What is proven now; `None` when this tells nothing, and the next offset has to.
        """
        step = 0 if self.offset is None else ask.offset - self.offset
        room = len(self._keys) - step  # rows that both windows have if `offset` counts records
        is_near = step > 0 and room > 0
        if is_new or not is_near:
            self._shared = 0
            return "pages" if is_near and not self.is_proven and change < room else None
        before, now = list(self._keys), list(keys)
        shared = overlap(before, now, step)
        self._shared = self._shared + shared if shared else 0
        if shared:
            return self._weigh(is_full=len(keys) == self.limit) if change < room else None
        # A page that begins with the last rows of the one before: as many as were inserted, or one that is there twice.
        again = change or 1
        is_next = 0 < again < self.limit and overlap(before, now, self.limit - again) == again
        return "pages" if is_next and step == 1 and not self.is_proven else None

    def _weigh(self, *, is_full: bool) -> OffsetUnit | None:
        """Tell what rows prove that stand again, moved on by one: one alone may be one that the server sends twice."""
        if self._shared > (_DISPROOF if self.is_proven else _PROOF):
            return "records"
        if is_full and not self.is_proven and self.offset == 0:
            self.means = None  # in doubt, whatever was heard: the next offset decides
        return None


def overlap(before: list[Hashable], now: list[Hashable], step: int) -> int:
    """Count the rows that two windows share if the second starts `step` rows behind; 0 if they do not fit."""
    before = before[step:]
    count = min(len(before), len(now))
    return count if before[:count] == now[:count] else 0
