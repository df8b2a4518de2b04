"""A job from its making to its end, over a fake API."""

import asyncio
import subprocess
import sys
from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from capillary_async import TargetEvent
from capillary_async.codec.row_text import encode_parts
from capillary_async.errors import DecodeError, TransportError
from capillary_async.jobs import BulkJob, JobRefusedError, JobStoppedError, Progress
from capillary_async.jobs.database import is_on_network
from capillary_async.jobs.records import KeyOutcome
from capillary_async.jobs.store import JobStore
from capillary_async.models.definition import NOTHING_EXTRA, ReadOnlyDict
from tests.jobs.fakes import LOOKUP, FakeApi, broken, expected, exported, make_job, run, things

pq: Any = pytest.importorskip("pyarrow.parquet")


async def test_every_row_is_in_the_output_once(tmp_path: Path) -> None:
    """That is what a job is for."""
    api = FakeApi()
    job = make_job(tmp_path / "job")

    status = await run(job, api)

    assert exported(job) == expected()
    assert (status.found, status.empty, status.not_found, status.failed, status.pending) == (89, 10, 1, 0, 0)
    assert status.is_complete
    assert status.done == status.total == 100
    assert max(api.asked.values()) == 1


async def test_a_finished_job_asks_nothing_more(tmp_path: Path) -> None:
    """A second run by a careless scheduler must cost nothing."""
    await run(make_job(tmp_path / "job"), FakeApi())
    api = FakeApi()

    status = await run(BulkJob.open(tmp_path / "job"), api)

    assert not api.asked
    assert status.is_complete


async def test_repeated_keys_are_looked_up_once_and_reported(tmp_path: Path) -> None:
    """Exports of joins repeat ids; each repetition would cost a call."""
    api = FakeApi()
    job = make_job(tmp_path / "job", [1, 2, 1, 3, 1])

    status = await run(job, api)

    assert api.asked == {1: 1, 2: 1, 3: 1}
    assert status.duplicates == 2
    assert job.manifest.duplicate_lines == (3, 5)


async def test_concurrency_is_kept(tmp_path: Path) -> None:
    """The figure is agreed with whoever runs the API."""
    api = FakeApi()

    await run(make_job(tmp_path / "job", concurrency=7), api)

    assert api.most_running == 7


async def test_auto_concurrency_grows_and_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows the right figure beforehand."""
    monkeypatch.setattr("capillary_async.bulk.lookup.perf_counter", lambda: 0.0)
    api = FakeApi()
    job = make_job(tmp_path / "job", range(1, 2001), batch=500)

    await run(job, api, concurrency="auto")

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

    await run(job, api, on_progress=show)

    assert shown
    assert all(total == 100 for _, total in shown)
    assert [done for done, _ in shown] == sorted(done for done, _ in shown)


def pass_time(job: BulkJob) -> None:
    """Make the job's progress believe that a second has passed."""
    assert job.progress is not None
    before = job.progress.clock
    job.progress.clock = lambda: before() + 1.0


async def test_an_error_of_the_display_arrives_as_itself(tmp_path: Path) -> None:
    """A broken pipe is not a broken disk."""
    job = make_job(tmp_path / "job")

    def show(progress: Progress) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await run(job, FakeApi(on_ask=lambda number: pass_time(job)), on_progress=show)

    await run(job, FakeApi())
    assert exported(job) == expected()


# --- stopping and resuming ---


async def test_a_stopped_job_resumes_with_what_is_left(tmp_path: Path) -> None:
    """Ctrl-C on day two must not cost day one."""
    api = FakeApi()
    job = make_job(tmp_path / "job")
    api.on_ask = lambda number: job.stop("enough") if number == 50 else None

    with pytest.raises(JobStoppedError, match="enough"):
        await run(job, api)

    assert 45 <= job.status().done < 60
    api.on_ask = lambda number: None
    await run(job, api)
    assert exported(job) == expected()
    assert max(api.asked.values()) == 1, "a soft stop keeps what was in flight"


