"""Tests of `lookup_many` and its concurrency controller."""

import asyncio
import gc
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Literal, assert_type, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.bulk import Outcome, Outcomes, Succeeded, lookup_many
from capillary_async.bulk.concurrency import ConcurrencyController
from capillary_async.errors import ConfigurationError, RateLimitedError, TransportError
from capillary_async.options import RateLimit
from capillary_async.pipeline.admission import Admission, has_bulk_priority
from capillary_async.pipeline.limit import LocalLimit
from capillary_async.pipeline.request import CallContext, Request, Response
from tests.fakes import VirtualClock

Order = Literal["completion", "input"]
Source = Literal["list", "stream"]
orders = st.sampled_from(["completion", "input"])
sources = st.sampled_from(["list", "stream"])


class Desk:
    """A function to look up keys: it answers key n after n turns of the event loop; a negative key fails."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.running = 0
        self.most_running = 0

    async def answer(self, key: int) -> str:
        """Look `key` up."""
        self.started.append(key)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await turns(abs(key) % 10)
        finally:
            self.running -= 1
        if key < 0:
            raise LookupError(key)
        return f"value {key}"


class Stream:
    """An async source of keys that counts the keys it yielded and records whether it was closed."""

    def __init__(self, keys: list[int]) -> None:
        self.keys = keys
        self.taken = 0
        self.is_closed = False

    async def read(self) -> AsyncIterator[int]:
        """Yield the keys, some of them after a delay."""
        try:
            for key in self.keys:
                await turns(key % 3)
                self.taken += 1
                yield key
        finally:
            self.is_closed = True


async def turns(count: int) -> None:
    """Let all other tasks run for `count` turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


async def never(key: int) -> None:
    """Wait forever."""
    await asyncio.get_running_loop().create_future()


def others() -> set["asyncio.Task[object]"]:
    """Return all tasks except the current one."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


# --- the outcomes ---


@given(st.lists(st.integers(-99, 99)), st.integers(1, 9), orders, sources)
def test_every_key_has_exactly_one_outcome(keys: list[int], concurrency: int, order: Order, source: Source) -> None:
    """A lost or doubled key in a million would go unnoticed."""

    async def run() -> list[Outcome[int, str]]:
        given_keys = Stream(keys).read() if source == "stream" else keys
        async with lookup_many(Desk().answer, given_keys, concurrency=concurrency, order=order) as outcomes:
            return [outcome async for outcome in outcomes]

    found = asyncio.run(run())

    assert sorted(outcome.key for outcome in found) == sorted(keys)
    assert all(outcome.ok == (outcome.key >= 0) for outcome in found)
    assert all(outcome.unwrap() == f"value {outcome.key}" for outcome in found if outcome.ok)
    if order == "input":
        assert [outcome.key for outcome in found] == keys


@given(st.lists(st.integers(0, 99), min_size=1), st.integers(1, 9), orders, st.data())
def test_a_stalled_reader_stops_the_calls(keys: list[int], concurrency: int, order: Order, data: st.DataObject) -> None:
    """Unread outcomes would fill the memory."""
    reach = concurrency * (2 if order == "input" else 1)

    async def run() -> None:
        desk, stream = Desk(), Stream(keys)
        read = 0
        async with lookup_many(desk.answer, stream.read(), concurrency=concurrency, order=order) as outcomes:
            async for _ in outcomes:
                read += 1
                await turns(data.draw(st.integers(0, 40)))
                assert stream.taken - read <= reach
        assert desk.most_running <= concurrency

    asyncio.run(run())


async def test_a_failing_key_does_not_stop_the_others() -> None:
    """One bad key in a thousand must cost one key."""
    keys = [-1 if key == 500 else key for key in range(1000)]

    async with lookup_many(Desk().answer, keys) as outcomes:
        found = [outcome async for outcome in outcomes]

    assert sum(outcome.ok for outcome in found) == 999
    assert [type(outcome.error) for outcome in found if not outcome.ok] == [LookupError]


async def test_unwrap_raises_the_error_of_the_call() -> None:
    """The caller's `except` clauses must work as for a direct call."""
    async with lookup_many(Desk().answer, [-3]) as outcomes:
        outcome = await anext(outcomes)

    with pytest.raises(LookupError):
        outcome.unwrap()


