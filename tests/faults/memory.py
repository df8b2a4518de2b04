"""Bodies up to the size limit and above it, measured in a separate process.

The child process looks up one key, and prints the result and the growth of its memory. Without `/proc` nothing can be
measured, and the row says so.
"""

import asyncio
import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import attrs

from capillary_async import CapillaryClient
from tests.faults.lookups import AUTH, PATIENT, document_of, entity_of, find_with
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer, chunked

MIB: Final = 2**20
ROOM: Final = 16 * MIB
_KEY: Final = "any"
_GOOD: Final = document_of(_KEY)
_CHILD: Final = "import sys; from tests.faults.memory import look_up; look_up(*sys.argv[1:])"
_STATUS: Final = Path("/proc/self/status")


def _zipped(body: bytes, level: int = 1) -> bytes:
    return answer(gzip.compress(body, level, mtime=0), encoding="gzip")


# A body up to the limit must be read, and a larger one refused.
FITTING: Final[dict[str, Callable[[int], bytes]]] = {
    "as much as the cap": lambda cap: answer(_GOOD.ljust(cap)),
    "gzip of as much as the cap": lambda cap: _zipped(_GOOD.ljust(cap)),
    "gzip of nearly the cap, not made smaller": lambda cap: _zipped(_GOOD.ljust(cap - cap // 100), 0),
    "chunks of as much as the cap": lambda cap: chunked(_GOOD.ljust(cap), 2**16),
}
TOO_LARGE: Final[dict[str, Callable[[int], bytes]]] = {
    "twice the cap": lambda cap: answer(_GOOD.ljust(2 * cap)),
    "chunks of twice the cap": lambda cap: chunked(_GOOD.ljust(2 * cap), 2**16),
    "gzip of 4 times the cap": lambda cap: _zipped(_GOOD.ljust(4 * cap)),
    "deflate of 4 times the cap": lambda cap: answer(zlib.compress(_GOOD.ljust(4 * cap), 1), encoding="deflate"),
    "gzip of twice the cap, not made smaller": lambda cap: _zipped(_GOOD.ljust(2 * cap), 0),
    "gzip of 16 members of the cap each": lambda cap: answer(gzip.compress(bytes(cap), 1) * 16, encoding="gzip"),
    "gzip of a million members": lambda _: answer(gzip.compress(b" ", mtime=0) * 10**6, encoding="gzip"),
    "gzip of gzip of 4 times the cap": lambda cap: _zipped(gzip.compress(bytes(4 * cap), 1)),
    "a head without end": lambda cap: b"HTTP/1.1 200 OK\r\n" + b"X-Long: %b\r\n" % (b"x" * 2**16) * (cap >> 15),
    "a chunk of 2^60 bytes": lambda cap: chunked(b"x").replace(b"1\r\nx", b"%x\r\n%b" % (2**60, bytes(2 * cap))),
    "a length of 2^60 bytes": lambda cap: answer(bytes(2 * cap), headers={"Content-Length": str(2**60)}),
}
_SAMPLE: Final = ("gzip of as much as the cap", "gzip of 4 times the cap")


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    cap = scale.of(64, 8) * MIB
    for name, write in (FITTING | TOO_LARGE).items():
        if scale.is_full or name in _SAMPLE:
            yield _row(name, write, cap)


def _row(name: str, write: Callable[[int], bytes], cap: int) -> Row:
    row = Row(name, injected=1)
    began = perf_counter()
    with RawServer(_Server(write, cap).handle) as raw:
        command = [sys.executable, "-c", _CHILD, raw.base_url, str(cap)]
        child = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    row.seconds = perf_counter() - began
    said = json.loads(child.stdout)
    is_read = said["entity"] == entity_of(_KEY)
    row.healed = int(is_read and name in FITTING)
    row.refused = int(not is_read and name in TOO_LARGE)
    row.check(f"{said['entity']} and {said['error']}", holds=bool(row.healed or row.refused))
    if said["growth"] is None or not said["growth"]:
        row.measured = "memory not measured here"
    else:
        row.measure("MiB", round(said["growth"] / MIB, 1), at_most=(cap + ROOM) / MIB)
    return row.finish()


@attrs.define(eq=False)
class _Server:
    """Answers the lookup of "any" with the row's answer, and all others with a good one."""

    write: Callable[[int], bytes]
    cap: int

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Answer the lookup of a key."""
        key = asked.query["identifierValue"]
        await wire.send(self.write(self.cap) if key == _KEY else answer(document_of(key)))


def look_up(base_url: str, cap: str) -> None:
    """Run in the child process."""
    sys.stdout.write(json.dumps(asyncio.run(_look_up(base_url, int(cap)))))


async def _look_up(base_url: str, cap: int) -> dict[str, Any]:
    options = attrs.evolve(PATIENT, attempt_timeout=60.0, max_response_bytes=cap)
    said: dict[str, Any] = {"entity": None, "error": None}
    async with CapillaryClient(base_url, AUTH, options=options) as client:
        await find_with(client)("warm up")
        before = _memory("VmRSS")
        try:
            said["entity"] = await find_with(client)(_KEY)
        except Exception as error:  # noqa: BLE001  (the parent judges it)
            said["error"] = repr(error)
    said["growth"] = before and _memory("VmHWM") - before
    return said


def _memory(name: str) -> int:
    """Return a memory figure of this process in bytes; 0 without `/proc`."""
    if not _STATUS.exists():
        return 0
    lines = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024