async def test_a_stop_before_the_start_counts(tmp_path: Path) -> None:
    """The signal may arrive while the journal is being read."""
    api = FakeApi()
    job = make_job(tmp_path / "job")
    job.stop("not today")

    with pytest.raises(JobStoppedError, match="not today"):
        await run(job, api)

    assert sum(api.asked.values()) <= 1


async def test_lookups_that_do_not_end_in_time_are_cancelled(tmp_path: Path) -> None:
    """A stop that waits for an API that hangs is no stop."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        job.stop()
        await asyncio.get_running_loop().create_future()

    api = FakeApi(on_ask=lambda number: hang() if number > 20 else None)
    with pytest.raises(JobStoppedError):
        await run(job, api, shutdown_timeout=0)

    await run(job, FakeApi())
    assert exported(job) == expected()


async def test_a_cancelled_run_leaves_a_job_that_resumes(tmp_path: Path) -> None:
    """A second Ctrl-C cancels; so does the time limit of a scheduler."""
    job = make_job(tmp_path / "job")

    async def hang() -> None:
        running.cancel()
        await asyncio.get_running_loop().create_future()

    api = FakeApi(on_ask=lambda number: hang() if number > 60 else None)
    running = asyncio.ensure_future(run(job, api))
    with pytest.raises(asyncio.CancelledError):
        await running

    second = FakeApi()
    await run(job, second)
    assert exported(job) == expected()
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

    BulkJob.create_or_open(tmp_path / "job", LOOKUP, tmp_path / "june.csv")
    with pytest.raises(JobRefusedError, match=r"july\.csv does not hold the keys"):
        BulkJob.create_or_open(tmp_path / "job", LOOKUP, tmp_path / "july.csv")


async def test_a_key_file_that_has_changed_does_not_block_the_job(tmp_path: Path) -> None:
    """The job has a copy of its own, and says so."""
    keys = tmp_path / "june.csv"
    keys.write_text("number\n1\n2\n")
    job = BulkJob.create(tmp_path / "job", LOOKUP, keys)
    before = job.key_file_has_changed
    keys.write_text("number\n1\n2\n3\n")

    await run(job, FakeApi())

    assert (before, job.key_file_has_changed) == (False, True)
    assert exported(job) == expected([1, 2])


async def test_a_key_file_that_is_gone_is_no_obstacle(tmp_path: Path) -> None:
    """The job has a copy of its own."""
    keys = tmp_path / "june.csv"
    keys.write_text("number\n1\n2\n")
    job = BulkJob.create(tmp_path / "job", LOOKUP, keys)
    keys.unlink()

    await run(job, FakeApi())

    assert exported(job) == expected([1, 2])


async def test_another_organisation_is_refused_by_name(tmp_path: Path) -> None:
    """Half of the output would be somebody else's customers."""
    job = make_job(tmp_path / "job")
    with pytest.raises(JobStoppedError):
        await run(job, FakeApi(on_ask=lambda number: job.stop() if number == 50 else None))

    with pytest.raises(JobRefusedError, match=r"the job asks https://api\.example\.com, not https://other"):
        await run(job, FakeApi(base_url="https://other.example.com"))
    with pytest.raises(JobRefusedError, match="the job asks as till one, not as till two"):
        await run(job, FakeApi(account="till two"))
    await run(job, FakeApi(account="till two"), any_account=True)
    assert exported(job) == expected()


async def test_a_wrong_address_does_not_bind_the_job(tmp_path: Path) -> None:
    """Nothing was ever found there, and whoever mends the address must be able to go on."""
    job = make_job(tmp_path / "job")
    wrong = FakeApi(lambda number: TransportError("no host", retryable=False), base_url="https://wrong.example.com")
    with pytest.raises(JobStoppedError):
        await run(job, wrong)

    await run(job, FakeApi())

    assert job.status().base_url == "https://api.example.com"


async def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    """Two writers would do everything twice."""
    job = make_job(tmp_path / "job")
    second = BulkJob.open(tmp_path / "job")
    refused: list[str] = []

    async def run_second() -> None:
        with pytest.raises(JobRefusedError, match="is working on this job") as caught:
            await run(second, FakeApi())
        refused.append(str(caught.value))

    await run(job, FakeApi(on_ask=lambda number: run_second() if number == 50 else None))

    assert len(refused) == 1
    assert exported(job) == expected()


