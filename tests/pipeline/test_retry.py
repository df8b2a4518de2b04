"""Retries heal what can be healed, within their budget, and never past a deadline."""

import asyncio
import math
from collections.abc import Callable, Iterable
from itertools import chain, cycle, repeat
from typing import Any

import attrs
import pytest

from capillary_async.errors import (
    AuthenticationError,
    CapillaryError,
    DeadlineExceeded,
    DecodeError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
)
from capillary_async.options import ClientOptions, RetryPolicy
from capillary_async.pipeline.pacing import paced_by
from capillary_async.pipeline.request import CallContext, Request, Response, Transport
from capillary_async.pipeline.retry import (
    RetryBudget,
    RetryTransport,
    asked_wait,
    choose_wait,
)
from tests.fakes import VirtualClock, outcomes

PATH = "/v2/customers/{customerId}"
TOKEN_PATH = "/v3/oauth/token/generate"
ANSWER = Response({})


def broken() -> TransportError:
    """Say what a broken connection comes to."""
    return TransportError("the connection broke")


def unavailable(retry_after: float | None = None) -> ServerError:
    """Say what a 503 comes to."""
    error = ServerError("unavailable", status=503)
    error.retry_after = retry_after
    return error


def throttled(retry_after: float | None = None) -> RateLimitedError:
    """Say what a 429 comes to."""
    error = RateLimitedError("too many", status=429)
    error.retry_after = retry_after
    return error


def not_found() -> NotFoundError:
    """Say what a verdict about a customer comes to."""
    return NotFoundError("no such customer", status=404)


Make = Callable[[], CapillaryError]


class Server:
    """Answers requests from a script of errors (`None` is success), then with success for ever."""

    def __init__(self, clock: VirtualClock, script: Iterable[Make | None] = ()) -> None:
        self.clock = clock
        self.starts: list[float] = []
        self._script = iter(script)

    async def send(self, request: Request[Any], /) -> Response:
        """Follow the script."""
        request.call.attempts += 1
        self.starts.append(self.clock.elapsed)
        await asyncio.sleep(0)
        make = next(self._script, None)
        if make is not None:
            raise make()
        return ANSWER


@attrs.frozen
class Retrying:
    """A transport that retries, the budget that it spends, and the policy of the calls."""

    transport: RetryTransport
    budget: RetryBudget
    policy: RetryPolicy

    async def send(self, request: Request[Any], /) -> Response:
        """Send by the transport."""
        request.call.options = ClientOptions(retry=self.policy)
        return await self.transport.send(request)


def retrying(
    server: Server, *, random: Callable[[], float] = lambda: 1.0, policy: RetryPolicy | None = None
) -> Retrying:
    """Build the subject over a server, with waits as long as they can be."""
    policy = policy or RetryPolicy()
    budget = RetryBudget(policy)
    transport = RetryTransport(
        server,
        budget,
        clock=server.clock.time,
        sleep=server.clock.sleep,
        random=random,
        repeatable_posts=(TOKEN_PATH,),
    )
    return Retrying(transport, budget, policy)


def request(*, within: float = math.inf) -> Request[Any]:
    """Build a request whose deadline is so many seconds from the clock's start."""
    return Request(PATH, call=CallContext(deadline=1000.0 + within))


@pytest.fixture
def clock() -> VirtualClock:
    """Return a clock that nobody waits for."""
    return VirtualClock(1000.0)


