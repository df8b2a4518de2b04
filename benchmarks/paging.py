"""How much time does prefetching pages save? `python benchmarks/paging.py`.

Fifty pages of 100 events at 50 ms of latency are read one by one, and with 4, 16 and 64 pages ahead. The floor is the
latency of the requests that must wait for another one, without any work.
"""

import asyncio
from time import perf_counter

from canned_server import serving
from contest import Result, Target, judge, main

from capillary_async import BasicAuth, CapillaryClient, Pager, TargetEvent

PAGES, ROWS, LATENCY = 50, 100, 0.05


async def one_by_one(pager: Pager[TargetEvent]) -> int:
    """Walk page after page."""
    return len(await pager.collect())


async def ahead(pager: Pager[TargetEvent], size: int) -> int:
    """Walk with prefetched pages."""
    async with pager.prefetch(size) as events:
        return len([event async for event in events])


async def measure(base_url: str, rounds: int) -> dict[str, list[float]]:
    """Time each way, with a client that knows the traits of the listing."""
    times: dict[str, list[float]] = {"one by one": [], "prefetch(4)": [], "prefetch(16)": [], "prefetch(64)": []}
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:
        pager = client.targets.list_events(564332013, 1986, page_size=ROWS)
        await pager.collect(ROWS + 1)
        for _ in range(rounds):
            for name, taken in times.items():
                size = int("".join(filter(str.isdigit, name)) or 0)
                started = perf_counter()
                count = await (ahead(pager, size) if size else one_by_one(pager))
                taken.append(perf_counter() - started)
                assert count == PAGES * ROWS
    times["floor of prefetch(16)"] = [(1 + -(-(PAGES - 1) // 16)) * LATENCY] * rounds
    return times


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    with serving(PAGES * ROWS, LATENCY) as base_url:
        times = asyncio.run(measure(base_url, 1 if is_quick else 5))
    target = Target("S3", "prefetch(16)", "one by one", 1 / 0.12)
    return [judge(f"{PAGES} pages at {LATENCY * 1000:g} ms latency", "s", times, (target,))]


if __name__ == "__main__":
    main(answer, __doc__)
