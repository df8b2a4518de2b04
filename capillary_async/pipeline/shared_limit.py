"""Keep one rate limit with many processes.

Each process lines up its own calls as it would alone, with the same order, priority and pace. The
first of the line books its start at the store, where it comes after what others have booked, and the
line waits with it. So all processes that want to start take turns.
"""

import asyncio
import math
import re
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs

from capillary_async.errors import DeadlineExceeded, InvalidArgumentError
from capillary_async.options import RateLimit, Secret
from capillary_async.pipeline.admission import CallAt, RateLimiter, call_at_loop_time
from capillary_async.pipeline.limit_stores import FileStore, LimitStore, RedisStore
from capillary_async.pipeline.request import loop_time

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# What a server is called in addresses, and what the `redis` package calls it.
_SERVERS: Final = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}


def _problem_of(url: Secret) -> str:
    """Say what keeps an address from working, empty when nothing does.

    Told, not raised: a password may stand in it, and the frames below an error are shown.
    """
    try:
        parts = urlsplit(url.reveal())
        is_server = parts.scheme in _SERVERS and bool(parts.hostname) and parts.port != 0
    except (ValueError, AttributeError):
        parts, is_server = urlsplit(""), False
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost") or len(parts.path) < 2:
            return "url must name a file of this machine, such as file:///run/limits"
        if find_spec("fcntl") is None:
            return "url must be a server's: this system has no locks for files"
    elif not is_server:
        known = ", ".join(f"{scheme}://" for scheme in _SERVERS)
        return f"url must start with {known} and a server, or with file:///"
    return ""


@attrs.frozen(init=False)
class SharedRateLimit(RateLimit):
    """At most `limit` requests of all processes together start in any window of `per` seconds.

    The limit of a key holds for all that use it. Every process must give the same `url`, `name`,
    `limit` and `per`. Processes that wait take turns; a call that is cancelled while it waits may cost
    the others a start. Asking for a start costs some ten microseconds with a file, a round trip with a
    server. When the server cannot be reached, calls fail with a `TransportError`: none starts unasked.

    Attributes:
        url: `redis://`, `rediss://`, `valkey://` or `valkeys://` and a server, for many machines (needs
            the package redis); or `file:///` and a path, for the processes of one machine. The file is
            named after both: with the name `prod`, `file:///run/limits` is the file `/run/limits.prod`.
        name: What the processes call the limit: letters, digits, dots, hyphens and underscores.
    """

    # (By keyword for attrs alone, which has them behind `per` and its default.)
    url: str = attrs.field(kw_only=True, repr=False)  # it may hold a password
    name: str = attrs.field(kw_only=True)

    def __init__(self, url: str, name: str, limit: int, *, per: float = 60.0) -> None:
        hidden = Secret(url)
        del url  # so that a traceback with locals, from the lines below, does not show it
        # Set before they are checked, for such a traceback prints this object too.
        object.__setattr__(self, "url", hidden.reveal())
        object.__setattr__(self, "name", name)
        super().__init__(limit, per=per)
        if problem := _problem_of(hidden):
            raise InvalidArgumentError(problem)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise InvalidArgumentError("name must be up to 100 letters, digits, dots, hyphens and underscores")

    def store(self) -> LimitStore:
        """Find the place where the starts are written down.

        Raises:
            ConfigurationError: The package that talks to the server is not installed, or refuses the address.
        """
        scheme = urlsplit(self.url).scheme
        if scheme == "file":
            return FileStore(Path(f"{unquote(urlsplit(self.url).path)}.{self.name}"), self)
        return RedisStore.connect(Secret(_SERVERS[scheme] + self.url[len(scheme) :]), self.name, self)


class SharedRateLimiter:
    """Grants starts within a rate limit that many processes share.

    Args:
        rate_limit: The limit.
        store: Where the starts of all are written down.
        clock: The running event loop's clock, or another that `call_at` and `sleep` follow.
        call_at: Runs a function at a moment of that clock.
        sleep: Waits for some seconds.
    """

    def __init__(
        self,
        rate_limit: RateLimit,
        store: LimitStore,
        *,
        clock: Callable[[], float] = loop_time,
        call_at: CallAt = call_at_loop_time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.clock = clock
        self._line = RateLimiter(rate_limit, clock=clock, call_at=call_at)
        self._store = store
        self._sleep = sleep
        self._paused_until = -math.inf
        self._turn = asyncio.Lock()

    def start_now(self) -> bool:
        """Say no: the store has to be asked."""
        return False

    async def acquire(self, deadline: float = math.inf) -> None:
        """Wait until a request may start, and take that start.

        Raises:
            DeadlineExceeded: There is no room before the deadline.
            TransportError: The store cannot be reached.
            ConfigurationError: The store cannot be used.
        """
        await self._line.acquire(deadline)
        async with self._turn:
            while True:
                await self._wait(self._paused_until - self.clock(), deadline)
                wait = await self._store.book(deadline - self.clock())
                self._line.pause(self.clock() + wait)
                await self._wait(wait, deadline)
                if self._paused_until <= self.clock():  # else what was booked before the pause is forfeit
                    return

    async def _wait(self, seconds: float, deadline: float) -> None:
        if self.clock() + seconds >= deadline:
            raise DeadlineExceeded("the shared rate limit has no room before the call's deadline")
        if seconds > 0.0:
            await self._sleep(seconds)

    def give_back(self) -> None:
        """Do nothing: the other processes have reckoned with the start already."""

    def pause(self, until: float) -> None:
        """Let nothing of this process start before `until`."""
        self._paused_until = max(self._paused_until, until)
        self._line.pause(until)

    async def close(self) -> None:
        """Leave no timer behind, and nothing open."""
        await self._line.close()
        await self._store.close()


def limiter_for(rate_limit: RateLimit) -> RateLimiter | SharedRateLimiter:
    """Build what keeps a rate limit.

    Raises:
        ConfigurationError: The package that a shared limit needs is not installed.
    """
    if isinstance(rate_limit, SharedRateLimit):
        return SharedRateLimiter(rate_limit, rate_limit.store())
    return RateLimiter(rate_limit)
