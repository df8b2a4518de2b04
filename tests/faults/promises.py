"""Known faults of other clients, one row each; they must not happen here."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import attrs

from capillary_async import CapillaryClient, ClientOptions, OAuth, RateLimit, RetryPolicy
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import Request
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.token import TOKEN_HEADER, TOKEN_PATH
from tests.faults.connections import judge
from tests.faults.lookups import AUTH, PATIENT, document_of, find_with, look_up_all
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.virtual import answering, data, run_virtually
from tests.faults.wire import Asked, Handler, HttpConnection, RawServer, answer

_LARGE: Final = b"." * 2**21


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    yield _queueing(0.2)
    yield asyncio.run(_large_failures(scale.of(10, 2)))
    yield asyncio.run(_late_rejections())
    yield run_virtually(_limiter())
    yield run_virtually(_stalled())


class _SteppedLoop(asyncio.SelectorEventLoop):
    """An event loop with real sockets whose time advances only when a server says so.

    Attributes:
        now: The current time.
    """

    now = 1000.0

    def time(self) -> float:
        """Return the current time."""
        return self.now


def _queueing(unit: float) -> Row:
    """Let calls wait for a connection for twelve times their duration, with an attempt timeout of five times."""
    row = Row(f"60 calls of {unit:g} s, 5 connections, {5 * unit:g} s each", 60)
    loop = _SteppedLoop()
    server = _Counting(_answer_by_fives(loop, unit))
    # One attempt only, because the time does not advance for a retry.
    options = ClientOptions(max_connections=5, attempt_timeout=5 * unit, retry=RetryPolicy(attempts=1))
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_look_up(row, server, options, concurrency=60))
    row.measure("requests", server.seen, at_most=60)
    row.measure("connections", server.connections, at_most=5)
    row.check(f"{row.refused} refused", holds=not row.refused)
    return row.finish()


def _answer_by_fives(loop: _SteppedLoop, unit: float) -> Handler:
    """Wait for five requests, advance the client's time, and answer all five."""
    waiting: list[tuple[HttpConnection, Asked]] = []

    async def handle(wire: HttpConnection, asked: Asked) -> None:
        waiting.append((wire, asked))
        if len(waiting) == 5:
            loop.now += unit
            five = waiting.copy()
            waiting.clear()
            for a_wire, a_lookup in five:
                await a_wire.send(answer(document_of(a_lookup.query["identifierValue"])))

    return handle


async def _large_failures(count: int) -> Row:
    """Answer each first request with a large 503; a retry that keeps it open would wait for its own connection."""
    row = Row("a 503 of 2 MB, one connection", count)

    async def handle(wire: HttpConnection, asked: Asked) -> None:
        failure = answer(_LARGE, status=503)
        await wire.send(failure if server.seen % 2 else answer(document_of(asked.query["identifierValue"])))

    server = _Counting(handle)
    await _look_up(row, server, attrs.evolve(PATIENT, max_connections=1), concurrency=1)
    row.measure("requests", server.seen, at_most=2 * count)
    row.check(f"{row.refused} refused", holds=not row.refused)
    return row.finish()


async def _late_rejections() -> Row:
    """Refuse the token of twenty requests: one when all have arrived, the others when the next token is in use."""
    row = Row("20 late rejections of one token", 20)
    tokens, refused, are_all_here, is_renewed = 0, 0, asyncio.Event(), asyncio.Event()

    async def handle(wire: HttpConnection, asked: Asked) -> None:
        nonlocal tokens, refused
        if asked.path == TOKEN_PATH:
            tokens += 1
            await wire.send(answer(b'{"data": {"accessToken": "token-%d", "ttlSeconds": 3600}}' % tokens))
        elif asked.headers[TOKEN_HEADER.lower()] == "token-1":
            refused += 1
            is_first = refused == 1
            if refused == row.injected:
                are_all_here.set()
            await (are_all_here if is_first else is_renewed).wait()
            await wire.send(answer(b"", status=401))
        else:
            is_renewed.set()
            await wire.send(answer(document_of(asked.query["identifierValue"])))

    server = _Counting(handle)
    await _look_up(row, server, PATIENT, concurrency=20, auth=OAuth("a key", "a secret"))
    row.measure("refreshes", tokens - 1, at_least=1, at_most=1)
    row.measure("refused at first", refused, at_least=20, at_most=20)
    row.check(f"{row.refused} refused", holds=not row.refused)
    return row.finish()


@attrs.define(eq=False)
class _Counting:
    """Counts the requests and connections of a handler.

    Attributes:
        seen: Number of requests.
        connections: Number of connections.
    """

    _handler: Handler
    seen: int = 0
    connections: int = 0

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Count a request, and pass it on."""
        self.seen += 1
        self.connections += wire.served == 1
        await self._handler(wire, asked)


async def _look_up(row: Row, server: _Counting, options: ClientOptions, *, concurrency: int, auth: Auth = AUTH) -> None:
    with RawServer(server.handle) as raw:
        async with CapillaryClient(raw.base_url, auth, options=options) as client:
            keys = map(str, range(row.injected))
            for ending in await look_up_all(find_with(client), keys, concurrency=concurrency):
                judge(row, ending)


async def _limiter() -> Row:
    """Let fifty calls wait for a rate limit."""
    row = Row("50 calls at a limit of 60 a minute", 50)

    async def respond(request: Request[Any]) -> HttpResponse:
        return data(document_of(str(dict(request.query)["identifierValue"])))

    options = ClientOptions(deadline=None, rate_limit=RateLimit(60, per=60.0))
    async with answering(respond, AUTH, options) as it:
        for ending in await look_up_all(find_with(it.client), map(str, range(50)), concurrency=50):
            judge(row, ending)
        starts = it.http.starts
    most = max(sum(start <= other < start + 1.0 for other in starts) for start in starts)
    row.measure("in one second", most, at_most=7)  # six requests may start at once after a pause
    row.measure("seconds in all", starts[-1] - starts[0], at_least=40, at_most=50)
    return row.finish()


async def _stalled() -> Row:
    """Make many more calls than there are connections, with a rate limit, while the server stalls for half a minute."""
    row = Row("300 calls at 50 a second, 10 connections, a server that stalls", 300)
    goes_on = loop_time() + 30.0

    async def respond(request: Request[Any]) -> HttpResponse:
        await asyncio.sleep(max(goes_on - loop_time(), 0.01))
        return data(document_of(str(dict(request.query)["identifierValue"])))

    options = ClientOptions(deadline=None, attempt_timeout=60.0, max_connections=10, rate_limit=RateLimit(50, per=1.0))
    async with answering(respond, AUTH, options) as it:
        for ending in await look_up_all(find_with(it.client), map(str, range(300)), concurrency=300):
            judge(row, ending)
        starts = it.http.starts
    most = max(sum(start <= other < start + 1.0 for other in starts) for start in starts)
    row.measure("in one second", most, at_most=50)
    row.measure("seconds after the stall", round(starts[-1] - goes_on, 1), at_most=290 / (50 * 0.97))
    return row.finish()
