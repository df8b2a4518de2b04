"""A disk on which operations fail: full, broken, or lying about what is safe."""

import asyncio
import errno
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from capillary_async.jobs import BulkJob, JobStoppedError
from capillary_async.jobs.records import KeyOutcome
from capillary_async.jobs.store import JobStore
from tests.jobs.disk import read_log, work
from tests.jobs.fakes import FakeApi, expected, exported, full_disk, make_job, run
from tests.jobs.victim import DISK_FAILED

KEYS = 60


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("seed", range(8))
def test_any_operation_that_fails_stops_the_job_and_loses_nothing(tmp_path: Path, seed: int, code: int) -> None:
    """A full disk at night must leave a job that goes on in the morning."""
    number = Random(seed).randint(1 + 12 * seed, 12 + 12 * seed)

    stopped = work(tmp_path, KEYS, fail=f"{number}:{code}")

    assert stopped.returncode == DISK_FAILED, stopped.stderr
    done = work(tmp_path, KEYS)
    assert done.returncode == 0, done.stderr
    assert exported(BulkJob.open(tmp_path / "job")) == expected(range(1, KEYS + 1))


@pytest.mark.parametrize("number", [2, 5, 9])
def test_nothing_is_written_after_a_failed_sync(tmp_path: Path, number: int) -> None:
    """A second sync would say that everything is fine when it is not."""
    stopped = work(tmp_path, KEYS, fail=f"{number}:{errno.EIO}:s", log=True)

    assert stopped.returncode == DISK_FAILED, stopped.stderr
    operations = read_log(tmp_path)
    last_sync = max((place for place, one in enumerate(operations) if one.kind == "s"), default=0)
    batches = [one for one in operations[last_sync + 1 :] if one.kind == "w" and one.path.endswith(("-wal", ".sqlite"))]
    assert sum(len(one.data) for one in batches) < 40_000, "at most the batch that could not be synced"
    assert work(tmp_path, KEYS).returncode == 0
    assert exported(BulkJob.open(tmp_path / "job")) == expected(range(1, KEYS + 1))


def test_a_full_disk_is_named_as_the_reason(tmp_path: Path) -> None:
    """The message must tell what to do."""
    stopped = work(tmp_path, KEYS, fail=f"60:{errno.ENOSPC}:w")

    assert "the disk failed" in stopped.stderr
    assert "full" in stopped.stderr


async def test_a_disk_that_fails_stops_lookups_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two minutes for answers that cannot be kept."""

    def write(*_: object, **__: object) -> None:
        raise full_disk()

    async def hang() -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(JobStore, "write", write)
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match=r"the disk failed: .*No space left"):
        await run(job, FakeApi(on_ask=lambda number: hang() if number > 10 else None))


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_the_status_of_a_read_only_copy_can_be_asked_for(tmp_path: Path) -> None:
    """It may be all that is left."""
    job = make_job(tmp_path / "job")
    asyncio.run(run(job, FakeApi()))
    (tmp_path / "job").chmod(0o500)

    assert job.status().found == 89


def test_a_job_on_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    """SQLite reads a file with a write-ahead log only where it can make files, unless it is told that nobody writes."""
    directory = tmp_path / "job"
    asyncio.run(run(make_job(directory), FakeApi()))
    mount = f"mount --bind {directory} {directory} && mount -o remount,ro,bind {directory}"
    read = f"from capillary_async.jobs import *; job = BulkJob.open({str(directory)!r}); print(len(list(job.rows())))"
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        f"{mount} && exec {sys.executable} -c '{read.replace(chr(39), chr(34))}'",
    ]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if done.stderr.startswith(("unshare:", "mount:")):
        pytest.skip("only root can mount")

    assert (done.stdout.strip(), done.stderr) == (str(len(expected())), "")


def test_a_failed_export_leaves_the_earlier_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file under the right name would be loaded by somebody."""
    job = make_job(tmp_path / "job")
    asyncio.run(run(job, FakeApi()))
    path = Path(job.export("jsonl"))
    before = path.read_bytes()

    def fail(_file: int) -> None:
        raise full_disk()

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(JobStoppedError, match="No space left"):
        job.export("jsonl")

    assert path.read_bytes() == before
    assert not list((tmp_path / "job").glob("*.tmp"))


async def test_answers_of_a_megabyte_are_not_gathered_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five hundred keys may have a hundred thousand rows each."""
    sizes: list[int] = []
    write = JobStore.write

    def measure(self: JobStore, records: list[KeyOutcome], base_url: str, account: str) -> None:
        sizes.append(sum(len(record.rows or b"") for record in records))
        write(self, records, base_url, account)

    monkeypatch.setattr(JobStore, "write", measure)
    job = BulkJob.create(tmp_path / "job", "tests.jobs.test_disk_failures:long_rows", range(1, 31))

    await run(job, FakeApi())

    assert sum(sizes) > 29 * 2**20
    assert max(sizes) <= 2**24 + 2**20


async def long_rows(client: FakeApi, number: int) -> str:
    """Return a megabyte."""
    await client.ask(number)
    return "x" * 2**20
