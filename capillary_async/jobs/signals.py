"""Runs a job so that Ctrl-C and `kill` do no harm."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from capillary_async.jobs.job import BulkJob
from capillary_async.jobs.problems import JobStoppedError
from capillary_async.jobs.status import JobStatus

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


async def run_with_signals(job: BulkJob, running: Coroutine[Any, Any, JobStatus]) -> JobStatus:
    """Run a job until its end, or until a signal stops it.

    The first SIGINT or SIGTERM lets the lookups in flight end, for 20 seconds at most; the second one
    stops at once. Either way the job can be resumed.

    Args:
        job: The job.
        running: What `job.run` returned.

    Raises:
        JobStoppedError: A signal stopped it, or something else did.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(running)
    names: list[str] = []

    def receive(number: signal.Signals) -> None:
        names.append(number.name)
        if len(names) == 1:
            job.stop(f"stopped by {number.name}")
        else:
            task.cancel()

    with suppress(NotImplementedError):  # on Windows
        for number in _SIGNALS:
            loop.add_signal_handler(number, receive, number)
    try:
        return await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if len(names) < 2 or (current is not None and current.cancelling()):
            raise
        raise JobStoppedError(f"stopped at once by {names[-1]}") from None
    finally:
        with suppress(NotImplementedError):
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
