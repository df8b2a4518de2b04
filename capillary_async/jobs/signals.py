"""Run a job so that Ctrl-C and `kill` stop it without loss."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Final

from capillary_async.jobs.errors import JobStoppedError
from capillary_async.jobs.job import BulkJob
from capillary_async.jobs.status import JobStatus

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


async def run_with_signals(job: BulkJob, running: Coroutine[Any, Any, JobStatus]) -> JobStatus:
    """Run a job until its end, or until a signal stops it.

    The first SIGINT or SIGTERM lets the lookups in flight end, for 20 seconds at most; the second one
    stops at once. Either way the job can be resumed. In another thread than the main one signals are left alone.

    Args:
        job: The job.
        running: What `job.run` returned.

    Raises:
        JobStoppedError: A signal stopped it, or something else did.
    """
    task = asyncio.get_running_loop().create_task(running)
    names: list[str] = []

    def receive(number: signal.Signals) -> None:
        names.append(number.name)
        if len(names) == 1:
            job.stop(f"stopped by {number.name}")
        else:
            task.cancel()

    with _listening(receive):
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if len(names) < 2 or (current is not None and current.cancelling()):
                raise
            raise JobStoppedError(f"stopped at once by {names[-1]}") from None


@contextmanager
def _listening(receive: Callable[[signal.Signals], None]) -> Generator[None]:
    """Hear signals, and leave the handlers behind that were there before."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            loop.add_signal_handler(number, receive, number)
    except NotImplementedError:  # on Windows
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
