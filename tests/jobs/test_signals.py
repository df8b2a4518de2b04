"""Ctrl-C and `kill`, sent to this very process."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from capillary_async.jobs import JobStoppedError, run_with_signals
from tests.jobs.fakes import FakeApi, expected, make_job, sealed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_lets_what_is_in_flight_end(tmp_path: Path, number: signal.Signals) -> None:
    """What was asked for should be kept."""
    job = make_job(tmp_path / "job")
    api = FakeApi(on_ask=lambda asked: os.kill(os.getpid(), number) if asked == 50 else None)

    with pytest.raises(JobStoppedError, match=f"stopped by {number.name}"):
        await run_with_signals(job, job.run(api))

    assert job.status().done == sum(api.asked.values())
    await job.run(FakeApi())
    assert sealed(job) == expected()


async def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    """Somebody means it."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(JobStoppedError, match="stopped at once by SIGTERM"):
        await run_with_signals(job, job.run(FakeApi(on_ask=lambda asked: hang() if asked == 50 else None)))

    await job.run(FakeApi())
    assert sealed(job) == expected()


async def test_signals_have_their_old_meaning_afterwards(tmp_path: Path) -> None:
    """A job may be a small part of a program."""
    job = make_job(tmp_path / "job")

    await run_with_signals(job, job.run(FakeApi()))

    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_a_cancelled_caller_is_cancelled(tmp_path: Path) -> None:
    """Only signals are turned into errors."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        caller.cancel()
        await asyncio.get_running_loop().create_future()

    caller = asyncio.ensure_future(
        run_with_signals(job, job.run(FakeApi(on_ask=lambda asked: hang() if asked == 50 else None)))
    )

    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_other_stops_pass_through(tmp_path: Path) -> None:
    """Refused credentials are no signal."""
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="enough"):
        await run_with_signals(job, job.run(FakeApi(on_ask=lambda asked: job.stop("enough"))))
