"""How much of a rate limit is used under load, and is the limit ever exceeded? `python benchmarks/limiter.py`.

The limit is 200 starts a second for some seconds, and many more tasks wait. The contestants are this package,
aiolimiter and pyrate-limiter. "Used" is the number of starts divided by the number that the limit allows between the
first and the last start. The "worst window" is the largest number of starts in one second; it must not exceed the
limit.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from aiolimiter import AsyncLimiter
from contest import Judgement, Result, main
from pyrate_limiter import Duration, Limiter, Rate

from capillary_async import RateLimit
from capillary_async.pipeline.admission import Admission
from capillary_async.pipeline.limit import LocalLimit
from capillary_async.pipeline.request import Request, Response

LIMIT = 200
Acquire = Callable[[], Awaitable[object]]


async def pressed(acquire: Acquire, seconds: float) -> list[float]:
    """Start many tasks as often as the limiter allows; return the times of their starts."""
    starts: list[float] = []

    async def worker() -> None:
        while True:
            await acquire()
            starts.append(perf_counter())

    workers = [asyncio.create_task(worker()) for _ in range(100)]
    await asyncio.sleep(seconds)
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return sorted(starts)


class Nothing:
    """A transport that answers every request at once."""

    async def send(self, request: Request[Any], /) -> Response:  # noqa: ARG002  (the protocol's)
        """Answer at once."""
        return Response({})


def used(starts: list[float]) -> float:
    """Return the share of the limit that was used."""
    return (len(starts) - 1) / ((starts[-1] - starts[0]) * LIMIT)


def worst_window(starts: list[float]) -> int:
    """Return the largest number of starts in one second."""
    return max(bisect_left(starts, start + 1.0) - index for index, start in enumerate(starts))


async def measure(seconds: float) -> dict[str, list[float]]:
    """Measure each limiter under load."""
    ours = Admission(Nothing(), LocalLimit.of(RateLimit(LIMIT, per=1.0)))
    ours.open(1000)
    theirs = AsyncLimiter(LIMIT, 1.0)
    pyrate = Limiter(Rate(LIMIT, Duration.SECOND))
    acquires: dict[str, Acquire] = {
        "ours": lambda: ours.send(Request("/")),
        "aiolimiter": theirs.acquire,
        "pyrate-limiter": lambda: pyrate.try_acquire_async("key"),
    }
    return {name: await pressed(acquire, seconds) for name, acquire in acquires.items()}


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    starts = asyncio.run(measure(3.0 if is_quick else 8.0))
    shares = {name: used(taken) * 100 for name, taken in starts.items()}
    windows = {name: float(worst_window(taken)) for name, taken in starts.items()}
    judgements = (
        Judgement("S8 used", shares["ours"] / 100, 0.98, at_least=True, what="share of the limit used"),
        Judgement("S8 strict", windows["ours"] / LIMIT, 1.0, at_least=False, what="worst window over the limit"),
    )
    return [
        Result(f"A limit of {LIMIT} a second under pressure", "% used", shares, judgements),
        Result(f"The same: most starts within one second, of {LIMIT} allowed", "starts", windows),
    ]


if __name__ == "__main__":
    main(answer, __doc__)
