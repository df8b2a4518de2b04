"""Where processes that share a rate limit write down their starts.

A store holds the last `limit` starts and the moment from which the pace allows the next. All of it
is read and written in one step that no other process can interrupt, so the limit is as strict as
within one process. A start is booked ahead: who asks is told how long to wait for it, and who asks
next gets a later one, so that no process can be first again and again.
"""

import asyncio
import os
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol, cast

import attrs

from capillary_async.errors import ConfigurationError, TransportError
from capillary_async.options import RateLimit, Secret
from capillary_async.pipeline.pace import Pace


class LimitStore(Protocol):
    """Keeps the starts of all processes."""

    async def book(self, longest: float) -> float:
        """Book the next start, unless that is too far away.

        Args:
            longest: If the start is so many seconds away, or more, nothing is booked.

        Returns:
            The seconds until the start.
        """
        ...

    async def close(self) -> None:
        """Give back what the store holds open."""
        ...


@attrs.frozen
class _Head:
    """What a file begins with.

    Attributes:
        turn: Which of the file's starts is the oldest, to be overwritten next.
        opens: The moment from which the pace allows a start.
        last: When the latest start was booked.
    """

    limit: int
    per: float
    turn: int = 0
    opens: float = 0.0
    last: float = 0.0


_MAGIC: Final = b"capRate1"
_HEAD: Final = struct.Struct("<8sQdQdd")
_START: Final = struct.Struct("<d")
_BUSY: Final = 0.001


@attrs.define(eq=False)
class FileStore:
    """Keeps the starts in a file, for the processes of one machine.

    The file is as long as its limit is high, eight bytes a start; one start reads and writes two
    places of it. Times are those of the machine's monotonic clock, which its processes have in common.

    Args:
        path: The file; it is made when it is not there.
        rate_limit: The limit; every process must come with the same.
        clock: A clock that all the processes share.
        sleep: Waits for some seconds.
    """

    _path: Path
    _rate_limit: RateLimit
    _clock: Callable[[], float] = attrs.field(alias="clock", default=time.monotonic, kw_only=True)
    _sleep: Callable[[float], Awaitable[object]] = attrs.field(alias="sleep", default=asyncio.sleep, kw_only=True)
    _pace: Pace = attrs.field(init=False)
    _file: int | None = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._pace = Pace.of(self._rate_limit)

    async def book(self, longest: float) -> float:
        """Book the next start, unless that is `longest` seconds away or more; say how far it is.

        Raises:
            ConfigurationError: The file cannot be used, or is used for another limit.
        """
        import fcntl  # noqa: PLC0415  (not on every system; checked when the limit is made)

        if self._file is None:
            self._file = self._open()
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await self._sleep(_BUSY)  # waited for in flock, the whole event loop would stand still
        try:
            return self._book_locked(self._file, longest)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    async def close(self) -> None:
        """Close the file. It stays, with the starts in it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            reason = error.strerror
        raise ConfigurationError(f"the file of the shared rate limit cannot be opened ({reason})")

    def _book_locked(self, file: int, longest: float) -> float:
        pace, now = self._pace, self._clock()
        head = self._head(file, now)
        place = _HEAD.size + head.turn * _START.size
        (oldest,) = _START.unpack(os.pread(file, _START.size, place).ljust(_START.size, b"\0"))
        # A place that was never written reads as 0, which is no moment of a clock that has run.
        opens = max(head.opens, oldest + pace.window if oldest else 0.0)
        start = max(opens, now)
        if start - now >= longest:
            return start - now
        opens = max(opens, start - pace.credit) + pace.interval
        turn = (head.turn + 1) % head.limit
        # In this order: a process that is killed in between has not started anything, and the place
        # that it leaves unwritten holds a start too old to count.
        self._write(file, attrs.evolve(head, turn=turn, opens=opens, last=now))
        os.pwrite(file, _START.pack(start), place)
        return start - now

    def _head(self, file: int, now: float) -> _Head:
        """Read the file's head; start the file anew when nothing in it counts any more."""
        fresh = _Head(self._rate_limit.limit, self._rate_limit.per)
        raw = os.pread(file, _HEAD.size, 0)
        if not raw:
            return fresh
        if len(raw) < _HEAD.size or not raw.startswith(_MAGIC):
            raise ConfigurationError("the file of the shared rate limit holds something else")
        head = _Head(*_HEAD.unpack(raw)[1:])
        is_ours = (head.limit, head.per) == (fresh.limit, fresh.per)
        # What was booked in the future was booked before the machine, and with it its clock, started anew.
        if is_ours and head.last <= now:
            return head
        if not is_ours and now - self._pace.window < head.last <= now:
            raise ConfigurationError("the name of the shared rate limit is in use with another limit")
        os.ftruncate(file, 0)
        return fresh

    @staticmethod
    def _write(file: int, head: _Head) -> None:
        os.pwrite(file, _HEAD.pack(_MAGIC, *attrs.astuple(head)), 0)


