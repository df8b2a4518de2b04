"""Keep a rate limit with the processes of many machines: its state is in a Redis or Valkey server.

The server holds one key with the limit and one number (`gcra`). A script asks for a permit in one step, by the
server's own clock, so the clocks of the machines do not matter. One question at a time is under way in each process,
in a task of its own: a server that hangs costs each call no more than the call's deadline.

A server that lost the key, or whose clock stepped, is treated as if all credit had just been used. So the limit holds,
and the wait is one interval at most.
"""

import asyncio
import math
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

import attrs

from capillary_async.errors import CapillaryError, ConfigurationError, TransportError
from capillary_async.options import RateLimit, Secret
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.gcra import Gcra
from capillary_async.pipeline.turns import Turns

# Numbers are written out, because Lua rounds them to 14 digits. A moment that a client expects may be a second wrong.
_TAKE: Final = """
local limit, window, start_wait = ARGV[1], ARGV[2], tonumber(ARGV[5])
local interval, credit, expected = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local state = redis.call('GET', KEYS[1]) or ''
local old_limit, old_window, arrival = string.match(state, '^(%S+) (%S+) (%d+%.%d+)$')
arrival = tonumber(arrival)
local is_other = arrival and (old_limit ~= limit or old_window ~= window)
if is_other and math.abs(arrival - now) < tonumber(old_window) then return {'other', '', ''} end
local is_lost = not arrival or is_other or (expected > 0 and now > expected + 1)
if is_lost then arrival = now + credit + start_wait end
if arrival > now + credit + interval then  -- the clock went back
  arrival, is_lost = now + credit + interval, true
end
local wait = math.max(0, arrival - credit - now)
if wait == 0 then arrival = math.max(arrival, now) + interval else wait = math.max(wait, 0.000001) end
if is_lost or wait == 0 then
  redis.call('SET', KEYS[1], string.format('%s %s %.6f', limit, window, arrival), 'EX', 86400)
end
return {string.format('%.6f', wait), string.format('%.6f', arrival - credit - now), string.format('%.6f', now)}
"""
_LONGEST_ANSWER: Final = 5.0  # seconds
# What a server says that cannot serve now. Whatever else it refuses is a mistake in the address or in its set-up.
_PASSING: Final = re.compile(r"\b(BUSY|CLUSTERDOWN|LOADING|MASTERDOWN|MISCONF|OOM|TRYAGAIN|UNKILLABLE)\b")
_LONGEST_REASON: Final = 100


