"""Bytes that arrive on a kept connection without a request.

Gateways send "408" to idle connections, and some servers send an answer twice. The next request on that connection must
not read these bytes as its answer, because then every later request would get the answer of the one before.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

import attrs

from capillary_async import CapillaryClient
from tests.faults.connections import judge
from tests.faults.lookups import AUTH, QUICK, document_of, find_with, look_up_all
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer

_WRONG: Final = document_of("somebody else")
STRAYS: Final[dict[str, bytes]] = {
    "a whole answer": answer(_WRONG),
    "an answer's head": answer(_WRONG)[:-50],
    "two answers": answer(_WRONG) * 2,
    "408": answer(b"", status=408, headers={"Connection": "close"}),
    "junk": b"junk\r\n\r\n",
}


@attrs.define(eq=False)
class StrayServer:
    """Answers lookups, and on request sends the same answer once more to every idle connection."""

    stray: bytes
    is_closing: bool = False
    _idle: list[HttpConnection] = attrs.field(factory=list[HttpConnection])

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Answer a lookup, and store the connection."""
        if asked.path == "/stray":
            await self._send_strays()
            await wire.send(answer(b"{}"))
        else:
            await wire.send(answer(document_of(asked.query["identifierValue"])))
            self._idle.append(wire)

    async def _send_strays(self) -> None:
        while self._idle:
            wire = self._idle.pop()
            await wire.send(self.stray)
            if self.is_closing:
                wire.close()


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    for name, stray in STRAYS.items():
        for is_closing in (False, True):
            yield asyncio.run(_row(name, StrayServer(stray, is_closing), scale.of(100, 5)))


async def _row(name: str, server: StrayServer, count: int) -> Row:
    row = Row(f"{name} without a request" + (", then a close" if server.is_closing else ""))
    with RawServer(server.handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=QUICK) as client:
            await look_up_all(find_with(client), ["first"])
            for number in range(count):
                await _have_strays_sent(raw.port)
                row.injected += 1
                for ending in await look_up_all(find_with(client), [str(number)], concurrency=1):
                    judge(row, ending)
    row.check(f"{row.refused} refused that need not be", holds=not row.refused)
    return row.finish()


async def _have_strays_sent(port: int) -> None:
    """Return when the bytes have arrived; they arrive before the answer to this request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stray HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"{}")
    writer.close()
    await writer.wait_closed()
