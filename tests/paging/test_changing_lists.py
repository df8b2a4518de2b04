"""A list that changes between any two answers."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from capillary_async.errors import PaginationError
from capillary_async.paging import ListingTraits
from capillary_async.paging.readings import Claims
from capillary_async.paging.walk import Walk
from tests.paging.oracle import OFFSETS, Server, last_row_is, pages


class ChangingList(RuleBasedStateMachine):
    """Walks that share what they know, some of which go on behind a cursor, and whoever changes the lists meanwhile.

    Between the same two answers there are only insertions, or only removals, or pages get shorter. Insertions and
    removals together leave no trace in a total of rows if they are as many, and what leaves no trace cannot be seen.
    Pages get shorter in lists from which no rows are removed, and by page numbers only in lists that are read from the
    front: rows before a cursor are not known.
    """

    def __init__(self) -> None:
        """Start with a walk that is over, until the first step begins one."""
        super().__init__()
        self.server = Server([])
        self.traits = ListingTraits()
        self.page_size = 1
        self.walker = Walk(1, self.traits)
        self.rows: list[int] = []
        self.stayed: list[int] = []
        self.most = 0
        self.fresh = 1000
        self.kind = ""
        self.is_ordered = True
        self.has_removals = self.is_shortened = False
        self.is_whole = True

    @initialize(page_size=st.integers(1, 50), means=st.sampled_from(OFFSETS), data=st.data())
    def begin(self, page_size: int, means: Any, data: st.DataObject) -> None:
        """Ask a server of any kind, for the first time, or knowing it, or with knowledge that may be wrong."""
        self.server = Server([], means, "records", data.draw(st.sampled_from([10**9, 7, 20])))
        known = data.draw(st.sampled_from(["nothing", "own", *OFFSETS]))
        self.traits = (
            self.server.traits(page_size) if known == "own" else ListingTraits(known if known in OFFSETS else None)
        )
        self.page_size, self.is_ordered = page_size, known in ("nothing", "own", means)
        self.walk(data)

    @precondition(lambda self: self.walker.ask is None)
    @rule(data=st.data())
    def walk(self, data: st.DataObject) -> None:
        """Walk another list of the endpoint, from the front or from behind a row that an earlier walk handed out."""
        count = data.draw(st.integers(0, 300))
        self.rows, self.kind, self.most = [], "", count
        self.has_removals = self.is_shortened = False
        self.server.rows = list(range(count))
        self.walker = Walk(self.page_size, self.traits)
        cut = data.draw(st.one_of(st.just(0), st.integers(0, count)))
        self.is_whole = cut == 0
        if cut:
            size = min(self.page_size, self.server.cap)
            self.walker.resume(
                cut, size, data.draw(st.sampled_from([self.server.offset_unit, None])), last_row_is(cut - 1)
            )
        self.stayed = self.server.rows[cut:]

    @precondition(lambda self: self.walker.ask is not None)
    @rule()
    def answer(self) -> None:
        """Let an answer come."""
        ask = self.walker.ask
        assert ask is not None
        self.most = max(self.most, len(self.server.rows))
        keys, total = self.server.answer(ask.offset, ask.limit)
        try:
            new = self.walker.receive(keys, Claims(total=total))
        except PaginationError:
            self.walker.ask = None  # it was said
            self.stayed = []
        else:
            self.rows += [keys[index] for index in new]
        self.kind = ""
        if self.walker.ask is None:
            self.judge()

    @precondition(lambda self: self.kind in ("", "insertion"))
    @rule(place=st.floats(0, 1), count=st.integers(1, 60))
    def insert(self, place: float, count: int) -> None:
        """Let rows come, at the front, at the end, or anywhere."""
        self.kind = "insertion"
        at = round(place * len(self.server.rows))
        self.server.rows[at:at] = range(self.fresh, self.fresh + count)
        self.fresh += count

    @precondition(lambda self: self.kind in ("", "removal") and not self.is_shortened)
    @rule(place=st.floats(0, 1), count=st.integers(1, 60))
    def remove(self, place: float, count: int) -> None:
        """Let rows go."""
        self.kind, self.has_removals = "removal", True
        at = round(place * len(self.server.rows))
        gone = set(self.server.rows[at : at + count])
        del self.server.rows[at : at + count]
        self.stayed = [row for row in self.stayed if row not in gone]

    @precondition(lambda self: self.page_size > 10 and not self.has_removals and self.kind == "")
    @precondition(lambda self: self.is_whole or self.server.offset_unit == "records")
    @rule(cap=st.integers(10, 40))
    def shorten(self, cap: int) -> None:
        """Let pages be shorter from now on."""
        self.kind = "shorter pages"
        self.server.cap = min(self.server.cap, cap)
        self.is_ordered, self.is_shortened = False, True

    def judge(self) -> None:
        """Every row that was there all the time has come, once, and in order if nothing known was wrong."""
        stayed = set(self.stayed)
        rows = [row for row in self.rows if row in stayed]
        assert (rows if self.is_ordered else sorted(rows)) == self.stayed
        assert len(set(self.rows)) == len(self.rows)

    def teardown(self) -> None:
        """Let the walk end, for nothing changes any more, and look at the bill."""
        while self.walker.ask is not None:
            self.answer()
        # Rows that are inserted at the front twice, one less than a page has, look as if `offset` counted records. The
        # walk then reads from the front, and goes back step by step, before it says that rows are missing.
        assert self.walker.requests <= 4 * pages(range(self.most), self.walker.offsets.size) + 16


TestChangingList = ChangingList.TestCase
TestChangingList.settings = settings(max_examples=600, stateful_step_count=25, deadline=None)
