"""Connections that break at every possible place.

Each key names the fault of its first request; the second request is answered. The server counts the requests, to show
retries that the client does not report.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final

import attrs

from capillary_async import CapillaryClient, CapillaryError
from tests.faults.lookups import AUTH, QUICK, Ending, Ledger, document_of, entity_of, find_with, look_up_all
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import HEAD_END, Asked, HttpConnection, RawServer, answer, chunked, zipped

Fault = Callable[[HttpConnection, bytes], Awaitable[None]]
NONE: Final = "none"
STALE: Final = "kept connection gone stale"
_TRICKLE: Final = 0.02


def _cut(share_of_head: float, share_of_body: float, *, is_reset: bool) -> Fault:
    """Send a part of a good answer, and close the connection."""

    async def inject(wire: HttpConnection, document: bytes) -> None:
        whole = answer(document)
        head = whole.index(HEAD_END) + len(HEAD_END)
        await wire.send(whole[: int(head * share_of_head) + int(len(document) * share_of_body)])
        if is_reset:
            wire.reset()
        else:
            wire.close()

    return inject


async def _short_length(wire: HttpConnection, document: bytes) -> None:
    await wire.send(answer(document, headers={"Content-Length": str(len(document) - 9)}))


async def _long_length(wire: HttpConnection, document: bytes) -> None:
    await wire.send(answer(document, headers={"Content-Length": str(len(document) + 9)}))
    await wire.stall()


async def _cut_chunks(wire: HttpConnection, document: bytes) -> None:
    await wire.send(chunked(document)[: -len(b"0" + HEAD_END)])
    wire.close()


async def _malformed_chunks(wire: HttpConnection, document: bytes) -> None:
    await wire.send(chunked(document).replace(b"64\r\n", b"zz\r\n"))
    await wire.stall()


async def _stale(wire: HttpConnection, _document: bytes) -> None:
    """Close a kept connection when a request arrives, as gateways do with idle connections."""
    wire.close()


async def _silence(wire: HttpConnection, _document: bytes) -> None:
    await wire.stall()


async def _trickle(wire: HttpConnection, document: bytes) -> None:
    whole = answer(document)
    for place in range(len(whole)):
        await wire.send(whole[place : place + 1])
        await asyncio.sleep(_TRICKLE)


KINDS: Final[dict[str, Fault]] = {
    **{
        f"{end} {place}": _cut(*shares, is_reset=end == "reset")
        for place, shares in {
            "before the header": (0, 0),
            "in the header": (0.5, 0),
            "after the header": (1, 0),
            "in the body": (1, 0.5),
        }.items()
        for end in ("reset", "close")
    },
    "content-length too short": _short_length,
    "content-length too long": _long_length,
    "chunks cut off": _cut_chunks,
    "chunks malformed": _malformed_chunks,
    STALE: _stale,
    "silence": _silence,
    "a trickle": _trickle,
}


@attrs.define(eq=False)
class FaultyServer:
    """Answers lookups; the first requests for a key have the fault that the key names.

    Attributes:
        faults: Number of faulty requests for a key.
        seen: Number of received requests, by key.
        injected: Number of faults, by kind.
        reused: Number of requests on a stale connection that had served an earlier request.
    """

    faults: int = 1
    seen: Counter[str] = attrs.field(factory=Counter[str])
    injected: Counter[str] = attrs.field(factory=Counter[str])
    reused: int = 0

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Answer a lookup, or inject its fault."""
        key = asked.query["identifierValue"]
        kind, document = kind_of(key), document_of(key)
        self.seen[key] += 1
        if kind == NONE or self.seen[key] > self.faults:
            write = (answer, chunked, zipped)[entity_of(key) % 3]
            await wire.send(write(document))
            return
        self.injected[kind] += 1
        self.reused += kind == STALE and wire.served > 1
        await KINDS[kind](wire, document)


def kind_of(key: str) -> str:
    """Return the fault that a key names."""
    return key.partition(":")[0]


def keys_of(kind: str, count: int) -> list[str]:
    """Return keys that name a fault."""
    return [f"{kind}:{number}" for number in range(count)]


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    yield from asyncio.run(_scattered(scale))
    yield asyncio.run(_hopeless(scale))


async def _scattered(scale: Scale) -> list[Row]:
    """Inject faults of all kinds among many good requests."""
    each, among = scale.of(200, 6), scale.of(20_000, 600)
    keys = [key for kind in KINDS for key in keys_of(kind, each)]
    keys += keys_of(NONE, among - len(keys))
    scale.random_of("connections").shuffle(keys)
    server, ledger = FaultyServer(), Ledger()
    with RawServer(server.handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=QUICK, on_call=ledger.note) as client:
            endings = await look_up_all(find_with(client), keys)
    rows = [_row(kind, server, ledger, endings) for kind in (*KINDS, NONE)]
    rows[-1].kind, rows[-1].injected = "no fault, in between", among - len(KINDS) * each
    stale = rows[list(KINDS).index(STALE)]
    stale.measure("used before", server.reused, at_least=each / 2)
    for row in rows:
        row.check(f"{row.refused} refused that a retry can heal", holds=not row.refused)
        row.finish()
    return rows


async def _hopeless(scale: Scale) -> Row:
    """Let every attempt fail; each call must end with an error after four attempts, without a hidden fifth."""
    row = Row("one of these faults at each of four attempts")
    parts = await asyncio.gather(*(_hopeless_kind(kind, scale.of(10, 1)) for kind in KINDS))
    for part in parts:
        add(row, part)
    row.check(f"{row.healed} cannot have been healed", holds=not row.healed)
    return row.finish()


async def _hopeless_kind(kind: str, count: int) -> Row:
    keys, server, ledger = keys_of(kind, count), FaultyServer(faults=100), Ledger()
    with RawServer(server.handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=QUICK, on_call=ledger.note) as client:
            endings = await look_up_all(find_with(client), keys)
    row = _row(kind, server, ledger, endings)
    row.injected = count
    row.check(f"{kind}: not 4 attempts each", holds=server.seen == Counter(dict.fromkeys(keys, 4)))
    return row


def _row(kind: str, server: FaultyServer, ledger: Ledger, endings: Iterable[Ending]) -> Row:
    row = Row(kind, server.injected[kind])
    for ending in endings:
        if kind_of(ending.key) != kind:
            continue
        judge(row, ending)
        unreported = server.seen[ending.key] - ledger.attempts[ending.key]
        row.doubled += max(unreported, 0)
        row.check(f"{ending.key}: reported {-unreported} requests that were not sent", holds=unreported >= 0)
    return row


def judge(row: Row, ending: Ending) -> None:
    """Count the end of a lookup."""
    row.seconds = max(row.seconds, ending.seconds)
    if ending.error is None:
        is_right = ending.value == entity_of(ending.key)
        row.healed += is_right
        row.wrong += not is_right
    elif isinstance(ending.error, CapillaryError):
        row.refused += 1
    else:
        row.lost += 1
        row.messages.append(f"{ending.key}: {ending.error!r}")


def add(row: Row, part: Row) -> None:
    """Add one row to another."""
    for name in ("injected", "healed", "refused", "lost", "doubled", "wrong"):
        setattr(row, name, getattr(row, name) + getattr(part, name))
    row.seconds = max(row.seconds, part.seconds)
    row.messages += part.messages