class TestChooseWait:
    """A wait is short, random and bounded."""

    @pytest.mark.parametrize(("attempt", "most"), [(1, 0.05), (2, 0.1), (3, 0.2), (4, 0.4), (9, 12.8), (10, 20.0)])
    def test_waits_double_up_to_the_cap(self, attempt: int, most: float) -> None:
        """Short at first, because most faults are over at once; never so long that nobody waits for it."""
        assert choose_wait(broken(), attempt, RetryPolicy(), 1.0) == most

    @pytest.mark.parametrize(("attempt", "most"), [(1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 20.0)])
    def test_throttled_waits_are_longer(self, attempt: int, most: float) -> None:
        """An answer that says "too many" is not over in 50 ms."""
        assert choose_wait(throttled(), attempt, RetryPolicy(), 1.0) == most

    @pytest.mark.parametrize("error", [broken(), throttled(), unavailable()])
    def test_the_whole_wait_is_random(self, error: CapillaryError) -> None:
        """Calls that failed together must not come back together: from nothing to the most, evenly."""
        whole = choose_wait(error, 2, RetryPolicy(), 1.0)

        assert choose_wait(error, 2, RetryPolicy(), 0.0) == 0.0
        assert choose_wait(error, 2, RetryPolicy(), 0.25) == whole / 4

    def test_any_number_of_attempts_is_possible(self) -> None:
        """Doubling a float a thousand times overflows."""
        assert choose_wait(broken(), 100_000, RetryPolicy(attempts=100_000), 1.0) == 20.0

    @pytest.mark.parametrize(("error", "jitter"), [(throttled(5.0), 1.0), (unavailable(5.0), 0.05)])
    def test_the_wait_asked_for_is_kept_and_spread(self, error: CapillaryError, jitter: float) -> None:
        """Less would break the API's wish; all at the same moment would be the next storm."""
        assert choose_wait(error, 3, RetryPolicy(), 0.0) == 5.0
        assert choose_wait(error, 3, RetryPolicy(), 1.0) == 5.0 + jitter

    def test_the_spread_does_not_make_the_longest_wait_longer(self) -> None:
        """Whoever set a bound counts on it."""
        assert choose_wait(throttled(299.5), 1, RetryPolicy(), 0.25) == 299.75
        assert choose_wait(throttled(299.5), 1, RetryPolicy(), 1.0) == 300.0

    @pytest.mark.parametrize("asked", [0.0, 5.0, 300.0])
    def test_a_sensible_wish_is_honoured(self, asked: float) -> None:
        """Up to five minutes, the end included."""
        assert asked_wait(unavailable(asked), RetryPolicy()) == asked

    @pytest.mark.parametrize("asked", [None, -5.0, 300.001, 1e11, math.inf, -math.inf, math.nan])
    def test_a_senseless_wish_is_ignored(self, asked: float | None) -> None:
        """One bad header must not stop a client for an hour, or for ever."""
        assert asked_wait(throttled(asked), RetryPolicy()) is None
        assert choose_wait(throttled(asked), 1, RetryPolicy(), 0.5) == 0.5

    def test_only_refusals_can_ask_for_a_wait(self) -> None:
        """A broken connection brought no header."""
        assert asked_wait(broken(), RetryPolicy()) is None


class TestRetryBudget:
    """Retries are paid from one purse, so that an outage cannot be made worse by them."""

    def test_it_pays_for_35_retries(self) -> None:
        """This number is what an outage costs a client."""
        budget = RetryBudget(RetryPolicy())

        assert [budget.take(14) for _ in range(36)] == [True] * 35 + [False]
        assert budget.tokens == 10

    def test_its_last_token_can_be_spent(self) -> None:
        """The budget is what the policy says, not one less."""
        budget = RetryBudget(RetryPolicy(budget=10))

        assert budget.take(10)
        assert budget.tokens == 0

    def test_it_never_holds_more_than_at_first(self) -> None:
        """A good day must not pay for a storm the next."""
        budget = RetryBudget(RetryPolicy())
        budget.take(14)

        budget.refund(10)
        assert budget.tokens == 496

        budget.refund(5)
        assert budget.tokens == 500


