"""Jobs whose process ends at any moment, and disks that lose what was not synced."""

import asyncio
import os
import shutil
from pathlib import Path
from random import Random

import pytest

from capillary_async.jobs import BulkJob
from capillary_async.jobs.database import JOB_FILE
from tests.jobs.disk import Operation, asked, cut_power, read_log, work
from tests.jobs.fakes import LOOKUP, SMALL, FakeApi, expected, exported, run

KEYS = 120
# At most so many lookups are unsafe: those in flight and a batch.
UNSAFE = int(SMALL.concurrency) + SMALL.batch
CUTS = 180


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> list[Operation]:
    """Let a job run from its making to its export, and return what it did to the disk."""
    place = tmp_path_factory.mktemp("whole")
    done = work(place, KEYS, log=True)
    assert done.returncode == 0, done.stderr
    assert exported(BulkJob.open(place / "job")) == expected(range(1, KEYS + 1))
    return read_log(place)


def finish(directory: Path) -> None:
    """Make or resume the job, and see that its output is right."""
    job = BulkJob.create_or_open(directory, LOOKUP, range(1, KEYS + 1), options=SMALL)
    asyncio.run(run(job, FakeApi()))
    assert exported(job) == expected(range(1, KEYS + 1))


@pytest.mark.parametrize("share", [0.0, 0.04, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_job_survives_kill_9_at_any_step(
    tmp_path: Path, operations: list[Operation], share: float, side: str
) -> None:
    """Before and after each write, sync, rename and removal there is exactly one state to go on from."""
    number = 1 + int(share * len(operations))

    killed = work(tmp_path, KEYS, kill=number if side == "before" else -number)
    first = sum(asked(tmp_path).values())
    done = work(tmp_path, KEYS)

    assert (killed.returncode, done.returncode) == (-9, 0)
    assert exported(BulkJob.open(tmp_path / "job")) == expected(range(1, KEYS + 1))
    assert sum(asked(tmp_path).values()) - KEYS <= min(UNSAFE, first) + 1  # a run begins with a single lookup


def test_a_job_survives_kill_9_again_and_again(tmp_path: Path, operations: list[Operation]) -> None:
    """A machine that runs out of memory kills the job once an hour."""
    random = Random(20260108)
    kills = 0
    for _ in range(6):
        kills += work(tmp_path, KEYS, kill=random.choice([1, -1]) * random.randrange(20, 90)).returncode == -9

    assert work(tmp_path, KEYS).returncode == 0

    assert kills >= 4
    assert exported(BulkJob.open(tmp_path / "job")) == expected(range(1, KEYS + 1))
    assert sum(asked(tmp_path).values()) - KEYS <= kills * (UNSAFE + 1)


@pytest.mark.parametrize("seed", range(6))
def test_a_job_survives_a_power_cut_at_any_step(tmp_path: Path, operations: list[Operation], seed: int) -> None:
    """What a disk has not confirmed may be gone, in part or whole, when the light comes back."""
    random = Random(seed)
    for _ in range(CUTS // 6):
        directory = tmp_path / "job"
        directory.mkdir()

        cut_power(operations, random.randint(1, len(operations)), random, directory)

        for name in ("output.jsonl", "outcomes.csv"):
            (directory / name).unlink(missing_ok=True)  # without a job, whoever makes one is told of them
        finish(directory)
        shutil.rmtree(directory)


def test_an_output_is_whole_after_a_power_cut_or_not_there(tmp_path: Path, operations: list[Operation]) -> None:
    """Half a file under the right name would be loaded by somebody."""
    place = next(number for number, one in enumerate(operations, 1) if one.other.endswith("output.jsonl"))
    whole = bytearray()
    for one in operations:
        if one.kind == "w" and one.path.endswith("output.jsonl.tmp"):
            whole[one.offset : one.offset + len(one.data)] = one.data

    for seed in range(30):
        directory = tmp_path / str(seed)
        directory.mkdir()
        cut_power(operations, place + seed % 3, Random(seed), directory)

        output = directory / "output.jsonl"
        assert not output.exists() or output.read_bytes() == whole


def test_a_job_appears_with_its_last_step(tmp_path: Path, operations: list[Operation]) -> None:
    """A directory with half of the keys in it must not look like a job."""
    made = next(number for number, one in enumerate(operations) if one.other.endswith(JOB_FILE))

    assert work(tmp_path, KEYS, kill=made + 1).returncode == -9

    assert not (tmp_path / "job" / JOB_FILE).exists()
    assert asked(tmp_path) == {}


def test_a_lock_that_was_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    """After kill -9 the file is still there, with the id of a process that may be somebody else by now."""
    job = BulkJob.create(tmp_path / "job", LOOKUP, [1, 2])
    (tmp_path / "job" / "lock").write_text(f"{os.getpid()}\n")

    asyncio.run(run(job, FakeApi()))

    assert exported(job) == expected([1, 2])


def test_a_copy_of_a_job_is_a_job(tmp_path: Path) -> None:
    """A job is moved to another machine by copying its directory."""
    job = BulkJob.create(tmp_path / "job", LOOKUP, [1, 2])
    asyncio.run(run(job, FakeApi()))
    shutil.copytree(tmp_path / "job", tmp_path / "copy")

    assert exported(BulkJob.open(tmp_path / "copy")) == expected([1, 2])
