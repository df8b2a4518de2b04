"""How many one-page listings a second, 32 at a time? `python benchmarks/throughput.py`.

A page has ten target events, and a server in another process is faster than any client. The floor is aiohttp with
untyped JSON. The peers are the usual choices of users: httpx with pydantic, a client generated from OpenAPI, requests
with threads. This package runs with its defaults (retries, deadlines), also under uvloop. S2 over bare aiohttp is also
judged on answers with 14 headers, and on answers with gzip in chunks.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, process_time
from typing import Any

import aiohttp
import attrs
import httpx
import msgspec
import requests
import requests.adapters
from canned_server import FORMS, PLAIN, serving
from contest import Result, Target, judge, main
from generated import generated
from pydantic import TypeAdapter
from rivals import pydantic_page
from samples import PATH

from capillary_async import BasicAuth, CapillaryClient, TargetEvent

Taken = tuple[float, float]  # wall-clock seconds, and processor seconds of this process
Contestant = Callable[[str, int], Taken]

IN_FLIGHT = 32
WARMING = 2 * IN_FLIGHT  # calls that are not timed
QUERY = "?limit=100&offset=0"
BARE, BY_HAND = "bare aiohttp, untyped", "httpx + pydantic"
OVER_BARE = Target("S2 over bare aiohttp", "ours", BARE, 1.05)
TARGETS = (OVER_BARE, Target("S2 over httpx + pydantic", "ours", BY_HAND, 20.0))


async def pool(call: Callable[[], Awaitable[object]], calls: int) -> None:
    """Make calls, 32 at a time."""

    async def worker() -> None:
        for _ in range(calls // IN_FLIGHT):
            await call()

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


async def bare(base_url: str, calls: int) -> Taken:
    """Use aiohttp, and leave the answer untyped."""
    decoder = msgspec.json.Decoder()
    async with aiohttp.ClientSession() as session:

        async def call() -> None:
            async with session.get(base_url + PATH + QUERY) as response:
                assert len(decoder.decode(await response.read())["data"]) == 10

        return await timed(call, calls)


async def ours(base_url: str, calls: int) -> Taken:
    """Use this package as its README shows."""
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:

        async def call() -> None:
            assert len(await client.targets.list_events(564332013, 1986).collect()) == 10

        return await timed(call, calls)


async def by_hand(base_url: str, calls: int) -> Taken:
    """Use httpx and pydantic as a careful user would."""
    page = TypeAdapter[Any](pydantic_page(TargetEvent))
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=100), trust_env=False) as client:

        async def call() -> None:
            response = await client.get(base_url + PATH + QUERY)
            response.raise_for_status()
            assert len(page.validate_json(response.content).data) == 10

        return await timed(call, calls)


async def by_generator(
    make_client: Callable[..., Any], list_events: Callable[..., Awaitable[Any]], base_url: str, calls: int
) -> Taken:
    """Use a generated client as its README shows."""
    async with make_client(base_url=base_url) as client:

        async def call() -> None:
            page = await list_events(user_id=564332013, target_rule_id=1986, client=client, limit=100, offset=0)
            assert len(page.data) == 10

        return await timed(call, calls)


async def timed(call: Callable[[], Awaitable[object]], calls: int) -> Taken:
    """Time the calls, after a few calls to warm up."""
    await pool(call, WARMING)
    started, used = perf_counter(), process_time()
    await pool(call, calls)
    return perf_counter() - started, process_time() - used


def threads(base_url: str, calls: int) -> Taken:
    """Use requests in a pool of threads."""
    with requests.Session() as session, ThreadPoolExecutor(IN_FLIGHT) as executor:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=IN_FLIGHT))
        session.trust_env = False

        def call(_: int) -> None:
            response = session.get(base_url + PATH + QUERY, timeout=30)
            assert len(json.loads(response.content)["data"]) == 10

        list(executor.map(call, range(WARMING)))
        started, used = perf_counter(), process_time()
        list(executor.map(call, range(calls)))
        return perf_counter() - started, process_time() - used


def under_uvloop(base_url: str, calls: int) -> Taken:
    """Use this package under uvloop."""
    import uvloop  # noqa: PLC0415  (an extra of the benchmarks)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ours(base_url, calls))


def contestants(make_client: Callable[..., Any], list_events: Callable[..., Awaitable[Any]]) -> dict[str, Contestant]:
    """Return all contestants; the generated client is passed in."""
    return {
        "ours": lambda url, count: asyncio.run(ours(url, count)),
        BARE: lambda url, count: asyncio.run(bare(url, count)),
        "ours, uvloop": under_uvloop,
        BY_HAND: lambda url, count: asyncio.run(by_hand(url, count)),
        "openapi-python-client": lambda url, count: asyncio.run(by_generator(make_client, list_events, url, count)),
        "requests + threads": threads,
    }


def measured(
    runs: dict[str, Contestant], rounds: int, calls: int, *, latency: float = 0.0, form: str = PLAIN
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Return the microseconds of a call for each round: wall-clock time, and this process's processor time."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    processor: dict[str, list[float]] = {name: [] for name in runs}
    with serving(10, latency, form) as base_url:
        for _ in range(rounds):
            for name, run in runs.items():
                taken, used = run(base_url, calls)
                times[name].append(taken / calls * 1e6)
                processor[name].append(used / calls * 1e6)
    return times, processor


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure at three latencies, and return the results."""
    results: list[Result] = []
    with generated() as (make_client, list_events):
        runs = contestants(make_client, list_events)
        for latency in (0.0,) if is_quick else (0.0, 0.02, 0.1):
            calls = 640 if is_quick or latency else 1920
            times, processor = measured(runs, 2 if is_quick else 3 if latency else 7, calls, latency=latency)
            question = f"One-page listings of 10 events, {IN_FLIGHT} at a time, {latency * 1000:g} ms latency"
            results.append(judge(question, "µs", times, () if latency else TARGETS))
            if not latency:
                results.append(judge("The same: what the client takes of the processor", "µs", processor, ()))
        results += [in_form(form, runs, 2 if is_quick else 9) for form in FORMS if form != PLAIN]
    return results


def in_form(form: str, runs: dict[str, Contestant], rounds: int) -> Result:
    """Compare with bare aiohttp alone, on answers of another form."""
    times, _ = measured({name: runs[name] for name in ("ours", BARE)}, rounds, 1920, form=form)
    question = f"One-page listings of 10 events, {IN_FLIGHT} at a time, answers with {form}"
    return judge(question, "µs", times, (attrs.evolve(OVER_BARE, name=f"{OVER_BARE.name}, {form}"),))


if __name__ == "__main__":
    main(answer, __doc__)