async def test_the_status_can_be_asked_for_while_the_job_runs(tmp_path: Path) -> None:
    """`bulk status` is typed in another window."""
    job = make_job(tmp_path / "job")
    seen: list[tuple[bool, int]] = []

    def look(number: int) -> None:
        if number == 50:
            status = BulkJob.open(tmp_path / "job").status()
            seen.append((status.running is not None, status.done))

    await run(job, FakeApi(on_ask=look))

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
    """A job keeps its directory to itself."""
    (tmp_path / "holiday.txt").write_text("somebody's\n")

    with pytest.raises(JobRefusedError, match=r"something else \(holiday.txt\)"):
        make_job(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["holiday.txt"]


def test_a_directory_without_a_job_is_refused(tmp_path: Path) -> None:
    """A misspelt path must not look like an empty job."""
    with pytest.raises(JobRefusedError, match="there is no job in"):
        BulkJob.open(tmp_path)


async def test_an_unfinished_job_is_not_exported_by_accident(tmp_path: Path) -> None:
    """An output that is short without saying so is the worst of all."""
    job = make_job(tmp_path / "job")
    with pytest.raises(JobStoppedError):
        await run(job, FakeApi(on_ask=lambda number: job.stop() if number == 50 else None))

    with pytest.raises(JobRefusedError, match="still pending"):
        job.export("jsonl")
    rows = exported(job, is_partial=True)

    assert set(rows) < set(expected())
    assert rows


# --- once more ---


async def test_a_complete_job_is_left_as_it_is(tmp_path: Path) -> None:
    """A nightly run that is started twice must not write anything, either."""
    job = make_job(tmp_path / "job")
    await run(job, FakeApi())
    before = {path.name: path.read_bytes() for path in job.directory.iterdir() if path.name != "lock"}
    completed = job.status().completed
    api = FakeApi()

    status = await run(job, api)

    assert not api.asked
    assert status.completed == completed
    assert completed is not None
    assert {path.name: path.read_bytes() for path in job.directory.iterdir() if path.name != "lock"} == before


async def test_a_refresh_looks_everything_up_again(tmp_path: Path) -> None:
    """Next month's data in the same directory."""
    job = make_job(tmp_path / "job")
    await run(job, FakeApi(lambda number: DecodeError("odd") if number == 3 else None))
    api = FakeApi()

    status = await run(job, api, refresh=True)

    assert set(api.asked.values()) == {1}
    assert (status.generation, status.failed, status.found) == (2, 0, 89)
    assert exported(job) == expected()


async def test_until_a_refresh_is_whole_the_old_outcomes_stand(tmp_path: Path) -> None:
    """An export in the middle must not mix two months."""
    job = make_job(tmp_path / "job")
    await run(job, FakeApi())
    with pytest.raises(JobStoppedError):
        await run(job, FakeApi(lambda n: broken(), on_ask=lambda n: job.stop()), refresh=True)

    status = job.status()
    assert status.is_refreshing
    assert not status.is_complete
    assert status.completed is not None
    assert exported(job) == expected()
    api = FakeApi()
    status = await run(job, api)  # goes on with the refresh
    assert (status.generation, status.is_refreshing) == (2, False)
    assert sum(api.asked.values()) == 100


async def test_create_or_open_does_what_its_name_says(tmp_path: Path) -> None:
    """The same lines stand in a service that is started again and again."""
    for _ in range(2):
        await run(BulkJob.create_or_open(tmp_path / "job", things, [1, 2, 3]), FakeApi())

    assert exported(BulkJob.open(tmp_path / "job")) == expected([1, 2, 3])
    with pytest.raises(JobRefusedError, match="does not hold the keys"):
        BulkJob.create_or_open(tmp_path / "job", things, [1, 2])
    with pytest.raises(JobRefusedError, match="the job looks up"):
        BulkJob.create_or_open(tmp_path / "job", "customers", [1, 2, 3])


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("job/job.sqlite", "name of a job's own file"),
        ("job/job.sqlite-wal", "name of a job's own file"),
        ("job/lock", "name of a job's own file"),
        ("job", "job is a directory"),
        ("no/out.csv", "there is no directory .*no"),
    ],
)
async def test_an_export_takes_the_place_of_no_file_of_a_job(tmp_path: Path, to: str, message: str) -> None:
    """One typing error lost all outcomes."""
    job = make_job(tmp_path / "job")
    await run(job, FakeApi())

    with pytest.raises(JobRefusedError, match=message):
        job.export("csv", to=tmp_path / to)

    assert exported(job) == expected()


