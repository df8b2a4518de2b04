"""Callers that are cancelled, time out, raise, or close the client at any moment.

After each interruption no task and no used connection may be left, and no answer may be wrong. At the end no
descriptor may be left. A caller gets a cancellation, a timeout, its own exception or an error of the client, never an
exception group.
"""

import asyncio
import gc
import json
import sys
import warnings
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import attrs

from capillary_async import BasicAuth, CapillaryClient, CapillaryError, ClientOptions, OAuth, RateLimit, lookup_many
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.token import TOKEN_PATH
from tests.faults.lookups import document_of, entity_of
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer

ROWS: Final = 60
_PAGE: Final = 10
_LATEST: Final = 0.004
_PATIENCE: Final = 200  # a cancelled task must end within this number of steps
_MOST_STEPS: Final = 1500  # of the event loop
_DESCRIPTORS: Final = next((path for path in map(Path, ("/proc/self/fd", "/dev/fd")) if path.exists()), None)
# With few connections, a leaked one is noticed soon.
_PLAIN: Final = ClientOptions(max_connections=3, attempt_timeout=2.0)
_ALL: Final = attrs.evolve(_PLAIN, coalesce=True, rate_limit=RateLimit(10**5, per=1.0))
CLIENTS: Final[tuple[tuple[Auth, ClientOptions], ...]] = (
    (BasicAuth("a.till", "a password"), _PLAIN),
    (OAuth("a key", "a secret"), _ALL),
)


class WrongAnswerError(Exception):
    """A call returned a wrong answer."""


class OwnError(Exception):
    """An exception of the caller."""


Interrupt = Callable[["Scene", str], Coroutine[Any, Any, None]]


