"""Jobs in virtual time: five minutes of an outage in a moment, while threads take the time that they take."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from capillary_async.jobs import BulkJob, JobStatus, Progress
from tests.jobs.fakes import FakeApi, run

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Where a loop would wait for the next timer, lets time jump there, unless a thread is at work."""

    now = 1000.0
    threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.threads:
            return super().select(0 if timeout == 0 else None)
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("every task waits for something that will never happen")
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while anything can run or a thread is at work."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Return the virtual moment."""
        return self._virtual.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Run a function in a thread; time waits for it."""
        future = super().run_in_executor(executor, func, *args)
        self._virtual.threads += 1
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, _: object) -> None:
        self._virtual.threads -= 1


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def go(
    job: BulkJob, api: FakeApi, *, on_progress: Callable[[Progress], object] | None = None, **options: Any
) -> JobStatus:
    """Run a job in virtual time."""
    return run_virtually(run(job, api, on_progress=on_progress, **options))


class Waits:
    """What a job waits for, as its progress shows it.

    Attributes:
        seen: Every wait, in order.
        on_wait: Called at the beginning of each, with how many there were before.
    """

    def __init__(self, on_wait: Callable[[int], object] = lambda count: None) -> None:
        self.seen: list[str] = []
        self.on_wait = on_wait

    def __call__(self, progress: Progress) -> None:
        """Look at the progress."""
        if progress.waiting_for:
            self.on_wait(len(self.seen))
            self.seen.append(progress.waiting_for)

    @property
    def for_the_api(self) -> list[float]:
        """Seconds of each wait for the API."""
        return [float(wait.split()[3]) for wait in self.seen if wait.startswith("the API")]
