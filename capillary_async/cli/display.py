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
        """Return the state of the job in one line; an empty text before the job has begun."""
        progress = self._job.progress
        if progress is None:
            return ""
        parts = (_done(progress), _counts(progress), self._speed(progress), self._outlook(progress))
        return "; ".join(part for part in parts if part)

    def picture(self) -> RenderableType:
        """Draw everything."""
        progress = self._job.progress
        if progress is None:
            return Text("")
        bar = Table.grid(padding=(0, 1), expand=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        bar.add_row(ProgressBar(total=progress.total, completed=progress.done), _done(progress))
        return Group(bar, Text(_counts(progress)), Text(self._speed(progress)), Text(self._outlook(progress)))

    def _speed(self, progress: Progress) -> str:
        # In the end the whole run counts, because its last seconds may have been one key's retries.
        is_measurable = self.is_over and progress.elapsed > 0
        rate = self._call_stats.requests / progress.elapsed if is_measurable else self._call_stats.rate()
        if self._rate_limit is None:
            speed = f"{rate:,.1f} requests/s"
        else:
            # Requests are counted when their call ends, and more calls may end in a second than may start.
            most = self._rate_limit.limit / self._rate_limit.per
            speed = f"{min(rate, most):,.1f} requests/s of {most:,.1f}"
        if progress.concurrency:  # none before the first lookups, when a single one is on its way
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
async def shown(monitor: ProgressView, console: Console, sleep: Sleep = asyncio.sleep) -> AsyncGenerator[None]:
    """Show how a job is doing while the block runs, and how it stands in the end.

    The job continues when the terminal or pipe is closed, or when the disk of the log is full.

    Args:
        monitor: What to show.
        console: Where; a terminal gets the picture.
        sleep: Waits between two frames or lines.
    """
    # Not rich's own refreshing: that is a thread, and the job's numbers belong to the event loop.
    live = Live(console=console, auto_refresh=False, get_renderable=monitor.picture)
    show: Callable[[], object] = live.refresh if console.is_interactive else partial(_print, monitor)
    seconds = _FRAME_SECONDS if console.is_interactive else _LINE_SECONDS
    with live if console.is_interactive else nullcontext():
        task = asyncio.create_task(_repeat(show, seconds, sleep))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            monitor.is_over = True
            if task.cancelled() or task.exception() is not None:  # not after the output was closed
                _try(show)


async def _repeat(show: Callable[[], object], seconds: float, sleep: Sleep) -> None:
    is_seen = True
    while is_seen:
        await sleep(seconds)
        is_seen = _try(show)


def _try(show: Callable[[], object]) -> bool:
    try:
        show()
    except OSError:
        close_output()
        return False
    return True


def echo(line: str) -> None:
    """Print a line; a closed output is no error."""
    _try(partial(print, line, flush=True))


def _print(monitor: ProgressView) -> None:
    line = monitor.line()
    if line:
        print(line, flush=True)
