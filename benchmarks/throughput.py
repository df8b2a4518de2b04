"""How many one-page listings a second, 32 at a time? `python benchmarks/throughput.py`.

Ten target events a page, from a server in another process that is faster than any client. The floor is bare
aiohttp with untyped JSON; the peers are what a user would write: httpx with pydantic, requests with threads.
Ours runs with every protection on, also under uvloop.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter

import aiohttp
import httpx
import msgspec
import requests
import requests.adapters
from canned_server import serving
from contest import Result, Target, main, settle
from decode import PydanticPage
from samples import PATH

from capillary_async import BasicAuth, CapillaryClient

IN_FLIGHT = 32
QUERY = "?limit=100&offset=0"


async def pool(call: Callable[[], Awaitable[object]], calls: int) -> None:
    """Make calls, 32 at a time."""

    async def worker() -> None:
        for _ in range(calls // IN_FLIGHT):
            await call()

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


async def bare(base_url: str, calls: int) -> float:
    """Use aiohttp alone, and leave the answer untyped."""
    decoder = msgspec.json.Decoder()
    async with aiohttp.ClientSession() as session:

        async def call() -> None:
            async with session.get(base_url + PATH + QUERY) as response:
                assert len(decoder.decode(await response.read())["data"]) == 10

        return await timed(call, calls)


async def ours(base_url: str, calls: int) -> float:
    """Use this package as its README shows."""
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:

        async def call() -> None:
            assert len(await client.targets.list_events(564332013, 1986).collect()) == 10

        return await timed(call, calls)


async def by_hand(base_url: str, calls: int) -> float:
    """Use httpx and pydantic as a careful user would."""
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=100), trust_env=False) as client:

        async def call() -> None:
            response = await client.get(base_url + PATH + QUERY)
            response.raise_for_status()
            assert len(PydanticPage.model_validate_json(response.content).data) == 10

        return await timed(call, calls)


async def timed(call: Callable[[], Awaitable[object]], calls: int) -> float:
    """Return seconds for the calls, after a few to warm up."""
    await pool(call, 2 * IN_FLIGHT)
    started = perf_counter()
    await pool(call, calls)
    return perf_counter() - started


def threads(base_url: str, calls: int) -> float:
    """Use requests in a pool of threads."""
    with requests.Session() as session, ThreadPoolExecutor(IN_FLIGHT) as executor:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=IN_FLIGHT))
        session.trust_env = False

        def call(_: int) -> None:
            response = session.get(base_url + PATH + QUERY, timeout=30)
            assert len(json.loads(response.content)["data"]) == 10

        list(executor.map(call, range(2 * IN_FLIGHT)))
        started = perf_counter()
        list(executor.map(call, range(calls)))
        return perf_counter() - started


def under_uvloop(base_url: str, calls: int) -> float:
    """Use this package under uvloop."""
    import uvloop  # noqa: PLC0415  (an extra of the benchmarks)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ours(base_url, calls))


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Ask the question, at three latencies."""
    results: list[Result] = []
    for latency in (0.0,) if is_quick else (0.0, 0.02, 0.1):
        calls = 640 if is_quick or latency else 1920
        contestants: dict[str, Callable[[str, int], float]] = {
            "ours": lambda url, count: asyncio.run(ours(url, count)),
            "bare aiohttp, untyped": lambda url, count: asyncio.run(bare(url, count)),
            "ours, uvloop": under_uvloop,
            "httpx + pydantic": lambda url, count: asyncio.run(by_hand(url, count)),
            "requests + threads": threads,
        }
        with serving(10, latency) as base_url:
            rounds = 2 if is_quick else 3 if latency else 7
            runs = {name: partial(run, base_url, calls) for name, run in contestants.items()}
            times: dict[str, list[float]] = {name: [] for name in runs}
            for _ in range(rounds):
                for name, run in runs.items():
                    times[name].append(run() / calls * 1e6)
        targets = (
            ()
            if latency
            else (
                Target("S2 over bare aiohttp", "ours", "bare aiohttp, untyped", 0.75),
                Target("S2 over httpx + pydantic", "ours", "httpx + pydantic", 8.0),
            )
        )
        question = f"One-page listings of 10 events, {IN_FLIGHT} at a time, {latency * 1000:g} ms latency"
        results.append(settle(question, "µs", times, targets))
    return results


if __name__ == "__main__":
    main(answer, __doc__)
