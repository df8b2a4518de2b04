"""Job files that are not what the job wrote: cut, flipped, empty, gone. Never silently wrong."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.errors import DecodeError
from capillary_async.jobs import BulkJob, JobCorruptedError, JobError, JobStoppedError
from capillary_async.jobs.disk import Disk
from capillary_async.jobs.journal import Journal
from capillary_async.jobs.manifest import read_manifest
from capillary_async.jobs.parts import digest_of
from capillary_async.jobs.verdicts import Verdict
from tests.jobs.fakes import FakeApi, StepDisk, expected, make_job, sealed

KEYS = range(1, 101)
FILES = ["keys.jsonl", "manifest.json", "journal.sqlite", "journal.sqlite-wal", "part-00001.jsonl", "part-00002.jsonl"]
files = st.sampled_from(FILES)
# The last 4 KiB are where an interrupted write ends.
offsets = st.integers(1, 4096)


@pytest.fixture(scope="module", params=["killed", "stopped"])
def unfinished(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Make a job that is half done: as kill -9 just after a commit leaves it, or as a stop does."""
    folder = tmp_path_factory.mktemp("unfinished")
    commits: list[str] = []

    def copy(step: str) -> None:
        commits.extend([step] * (step == "after commit"))
        if len(commits) == 12 and step == "after commit":
            shutil.copytree(folder / "stopped", folder / "killed")

    make_job(folder / "stopped", KEYS)
    job = BulkJob.open(folder / "stopped", disk=StepDisk(copy))
    # Some keys fail once, so that the journal has failures, too.
    api = FakeApi(lambda number: DecodeError("odd") if number in {3, 33} else None)
    api.on_ask = lambda number: job.stop() if number == 90 else None
    with pytest.raises(JobStoppedError):
        asyncio.run(job.run(api))
    return folder / str(request.param)


@contextmanager
def copy_of(directory: Path) -> Generator[Path]:
    """Lend a copy."""
    with TemporaryDirectory() as folder:
        yield Path(shutil.copytree(directory, Path(folder) / "job"))


def finish(directory: Path) -> str:
    """Run and seal a job; say whether it was refused or came out right. Anything else is a failure."""
    try:
        job = BulkJob.open(directory)
        asyncio.run(job.run(FakeApi()))
        rows = sealed(job)
    except JobError:
        return "refused"
    assert rows == expected(KEYS)
    return "right"


def damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file, if it is there: a stopped job has no write-ahead log."""
    if path.exists() and path.stat().st_size:
        path.write_bytes(change(path.read_bytes()))


def test_an_interrupted_job_finishes(unfinished: Path) -> None:
    """What the other tests damage is sound."""
    with copy_of(unfinished) as directory:
        assert finish(directory) == "right"


@given(files, offsets)
@settings(max_examples=40)
def test_a_file_that_was_cut_is_recovered_or_refused(unfinished: Path, name: str, offset: int) -> None:
    """A disk that was full, or a copy that broke off."""
    with copy_of(unfinished) as directory:
        damage(directory / name, lambda data: data[: max(0, len(data) - offset)])

        finish(directory)


@given(files, offsets, st.integers(0, 7))
@settings(max_examples=50)
def test_a_file_with_a_flipped_bit_is_recovered_or_refused(unfinished: Path, name: str, offset: int, bit: int) -> None:
    """Old disks and bad memory do that."""

    def flip(data: bytes) -> bytes:
        place = max(0, len(data) - offset)
        return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]

    with copy_of(unfinished) as directory:
        damage(directory / name, flip)

        finish(directory)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["emptied", "removed", "garbage"])
def test_a_file_that_is_something_else_is_recovered_or_refused(unfinished: Path, name: str, change: str) -> None:
    """Somebody cleans up, or restores half a backup."""
    with copy_of(unfinished) as directory:
        if change == "removed":
            (directory / name).unlink(missing_ok=True)
        else:
            damage(directory / name, lambda data: b"" if change == "emptied" else b"\x00garbage" * 500)

        finish(directory)


@pytest.mark.parametrize("name", ["keys.jsonl", "manifest.json", "journal.sqlite", "part-00001.jsonl"])
def test_what_cannot_be_recovered_is_refused_by_name(unfinished: Path, name: str) -> None:
    """The message must say which file."""
    with copy_of(unfinished) as directory:
        damage(directory / name, lambda data: b"")

        with pytest.raises(JobCorruptedError, match=name):
            asyncio.run(BulkJob.open(directory).run(FakeApi()))


def test_a_damaged_job_is_left_as_it_is(unfinished: Path) -> None:
    """Somebody may be able to save it."""
    with copy_of(unfinished) as directory:
        damage(directory / "part-00001.jsonl", lambda data: data[:-1])
        before = {path.name: path.read_bytes() for path in directory.glob("part-*")}

        assert finish(directory) == "refused"

        assert {path.name: path.read_bytes() for path in directory.glob("part-*")} == before


def test_an_early_flip_in_a_part_is_noticed_when_sealing(unfinished: Path) -> None:
    """Opening a job does not read gigabytes; writing the output does."""
    with copy_of(unfinished) as directory:
        damage(directory / "part-00001.jsonl", lambda data: data.replace(b"thing 1", b"thing 2", 1))
        job = BulkJob.open(directory)
        asyncio.run(job.run(FakeApi()))

        with pytest.raises(JobCorruptedError, match=r"part-00001\.jsonl is damaged"):
            job.seal("jsonl")


def test_the_journal_of_another_job_is_refused(unfinished: Path, tmp_path: Path) -> None:
    """Two directories were mixed up in a backup."""
    other = make_job(tmp_path / "other", range(1, 50))
    asyncio.run(other.run(FakeApi()))
    with copy_of(unfinished) as directory:
        (directory / "journal.sqlite-wal").unlink(missing_ok=True)
        shutil.copy(tmp_path / "other" / "journal.sqlite", directory / "journal.sqlite")

        assert finish(directory) == "refused"


def test_a_second_verdict_on_a_key_is_refused(unfinished: Path) -> None:
    """Should a bug ever write one, it must not end up as a doubled row."""
    with copy_of(unfinished) as directory:
        append(directory, {"verdicts": {Verdict.FOUND: [1]}})

        with pytest.raises(JobCorruptedError, match="second verdict on key 1"):
            BulkJob.open(directory).status()


def test_a_verdict_without_its_line_is_refused(unfinished: Path) -> None:
    """Should a bug ever write one, it must not end up as a missing row."""
    with copy_of(unfinished) as directory:
        append(directory, {"verdicts": {Verdict.FOUND: [99]}})

        with pytest.raises(JobCorruptedError, match="key 99 is in no part"):
            sealed(BulkJob.open(directory), is_partial=True)


def test_a_line_without_its_verdict_is_refused(unfinished: Path) -> None:
    """Should a bug ever write one, it must not end up as an extra row."""
    with copy_of(unfinished) as directory:
        path = directory / "part-00001.jsonl"
        line = path.read_bytes().splitlines(keepends=True)[0]
        (directory / "part-00099.jsonl").write_bytes(line)
        append(directory, {"verdicts": {}, "place": [99, 0, len(line), digest_of(line)]})

        with pytest.raises(JobCorruptedError, match="is in the parts twice"):
            sealed(BulkJob.open(directory), is_partial=True)


def append(directory: Path, entry: Mapping[str, object]) -> None:
    """Add an entry to a job's journal as the job itself would."""
    with closing(Journal(directory, read_manifest(directory).fingerprint, Disk())) as journal:
        list(journal.entries())
        journal.append(entry)


def test_an_entry_that_was_taken_out_of_the_journal_is_noticed(unfinished: Path) -> None:
    """The hashes stand on each other."""
    with copy_of(unfinished) as directory:
        database = sqlite3.connect(directory / "journal.sqlite")
        database.execute("DELETE FROM entries WHERE number = 3")
        database.execute("UPDATE entries SET number = number - 1 WHERE number > 3")
        database.commit()
        database.close()

        with pytest.raises(JobCorruptedError, match="entry 3"):
            BulkJob.open(directory).status()


def test_a_failure_without_its_reason_is_refused(unfinished: Path) -> None:
    """Else another key's reason would be listed for it."""
    with copy_of(unfinished) as directory:
        append(directory, {"verdicts": {Verdict.FAILED: [99]}})

        with pytest.raises(JobCorruptedError, match="does not say why key 99 failed"):
            asyncio.run(BulkJob.open(directory).run(FakeApi()))


def test_what_a_killed_process_was_writing_is_removed(unfinished: Path) -> None:
    """Half an output is as large as half the job."""
    with copy_of(unfinished) as directory:
        (directory / "output.parquet.tmp").write_bytes(b"PAR1")

        assert finish(directory) == "right"

        assert not list(directory.glob("*.tmp"))