class TestOneCall:
    """What a caller sees when a call fails once or more often."""

    async def test_a_fault_is_healed(self, clock: VirtualClock) -> None:
        """The caller never hears of it."""
        server = Server(clock, [broken])
        call = request()

        assert await retrying(server).send(call) is ANSWER
        assert call.call.attempts == 2
        assert clock.sleeps == [0.05]

    async def test_a_success_waits_for_nothing(self, clock: VirtualClock) -> None:
        """Nearly every call is one."""
        await retrying(Server(clock)).send(request())

        assert clock.sleeps == []

    async def test_the_fourth_failure_is_final(self, clock: VirtualClock) -> None:
        """Whoever failed four times is told the last reason."""
        server = Server(clock, [broken, broken, unavailable, lambda: unavailable(1.0), None])
        call = request()

        with pytest.raises(ServerError) as caught:
            await retrying(server).send(call)

        assert caught.value.retry_after == 1.0
        assert caught.value.__context__ is None
        assert call.call.attempts == 4
        assert clock.sleeps == [0.05, 0.1, 0.2]

    @pytest.mark.parametrize(
        "make",
        [
            not_found,
            lambda: AuthenticationError("bad key", status=401),
            lambda: DeadlineExceeded("too late"),
            lambda: DecodeError("not JSON"),
        ],
    )
    async def test_what_will_not_change_is_not_tried_again(self, clock: VirtualClock, make: Make) -> None:
        """A refusal of the request, the credentials or the deadline stays one."""
        call = request()

        with pytest.raises(type(make())):
            await retrying(Server(clock, [make])).send(call)

        assert call.call.attempts == 1

    async def test_a_cut_answer_is_asked_for_again(self, clock: VirtualClock) -> None:
        """It is the error that says whether it may pass, not its class."""
        server = Server(clock, [lambda: DecodeError("cut off", retryable=True)])

        assert await retrying(server).send(request()) is ANSWER

    async def test_only_calls_that_change_nothing_are_repeated(self, clock: VirtualClock) -> None:
        """A POST may have done its work before the connection broke."""
        server = Server(clock, [broken])

        with pytest.raises(TransportError):
            await retrying(server).send(Request("/v2/anything", method="POST"))

    async def test_the_post_for_a_token_is_repeated(self, clock: VirtualClock) -> None:
        """It has a body, but changes nothing."""
        server = Server(clock, [broken])

        assert await retrying(server).send(Request(TOKEN_PATH, method="POST")) is ANSWER

    async def test_one_attempt_switches_retries_off(self, clock: VirtualClock) -> None:
        """Some callers bring their own."""
        call = request()

        with pytest.raises(TransportError):
            await retrying(Server(clock, [broken]), policy=RetryPolicy(attempts=1)).send(call)

        assert call.call.attempts == 1

    async def test_a_cancelled_wait_sends_nothing_more(self, clock: VirtualClock) -> None:
        """A caller that left must not cause requests."""
        server = Server(clock, [lambda: unavailable(5.0)])
        task = asyncio.create_task(retrying(server).send(request()))
        clock.call_at(1003.0, task.cancel)

        with pytest.raises(asyncio.CancelledError):
            await task

        assert server.starts == [0.0]

    async def test_a_cancelled_wait_is_not_paid_for(self, clock: VirtualClock) -> None:
        """Callers that do not wait as long as the API asks would leave no retry to the others."""
        transport = retrying(Server(clock, [lambda: throttled(60.0)]))
        tasks = [asyncio.create_task(transport.send(request())) for _ in range(2)]
        for task in tasks:
            clock.call_at(1003.0, task.cancel)

        await outcomes(*tasks)

        assert transport.budget.tokens == 500


class TestDeadline:
    """Nobody waits for what cannot come in time."""

    async def test_a_wait_that_would_pass_it_is_not_begun(self, clock: VirtualClock) -> None:
        """The caller gets the error while there is time to do something else."""
        server = Server(clock, [lambda: unavailable(5.0)])

        with pytest.raises(ServerError):
            await retrying(server, random=lambda: 0.0).send(request(within=5.0))

        assert clock.elapsed == 0.0

    async def test_a_wait_that_just_fits_is_begun(self, clock: VirtualClock) -> None:
        """Giving up too early is a failure, too."""
        server = Server(clock, [lambda: unavailable(5.0)])

        assert await retrying(server, random=lambda: 0.0).send(request(within=5.001)) is ANSWER
        assert clock.elapsed == 5.0

    async def test_a_retry_that_does_not_fit_is_not_paid(self, clock: VirtualClock) -> None:
        """Short deadlines must not drain the budget of the others."""
        transport = retrying(Server(clock, [broken]))

        with pytest.raises(TransportError):
            await transport.send(request(within=0.01))

        assert transport.budget.tokens == 500

    async def test_a_retry_that_a_pause_keeps_from_its_deadline_is_not_paid(self, clock: VirtualClock) -> None:
        """While it waited, another call learned that the API wants none for long."""
        server = Server(clock, [lambda: unavailable(5.0), lambda: throttled(200.0)])
        transport = retrying(server, random=lambda: 0.0)
        first = asyncio.create_task(transport.send(request(within=100.0)))
        await clock.sleep(1.0)
        second = asyncio.create_task(transport.send(request(within=100.0)))

        errors = await outcomes(first, second)

        assert [type(error) for error in errors] == [RateLimitedError, RateLimitedError]
        assert len(server.starts) == 2
        assert transport.budget.tokens == 500


