"""What does durability cost, and does the cost per key stay constant? `python benchmarks/jobs.py`.

First, the same lookups run over HTTP, 64 at a time: with `lookup_many`, as a durable job, which stores every outcome on
the disk, and as bare calls of aiohttp. Then runs with ten and a hundred times the keys measure the bookkeeping: their
lookup takes only a few turns of the event loop, and the time for a key should not grow. The processor time of this
process is measured, because other load disturbs short runs.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import ClassVar, cast

import aiohttp
import attrs
from canned_server import serving
from contest import Judgement, Result, Target, judge, main

from capillary_async import BasicAuth, CapillaryClient, lookup_many
from capillary_async.jobs import BulkJob

CONCURRENCY = 64
RULE = 1986
WITHIN = 1 / 1.1  # S9: ten per cent


@attrs.frozen
class NoApi:
    """Replaces the client of a job whose lookup needs none."""

    base_url: str = "https://example.com"
    account: str = "nobody"
    listing_traits: ClassVar[dict[str, object]] = {}


async def turn(_client: object, key: int) -> dict[str, int]:
    """Simulate a call: take a few turns of the loop, and return a row."""
    for _ in range(2):
        await asyncio.sleep(0)
    return {"id": key}


@asynccontextmanager
async def timing(taken: list[float], keys: int, clock: Callable[[], float] = perf_counter) -> AsyncGenerator[None]:
    """Record the microseconds for a key."""
    started = clock()
    yield
    taken.append((clock() - started) / keys * 1e6)


async def events_alone(client: CapillaryClient, keys: int) -> None:
    """Look events up with `lookup_many` and drop them."""

    async def events(key: int) -> object:
        return await client.targets.list_events(key, RULE).collect()

    async with lookup_many(events, range(1, keys + 1), concurrency=CONCURRENCY) as outcomes:
        assert sum([outcome.ok async for outcome in outcomes]) == keys


async def events_bare(session: aiohttp.ClientSession, base_url: str, keys: int) -> None:
    """Fetch the same bytes with bare aiohttp."""
    left = iter(range(1, keys + 1))

    async def work() -> None:
        for key in left:
            async with session.get(f"{base_url}/v3/users/{key}/trackedTargetEvents/{RULE}?limit=100") as response:
                await response.read()

    await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


async def over_http(base_url: str, keys: int, rounds: int) -> dict[str, list[float]]:
    """Measure the processor time of each way, without the creation of the job."""
    times: dict[str, list[float]] = {"durable job": [], "lookup_many": [], "bare aiohttp": []}
    async with (
        CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client,
        aiohttp.ClientSession() as session,
    ):
        await events_alone(client, CONCURRENCY)
        for _ in range(rounds):
            with TemporaryDirectory() as folder:
                job = BulkJob.create(Path(folder) / "job", "events", [(key, RULE) for key in range(1, keys + 1)])
                async with timing(times["durable job"], keys, process_time):
                    assert (await job.run(client)).is_complete
            async with timing(times["lookup_many"], keys, process_time):
                await events_alone(client, keys)
            async with timing(times["bare aiohttp"], keys, process_time):
                await events_bare(session, base_url, keys)
    return times


async def by_size(sizes: tuple[int, ...], rounds: int) -> dict[str, list[float]]:
    """Measure runs with growing numbers of keys, for `lookup_many` and for a job."""
    times: dict[str, list[float]] = {f"{way}, {size:,} keys": [] for way in ("job", "lookup_many") for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            with TemporaryDirectory() as folder:
                job = BulkJob.create(Path(folder) / "job", "jobs:turn", range(1, size + 1))
                async with timing(times[f"job, {size:,} keys"], size, process_time):
                    await job.run(cast("CapillaryClient", NoApi()))
            async with (
                timing(times[f"lookup_many, {size:,} keys"], size, process_time),
                lookup_many(lambda key: turn(None, key), range(1, size + 1)) as outcomes,
            ):
                assert sum([outcome.ok async for outcome in outcomes]) == size
    return times


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    keys = 1280 if is_quick else 6400
    with serving(10) as base_url:
        times = asyncio.run(over_http(base_url, keys, 2 if is_quick else 5))
    durable = judge(f"Processor time of {keys:,} lookups of events, {CONCURRENCY} at a time", "µs", times, ())
    more = (durable.figures["durable job"] - durable.figures["lookup_many"]) / durable.figures["bare aiohttp"]
    judgement = Judgement(
        "S6", more, 0.3, at_least=False, what="of a bare aiohttp call more for a key than lookup_many:"
    )
    print(f"  S6: {more:.2f} of a bare call (<= 0.3: {'met' if judgement.is_met else 'missed'})")
    durable = attrs.evolve(durable, judgements=(judgement,))
    sizes = (2_000, 20_000) if is_quick else (10_000, 100_000, 1_000_000)
    growth = asyncio.run(by_size(sizes, 1 if is_quick else 3))
    targets = tuple(
        Target(f"S9, {way}", f"{way}, {size:,} keys", f"{way}, {sizes[0]:,} keys", WITHIN)
        for way in ("job", "lookup_many")
        for size in sizes[1:]
    )
    return [durable, judge("Processor time for a key as the keys grow", "µs", growth, targets)]


if __name__ == "__main__":
    main(answer, __doc__)
