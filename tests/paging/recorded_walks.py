"""What walks over many servers ask for, and what comes of it: `python -m tests.paging.recorded_walks` records it anew.

Each request costs, so a change of what is asked for is to be seen, and meant. Each line of the record is a kind of
server, the number of walks over such servers, of requests and of errors, and a digest of all that was asked and handed
out.
"""

import asyncio
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, cast

import attrs

from capillary_async.errors import CapillaryError
from capillary_async.paging import ListingTraits
from capillary_async.paging.readings import Claims
from capillary_async.paging.walk import Walk
from tests.paging.oracle import Server, drive_ahead, last_row_is, readings
from tests.paging.simulator import Simulator, Total, Unit, pager_of

RECORD = Path(__file__).with_name("recorded_walks.txt")
OFFSETS: tuple[Unit, ...] = ("records", "pages")
TOTALS: tuple[Total, ...] = ("records", "pages", "zero", "absent")
Outcome = tuple[int, bool, object]  # requests, whether there was an error, and what is digested
Change = Callable[[Simulator, int], None]


def listed(server: Simulator, page_size: int, traits: ListingTraits) -> Outcome:
    """Read a simulated listing."""

    async def read() -> object:
        pages = pager_of(server, page_size, traits).pages()
        try:
            rows: object = [row async for page in pages for row in page.items]
        except CapillaryError as error:
            rows = str(error)
        return rows, attrs.astuple(pages.report)

    found = asyncio.run(read())
    return (
        server.requests,
        isinstance(cast("tuple[object, ...]", found)[0], str),
        (server.asked, found, traits.to_dict()),
    )


def driven(server: Server, walk: Walk, ahead: int = 1) -> Outcome:
    """Read a listing of the oracle's."""
    try:
        rows: object = drive_ahead(walk, server.answer, ahead)[0]
    except CapillaryError as error:
        rows = str(error)
    return len(server.asked), isinstance(rows, str), (server.asked, rows)


def unchanging() -> Iterator[Outcome]:
    """Each reading, cap and echo, first and later."""
    counts = (0, 1, 9, 10, 11, 20, 21, 45, 100, 101, 250)
    for count, offset, total, cap, echo in product(counts, OFFSETS, TOTALS, (None, 10, 40), ("asked", "in force")):
        traits = ListingTraits()
        for _ in range(2):
            yield listed(Simulator(list(range(count)), offset, total, cap, cast("Any", echo)), 100, traits)


