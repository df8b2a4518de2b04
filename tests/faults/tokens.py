"""Access tokens that expire or are refused while a thousand callers use them, on a virtual clock."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from itertools import count
from random import Random
from typing import Any, Final

import attrs

from capillary_async import AuthenticationError, ClientOptions, OAuth, RateLimit, TransportError
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import Request
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.token import TOKEN_HEADER, TOKEN_PATH
from tests.faults.connections import judge
from tests.faults.lookups import Ending, document_of, find_with, look_up_all
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.virtual import Answering, answering, data, refusal, run_virtually

AUTH: Final = OAuth("a key", "a secret")
_OPTIONS: Final = ClientOptions(deadline=None, max_connections=10_000)


def _envelope(code: str) -> HttpResponse:
    return data(b'{"response": {"status": {"success": "true", "code": %b, "message": "Token"}}}' % code.encode())


# All forms in which the API refuses a token.
REFUSALS: Final[dict[str, Callable[[], HttpResponse]]] = {
    "status 401": lambda: refusal(401),
    "status 498": lambda: refusal(498),
    'code "401" in a 200': lambda: _envelope('"401"'),
    "code 498 in a 200": lambda: _envelope("498"),
    "code 498 in a list": lambda: data(b'{"data": null, "errors": [{"code": 498, "message": "Token expired at"}]}'),
}


@attrs.define(eq=False)
class TokenApi:
    """Grants tokens, and refuses expired ones.

    Attributes:
        random: Decides the latencies.
        refuse: Returns the answer for a refused token.
        said_life: Announced life of a token, in seconds.
        life: Real life of a token, in seconds.
        latest: Longest latency of an answer, in seconds.
        asked: Number of token requests.
        granted: Number of granted tokens.
        refused: Number of requests with a refused token.
        revoked: Number of revocations.
        starts: Arrival times of all other requests.
        spoilt: Return the answers to the first token requests, in order.
    """

    random: Random
    refuse: Callable[[], HttpResponse] = REFUSALS["status 401"]
    said_life: float = 3600.0
    life: float = 3600.0
    latest: float = 0.2
    asked: int = 0
    granted: int = 0
    refused: int = 0
    revoked: int = 0
    starts: list[float] = attrs.field(factory=list[float])
    spoilt: Iterator[Callable[[], HttpResponse]] = attrs.field(factory=lambda: iter(()))
    _ends: dict[str, float] = attrs.field(factory=dict[str, float])

    def revoke(self) -> None:
        """Revoke every granted token; a token that is being granted stays valid."""
        self.revoked += bool(self._ends)
        self._ends.clear()

    async def respond(self, request: Request[Any]) -> HttpResponse:
        """Answer after a while; the arrival time of the request decides whether its token is valid."""
        if request.path != TOKEN_PATH:
            self.starts.append(loop_time())
        is_good = self._ends.get(_token_of(request), 0.0) > loop_time()
        await asyncio.sleep(self.random.random() * self.latest)
        if request.path == TOKEN_PATH:
            return self._grant()
        if not is_good:
            self.refused += 1
            return self.refuse()
        return data(document_of(dict(request.query)["identifierValue"]))  # type: ignore[arg-type]

    def _grant(self) -> HttpResponse:
        self.asked += 1
        for spoilt in self.spoilt:
            return spoilt()
        self.granted += 1
        token = f"token-{self.granted}"
        self._ends[token] = loop_time() + self.life
        return data(b'{"data": {"accessToken": "%b", "ttlSeconds": %d}}' % (token.encode(), self.said_life))


def _token_of(request: Request[Any]) -> str:
    secret = request.headers.get(TOKEN_HEADER)
    return secret.reveal() if secret else ""


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    return map(run_virtually, _rows(scale))


def _rows(scale: Scale) -> Iterator[Coroutine[Any, Any, Row]]:
    callers, random = scale.of(1000, 100), scale.random_of("tokens")
    yield _first(TokenApi(random), callers)
    for name, refuse in REFUSALS.items():
        yield _revoked(name, TokenApi(random, refuse), callers, scale.of(5, 3))
    yield _ended("tokens that end after 300 s, for an hour", TokenApi(random, said_life=300, life=300), callers)
    yield _ended("tokens that end in half the time they say", TokenApi(random, said_life=600, life=300), callers)
    yield _late(TokenApi(random))
    yield _paced(TokenApi(random, latest=10.0), callers)
    for name, spoilt in _SPOILT_GRANTS.items():
        yield _spoilt_grant(name, TokenApi(random, spoilt=iter(spoilt)), callers)
    yield _bad_credentials(TokenApi(random), callers)
    yield _never_good(TokenApi(random, life=0), callers)


async def _first(api: TokenApi, callers: int) -> Row:
    row = Row("no token yet", callers)
    async with _answering(api) as it:
        _judge(row, await look_up_all(find_with(it.client), map(str, range(callers)), concurrency=callers))
    row.measure("fetched", api.asked, at_most=1)
    return row.finish()


async def _revoked(name: str, api: TokenApi, callers: int, times: int) -> Row:
    """Revoke the token repeatedly while all callers have running requests."""
    row = Row(f"revoked tokens, refused with {name}")
    keys = map(str, count())

    async def revoke() -> None:
        for _ in range(times):
            await asyncio.sleep(0.3 + 0.3 * api.random.random())  # at a random time in a round of calls
            api.revoke()

    async with _answering(api) as it:
        revoking = asyncio.create_task(revoke())
        is_over = False
        while not is_over:
            is_over = revoking.done()  # before the last round
            endings = await look_up_all(find_with(it.client), [next(keys) for _ in range(callers)], concurrency=callers)
            row.injected += len(endings)
            _judge(row, endings)
    row.measure("refreshes for each", (api.asked - 1) / api.revoked, at_least=1, at_most=1)
    row.check("no request met a revoked token", holds=api.refused > 0)
    return row.finish()


async def _ended(name: str, api: TokenApi, callers: int) -> Row:
    """Make calls for an hour, about every ten seconds."""
    row = Row(name)
    keys = map(str, count())
    began = loop_time()
    async with _answering(api) as it:
        while loop_time() < began + 3600:
            endings = await look_up_all(find_with(it.client), [next(keys) for _ in range(callers // 10)])
            row.injected += len(endings)
            _judge(row, endings)
            await asyncio.sleep(20 * api.random.random())
    ends = 3600 / min(api.life, 0.85 * api.said_life)
    row.measure("fetched", api.asked, at_least=3600 / api.life, at_most=ends + 1)
    if api.said_life == api.life:
        row.measure("refused", api.refused, at_most=0)
    return row.finish()


async def _late(api: TokenApi) -> Row:
    """Let 20 rejections of one token arrive one by one, the last long after its replacement."""
    row = Row("20 late rejections of one token", 20)
    api.latest = 0.0
    async with _answering(api) as it:
        await find_with(it.client)("the first")
        api.revoke()
        api.latest = 10.0
        _judge(row, await look_up_all(find_with(it.client), map(str, range(20)), concurrency=20))
    row.measure("refreshes", api.asked - 1, at_least=1, at_most=1)
    return row.finish()


async def _paced(api: TokenApi, callers: int) -> Row:
    """Let calls with a rate limit wait ten seconds for a token, and for another one after a revocation."""
    row = Row("slow tokens under a rate limit of 20 a second", callers)
    options = attrs.evolve(_OPTIONS, rate_limit=RateLimit(20, per=1.0))
    async with answering(api.respond, AUTH, options) as it:
        asyncio.get_running_loop().call_later(20.0, api.revoke)
        _judge(row, await look_up_all(find_with(it.client), map(str, range(callers)), concurrency=callers))
    most = max(sum(start <= other < start + 1.0 for other in api.starts) for start in api.starts)
    row.measure("in one second", most, at_most=20)
    row.check("no token was waited for twice", holds=api.asked == 1 or api.refused > 0)
    return row.finish()


def _broken() -> HttpResponse:
    raise TransportError("the connection broke")


_SPOILT_GRANTS: Final[dict[str, tuple[Callable[[], HttpResponse], ...]]] = {
    "503": (lambda: refusal(503),),
    "429": (lambda: refusal(429, "2"),),
    "a broken connection": (_broken,),
    "three of them": (_broken, lambda: refusal(503), lambda: data(b"<html>")),
}


async def _spoilt_grant(name: str, api: TokenApi, callers: int) -> Row:
    row = Row(f"{name} for token requests", callers)
    async with _answering(api) as it:
        _judge(row, await look_up_all(find_with(it.client), map(str, range(callers)), concurrency=callers))
    row.measure("granted", api.granted, at_most=1)
    row.measure("asked", api.asked, at_most=4)
    row.check(f"{row.refused} refused that a retry can heal", holds=not row.refused)
    return row.finish()


async def _bad_credentials(api: TokenApi, callers: int) -> Row:
    row = Row("refused credentials", callers)
    no = b'{"data": null, "errors": [{"code": 320001, "message": "Invalid client key and secret"}]}'
    api.spoilt = iter(lambda: lambda: data(no), None)
    async with _answering(api) as it:
        endings = await look_up_all(find_with(it.client), map(str, range(callers)), concurrency=callers)
    _judge(row, endings)
    row.measure("asked", api.asked, at_most=1)
    row.check("another error", holds=all(isinstance(ending.error, AuthenticationError) for ending in endings))
    row.check("one error in several hands", holds=len({id(ending.error) for ending in endings}) == callers)
    return row.finish()


async def _never_good(api: TokenApi, callers: int) -> Row:
    row = Row("new tokens that are refused", callers)
    async with _answering(api) as it:
        endings = await look_up_all(find_with(it.client), map(str, range(callers)), concurrency=callers)
    _judge(row, endings)
    row.measure("asked", api.asked, at_most=2)
    row.measure("requests a call", api.refused / callers, at_most=2)
    row.check("another error", holds=all(isinstance(ending.error, AuthenticationError) for ending in endings))
    return row.finish()


def _answering(api: TokenApi) -> AbstractAsyncContextManager[Answering]:
    return answering(api.respond, AUTH, _OPTIONS)


def _judge(row: Row, endings: list[Ending]) -> None:
    for ending in endings:
        judge(row, ending)
