"""Ctrl-C and `kill`, sent to this very process."""

import asyncio
import os
import signal
import threading
from pathlib import Path

import pytest

from capillary_async.jobs import JobStoppedError, run_with_signals
from tests.jobs.fakes import FakeApi, expected, exported, make_job, run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_lets_what_is_in_flight_end(tmp_path: Path, number: signal.Signals) -> None:
    """What was asked for should be kept."""
    job = make_job(tmp_path / "job")
    api = FakeApi(on_ask=lambda asked: os.kill(os.getpid(), number) if asked == 50 else None)

    with pytest.raises(JobStoppedError, match=f"stopped by {number.name}"):
        await run_with_signals(job, run(job, api))

    assert job.status().done == sum(api.asked.values())
    await run(job, FakeApi())
    assert exported(job) == expected()


async def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    """Somebody means it."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(JobStoppedError, match="stopped at once by SIGTERM"):
        await run_with_signals(job, run(job, FakeApi(on_ask=lambda asked: hang() if asked == 50 else None)))

    await run(job, FakeApi())
    assert exported(job) == expected()


async def test_signals_have_their_old_meaning_afterwards(tmp_path: Path) -> None:
    """A job may be a small part of a program."""
    job = make_job(tmp_path / "job")

    def handler(_number: int, _frame: object) -> None:
        pass

    before = signal.signal(signal.SIGTERM, handler)
    try:
        await run_with_signals(job, run(job, FakeApi()))

        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_in_another_thread_signals_are_left_alone(tmp_path: Path) -> None:
    """Python lets only the main thread have handlers, and a job in a thread of a service must run all the same."""
    job = make_job(tmp_path / "job")
    before = signal.getsignal(signal.SIGINT)

    def work() -> None:
        asyncio.run(run_with_signals(job, run(job, FakeApi())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert signal.getsignal(signal.SIGINT) is before
    assert exported(job) == expected()


async def test_a_cancelled_caller_is_cancelled(tmp_path: Path) -> None:
    """Only signals are turned into errors."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        caller.cancel()
        await asyncio.get_running_loop().create_future()

    caller = asyncio.ensure_future(
        run_with_signals(job, run(job, FakeApi(on_ask=lambda asked: hang() if asked == 50 else None)))
    )

    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_other_stops_pass_through(tmp_path: Path) -> None:
    """Refused credentials are no signal."""
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="enough"):
        await run_with_signals(job, run(job, FakeApi(on_ask=lambda asked: job.stop("enough"))))
