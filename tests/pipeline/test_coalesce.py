"""Identical calls share one request, and nothing else."""

import asyncio
import gc
import math
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from capillary_async.errors import CapillaryError, DeadlineExceeded, NotFoundError, TransportError
from capillary_async.options import Secret
from capillary_async.pipeline.coalesce import CoalescingTransport
from capillary_async.pipeline.request import CallContext, Request, Response
from tests.fakes import VirtualClock, outcomes

PATH = "/v2/customers/{customerId}"
ANSWER = Response({})


@attrs.define
class SlowServer:
    """Answers each request after a second, with its number; counts what was sent and what was cut short."""

    clock: VirtualClock
    error: Callable[[], BaseException] | None = None
    seconds: float = 1.0
    sent: list[Request[Any]] = attrs.field(factory=list[Request[Any]])
    cancelled: int = 0

    async def send(self, request: Request[Any], /) -> Response:
        """Answer later."""
        self.sent.append(request)
        request.call.attempts += 1
        number = len(self.sent)
        try:
            await self.clock.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        request.call.status, request.call.request_id, request.call.size = 200, "r-1", 17
        if self.error is not None:
            raise self.error()
        return Response(number)


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock that nobody waits for."""
    return VirtualClock(0.0)


@pytest.fixture
def server(clock: VirtualClock) -> SlowServer:
    """Return a server that answers after a second."""
    return SlowServer(clock)


@pytest.fixture
def transport(server: SlowServer) -> CoalescingTransport:
    """Return the subject over that server."""
    return CoalescingTransport(server, call_at=server.clock.call_at)


def request(customer_id: int = 1, *, deadline: float = math.inf, **fields: Any) -> Request[Any]:
    """Build the request of one caller."""
    return Request(PATH, {"customerId": customer_id}, call=CallContext(deadline=deadline), **fields)


async def begin(transport: CoalescingTransport, request: Request[Any]) -> asyncio.Task[Response]:
    """Have a caller send this, and wait."""
    task = asyncio.create_task(transport.send(request))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


def run_after(steps: int, callback: Callable[[], object]) -> None:
    """Run a callback after this many more steps of the event loop."""
    loop = asyncio.get_running_loop()
    loop.call_soon(callback if not steps else lambda: run_after(steps - 1, callback))


class TestSharing:
    """What is shared, and for how long."""

    async def test_identical_requests_are_sent_once(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """A page that a hundred visitors open asks for one customer once."""
        answers = await outcomes(*(transport.send(request()) for _ in range(100)))

        assert answers == [Response(1)] * 100
        assert len(server.sent) == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    @pytest.mark.parametrize(
        "other",
        [
            request(2),
            Request[Any]("/v2/customers/{customerId}/trackers", {"customerId": 1}),
            request(query=(("source", "INSTORE"),)),
            request(headers={"language": "zh"}),
            request(headers={"X-CAP-API-OAUTH-TOKEN": Secret("made-up")}),
        ],
    )
    async def test_what_differs_is_sent_apart(
        self, transport: CoalescingTransport, server: SlowServer, other: Request[Any]
    ) -> None:
        """Another customer's data as an answer would be the worst of errors."""
        answers = await outcomes(transport.send(request()), transport.send(other))

        assert answers == [Response(1), Response(2)]

    async def test_what_it_is_made_into_does_not_matter(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """One answer serves both; models are made above."""
        await outcomes(transport.send(request(into=int)), transport.send(request(into=Decimal, at="data")))

        assert len(server.sent) == 1

    async def test_an_answer_is_shared_only_while_it_is_awaited(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """This is no cache: who asks afterwards wants to know what is true now."""
        assert await transport.send(request()) == Response(1)
        assert await transport.send(request()) == Response(2)

    async def test_a_failure_is_not_kept_either(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """The next call may succeed."""
        server.error = lambda: TransportError("the connection broke")
        await outcomes(transport.send(request()))
        server.error = None

        assert await transport.send(request()) == Response(2)

    async def test_a_post_is_never_shared(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """Two of them mean two things to be done."""
        posts = [request(method="POST"), request(method="POST")]

        await outcomes(*(transport.send(post) for post in posts))

        assert server.sent[0] is posts[0]
        assert server.sent[1] is posts[1]

    async def test_the_request_is_sent_as_it_was_asked_for(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """Only its `CallContext` is another."""
        asked = request(query=(("source", "INSTORE"),), headers={"language": "zh"})

        await transport.send(asked)

        assert server.sent == [asked]


class TestLeaving:
    """A caller's end is its own."""

    async def test_one_who_is_cancelled_takes_nobody_along(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """Not even the one who came first and whose request it was."""
        first = await begin(transport, request())
        second = await begin(transport, request())

        first.cancel()

        assert await outcomes(second) == [Response(1)]
        assert first.cancelled()
        assert server.cancelled == 0

    async def test_when_all_have_left_the_request_ends(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """Nobody wants its answer, and it holds a connection."""
        tasks = [await begin(transport, request()) for _ in range(3)]

        for task in tasks:
            task.cancel()
        await outcomes(*tasks)
        await server.clock.run_ready()

        assert server.cancelled == 1
        assert server.clock.elapsed == 0.0

    async def test_who_comes_after_all_have_left_sends_anew(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """The old request is ending and will bring no answer."""
        task = await begin(transport, request())
        task.cancel()
        await asyncio.sleep(0)

        assert await transport.send(request()) == Response(2)

    async def test_leaving_after_the_answer_came_harms_nobody(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """The next request for the same must not be taken for the old one."""
        first = await begin(transport, request())
        second = await begin(transport, request())
        server.clock.call_at(1.0, first.cancel)

        assert await outcomes(second) == [Response(1)]
        assert await transport.send(request()) == Response(2)

    async def test_closing_ends_what_is_under_way(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """Also a request that all have just left, so that its connection is free before the session closes."""
        left = await begin(transport, request(1))
        left.cancel()
        await outcomes(left)
        waiting = await begin(transport, request(2))

        await transport.close()

        assert server.cancelled == 2
        assert isinstance((await outcomes(waiting))[0], asyncio.CancelledError)

    async def test_closing_twice_is_fine(self, transport: CoalescingTransport) -> None:
        """There may be nothing to end."""
        await transport.close()
        await transport.close()


class TestErrors:
    """Each caller gets the error, and one of its own."""

    async def test_all_get_it(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """With everything that is in it."""
        server.error = lambda: NotFoundError("no such customer", status=404, request_id="r-1", path=PATH)

        errors = await outcomes(*(transport.send(request()) for _ in range(3)))

        for error in errors:
            assert isinstance(error, NotFoundError)
            assert str(error) == f"no such customer ({PATH})"
            assert (error.status, error.request_id) == (404, "r-1")
        assert len({id(error) for error in errors}) == 3

    async def test_what_one_does_to_it_no_other_sees(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """The client writes the attempts of the call into it."""
        server.error = lambda: TransportError("the connection broke")
        first, second = await outcomes(*(transport.send(request()) for _ in range(2)))
        assert isinstance(first, CapillaryError)
        assert isinstance(second, CapillaryError)

        first.attempts = 7

        assert second.attempts == 0

    async def test_it_tells_where_it_happened_and_no_more(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """One object raised in a hundred tasks would drag a hundred tracebacks along."""
        server.error = lambda: TransportError("the connection broke")

        errors = await outcomes(*(transport.send(request()) for _ in range(100)))

        for error in errors:
            assert isinstance(error, TransportError)
            frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
            assert frames[-1] == "send"
            assert len(frames) < 10
            assert error.__context__ is None

    async def test_its_cause_stays(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """Whoever debugs wants it."""
        cause = ValueError("odd")

        def error() -> BaseException:
            failure = TransportError("malformed")
            failure.__cause__ = cause
            return failure

        server.error = error

        (failure,) = await outcomes(transport.send(request()))

        assert isinstance(failure, TransportError)
        assert failure.__cause__ is cause

    async def test_a_bug_is_not_hidden(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """What is no error of the API goes to all as it is."""
        server.error = lambda: KeyError("bug")

        errors = await outcomes(*(transport.send(request()) for _ in range(2)))

        assert [type(error) for error in errors] == [KeyError, KeyError]

    async def test_an_error_nobody_waits_for_is_not_complained_of(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """A caller who left would find asyncio's "never retrieved" in the log."""
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        server.error = lambda: TransportError("the connection broke")
        task = await begin(transport, request())
        server.clock.call_at(1.0, task.cancel)

        await outcomes(task)
        await server.clock.run_ready()
        del task
        gc.collect()

        assert complaints == []


class TestDeadlines:
    """Each caller waits as long as it may, and no longer."""

    async def test_an_early_deadline_ends_one_call(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """The others wait on."""
        hasty = await begin(transport, request(deadline=0.5))
        patient = await begin(transport, request(deadline=9.0))

        (failure,) = await outcomes(hasty)

        assert isinstance(failure, DeadlineExceeded)
        assert str(failure) == "the deadline passed while waiting for an answer that calls share"
        assert server.clock.elapsed == 0.5
        assert await outcomes(patient) == [Response(1)]

    async def test_a_late_caller_with_an_early_deadline_leaves_alone(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """It joined a request that may take longer than it has."""
        patient = await begin(transport, request())
        hasty = await begin(transport, request(deadline=0.5))

        assert isinstance((await outcomes(hasty))[0], DeadlineExceeded)
        assert await outcomes(patient) == [Response(1)]
        assert len(server.sent) == 1

    async def test_the_request_may_take_as_long_as_the_most_patient(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """Retries below look at this before they begin to wait."""
        tasks = [await begin(transport, request(deadline=deadline)) for deadline in (3.0, 9.0, 6.0)]

        assert server.sent[0].call.deadline == 9.0
        await outcomes(*tasks)

    async def test_the_last_deadline_ends_the_request(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """Nobody waits for it any more."""
        (failure,) = await outcomes(transport.send(request(deadline=0.5)))
        await server.clock.run_ready()

        assert isinstance(failure, DeadlineExceeded)
        assert server.cancelled == 1

    async def test_an_answer_in_time_leaves_no_timer(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """A hundred thousand calls would leave a hundred thousand timers."""
        await transport.send(request(deadline=9.0))

        await server.clock.sleep(20.0)

        assert all(timer.cancelled() for _, _, timer in server.clock.timers)

    @pytest.mark.parametrize("steps", range(4))
    async def test_an_answer_at_the_deadline_counts(self, steps: int) -> None:
        """The timer fires when the answer is there: before the caller is woken, or before the caller runs."""
        deadlines: list[Callable[[], object]] = []

        class AtTheDeadline:
            async def send(self, request: Request[Any], /) -> Response:
                run_after(steps, deadlines[0])
                return ANSWER

        def call_at(when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
            deadlines.append(callback)
            return asyncio.get_running_loop().call_later(3600, callback)

        assert await CoalescingTransport(AtTheDeadline(), call_at=call_at).send(request(deadline=9.0)) == ANSWER

    async def test_who_wants_no_end_sets_no_timer(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """Most calls have a deadline, but nobody must."""
        await transport.send(request())

        assert [timer.when() for _, _, timer in server.clock.timers] == []

    async def test_the_deadline_of_the_first_is_not_that_of_the_others(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """What waits below may have kept the first caller's deadline; then the patient ask once more."""
        server.error = lambda: DeadlineExceeded("the rate limit has no room")
        hasty = await begin(transport, request(deadline=1.5))
        patient = [await begin(transport, request(deadline=9.0)) for _ in range(2)]
        (failure,) = await outcomes(hasty)
        server.error = None

        answers = await outcomes(*patient)

        assert isinstance(failure, DeadlineExceeded)
        assert answers == [Response(2), Response(2)]

    @pytest.mark.parametrize("deadline", [1.5, 1.2])
    async def test_who_had_no_more_time_than_the_first_does_not_ask_again(
        self, transport: CoalescingTransport, server: SlowServer, deadline: float
    ) -> None:
        """The same would come of it."""
        server.error = lambda: DeadlineExceeded("the rate limit has no room")
        first = await begin(transport, request(deadline=1.5))
        second = await begin(transport, request(deadline=deadline))

        errors = await outcomes(first, second)

        assert [type(error) for error in errors] == [DeadlineExceeded, DeadlineExceeded]
        assert len(server.sent) == 1


class TestAccount:
    """All calls together report what was sent."""

    async def test_requests_are_counted_once(self, transport: CoalescingTransport, server: SlowServer) -> None:
        """The sum of all attempts is what the server saw."""
        calls = [request() for _ in range(5)]

        await outcomes(*(transport.send(call) for call in calls))

        assert [call.call.attempts for call in calls] == [1, 0, 0, 0, 0]

    async def test_who_leaves_early_takes_what_was_spent(
        self, transport: CoalescingTransport, server: SlowServer
    ) -> None:
        """The rest goes to those who stay."""
        first, second = request(), request()
        task = await begin(transport, first)
        other = await begin(transport, second)
        server.sent[0].call.rate_limit_wait = 0.25
        task.cancel()
        await outcomes(task)
        server.sent[0].call.attempts += 2
        server.sent[0].call.rate_limit_wait += 0.5

        await outcomes(other)

        assert (first.call.attempts, first.call.rate_limit_wait) == (1, 0.25)
        assert (second.call.attempts, second.call.rate_limit_wait) == (2, 0.5)

    async def test_what_a_call_had_spent_before_stays(self, transport: CoalescingTransport) -> None:
        """A call may be more than one sending."""
        call = request()
        call.call.attempts, call.call.rate_limit_wait = 3, 1.0

        await transport.send(call)

        assert (call.call.attempts, call.call.rate_limit_wait) == (4, 1.0)

    async def test_all_learn_of_the_answer(self, transport: CoalescingTransport) -> None:
        """Each call reports the status, id and size of what it got."""
        calls = [request() for _ in range(2)]

        await outcomes(*(transport.send(call) for call in calls))

        assert [(c.call.status, c.call.request_id, c.call.size) for c in calls] == [(200, "r-1", 17)] * 2


async def test_it_works_on_the_running_loop() -> None:
    """Outside tests the timers are the loop's."""
    never = asyncio.Event()

    class Silence:
        async def send(self, request: Request[Any], /) -> Response:
            await never.wait()
            return Response(None)

    now = asyncio.get_running_loop().time()

    with pytest.raises(DeadlineExceeded):
        await CoalescingTransport(Silence()).send(request(deadline=now + 0.01))