class TestSpending:
    """What drains the budget, and what fills it."""

    async def test_a_retry_that_helped_is_paid_back(self, clock: VirtualClock) -> None:
        """Scattered faults never drain the budget."""
        transport = retrying(Server(clock, [broken, None, throttled]))

        await transport.send(request())
        assert transport.budget.tokens == 500

        await transport.send(request())
        assert transport.budget.tokens == 500

    async def test_only_the_last_retry_is_paid_back(self, clock: VirtualClock) -> None:
        """A service that needs several attempts for each call is in trouble, and retries add to it."""
        transport = retrying(Server(clock, [throttled, broken, broken]))

        await transport.send(request())

        assert transport.budget.tokens == 500 - 5 - 14

    async def test_a_call_that_fails_pays_nothing_back(self, clock: VirtualClock) -> None:
        """Otherwise an outage would pay for its own storm."""
        transport = retrying(Server(clock, [broken] * 4))

        with pytest.raises(TransportError):
            await transport.send(request())

        assert transport.budget.tokens == 500 - 3 * 14

    @pytest.mark.parametrize("make", [None, not_found])
    async def test_every_answer_pays_back_one(self, clock: VirtualClock, make: Make | None) -> None:
        """A customer who does not exist proves, as any other answer, that the API is well."""
        transport = retrying(Server(clock, [broken] * 4 + [make]))

        await storm(transport, 1)
        await storm(transport, 1)

        assert transport.budget.tokens == 500 - 3 * 14 + 1

    async def test_a_verdict_after_a_retry_pays_it_back(self, clock: VirtualClock) -> None:
        """The retry helped: there is an answer."""
        transport = retrying(Server(clock, [broken, not_found]))

        with pytest.raises(NotFoundError):
            await transport.send(request())

        assert transport.budget.tokens == 500

    async def test_an_undecodable_answer_pays_nothing_back(self, clock: VirtualClock) -> None:
        """A gateway's HTML page says nothing about the API's health."""
        transport = retrying(Server(clock, [broken, lambda: DecodeError("HTML")]))

        with pytest.raises(DecodeError):
            await transport.send(request())

        assert transport.budget.tokens == 486


