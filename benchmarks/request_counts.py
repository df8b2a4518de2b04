"""How many requests does a listing take? `python benchmarks/request_counts.py`.

The rate limit counts requests, so they are what a listing costs. Each figure is the number of requests for one listing
of pages of 100 rows, from a server whose `total` counts records: the first one that a client makes, and a later one.
Beside it what the walkers of two well-known generators of clients send, written out here: one stops behind a page that
is not full (azure-core), one where `total` is reached or a page is empty (Stainless). A figure of theirs in brackets is
of a walk that did not bring the rows as they are: twice, or not all.

The last table: 1,000 customers with 0 to 40 events are looked up by a client that knows nothing, 32 at a time.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC
from random import Random
from typing import Any, Literal, TypeVar

import attrs

from capillary_async.codec import Converter
from capillary_async.paging import Listing, ListingTraits, Pager, PageSource, Scout
from capillary_async.pipeline.request import Request, Response

R = TypeVar("R")
Unit = Literal["records", "pages"]
PAGE, CUSTOMERS, AT_ONCE = 100, 1000, 32
UNITS: tuple[Unit, ...] = ("records", "pages")
COUNTS = (0, 1, 2, 9, 10, 30, 99, 100, 101, 250, 1000)
# The same listings with the version of 26 November 2026: first, later. Its walker is no longer in the package.
FIRST_VERSION: dict[Unit, tuple[str, ...]] = {
    "records": ("1, 1", "2, 2", "4, 1", "3, 1", "3, 1", "3, 1", "3, 1", "3, 1", "4, 2", "5, 3", "12, 10"),
    "pages": ("1, 1", "2, 2", "4, 1", "4, 1", "4, 1", "4, 1", "4, 1", "4, 1", "3, 2", "4, 3", "12, 10"),
}
FIRST_VERSION_OF_MANY: dict[Unit, int] = {"records": 1050, "pages": 1053}


@attrs.define
class Server:
    """Answers from a list, and counts."""

    count: int
    unit: Unit
    requests: int = 0

    def answer(self, offset: int, limit: int) -> tuple[list[int], int]:
        """Return the rows of one page, and the total."""
        self.requests += 1
        start = offset * (limit if self.unit == "pages" else 1)
        return list(range(self.count))[start : start + limit], self.count

    def exchange(self, request: Request[Any], read: Callable[[Response], R], /) -> Coroutine[Any, Any, R]:
        """Answer a pager's request."""
        query = {name: int(str(value)) for name, value in request.query}

        async def send() -> R:
            await asyncio.sleep(0)
            rows, total = self.answer(query["offset"], query["limit"])
            pagination = {"limit": query["limit"], "offset": query["offset"], "total": total}
            return read(Response({"data": rows, "pagination": pagination}))

        return send()


def pager_of(server: Server, traits: ListingTraits, scout: Scout) -> Pager[int]:
    """Return a pager over the server's listing."""
    listing = Listing(Request[int]("/rows", into=int, at="data"), PAGE, key=lambda row: row)
    return Pager(listing, PageSource(listing, server.exchange, Converter(UTC), traits, scout))


def until_not_full(server: Server) -> list[int]:
    """Walk as azure-core's clients do."""
    rows: list[int] = []
    while True:
        page, _ = server.answer(len(rows), PAGE)
        rows += page
        if len(page) < PAGE:
            return rows


def until_total(server: Server) -> list[int]:
    """Walk as Stainless' clients do."""
    rows: list[int] = []
    while True:
        page, total = server.answer(len(rows), PAGE)
        rows += page
        if not page or len(rows) >= total:
            return rows


def peer(walk: Callable[[Server], list[int]], count: int, unit: Unit) -> str:
    """Count a peer's requests; in brackets if the rows are wrong."""
    server = Server(count, unit)
    is_right = walk(server) == list(range(count))
    return str(server.requests) if is_right else f"({server.requests})"


async def ours(count: int, unit: Unit) -> tuple[int, int]:
    """Count the requests of the first listing, and of the next."""
    traits, scout = ListingTraits(), Scout()
    spent: list[int] = []
    for _ in range(2):
        server = Server(count, unit)
        assert await pager_of(server, traits, scout).collect() == list(range(count))
        spent.append(server.requests)
    return spent[0], spent[1]


async def customers(unit: Unit) -> tuple[int, int]:
    """Look many customers up; return the pages that there are, and the requests that it took."""
    random, traits, scout, slots = Random(1), ListingTraits(), Scout(), asyncio.Semaphore(AT_ONCE)
    servers = [Server(random.randint(0, 40), unit) for _ in range(CUSTOMERS)]

    async def look_up(server: Server) -> None:
        async with slots:
            assert len(await pager_of(server, traits, scout).collect()) == server.count

    await asyncio.gather(*map(look_up, servers))
    return sum(max(1, -(-server.count // PAGE)) for server in servers), sum(server.requests for server in servers)


def main() -> None:
    """Print the tables."""
    for unit in UNITS:
        print(f"\n`offset` counts {unit}\n")
        print("| rows | first version | now, first | now, later | azure-core | Stainless |")
        print("|---|---|---|---|---|---|")
        for count, was in zip(COUNTS, FIRST_VERSION[unit], strict=True):
            first, later = asyncio.run(ours(count, unit))
            walkers = [peer(walk, count, unit) for walk in (until_not_full, until_total)]
            print(f"| {count:,} | {was} | {first} | {later} | {' | '.join(walkers)} |")
    print(f"\n{CUSTOMERS:,} customers, {AT_ONCE} at a time, by a client that knows nothing\n")
    print("| `offset` counts | pages | first version | now |")
    print("|---|---|---|---|")
    for unit in UNITS:
        pages, requests = asyncio.run(customers(unit))
        print(f"| {unit} | {pages:,} | {FIRST_VERSION_OF_MANY[unit]:,} | {requests:,} |")


if __name__ == "__main__":
    main()
