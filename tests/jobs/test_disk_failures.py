"""A disk on which every operation fails once: full, broken, or lying about what is safe."""

import asyncio
import errno
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.jobs import BulkJob, Disk, JobStoppedError
from capillary_async.jobs.journal import Journal
from tests.jobs.fakes import LOOKUP, SMALL, FakeApi, StepDisk, expected, full_disk, make_job, sealed

KEYS = range(1, 61)


class BadDisk(StepDisk):
    """A disk on which one operation fails, after half of its work if it is a write.

    Attributes:
        failed: The step that failed, once it did.
        after: The steps that followed.
    """

    def __init__(self, number: int, error: OSError) -> None:
        super().__init__(self._count)
        self.left = number
        self.error = error
        self.failed = ""
        self.after: list[str] = []

    def _count(self, step: str) -> None:
        if self.failed:
            self.after.append(step)
        elif step.startswith("before"):
            self.left -= 1
            if not self.left:
                self.failed = step
                if step != "before write":
                    raise self.error

    def write(self, file: int, data: bytes) -> None:
        """Write all, or half and fail."""
        if self.failed == "before write" and not self.after:
            super().write(file, data[: len(data) // 2])
            raise self.error
        super().write(file, data)


def run_all(directory: Path, disk: Disk) -> None:
    """Make, run and seal a job."""
    job = BulkJob.create(directory, LOOKUP, KEYS, options=SMALL, disk=disk)
    asyncio.run(job.run(FakeApi()))
    job.seal("jsonl")


@given(st.integers(1, 80), st.sampled_from([errno.ENOSPC, errno.EIO]))
@settings(max_examples=40)
def test_any_operation_that_fails_stops_the_job_and_loses_nothing(number: int, code: int) -> None:
    """A full disk at night must leave a job that goes on in the morning."""
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "job"
        disk = BadDisk(number, OSError(code, "it failed"))
        try:
            run_all(directory, disk)
        except (JobStoppedError, OSError) as error:
            assert disk.failed
            assert "it failed" in str(error)  # noqa: PT017  (there may be none)
        else:
            assert not disk.failed

        if (directory / "manifest.json").exists():
            job = BulkJob.open(directory)
        else:
            job = BulkJob.create(directory, LOOKUP, KEYS, options=SMALL)
        asyncio.run(job.run(FakeApi()))
        assert sealed(job) == expected(KEYS)


class FsyncFails(StepDisk):
    """A disk whose fsync fails once.

    Attributes:
        after: The steps that followed.
    """

    def __init__(self, number: int) -> None:
        super().__init__(self._note)
        self.left = number
        self.after: list[str] = []

    def _note(self, step: str) -> None:
        if not self.left:
            self.after.append(step)

    def fsync(self, file: int) -> None:
        """Sync, or fail."""
        self.left -= 1
        if not self.left:
            raise OSError(errno.EIO, "Input/output error")
        super().fsync(file)


@pytest.mark.parametrize("number", [1, 3, 5])
async def test_nothing_is_written_after_a_failed_fsync(tmp_path: Path, number: int) -> None:
    """A second fsync would say that everything is fine when it is not."""
    make_job(tmp_path / "job", KEYS)
    disk = FsyncFails(number)

    with pytest.raises(JobStoppedError, match="the disk failed"):
        await BulkJob.open(tmp_path / "job", disk=disk).run(FakeApi())

    assert disk.after == []
    job = BulkJob.open(tmp_path / "job")
    await job.run(FakeApi())
    assert sealed(job) == expected(KEYS)


async def test_a_full_disk_is_named_as_the_reason(tmp_path: Path) -> None:
    """The message must tell what to do."""

    class Full(Disk):
        def write(self, file: int, data: bytes) -> None:
            raise full_disk()

    job = make_job(tmp_path / "job")
    full = BulkJob.open(tmp_path / "job", disk=Full())

    with pytest.raises(JobStoppedError, match=r"the disk failed: .*No space left on device"):
        await full.run(FakeApi())

    assert job.status().pending == 100


async def test_a_disk_that_fails_stops_lookups_that_hang(tmp_path: Path) -> None:
    """Nobody waits two minutes for answers that cannot be kept."""

    class Full(Disk):
        def write(self, file: int, data: bytes) -> None:
            raise full_disk()

    async def hang() -> None:
        await asyncio.get_running_loop().create_future()

    make_job(tmp_path / "job")
    full = BulkJob.open(tmp_path / "job", disk=Full())

    with pytest.raises(JobStoppedError, match="the disk failed"):
        await full.run(FakeApi(on_ask=lambda number: hang() if number > 10 else None))


@pytest.mark.parametrize("name", ["journal.sqlite", "journal.sqlite-wal"])
async def test_the_status_needs_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It is what one asks for when the disk is full, or when all that is left is a read-only copy."""
    job = make_job(tmp_path / "job")
    await job.run(FakeApi())
    (tmp_path / "job" / name).touch()  # of an attempt that failed

    def fail(_path: Path) -> sqlite3.Connection:
        raise full_disk()

    monkeypatch.setattr(Journal, "_connect", fail)

    assert job.status().found == 89


async def test_a_status_that_would_be_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done last is in the write-ahead log, and that cannot be read on a full disk."""
    job = make_job(tmp_path / "job")
    (tmp_path / "job" / "journal.sqlite-wal").write_bytes(b"newer")

    def fail(_path: Path) -> sqlite3.Connection:
        raise full_disk()

    monkeypatch.setattr(Journal, "_connect", fail)

    with pytest.raises(OSError, match="No space left"):
        job.status()


async def test_a_failed_seal_leaves_the_earlier_output(tmp_path: Path) -> None:
    """Half a file under the right name would be loaded by somebody."""
    job = make_job(tmp_path / "job")
    await job.run(FakeApi())
    before = job.seal("jsonl").read_bytes()

    class Full(Disk):
        def write(self, file: int, data: bytes) -> None:
            super().write(file, data[:100])
            raise full_disk()

    with pytest.raises(JobStoppedError, match="No space left"):
        BulkJob.open(tmp_path / "job", disk=Full()).seal("jsonl")

    assert (tmp_path / "job" / "output.jsonl").read_bytes() == before
    assert not list((tmp_path / "job").glob("*.tmp"))
