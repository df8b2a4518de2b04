"""Events tell what happens between a call and its answer, and nothing about whom."""

import logging
from typing import Any

import attrs
import pytest

from capillary_async import CallInfo, ClientOptions, Customer, NotFoundError, OAuth, RetryPolicy
from capillary_async.errors import ServerError
from capillary_async.pipeline.request import CallContext, Request
from capillary_async.pipeline.retry import RetryBudget, RetryTransport
from capillary_async.pipeline.telemetry import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    Event,
    RetryScheduled,
    Throttled,
    TokenRefreshed,
)
from capillary_async.pipeline.token import TOKEN_PATH
from capillary_async.sandbox import Answer, Sandbox
from tests.api.asking import ONCE, open_client
from tests.fakes import VirtualClock, outcomes
from tests.pipeline.test_retry import Server, throttled

PATH = "/v2/customers/{customerId}"
QUICK = ClientOptions(retry=RetryPolicy(base=0.001, throttled_base=0.001))


def kinds(events: list[Event]) -> list[type[Event]]:
    """Name what happened."""
    return [type(event) for event in events]


def only(events: list[Event], kind: type[Any]) -> list[Any]:
    """Return the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


class TestOneCall:
    """The events of a call, in their order."""

    async def test_a_call_is_an_attempt_and_its_end(self, capillary_sandbox: Sandbox) -> None:
        """The least that happens."""
        events: list[Event] = []

        async with open_client(capillary_sandbox, on_event=events.append) as client:
            await client.customers.get(6)

        started, ended, call = events
        assert started == AttemptStarted(PATH, "GET", 1)
        assert isinstance(ended, AttemptEnded)
        assert (ended.path, ended.method, ended.attempt, ended.status, ended.error) == (PATH, "GET", 1, 200, None)
        assert ended.response_bytes > 10
        assert isinstance(call, CallEnded)
        assert 0 < ended.seconds <= call.seconds

    async def test_a_retry_is_told_with_its_reason(self, capillary_sandbox: Sandbox) -> None:
        """Who reads it wants to know why the call is slow."""
        events: list[Event] = []
        capillary_sandbox.script("/", Answer(status=503))

        async with open_client(capillary_sandbox, options=QUICK, on_event=events.append) as client:
            await client.customers.get(6)

        attempt = [AttemptStarted, AttemptEnded]
        assert kinds(events) == [*attempt, RetryScheduled, *attempt, CallEnded]
        (retry,) = only(events, RetryScheduled)
        assert (retry.path, retry.attempt, retry.status, retry.error) == (PATH, 1, 503, ServerError)
        assert [event.status for event in only(events, AttemptEnded)] == [503, 200]
        assert [event.attempt for event in only(events, AttemptEnded)] == [1, 2]

    async def test_an_attempt_without_an_answer_has_no_status(self, capillary_sandbox: Sandbox) -> None:
        """The status of the attempt before is not its own."""
        events: list[Event] = []
        capillary_sandbox.script("/", Answer(status=503), Answer(abort=True), times=2)

        async with open_client(capillary_sandbox, options=QUICK, on_event=events.append) as client:
            await client.customers.get(6)

        assert [event.status for event in only(events, AttemptEnded)] == [503, None, 200]
        assert [event.error is None for event in only(events, AttemptEnded)] == [True, False, True]

    async def test_a_new_token_is_told(self, capillary_sandbox: Sandbox) -> None:
        """With the attempt that brought it, and before the call that waits for it goes on."""
        events: list[Event] = []

        async with open_client(
            capillary_sandbox, OAuth(capillary_sandbox.key, capillary_sandbox.secret), on_event=events.append
        ) as client:
            await client.customers.get(6)

        assert kinds(events)[:4] == [AttemptStarted, AttemptEnded, TokenRefreshed, AttemptStarted]
        assert only(events, AttemptStarted) == [AttemptStarted(TOKEN_PATH, "POST", 1), AttemptStarted(PATH, "GET", 1)]
        assert only(events, TokenRefreshed)[0].lifetime > 0

    async def test_the_end_of_a_call_is_its_call_info(self, capillary_sandbox: Sandbox) -> None:
        """`on_call` is the short form of `on_event`."""
        events: list[Event] = []
        calls: list[CallInfo] = []

        async with open_client(capillary_sandbox, on_call=calls.append, on_event=events.append) as client:
            await outcomes(client.customers.get(404))

        (ended,) = only(events, CallEnded)
        assert isinstance(ended, CallInfo)
        assert ended == CallEnded.of(calls[0])
        assert (ended.status, ended.codes, ended.error) == (404, (8015,), NotFoundError)


class TestPauses:
    """An answer that says "too many" holds back every call."""

    async def test_a_pause_is_told_with_its_length(self) -> None:
        """It is the reason why nothing happens."""
        events: list[Event] = []
        clock = VirtualClock()
        transport = RetryTransport(
            *(Server(clock, [lambda: throttled(7.0)]), RetryBudget(RetryPolicy())),
            clock=clock.time,
            sleep=clock.sleep,
            random=lambda: 0.5,
            on_event=events.append,
        )

        await transport.send(Request(PATH, call=CallContext()))

        pause, retry = events
        assert pause == Throttled(PATH, 7.0)
        assert isinstance(retry, RetryScheduled)
        assert (retry.wait, retry.status) == (7.5, 429)


class TestListeners:
    """What a listener does is its own affair."""

    @pytest.mark.parametrize("customer_id", [6, 404])
    async def test_a_failing_listener_changes_nothing(
        self, capillary_sandbox: Sandbox, caplog: pytest.LogCaptureFixture, customer_id: int
    ) -> None:
        """An answer must not be lost over its bookkeeping."""

        def fail(event: Event) -> None:
            raise RuntimeError("metrics are down")

        async with open_client(capillary_sandbox, on_event=fail) as client:
            (outcome,) = await outcomes(client.customers.get(customer_id))

        assert isinstance(outcome, Customer if customer_id == 6 else NotFoundError)
        told = [record for record in caplog.records if record.getMessage() == "on_event failed"]
        assert [record.levelno for record in told] == [logging.ERROR] * 3

    async def test_events_are_frozen_and_comparable(self) -> None:
        """They may be kept, put into sets and sent to other threads."""
        event: Any = AttemptStarted(PATH, "GET", 1)

        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            event.attempt = 2

        assert len({event, AttemptStarted(PATH, "GET", 1)}) == 1

    async def test_calls_that_share_an_answer_share_its_attempt(self, capillary_sandbox: Sandbox) -> None:
        """As many attempts are told as requests were sent."""
        events: list[Event] = []

        async with open_client(
            capillary_sandbox, options=attrs.evolve(ONCE, coalesce=True), on_event=events.append
        ) as client:
            await outcomes(*(client.customers.get(6) for _ in range(5)))

        assert len(only(events, AttemptEnded)) == capillary_sandbox.request_count == 1
        assert len(only(events, CallEnded)) == 5