class TestPause:
    """An answer that says "too many" is meant for the whole client."""

    async def test_too_many_holds_back_all_calls(self, clock: VirtualClock) -> None:
        """The limit is on the key: what one call hit, the next would hit, too."""
        server = Server(clock, [lambda: throttled(5.0)])
        transport = retrying(server, random=lambda: 0.5)
        first = asyncio.create_task(transport.send(request()))
        await clock.run_ready()

        await outcomes(*(transport.send(request()) for _ in range(3)))
        await first

        assert server.starts == [0.0] + [5.5] * 4

    async def test_a_server_in_trouble_holds_back_nobody_else(self, clock: VirtualClock) -> None:
        """A 503 may be about one customer's shard."""
        server = Server(clock, [lambda: unavailable(5.0)])
        transport = retrying(server)
        first = asyncio.create_task(transport.send(request()))
        await clock.run_ready()

        await transport.send(request())

        assert clock.elapsed == 0.0
        await first

    async def test_calls_restart_spread_out(self, clock: VirtualClock) -> None:
        """Fifty calls in one millisecond are the next "too many"."""
        chances = iter([0.0, *(n / 64 for n in range(50))])
        server = Server(clock, [lambda: throttled(5.0)])
        transport = retrying(server, random=lambda: next(chances))
        first = asyncio.create_task(transport.send(request()))
        await clock.run_ready()

        await outcomes(*(transport.send(request()) for _ in range(50)))
        await first

        assert server.starts == [0.0, 5.0, *(5.0 + n / 64 for n in range(50))]

    async def test_a_longer_base_spreads_them_further(self, clock: VirtualClock) -> None:
        """It says how long "too many" takes to pass."""
        policy = RetryPolicy(throttled_base=2.0)
        server = Server(clock, [lambda: throttled(5.0)])
        transport = retrying(server, random=lambda: 0.25, policy=policy)
        first = asyncio.create_task(transport.send(request()))
        await clock.run_ready()

        await transport.send(request())
        await first

        assert server.starts == [0.0, 5.5, 5.5]

    async def test_a_pause_that_just_fits_is_sat_out(self, clock: VirtualClock) -> None:
        """Giving up too early is a failure, too; a pause up to the deadline leaves no time for the call."""
        server = Server(clock, [lambda: throttled(5.0)])
        transport = retrying(server, random=lambda: 0.0, policy=RetryPolicy(attempts=1))
        await storm(transport, 1)

        with pytest.raises(RateLimitedError):
            await transport.send(request(within=5.0))
        assert await transport.send(request(within=5.001)) is ANSWER

        assert server.starts == [0.0, 5.0]

    async def test_the_longest_pause_counts(self, clock: VirtualClock) -> None:
        """A shorter wish that comes later does not cut an earlier one, and a longer one extends it."""
        server = Server(clock, [lambda: throttled(2.0), lambda: throttled(9.0), lambda: throttled(4.0)])
        transport = retrying(server, random=lambda: 0.0)

        await outcomes(*(transport.send(request()) for _ in range(3)))

        assert server.starts == [0.0] * 3 + [9.0] * 3

    async def test_without_a_wish_the_pause_is_the_wait(self, clock: VirtualClock) -> None:
        """No document says that the API sends `Retry-After`."""
        server = Server(clock, [throttled])
        transport = retrying(server, random=lambda: 0.75)
        first = asyncio.create_task(transport.send(request()))
        await clock.run_ready()

        await transport.send(request())
        await first

        assert server.starts == [0.0, 0.75, 1.5]

    async def test_the_final_answer_holds_back_the_others_too(self, clock: VirtualClock) -> None:
        """That this call gives up changes nothing about the limit."""
        transport = retrying(Server(clock, [lambda: throttled(3.0)]), policy=RetryPolicy(attempts=1))
        await storm(transport, 1)

        await transport.send(request())

        assert clock.elapsed == 4.0

    async def test_a_call_that_cannot_wait_so_long_fails_at_once(self, clock: VirtualClock) -> None:
        """It is told for how long the API wants no calls."""
        server = Server(clock, [lambda: throttled(200.0)])
        transport = retrying(server, random=lambda: 0.0)
        await outcomes(transport.send(request(within=120.0)))
        clock.block(50.0)

        with pytest.raises(RateLimitedError, match=r"^the API wants no calls until after the call's") as caught:
            await transport.send(request(within=200.0))

        assert caught.value.retry_after == 150.0
        assert caught.value.status == 429
        assert clock.sleeps == []
        assert server.starts == [0.0]

    async def test_a_retry_does_not_wait_for_a_pause_past_its_deadline(self, clock: VirtualClock) -> None:
        """Its own wait would fit, but another call has learned of a longer pause."""
        server = Server(clock, [lambda: throttled(200.0), broken])
        transport = retrying(server, random=lambda: 0.0)

        failures = await outcomes(*(transport.send(request(within=120.0)) for _ in range(2)))

        assert [type(failure) for failure in failures] == [RateLimitedError, TransportError]
        assert clock.elapsed == 0.0

    async def test_other_parts_are_told_of_the_pause(self, clock: VirtualClock) -> None:
        """Calls that queue for the rate limit have passed this part already."""
        told: list[float] = []
        policy = RetryPolicy(attempts=1)
        budget = RetryBudget(policy)
        transport = RetryTransport(
            Server(clock, [lambda: throttled(2.0), lambda: throttled(1.0)]),
            budget,
            clock=clock.time,
            sleep=clock.sleep,
            on_pause=told.append,
        )

        once = Retrying(transport, budget, policy)
        await outcomes(once.send(request()), once.send(request()))

        assert told == [1002.0]


