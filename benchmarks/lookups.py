"""What does `lookup_many` cost compared with a hand-written pool? `python benchmarks/lookups.py`.

64 calls run at a time; each takes a few turns of the event loop. The peers are a hand-written pool of workers,
`asyncio.gather` with a semaphore, and aiometer. Then memory is compared for 200,000 and for 10,000 keys.
"""

import asyncio
import subprocess
import sys
import tracemalloc
from collections.abc import Awaitable, Callable
from time import perf_counter

import aiometer
from canned_server import serving
from contest import Judgement, Result, Target, judge, main

from capillary_async import BasicAuth, CapillaryClient, lookup_many

CONCURRENCY = 64
Lookup = Callable[[int], Awaitable[object]]


async def ours(fn: Lookup, keys: int) -> int:
    """Use `lookup_many`."""
    count = 0
    async with lookup_many(fn, range(1, keys + 1), concurrency=CONCURRENCY) as outcomes:
        async for outcome in outcomes:
            count += outcome.ok
    return count


async def by_hand(fn: Lookup, keys: int) -> int:
    """Use a hand-written pool: workers that share an iterator and store their errors."""
    source = iter(range(1, keys + 1))
    done: asyncio.Queue[tuple[int, object, Exception | None] | None] = asyncio.Queue(CONCURRENCY)

    async def worker() -> None:
        for key in source:
            try:
                value, error = await fn(key), None
            except Exception as caught:  # noqa: BLE001
                value, error = None, caught
            await done.put((key, value, error))
        await done.put(None)

    workers = [asyncio.create_task(worker()) for _ in range(CONCURRENCY)]
    count, running = 0, CONCURRENCY
    while running:
        outcome = await done.get()
        if outcome is None:
            running -= 1
        else:
            count += outcome[2] is None
    await asyncio.gather(*workers)
    return count


async def gathered(fn: Lookup, keys: int) -> int:
    """Start all tasks at once, with a semaphore."""
    slots = asyncio.Semaphore(CONCURRENCY)

    async def one(key: int) -> object:
        async with slots:
            return await fn(key)

    return len(await asyncio.gather(*(one(key) for key in range(1, keys + 1)), return_exceptions=True))


async def with_aiometer(fn: Lookup, keys: int) -> int:
    """Use aiometer, which ends at the first failure."""
    count = 0
    async with aiometer.amap(fn, list(range(1, keys + 1)), max_at_once=CONCURRENCY) as results:
        async for _ in results:
            count += 1
    return count


async def measure(base_url: str, keys: int, rounds: int) -> dict[str, list[float]]:
    """Time each way with the same call."""
    pools = {"ours": ours, "pool by hand": by_hand, "gather + semaphore": gathered, "aiometer": with_aiometer}
    times: dict[str, list[float]] = {name: [] for name in pools}
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:

        async def fn(key: int) -> object:
            return await client.targets.list_events(key, 1986).collect()

        for _ in range(rounds):
            for name, pool in pools.items():
                started = perf_counter()
                assert await pool(fn, keys) == keys
                times[name].append((perf_counter() - started) / keys * 1e6)
    return times


async def turn(key: int) -> int:
    """Simulate a call: take a few turns of the loop, and return a value."""
    for _ in range(2):
        await asyncio.sleep(0)
    return key


def peak(keys: int) -> float:
    """Return the peak memory of a run, in MiB."""
    tracemalloc.start()
    asyncio.run(ours(turn, keys))
    held = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return held


def in_new_process(keys: int) -> float:
    """Measure in a new process, without the memory of other runs."""
    command = [sys.executable, __file__, "--peak", str(keys)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    keys = 1280 if is_quick else 3200
    with serving(10) as base_url:
        times = asyncio.run(measure(base_url, keys, 2 if is_quick else 5))
    pools = judge(
        f"{keys:,} lookups, {CONCURRENCY} at a time", "µs", times, (Target("S4", "ours", "pool by hand", 0.9),)
    )
    sizes = (10_000, 50_000) if is_quick else (10_000, 200_000, 1_000_000)
    held = {f"{size:,} keys": in_new_process(size) for size in sizes}
    least, more, *_ = held.values()
    growth = more - least
    judgement = Judgement("S5", growth, 5.0, at_least=False, what="MiB more for 200,000 keys than for 10,000:")
    return [pools, Result("Memory of lookup_many", "MiB", held, (judgement,))]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        print(peak(int(sys.argv[2])))
    else:
        main(answer, __doc__)
