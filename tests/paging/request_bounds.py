"""Which unchanging listings cost more requests than they may? `python -m tests.paging.request_bounds` reads them all.

That is each reading of `offset` and `total`, cap, echo, page size asked for and number of rows, read by a client that
knows nothing, by one that has read the same listing or a longer one, by one that was given what another has seen, and
by one that was given what is wrong. The tests read the numbers of rows near the ends of pages.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from copy import copy
from itertools import product
from typing import Literal

import attrs

from capillary_async.paging import ListingTraits
from tests.paging.simulator import Echo, Simulator, Total, Unit, pager_of

Known = Literal["nothing", "the same", "a longer one", "exported", "wrong"]
KNOWN: tuple[Known, ...] = ("nothing", "the same", "a longer one", "exported", "wrong")
OFFSETS: tuple[Unit, ...] = ("records", "pages")
TOTALS: tuple[Total, ...] = ("records", "pages", "zero", "absent", "returned")
ECHOES: tuple[Echo, ...] = ("asked", "in force", "absent")
CAPS = (None, 10, 20, 40, 50)
PAGE_SIZES = (10, 20, 30, 50, 100)
MOST = 459
LONGER = 357


@attrs.frozen
class Case:
    """One listing, and what its reader knows."""

    server: Simulator
    page_size: int
    known: Known

    @property
    def bound(self) -> int:
        """How many requests are enough: pages, and what the docstring of `capillary_async.paging.steps` adds."""
        server, count = self.server, len(self.server.rows)
        size, pages = server.size(self.page_size), server.pages(self.page_size)
        is_paged = server.total == "pages"
        first_total = pages if not server.by_asked_limit else -(-count // self.page_size)
        bound = pages + (self.known not in ("the same", "a longer one")) + (self.known == "wrong")
        if server.total not in ("records", "pages"):
            return bound + 1
        if self.known == "a longer one":
            is_ceiling = count > LONGER and count % size == 0
            return bound + (is_ceiling or (is_paged and count == size < self.page_size))
        # Page numbers that get more with a smaller limit look like rows that came, where they may count rows.
        is_like_rows = is_paged and server.by_asked_limit and first_total >= size - 1
        return bound + 2 * (is_like_rows and self.known != "the same")

    async def read(self, longer: ListingTraits) -> int | None:
        """Read the listing; return the number of requests, or nothing if the rows are wrong.

        Args:
            longer: What the longer listing has shown.
        """
        traits = ListingTraits()
        if self.known == "wrong":
            traits.offset_unit = "pages" if self.server.offset == "records" else "records"
        elif self.known == "the same":
            traits = await self.taught(len(self.server.rows))
        elif self.known == "a longer one":
            traits = copy(longer)
        elif self.known == "exported":
            traits = ListingTraits.from_dict(longer.to_dict())
        rows = await pager_of(self.server, self.page_size, traits).collect()
        return self.server.requests if rows == self.server.rows else None

    async def taught(self, count: int) -> ListingTraits:
        """Return what a listing of `count` rows shows."""
        traits = ListingTraits()
        await pager_of(attrs.evolve(self.server, rows=list(range(count)), asked=[]), self.page_size, traits).collect()
        return traits


def edges(size: int) -> Iterator[int]:
    """Return numbers of rows near the ends of pages, and some between."""
    yield from (0, 1, 2, 9, 10, 11, size // 2, MOST)
    for end in (size, 2 * size, 3 * size, 11 * size, 21 * size, 40 * size, 45 * size):
        yield from (count for count in (end - 1, end, end + 1) if count <= MOST)


async def read_all(
    page_size: int, total: Total, echoes: Iterable[Echo], counts: Iterable[int] = ()
) -> AsyncIterator[tuple[Case, int | None]]:
    """Read the listings of a page size and a reading of `total`: of all these numbers of rows, or near the ends."""
    for offset, cap, echo, by_asked in product(OFFSETS, CAPS, echoes, (False, True)):
        if (cap and cap >= page_size) or (by_asked and not cap):
            continue
        longer = await Case(Simulator([], offset, total, cap, echo, by_asked), page_size, "exported").taught(LONGER)
        for count, known in product(counts or sorted({*edges(cap or page_size), *edges(page_size)}), KNOWN):
            case = Case(Simulator(list(range(count)), offset, total, cap, echo, by_asked), page_size, known)
            yield case, await case.read(longer)


async def main() -> None:
    """Print how many listings were read, what they cost, and how many cost more than they may."""
    spent: Counter[str] = Counter()
    for page_size, total in product(PAGE_SIZES, TOTALS):
        async for case, requests in read_all(page_size, total, ECHOES, range(MOST + 1)):
            spent["listings"] += 1
            spent["above the bound, or wrong"] += requests is None or requests > case.bound
            spent[f"{case.known}: {(requests or 0) - case.server.pages(page_size)} more than pages"] += 1
        sys.stdout.write(f"{page_size} {total} {dict(spent)}\n")


if __name__ == "__main__":
    asyncio.run(main())
