"""No window ever sees more starts than the limit, and nobody waits longer than that takes."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.errors import DeadlineExceeded
from capillary_async.options import RateLimit
from capillary_async.pipeline.admission import RateLimiter, _Guard, bulk_priority
from capillary_async.pipeline.limiter import RateLimitedTransport
from capillary_async.pipeline.request import CallContext, Request, Response
from tests.fakes import VirtualClock, outcomes

ANSWER = Response({})


@attrs.define
class Queue:
    """Callers of one limiter, and when each of them started."""

    clock: VirtualClock
    limiter: RateLimiter
    exact: list[float] = attrs.field(factory=list[float])
    starts: list[tuple[str, float]] = attrs.field(factory=list[tuple[str, float]])

    @classmethod
    def of(cls, limit: int, per: float, *, clock: VirtualClock | None = None) -> "Queue":
        """Build a limiter on a clock that starts at 0."""
        clock = clock or VirtualClock(0.0)
        return cls(clock, RateLimiter(RateLimit(limit, per=per), clock=clock.time, call_at=clock.call_at))

    async def call(self, name: str = "", *, deadline: float = math.inf) -> None:
        """Start once when the limiter allows it."""
        await self.limiter.acquire(deadline)
        self.exact.append(self.clock.time())
        self.starts.append((name, round(self.exact[-1], 9)))

    def begin(self, name: str = "", *, is_low: bool = False, deadline: float = math.inf) -> asyncio.Task[None]:
        """Have a caller ask now."""
        with bulk_priority() if is_low else nullcontext():
            return asyncio.create_task(self.call(name, deadline=deadline))

    async def rush(self, calls: int) -> list[float]:
        """Have so many callers ask now, and return when they started."""
        await asyncio.gather(*(self.begin(str(n)) for n in range(calls)))
        return self.times

    def at(self, when: float, *actions: Callable[[], object]) -> None:
        """Do all of this at that moment, before any task can run."""

        def act() -> None:
            for action in actions:
                action()

        self.clock.call_at(when, act)

    def let_one_go(self) -> None:
        """Let time pass to the next start, and let go whose turn it is, who does not know yet."""
        self.clock.block(self.limiter._next - self.clock.time())
        self.limiter._grant()

    @property
    def times(self) -> list[float]:
        """When the callers started, rounded."""
        return [time for _, time in self.starts]

    @property
    def names(self) -> list[str]:
        """The callers in the order they started."""
        return [name for name, _ in self.starts]


def most_in_a_window(times: list[float], per: float) -> int:
    """Count the starts of the fullest window, both of its ends included."""
    first, most = 0, 0
    for last, time in enumerate(times):
        while time - times[first] > per:
            first += 1
        most = max(most, last - first + 1)
    return most


class TestPace:
    """Starts are spread evenly over the window."""

    async def test_a_call_now_and_then_never_waits(self) -> None:
        """The limit of an idle client costs nothing."""
        queue = Queue.of(10, 10.0)

        for _ in range(20):
            await queue.call()
            await queue.clock.sleep(1.1)

        assert round(queue.clock.elapsed, 9) == 22.0

    async def test_waiting_calls_follow_each_other_evenly(self) -> None:
        """One and a half percent slower than the limit; the second may come half an interval early."""
        assert await Queue.of(10, 10.0).rush(5) == [0.0, 0.5075, 1.5225, 2.5375, 3.5525]

    async def test_an_idle_client_may_start_a_tenth_at_once(self) -> None:
        """A web page that needs a few calls gets them without any wait."""
        times = await Queue.of(40, 40.0).rush(7)

        assert times[:4] == [0.0] * 4
        assert times[4:] == [0.5075, 1.5225, 2.5375]

    async def test_ten_at_once_are_the_most(self) -> None:
        """However large the limit, its first hundredth of a second is no burst."""
        times = await Queue.of(1000, 1000.0).rush(12)

        assert times[:10] == [0.0] * 10
        assert times[10:] == [0.5075, 1.5225]

    async def test_after_a_rest_a_few_may_start_at_once_again(self) -> None:
        """Credit comes back with time, but no more than at first."""
        queue = Queue.of(40, 40.0)
        await queue.rush(4)
        await queue.clock.sleep(1000.0)

        assert (await queue.rush(6))[4:] == [1000.0] * 4 + [1000.5075, 1001.5225]

    async def test_fifty_waiting_calls_are_no_burst(self) -> None:
        """Other clients release them in one millisecond when the window ends."""
        times = await Queue.of(50, 1.0).rush(150)

        assert most_in_a_window(times, 0.001) == 5
        assert most_in_a_window(times[5:], 0.02) <= 2

    async def test_starts_too_dense_for_timers_go_in_small_groups(self) -> None:
        """A hundredth of a second's worth, which is how late a timer may be."""
        times = await Queue.of(10_000, 1.0).rush(200)

        assert times.count(0.0) == 99
        assert times[-1] == 0.0101985

    async def test_they_go_in_the_order_they_came(self) -> None:
        """Whoever waits longest is next."""
        queue = Queue.of(7, 1.0)

        await queue.rush(40)

        assert queue.names == [str(n) for n in range(40)]

    async def test_a_newcomer_does_not_overtake_one_just_let_go(self) -> None:
        """The moment between "go" and going is not up for grabs."""
        queue = Queue.of(40, 40.0)
        tasks = [queue.begin() for _ in range(5)]
        await queue.clock.settle()
        tried: list[bool] = []

        queue.clock.block(2.0)
        queue.limiter._grant()
        tried.append(queue.limiter.start_now())
        await asyncio.gather(*tasks)
        tried.append(queue.limiter.start_now())

        assert tried == [False, True]


