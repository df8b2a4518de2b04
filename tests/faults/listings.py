"""Listings with a fault on every page: no row may be missing or doubled."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any, Final

import attrs

from capillary_async import CapillaryClient, CapillaryError
from tests.faults.connections import KINDS
from tests.faults.lookups import AUTH, QUICK
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer

_PAGE: Final = 20


@attrs.define(eq=False)
class ListingServer:
    """Serves the pages of a listing; the first request for each page has a fault.

    Attributes:
        faults: Names of faults; each page has the next one.
        rows: Length of the listing.
        seen: Number of requests, by offset.
    """

    faults: tuple[str, ...]
    rows: int
    seen: Counter[int] = attrs.field(factory=Counter[int])

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Answer with a page, or inject a fault."""
        offset = int(asked.query["offset"])
        self.seen[offset] += 1
        rows = [{"id": number, "name": "." * 20} for number in range(offset, min(offset + _PAGE, self.rows))]
        pagination = {"limit": _PAGE, "offset": offset, "total": self.rows}
        document = json.dumps({"data": rows, "pagination": pagination}).encode()
        if self.seen[offset] > 1:
            await wire.send(answer(document))
        else:
            await KINDS[self.faults[offset // _PAGE % len(self.faults)]](wire, document)


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    names = list(KINDS)
    scale.random_of("listings").shuffle(names)
    for ahead in (0, 8):
        times = scale.of(10 if ahead else 4, 1)
        server = ListingServer(tuple(names), times * len(names) * _PAGE)
        yield asyncio.run(_walk(server, ahead))


async def _walk(server: ListingServer, ahead: int) -> Row:
    pages = server.rows // _PAGE
    row = Row("pages of a listing" + (f", {ahead} prefetched" if ahead else ""), pages)
    began = asyncio.get_running_loop().time()
    with RawServer(server.handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=QUICK) as client:
            taken = [number async for number in _ids(client, ahead, row)]
    row.seconds = asyncio.get_running_loop().time() - began
    row.healed = sum(set(range(start, start + _PAGE)) <= set(taken) for start in range(0, server.rows, _PAGE))
    row.lost = pages - row.healed
    row.doubled = len(taken) - len(set(taken))
    row.wrong = int(taken != sorted(taken))
    # The request for a page after the last one also has a fault at first.
    row.measure("requests", sum(server.seen.values()), at_most=2 * (pages + 2))
    return row.finish()


async def _ids(client: CapillaryClient, ahead: int, row: Row) -> AsyncIterator[int]:
    """Yield the ids of the listing's rows; add a message if it ends with an error."""
    pager = client.paginate("/v2/things", page_size=_PAGE, offset_unit="records", key="id")
    async with AsyncExitStack() as stack:
        things: Any = await stack.enter_async_context(pager.prefetch(ahead)) if ahead else pager
        try:
            async for thing in things:
                yield thing["id"]
        except CapillaryError as error:
            row.messages.append(f"ended in {error!r}")
