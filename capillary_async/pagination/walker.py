"""Walk a limit/offset listing without losing or repeating a row.

The problem
-----------
The documents disagree on what `offset` counts (pages or records) and on what `total` counts
(records, pages, nothing). A server may send fewer rows than asked without a word. So an answer is
evidence, and the walker keeps every reading that the evidence so far allows. It has no I/O: it says
which request comes next (`ask`), takes what came (`receive`), and says which rows are new.

Positions
---------
Rows have positions in the server's list, from 0. `covered` is the end of what has been read.

* `limit` is always the page size that is in force. When the first page is not as long as asked, its
  length is what is asked for from then on: a server that caps silently then has nothing left to cap,
  and "page 1" starts at the same row whether it multiplies by the limit asked or by its own.
* Records: the window at offset o starts at position o. Pages: at o times the limit.

Rule 1: nothing is skipped
--------------------------
A request may be sent only if its window starts at or before `covered` under every reading left.
Consecutive offsets 0, 1, 2, ... satisfy that under both. So after a first page of two or more rows the
next request is `offset=1`: under "pages" it is the next page; under "records" it is the same
window shifted by one row, and the rows tell which: two rows or more that stand again, shifted, prove
records; a new first row proves pages. With a single row in common (a page size of two, or a row that the
server repeats) nothing is proven, and `offset=2`, safe as well, is asked before any jump. Only
a proven "records" lets the walker jump to `covered`. A first page of one row never needs proof:
its offsets are the same under both readings.

Rule 2: it stops when every reading left says that the listing is complete
--------------------------------------------------------------------------
* `total` counts records: complete when that many rows came. Ruled out by an answer in which more
  rows end than it says. (Row count and total come in one answer, so data that changes cannot fool this.)
* `total` counts pages: complete when that many pages came; ruled out likewise. A first page shorter
  than asked may be capped while the total was counted with the limit asked for, so then it proves nothing
  until an answer with the real limit came, or this page size was seen uncapped before.
* `total` counts nothing (zero, missing, or ruled out as both): complete after two empty answers in a
  row, at different offsets. One may be a hole.

An empty answer against a promise is asked again once; then the page behind it is tried, for it may
be a hole; then the readings that are satisfied decide, and if none is, `IncompleteListingError`.

Rule 3: what is proven once is never asked again
------------------------------------------------
What a listing proves goes into the endpoint's `Knowledge`, from which later ones start. Knowledge
and declarations are hearsay to a listing: evidence against them wins.

Data that changes
-----------------
Appended rows raise the total and are read. Rows inserted before come again and are dropped; what the total
then still promises is looked for at the front. When a total of records falls by d, rows may
have moved up by d: the answer is dropped and the walk goes back d rows, further until it stands on a row it knows. A
removal and an insertion between the same two answers leave no trace in the total; that alone cannot be seen.

It always ends
--------------
Every request but a few brings a new row. Those that bring none are paid from a purse (`_SPARE`, and one
more for each hundred requests); a page that stands again whole, or two in a row without a new row,
end in `RepeatedPageError`.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Final, Literal

import attrs

from capillary_async.errors import IncompleteListingError, RepeatedPageError

OffsetMeans = Literal["pages", "records"]
TotalMeans = Literal["pages", "records", "nothing"]

_SPARE: Final = 4
_NOBODY: Final = object()


@attrs.frozen
class Ask:
    """One page to ask for.

    Attributes:
        offset: As sent.
        limit: As sent.
        start: Position of its first row under the reading in use.
    """

    offset: int
    limit: int
    start: int


@attrs.define
class Knowledge:
    """What listings of one endpoint have proven; shared by all of a client's.

    Attributes:
        offset_means: What `offset` counts, or `None` while unproven.
        total_means: What `total` counts, or `None` while unproven.
        in_force: The longest page that came for a limit asked, where more rows followed or it was full.
    """

    offset_means: OffsetMeans | None = None
    total_means: Literal["pages", "records"] | None = None
    in_force: dict[int, int] = attrs.field(factory=dict[int, int])

    def forget(self) -> None:
        """Drop it all: the server contradicted it."""
        self.offset_means = self.total_means = None
        self.in_force.clear()


class Walker:
    """The state of one walk.

    Attributes:
        ask: The next request, or `None` when the listing is complete.
        limit: The page size in force.
        covered: Position behind the last row that was read.
        start: Position of the first row of the last answer.
        offset_means: What `offset` counts, or `None` while unknown.
        duplicates: Rows that the server sent twice.
        requests: Answers received.
        first_total: `total` of the first answer that had one.
        total: `total` of the last answer that had one.
    """

    def __init__(
        self,
        limit: int,
        knowledge: Knowledge,
        *,
        declared: OffsetMeans | None = None,
        is_unpaged: bool = False,
        is_distinct: bool = True,
    ) -> None:
        """Start at the first row.

        Args:
            limit: Page size to ask for.
            knowledge: Where to start from, and where to write what is proven.
            declared: What `offset` counts where the documentation leaves no doubt.
            is_unpaged: Whether an answer without a usable total is the whole listing.
            is_distinct: Whether keys identify rows, so that a key seen before is a row sent twice.
        """
        self.limit = limit
        self.covered = self.start = 0
        self.duplicates = self.requests = 0
        self.first_total: int | None = None
        self.total: int | None = None
        self.ask: Ask | None = Ask(0, limit, 0)
        self.offset_means: OffsetMeans | None = declared or knowledge.offset_means
        self._is_proven = False  # by this walk, not by hearsay
        self._knowledge = knowledge
        self._is_unpaged = is_unpaged
        self._is_distinct = is_distinct
        self._asked = limit
        self._totals: set[TotalMeans] = set()
        self._is_total_current = False  # counted with the page size in force
        self._first: list[Hashable] = []
        self._hunch: Hashable | None = None  # what `offset=2` starts with if offsets count records
        self._seen: set[Hashable] = set()
        self._pages: set[int] = set()
        self._anchor: Callable[[Hashable], bool] | None = None
        self._skip_to = 0  # rows before this position were handed out by an earlier walk
        self._high = 0  # the farthest that was covered before the walk went back
        self._back = 0  # how far it went back, until it stands on a row it knows
        self._gaps = 0  # positions within `covered` that no row came for
        self._holes = 0  # the same in pages
        self._reached_end = False  # the last window was short or empty
        self._spent = self._stalls = self._empties = 0
        self._was_asked_again = self._looked_at_front = False

    def resume(
        self, position: int, limit: int, offset_means: OffsetMeans | None, is_last: Callable[[Hashable], bool]
    ) -> None:
        """Start behind a row that an earlier walk handed out.

        Args:
            position: Position behind that row.
            limit: Page size that was in force.
            offset_means: What that walk knew of `offset`.
            is_last: Tells by its key whether a row is that row; it is looked for where it should stand.
        """
        self._skip_to, self._anchor = position, is_last
        self.offset_means = self.offset_means or offset_means
        if position and (self.offset_means or limit == 1):
            self.limit, self.covered = limit, position - 1
            self._knowledge.in_force.setdefault(limit, limit)
            self.ask = self._next()
            self.covered = position

    @property
    def total_means(self) -> TotalMeans | None:
        """What `total` counts, or `None` while more than one reading is left."""
        return next(iter(self._totals)) if len(self._totals) == 1 else None

    @property
    def received(self) -> int:
        """How many rows of the server's list were read, rows that it sent twice included."""
        return self.covered - self._gaps

    def ahead(self, count: int) -> list[Ask]:
        """Return the next requests if nothing surprises, at most `count`; just one while the end is not in sight."""
        if self.ask is None:
            return []
        asks = [self.ask]
        end = self._end_in_sight()
        while len(asks) < count and asks[-1].start + self.limit < end:
            asks.append(self._behind(asks[-1]))
        return asks

    def receive(self, keys: Sequence[Hashable], total: int | None) -> list[int]:
        """Take one answer to `ask`; return which of its rows are new, and set the next `ask`.

        Raises:
            RepeatedPageError: The server does not get on.
            IncompleteListingError: It promised more than it sends.
        """
        ask = self.ask
        if ask is None:
            raise RuntimeError("the listing is complete")
        self.requests += 1
        fallen_by = self._note_total(total, ask)
        if not keys:
            self._receive_nothing(ask)
        elif self._empties and not self._was_asked_again and self._is_promised():
            self._ask_again(self._next())  # rows behind an empty page: a hole, or a hiccup?
            self._empties = 0
        elif fallen_by and ask.start:
            self._go_back(ask.start, fallen_by)
        elif self._back and ask.start and keys[0] not in self._seen:
            self._go_back(ask.start, 2 * self._back)
        else:
            return self._receive_rows(ask, keys)
        return []

    # Rows came

    def _receive_rows(self, ask: Ask, keys: Sequence[Hashable]) -> list[int]:
        start = self.start = self._place(ask, keys)
        end = start + len(keys)
        is_known_ground = end <= max(self.covered, self._high)
        new = self._new(start, keys)
        self._holes += max(start - self.covered, 0) // self.limit
        self._gaps += max(start - self.covered, 0)
        self.covered = max(self.covered, end)
        self._reached_end = len(keys) < ask.limit
        self._rule_out(end, len(keys), ask)
        if new:
            self._stalls = self._back = 0
            self._empties, self._was_asked_again = 0, False
        elif not is_known_ground:
            self._stall(keys)
        self._pages.add(hash(tuple(keys)))
        self._choose_next(ask, len(keys))
        return new

    def _place(self, ask: Ask, keys: Sequence[Hashable]) -> int:
        """Find the position of an answer's first row; learn what `offset` counts where that tells."""
        if ask.offset == 0 and not self._first:
            self._first = list(keys)
            self.limit = len(keys)
            self._learn_force(ask.limit, len(keys))
        elif ask.offset == 1 and len(self._first) > 1:
            return self._tell(keys)
        elif self._hunch is not None and ask.offset == 2:  # noqa: PLR2004  (the second safe offset)
            return self._prove("records", 2) if keys[0] == self._hunch else self._prove("pages", 2 * self.limit)
        return self._find_anchor(ask.start, keys)

    def _tell(self, keys: Sequence[Hashable]) -> int:
        """Compare the answer to `offset=1` with the first page."""
        if hash(tuple(keys)) in self._pages and len(keys) > 1:
            return 0  # no shift: the first page again
        if keys[0] not in self._first:
            return self._prove("pages", self.limit)
        shift = self._first.index(keys[0])
        in_common = sum(ours == theirs for ours, theirs in zip(self._first[shift:], keys, strict=False))
        if in_common > 1:
            return self._prove("records", shift)
        if shift > 1:
            return self._prove("pages", self.limit)  # one row sent twice, where two pages meet
        self.offset_means = None
        self._hunch = keys[1] if len(keys) > 1 else _NOBODY
        return 1

    def _prove(self, means: OffsetMeans, start: int) -> int:
        self.offset_means = self._knowledge.offset_means = means
        self._is_proven, self._hunch = True, None
        return start

    def _find_anchor(self, start: int, keys: Sequence[Hashable]) -> int:
        """After a resumption, let positions follow the row that was handed out last."""
        anchor = self._anchor
        if anchor is None or start + len(keys) < self._skip_to:
            return start
        self._anchor = None
        found = next((index for index, key in enumerate(keys) if anchor(key)), None)
        return start if found is None or not self._is_distinct else self._skip_to - 1 - found

    def _new(self, start: int, keys: Sequence[Hashable]) -> list[int]:
        if not self._is_distinct:
            return list(range(max(self.covered - start, self._skip_to - start, 0), len(keys)))
        seen, new = self._seen, []
        unknown_from = max(self.covered, self._high) - start
        for index, key in enumerate(keys):
            if key in seen:
                self.duplicates += index >= unknown_from
            else:
                seen.add(key)
                if start + index >= self._skip_to:
                    new.append(index)
        return new

    def _stall(self, keys: Sequence[Hashable]) -> None:
        self._spend()
        self._stalls += 1
        if self._stalls > 1 or (len(keys) > 1 and hash(tuple(keys)) in self._pages):
            self._knowledge.forget()
            raise RepeatedPageError(f"the server sent rows again instead of new ones, after {self.received} rows")

    # No rows came

    def _receive_nothing(self, ask: Ask) -> None:
        self._reached_end = True
        if not self._totals and not self._first and self.total is None:
            self._totals = {"nothing"}
            self.ask = None
        elif self._totals and all(map(self._says_complete, self._totals)):
            self._end()
        elif self._is_promised() and not self._was_asked_again:
            self._ask_again(ask)
        elif not self._empties:
            self._empties = 1
            self.ask = self._behind(ask)
        elif satisfied := {means for means in self._totals if self._is_satisfied(means)}:
            self._totals = satisfied
            self._end()
        elif self._rests_on_hearsay():
            self._knowledge.forget()
            self.offset_means = None
            self._empties, self._was_asked_again = 0, False
            self.ask = Ask(1, self.limit, 1)
        else:
            raise self._incomplete()

    def _ask_again(self, ask: Ask) -> None:
        self._spend()
        self._was_asked_again = True
        self.ask = ask

    def _is_promised(self) -> bool:
        """Whether every reading says that rows are missing."""
        return not any(map(self._is_satisfied, self._totals))

    def _rests_on_hearsay(self) -> bool:
        """Whether nothing but the first page has come, and the offset behind it was never proven."""
        is_known = self.offset_means is not None and not self._is_proven
        return is_known and len(self._first) > 1 and self.covered == len(self._first)

    def _incomplete(self) -> IncompleteListingError:
        self._knowledge.forget()
        total = self.total or 0
        expected = total if "pages" not in self._totals else max((total - 1) * self.limit + 1, total)
        return IncompleteListingError(
            f"the server promised {expected} rows or more and sent {self.received}",
            expected=expected,
            received=self.received,
        )

    def _spend(self) -> None:
        self._spent += 1
        if self._spent > _SPARE + self.requests // 100:
            raise self._incomplete()

    # What `total` counts

    def _note_total(self, total: int | None, ask: Ask) -> int:
        """Take a total; return by how much a total of records fell, else 0."""
        if not total or total < 0:
            return 0
        before, self.total = self.total, total
        self._is_total_current = ask.limit == self.limit
        if before is None:
            self.first_total = total
            self._totals = {self._knowledge.total_means} if self._knowledge.total_means else {"records", "pages"}
            return 0
        return max(before - total, 0) if "records" in self._totals and self._is_distinct else 0

    def _rule_out(self, end: int, count: int, ask: Ask) -> None:
        """Drop the readings of `total` that this answer contradicts."""
        if self.total is None:
            self._totals = {"nothing"}
            return
        if self._may_be_capped(count, ask.limit):
            self._is_total_current = False
        if end - self._gaps > self.total:
            self._drop("records")
        if self._is_total_current and -(-end // self.limit) - self._holes > self.total:
            self._drop("pages")

    def _drop(self, means: Literal["pages", "records"]) -> None:
        if means not in self._totals:
            return
        if self._knowledge.total_means == means:  # hearsay, and wrong
            self._knowledge.total_means = None
            self._totals = {"records", "pages"}
        self._totals.discard(means)
        if not self._totals:
            self._totals = {"nothing"}

    def _may_be_capped(self, count: int, asked: int) -> bool:
        """Whether a page may be short because the server cut it, not because the rows ended."""
        return self._knowledge.in_force.get(asked, 0) <= count < asked

    def _learn_force(self, asked: int, count: int) -> None:
        force = self._knowledge.in_force
        force[count] = max(count, force.get(count, 0))
        if count > asked:
            force[asked] = max(count, force.get(asked, 0))

    def _says_complete(self, means: TotalMeans) -> bool:
        if means == "nothing":
            return self._is_unpaged
        total = self.total or 0
        if means == "records":
            return self.received >= total
        return self._is_total_current and self._pages_read() - self._holes >= total

    def _is_satisfied(self, means: TotalMeans) -> bool:
        """Whether the promise is kept if the total counts holes too; that decides when nothing more comes."""
        total = self.total or 0
        if means == "records":
            return self.covered >= total
        return means == "nothing" or self._pages_read() >= total

    def _pages_read(self) -> int:
        return -(-self.covered // self.limit) if self._reached_end else self.covered // self.limit

    # Where to go next

    def _choose_next(self, ask: Ask, count: int) -> None:
        if all(map(self._says_complete, self._totals)):
            self._end()
            return
        if self.covered > len(self._first) > 0:
            self._knowledge.in_force.setdefault(self._asked, len(self._first))
        if count < ask.limit and self._is_promised():
            self.limit = count  # cut short while more is promised: so this is what a page holds
        self.ask = self._next(ask)

    def _next(self, last: Ask | None = None) -> Ask:
        """The window that starts at `covered`, or before it where pages do not allow that."""
        limit = self.limit
        if self.offset_means == "records" or limit == 1:
            return Ask(self.covered, limit, self.covered)
        if self.offset_means == "pages":
            index = self.covered // limit if self._is_promised() else -(-self.covered // limit)
            return Ask(index, limit, index * limit)
        offset = 0 if last is None else last.offset + 1
        return Ask(offset, limit, offset)

    def _behind(self, ask: Ask) -> Ask:
        """The window after another one, whatever that one holds."""
        limit = self.limit
        if self.offset_means == "pages":
            return Ask(ask.offset + 1, limit, ask.start + limit)
        step = limit if self.offset_means == "records" else 1
        return Ask(ask.offset + step, limit, ask.start + step)

    def _go_back(self, start: int, by: int) -> None:
        """Read again from before `start`: rows have moved up, and some may have moved past the walk."""
        self._spend()
        self._back = by
        self._high = max(self._high, self.covered)
        self.covered = max(start - by, 0)
        if self.offset_means is None:
            self.covered, self._first = 0, []
        self.ask = self._next()

    def _end_in_sight(self) -> int:
        """Position up to which rows are promised by every reading; 0 while requests must go one by one."""
        is_steady = not (self._empties or self._was_asked_again or self._back)
        if not is_steady or not self.total or (self.offset_means is None and self.limit > 1):
            return 0
        ends = {"records": self.total + self._gaps, "pages": (self.total + self._holes) * self.limit, "nothing": 0}
        return min((ends[means] for means in self._totals), default=0)

    def _end(self) -> None:
        """Stop, unless rows were inserted before the walk: then they stand at the front."""
        self.ask = None
        if self._lacks_inserted_rows():
            self._looked_at_front = True
            self.ask = Ask(0, self.limit, 0)
        elif (proven := self.total_means) in ("records", "pages"):
            self._knowledge.total_means = proven

    def _lacks_inserted_rows(self) -> bool:
        if self._looked_at_front or self._skip_to or not self._is_distinct or "records" not in self._totals:
            return False
        total = self.total or 0
        return total > (self.first_total or 0) and len(self._seen) < total