class TestGuard:
    """No window sees more than the limit, wherever it begins."""

    async def test_it_holds_back_what_the_pace_would_let_go(self) -> None:
        """After a quiet time the pace alone would start the third within ten seconds of the first."""
        assert await Queue.of(2, 10.0).rush(5) == [0.0, 2.5375, 10.05, 15.125, 20.2]

    async def test_it_holds_back_a_call_that_finds_nobody_waiting(self) -> None:
        """That the pace has room is not enough."""
        queue = Queue.of(2, 10.0)
        await queue.call()
        await queue.clock.sleep(5.1)
        await queue.call()
        await queue.clock.sleep(2.9)

        await queue.call()

        assert queue.times == [0.0, 5.1, 10.05]

    async def test_it_opens_half_a_percent_late(self) -> None:
        """The server counts arrivals, and the network is not even."""
        queue = Queue.of(1, 10.0)
        await queue.call()

        queue.clock.block(10.049)
        assert not queue.limiter.start_now()

        queue.clock.block(0.2)
        assert queue.limiter.start_now()

    async def test_no_credit_gathers_while_it_is_closed(self) -> None:
        """What was held back would go in a burst, in every window anew."""
        times = await Queue.of(100, 100.0).rush(400)

        assert times[:10] == [0.0] * 10
        assert most_in_a_window(times[10:], 1.0) == 1

    async def test_a_start_counts_when_it_happens(self) -> None:
        """When the loop is busy, a call starts long after it was let go."""
        queue = Queue.of(1, 10.0)
        await queue.call()
        queue.begin()
        await queue.clock.settle()
        queue.at(0.25, queue.let_one_go, lambda: queue.clock.block(5.0))

        await queue.call()

        assert queue.times == [0.0, 15.05, 25.1]
        assert most_in_a_window(queue.times, 10.0) == 1

    async def test_its_memory_does_not_grow_with_the_limit(self) -> None:
        """A thousand entries stand for a million starts."""
        queue = Queue.of(4000, 60.0)

        await queue.rush(8000)

        assert len(queue.limiter._guard._clusters) <= 1010
        assert most_in_a_window(queue.exact, 60.0) <= 4000

    async def test_its_memory_is_given_back(self) -> None:
        """What is older than the window is forgotten."""
        queue = Queue.of(100, 10.0)
        await queue.rush(300)
        await queue.clock.sleep(11.0)

        await queue.call()

        assert len(queue.limiter._guard._clusters) == 1
        assert queue.limiter._guard._count == 1

    def test_starts_that_are_granted_count_with_those_that_happened(self) -> None:
        """Three at once must not each believe to be the last that fits."""
        guard = _Guard(3, 10.0)
        guard.note(100.0)

        assert guard.opens_at(101.0, 1) == -math.inf
        assert guard.opens_at(101.0, 2) == 110.0
        assert _Guard(1, 10.0).opens_at(101.0, 1) == 111.0

    def test_starts_close_together_are_let_go_together(self) -> None:
        """When the last of them is old enough, so that one never counts for too short."""
        guard = _Guard(3, 10.0)
        for now in (100.0, 105.0, 105.009):
            guard.note(now)

        assert guard.opens_at(109.9, 0) == 110.0
        assert guard.opens_at(110.0, 1) == 115.009
        assert guard.opens_at(115.0089, 2) == 115.009
        assert guard.opens_at(115.009, 2) == -math.inf

    def test_starts_further_apart_are_let_go_one_by_one(self) -> None:
        """A cluster is never longer than a thousandth of the window."""
        guard = _Guard(3, 10.0)
        for now in (100.0, 100.009, 100.0101):
            guard.note(now)

        assert guard.opens_at(110.009, 1) == -math.inf
        assert guard.opens_at(110.009, 2) == 110.0101