async def test_a_call_that_returns_none_is_ok() -> None:
    """`None` is a valid value, so only `error` decides."""
    async with lookup_many(turns, [0]) as outcomes:
        outcome = await anext(outcomes)

    assert outcome.ok
    assert outcome.unwrap() is None


async def test_an_outcome_has_the_duration_of_its_call() -> None:
    """Callers tune the concurrency by the latency of single calls."""
    async with lookup_many(Desk().answer, [1]) as outcomes:
        outcome = await anext(outcomes)

    assert outcome.seconds > 0


def test_an_outcome_can_be_pickled() -> None:
    """Worker processes pickle their outcomes."""
    outcome = Succeeded(1, "value", None, 0.5)

    assert pickle.loads(pickle.dumps(outcome)) == outcome


async def test_a_function_without_a_coroutine_fails_for_each_key() -> None:
    """A wrong function must give errors, not a hang."""

    def wrong(key: int) -> int:
        return key

    fn = cast("Callable[[int], Awaitable[int]]", wrong)
    async with lookup_many(fn, [1, 2]) as outcomes:
        found = [outcome async for outcome in outcomes]

    assert [type(outcome.error) for outcome in found] == [TypeError, TypeError]


async def test_reading_after_the_end_always_ends() -> None:
    """An iterator that continues after its end would make its reader hang."""
    async with lookup_many(Desk().answer, [1]) as outcomes:
        await anext(outcomes)

        for _ in range(3):
            with pytest.raises(StopAsyncIteration):
                await anext(outcomes)


# --- the key source ---


@given(st.lists(st.integers(0, 99)), st.integers(1, 9), orders, sources)
def test_an_error_of_the_key_source_comes_after_the_started_calls(
    keys: list[int], concurrency: int, order: Order, source: Source
) -> None:
    """A broken key file must not lose answers, and must not look complete."""

    def broken() -> Iterator[int]:
        yield from keys
        raise OSError("the key file broke off")

    async def broken_stream() -> AsyncIterator[int]:
        for key in broken():
            yield key

    async def run() -> None:
        given_keys = broken_stream() if source == "stream" else broken()
        async with lookup_many(Desk().answer, given_keys, concurrency=concurrency, order=order) as outcomes:
            found = [(await anext(outcomes)).key for _ in keys]
            assert sorted(found) == sorted(keys)
            with pytest.raises(OSError, match="broke off"):
                await anext(outcomes)
            with pytest.raises(StopAsyncIteration):
                await anext(outcomes)

    asyncio.run(run())


async def test_a_key_is_taken_only_when_its_call_can_start() -> None:
    """Messages of a queue that were read ahead are lost when the process dies."""
    taken: list[int] = []

    def keys() -> Iterator[int]:
        for key in range(1000):
            taken.append(key)
            yield key

    async with lookup_many(never, keys(), concurrency=7):
        await turns(20)

        assert len(taken) == 7


async def test_an_async_key_source_is_closed_when_the_block_is_left() -> None:
    """The source may hold a file or a cursor open."""
    stream = Stream(list(range(100)))

    async with lookup_many(Desk().answer, stream.read(), concurrency=3) as outcomes:
        await anext(outcomes)

    assert stream.is_closed


async def test_an_error_while_closing_the_source_reaches_the_caller() -> None:
    """The caller must learn what the source could not finish."""

    async def keys() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            raise OSError("cannot close")

    with pytest.raises(OSError, match="cannot close"):
        async with lookup_many(never, keys(), concurrency=1):
            await turns(5)


async def test_an_error_while_closing_the_source_does_not_hide_the_callers_error() -> None:
    """The caller must see the first error."""

    async def keys() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            raise OSError("cannot close")

    async def fail() -> None:
        async with lookup_many(never, keys(), concurrency=1):
            await turns(5)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()


# --- leaving the block ---


