"""The progress of a running job, on a terminal and elsewhere."""

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
    """Return the `CallInfo` of a successful call."""
    return CallInfo("/", 200, (), None, attempts, rate_limit_wait, seconds, 2, None)


class Scene:
    """A running job for a display."""

    def __init__(self, directory: Path) -> None:
        self.clock = VirtualClock()
        self.job = BulkJob.create(directory, "customers", [1])
        self.call_stats = CallStats(self.clock.time)
        self.view = ProgressView(self.job, self.call_stats, RateLimit(1000))

    def begin(self) -> Progress:
        """Give the job counts."""
        self.job.progress = Progress(COUNTS, 280, self.clock.time)
        self.job.progress.concurrency = 64
        return self.job.progress


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Return a running job."""
    return Scene(tmp_path / "job")


async def elapse(scene: Scene, seconds: float) -> None:
    """Advance the time."""
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
    """People do not want to read "10,923 s"."""
    assert duration(seconds) == text


def test_nothing_is_shown_before_the_job_has_started(scene: Scene) -> None:
    """Opening a large job takes a moment."""
    assert scene.view.line() == ""


async def test_a_line_has_all_numbers(scene: Scene) -> None:
    """A log file has only these lines."""
    progress = scene.begin()
    for _ in range(98):
        scene.call_stats.add(call(0.1))
    scene.call_stats.add(call(5.3, rate_limit_wait=5.0, attempts=3))
    scene.call_stats.add(call(0.5))
    for _ in range(28):
        progress.observe()
    await elapse(scene, 7)

    line = scene.view.line()

    assert line == (
        "210 of 280 (75 %); found 10, empty 20, not found 30, merged 40, invalid 50, failed 60; "
        "14.6 requests/s of 16.7, 64 at once, p50 100 ms, p99 300 ms; waiting for the rate limit, 18 s left"
    )


def test_the_percentage_is_rounded_down(scene: Scene) -> None:
    """99.9 % must not look like 100 %."""
    counts = dict.fromkeys(STATUSES, 0) | {"found": 10**6}
    scene.job.progress = Progress(counts, 10**6 + 1, scene.clock.time)

    assert "(99 %)" in scene.view.line()


async def test_the_rate_is_that_of_the_last_ten_seconds(scene: Scene) -> None:
    """The average of a whole day does not show the current rate."""
    scene.call_stats.add(call(0.1, attempts=5000))
    rates: list[float] = []
    for _ in range(30):
        await elapse(scene, 1)
        scene.call_stats.add(call(0.1, attempts=3))
        rates.append(scene.call_stats.rate())

    assert rates[0] > 5000
    assert rates[-1] == pytest.approx(3)


def test_zero_concurrency_is_not_shown(scene: Scene) -> None:
    """The concurrency is 0 while the first lookup runs alone."""
    scene.begin().concurrency = 0

    assert "at once" not in scene.view.line()


def test_short_waits_for_the_rate_limit_are_not_shown(scene: Scene) -> None:
    """The rate limit delays every burst a little."""
    scene.begin()
    scene.call_stats.add(call(0.101, rate_limit_wait=0.001))

    assert "waiting" not in scene.view.line()


def test_the_reason_of_a_wait_is_shown(scene: Scene) -> None:
    """Otherwise a waiting job would look like a hanging one."""
    scene.begin().waiting_for = "the API, for 20 s"

    assert scene.view.line().endswith("; waiting for the API, for 20 s")


async def test_missing_answers_are_shown(scene: Scene) -> None:
    """Without answers the remaining time cannot be estimated."""
    progress = scene.begin()
    for _ in range(100):
        progress.observe()
    await elapse(scene, 9)
    before = scene.view.line()

    await elapse(scene, 11)

    assert before.endswith("6 s left")
    assert scene.view.line().endswith("; waiting for answers; none for 20 s")


def test_a_stopping_job_shows_how_long_it_may_take(scene: Scene) -> None:
    """Otherwise users would kill the process."""
    scene.begin()
    scene.job.stop()

    assert scene.view.line().endswith("up to 20 s; press Ctrl-C again to stop at once")


async def test_a_log_gets_a_line_every_ten_seconds(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The log of a night must stay readable."""
    scene.begin()

    async with shown(scene.view, Console(file=io.StringIO()), scene.clock.sleep):
        await elapse(scene, 35)

    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert set(scene.clock.sleeps) == {35, 10}
    assert last.endswith("took 35 s")


async def test_a_terminal_updates_the_progress_bar(scene: Scene) -> None:
    """The last state must stay visible."""
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
async def test_a_closed_output_does_not_stop_the_job(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, error: Callable[[], OSError]
) -> None:
    """A closed pipe or a full disk of the log must not stop a job."""
    scene.begin()
    tries: list[ProgressView] = []

    def fail(view: ProgressView) -> str:
        tries.append(view)
        raise error()

    monkeypatch.setattr(ProgressView, "line", fail)

    async with shown(scene.view, Console(file=io.StringIO()), scene.clock.sleep):
        await elapse(scene, 40)

    assert len(tries) == 1


async def test_a_bug_of_the_display_is_raised(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise nobody would find it."""
    scene.begin()

    def fail(_: ProgressView) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(ProgressView, "line", fail)

    with pytest.raises(ZeroDivisionError):
        async with shown(scene.view, Console(file=io.StringIO()), scene.clock.sleep):
            await elapse(scene, 20)


async def test_the_last_line_has_the_rate_of_the_whole_run(scene: Scene) -> None:
    """The last ten seconds may hold only retries of one key."""
    scene.begin()
    for _ in range(70):
        scene.call_stats.add(call(0.1))
    await elapse(scene, 20)
    scene.call_stats.rate()
    scene.view.is_over = True

    assert "3.5 requests/s" in scene.view.line()
