"""One timer ends what takes too long, and nothing else."""

import asyncio
from collections.abc import Callable

import pytest

from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.timeouts import Timeout, TimeoutScheduler
from tests.faults.virtual import run_virtually


async def _late(scheduler: TimeoutScheduler, ends_at: float, *, after: float = 0.0) -> float:
    """Run into a time limit; return when."""
    await asyncio.sleep(after)
    with pytest.raises(TimeoutError), Timeout(scheduler, ends_at):
        await asyncio.sleep(3600)
    return loop_time()


def test_each_ends_at_its_own_moment() -> None:
    """The one timer is set for the first, also when that one comes last."""

    async def run() -> list[float]:
        scheduler, now = TimeoutScheduler(), loop_time()
        starts = ((30.0, 0.0), (20.0, 0.0), (25.0, 1.0), (20.0, 2.0), (5.0, 3.0))
        ends = await asyncio.gather(*[_late(scheduler, now + ends, after=after) for ends, after in starts])
        return [end - now for end in ends]

    assert run_virtually(run()) == pytest.approx([30.0, 20.0, 25.0, 20.0, 5.0])


def test_a_moment_that_has_passed_ends_at_once() -> None:
    """A call's deadline may pass while it queues for a connection."""

    async def run() -> float:
        scheduler, now = TimeoutScheduler(), loop_time()
        return await _late(scheduler, now - 1.0) - now

    assert run_virtually(run()) == pytest.approx(0.0)


def test_who_left_in_time_is_not_disturbed() -> None:
    """The timer of an attempt that has ended goes off while its task does something else."""

    async def run() -> float:
        scheduler, now = TimeoutScheduler(), loop_time()
        with Timeout(scheduler, now + 1.0):
            await asyncio.sleep(0.5)
        with Timeout(scheduler, now + 10.0):
            await asyncio.sleep(5.0)
        await asyncio.sleep(10.0)
        return loop_time() - now

    assert run_virtually(run()) == pytest.approx(15.5)


def test_a_cancellation_stays_one() -> None:
    """Who cancels a call must not get a timeout instead, not even when both come together."""

    async def run(wait: float) -> bool:
        scheduler = TimeoutScheduler()

        async def attempt() -> None:
            with Timeout(scheduler, loop_time() + 1.0):
                await asyncio.sleep(3600)

        task = asyncio.create_task(attempt())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(wait, task.cancel)
        await asyncio.wait([task])
        return task.cancelled()

    assert [run_virtually(run(wait)) for wait in (0.5, 1.0)] == [True, True]


def test_a_timeout_leaves_the_task_able_to_be_cancelled() -> None:
    """A task whose timeouts were counted as cancellations would end `asyncio.timeout` around it wrongly."""

    async def run() -> int:
        scheduler = TimeoutScheduler()
        await _late(scheduler, loop_time() + 1.0)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert run_virtually(run()) == 0


def test_many_attempts_need_one_timer() -> None:
    """A timer for each attempt is what this is there to spare."""

    async def run() -> int:
        timers: list[asyncio.TimerHandle] = []

        def call_at(when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
            timers.append(asyncio.get_running_loop().call_at(when, callback))
            return timers[-1]

        scheduler = TimeoutScheduler(call_at)
        for _ in range(1000):
            with Timeout(scheduler, loop_time() + 30.0):
                await asyncio.sleep(0)
        scheduler.close()
        return len(timers)

    assert run_virtually(run()) == 1