async def test_outcomes_in_an_unknown_format_are_refused(tmp_path: Path) -> None:
    """They were written as CSV under a name that says something else."""
    job = make_job(tmp_path / "job")
    await run(job, FakeApi())

    with pytest.raises(JobRefusedError, match="outcomes cannot be written as 'jsonl'"):
        job.export("csv", outcomes=cast("Any", "jsonl"))


@pytest.mark.parametrize("keys", [[3, 2, 1], [1, 1, 2, 3], ["1", "2", "3"], {1, 2, 3}])
def test_the_same_keys_may_come_in_another_order(tmp_path: Path, keys: Collection[Any]) -> None:
    """Python orders a set of texts anew in each process, and a database has no order of its own."""
    BulkJob.create(tmp_path / "job", things, [1, 2, 3])

    assert BulkJob.create_or_open(tmp_path / "job", things, keys).manifest.keys == 3


@pytest.mark.parametrize("keys", [[1, 2, 2], [1, 2, 3, 4], [1, 2, 4], []])
def test_other_keys_are_another_job(tmp_path: Path, keys: list[int]) -> None:
    """The output would not be what the user believes."""
    BulkJob.create(tmp_path / "job", things, [1, 2, 3])

    with pytest.raises(JobRefusedError, match="does not hold the keys"):
        BulkJob.create_or_open(tmp_path / "job", things, keys)


async def test_an_export_that_is_older_than_a_retry_is_stale(tmp_path: Path) -> None:
    """Somebody would go on with it."""
    job = make_job(tmp_path / "job")
    await run(job, FakeApi(lambda number: DecodeError("odd") if number == 3 else None))
    path = job.export("csv")
    assert job.status().stale_outputs == ()

    job.retry()

    assert job.status().stale_outputs == (path,)
    await run(job, FakeApi())
    job.export("csv")
    assert job.status().stale_outputs == ()


async def test_rows_can_be_read_while_the_job_runs(tmp_path: Path) -> None:
    """For a look at the first few."""
    job = make_job(tmp_path / "job")
    seen: list[dict[str, Any]] = []

    await run(job, FakeApi(on_ask=lambda number: seen.extend(job.rows()) if number == 80 else None))

    assert 0 < len(seen) < len(expected())
    assert len(list(job.rows())) == len(expected())
    assert list(seen[0]) == ["number", "row_number", "half", "name"]


async def test_a_status_has_times_and_counts(tmp_path: Path) -> None:
    """It is what one looks at in the morning."""
    job = make_job(tmp_path / "job")
    before = job.status()
    await run(job, FakeApi())
    after = job.status()

    assert (before.started, before.completed) == (None, None)
    assert after.started is not None
    assert after.completed is not None
    assert after.created <= after.started <= after.completed
    assert after.total == after.found + after.empty + after.not_found + after.merged + after.invalid + after.failed


def test_what_a_job_writes_is_private(tmp_path: Path) -> None:
    """It is about customers."""
    job = make_job(tmp_path / "job")
    asyncio.run(run(job, FakeApi()))
    job.export("jsonl")

    modes = {path.name: path.stat().st_mode & 0o777 for path in job.directory.iterdir()}
    assert job.directory.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}
    assert set(modes) == {"job.sqlite", "lock", "output.jsonl", "outcomes.csv"}


async def test_a_run_that_lost_its_lock_stops(tmp_path: Path) -> None:
    """Somebody removed the lock file, and a second run began: 600 rows were lost that way."""
    job = make_job(tmp_path / "job")
    second = BulkJob.open(tmp_path / "job")

    async def take_over() -> None:
        (tmp_path / "job" / "lock").unlink()
        await run(second, FakeApi())

    with pytest.raises(JobStoppedError, match="another process has begun"):
        await run(job, FakeApi(on_ask=lambda number: take_over() if number == 50 else None))

    await run(job, FakeApi())
    assert exported(job) == expected()