@given(st.integers(0, 200), st.integers(1, 9), orders)
def test_a_cancelled_reader_leaves_no_task_and_no_open_source(moment: int, concurrency: int, order: Order) -> None:
    """A leaked task or an open source would be a leak in every web backend."""
    desk, stream = Desk(), Stream(list(range(60)))

    async def read() -> None:
        async with lookup_many(desk.answer, stream.read(), concurrency=concurrency, order=order) as outcomes:
            async for _ in outcomes:
                await turns(1)

    async def run() -> None:
        reader = asyncio.create_task(read())
        await turns(moment)
        reader.cancel()
        await asyncio.wait([reader])

        assert reader.cancelled() or stream.taken == 60
        assert not others()
        assert desk.running == 0
        assert stream.is_closed or not stream.taken

    asyncio.run(run())


@given(st.integers(0, 60), st.integers(1, 9), orders)
def test_an_exception_of_the_reader_is_not_wrapped(moment: int, concurrency: int, order: Order) -> None:
    """In an exception group, it would miss the caller's `except` clauses."""
    desk, stream = Desk(), Stream(list(range(60)))

    async def read() -> None:
        async with lookup_many(desk.answer, stream.read(), concurrency=concurrency, order=order) as outcomes:
            for _ in range(moment):
                await anext(outcomes)
            raise LookupError

    async def run() -> None:
        with pytest.raises(LookupError):
            await read()

        assert not others()
        assert desk.running == 0
        assert stream.is_closed or not stream.taken

    asyncio.run(run())


async def test_a_second_cancellation_leaves_no_task() -> None:
    """A caller may cancel twice, and slow calls must not outlive the block."""
    ended: list[int] = []

    async def tidy(key: int) -> None:
        try:
            await never(key)
        finally:
            await turns(10)
            ended.append(key)

    async def read() -> None:
        async with lookup_many(tidy, range(5), concurrency=5) as outcomes:
            await anext(outcomes)

    reader = asyncio.create_task(read())
    await turns(5)
    reader.cancel()
    await turns(2)
    reader.cancel()
    await asyncio.wait([reader])

    assert reader.cancelled()
    assert sorted(ended) == [0, 1, 2, 3, 4]
    assert not others()


async def test_a_call_that_swallows_its_cancellation_takes_no_further_key() -> None:
    """Leaving the block must end the work, even if a call ignores its cancellation."""
    started: list[int] = []

    async def stubborn(key: int) -> None:
        started.append(key)
        try:
            await never(key)
        except asyncio.CancelledError:
            await turns(3)

    async with lookup_many(stubborn, range(100), concurrency=2):
        await turns(5)

    assert started == [0, 1]


async def test_a_timeout_of_the_reader_loses_no_outcome() -> None:
    """`asyncio.timeout` around one read must not lose the next outcome."""
    async with lookup_many(Desk().answer, [5, 6, 7], concurrency=2) as outcomes:
        reader = asyncio.ensure_future(anext(outcomes))
        await turns(2)
        reader.cancel()
        await asyncio.wait([reader])

        assert [outcome.key async for outcome in outcomes] == [5, 6, 7]


async def test_runs_leave_no_reference_cycles() -> None:
    """A long-running service should not depend on the cycle collector."""

    async def run_and_leave() -> None:
        async with lookup_many(Desk().answer, range(50), concurrency=5) as outcomes:
            async for _ in outcomes:
                pass

    await run_and_leave()
    gc.collect()
    gc.disable()
    try:
        await run_and_leave()
        assert gc.collect() < 50
    finally:
        gc.enable()


# --- exceptions that belong to no key ---


class Stop(BaseException):
    """Like SystemExit, but harmless to the test runner."""


async def test_system_exit_in_a_call_ends_the_program() -> None:
    """`sys.exit` inside a call must not become an outcome."""

    async def exit_program(key: int) -> int:
        if key == 3:
            raise Stop
        return key

    async with lookup_many(exit_program, range(100), concurrency=1) as outcomes:
        with pytest.raises(Stop):
            [outcome async for outcome in outcomes]


async def test_system_exit_is_raised_without_a_reader() -> None:
    """It must be raised at the latest at the end of the block."""

    async def exit_program(key: int) -> int:
        raise Stop

    with pytest.raises(Stop):
        async with lookup_many(exit_program, range(100), concurrency=2):
            await turns(5)


