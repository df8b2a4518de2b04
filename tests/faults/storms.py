"""Many refusals at once, on a virtual clock: the number of requests, and the waits of callers.

Seconds are virtual. "Requests a key" are the requests that the server receives. Only the sockets are fake.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import pairwise
from typing import Any, Final

import attrs

from capillary_async import BasicAuth, ClientOptions, RateLimit, TransportError
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import Request
from capillary_async.pipeline.responses import HttpResponse
from tests.faults.connections import judge
from tests.faults.lookups import document_of, find_with, look_up_all
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.virtual import answering, data, refusal, run_virtually

AUTH: Final = BasicAuth("a.till", "a password")
_LATENCY: Final = 0.02
_FOREVER: Final = ClientOptions(deadline=None)

Fail = Callable[[], HttpResponse]


def _broken() -> HttpResponse:
    raise TransportError("the connection broke")


FAILURES: Final[dict[str, Fail]] = {
    "503": lambda: refusal(503),
    "429": lambda: refusal(429),
    "broken connections": _broken,
}
# The header's value, and the earliest and latest time of the second request after a 503; one second more after a 429.
ASKED: Final[dict[str, tuple[str, float, float]]] = {
    "none": ("", 0, 0.05),
    "0": ("0", 0, 0.05),
    "5": ("5", 5, 5.05),
    "a date in 5 s": ("+5", 3.5, 5.05),
    "a date that has passed": ("-3600", 0, 0.05),
    "300": ("300", 300, 300),
    "301": ("301", 0, 0.05),
    "a date in an hour": ("+3600", 0, 0.05),
    **{text: (text, 0.0, 0.05) for text in ("inf", "nan", "1e400", "-5", "1e11", "1" * 5000, "soon", "५", "5s", "0x5")},
}


@attrs.define(eq=False)
class Weather:
    """A server that answers after a while, or fails.

    Attributes:
        fails: Decides whether a request fails.
        fail: Returns the failing answer.
    """

    fails: Callable[[], bool]
    fail: Fail

    async def respond(self, request: Request[Any]) -> HttpResponse:
        """Answer a lookup."""
        is_failing = self.fails()
        await asyncio.sleep(_LATENCY)
        key = dict(request.query)["identifierValue"]
        return self.fail() if is_failing else data(document_of(str(key)))


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    return map(run_virtually, _rows(scale))


def _rows(scale: Scale) -> Iterator[Coroutine[Any, Any, Row]]:
    for name, fail in FAILURES.items():
        yield _one_in_ten(scale, name, fail)
        yield _outage(name, fail)
    yield _rate_limited(scale, "")
    yield _rate_limited(scale, "1")
    for status in (429, 503):
        for name in ASKED:
            yield _asked(scale, status, name)
    yield _deadline()
    yield _waiters(RateLimit(600))
    yield _waiters(None)


async def _one_in_ten(scale: Scale, name: str, fail: Fail) -> Row:
    """Let one in ten requests fail at random; one in ten thousand calls fails four times in a row."""
    row = Row(f"{name} for one request in ten", scale.of(5000, 500))
    random = scale.random_of(name)
    weather = Weather(lambda: random.random() < 0.1, fail)
    async with answering(weather.respond, AUTH, _FOREVER) as it:
        await _look_up(row, it.client, row.injected)
    row.measure("requests a key", len(it.http.starts) / row.injected, at_most=1.2)
    row.measure("refused", row.refused, at_most=row.injected / 1000)
    return row.finish()


async def _outage(name: str, fail: Fail) -> Row:
    """Let 200 simultaneous calls fail, then 1,000 more, and then let the server recover."""
    row = Row(f"{name} for all of 200 calls at once", 1300)
    is_out = True
    weather = Weather(lambda: is_out, fail)
    async with answering(weather.respond, AUTH, _FOREVER) as it:
        await _look_up(row, it.client, 200, concurrency=200)
        at_once = len(it.http.starts)
        # A throttled retry takes 5 of 500 tokens, and any other retry 14.
        row.measure("requests", at_once, at_most=300 if name == "429" else 235)
        await _look_up(row, it.client, 1000)
        row.measure("for 1,000 more", len(it.http.starts) - at_once, at_most=1000)
        row.check("some were healed", holds=not row.healed)
        is_out = False
        await _look_up(row, it.client, 100)
        row.check("not all were healed when it was over", holds=row.healed == 100)
    return row.finish()


async def _rate_limited(scale: Scale, asked: str) -> Row:
    """Let 64 workers without a rate limit call a server that accepts 50 requests a second."""
    row = Row("429 beyond 50 a second" + (f", with Retry-After: {asked}" if asked else ""), scale.of(3000, 300))
    passed: list[float] = []

    def is_too_many() -> bool:
        now = loop_time()
        if len(passed) >= 50 and now - passed[-50] < 1.0:
            return True
        passed.append(now)
        return False

    weather = Weather(is_too_many, lambda: refusal(429, asked))
    async with answering(weather.respond, AUTH, _FOREVER) as it:
        await _look_up(row, it.client, row.injected)
    row.measure("requests a key", len(it.http.starts) / row.injected, at_most=1.5)
    row.measure("refused", row.refused, at_most=row.injected / 100)
    return row.finish()


async def _asked(scale: Scale, status: int, name: str) -> Row:
    """Refuse each call once, with a value of Retry-After."""
    text, earliest, latest = ASKED[name]
    row = Row(f"{status} with Retry-After: {name[:20]}", scale.of(50, 5))
    refused_last = False

    def is_refused() -> bool:
        nonlocal refused_last
        refused_last = not refused_last
        return refused_last

    weather = Weather(is_refused, lambda: refusal(status, _written(text)))
    async with answering(weather.respond, AUTH, _FOREVER) as it:
        await _look_up(row, it.client, row.injected, concurrency=1)
        starts = it.http.starts
    waits = [later - sooner - _LATENCY for sooner, later in pairwise(starts)][::2]
    if status == 429:
        latest = min(latest + 0.95, 300)
    row.measure("longest wait", round(max(waits), 3), at_most=latest)
    row.measure("shortest", round(min(waits), 3), at_least=earliest)
    row.check("not two requests each", holds=len(starts) == 2 * row.injected)
    return row.finish()


def _written(text: str) -> str:
    if text.startswith(("+", "-3600")):
        return format_datetime(datetime.now(UTC) + timedelta(seconds=int(text)), usegmt=True)
    return text


async def _deadline() -> Row:
    """Send a Retry-After beyond the deadline; no call, not even a later one, may start this wait."""
    row = Row("503 and 429 with a wait beyond the deadline", 2)
    began = loop_time()
    for status in (503, 429):
        weather = Weather(lambda: True, partial(refusal, status, "200"))
        async with answering(weather.respond, AUTH, ClientOptions(deadline=120.0)) as it:
            await _look_up(row, it.client, 1)
            row.check("it was tried again", holds=len(it.http.starts) == 1)
    row.measure("waited", round(loop_time() - began - 2 * _LATENCY, 3), at_most=0.0)
    return row.finish()


async def _waiters(limit: RateLimit | None) -> Row:
    """Let 50 calls wait after a 429, and check when they continue."""
    name = "their rate limit" if limit else "no rate limit"
    row = Row(f"429, then 50 waiters with {name}", 51)
    is_first = iter([True])
    weather = Weather(lambda: next(is_first, False), lambda: refusal(429, "5"))
    options = ClientOptions(deadline=None, rate_limit=limit)
    async with answering(weather.respond, AUTH, options) as it:
        first = asyncio.create_task(_look_up(row, it.client, 1))
        await asyncio.sleep(1.0)
        await _look_up(row, it.client, 50, concurrency=50)
        await first
        _, *starts = it.http.starts
    starts.sort()
    row.measure("first after", round(starts[0] - it.http.starts[0], 2), at_least=5.0)
    in_a_moment = max(sum(start <= other < start + 0.001 for other in starts) for start in starts)
    row.measure("in one millisecond", in_a_moment, at_most=10)
    return row.finish()


async def _look_up(row: Row, client: Any, count: int, *, concurrency: int = 64) -> None:
    keys = map(str, range(count))
    for ending in await look_up_all(find_with(client), keys, concurrency=concurrency):
        judge(row, ending)
