"""A server of one listing, written from the documents, and readers that know nothing of how the client walks.

It has every reading of `offset` and `total`, caps, echoes that lie, rows that come and go, ties without an order,
totals that lag, and answers that are always the same. What it is asked, and how often, is counted.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC
from random import Random
from typing import Any, Literal, TypeVar

import attrs

from capillary_async.codec import Converter
from capillary_async.paging import Listing, ListingTraits, Pager, PageSource, Scout
from capillary_async.pipeline.request import Request, Response

R = TypeVar("R")
Unit = Literal["records", "pages"]
Total = Literal["records", "pages", "zero", "absent", "returned", "ceiling"]
Echo = Literal["asked", "in force", "rows", "zero", "absent"]


@attrs.define
class Simulator:
    """A listing on a server.

    Attributes:
        rows: The rows, as they are now.
        offset: What `offset` counts.
        total: What `total` counts: the rows of this answer (returned), or rows up to `ceiling` too.
        cap: Longest page.
        echo: Which `limit` an answer names.
        by_asked_limit: Whether pages are counted with the limit asked for, not with the one in force.
        ceiling: A search engine counts no further.
        lag: Added to the total: a row was appended between the count and the select (-1), or after it (1).
        growth: Rows appended after each answer.
        ties: Rows in a row that have no order among themselves, so that each answer has them anew; 0 for none.
        is_static: Whether each answer is the first page.
        before_answer: Called with the number of the answer, from 0.
        requests: How many answers were given.
        asked: Offset and limit of each.
    """

    rows: list[int]
    offset: Unit = "records"
    total: Total = "records"
    cap: int | None = None
    echo: Echo = "asked"
    by_asked_limit: bool = False
    ceiling: int = 50
    lag: int = 0
    growth: int = 0
    ties: int = 0
    is_static: bool = False
    before_answer: Callable[["Simulator", int], None] | None = None
    asked: list[tuple[int, int]] = attrs.field(factory=list[tuple[int, int]])
    random: Random = attrs.field(factory=lambda: Random(7))

    @property
    def requests(self) -> int:
        """How many answers were given."""
        return len(self.asked)

    def size(self, limit: int) -> int:
        """Return the page size in force."""
        return limit if self.cap is None else min(limit, self.cap)

    def pages(self, limit: int) -> int:
        """Return how many pages the rows fill, at least one."""
        return max(1, -(-len(self.rows) // self.size(limit)))

    def answer(self, offset: int, limit: int) -> dict[str, Any]:
        """Answer one request."""
        if self.before_answer is not None:
            self.before_answer(self, self.requests)
        self.asked.append((offset, limit))
        size = self.size(limit)
        unit = limit if self.by_asked_limit else size
        start = 0 if self.is_static else offset * (unit if self.offset == "pages" else 1)
        rows = self._ordered()[start : start + size]
        count = len(self.rows)
        totals: Mapping[str, int | None] = {
            "records": count + self.lag,
            "pages": -(-count // unit),
            "zero": 0,
            "absent": None,
            "returned": len(rows),
            "ceiling": min(count, self.ceiling),
        }
        limits: Mapping[str, int | None] = {"asked": limit, "in force": size, "rows": len(rows), "zero": 0}
        told = {"limit": limits.get(self.echo), "offset": offset, "total": totals[self.total]}
        self.rows += range(count, count + self.growth)
        return {"data": rows, "pagination": {name: value for name, value in told.items() if value is not None}}

    def _ordered(self) -> list[int]:
        if not self.ties:
            return self.rows
        groups = [self.rows[start : start + self.ties] for start in range(0, len(self.rows), self.ties)]
        return [row for group in groups for row in self.random.sample(group, len(group))]


@attrs.define
class SimulatedApi:
    """What a pager sends its requests to."""

    simulator: Simulator

    def __call__(self, request: Request[Any], read: Callable[[Response], R], /) -> Coroutine[Any, Any, R]:
        """Return the coroutine that answers one request."""
        return self._exchange(request, read)

    async def _exchange(self, request: Request[Any], read: Callable[[Response], R]) -> R:
        query = dict(request.query)
        await asyncio.sleep(0)  # as over a network, requests that are sent together are answered together
        return read(Response(self.simulator.answer(int(str(query["offset"])), int(str(query["limit"])))))


def pager_of(
    simulator: Simulator,
    page_size: int,
    traits: ListingTraits | None = None,
    *,
    scout: Scout | None = None,
    offset_unit: Unit | None = None,
) -> Pager[int]:
    """Return a pager over a simulated listing."""
    request = Request[int]("/rows", into=int, at="data")
    listing = Listing(request, page_size, key=lambda row: row, offset_unit=offset_unit)
    traits, scout = traits or ListingTraits(), scout or Scout()
    return Pager(listing, PageSource(listing, SimulatedApi(simulator), Converter(UTC), traits, scout))