@attrs.frozen
class MoodyServer:
    """Answers after a random time, or never."""

    random: Random

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Answer a lookup, a listing or a token request."""
        await asyncio.sleep(self.random.random() * _LATEST)
        if self.random.random() < 0.02:
            wire.reset()
        elif asked.path == TOKEN_PATH:
            await wire.send(answer(b'{"data": {"accessToken": "token", "ttlSeconds": 3600}}'))
        elif "identifierValue" in asked.query:
            await wire.send(answer(document_of(asked.query["identifierValue"])))
        else:
            await wire.send(answer(_page(int(asked.query["offset"]))))


def _page(offset: int) -> bytes:
    rows = [{"id": number} for number in range(offset, min(offset + _PAGE, ROWS))]
    return json.dumps({"data": rows, "pagination": {"limit": _PAGE, "offset": offset, "total": ROWS}}).encode()


@attrs.frozen
class Caller:
    """A caller that makes one of several kinds of calls and leaves early.

    Attributes:
        client: The client.
        key: The key of the lookup, different for each caller.
        stop: Number of rows before it leaves.
        is_angry: Whether it leaves with its own exception.
    """

    client: CapillaryClient
    key: str
    stop: int = ROWS + 1
    is_angry: bool = False

    async def look_up(self) -> None:
        """Look up one key."""
        _check(await self._find(self.key), entity_of(self.key))

    async def walk(self) -> None:
        """Read a listing."""
        await self._take(self._pager())

    async def walk_ahead(self) -> None:
        """Read a listing with prefetch."""
        async with self._pager().prefetch(3) as rows:
            await self._take(rows)

    async def look_many_up(self) -> None:
        """Look up many keys with `lookup_many`."""
        keys = [f"{self.key} {number}" for number in range(ROWS)]
        taken = 0
        async with lookup_many(self._find, keys, concurrency=5) as outcomes:
            async for outcome in outcomes:
                _check(outcome.unwrap(), entity_of(outcome.key))
                taken += 1
                if self._leaves(taken):
                    break

    async def look_up_together(self) -> None:
        """Look up the same key three times at once."""
        await asyncio.gather(*(self.look_up() for _ in range(3)))

    def _find(self, key: str) -> Coroutine[Any, Any, int]:
        return self.client.customers.find_id("externalId", key)

    def _pager(self) -> Any:
        return self.client.paginate("/v2/things", page_size=_PAGE, offset_unit="records", key="id")

    async def _take(self, rows: Any) -> None:
        taken: list[int] = []
        async for row in rows:
            taken.append(row["id"])
            _check(taken[-1], len(taken) - 1)
            if self._leaves(len(taken)):
                break
        else:
            _check(len(taken), ROWS)

    def _leaves(self, taken: int) -> bool:
        if taken >= self.stop and self.is_angry:
            raise OwnError
        return taken >= self.stop


WAYS: Final = (Caller.look_up, Caller.walk, Caller.walk_ahead, Caller.look_many_up, Caller.look_up_together)


def _check(value: object, right: object) -> None:
    if value != right:
        raise WrongAnswerError


@attrs.frozen
class Scene:
    """The clients and the random generator of an interruption.

    Attributes:
        client: An open client.
        another: Returns another open client.
        random: Decides what is done, and when.
    """

    client: CapillaryClient
    another: Callable[[], CapillaryClient]
    random: Random

    async def cancel(self, key: str) -> None:
        """Cancel a caller after n steps of the event loop."""
        task = asyncio.create_task(self._call(self.client, key))
        await self._pass_steps()
        task.cancel()
        await task

    async def time_out(self, key: str) -> None:
        """Give a caller a short timeout."""
        async with asyncio.timeout(self.random.random() * 2 * _LATEST):
            await self._call(self.client, key)

    async def break_off(self, key: str) -> None:
        """Leave a listing or a `lookup_many` after some rows."""
        await self.random.choice(WAYS[1:4])(Caller(self.client, key, self.random.randrange(1, ROWS)))

    async def throw(self, key: str) -> None:
        """Leave a listing or a `lookup_many` with an exception."""
        stop = self.random.randrange(1, ROWS)
        await self.random.choice(WAYS[1:4])(Caller(self.client, key, stop, is_angry=True))

    async def close(self, key: str) -> None:
        """Close a client while calls run."""
        async with self.another() as client:
            tasks = [asyncio.create_task(self._call(client, f"{key} {number}")) for number in range(3)]
            await self._pass_steps()
        for ending in await asyncio.gather(*tasks, return_exceptions=True):
            if ending is not None:
                raise ending

    def _call(self, client: CapillaryClient, key: str) -> Coroutine[Any, Any, None]:
        return self.random.choice(WAYS)(Caller(client, key))

    async def _pass_steps(self) -> None:
        # Most calls end after a few hundred steps, and most faults happen earlier.
        for _ in range(int(_MOST_STEPS * self.random.random() ** 3)):
            await asyncio.sleep(0)


MODES: Final = {
    "cancelled at any await": Scene.cancel,
    "timed out at any await": Scene.time_out,
    "left by break": Scene.break_off,
    "left by an exception": Scene.throw,
    "client closed with calls under way": Scene.close,
}


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    for name, interrupt in MODES.items():
        row = Row(name)
        before = _descriptors()
        with _heard(row):
            asyncio.run(_interrupt_often(row, interrupt, scale))
            gc.collect()
        row.measure("descriptors left open", _descriptors() - before, at_most=0)
        yield row.finish()


async def _interrupt_often(row: Row, interrupt: Interrupt, scale: Scale) -> None:
    loop, random = asyncio.get_running_loop(), scale.random_of(row.kind)
    loop.set_exception_handler(lambda _, context: row.messages.append(f"the loop reported: {context}"))
    with RawServer(MoodyServer(scale.random_of("moods")).handle) as raw:
        for auth, options in CLIENTS:
            another = partial(CapillaryClient, raw.base_url, auth, options=options)
            async with another() as client:
                scene = Scene(client, another, random)
                for number in range(scale.of(300, 15)):
                    await _interrupt(row, partial(interrupt, scene, f"{row.kind} {number}"))
                    # All callers share one token request, so it may outlive its callers.
                    await _check_nothing_is_left(row, but="capillary token")
                    if number % 10 == 0:
                        await _check_it_still_answers(row, client)
            await _check_nothing_is_left(row)


async def _interrupt(row: Row, interrupt: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Interrupt once, and count the end."""
    row.injected += 1
    began = loop_time()
    try:
        await interrupt()
    except WrongAnswerError:
        row.wrong += 1
    except (asyncio.CancelledError, TimeoutError, OwnError, CapillaryError):
        row.refused += 1
    except BaseException as error:  # noqa: BLE001  (exception groups among them)
        row.lost += 1
        row.messages.append(f"ended in {error!r}")
    else:
        row.healed += 1
    row.seconds = max(row.seconds, loop_time() - began)


async def _check_nothing_is_left(row: Row, but: str = "") -> None:
    left: set[asyncio.Task[Any]] = set()
    for _ in range(_PATIENCE):
        left = {task for task in asyncio.all_tasks() - {asyncio.current_task()} if task.get_name() != but}
        if not left:
            return
        await asyncio.sleep(0)
    row.check(f"tasks were left: {sorted(repr(task.get_coro()) for task in left)}", holds=False)


async def _check_it_still_answers(row: Row, client: CapillaryClient) -> None:
    """Use every connection at once, which shows leaked connections and late answers."""
    try:
        async with asyncio.timeout(10):
            await asyncio.gather(*(Caller(client, f"after {number}").look_up() for number in range(6)))
    except (CapillaryError, WrongAnswerError, TimeoutError) as error:
        row.messages.append(f"afterwards a call ended in {error!r}")


@contextmanager
def _heard(row: Row) -> Generator[None]:
    """Add a message for everything that Python would print."""
    with warnings.catch_warnings():  # collects objects of earlier tests first
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    before = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: row.messages.append(f"Python reported: {unraisable}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        sys.unraisablehook = before


def _descriptors() -> int:
    """Count the open descriptors of this process; 0 if the system does not show them."""
    return 0 if _DESCRIPTORS is None else sum(1 for _ in _DESCRIPTORS.iterdir())
