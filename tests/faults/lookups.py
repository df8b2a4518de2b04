"""Look up many keys, and compare the results with the server's requests."""

import asyncio
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any, Final

import attrs

from capillary_async import BasicAuth, CallInfo, CapillaryClient, ClientOptions, RetryPolicy
from capillary_async.pipeline.clock import loop_time

AUTH: Final = BasicAuth("a.till", "a password")
# The default options, with a shorter timeout for a silent server.
QUICK: Final = ClientOptions(attempt_timeout=0.4, deadline=20.0)
# A large budget and short waits, for tests that are not about retries.
PATIENT: Final = ClientOptions(
    attempt_timeout=5.0, deadline=60.0, retry=RetryPolicy(base=0.001, throttled_base=0.001, budget=10**6)
)

_key: ContextVar[str] = ContextVar("the key that is looked up")


def entity_of(key: str) -> int:
    """Return the right answer for a key."""
    return zlib.crc32(key.encode()) + 1


def document_of(key: str) -> bytes:
    """Return the server's answer for a key; it is long enough to be cut."""
    return b'{"entity": %d, "warnings": [], "padding": "%b"}' % (entity_of(key), b"." * 400)


@attrs.define(eq=False)
class Ledger:
    """The reported attempts of calls, by key. Pass `note` to a client as `on_call`."""

    attempts: Counter[str] = attrs.field(factory=Counter[str])

    def note(self, info: CallInfo) -> None:
        """Count a call that ended."""
        self.attempts[_key.get()] += info.attempts


@attrs.frozen
class Ending:
    """The end of a lookup: a value or an error."""

    key: str
    value: Any
    error: Exception | None
    seconds: float


async def look_up_all(
    look_up: Callable[[str], Awaitable[Any]], keys: Iterable[str], *, concurrency: int = 64
) -> list[Ending]:
    """Look up every key once, and return the end of each lookup."""
    source, endings = iter(keys), list[Ending]()

    async def work() -> None:
        for key in source:
            _key.set(key)
            began, value, failure = loop_time(), None, None
            try:
                value = await look_up(key)
            except Exception as error:  # noqa: BLE001  (judged by the caller)
                failure = error
            endings.append(Ending(key, value, failure, loop_time() - began))

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return endings


def find_with(client: CapillaryClient) -> Callable[[str], Awaitable[int]]:
    """Return the function that looks up a key."""
    return lambda key: client.customers.find_id("externalId", key)
