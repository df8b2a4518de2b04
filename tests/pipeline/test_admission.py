"""A request goes when there are a connection and a permit for it, in order, and never one too many."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.errors import DeadlineExceeded, TransportError
from capillary_async.options import RateLimit
from capillary_async.pipeline.admission import Admission, bulk_priority, has_bulk_priority
from capillary_async.pipeline.limit import Limit, LocalLimit
from capillary_async.pipeline.request import CallContext, Request, Response
from tests.fakes import VirtualClock, outcomes
from tests.pipeline.windows import most_in_a_window

ANSWER = Response({})
# One request a second, and never a second one at once.
SLOW = RateLimit(10, per=10.0)
INTERVAL = 1.005


@attrs.define
class Scene:
    """An admission on a clock that starts at 0, and when each request went.

    Attributes:
        takes: Seconds that each request takes.
        after_timers: What happens right after each of the next timers, before any task can run.
    """

    clock: VirtualClock
    admission: Admission = attrs.field(init=False)
    takes: float = 0.0
    after_timers: list[Callable[[], object]] = attrs.field(factory=list[Callable[[], object]])
    exact: list[float] = attrs.field(factory=list[float])
    starts: list[tuple[str, float]] = attrs.field(factory=list[tuple[str, float]])

    @classmethod
    def of(
        cls,
        rate_limit: RateLimit | None = None,
        *,
        connections: int = 1000,
        takes: float = 0.0,
        clock: VirtualClock | None = None,
        limit: Limit | None = None,
    ) -> "Scene":
        """Build and open one."""
        scene = cls(clock or VirtualClock(0.0), takes)
        if rate_limit is not None:
            limit = LocalLimit.of(rate_limit, scene.clock.time)
        scene.admission = Admission(scene, limit, clock=scene.clock.time, call_at=scene.call_at)
        scene.admission.open(connections)
        return scene

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Run a callback at that moment, and what is to happen then."""

        def run() -> None:
            callback()
            if self.after_timers:
                self.after_timers.pop(0)()

        return self.clock.call_at(when, run)

    async def send(self, request: Request[Any], /) -> Response:
        """Take the time that a request takes."""
        self.exact.append(self.clock.time())
        self.starts.append((request.path, round(self.exact[-1], 6)))
        if self.takes:
            await self.clock.sleep(self.takes)
        return ANSWER

    def begin(
        self, name: str = "", *, is_bulk: bool = False, deadline: float = math.inf
    ) -> tuple[asyncio.Task[Response], CallContext]:
        """Have a request come now; return its task and its call."""
        call = CallContext(deadline, is_bulk=is_bulk)
        return asyncio.create_task(self.admission.send(Request(name, call=call))), call

    async def call(self, name: str = "", *, is_bulk: bool = False, deadline: float = math.inf) -> CallContext:
        """Have a request come now, and wait for it."""
        task, call = self.begin(name, is_bulk=is_bulk, deadline=deadline)
        await task
        return call

    async def rush(self, calls: int) -> list[float]:
        """Have many come at once, and return when they went."""
        await asyncio.gather(*(self.begin(str(n))[0] for n in range(calls)))
        return self.times

    def at(self, when: float, *actions: Callable[[], object]) -> None:
        """Do all of this at that moment, before any task can run."""
        self.clock.call_at(when, lambda: [action() for action in actions])

    @property
    def times(self) -> list[float]:
        """When the requests went, rounded."""
        return [time for _, time in self.starts]

    @property
    def names(self) -> list[str]:
        """The requests in the order they went."""
        return [name for name, _ in self.starts]