def small() -> Iterator[Outcome]:
    """Small listings with holes, mistakes and rows that come twice, with keys and without."""
    for count, spoilt in product((0, 1, 2, 3, 5, 8), ("", "hole", "mistake", "twice", "cycle")):
        rows = [row // (2 if spoilt == "twice" else 1) for row in range(count)]
        for server, page_size in readings(rows, (1, 2, 3, 4)):
            server.holes = frozenset([1] if spoilt == "hole" else [])
            server.hiccups = frozenset([1] if spoilt == "mistake" else [])
            server.cycle = 2 if spoilt == "cycle" else None
            for is_keyed, is_warm in ((True, False), (True, True), (False, False)):
                server.asked = []
                traits = server.traits(page_size) if is_warm else ListingTraits()
                unit = None if is_keyed else server.offset_unit
                yield driven(server, Walk(page_size, traits, offset_unit=unit, is_keyed=is_keyed), 1 + 2 * is_warm)


def resumed() -> Iterator[Outcome]:
    """Walks that go on behind a row, which may have moved or be gone, on pages that may be shorter."""
    for cut, moved, cap, unit in product((1, 3, 10, 14, 29), (-12, -2, 0, 2, 12), (10, 6), (*OFFSETS, None)):
        for offset_unit in OFFSETS:
            rows = list(range(-moved, 30)) if moved < 0 else list(range(moved, 30))
            server = Server(rows, offset_unit, cap=cap)
            walk = Walk(10, ListingTraits())
            walk.resume(cut, 10, unit, last_row_is(cut - 1))
            yield driven(server, walk)


def removing(number: int, first: int, last: int) -> Change:
    """Return what removes rows after an answer."""

    def change(server: Simulator, answer: int) -> None:
        if answer == number:
            del server.rows[first:last]

    return change


def inserting(number: int, place: int, count: int) -> Change:
    """Return what inserts rows after an answer."""

    def change(server: Simulator, answer: int) -> None:
        if answer == number:
            server.rows[place:place] = range(1000, 1000 + count)

    return change


def shortening(number: int, cap: int) -> Change:
    """Return what makes pages shorter from an answer on, or one page if the cap is less than five."""

    def change(server: Simulator, answer: int) -> None:
        server.cap = cap if answer == number or (cap > 4 and answer > number) else None if cap <= 4 else server.cap

    return change


def changing() -> Iterator[Outcome]:
    """Rows that come and go, pages that get shorter, one page that is cut by mistake."""
    changes = [
        removing(number, first, last) for number in (1, 2, 3) for first, last in ((0, 1), (2, 5), (0, 25), (30, 60))
    ]
    changes += [inserting(number, place, count) for number in (1, 2, 3) for place, count in ((0, 1), (5, 3), (0, 30))]
    changes += [shortening(number, cap) for number in (0, 1, 2, 3) for cap in (1, 4, 10, 15)]
    for change, offset, total, is_warm in product(changes, OFFSETS, TOTALS, (False, True)):
        traits = ListingTraits()
        if is_warm:
            listed(Simulator(list(range(57)), offset, total, 20), 100, traits)
        yield listed(Simulator(list(range(73)), offset, total, 20, before_answer=change), 100, traits)


def odd() -> Iterator[Outcome]:
    """Lists that grow, lag, have ties, stop counting, are static, or of which another process knew something wrong."""
    for offset, lag, growth, page_size in product(OFFSETS, (-1, 0, 1), (0, 1, 9, 10, 20), (10, 50)):
        yield listed(Simulator(list(range(95)), offset, lag=lag, growth=growth), page_size, ListingTraits())
    for offset, ties, seed in product(OFFSETS, (3, 7, 20, 60), (1, 2, 3)):
        yield listed(Simulator(list(range(250)), offset, ties=ties, random=Random(seed)), 50, ListingTraits())
    for total, count, is_static in product(("records", "returned", "ceiling"), (0, 2, 10, 50, 73), (False, True)):
        traits = ListingTraits()
        for rows in (30, count, count):
            server = Simulator(list(range(rows)), total=cast("Any", total), is_static=is_static, lag=-is_static)
            yield listed(server, 10, traits)
    for count, every, more, offset in product((20, 25), (5, 10, 30), (-1, 1, 3), OFFSETS):
        twice = Server([row - row // every for row in range(count)], offset, total_off_by=more)
        yield driven(twice, Walk(5, ListingTraits()))
    for offset, total, count, known in product(OFFSETS, TOTALS, (10, 45, 100, 250), OFFSETS):
        yield listed(Simulator(list(range(count)), offset, total), 50, ListingTraits(known, "records", 50))


def declared() -> Iterator[Outcome]:
    """Answers that say themselves where the listing ends, and pages out of which rows are taken."""
    for has_short_pages, count, says in product((False, True), (0, 7, 20, 41), ("last", "pages", "nothing", "lies")):
        walk, asked, rows = (
            Walk(10, ListingTraits(), offset_unit="pages", has_short_pages=has_short_pages),
            0,
            list[int](),
        )
        while (ask := walk.ask) is not None and asked < 50:
            asked += 1
            keys = list(range(count))[ask.offset * 10 : ask.offset * 10 + ask.limit]
            keys = [key for key in keys if key % 3] if has_short_pages else keys
            is_last = (ask.offset + 1) * 10 >= count or says == "lies"
            pages = -(-count // 10) if says == "pages" else None
            claims = Claims(limit=10, total=count, pages=pages, is_last=is_last if says in ("last", "lies") else None)
            try:
                rows += [keys[index] for index in walk.receive(keys, claims)]
            except CapillaryError:
                break
        yield asked, walk.ask is not None, rows


KINDS: tuple[Callable[[], Iterator[Outcome]], ...] = (odd, declared, resumed, changing, unchanging, small)


def record(kind: Callable[[], Iterator[Outcome]]) -> str:
    """Return the line of one kind of server."""
    walks = requests = errors = 0
    seen = blake2b(digest_size=8)
    for spent, is_error, found in kind():
        walks, requests, errors = walks + 1, requests + spent, errors + is_error
        seen.update(repr(found).encode())
    return f"{kind.__name__} {walks} walks {requests} requests {errors} errors {seen.hexdigest()}"


if __name__ == "__main__":
    RECORD.write_text("".join(f"{record(kind)}\n" for kind in KINDS), "utf-8")
