"""What one sees of a running job, on a terminal and elsewhere."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from capillary_async.cli.call_stats import CallStats
from capillary_async.cli.display import ProgressView, duration, shown
from capillary_async.jobs import BulkJob, Progress
from capillary_async.jobs.manifest import STATUSES
from capillary_async.options import RateLimit
from capillary_async.pipeline.request import CallInfo
from tests.fakes import VirtualClock
from tests.jobs.fakes import full_disk

COUNTS = {status: 10 * place for place, status in enumerate(STATUSES, 1)}


def call(seconds: float, rate_limit_wait: float = 0.0, attempts: int = 1) -> CallInfo:
    """Describe a call that went well."""
    return CallInfo("/", 200, (), None, attempts, rate_limit_wait, seconds, 2, None)


class Scene:
    """A job that is worked on, as far as a display can see."""

    def __init__(self, directory: Path) -> None:
        self.clock = VirtualClock()
        self.job = BulkJob.create(directory, "customers", [1])
        self.call_stats = CallStats(self.clock.time)
        self.view = ProgressView(self.job, self.call_stats, RateLimit(1000))

    def begin(self) -> Progress:
        """Let the job have counts."""
        self.job.progress = Progress(COUNTS, 280, self.clock.time)
        self.job.progress.concurrency = 64
        return self.job.progress


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Make a job."""
    return Scene(tmp_path / "job")


async def elapse(scene: Scene, seconds: float) -> None:
    """Let time pass."""
    await scene.clock.sleep(seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (7380, "2 h 3 min"),
        (1e6, "11 d 13 h"),
    ],
)
def test_a_duration_has_two_units(seconds: float, text: str) -> None:
    """Nobody plans an afternoon in seconds."""
    assert duration(seconds) == text


def test_before_the_job_has_begun_there_is_nothing_to_see(scene: Scene) -> None:
    """Opening a large job takes a moment."""
    assert scene.view.line() == ""


async def test_a_line_says_everything(scene: Scene) -> None:
    """It is all that a log file has."""
    progress = scene.begin()
    for _ in range(98):
        scene.call_stats.add(call(0.1))
    scene.call_stats.add(call(5.3, rate_limit_wait=5.0, attempts=3))
    scene.call_stats.add(call(0.5))
    for _ in range(28):
        progress.observe(0.1)
    await elapse(scene, 7)

    line = scene.view.line()

    assert line == (
        "210 of 280 (75 %); found 10, empty 20, not found 30, merged 40, invalid 50, failed 60; "
        "14.6 requests/s of 16.7, 64 at once, p50 100 ms, p99 300 ms; waiting for the rate limit, 18 s left"
    )


def test_a_job_is_not_done_before_it_is_done(scene: Scene) -> None:
    """99.9 % is not 100 %."""
    counts = dict.fromkeys(STATUSES, 0) | {"found": 10**6}
    scene.job.progress = Progress(counts, 10**6 + 1, scene.clock.time)

    assert "(99 %)" in scene.view.line()


async def test_the_rate_is_that_of_the_last_ten_seconds(scene: Scene) -> None:
    """An average since yesterday says nothing about now."""
    scene.call_stats.add(call(0.1, attempts=5000))
    rates: list[float] = []
    for _ in range(30):
        await elapse(scene, 1)
        scene.call_stats.add(call(0.1, attempts=3))
        rates.append(scene.call_stats.rate())

    assert rates[0] > 5000
    assert rates[-1] == pytest.approx(3)


def test_nobody_is_told_that_nothing_runs_at_once(scene: Scene) -> None:
    """A single lookup sees whether the API is well, before all the others."""
    scene.begin().concurrency = 0

    assert "at once" not in scene.view.line()


def test_short_waits_in_line_are_not_worth_a_word(scene: Scene) -> None:
    """The limit shapes every burst a little."""
    scene.begin()
    scene.call_stats.add(call(0.101, rate_limit_wait=0.001))

    assert "waiting" not in scene.view.line()


def test_an_outage_is_named(scene: Scene) -> None:
    """Otherwise a job that waits looks like one that hangs."""
    scene.begin().waiting_for = "the API, for 20 s"

    assert scene.view.line().endswith("; waiting for the API, for 20 s")


async def test_silence_is_named(scene: Scene) -> None:
    """A server that hangs, or tells all to wait for a minute, leaves nothing from which to tell the end."""
    progress = scene.begin()
    for _ in range(100):
        progress.observe(0.1)
    await elapse(scene, 9)
    before = scene.view.line()

    await elapse(scene, 11)

    assert before.endswith("6 s left")
    assert scene.view.line().endswith("; waiting for answers; none for 20 s")


def test_a_stop_says_how_long_it_may_take(scene: Scene) -> None:
    """Else the next thing is kill -9."""
    scene.begin()
    scene.job.stop()

    assert scene.view.line().endswith("up to 20 s; press Ctrl-C again to stop at once")


async def test_off_a_terminal_there_is_a_line_every_ten_seconds(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log of a night must stay readable."""
    scene.begin()

    async with shown(scene.view, Console(file=io.StringIO()), scene.clock.sleep):
        await elapse(scene, 35)

    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert set(scene.clock.sleeps) == {35, 10}
    assert last.endswith("took 35 s")


async def test_on_a_terminal_the_picture_moves(scene: Scene) -> None:
    """It is drawn over itself, and the last one stays."""
    scene.begin()
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=90, _environ={"TERM": "xterm"})

    async with shown(scene.view, console, scene.clock.sleep):
        await elapse(scene, 10)

    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert text.count("210 of 280 (75 %)") >= 40
    assert "0.0 requests/s of 16.7, 64 at once" in text
    assert "took 10 s" in text


@pytest.mark.parametrize("error", [BrokenPipeError, full_disk])
async def test_a_display_that_cannot_be_seen_does_not_stop_the_job(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Callable[[], OSError]
) -> None:
    """What took a night must not be lost because somebody closed a pipe, or because the log's disk is full."""
    scene.begin()
    tries: list[ProgressView] = []

    def fail(view: ProgressView) -> str:
        tries.append(view)
        raise error()

    monkeypatch.setattr(ProgressView, "line", fail)

    async with shown(scene.view, Console(file=io.StringIO()), scene.clock.sleep):
        await elapse(scene, 40)

    assert len(tries) == 1


async def test_a_fault_of_the_display_is_not_hidden(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would ever mend it."""
    scene.begin()

    def fail(_: ProgressView) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(ProgressView, "line", fail)

    with pytest.raises(ZeroDivisionError):
        async with shown(scene.view, Console(file=io.StringIO()), scene.clock.sleep):
            await elapse(scene, 20)


async def test_the_end_tells_the_rate_of_the_whole_run(scene: Scene) -> None:
    """The last ten seconds may have been one key's retries."""
    scene.begin()
    for _ in range(70):
        scene.call_stats.add(call(0.1))
    await elapse(scene, 20)
    scene.call_stats.rate()
    scene.view.is_over = True

    assert "3.5 requests/s" in scene.view.line()