class TestStorms:
    """What many calls together cost a server in trouble."""

    async def test_an_outage_of_200_calls_costs_235_requests(self, clock: VirtualClock) -> None:
        """Without a budget it would cost 800."""
        server = Server(clock, repeat(broken))

        failures = await storm(retrying(server), 200)

        assert all(isinstance(failure, TransportError) for failure in failures)
        assert len(server.starts) == 235

    async def test_a_long_outage_fails_fast(self, clock: VirtualClock) -> None:
        """Once the budget is spent no call waits."""
        server = Server(clock, repeat(broken))
        transport = retrying(server)
        await storm(transport, 200)
        seconds = clock.elapsed

        await storm(transport, 1000)

        assert transport.budget.tokens < RetryPolicy().retry_cost
        assert clock.elapsed == seconds
        assert len(server.starts) == 1235

    async def test_after_an_outage_retries_come_back(self, clock: VirtualClock) -> None:
        """Four answers pay for the first retry."""
        server = Server(clock, chain(repeat(broken, 235), repeat(None, 4), [broken]))
        transport = retrying(server)
        await storm(transport, 200)

        await storm(transport, 4)

        assert await transport.send(request()) is ANSWER

    async def test_a_throttled_storm_costs_100_retries(self, clock: VirtualClock) -> None:
        """Being throttled is cheaper: the API is well, and says so."""
        server = Server(clock, repeat(throttled))

        await storm(retrying(server), 1000)

        assert len(server.starts) == 1100

    @pytest.mark.parametrize("make", [broken, unavailable, lambda: unavailable(5.0), throttled])
    async def test_scattered_faults_cost_little_and_all_heal(self, clock: VirtualClock, make: Make) -> None:
        """One request in ten fails: every key is answered, with at most 1.2 requests a key."""
        server = Server(clock, cycle([make, *[None] * 9]))

        answers = await storm(retrying(server), 200)

        assert answers == [ANSWER] * 200
        assert len(server.starts) <= 240

    @pytest.mark.parametrize("asked", [None, 0.0, 5.0, 300.0, -5.0, 1e11, math.inf, math.nan])
    async def test_no_wait_is_longer_than_five_minutes(self, clock: VirtualClock, asked: float | None) -> None:
        """Whatever a server asks for."""
        server = Server(clock, cycle([lambda: throttled(asked), lambda: unavailable(asked)]))

        await storm(retrying(server), 10)

        assert max(clock.sleeps) <= 300.0


async def storm(transport: Transport, calls: int) -> list[Response | BaseException]:
    """Make so many calls at once."""
    return await outcomes(*(transport.send(request()) for _ in range(calls)))


# --- pacers ---


class StubPacer:
    """Bears with so many throttled requests.

    Attributes:
        heard: What it was told.
    """

    def __init__(self, patience: int, *, is_open: bool = True) -> None:
        self.patience = patience
        self.is_open = is_open
        self.heard: list[str] = []

    def start_now(self) -> bool:
        """Never at once."""
        return False

    async def wait(self, deadline: float) -> bool:
        """Note the start."""
        self.heard.append("start")
        return self.is_open

    def answered(self) -> None:
        """Note it."""
        self.heard.append("answered")

    def throttled(self, error: CapillaryError, retry_at: float | None) -> bool:
        """Note it."""
        self.heard.append("throttled" if retry_at is None else f"throttled until {retry_at:g}")
        self.patience -= 1
        return self.patience >= 0


@pytest.mark.parametrize("make", [throttled, unavailable])
async def test_a_pacer_decides_whether_a_throttled_request_is_sent_again(make: Make) -> None:
    """Six of them, none paid for: more than the attempts and the budget would give."""
    clock = VirtualClock()
    server = Server(clock, [make] * 6)
    policy = RetryPolicy(attempts=2, budget=1)
    pacer = StubPacer(patience=6)

    with paced_by(pacer):
        await retrying(server, policy=policy).send(Request(PATH))

    assert pacer.heard == ["start", "throttled"] * 6 + ["start", "answered"]
    assert clock.sleeps == []


async def test_a_pacer_that_gives_up_has_the_last_word() -> None:
    """Else the API would get the attempts of the call on top."""
    server = Server(VirtualClock(), [throttled] * 9)
    pacer = StubPacer(patience=1)

    with paced_by(pacer), pytest.raises(RateLimitedError):
        await retrying(server).send(Request(PATH))

    assert len(server.starts) == 2


async def test_a_pacer_hears_when_the_api_wants_the_next_request() -> None:
    """The API's own word on it is better than any guess."""
    server = Server(VirtualClock(start=1000), [lambda: throttled(7.0)])
    pacer = StubPacer(patience=1)

    with paced_by(pacer):
        await retrying(server).send(Request(PATH))

    assert pacer.heard[1] == "throttled until 1007"


async def test_a_pacer_with_no_room_before_the_deadline_ends_the_call() -> None:
    """The caller learns it while there is still time to do something about it."""
    server = Server(VirtualClock())

    with paced_by(StubPacer(patience=1, is_open=False)), pytest.raises(DeadlineExceeded):
        await retrying(server).send(Request(PATH))

    assert server.starts == []


async def test_an_error_that_comes_of_a_spent_budget_says_so() -> None:
    """Else one looks for the fault in the request, which was sent once and could have been healed."""
    policy = RetryPolicy(budget=1)

    with pytest.raises(TransportError, match="the client's budget for retries is spent"):
        await retrying(Server(VirtualClock(), [broken]), policy=policy).send(Request(PATH))
