"""The progress of a running bulk job: a progress bar on a terminal, a line every ten seconds elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Final

import attrs
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from capillary_async.cli.call_stats import CallStats
from capillary_async.cli.streams import close_output
from capillary_async.jobs import BulkJob, Progress
from capillary_async.jobs.manifest import STATUSES
from capillary_async.options import RateLimit

_FRAME_SECONDS: Final = 0.25
_LINE_SECONDS: Final = 10.0
_SILENCE_SECONDS: Final = 10.0
_UNITS: Final = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))

Sleep = Callable[[float], Awaitable[object]]


def duration(seconds: float) -> str:
    """Write a duration in its two largest units, such as "3 h 5 min"."""
    left = max(1, round(seconds))
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)


@attrs.define(eq=False)
class ProgressView:
    """Formats the progress of a job.

    Attributes:
        is_over: Whether the run has ended, with success or not.
    """

    _job: BulkJob
    _call_stats: CallStats
    _rate_limit: RateLimit | None
    is_over: bool = attrs.field(default=False, init=False)

    def line(self) -> str:
        """Return the state of the job as one line; an empty text before the job has started."""
        progress = self._job.progress
        if progress is None:
            return ""
        parts = (_done(progress), _counts(progress), self._speed(progress), self._outlook(progress))
        return "; ".join(part for part in parts if part)

    def picture(self) -> RenderableType:
        """Return the progress bar with all numbers below it."""
        progress = self._job.progress
        if progress is None:
            return Text("")
        bar = Table.grid(padding=(0, 1), expand=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        bar.add_row(ProgressBar(total=progress.total, completed=progress.done), _done(progress))
        return Group(bar, Text(_counts(progress)), Text(self._speed(progress)), Text(self._outlook(progress)))

    def _speed(self, progress: Progress) -> str:
        # At the end, the rate is that of the whole run, because the last seconds may hold only retries of one key.
        is_measurable = self.is_over and progress.elapsed > 0
        rate = self._call_stats.requests / progress.elapsed if is_measurable else self._call_stats.rate()
        if self._rate_limit is None:
            speed = f"{rate:,.1f} requests/s"
        else:
            # Requests are counted when their call ends. In one second more calls may end than the limit lets start.
            most = self._rate_limit.limit / self._rate_limit.per
            speed = f"{min(rate, most):,.1f} requests/s of {most:,.1f}"
        if progress.concurrency:  # 0 while the first lookup runs alone
            speed += f", {progress.concurrency} at once"
        median, slow = self._call_stats.latency(0.5), self._call_stats.latency(0.99)
        if median is None or slow is None:
            return speed
        return f"{speed}, p50 {median * 1000:,.0f} ms, p99 {slow * 1000:,.0f} ms"

    def _outlook(self, progress: Progress) -> str:
        if self.is_over:
            return f"took {duration(progress.elapsed)}"
        if self._job.is_stopping:
            return "stopping: the lookups in flight may take up to 20 s; press Ctrl-C again to stop at once"
        if progress.waiting_for:
            return f"waiting for {progress.waiting_for}" + (f": {progress.last_error}" if progress.last_error else "")
        if progress.silence >= _SILENCE_SECONDS:
            return f"waiting for answers; none for {duration(progress.silence)}"
        left = progress.seconds_left
        parts = (
            "waiting for the rate limit" if self._call_stats.is_held_back else "",
            "" if left is None else f"{duration(left)} left",
        )
        return ", ".join(part for part in parts if part)


def _done(progress: Progress) -> str:
    return f"{progress.done:,} of {progress.total:,} ({progress.done * 100 // progress.total} %)"


def _counts(progress: Progress) -> str:
    counts = progress.counts | {"failed": progress.failed}
    return ", ".join(f"{name.replace('_', ' ')} {counts[name]:,}" for name in STATUSES)


@asynccontextmanager
async def shown(view: ProgressView, console: Console, sleep: Sleep = asyncio.sleep) -> AsyncGenerator[None]:
    """Show the progress of a job while the block runs, and its last state at the end.

    The job continues if the terminal or pipe is closed, or if the disk of the log is full.

    Args:
        view: Formats the progress.
        console: A terminal gets the progress bar, anything else a line of text from time to time.
        sleep: Waits between two frames or lines.
    """
    # rich's automatic refresh is off, because it runs in a thread, and the job's numbers belong to the event loop.
    live = Live(console=console, auto_refresh=False, get_renderable=view.picture)
    show: Callable[[], object] = live.refresh if console.is_interactive else partial(_print, view)
    seconds = _FRAME_SECONDS if console.is_interactive else _LINE_SECONDS
    with live if console.is_interactive else nullcontext():
        task = asyncio.create_task(_repeat(show, seconds, sleep))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            view.is_over = True
            # If the task ended by itself, the output was closed.
            if task.cancelled() or task.exception() is not None:
                _try(show)


async def _repeat(show: Callable[[], object], seconds: float, sleep: Sleep) -> None:
    is_open = True
    while is_open:
        await sleep(seconds)
        is_open = _try(show)


def _try(show: Callable[[], object]) -> bool:
    try:
        show()
    except OSError:
        close_output()
        return False
    return True


def echo(line: str) -> None:
    """Print a line; ignore a closed output."""
    _try(partial(print, line, flush=True))


def _print(view: ProgressView) -> None:
    line = view.line()
    if line:
        print(line, flush=True)
