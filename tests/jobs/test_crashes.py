"""Jobs whose process ends at any moment, and disks that lose what was not synced."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.jobs import BulkJob, Disk
from tests.jobs.fakes import LOOKUP, SMALL, STEPS, Crash, FakeApi, StepDisk, expected, sealed

KEYS = 200
# At most so many lookups are unsafe: those in flight and a batch.
UNSAFE = int(SMALL.concurrency) + SMALL.batch


def kill(tmp_path: Path, step: str, number: int) -> int:
    """Let a process work on the job until it is killed; return its exit code."""
    arguments = [str(tmp_path / "job"), str(tmp_path / "requests"), str(KEYS), step, str(number)]
    return subprocess.run([sys.executable, "-m", "tests.jobs.victim", *arguments], check=False).returncode


def asked(tmp_path: Path) -> "Counter[int]":
    """Return how often each number was asked for by all victims."""
    path = tmp_path / "requests"
    return Counter(map(int, path.read_text().split())) if path.exists() else Counter()


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("before write", 9),
        ("after write", 9),
        ("before fsync", 12),
        ("after fsync", 12),
        ("before commit", 7),
        ("after commit", 7),
        ("before rename", 1),
        ("after rename", 2),
    ],
)
def test_a_job_survives_kill_9_at_any_step(tmp_path: Path, step: str, number: int) -> None:
    """The order of writes is the whole safety of a job."""
    assert kill(tmp_path, step, number) == -9
    unsafe = sum(asked(tmp_path).values())

    assert kill(tmp_path, "never", 0) == 0

    job = BulkJob.open(tmp_path / "job")
    assert sealed(job) == expected(range(1, KEYS + 1))
    assert sum(asked(tmp_path).values()) - KEYS <= min(UNSAFE, unsafe)


def test_a_job_survives_kill_9_again_and_again(tmp_path: Path) -> None:
    """A machine that runs out of memory kills the job once an hour."""
    random = Random(20260108)
    kills = 0
    for _ in range(5):
        step = f"{random.choice(['before', 'after'])} {random.choice(['write', 'fsync', 'commit'])}"
        kills += kill(tmp_path, step, random.randrange(1, 12)) == -9

    assert kill(tmp_path, "never", 0) == 0

    job = BulkJob.open(tmp_path / "job")
    assert sealed(job) == expected(range(1, KEYS + 1))
    assert kills
    assert sum(asked(tmp_path).values()) - KEYS <= kills * UNSAFE


class PowerDisk(StepDisk):
    """A disk that loses power at a step, and with it some of what was not synced.

    SQLite syncs by itself; its commits are taken for what they promise.
    """

    def __init__(self, step: int, random: Random) -> None:
        super().__init__(self._count)
        self.random = random
        self.left = step
        self.is_off = False
        self.paths: dict[int, Path] = {}
        self.synced: dict[Path, int] = {}
        self.unnamed: dict[Path, Path | None] = {}

    def _count(self, _: str) -> None:
        if self.is_off:
            raise Crash
        self.left -= 1
        if not self.left:
            self.is_off = True
            self.lose()
            raise Crash

    def lose(self) -> None:
        """Let names vanish that were not synced, and cut files back to anything from what was."""
        for new, old in reversed(self.unnamed.items()):
            if self.random.random() < 0.5 and new.exists():
                new.rename(old) if old is not None else new.unlink()
        for path, safe in self.synced.items():
            if path.exists() and path.stat().st_size > safe:
                os.truncate(path, self.random.randint(safe, path.stat().st_size))

    def create(self, path: Path) -> int:
        """Open a new file."""
        return self._opened(path, super().create(path), 0)

    def open(self, path: Path) -> int:
        """Open a file."""
        if not path.exists():
            self.unnamed[path] = None
        return self._opened(path, super().open(path), path.stat().st_size if path.exists() else 0)

    def _opened(self, path: Path, file: int, size: int) -> int:
        self.paths[file] = path
        self.synced.setdefault(path, size)
        return file

    def fsync(self, file: int) -> None:
        """Make a file's content safe."""
        super().fsync(file)
        self.synced[self.paths[file]] = self.paths[file].stat().st_size

    def rename(self, old: Path, new: Path) -> None:
        """Rename; the name is not safe yet."""
        if not new.exists():
            self.unnamed[new] = old
        super().rename(old, new)
        self.synced[new] = self.synced.pop(old)

    def fsync_directory(self, path: Path) -> None:
        """Make the names safe."""
        super().fsync_directory(path)
        self.unnamed.clear()


@given(st.integers(1, 150), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_a_job_survives_a_power_cut_at_any_step(step: int, random: Random) -> None:
    """What a disk has not confirmed may be gone, in part or whole, when the light comes back."""
    keys = range(1, 81)
    with TemporaryDirectory() as folder:
        directory = Path(folder) / "job"
        disk = PowerDisk(step, random)
        is_made = False
        with suppress(Crash):
            job = BulkJob.create(directory, LOOKUP, keys, options=SMALL, disk=disk)
            is_made = True
            asyncio.run(job.run(FakeApi()))

        if is_made or (directory / "manifest.json").exists():
            job = BulkJob.open(directory)
        else:
            job = BulkJob.create(directory, LOOKUP, keys, options=SMALL)
        asyncio.run(job.run(FakeApi()))

        assert sealed(job) == expected(keys)


def test_every_step_is_named() -> None:
    """A new operation of the disk must be part of the crash tests."""
    operations = {name for name in vars(Disk) if not name.startswith("_")}

    assert operations == {*STEPS, "close"}


def test_a_lock_that_was_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    """After kill -9 the file is still there, with the id of a process that may be somebody else by now."""
    job = BulkJob.create(tmp_path / "job", LOOKUP, [1, 2])
    (tmp_path / "job" / "lock").write_text(f"{os.getpid()}\n")

    asyncio.run(job.run(FakeApi()))

    assert sealed(job) == expected([1, 2])


def test_a_copy_of_a_job_is_a_job(tmp_path: Path) -> None:
    """A job is moved to another machine by copying its directory."""
    job = BulkJob.create(tmp_path / "job", LOOKUP, [1, 2])
    asyncio.run(job.run(FakeApi()))
    shutil.copytree(tmp_path / "job", tmp_path / "copy")

    assert sealed(BulkJob.open(tmp_path / "copy")) == expected([1, 2])