class TestLimit:
    """Requests go one interval apart, and no window holds more than the limit."""

    async def test_a_request_now_and_then_never_waits(self) -> None:
        """The limit of an idle client costs nothing."""
        scene = Scene.of(SLOW)

        for _ in range(20):
            await scene.call()
            await scene.clock.sleep(1.1)

        assert round(scene.clock.elapsed, 9) == 22.0

    async def test_waiting_requests_follow_each_other_evenly(self) -> None:
        """Other clients release them in one millisecond when the window ends."""
        assert await Scene.of(SLOW).rush(5) == [0.0, 0.98, 1.985, 2.99, 3.995]

    async def test_they_go_in_the_order_they_came(self) -> None:
        """Whoever waits longest is next."""
        scene = Scene.of(RateLimit(7, per=1.0))

        await scene.rush(40)

        assert scene.names == [str(n) for n in range(40)]

    async def test_an_idle_client_starts_a_hundredth_at_once(self) -> None:
        """A page that needs a few calls gets them without any wait."""
        times = await Scene.of(RateLimit(300, per=300.0)).rush(6)

        assert times[:4] == [0.0] * 4
        assert times[4] > 0.9

    @pytest.mark.parametrize("late", [0.0, 0.001, -0.000_001])
    @pytest.mark.parametrize(("limit", "per"), [(1, 1.0), (3, 0.7), (10, 1.0), (100, 60.0), (1000, 60.0), (1000, 1.0)])
    async def test_98_percent_are_used_under_pressure(self, limit: int, per: float, late: float) -> None:
        """Timers of real loops are late by up to a millisecond or two, and early by rounding."""
        windows = max(10, 2000 // limit)
        scene = Scene.of(RateLimit(limit, per=per), clock=VirtualClock(0.0, early=-late))

        await scene.rush(windows * limit)

        assert most_in_a_window(scene.exact, per) <= limit
        assert windows * per >= 0.98 * scene.exact[-1]

    async def test_a_permit_is_good_only_at_its_time(self) -> None:
        """A process that is stopped after it got a permit would otherwise start one too many when it goes on."""
        scene = Scene.of(SLOW)
        await scene.call()
        scene.after_timers.append(lambda: scene.clock.block(2.5))

        await scene.call("stopped")

        assert scene.starts == [("", 0.0), ("stopped", 3.48)]

    async def test_a_stop_while_the_permit_is_taken(self) -> None:
        """A process may be stopped at any instruction, also between the clock's time and the state that is written."""
        store = a_store(0.0, 0.0)
        scene = Scene.of(limit=store)
        store.after_take = [lambda: scene.clock.block(2.5)]

        await scene.call()

        assert scene.times == [2.5]
        assert not store.answers

    async def test_a_busy_event_loop_loses_no_permit(self) -> None:
        """A task that runs a moment after its permit would drop it, ask for another, and never go."""
        scene = Scene.of(RateLimit(1, per=0.2))
        scene.after_timers = [partial(scene.clock.block, 0.005)] * 100

        times = await scene.rush(10)

        assert times[-1] < 9 * (0.201 + 0.006)

    async def test_a_stop_of_the_whole_process_sends_no_burst(self) -> None:
        """Whatever waited goes on one interval apart."""
        scene = Scene.of(RateLimit(20, per=1.0))
        for seconds in (0.0, 0.0, 2.5, 0.0, 0.3, 0.01, 0.9, 0.0, 2.5):
            scene.after_timers.append(partial(scene.clock.block, seconds))

        await scene.rush(60)

        assert most_in_a_window(scene.exact, 1.0) <= 20

    async def test_the_limit_of_the_last_opening_still_counts(self) -> None:
        """A client that is left and entered again has no new minute."""
        scene = Scene.of(SLOW)
        await scene.call()
        await scene.admission.close()
        scene.admission.open(10)

        await scene.call()

        assert scene.times == [0.0, 0.98]


class TestConnections:
    """No more requests are under way than there are connections."""

    async def test_who_finds_none_waits_for_the_first_that_is_free(self) -> None:
        """In the order they came."""
        scene = Scene.of(connections=2, takes=1.0)

        await scene.rush(5)

        assert scene.starts == [("0", 0.0), ("1", 0.0), ("2", 1.0), ("3", 1.0), ("4", 2.0)]

    async def test_a_connection_is_free_again_after_an_error(self) -> None:
        """One that is lost with each error would stop the client in the end."""

        class Failing:
            async def send(self, request: Request[Any], /) -> Response:
                raise TransportError("no connection")

        admission = Admission(Failing())
        admission.open(1)

        errors = await outcomes(*(admission.send(Request("/")) for _ in range(3)))

        assert [type(error) for error in errors] == [TransportError] * 3

    async def test_both_are_taken_at_once(self) -> None:
        """A permit that waits for a connection would be used in a window that it was not given for."""
        scene = Scene.of(SLOW, connections=1, takes=5.0)

        await scene.rush(4)

        assert scene.times == [0.0, 5.0, 10.0, 15.0]

    async def test_requests_that_waited_for_a_connection_do_not_go_in_a_burst(self) -> None:
        """A server that stood still would see all at once whose turns were minutes apart."""
        scene = Scene.of(SLOW, connections=3, takes=30.0)

        await scene.rush(6)

        assert most_in_a_window(scene.exact, 1.0) == 2  # the credit of half an interval
        assert scene.times[3] == 30.0


class TestPriority:
    """Bulk work gives way, but not for ever."""

    async def test_calls_pass_bulk_work(self) -> None:
        """Somebody waits for them."""
        scene = Scene.of(SLOW)
        bulk = [scene.begin("bulk", is_bulk=True)[0] for _ in range(4)]
        await scene.clock.run_ready()

        await scene.call("call")
        await asyncio.gather(*bulk)

        assert scene.names == ["bulk", "call", "bulk", "bulk", "bulk"]

    async def test_one_of_ten_is_bulk_work(self) -> None:
        """A job beside a busy web backend still ends one day."""
        scene = Scene.of(SLOW)
        await scene.call("first")
        tasks = [scene.begin("bulk", is_bulk=True)[0] for _ in range(3)] + [scene.begin("call")[0] for _ in range(25)]

        await asyncio.gather(*tasks)

        assert scene.names[1:] == ["call"] * 9 + ["bulk"] + ["call"] * 9 + ["bulk"] + ["call"] * 7 + ["bulk"]

    async def test_bulk_work_keeps_its_own_order(self) -> None:
        """Its keys are as fair to each other as calls are."""
        scene = Scene.of(SLOW)

        await asyncio.gather(*(scene.begin(str(n), is_bulk=True)[0] for n in range(12)))

        assert scene.names == [str(n) for n in range(12)]

    async def test_bulk_work_leaves_connections_to_calls(self) -> None:
        """A checkout must not wait until one of a hundred slow lookups ends."""
        scene = Scene.of(connections=20, takes=30.0)
        bulk = [scene.begin("bulk", is_bulk=True)[0] for _ in range(50)]
        await scene.clock.run_ready()
        under_way = len(scene.starts)

        task, call = scene.begin("checkout")
        await scene.clock.run_ready()

        assert under_way == 18
        assert scene.starts[-1] == ("checkout", 0.0)
        assert call.connection_wait == 0.0
        await asyncio.gather(task, *bulk)

    async def test_a_call_that_joins_a_shared_request_takes_no_connection_from_bulk_work(self) -> None:
        """The request was bulk work when it took a connection, and is none any more when it releases it."""
        scene = Scene.of(connections=2, takes=1.0)
        for _ in range(3):
            task, shared = scene.begin("shared", is_bulk=True)
            await scene.clock.run_ready()
            shared.is_bulk = False
            await task

        assert scene.times == [0.0, 1.0, 2.0]

    @pytest.mark.parametrize(("connections", "for_bulk"), [(1, 1), (2, 1), (10, 9), (11, 9), (100, 90)])
    async def test_it_leaves_a_tenth_and_at_least_one(self, connections: int, for_bulk: int) -> None:
        """With one connection it may have that one, for it could never go else."""
        scene = Scene.of(connections=connections, takes=1.0)
        bulk = [scene.begin("bulk", is_bulk=True)[0] for _ in range(200)]
        await scene.clock.run_ready()

        assert len(scene.starts) == for_bulk
        await asyncio.gather(*bulk)

    async def test_a_connection_that_is_free_goes_to_calls_first(self) -> None:
        """Whichever came first."""
        scene = Scene.of(connections=1, takes=1.0)
        tasks = [scene.begin("first")[0], *(scene.begin("bulk", is_bulk=True)[0] for _ in range(2))]
        await scene.clock.run_ready()
        tasks.append(scene.begin("call")[0])

        await asyncio.gather(*tasks)

        assert scene.names == ["first", "call", "bulk", "bulk"]

    def test_it_ends_with_its_block(self) -> None:
        """What comes after a bulk run in the same task is no bulk work."""
        with bulk_priority():
            inside = has_bulk_priority()

        assert (inside, has_bulk_priority()) == (True, False)


class TestAccount:
    """A call says what it waited for."""

    async def test_a_request_that_goes_at_once_waited_for_nothing(self) -> None:
        """Exactly nothing."""
        call = await Scene.of(SLOW).call()

        assert (call.rate_limit_wait, call.connection_wait) == (0.0, 0.0)

    async def test_the_wait_for_the_limit(self) -> None:
        """Whoever looks at slow calls must see that it was the limit."""
        scene = Scene.of(SLOW)
        await scene.rush(2)

        call = await scene.call()

        assert (round(call.rate_limit_wait, 6), call.connection_wait) == (1.005, 0.0)

    async def test_the_wait_for_a_connection(self) -> None:
        """Another cause, with another remedy."""
        scene = Scene.of(connections=1, takes=2.0)
        first, _ = scene.begin()

        call = await scene.call()

        assert (call.rate_limit_wait, call.connection_wait) == (0.0, 2.0)
        await first

    async def test_a_wait_for_both_is_divided(self) -> None:
        """The connection is free after half a second, the permit is there half a second later."""
        scene = Scene.of(SLOW, connections=1, takes=0.5)
        first, _ = scene.begin()

        call = await scene.call()

        assert (round(call.rate_limit_wait, 6), call.connection_wait) == (0.48, 0.5)
        await first

    async def test_bulk_work_that_waits_for_its_share_of_connections(self) -> None:
        """There is a connection, but not for it."""
        scene = Scene.of(RateLimit(1000, per=1.0), connections=2, takes=3.0)
        first, _ = scene.begin(is_bulk=True)

        call = await scene.call(is_bulk=True)

        assert (call.rate_limit_wait, call.connection_wait) == (0.0, 3.0)
        await first

    async def test_retries_add_up(self) -> None:
        """A call is all of its requests."""
        scene, call = Scene.of(SLOW), CallContext()

        for _ in range(3):
            await scene.admission.send(Request("/", call=call))

        assert round(call.rate_limit_wait, 6) == 1.985

    async def test_a_wait_in_vain_is_written_down(self) -> None:
        """It cost the caller just as much."""
        scene = Scene.of(connections=1, takes=9.0)
        first, _ = scene.begin()
        task, call = scene.begin(deadline=0.6)

        await outcomes(task)

        assert call.connection_wait == 0.6
        await first


class TestLeaving:
    """Who gives up harms nobody."""

    async def test_the_others_move_up(self) -> None:
        """A cancelled call takes no permit, so its place is free."""
        scene = Scene.of(SLOW)
        tasks = [scene.begin(str(n))[0] for n in range(6)]
        await scene.clock.run_ready()

        tasks[1].cancel()
        tasks[3].cancel()
        await outcomes(*tasks)

        assert scene.starts == [("0", 0.0), ("2", 0.98), ("4", 1.985), ("5", 2.99)]

    async def test_a_permit_that_is_not_used_goes_to_the_next(self) -> None:
        """Between its turn and its going a call may be cancelled."""
        scene = Scene.of(SLOW, connections=1, takes=0.5)
        tasks = [scene.begin(str(n))[0] for n in range(3)]
        scene.after_timers.append(tasks[1].cancel)

        await outcomes(*tasks)

        assert scene.starts == [("0", 0.0), ("2", 0.98)]
        assert tasks[1].cancelled()

    async def test_a_connection_that_is_not_used_goes_to_the_next(self) -> None:
        """Without a limit the connection is handed over, and the call may be cancelled before it runs."""
        scene = Scene.of(connections=1, takes=0.5)
        tasks: list[asyncio.Task[Response]] = []

        async def first() -> None:
            await scene.admission.send(Request("0"))
            tasks[0].cancel()

        ends = asyncio.create_task(first())
        await scene.clock.run_ready()
        tasks += [scene.begin(str(n))[0] for n in (1, 2)]

        await outcomes(ends, *tasks)

        assert scene.starts == [("0", 0.0), ("2", 0.5)]
        assert tasks[0].cancelled()

    async def test_all_may_leave(self) -> None:
        """A client that shuts down leaves a line of nobody; who comes later is served."""
        scene = Scene.of(SLOW, connections=1, takes=0.5)
        tasks = [scene.begin(str(n))[0] for n in range(50)]
        await scene.clock.run_ready()
        for task in tasks:
            task.cancel()
        await outcomes(*tasks)

        await scene.call("later")

        assert scene.names == ["0", "later"]

    async def test_closing_leaves_no_timer(self) -> None:
        """A loop that ends would hold the client for the rest of the window."""
        scene = Scene.of(SLOW)
        tasks = [scene.begin()[0] for _ in range(2)]
        await scene.clock.run_ready()
        for task in tasks:
            task.cancel()
        await outcomes(*tasks)

        await scene.admission.close()

        assert scene.clock.pending == 0


class TestDeadline:
    """Nobody waits for a permit that comes too late."""

    async def test_a_wait_that_would_pass_it_is_not_begun(self) -> None:
        """The third of the waiting cannot go before 2.99."""
        scene = Scene.of(SLOW)
        for n in range(3):
            scene.begin(str(n))
        await scene.clock.run_ready()

        with pytest.raises(DeadlineExceeded, match=r"^the rate limit has no room before the call's deadline$"):
            await scene.call(deadline=2.98)

        assert scene.clock.elapsed == 0.0

    async def test_a_wait_that_just_fits_is_begun(self) -> None:
        """Giving up too early is a failure, too."""
        scene = Scene.of(SLOW)
        for n in range(3):
            scene.begin(str(n))
        await scene.clock.run_ready()

        await scene.call("in time", deadline=3.0)

        assert scene.starts[-1] == ("in time", 2.99)

    @pytest.mark.parametrize(
        ("calls", "bulk", "who", "ahead"),
        [
            (0, 0, "call", 0),
            (5, 3, "call", 5),
            (3, 0, "bulk", 0),
            (3, 1, "bulk", 4),
            (3, 3, "bulk", 6),
            (30, 2, "bulk", 20),
        ],
    )
    async def test_who_might_go_in_time_is_not_refused(self, calls: int, bulk: int, who: str, ahead: int) -> None:
        """And who surely cannot is refused at once."""
        scene = Scene.of(SLOW)
        await scene.call()
        for n in range(calls + bulk):
            scene.begin(is_bulk=n < bulk)
        await scene.clock.run_ready()
        earliest = 0.98 + ahead * INTERVAL

        early, _ = scene.begin(is_bulk=who == "bulk", deadline=earliest - 0.001)
        await scene.clock.run_ready()
        in_time, _ = scene.begin(is_bulk=who == "bulk", deadline=earliest + 0.001)
        await scene.clock.run_ready()

        assert early.done()
        assert not in_time.done()
        assert isinstance(early.exception(), DeadlineExceeded)
        await outcomes(in_time)

    async def test_who_was_overtaken_fails_at_the_deadline(self) -> None:
        """Not later, when its turn would come; and its place is free."""
        scene = Scene.of(connections=1, takes=5.0)
        first, _ = scene.begin("first")
        late, _ = scene.begin("late", deadline=1.0)

        (failure,) = await outcomes(late)

        assert scene.clock.time() == 1.0
        assert isinstance(failure, DeadlineExceeded)
        assert str(failure) == "the deadline passed while waiting for a connection"
        await first
        await scene.call("next")
        assert scene.names == ["first", "next"]

    async def test_who_waits_for_the_limit_in_vain_is_told_so(self) -> None:
        """Bulk work that was overtaken again and again."""
        scene = Scene.of(SLOW)
        await scene.call()
        bulk, _ = scene.begin("bulk", is_bulk=True, deadline=2.5)
        await scene.clock.run_ready()
        calls = [scene.begin("call")[0] for _ in range(3)]

        (failure,) = await outcomes(bulk)

        assert isinstance(failure, DeadlineExceeded)
        assert "the rate limit" in str(failure)
        await asyncio.gather(*calls)

    async def test_one_who_goes_in_time_is_not_told_late(self) -> None:
        """The deadline's timer must not outlive the wait."""
        scene = Scene.of(SLOW, takes=5.0)
        first, _ = scene.begin("first")

        await scene.call("second", deadline=1.0)

        assert scene.names == ["first", "second"]
        await first


class TestPause:
    """The API's wish for silence holds for what waits here, too."""

    @pytest.mark.parametrize("rate_limit", [None, SLOW])
    async def test_nothing_goes_before_its_end(self, rate_limit: RateLimit | None) -> None:
        """Neither who waits already nor who comes later."""
        scene = Scene.of(rate_limit, connections=1, takes=2.0)
        first, _ = scene.begin("first")
        second, _ = scene.begin("second")
        await scene.clock.run_ready()

        scene.admission.pause(5.0)
        await asyncio.gather(first, second, scene.begin("later")[0])

        assert scene.starts == [("first", 0.0), ("second", 5.0), ("later", 7.0)]

    async def test_a_shorter_one_does_not_end_it(self) -> None:
        """Two wishes are both kept."""
        scene = Scene.of(SLOW)
        scene.admission.pause(5.0)
        scene.admission.pause(2.0)

        await scene.call()

        assert scene.times == [5.0]


@attrs.define
class Store:
    """A limit that has to ask, as one does that is kept by a server."""

    gcra: Any
    opens_at: float = -math.inf
    answers: list[float | Exception] = attrs.field(factory=list[float | Exception])
    on_change: Callable[[], None] | None = None
    after_take: list[Callable[[], object]] = attrs.field(factory=list[Callable[[], object]])

    def open(self, on_change: Callable[[], None]) -> None:
        """Keep whom to tell."""
        self.on_change = on_change

    def take(self) -> float:
        """Answer, or say that there is no answer yet."""
        if not self.answers:
            return math.inf
        answer = self.answers.pop(0)
        if self.after_take:
            self.after_take.pop(0)()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Hold nothing."""


def a_store(*answers: float | Exception) -> Store:
    """Build one that has these answers."""
    return Store(LocalLimit.of(SLOW).gcra, answers=list(answers))


class TestAsking:
    """A limit whose answers come later, or not at all."""

    async def test_requests_wait_for_its_answers(self) -> None:
        """One answer, one request."""
        store = a_store()
        scene = Scene.of(limit=store)
        tasks = [scene.begin(str(n))[0] for n in range(2)]
        scene.at(1.0, lambda: store.answers.append(0.0), lambda: store.on_change and store.on_change())
        scene.at(3.0, lambda: store.answers.append(0.0), lambda: store.on_change and store.on_change())

        await asyncio.gather(*tasks)

        assert scene.starts == [("0", 1.0), ("1", 3.0)]

    async def test_a_limit_that_never_answers_costs_nobody_more_than_the_deadline(self) -> None:
        """Each call has its own."""
        scene = Scene.of(limit=a_store())
        tasks = [scene.begin(deadline=deadline)[0] for deadline in (1.0, 2.0, 2.5)]
        ended: list[float] = []
        for task in tasks:
            task.add_done_callback(lambda _: ended.append(scene.clock.time()))

        await outcomes(*tasks)

        assert ended == [1.0, 2.0, 2.5]

    async def test_an_error_is_raised_for_one_call(self) -> None:
        """The next one may have more luck."""
        store = a_store(math.inf, math.inf)
        scene = Scene.of(limit=store)
        tasks = [scene.begin()[0] for _ in range(2)]
        await scene.clock.run_ready()
        store.answers[:] = [TransportError("no answer"), 0.0]
        assert store.on_change is not None

        store.on_change()
        found = await outcomes(*tasks)

        assert [type(end) for end in found] == [TransportError, Response]

    async def test_an_error_of_a_request_that_does_not_wait_is_raised_at_once(self) -> None:
        """Nobody holds a connection afterwards."""
        scene = Scene.of(limit=a_store(TransportError("no answer"), 0.0), connections=1)

        with pytest.raises(TransportError):
            await scene.call()

        await scene.call("next")
        assert scene.names == ["next"]


Arrivals = list[tuple[float, int, bool, float | None, float | None]]


@st.composite
def arrivals(draw: st.DrawFn) -> Arrivals:
    """Draw moments, and for each how many come, of which kind, when they leave, and their deadline."""
    seconds = st.floats(0.0, 3.0)
    one = st.tuples(seconds, st.integers(1, 12), st.booleans(), st.none() | seconds, st.none() | seconds)
    return draw(st.lists(one, max_size=15))


async def play(scene: Scene, script: Arrivals) -> None:
    """Have callers come and go as the script says."""
    tasks: list[asyncio.Task[Response]] = []
    for gap, count, is_bulk, leaves_in, within in script:
        await scene.clock.sleep(gap)
        now = scene.clock.time()
        deadline = math.inf if within is None else now + within
        came = [scene.begin(f"{len(tasks) + n}", is_bulk=is_bulk, deadline=deadline)[0] for n in range(count)]
        if leaves_in is not None:
            scene.clock.call_at(now + leaves_in, came[0].cancel)
        tasks += came
    await outcomes(*tasks)


class TestWhateverCallersDo:
    """What holds for every pattern of coming, waiting and leaving."""

    @given(
        st.integers(1, 30), st.floats(0.05, 5.0), st.sampled_from([0.0, 1e-6, -0.001]), st.integers(1, 9), arrivals()
    )
    def test_no_window_sees_more_than_the_limit(
        self, limit: int, per: float, early: float, connections: int, script: Arrivals
    ) -> None:
        """One too many, and the API refuses it."""
        rate_limit, clock = RateLimit(limit, per=per), VirtualClock(0.0, early=early)
        scene = Scene.of(rate_limit, clock=clock, connections=connections, takes=0.1)

        asyncio.run(play(scene, script))

        assert most_in_a_window(scene.exact, per) <= limit

    @given(st.integers(1, 30), st.integers(1, 9), arrivals())
    def test_nobody_is_forgotten_or_overtaken(self, limit: int, connections: int, script: Arrivals) -> None:
        """All who stay go, those of a kind in the order they came."""
        stay = [(gap, count, is_bulk, None, None) for gap, count, is_bulk, _, _ in script]
        scene = Scene.of(RateLimit(limit, per=1.0), connections=connections, takes=0.1)
        bulk = [is_bulk for _, count, is_bulk, _, _ in stay for _ in range(count)]

        asyncio.run(play(scene, list(stay)))

        for kind in (True, False):
            came = [n for n, is_bulk in enumerate(bulk) if is_bulk is kind]
            assert [int(name) for name in scene.names if bulk[int(name)] is kind] == came

    @given(st.integers(1, 30), st.integers(1, 9), arrivals())
    def test_nobody_goes_after_the_deadline(self, limit: int, connections: int, script: Arrivals) -> None:
        """The request would be for nothing."""
        scene = Scene.of(RateLimit(limit, per=1.0), connections=connections, takes=0.1)
        deadlines = list(deadlines_of(script))

        asyncio.run(play(scene, script))

        assert all(time <= deadlines[int(name)] for (name, _), time in zip(scene.starts, scene.exact, strict=True))

    @given(st.integers(1, 9), arrivals())
    def test_every_connection_is_free_in_the_end(self, connections: int, script: Arrivals) -> None:
        """Whoever left at whatever moment."""
        scene = Scene.of(RateLimit(5, per=1.0), connections=connections, takes=0.1)

        async def main() -> list[float]:
            await play(scene, script)
            await scene.clock.sleep(100.0)
            scene.takes, before = 1000.0, len(scene.exact)
            tasks = [scene.begin()[0] for _ in range(connections)]
            await scene.clock.sleep(500.0)
            for task in tasks:
                task.cancel()
            await outcomes(*tasks)
            return scene.exact[before:]

        assert len(asyncio.run(main())) == connections


def deadlines_of(script: Arrivals) -> Iterator[float]:
    """Yield every caller's deadline."""
    now = 0.0
    for gap, count, _, _, within in script:
        now += gap
        yield from [math.inf if within is None else now + within] * count


async def test_it_works_on_the_running_loop() -> None:
    """Outside tests the clock is the loop's."""
    scene = Scene.of()
    admission = Admission(scene, LocalLimit.of(RateLimit(1000, per=1.0)))
    admission.open(5)

    with nullcontext() if has_bulk_priority() else bulk_priority():
        answers = await asyncio.gather(*(admission.send(Request("/v2/x")) for _ in range(15)))

    assert answers == [ANSWER] * 15
