"""Behind an API that throttles, requests start at a rate that the API accepts, and no key is lost."""

import asyncio
import random
from collections import deque
from typing import Any, Literal

import pytest

from capillary_async.bulk import Outcomes
from capillary_async.bulk.concurrency import ConcurrencyController
from capillary_async.errors import CapillaryError, RateLimitedError, ServerError
from capillary_async.options import RetryPolicy
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import Request, Response
from capillary_async.pipeline.retry import RetryBudget, RetryTransport
from tests.faults.virtual import run_virtually

Kind = Literal["leaky", "leaky with a burst", "window", "window with Retry-After"]


class Gateway:
    """Answers 50 requests a second, and refuses all others.

    "leaky" is nginx's `limit_req` with `rate=50r/s`: a request less than 20 ms after the last one is refused.

    Attributes:
        limit: Number of requests in a second.
        requests: Number of received requests.
    """

    def __init__(self, kind: Kind, status: int, latency: float) -> None:
        self.limit = 50
        self.kind = kind
        self.status = status
        self.latency = latency
        self.requests = 0
        self._random = random.Random(7)
        self._excess, self._last = 0.0, -1.0
        self._passed: deque[float] = deque()

    async def send(self, request: Request[Any], /) -> Response:
        """Answer or refuse."""
        self.requests += 1
        refusal = self._refuse(loop_time())
        await asyncio.sleep(self.latency * self._random.uniform(0.8, 1.2))
        if refusal is not None:
            raise refusal
        return Response({})

    def _refuse(self, now: float) -> CapillaryError | None:
        wait = self._leak(now) if self.kind.startswith("leaky") else self._count(now)
        if wait is None:
            return None
        error = RateLimitedError("no", status=429) if self.status == 429 else ServerError("no", status=self.status)
        error.retry_after = wait if self.kind == "window with Retry-After" else None
        return error

    def _leak(self, now: float) -> float | None:
        burst = 20 if self.kind == "leaky with a burst" else 0
        excess = max(0.0, self._excess - (now - self._last) * self.limit + 1) if self._last >= 0 else 0.0
        if excess > burst:
            return 0.0
        self._excess, self._last = excess, now
        return None

    def _count(self, now: float) -> float | None:
        while self._passed and now - self._passed[0] >= 1:
            self._passed.popleft()
        if len(self._passed) >= self.limit:
            return self._passed[0] + 1 - now if self._passed else 1.0
        self._passed.append(now)
        return None


def look_up(gateway: Gateway, keys: int, controller: ConcurrencyController) -> tuple[float, int]:
    """Look many keys up; return the virtual seconds and the number of failed keys."""

    async def run() -> tuple[float, int]:
        transport = RetryTransport(gateway, RetryBudget(RetryPolicy()), clock=loop_time)

        async def fetch(_: int) -> Response:
            return await transport.send(Request("/x"))

        began = loop_time()
        async with Outcomes(fetch, range(keys), controller) as outcomes:
            failed = [outcome async for outcome in outcomes if not outcome.ok]
        return loop_time() - began, len(failed)

    return run_virtually(run())


@pytest.mark.parametrize("status", [503, 429])
@pytest.mark.parametrize("kind", ["leaky", "leaky with a burst", "window", "window with Retry-After"])
@pytest.mark.parametrize("keys", [300, 3000])
def test_throttling_loses_no_key_and_little_time(kind: Kind, status: int, keys: int) -> None:
    """A client without a rate limit has to find the gateway's limit."""
    gateway = Gateway(kind, status, latency=0.005)

    seconds, failed = look_up(gateway, keys, ConcurrencyController(64, 64, minds_latency=False))

    assert failed == 0
    assert seconds <= 1.5 * keys / 50
    assert gateway.requests <= 1.5 * keys


@pytest.mark.parametrize("good", range(60, 200, 7))
def test_forty_refusals_cost_no_key_and_little_time(good: int) -> None:
    """The rate after the first refusal must not depend on when in an interval the refusal comes."""

    class Outage(Gateway):
        """Refuses 40 requests and no other."""

        def _refuse(self, now: float) -> CapillaryError | None:
            return ServerError("no", status=503) if good < self.requests <= good + 40 else None

    seconds, failed = look_up(Outage("window", 503, latency=0.02), 300, ConcurrencyController(8, 8))

    assert failed == 0
    assert seconds < 3


@pytest.mark.parametrize("status", [503, 429])
def test_constant_throttling_ends_with_errors(status: int) -> None:
    """Constant throttling is an outage, so the outcomes must become errors."""
    gateway = Gateway("window", status, latency=0.005)
    gateway.limit = 0

    seconds, failed = look_up(gateway, 100, ConcurrencyController(8, 8))

    assert failed == 100
    assert seconds > 10
    assert gateway.requests < 500


def test_a_raised_limit_is_noticed() -> None:
    """If the API's limit is raised during a job, the job must become faster."""
    gateway = Gateway("window", 429, latency=0.005)

    async def lift() -> None:
        await asyncio.sleep(10)
        gateway.limit = 10_000

    async def run() -> float:
        task = asyncio.create_task(lift())
        transport = RetryTransport(gateway, RetryBudget(RetryPolicy()), clock=loop_time)

        async def fetch(_: int) -> Response:
            return await transport.send(Request("/x"))

        began = loop_time()
        async with Outcomes(fetch, range(5000), ConcurrencyController(64, 64)) as outcomes:
            async for _ in outcomes:
                pass
        await task
        return loop_time() - began

    assert run_virtually(run()) < 40
