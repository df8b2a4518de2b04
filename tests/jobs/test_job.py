"""A job from its making to its end, over a fake API."""

import asyncio
from pathlib import Path

import pytest

from capillary_async.jobs import BulkJob, JobRefusedError, JobStoppedError, Progress
from tests.jobs.fakes import LOOKUP, FakeApi, expected, make_job, sealed


async def test_every_row_is_in_the_output_once(tmp_path: Path) -> None:
    """That is what a job is for."""
    api = FakeApi()
    job = make_job(tmp_path / "job")

    status = await job.run(api)

    assert sealed(job) == expected()
    assert (status.found, status.empty, status.not_found, status.failed, status.pending) == (89, 10, 1, 0, 0)
    assert status.is_complete
    assert status.done == status.total == 100
    assert max(api.asked.values()) == 1


async def test_a_finished_job_asks_nothing_more(tmp_path: Path) -> None:
    """A second run by a careless scheduler must cost nothing."""
    await make_job(tmp_path / "job").run(FakeApi())
    api = FakeApi()

    status = await BulkJob.open(tmp_path / "job").run(api)

    assert not api.asked
    assert status.is_complete


async def test_repeated_keys_are_looked_up_once_and_reported(tmp_path: Path) -> None:
    """Exports of joins repeat ids; each repetition would cost a call."""
    api = FakeApi()
    job = make_job(tmp_path / "job", [1, 2, 1, 3, 1])

    status = await job.run(api)

    assert api.asked == {1: 1, 2: 1, 3: 1}
    assert status.duplicates == 2
    assert job.manifest.duplicate_lines == (3, 5)


async def test_concurrency_is_kept(tmp_path: Path) -> None:
    """The figure is agreed with whoever runs the API."""
    api = FakeApi()

    await make_job(tmp_path / "job", concurrency=7).run(api)

    assert api.most_running == 7


async def test_auto_concurrency_grows_and_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows the right figure beforehand."""
    monkeypatch.setattr("capillary_async.bulk.lookup.perf_counter", lambda: 0.0)
    api = FakeApi()
    job = make_job(tmp_path / "job", range(1, 2001), batch=500)

    await job.run(api, concurrency="auto")

    assert api.most_running > 8
    assert job.progress is not None
    assert job.progress.concurrency > 8


async def test_progress_is_shown_while_the_job_works(tmp_path: Path) -> None:
    """A job that runs for a day is watched."""
    shown: list[tuple[int, int]] = []

    def show(progress: Progress) -> None:
        shown.append((progress.done, progress.total))

    job = make_job(tmp_path / "job")
    api = FakeApi(on_ask=lambda number: pass_time(job))

    await job.run(api, on_progress=show)

    assert shown
    assert all(total == 100 for _, total in shown)
    assert [done for done, _ in shown] == sorted(done for done, _ in shown)


def pass_time(job: BulkJob) -> None:
    """Make the job's progress believe that a second has passed."""
    assert job.progress is not None
    before = job.progress._clock
    job.progress._clock = lambda: before() + 1.0


async def test_an_error_of_the_display_arrives_as_itself(tmp_path: Path) -> None:
    """A broken pipe is not a broken disk."""
    job = make_job(tmp_path / "job")

    def show(progress: Progress) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await job.run(FakeApi(on_ask=lambda number: pass_time(job)), on_progress=show)

    await job.run(FakeApi())
    assert sealed(job) == expected()


# --- stopping and resuming ---


async def test_a_stopped_job_resumes_with_what_is_left(tmp_path: Path) -> None:
    """Ctrl-C on day two must not cost day one."""
    api = FakeApi()
    job = make_job(tmp_path / "job")
    api.on_ask = lambda number: job.stop("enough") if number == 50 else None

    with pytest.raises(JobStoppedError, match="enough"):
        await job.run(api)

    assert 45 <= job.status().done < 60
    api.on_ask = lambda number: None
    await job.run(api)
    assert sealed(job) == expected()
    assert max(api.asked.values()) == 1, "a soft stop keeps what was in flight"


async def test_a_stop_before_the_start_counts(tmp_path: Path) -> None:
    """The signal may arrive while the journal is being read."""
    api = FakeApi()
    job = make_job(tmp_path / "job")
    job.stop("not today")

    with pytest.raises(JobStoppedError, match="not today"):
        await job.run(api)

    assert sum(api.asked.values()) <= 1


async def test_lookups_that_do_not_end_in_time_are_cancelled(tmp_path: Path) -> None:
    """A stop that waits for an API that hangs is no stop."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        job.stop()
        await asyncio.get_running_loop().create_future()

    api = FakeApi(on_ask=lambda number: hang() if number > 20 else None)
    with pytest.raises(JobStoppedError):
        await job.run(api, shutdown_timeout=0)

    await job.run(FakeApi())
    assert sealed(job) == expected()


async def test_a_cancelled_run_leaves_a_job_that_resumes(tmp_path: Path) -> None:
    """A second Ctrl-C cancels; so does the time limit of a scheduler."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        running.cancel()
        await asyncio.get_running_loop().create_future()

    api = FakeApi(on_ask=lambda number: hang() if number > 60 else None)
    running = asyncio.ensure_future(job.run(api))
    with pytest.raises(asyncio.CancelledError):
        await running

    second = FakeApi()
    await job.run(second)
    assert sealed(job) == expected()
    assert sum(second.asked.values()) <= 40 + 5 + 10, "at most what was in flight and one batch is asked for again"


