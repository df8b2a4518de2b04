"""Fetch the access token that all calls of a client share, and renew it.

Many calls use one token at the same time, so three things happen often:

* Many calls need a token and there is none. The first call starts a fetch, and all wait for it.
* Many calls are refused (401, 498) with the same token. The first to be refused drops the token. The others find that
  another one is in use, and use that. So twenty refusals cost one fetch, not twenty.
* A token nears its end while calls run. When a tenth of its life is left, the next call starts to renew it, and goes on
  with the old one, which still works. The moment is up to half a tenth earlier, at random, so that many processes whose
  tokens are of one age do not all renew at the same time.

The request for a token is part of the call that caused it: it counts among the call's attempts and keeps its
deadline. If a fetch ends with the deadline of its call, another call that waits for it starts the next fetch.

The life of a token is measured by the monotonic clock, from before it was asked for. So neither a slow answer nor a
corrected wall clock makes it look younger than it is. A call that is refused with a new token too is not sent again.
"""

import asyncio
import copy
import random
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, cast

from msgspec import field

from capillary_async.errors import (
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    DeadlineExceeded,
    DecodeError,
)
from capillary_async.options import Secret
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import CallContext, InternalState, ProcessBound, Request, Response, Transport
from capillary_async.pipeline.telemetry import OnEvent, TokenRefreshed

TOKEN_PATH: Final = "/v3/oauth/token/generate"  # noqa: S105  (a path)
TOKEN_HEADER: Final = "X-CAP-API-OAUTH-TOKEN"  # noqa: S105  (a header's name)
_DOCUMENTED_LIFE: Final = 300.0
_DIGITS: Final = re.compile(r"[0-9]{1,12}")
_LONGEST_LIFE: Final = 10**9  # seconds, to be safe from overflows


class _Token(InternalState):
    """An access token, and when it is renewed and ends, by the monotonic clock."""

    header: Secret
    renew_at: float
    ends_at: float


class TokenTransport(ProcessBound, InternalState):
    """Puts a valid access token on every request.

    Args:
        inner: Carries the requests.
        for_tokens: Carries the requests for tokens, with retries of their own.
        credentials: The document that is exchanged for a token.
        headers: Further headers for every request.
        clock: Monotonic seconds.
        random: Returns a number from 0 up to 1.
        on_event: Is told of new tokens.
    """

    _inner: Transport
    _for_tokens: Transport
    _credentials: Mapping[str, str | Secret]
    _headers: Mapping[str, str] = field(default_factory=dict[str, str])
    _clock: Callable[[], float] = loop_time
    _random: Callable[[], float] = random.random
    on_event: OnEvent | None = None
    _token: _Token | None = None
    _fetching: "asyncio.Task[_Token] | None" = None

    async def send(self, request: Request[Any], /) -> Response:
        """Carry the request; replay it once when its token is refused.

        Raises:
            AuthenticationError: The key and secret are wrong, or a fresh token is refused too.
        """
        call = request.call
        token = self._token_at_hand(call) or await self._wait_for_token(call)
        try:
            return await self._inner.send(self._with_token(token, request))
        except AuthenticationError as error:
            if not _is_about_the_token(error):
                raise
        if self._token is token:
            self._token = None
        token = self._token_at_hand(call) or await self._wait_for_token(call)
        return await self._inner.send(self._with_token(token, request))

    async def close(self) -> None:
        """End a fetch that is under way."""
        task, self._fetching = self._fetching, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _with_token(self, token: _Token, request: Request[Any]) -> Request[Any]:
        return request.with_headers({**self._headers, TOKEN_HEADER: token.header})

    def _token_at_hand(self, call: CallContext) -> _Token | None:
        """Return the token if it is still good, and begin to renew it when it nears its end."""
        token, now = self._token, self._clock()
        if token is None or now >= token.ends_at:
            return None
        if now >= token.renew_at:
            self._start_fetch(call)
        return token

    async def _wait_for_token(self, call: CallContext) -> _Token:
        """Wait for the fetch that is under way, or start one as part of this call."""
        while True:
            fetch = self._start_fetch(call)
            try:
                return await _wait_for(fetch, call.deadline - self._clock())
            except DeadlineExceeded:
                # It may have been the deadline of the call that started the fetch. This one has its own.
                if not fetch.done() or self._clock() >= call.deadline:
                    raise

    def _start_fetch(self, call: CallContext) -> "asyncio.Task[_Token]":
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._fetch(call), name="capillary token")
            self._fetching.add_done_callback(self._end_fetch)
        return self._fetching

    def _end_fetch(self, task: "asyncio.Task[_Token]") -> None:
        if self._fetching is task:
            self._fetching = None
        # Nobody waits for a renewal ahead of time. The loop would complain of an error that nobody looked at.
        if not task.cancelled() and task.exception() is None:
            self._token = task.result()
        elif self._token is not None:  # still good: the next renewal may wait for half of what is left of its life
            self._token.renew_at = (self._clock() + self._token.ends_at) / 2

    async def _fetch(self, call: CallContext) -> _Token:
        """Fetch a token within the deadline of `call`, so that a slow server costs no call more than its own time."""
        asked_at = self._clock()
        request = Request[Any](TOKEN_PATH, method="POST", body=self._credentials, call=call)
        response = await self._for_tokens.send(request)
        header, life = _read_token(response.document)
        if self.on_event is not None:
            self.on_event(TokenRefreshed(self._clock() - asked_at, life))
        return _Token(header, asked_at + life * (0.9 - 0.05 * self._random()), asked_at + life)


def _is_about_the_token(error: AuthenticationError) -> bool:
    return error.status in (401, 498) or bool({401, 498}.intersection(error.codes))


async def _wait_for(fetch: "asyncio.Task[_Token]", seconds: float) -> _Token:
    """Wait for a fetch for which others wait, too. A cancellation or a deadline of this call does not end the fetch."""
    await asyncio.wait([fetch], timeout=None if seconds == float("inf") else max(seconds, 0.0))
    if not fetch.done():
        raise DeadlineExceeded("the deadline passed while waiting for an access token")
    if fetch.cancelled():
        raise ConfigurationError("the client was closed while an access token was being fetched")
    error = fetch.exception()
    if not isinstance(error, CapillaryError):
        return fetch.result()  # or a bug, with the frames that explain it
    # A copy for each waiter, because an exception that is raised in many tasks collects all their tracebacks.
    raise copy.copy(error)


def _read_token(document: object) -> tuple[Secret, float]:
    """Read `{"data": {"accessToken": ..., "ttlSeconds": ...}}`."""
    data = cast("dict[str, Any]", document).get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise DecodeError("data should be an object with the access token", location="data")
    granted = cast("dict[str, Any]", data)
    token, life = Secret(granted.get("accessToken", "")), granted.get("ttlSeconds")
    if not is_header_safe(token.reveal()):
        raise DecodeError("data.accessToken should be a text that can travel in a header", location="data.accessToken")
    return token, _lifetime(life)


def _lifetime(seconds: Any) -> float:
    """Return the seconds that a token lives; for a value without sense, the shortest life that a document shows.

    A token that ends earlier is refused and replaced. One that lives longer is renewed too early, which does no harm.
    """
    if isinstance(seconds, str) and _DIGITS.fullmatch(seconds.strip()):
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | Decimal):
        return _DOCUMENTED_LIFE
    return float(min(max(seconds, 0), _LONGEST_LIFE))


def is_header_safe(text: object) -> bool:
    """Whether a header can carry a text. Another text could end the header early, or cannot be sent."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and bool(text) and text == text.strip()
