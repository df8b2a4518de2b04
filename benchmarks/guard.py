"""Does a change make the hot paths do more work? `python benchmarks/guard.py`.

Counts instructions with valgrind's callgrind, because unlike seconds they do not depend on other load. It counts four
paths: decoding a page, a call through all transports without sockets, a call over HTTP to a server in another process,
and telemetry without a listener. It fails if a count grew by more than 5 % over `guard.json`, or if that telemetry
takes more than 1 % of a call. `--update` stores the new counts. Counts depend on the interpreter, so each Python
version has its own.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import Any

STORED = Path(__file__).with_name("guard.json")
ALLOWED = 1.05
# Number of runs of a path in each of two processes; the difference of their counts leaves out the start.
LOOPS = {"decode": (3, 33), "call": (5, 105), "http": (5, 105), "telemetry": (100, 1100)}
# Largest share of a call that telemetry without a listener may take.
TELEMETRY_SHARE = 0.01


def decode(times: int) -> None:
    """Decode a page of 100 events."""
    from samples import events, page  # noqa: PLC0415  (the child process only)

    from capillary_async import TargetEvent  # noqa: PLC0415
    from capillary_async.codec import Converter, decode_json  # noqa: PLC0415

    body = page(events(100), limit=100, offset=0, total=100)
    converter, rows = Converter(UTC), tuple[TargetEvent, ...]
    for _ in range(times):
        converter.structure(decode_json(body)["data"], rows)


def call(times: int) -> None:
    """List a page of ten events through every transport, without sockets."""
    from samples import events, page  # noqa: PLC0415

    from capillary_async import BasicAuth, CapillaryClient  # noqa: PLC0415
    from capillary_async.codec import Converter  # noqa: PLC0415
    from capillary_async.pipeline.http_transport import HttpTransport  # noqa: PLC0415
    from capillary_async.pipeline.request import Request, Response  # noqa: PLC0415

    rows = events(10)
    bodies = [page(rows[offset:], limit=100, offset=offset, total=10) for offset in range(11)]
    converter = Converter(UTC)

    async def answer(_: HttpTransport, request: Request[Any]) -> Response:
        body = bodies[min(int(str(dict(request.query)["offset"])), 10)]
        return Response(converter.decode(body, request.into, request.at))

    async def nothing(_: HttpTransport) -> None:
        pass  # no session, because importing aiohttp would be counted

    async def run() -> None:
        async with CapillaryClient("http://127.0.0.1:9", BasicAuth("till", "password")) as client:
            for _ in range(times):
                await client.targets.list_events(1, 2).collect()

    HttpTransport.open = nothing  # type: ignore[method-assign, assignment]
    HttpTransport.send = answer  # type: ignore[method-assign]
    HttpTransport.connections = 100  # type: ignore[method-assign, assignment]
    asyncio.run(run())


def http(times: int) -> None:
    """List a page of ten events over a socket, one call after another, so that every run has as many loop turns."""
    from canned_server import serving  # noqa: PLC0415

    from capillary_async import BasicAuth, CapillaryClient  # noqa: PLC0415

    async def run(base_url: str) -> None:
        async with CapillaryClient(base_url, BasicAuth("till", "password")) as client:
            for _ in range(times):
                await client.targets.list_events(1, 2).collect()

    with serving(10) as base_url:
        asyncio.run(run(base_url))


def telemetry(times: int) -> None:
    """Run the telemetry code of a call and its attempt, without a listener."""
    from capillary_async.pipeline.request import Request  # noqa: PLC0415
    from capillary_async.pipeline.telemetry import Telemetry  # noqa: PLC0415
    from capillary_async.pipeline.urls import BaseUrl  # noqa: PLC0415

    idle, request = Telemetry(BaseUrl.of("http://127.0.0.1:9")), Request[Any]("/v2/customers")
    for _ in range(times):
        idle.start_call(request)
        idle.start_attempt(request)
        idle.wants_calls()


def instructions(path: str, times: int) -> int:
    """Count the instructions of a new process that runs a path several times."""
    with tempfile.TemporaryDirectory() as folder:
        out = f"--callgrind-out-file={folder}/out"
        command = ["valgrind", "--tool=callgrind", out, sys.executable, __file__, "--run", path, str(times)]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found is not None, done.stderr
    return int(found[1])


def count(path: str) -> int:
    """Return the instructions of one run of a path, without those of the start."""
    few, many = LOOPS[path]
    return round((instructions(path, many) - instructions(path, few)) / (many - few))


def version() -> str:
    """Return the interpreter's version, the key of the counts."""
    return f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"


def guard(*, is_update: bool) -> int:
    """Compare and print the counts, and return the exit code."""
    stored: dict[str, dict[str, int]] = json.loads(STORED.read_text()) if STORED.exists() else {}
    known = stored.get(version(), {})
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        counts = dict(zip(LOOPS, executor.map(count, LOOPS), strict=True))
    if is_update or not known:
        stored[version()] = counts
        if is_update:
            STORED.write_text(json.dumps(stored, indent=1) + "\n")
    has_grown = False
    for path, now in counts.items():
        before = known.get(path, now)
        has_grown |= now > before * ALLOWED
        print(f"{path:8} {now:12,} instructions, {now / before - 1:+.1%} over the stored {before:,}")
    share = counts["telemetry"] / counts["call"]
    print(f"telemetry without a listener takes {share:.2%} of a call")
    return int((has_grown and not is_update) or share > TELEMETRY_SHARE)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--update", action="store_true", help="store the new counts")
    parser.add_argument("--run", nargs=2, metavar=("PATH", "TIMES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        path, times = arguments.run
        {"decode": decode, "call": call, "http": http, "telemetry": telemetry}[path](int(times))
        return 0
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: nothing was compared")
        return 0
    return guard(is_update=arguments.update)


if __name__ == "__main__":
    sys.exit(main())