@attrs.define(eq=False)
class RedisLimit:
    """Gives permits of a limit whose state is in a server.

    Args:
        connect: Returns a new asyncio client of the `redis` package.
        name: What the processes call the limit.
        rate_limit: The limit; every process must come with the same.
        clock: The event loop's clock.
    """

    _connect: Callable[[], Any]
    _name: str
    _rate_limit: RateLimit
    _clock: Callable[[], float] = attrs.field(alias="clock", default=loop_time, kw_only=True)
    _turns: Turns = attrs.field(init=False)
    _client: Any = attrs.field(default=None, init=False, repr=False)
    _on_change: Callable[[], None] | None = attrs.field(default=None, init=False)
    _question: "asyncio.Task[None] | None" = attrs.field(default=None, init=False)
    _permitted_at: float = attrs.field(default=-math.inf, init=False)
    _error: Exception | None = attrs.field(default=None, init=False)
    # The least that this clock was ahead of the server's when an answer came: the difference of the clocks.
    _ahead: float = attrs.field(default=math.inf, init=False)

    def __attrs_post_init__(self) -> None:
        self._turns = Turns(Gcra.of(self._rate_limit))

    @classmethod
    def at(cls, url: Secret, name: str, rate_limit: RateLimit) -> "RedisLimit":
        """Prepare to use a server; it is asked when the first request wants to go.

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

        def connect() -> Any:
            return _client_of(cast("Any", Redis), url)

        with suppress(TypeError, ValueError):  # their texts may repeat the address
            connect().connection_pool.make_connection()
            return cls(connect, name, rate_limit)
        raise ConfigurationError("the address of the shared rate limit's server holds what redis does not take")

    @property
    def gcra(self) -> Gcra:
        """See `Limit`."""
        return self._turns.gcra

    @property
    def opens_at(self) -> float:
        """See `Limit`."""
        return self._turns.opens_at

    def open(self, on_change: Callable[[], None]) -> None:
        """See `Limit`."""
        self._on_change = on_change
        self._ahead = math.inf  # another loop may have another clock

    def take(self) -> float:
        """See `Limit`.

        Raises:
            TransportError: The server did not answer. Without it nobody knows what may start.
            ConfigurationError: The server refuses to be used like this.
        """
        now = self._clock()
        error, self._error = self._error, None
        if error is not None:
            raise error
        permitted_at, self._permitted_at = self._permitted_at, -math.inf
        if now - permitted_at <= self.gcra.slack:
            return 0.0
        if self._question is None:
            if (wait := self._turns.asks_at - now) > 0.0:
                return wait
            self._question = asyncio.get_running_loop().create_task(self._ask(), name="capillary rate limit")
        return math.inf

    async def close(self) -> None:
        """Close the connection."""
        question, self._question, self._on_change = self._question, None, None
        if question is not None:
            question.cancel()
            await asyncio.wait([question], timeout=1.0)
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):  # a server that is away does not say goodbye
                async with asyncio.timeout(1.0):
                    await client.aclose()

    async def _ask(self) -> None:
        """Ask for a permit, and have it taken by whoever is next."""
        try:
            self._note(await self._answer())
        except CapillaryError as error:
            self._error = error
        self._question = None
        if self._on_change is not None:
            self._on_change()
        # After the call that `on_change` has just woken. If there is none, the error concerns nobody.
        asyncio.get_running_loop().call_soon(self._forget_error)

    def _forget_error(self) -> None:
        self._error = None

    async def _answer(self) -> list[bytes | str]:
        """Run the script, and turn what goes wrong into an error whose text holds nothing of the address."""
        gcra, expected = self.gcra, self._clock() - self._ahead
        numbers = (gcra.interval, gcra.credit, self._turns.start_wait, max(expected, 0.0))
        wait_for = asyncio.timeout(_LONGEST_ANSWER)
        try:
            async with wait_for:
                if self._client is None:
                    self._client = self._connect()
                return cast(
                    "list[bytes | str]",
                    await self._client.eval(
                        *(_TAKE, 1, f"capillary_async:{self._name}"),
                        *(self._rate_limit.limit, f"{self._rate_limit.per:.17g}"),
                        *(f"{number:.6f}" for number in numbers),
                    ),
                )
        except Exception as error:  # noqa: BLE001  (whatever it is, its text may name the server)
            found = _explain(error)
        raise found

    def _note(self, answer: list[bytes | str]) -> None:
        """Read the answer of the script."""
        if answer[0] in (b"other", "other"):
            raise ConfigurationError("the name of the shared rate limit is in use with another limit")
        wait, opens_in, server_now = map(float, answer)
        now = self._clock()
        # How much longer than the quickest answer this one took, since the server gave the permit.
        late = (now - server_now) - self._ahead
        # Either the answer was late or the server's clock went back; the next answer shows the difference anew.
        self._ahead = math.inf if late > self.gcra.slack else min(self._ahead, now - server_now)
        answered_at = now - max(late, 0.0)
        if wait > 0.0:
            self._turns.missed(answered_at + opens_in)
        else:
            self._turns.got(answered_at + opens_in)
            self._permitted_at = answered_at


def _client_of(redis_class: Any, url: Secret) -> Any:
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    # One retry, for a connection that the server closed while it was idle. The deadline of calls is kept elsewhere.
    return redis_class.from_url(url.reveal(), retry=Retry(NoBackoff(), 1), socket_connect_timeout=_LONGEST_ANSWER)


def _explain(error: Exception) -> CapillaryError:
    """Say in words of our own what went wrong, and whether it can pass."""
    from redis import exceptions  # noqa: PLC0415

    mistake = _tls_mistake(error)
    if isinstance(error, exceptions.AuthenticationError | exceptions.AuthenticationWrongNumberOfArgsError):
        mistake = "the user or the password is wrong, or missing"
    elif isinstance(error, exceptions.NoPermissionError):
        mistake = "the user may not run EVAL, TIME, GET and SET with the key capillary_async:<name>"
    elif isinstance(error, exceptions.ReadOnlyError):
        mistake = "it is a read-only replica"
    elif isinstance(error, exceptions.ResponseError) and not isinstance(error, _passing_classes()):
        mistake = "" if _PASSING.search(str(error)) else str(error)[:_LONGEST_REASON]
    if mistake:
        return ConfigurationError(f"the server of the shared rate limit cannot be used: {mistake}")
    return TransportError(f"the server of the shared rate limit did not answer ({type(error).__name__})")


def _passing_classes() -> tuple[type[Exception], ...]:
    """Return the errors whose text does not tell any more what the server said."""
    from redis.exceptions import ClusterDownError, OutOfMemoryError, TryAgainError  # noqa: PLC0415

    return ClusterDownError, OutOfMemoryError, TryAgainError


def _tls_mistake(error: BaseException | None) -> str:
    """Say what of the certificates is wrong, if an error came of that."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        if isinstance(error, FileNotFoundError):
            return "the files of the certificates cannot be read"
        error = error.__cause__ or error.__context__
    return ""
