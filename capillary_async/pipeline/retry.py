"""Try a call again when that is likely to help, and never when it would hurt.

Three things keep retries from making an outage worse. Waits are random ("full jitter"), so that calls that failed
together do not return together. A budget, shared by all calls of a client, is spent after a few dozen failures in a
row; then calls fail at once until some succeed. And an answer that says "too many" holds back every call of the client,
not only the one that got it; they go on at random moments.

A wait that would end after the call's deadline is not begun, so that the caller gets the error while there is still
time to act on it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from capillary_async.errors import CapillaryError, DeadlineExceeded, RateLimitedError, ResponseError, ServerError
from capillary_async.options import RetryPolicy
from capillary_async.pipeline.pacing import Pacer, current_pacer, is_throttling
from capillary_async.pipeline.request import (
    CallContext,
    InternalState,
    InternalValue,
    ProcessBound,
    Request,
    Response,
    Transport,
)
from capillary_async.pipeline.telemetry import OnEvent, RetryScheduled, Throttled, number_of

# Far beyond any cap, and far from where a float overflows.
_MOST_DOUBLINGS: Final = 64


def asked_wait(error: CapillaryError, policy: RetryPolicy) -> float | None:
    """Return the wait that the API asked for, or `None` when it asked for none that the policy accepts."""
    asked = error.retry_after if isinstance(error, RateLimitedError | ServerError) else None
    # Written so that "not a number" is refused too.
    return asked if asked is not None and 0.0 <= asked <= policy.max_retry_after else None


def choose_wait(error: CapillaryError, attempt: int, policy: RetryPolicy, random: float) -> float:
    """Choose the seconds to wait before a call is tried again.

    Args:
        error: What ended the last attempt.
        attempt: How often the call was tried so far, from 1.
        policy: The limits to keep.
        random: A number from 0 to 1.
    """
    base = policy.throttled_base if isinstance(error, RateLimitedError) else policy.base
    asked = asked_wait(error, policy)
    if asked is not None:
        return min(asked + random * base, policy.max_retry_after)
    return random * min(policy.cap, base * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))


class RetryBudget:
    """What all calls of a client together may spend on retries.

    A retry takes its cost. A call that succeeds refunds what its last retry cost, or 1 if it needed none. So scattered
    failures are always paid for, and an outage is not retried any more after `budget / retry_cost` retries.
    """

    __slots__ = ("_policy", "_tokens")

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._tokens = policy.budget

    @property
    def tokens(self) -> int:
        """Tokens left."""
        return self._tokens

    def take(self, cost: int) -> bool:
        """Take the tokens for a retry, if that many are left."""
        if self._tokens < cost:
            return False
        self._tokens -= cost
        return True

    def refund(self, cost: int) -> None:
        """Put tokens back after a success."""
        if self._tokens < self._policy.budget:
            self._tokens = min(self._tokens + cost, self._policy.budget)


class _Retry(InternalValue, frozen=True):
    """A retry that the budget has paid: seconds to wait before it, and what it cost."""

    wait: float
    cost: int


# A retry that the pacer delays; it costs nothing, and does not count as an attempt.
_PACED: Final = _Retry(0.0, 0)


class RetryTransport(ProcessBound, InternalState):
    """Tries calls again that change nothing: every GET, and POSTs to the given paths.

    The options of each call say when and how often.

    Args:
        inner: Carries each attempt.
        budget: Pays for the retries; shared by all transports of a client.
        clock: The clock of the calls' deadlines.
        sleep: Waits for some seconds.
        random: Returns a random number from 0 to 1.
        repeatable_posts: Path templates of POSTs that change nothing.
        on_pause: Is told the moment until which the API wants no calls, for calls that wait below.
        on_event: Is told of retries and pauses.
    """

    _inner: Transport
    _budget: RetryBudget
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    random: Callable[[], float] = random.random
    repeatable_posts: Collection[str] = ()
    on_pause: Callable[[float], object] | None = None
    on_event: OnEvent | None = None
    _paused_until: float = 0.0

    async def send(self, request: Request[Any], /) -> Response:
        """Send with as many attempts as policy, budget and deadline allow.

        Raises:
            CapillaryError: The last attempt's error. `RateLimitedError` also when nothing was sent,
                because the API wants no calls until after the deadline.
        """
        attempt, to_refund, pacer = 1, 1, current_pacer()
        if self._paused_until > 0.0 and self._paused_until > self.clock():
            await self._wait_for_restart(request.call)
        while True:
            try:
                # Here and not in a coroutine of its own, which each step of the attempt would have to pass.
                if pacer is not None and not pacer.start_now() and not await pacer.wait(request.call.deadline):
                    raise DeadlineExceeded("the deadline would pass before the pace lets the request start")
                response = await self._inner.send(request)
            except CapillaryError as error:
                retry = self._retry_after(error, request, attempt, pacer)
                if retry is None:
                    # A refusal that would come again shows that the API works.
                    self._budget.refund(to_refund if isinstance(error, ResponseError) and not error.retryable else 0)
                    raise
            else:
                if pacer is not None:
                    pacer.answered()
                self._budget.refund(to_refund)
                return response
            attempt, to_refund = (attempt, to_refund) if retry is _PACED else (attempt + 1, retry.cost)
            await self._wait_for(retry, request.call)

    def _retry_after(
        self, error: CapillaryError, request: Request[Any], attempt: int, pacer: Pacer | None
    ) -> _Retry | None:
        """Return the retry after an error: of a throttled request by the pacer, if there is one."""
        if pacer is None or not is_throttling(error):
            if pacer is not None and isinstance(error, ResponseError):
                pacer.answered()
            return self._plan_retry(request, error, attempt)
        asked = asked_wait(error, request.call.options.retry)
        is_welcome = pacer.throttled(error, None if asked is None else self.clock() + asked)
        if not (is_welcome and self._is_repeatable(request)):
            return None
        self._tell_of_retry(request, error, asked or 0.0)
        return _PACED

    def _is_repeatable(self, request: Request[Any]) -> bool:
        return request.method == "GET" or request.path in self.repeatable_posts

    def _plan_retry(self, request: Request[Any], error: CapillaryError, attempt: int) -> _Retry | None:
        """Pause all calls if the error asks for it, and pay for a retry if there may be one."""
        now, policy = self.clock(), request.call.options.retry
        wait = choose_wait(error, attempt, policy, self.random())
        cost = policy.retry_cost
        if isinstance(error, RateLimitedError):
            cost = policy.throttled_cost
            asked = asked_wait(error, policy)
            self._pause_all(now, wait if asked is None else asked, request.path)
        may_retry = (
            error.retryable
            and attempt < policy.attempts
            and self._is_repeatable(request)
            and max(now + wait, self._paused_until) < request.call.deadline
        )
        if may_retry and not self._budget.take(cost):
            error.args = (f"{error.args[0]}; not sent again, because the client's budget for retries is spent",)
            return None
        if may_retry:
            self._tell_of_retry(request, error, wait)
        return _Retry(wait, cost) if may_retry else None

    def _tell_of_retry(self, request: Request[Any], error: CapillaryError, wait: float) -> None:
        if self.on_event is not None:
            status = error.status if isinstance(error, ResponseError) else None
            self.on_event(RetryScheduled(request.path, number_of(request), wait, status, type(error)))

    def _pause_all(self, now: float, seconds: float, path: str) -> None:
        until = now + seconds
        if until > self._paused_until:
            self._paused_until = until
            if self.on_pause is not None:
                self.on_pause(until)
            if self.on_event is not None:
                self.on_event(Throttled(path, seconds))

    async def _wait_for(self, retry: _Retry, call: CallContext) -> None:
        """Wait until a retry may be sent; refund one that is not sent after all."""
        if retry is _PACED:
            return  # the pacer waits
        try:
            await self.sleep(retry.wait)
            if self._paused_until > self.clock():
                await self._wait_for_restart(call)
        except BaseException:
            self._budget.refund(retry.cost)
            raise

    async def _wait_for_restart(self, call: CallContext) -> None:
        """Wait until the API wants calls again, and a random moment more, so that not all go at once."""
        policy = call.options.retry
        while (pause := self._paused_until - (now := self.clock())) > 0:
            wait = min(pause + self.random() * policy.throttled_base, policy.max_retry_after)
            if now + wait >= call.deadline:
                error = RateLimitedError("the API wants no calls until after the call's deadline", status=429)
                error.retry_after = pause
                raise error
            await self.sleep(wait)