async def test_a_call_that_is_cancelled_from_inside_is_a_failed_key() -> None:
    """Cancelling a shared future must neither hang nor end the run."""
    shared: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    shared.cancel()

    async def wait(key: int) -> int:
        return await shared if key == 3 else key

    async with lookup_many(wait, range(10), concurrency=2) as outcomes:
        found = [outcome async for outcome in outcomes]

    assert len(found) == 10
    assert [type(outcome.error) for outcome in found if not outcome.ok] == [TransportError]


async def test_workers_cancelled_from_outside_end_the_run_with_an_explanation() -> None:
    """A closing client cancels the workers, and the reader must not wait forever."""
    async with lookup_many(never, range(10), concurrency=2) as outcomes:
        await turns(3)
        for task in others():
            task.cancel()

        with pytest.raises(ConfigurationError, match="cancelled from outside"):
            await anext(outcomes)


# --- wrong use ---


@pytest.mark.parametrize("concurrency", [0, -1, True, 2.5, "many", None])
def test_a_wrong_concurrency_is_named(concurrency: object) -> None:
    """Zero workers would wait forever."""
    with pytest.raises(ValueError, match="concurrency must be"):
        lookup_many(never, [1], concurrency=concurrency)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_coroutine_instead_of_a_function_is_refused() -> None:
    """A wrong function would fail for each of a million keys."""
    call = never(1)

    with pytest.raises(ValueError, match="fn must be a coroutine function"):
        lookup_many(call, [1])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    call.close()


def test_a_wrong_order_is_named() -> None:
    """A misspelled order must not be ignored."""
    with pytest.raises(ValueError, match="order must be"):
        lookup_many(never, [1], order="sorted")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_outcomes_are_read_only_inside_the_block() -> None:
    """Outside the block no call runs, so a read would wait for ever."""
    outcomes = lookup_many(Desk().answer, [1])
    with pytest.raises(RuntimeError, match="inside the block"):
        await anext(outcomes)

    async with outcomes:
        pass

    with pytest.raises(RuntimeError, match="inside the block"):
        await anext(outcomes)
    with pytest.raises(RuntimeError, match="entered only once"):
        await outcomes.__aenter__()


async def test_two_readers_at_once_are_refused() -> None:
    """Two readers would take each other's wake-ups."""
    async with lookup_many(never, [1]) as outcomes:
        first = asyncio.ensure_future(anext(outcomes))
        await turns(2)

        with pytest.raises(RuntimeError, match="another task"):
            await anext(outcomes)

        first.cancel()


async def test_a_reader_in_another_task_gets_an_error_at_the_end() -> None:
    """It would wait for an outcome that never comes."""
    outcomes = lookup_many(never, [1])
    await outcomes.__aenter__()
    reader = asyncio.ensure_future(anext(outcomes))
    await turns(2)

    await outcomes.__aexit__(None, None, None)

    with pytest.raises(RuntimeError, match="was left"):
        await reader


# --- manners ---


async def test_other_calls_go_before_bulk_calls_at_the_rate_limit() -> None:
    """A nightly job must not delay the requests of a web shop."""
    clock = VirtualClock()
    order: list[str] = []

    class RecordingTransport:
        async def send(self, request: Request[Any], /) -> Response:
            order.append(request.path)
            return Response({})

    limit = LocalLimit.of(RateLimit(1, per=10.0), clock.time)
    admission = Admission(RecordingTransport(), limit, clock=clock.time, call_at=clock.call_at)
    admission.open(100)

    async def call(name: str) -> None:
        await admission.send(Request(name, call=CallContext(is_bulk=has_bulk_priority())))

    async with lookup_many(call, ["bulk"] * 3, concurrency=3) as outcomes:
        await turns(2)
        await call("other")
        [outcome async for outcome in outcomes]

    assert order == ["bulk", "other", "bulk", "bulk"]


# --- "auto" ---


def throttled() -> RateLimitedError:
    """Return the error of a 429."""
    return RateLimitedError("too many", status=429)


def test_a_steady_latency_raises_the_limit_step_by_step() -> None:
    """The limit grows additively, to find capacity without overloading the API."""
    controller = ConcurrencyController()
    first = controller.limit

    for _ in range(first):
        controller.observe(0.1, None)

    assert first < controller.limit <= first + 8