def test_a_job_runs_under_optimisation(tmp_path: Path) -> None:
    """`python -OO` drops asserts and docstrings."""
    code = (
        "import asyncio, sys; from pathlib import Path; from tests.jobs.fakes import *;"
        "job = make_job(Path(sys.argv[1])); asyncio.run(run(job, FakeApi())); sys.exit(exported(job) != expected())"
    )

    done = subprocess.run([sys.executable, "-OO", "-c", code, str(tmp_path / "job")], check=False)

    assert done.returncode == 0


def test_where_several_machines_may_share_the_disk_there_is_no_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs memory that they would have to share, too."""

    def say_yes(_path: Path) -> bool:
        return True

    monkeypatch.setattr("capillary_async.jobs.database.is_on_network", say_yes)
    job = make_job(tmp_path / "job")
    seen: set[str] = set()

    asyncio.run(run(job, FakeApi(on_ask=lambda number: seen.update(p.name for p in job.directory.iterdir()))))

    assert "job.sqlite-wal" not in seen
    assert exported(job) == expected()


@pytest.mark.parametrize(("kind", "is_shared"), [("nfs4", True), ("ext4", False), ("fuse.sshfs", True)])
def test_a_shared_disk_is_known_by_its_mount(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    is_shared: bool,  # noqa: FBT001
) -> None:
    """The longest mount point counts."""
    mounts = f"/dev/vda / ext4 rw 0 0\nserver:/jobs {tmp_path} {kind} rw 0 0\n"

    def read_mounts(*_: object) -> str:
        return mounts

    monkeypatch.setattr(Path, "read_text", read_mounts)

    assert is_on_network(tmp_path / "job" / "job.sqlite") == is_shared


async def events(client: object, number: int) -> list[TargetEvent]:
    """Return events: none for some keys, and for others one with a field that is not documented."""
    extra = ReadOnlyDict({"new": number}) if number % 7 == 0 else NOTHING_EXTRA
    value = Decimal(number) / 4 if number % 5 else None
    ids = [number * 10 + place for place in range(number % 4)]
    return [TargetEvent(event_log_id=each, target_value=value, extra=extra) for each in ids]


async def test_rows_that_several_keys_share_a_table_for_are_those_of_their_keys(tmp_path: Path) -> None:
    """What was found is stored together, in any order, with what makes no table in between."""
    job = BulkJob.create(tmp_path / "job", events, range(1, 301))
    rows = [(number, row) for number in range(1, 301) for row in await events(None, number)]

    status = await run(job, FakeApi())

    assert status.empty == 75
    assert [(row["number"], row["event_log_id"], row["target_value"], row["extra"]) for row in job.rows()] == [
        (number, row.event_log_id, row.target_value, row.extra) for number, row in rows
    ]
    table = pq.read_table(job.export("parquet"))
    assert table["number"].to_pylist() == [number for number, _ in rows]
    assert table["event_log_id"].to_pylist() == [row.event_log_id for _, row in rows]
    assert table["target_value"].to_pylist() == [row.target_value for _, row in rows]


def test_what_was_found_counts_where_a_batch_has_two_outcomes_of_a_key(tmp_path: Path) -> None:
    """The rows of other keys are in the same text."""
    directory = make_job(tmp_path / "job", [1, 2]).directory
    ((_, text),) = encode_parts([[TargetEvent(event_log_id=7)], [TargetEvent(event_log_id=8)]])
    found = [KeyOutcome(1, "found", 1, 0, rows=text), KeyOutcome(2, "found", 1, 0, rows=None)]

    with JobStore.open(directory) as store:
        store.write([KeyOutcome(2, "pending", 1, 0, tries=1), *found, KeyOutcome(1, "invalid", 1, 0)], "", "")
        entries = list(store.entries())

    assert [(entry.status, entry.decoded()[0]["event_log_id"]) for entry in entries] == [("found", 7), ("found", 8)]