# One step for the server, which does nothing else meanwhile. Its own clock counts, so the clocks of
# the machines do not matter. Numbers are written out, as Lua would round them to 14 digits.
_BOOK: Final = """
local limit, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local window, interval, credit = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local opens = tonumber(redis.call('GET', KEYS[2]) or '0')
local oldest = redis.call('LINDEX', KEYS[1], limit - 1)
if oldest then opens = math.max(opens, tonumber(oldest) + window) end
local start = math.max(opens, now)
if start - now < longest then
  opens = math.max(opens, start - credit) + interval
  local kept = math.ceil((math.max(start, opens) - now + window) * 1000)
  redis.call('LPUSH', KEYS[1], string.format('%.6f', start))
  redis.call('LTRIM', KEYS[1], 0, limit - 1)
  redis.call('PEXPIRE', KEYS[1], kept)
  redis.call('SET', KEYS[2], string.format('%.6f', opens), 'PX', kept)
end
return string.format('%.6f', start - now)
"""
_CENTURY: Final = 3e9  # seconds; Lua does not read Python's "inf"


@attrs.define(eq=False)
class RedisStore:
    """Keeps the starts in a Redis or Valkey server, for the processes of many machines.

    Args:
        client: An asyncio client of the `redis` package.
        name: What the processes call the limit.
        rate_limit: The limit; every process must come with the same.
    """

    _client: Any = attrs.field(repr=False)
    _name: str
    _rate_limit: RateLimit
    _pace: Pace = attrs.field(init=False)
    _script: Any = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._pace = Pace.of(self._rate_limit)
        self._script = self._client.register_script(_BOOK)

    @classmethod
    def connect(cls, url: Secret, name: str, rate_limit: RateLimit) -> "RedisStore":
        """Prepare a store; the server is first asked with the first start.

        Raises:
            ConfigurationError: The `redis` package is not installed, or refuses the address.
        """
        try:
            from redis.asyncio import Redis  # noqa: PLC0415  (an optional dependency)
        except ImportError:
            Redis = None  # type: ignore[misc, assignment]  # noqa: N806
        if Redis is None:  # raised here, so that no other error hangs on it
            raise ConfigurationError(
                "a rate limit that is shared over Redis needs the package redis: pip install 'capillary-async[redis]'"
            )
        client: Any = None
        with suppress(ValueError):
            client = cast("Any", Redis).from_url(url.reveal())
        if client is None:
            raise ConfigurationError("the address of the shared rate limit's server holds what redis does not take")
        return cls(client, name, rate_limit)

    async def book(self, longest: float) -> float:
        """Book the next start, unless that is `longest` seconds away or more; say how far it is.

        Raises:
            TransportError: The server did not answer. Without it nobody knows what may start.
        """
        from redis.exceptions import RedisError  # noqa: PLC0415

        pace = self._pace
        # The braces keep both keys on one node of a cluster.
        keys = [f"{{capillary_async:{self._name}}}:{kind}" for kind in ("starts", "opens")]
        numbers = [self._rate_limit.limit, min(longest, _CENTURY), pace.window, pace.interval, pace.credit]
        try:
            return float(await self._script(keys, numbers))
        except (RedisError, OSError) as error:
            reason = type(error).__name__
        raise TransportError(f"the server of the shared rate limit did not answer ({reason})")

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