def test_throttling_halves_the_limit_at_once_and_only_once_a_round() -> None:
    """All calls in flight are throttled together, which must count once."""
    controller = ConcurrencyController()
    for _ in range(1000):
        controller.observe(0.1, None)
    before = controller.limit

    for _ in range(before):
        controller.observe(0.1, throttled())

    assert controller.limit == before // 2


def test_rising_latency_halves_the_limit() -> None:
    """An overloaded API becomes slow before it answers 429."""
    controller = ConcurrencyController()
    for _ in range(1000):
        controller.observe(0.1, None)
    before = controller.limit

    # The current round has fast and slow calls; all calls of the next round are slow.
    for _ in range(2 * before + 8):
        controller.observe(0.5, None)

    assert controller.limit < before * 0.6


def test_a_latency_that_stays_higher_becomes_the_normal_one() -> None:
    """A permanently slower API must not keep the concurrency at one."""
    controller = ConcurrencyController()
    for _ in range(1000):
        controller.observe(0.1, None)

    for _ in range(5000):
        controller.observe(0.3, None)

    assert controller.limit > 8


def test_other_failures_say_nothing_about_the_limit() -> None:
    """A fast "not found" must not look like spare capacity."""
    controller = ConcurrencyController()

    for _ in range(1000):
        controller.observe(0.0001, LookupError())

    assert controller.limit == ConcurrencyController().limit


@given(st.lists(st.tuples(st.floats(0, 1000), st.sampled_from([None, throttled(), LookupError()]))))
def test_the_limit_stays_between_one_and_its_end(seen: list[tuple[float, Exception | None]]) -> None:
    """Zero would stop the run; without a maximum, each key would open a connection."""
    controller = ConcurrencyController()

    for seconds, error in seen:
        controller.observe(seconds, error)

        assert 1 <= controller.limit <= 256


@pytest.mark.parametrize("order", ["completion", "input"])
async def test_auto_uses_the_limit_it_has_found_and_reports_it(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """Users read the number to set it in the next run."""
    monkeypatch.setattr("capillary_async.bulk.lookup.perf_counter", lambda: 0.0)
    desk = Desk()
    capacity = 20

    async def limited(key: int) -> str:
        if desk.running > capacity:
            raise throttled()
        return await desk.answer(key)

    async with lookup_many(limited, [3] * 5000, concurrency="auto", order=order) as outcomes:
        found = [outcome async for outcome in outcomes]

        assert len(found) == 5000
        assert 8 < desk.most_running <= capacity + 1
        assert capacity // 4 <= outcomes.concurrency <= capacity * 2


# --- what type checkers and readers are told ---


async def test_an_iterator_that_raises_stop_async_iteration_is_an_error_and_not_an_end() -> None:
    """Raised from `__anext__`, it would end the outcomes without the remaining keys."""

    class Broken:
        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            raise StopAsyncIteration

    async with lookup_many(Desk().answer, Broken()) as outcomes:
        with pytest.raises(RuntimeError, match="StopAsyncIteration"):
            await anext(outcomes)


async def test_ok_narrows_the_type_of_an_outcome() -> None:
    """Type checkers must narrow the type after `if outcome.ok:`."""
    async with lookup_many(Desk().answer, [1, -1]) as outcomes:
        async for outcome in outcomes:
            if outcome.ok:
                assert_type(outcome.value, str)
            else:
                assert isinstance(outcome.error, LookupError)


async def test_a_caller_may_take_all_outcomes_that_are_ready() -> None:
    """A job handles them together, and calls in their place start when it has dealt with them."""
    desk = Desk()

    async with Outcomes(desk.answer, [2] * 12, 6) as outcomes:
        first = await outcomes.take(4)
        await turns(20)
        started = len(desk.started)
        others = [len(taken) async for taken in taken_until_the_end(outcomes)]

    assert len(first) == 4
    assert started == 6
    assert sum(others) == 8
    assert desk.most_running == 6


async def taken_until_the_end(outcomes: Outcomes[int, str]) -> AsyncIterator[list[Outcome[int, str]]]:
    """Yield what a caller takes, at most four at a time."""
    while taken := await outcomes.take(4):
        assert len(taken) <= 4
        yield taken