class TestUse:
    """The limit is used, not just kept."""

    @pytest.mark.parametrize("late", [0.0, 0.001, -0.000_001])
    @pytest.mark.parametrize(
        ("limit", "per"), [(1, 1.0), (3, 0.7), (10, 1.0), (100, 60.0), (1000, 60.0), (1000, 1.0), (2000, 1.0)]
    )
    async def test_97_percent_are_used_under_pressure(self, limit: int, per: float, late: float) -> None:
        """Timers of real loops are late by up to a millisecond or two, and early by rounding."""
        windows = max(3, 2000 // limit)
        queue = Queue.of(limit, per, clock=VirtualClock(0.0, early=-late))

        await queue.rush(windows * limit)

        assert most_in_a_window(queue.exact, per) <= limit
        assert windows * per >= 0.97 * queue.exact[-1]

    async def test_starts_that_make_a_late_timer_good_count_each(self) -> None:
        """A loop that was busy lets several go at once; the guard must know of all until they have gone."""
        queue = Queue.of(1000, 10.0)
        tasks = [queue.begin() for _ in range(40)]
        await queue.clock.settle()
        queue.clock.block(0.05)

        await queue.clock.sleep(0.001)
        under_way = queue.limiter._granted
        await outcomes(*tasks)

        assert under_way == queue.limiter._granted == 0


class TestPriority:
    """Bulk work gives way, but not for ever."""

    async def test_calls_pass_bulk_work(self) -> None:
        """Somebody waits for them."""
        queue = Queue.of(10, 10.0)
        bulk = [queue.begin("bulk", is_low=True) for _ in range(4)]
        await queue.clock.settle()

        await queue.call("call")
        await asyncio.gather(*bulk)

        assert queue.names == ["bulk", "call", "bulk", "bulk", "bulk"]

    async def test_one_start_of_ten_is_for_bulk_work(self) -> None:
        """A job beside a busy web backend still ends one day."""
        queue = Queue.of(10, 10.0)
        await queue.call("first")
        tasks = [queue.begin("bulk", is_low=True) for _ in range(3)] + [queue.begin("call") for _ in range(25)]

        await asyncio.gather(*tasks)

        assert queue.names[1:] == ["call"] * 9 + ["bulk"] + ["call"] * 9 + ["bulk"] + ["call"] * 7 + ["bulk"]

    async def test_bulk_work_keeps_its_own_order(self) -> None:
        """Its keys are as fair to each other as calls are."""
        queue = Queue.of(10, 10.0)

        await asyncio.gather(*(queue.begin(str(n), is_low=True) for n in range(12)))

        assert queue.names == [str(n) for n in range(12)]

    async def test_it_ends_with_its_block(self) -> None:
        """What comes after a bulk run in the same task is not bulk work."""
        queue = Queue.of(10, 10.0)
        await queue.call("first")
        with bulk_priority():
            queue.begin("bulk")
        await queue.clock.settle()

        await queue.call("call")
        await queue.clock.sleep(10.0)

        assert queue.names == ["first", "call", "bulk"]


class TestLeaving:
    """Who gives up harms nobody."""

    async def test_the_others_move_up(self) -> None:
        """A cancelled call does not start, so its place is free."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin(str(n)) for n in range(6)]
        await queue.clock.settle()

        tasks[1].cancel()
        tasks[3].cancel()
        await outcomes(*tasks)

        assert queue.starts == [("0", 0.0), ("2", 0.5075), ("4", 1.5225), ("5", 2.5375)]
        assert [task.cancelled() for task in tasks] == [False, True, False, True, False, False]

    async def test_a_start_that_is_not_taken_goes_to_the_next(self) -> None:
        """Between "go" and going a call may be cancelled."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin(str(n)) for n in range(4)]
        await queue.clock.settle()
        queue.at(0.25, queue.let_one_go, tasks[1].cancel)

        await outcomes(*tasks)

        assert queue.starts == [("0", 0.0), ("2", 0.5075), ("3", 1.5225)]
        assert tasks[1].cancelled()
        assert queue.limiter._granted == 0

    async def test_a_start_that_is_not_taken_does_not_count(self) -> None:
        """The guard remembers starts, not intentions."""
        queue = Queue.of(1, 10.0)
        task = queue.begin()
        queue.limiter.pause(1.0)
        task.cancel()
        await outcomes(task)
        queue.begin("late").cancel()
        await queue.clock.sleep(1.0)

        assert queue.limiter.start_now()

    async def test_a_start_that_is_given_back_goes_to_the_next(self) -> None:
        """A request that cannot leave must not hold up one that can."""
        queue = Queue.of(10, 10.0)
        assert queue.limiter.start_now()
        task = queue.begin("next")
        await queue.clock.settle()

        queue.limiter.give_back()
        await task

        assert queue.starts == [("next", 0.0)]

    def test_a_start_that_is_given_back_does_not_count(self) -> None:
        """Else a client whose connections are all busy would use a part of its limit only."""
        clock = VirtualClock(0.0)
        limiter = RateLimiter(RateLimit(1, per=10.0), clock=clock.time, call_at=clock.call_at)

        assert limiter.start_now()
        limiter.give_back()

        assert limiter.start_now()
        assert not limiter.start_now()

    async def test_one_cancelled_in_line_is_passed_over(self) -> None:
        """The start comes before the cancelled call has had its last say."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin(str(n)) for n in range(3)]
        await queue.clock.settle()
        queue.at(0.25, tasks[1].cancel, queue.let_one_go)

        await outcomes(*tasks)

        assert queue.starts == [("0", 0.0), ("2", 0.5075)]

    async def test_all_may_leave(self) -> None:
        """A client that shuts down leaves a line of nobody; who comes later is served."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin(str(n)) for n in range(50)]
        await queue.clock.settle()
        for task in tasks:
            task.cancel()
        await outcomes(*tasks)
        assert not queue.limiter._calls

        await queue.call("later")

        assert queue.starts == [("0", 0.0), ("later", 0.5075)]

    async def test_closing_leaves_no_timer(self) -> None:
        """A loop that ends would hold the limiter for the rest of the window."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin() for _ in range(2)]
        await queue.clock.settle()
        for task in tasks:
            task.cancel()
        await outcomes(*tasks)

        await queue.limiter.close()
        await queue.limiter.close()

        assert all(timer.cancelled() for _, _, timer in queue.clock._timers)


class TestDeadline:
    """Nobody waits for a start that comes too late."""

    async def test_a_wait_that_would_pass_it_is_not_begun(self) -> None:
        """The third of the waiting cannot start before 2.5375."""
        queue = Queue.of(10, 10.0)
        for n in range(3):
            queue.begin(str(n))
        await queue.clock.settle()

        with pytest.raises(DeadlineExceeded, match=r"^the rate limit has no room before the call"):
            await queue.call("late", deadline=2.537)

        assert queue.clock.elapsed == 0.0

    async def test_a_wait_that_just_fits_is_begun(self) -> None:
        """Giving up too early is a failure, too."""
        queue = Queue.of(10, 10.0)
        for n in range(3):
            queue.begin(str(n))
        await queue.clock.settle()

        await queue.call("in time", deadline=2.6)

        assert queue.starts[-1] == ("in time", 2.5375)

    async def test_the_guard_is_taken_into_account(self) -> None:
        """The pace alone would promise a start at 5.075."""
        queue = Queue.of(1, 10.0)
        await queue.call()

        with pytest.raises(DeadlineExceeded):
            await queue.call(deadline=10.04)

        assert queue.clock.elapsed == 0.0

    async def test_bulk_work_is_not_refused_for_calls_before_it(self) -> None:
        """Of a hundred calls that wait, nine go before it at most."""
        queue = Queue.of(10, 10.0)
        for n in range(100):
            queue.begin(str(n))
        await queue.clock.settle()

        with bulk_priority():
            await queue.call("bulk", deadline=20.0)

        assert queue.names.index("bulk") == 10

    async def test_bulk_work_is_refused_for_what_is_before_it(self) -> None:
        """Its place cannot be earlier than this."""
        queue = Queue.of(10, 10.0)
        for n in range(3):
            queue.begin(str(n))
            queue.begin(str(n), is_low=True)
        await queue.clock.settle()

        with bulk_priority(), pytest.raises(DeadlineExceeded):
            await queue.call("bulk", deadline=5.582)

        with bulk_priority():
            await queue.call("bulk", deadline=5.583)

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
    async def test_the_earliest_start_is_never_promised_too_late(
        self, calls: int, bulk: int, who: str, ahead: int
    ) -> None:
        """Who is refused for a start that would have come in time is wronged."""
        queue = Queue.of(10, 10.0)
        await queue.call()
        for n in range(calls + bulk):
            queue.begin(is_low=n < bulk)
        await queue.clock.settle()
        line = queue.limiter._bulk if who == "bulk" else queue.limiter._calls

        assert round(queue.limiter._earliest(line), 9) == round(0.5075 + ahead * 1.015, 9)

    async def test_after_a_rest_the_credit_counts(self) -> None:
        """A few may start at once."""
        queue = Queue.of(10, 10.0, clock=VirtualClock(500.0))

        assert queue.limiter._earliest(queue.limiter._calls) == 500.0 - 0.5075

    async def test_who_was_overtaken_fails_at_the_deadline(self) -> None:
        """Not later, when its turn would come; and its place is free."""
        queue = Queue.of(10, 10.0)
        queue.begin("first")
        bulk = queue.begin("bulk", is_low=True, deadline=1.0)
        await queue.clock.settle()
        queue.limiter.pause(3.0)

        (failure,) = await outcomes(bulk)
        assert isinstance(failure, DeadlineExceeded)
        assert str(failure) == "the deadline passed while the call waited for the rate limit"
        assert queue.clock.time() == 1.0

        await queue.call("next")
        assert queue.starts[1:] == [("next", 3.0)]

    async def test_one_who_starts_in_time_is_not_told_late(self) -> None:
        """The deadline's timer must not outlive the wait."""
        queue = Queue.of(10, 10.0)
        queue.begin("first")
        await queue.clock.settle()

        await queue.call("second", deadline=1.0)
        await queue.clock.sleep(5.0)

        assert queue.names == ["first", "second"]

    async def test_one_let_go_at_the_deadline_goes(self) -> None:
        """The deadline's timer fires before the call knows; it has its start, and it stays one."""
        queue = Queue.of(10, 10.0)
        queue.begin("first")
        queue.begin("second", deadline=1.0)
        await queue.clock.settle()
        (place,) = queue.limiter._calls
        queue.at(0.25, queue.let_one_go, lambda: queue.limiter._expire(queue.limiter._calls, place))

        await queue.clock.sleep(2.0)

        assert queue.starts == [("first", 0.0), ("second", 0.5075)]

    async def test_who_has_no_deadline_sets_no_timer_for_it(self) -> None:
        """Only the limiter's own is needed."""
        queue = Queue.of(10, 10.0)
        for _ in range(3):
            queue.begin()
        await queue.clock.settle()

        assert len(queue.clock._timers) == 1

    async def test_failing_and_being_cancelled_at_once_frees_one_place(self) -> None:
        """Not two: then more would start than the limit allows."""
        queue = Queue.of(10, 10.0)
        queue.begin("first")
        task = queue.begin("late", deadline=1.0)
        await queue.clock.settle()
        queue.limiter.pause(3.0)
        (place,) = queue.limiter._calls
        queue.at(0.9, lambda: queue.limiter._expire(queue.limiter._calls, place), task.cancel)
        await outcomes(task)

        assert queue.limiter._granted == 0
        assert queue.limiter._next == 3.0


class TestPause:
    """The API's wish for silence holds for what waits here, too."""

    async def test_nothing_starts_before_its_end(self) -> None:
        """Neither who waits already nor who comes later; then they go evenly."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin(str(n)) for n in range(3)]
        await queue.clock.settle()
        queue.limiter.pause(5.0)

        assert not queue.limiter.start_now()
        await asyncio.gather(*tasks, queue.begin("later"))

        assert queue.times == [0.0, 5.0, 6.015, 7.03]

    async def test_a_shorter_one_does_not_end_it(self) -> None:
        """Two wishes are both kept."""
        queue = Queue.of(10, 10.0)
        queue.limiter.pause(5.0)
        queue.limiter.pause(2.0)

        await queue.call()

        assert queue.times == [5.0]

    async def test_a_start_handed_on_heeds_it(self) -> None:
        """What a cancelled call gives back is a place, not leave to break the silence."""
        queue = Queue.of(10, 10.0)
        tasks = [queue.begin(str(n)) for n in range(3)]
        await queue.clock.settle()
        queue.at(0.25, queue.let_one_go, lambda: queue.limiter.pause(5.0), tasks[1].cancel)

        await outcomes(*tasks)

        assert queue.starts == [("0", 0.0), ("2", 5.0)]
        assert tasks[1].cancelled()


Arrivals = list[tuple[float, int, bool, float | None, float | None]]


@st.composite
def arrivals(draw: st.DrawFn) -> Arrivals:
    """Draw moments, and for each how many come, of which kind, when they leave, and their deadline."""
    seconds = st.floats(0.0, 3.0)
    one = st.tuples(seconds, st.integers(1, 12), st.booleans(), st.none() | seconds, st.none() | seconds)
    return draw(st.lists(one, max_size=15))


async def play(queue: Queue, script: Arrivals) -> None:
    """Have callers come and go as the script says."""
    tasks: list[asyncio.Task[None]] = []
    for gap, count, is_low, leaves_in, within in script:
        await queue.clock.sleep(gap)
        now = queue.clock.time()
        deadline = math.inf if within is None else now + within
        came = [queue.begin(f"{len(tasks) + n}", is_low=is_low, deadline=deadline) for n in range(count)]
        if leaves_in is not None:
            queue.clock.call_at(now + leaves_in, came[0].cancel)
        tasks += came
    await outcomes(*tasks)


class TestWhateverCallersDo:
    """What holds for every pattern of coming, waiting and leaving."""

    @given(st.integers(1, 30), st.floats(0.05, 5.0), st.sampled_from([0.0, 1e-6, -0.001]), arrivals())
    def test_no_window_sees_more_than_the_limit(self, limit: int, per: float, early: float, script: Arrivals) -> None:
        """One too many, and the API refuses it."""
        queue = Queue.of(limit, per, clock=VirtualClock(0.0, early=early))

        asyncio.run(play(queue, script))

        assert most_in_a_window(queue.exact, per) <= limit

    @given(st.integers(1, 30), arrivals())
    def test_nobody_is_forgotten_or_overtaken(self, limit: int, script: Arrivals) -> None:
        """All who stay start, those of a kind in the order they came."""
        stay = [(gap, count, is_low, None, None) for gap, count, is_low, _, _ in script]
        queue = Queue.of(limit, 1.0)
        lows = [is_low for _, count, is_low, _, _ in stay for _ in range(count)]

        asyncio.run(play(queue, list(stay)))

        for kind in (True, False):
            came = [n for n, is_low in enumerate(lows) if is_low is kind]
            assert [int(name) for name in queue.names if lows[int(name)] is kind] == came
        assert queue.limiter._granted == 0

    @given(st.integers(1, 30), arrivals())
    def test_nobody_starts_after_the_deadline(self, limit: int, script: Arrivals) -> None:
        """The start would be for nothing."""
        queue = Queue.of(limit, 1.0)
        deadlines = list(deadlines_of(script))

        asyncio.run(play(queue, script))

        assert all(time <= deadlines[int(name)] for (name, _), time in zip(queue.starts, queue.exact, strict=True))


def deadlines_of(script: Arrivals) -> Iterator[float]:
    """Yield every caller's deadline."""
    now = 0.0
    for gap, count, _, _, within in script:
        now += gap
        yield from [math.inf if within is None else now + within] * count


class Echo:
    """Answers everything, and remembers what was sent when."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.sent: list[tuple[Request[Any], float]] = []

    async def send(self, request: Request[Any], /) -> Response:
        """Answer."""
        self.sent.append((request, self.clock.time()))
        return ANSWER


class TestRateLimitedTransport:
    """Requests start when the limiter lets them."""

    async def test_a_request_with_room_is_sent_as_it_is(self) -> None:
        """Nothing is added but the limit."""
        queue = Queue.of(10, 10.0)
        echo, request = Echo(queue.clock), Request[Any]("/v2/customers/lookup")

        assert await RateLimitedTransport(echo, queue.limiter).send(request) is ANSWER
        assert echo.sent == [(request, 0.0)]
        assert request.call.rate_limit_wait == 0.0

    async def test_the_wait_is_written_down(self) -> None:
        """Whoever looks at slow calls must see that it was the limit; retries add up."""
        queue = Queue.of(10, 10.0)
        echo, request = Echo(queue.clock), Request[Any]("/v2/customers/lookup")
        transport = RateLimitedTransport(echo, queue.limiter)

        for _ in range(3):
            await transport.send(request)

        assert [time for _, time in echo.sent] == [0.0, 0.5075, 1.5225]
        assert request.call.rate_limit_wait == 1.5225

    async def test_a_wait_in_vain_is_written_down(self) -> None:
        """It cost the caller just as much."""
        queue = Queue.of(10, 10.0)
        transport = RateLimitedTransport(Echo(queue.clock), queue.limiter)
        await queue.call()
        request = Request[Any]("/v2/customers/lookup", call=CallContext(deadline=0.6))
        queue.clock.call_at(0.1, lambda: queue.limiter.pause(5.0))

        with pytest.raises(DeadlineExceeded):
            await transport.send(request)

        assert request.call.rate_limit_wait == 0.6

    async def test_a_call_that_cannot_start_in_time_is_not_sent(self) -> None:
        """It is told at once."""
        queue = Queue.of(10, 10.0)
        echo = Echo(queue.clock)
        await queue.call()

        with pytest.raises(DeadlineExceeded):
            await RateLimitedTransport(echo, queue.limiter).send(Request("/v2/x", call=CallContext(deadline=0.5)))

        assert echo.sent == []
        assert queue.clock.elapsed == 0.0

    async def test_it_works_on_the_running_loop(self) -> None:
        """Outside tests the clock is the loop's."""
        transport = RateLimitedTransport(Echo(VirtualClock()), RateLimiter(RateLimit(1000, per=1.0)))

        answers = await outcomes(*(transport.send(Request("/v2/x")) for _ in range(15)))

        assert answers == [ANSWER] * 15