# --- refusals ---


async def test_another_lookup_is_refused_by_name(tmp_path: Path) -> None:
    """Trackers among the events would ruin the output."""
    make_job(tmp_path / "job")

    with pytest.raises(JobRefusedError, match=f"the job looks up {LOOKUP}, not events"):
        BulkJob.open(tmp_path / "job", lookup="events")


async def test_other_keys_are_refused_by_name(tmp_path: Path) -> None:
    """Someone resumes with next month's file."""
    (tmp_path / "june.csv").write_text("number\n1\n2\n")
    (tmp_path / "july.csv").write_text("number\n1\n3\n")
    BulkJob.create(tmp_path / "job", LOOKUP, tmp_path / "june.csv")

    BulkJob.open(tmp_path / "job", lookup=LOOKUP, keys=tmp_path / "june.csv")
    with pytest.raises(JobRefusedError, match=r"july\.csv does not hold the keys"):
        BulkJob.open(tmp_path / "job", keys=tmp_path / "july.csv")


async def test_a_key_file_that_has_changed_is_refused_by_name(tmp_path: Path) -> None:
    """Whoever changed it expects the new keys to be looked up, and they would not be."""
    keys = tmp_path / "june.csv"
    keys.write_text("number\n1\n2\n")
    job = BulkJob.create(tmp_path / "job", LOOKUP, keys)
    keys.write_text("number\n1\n2\n3\n")

    with pytest.raises(JobRefusedError, match=r"june\.csv has changed"):
        await job.run(FakeApi())


async def test_a_key_file_that_is_gone_is_no_obstacle(tmp_path: Path) -> None:
    """The job has a copy of its own."""
    keys = tmp_path / "june.csv"
    keys.write_text("number\n1\n2\n")
    job = BulkJob.create(tmp_path / "job", LOOKUP, keys)
    keys.unlink()

    await job.run(FakeApi())

    assert sealed(job) == expected([1, 2])


async def test_another_organisation_is_refused_by_name(tmp_path: Path) -> None:
    """Half of the output would be somebody else's customers."""
    job = make_job(tmp_path / "job")
    await job.run(FakeApi())

    with pytest.raises(JobRefusedError, match=r"the job asks https://api\.example\.com, not https://other"):
        await job.run(FakeApi(base_url="https://other.example.com"))
    with pytest.raises(JobRefusedError, match="the job asks as till one, not as till two"):
        await job.run(FakeApi(account="till two"))
    await job.run(FakeApi(account="till two"), any_account=True)
    await job.run(FakeApi(account="till two"))


async def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    """Two writers would ruin the parts."""
    job = make_job(tmp_path / "job")
    second = BulkJob.open(tmp_path / "job")
    refused: list[str] = []

    async def run_second() -> None:
        with pytest.raises(JobRefusedError, match="is working on this job") as caught:
            await second.run(FakeApi())
        refused.append(str(caught.value))

    await job.run(FakeApi(on_ask=lambda number: run_second() if number == 50 else None))

    assert len(refused) == 1
    assert sealed(job) == expected()


async def test_the_status_can_be_asked_for_while_the_job_runs(tmp_path: Path) -> None:
    """`bulk status` is typed in another window."""
    job = make_job(tmp_path / "job")
    seen: list[tuple[bool, int]] = []

    def look(number: int) -> None:
        if number == 50:
            status = BulkJob.open(tmp_path / "job").status()
            seen.append((status.running is not None, status.done))

    await job.run(FakeApi(on_ask=look))

    ((is_running, done),) = seen
    assert is_running
    assert 0 < done < 50
    assert job.status().running is None


async def test_a_directory_with_a_job_is_refused(tmp_path: Path) -> None:
    """A second `create` must not wipe the first."""
    make_job(tmp_path / "job")

    with pytest.raises(JobRefusedError, match="there is a job in"):
        make_job(tmp_path / "job")


def test_a_directory_with_something_else_is_refused(tmp_path: Path) -> None:
    """A job removes parts that it does not know."""
    (tmp_path / "part-00001.jsonl").write_text("somebody's\n")

    with pytest.raises(JobRefusedError, match=r"something else \(part-00001.jsonl\)"):
        make_job(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["part-00001.jsonl"]


def test_a_directory_without_a_job_is_refused(tmp_path: Path) -> None:
    """A misspelt path must not look like an empty job."""
    with pytest.raises(JobRefusedError, match="there is no job in"):
        BulkJob.open(tmp_path)


async def test_an_unfinished_job_is_not_sealed_by_accident(tmp_path: Path) -> None:
    """An output that is short without saying so is the worst of all."""
    job = make_job(tmp_path / "job")
    with pytest.raises(JobStoppedError):
        await job.run(FakeApi(on_ask=lambda number: job.stop() if number == 50 else None))

    with pytest.raises(JobRefusedError, match="still pending"):
        job.seal("jsonl")
    rows = sealed(job, is_partial=True)

    assert set(rows) < set(expected())
    assert rows
