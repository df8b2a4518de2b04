"""A job's file that is not what the job wrote: cut, flipped, empty, gone. Never silently wrong."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from capillary_async.errors import ApiErrorDetail, DecodeError, InvalidRequestError
from capillary_async.jobs import BulkJob, JobCorruptedError, JobRefusedError, JobStoppedError
from capillary_async.jobs.database import JOB_FILE, checksum_of
from capillary_async.jobs.store import JobStore
from tests.jobs.fakes import FakeApi, expected, exported, make_job, run

KEYS = range(1, 101)
MERGED = {5, 25}
WAL = f"{JOB_FILE}-wal"


def trouble(number: int) -> Exception | None:
    """Let some keys fail once, and refuse others."""
    if number in MERGED:
        return InvalidRequestError("no", status=400, errors=(ApiErrorDetail(8013, ""),))
    return DecodeError("odd") if number in {3, 33} else None


@pytest.fixture(scope="module", params=["killed", "stopped", "complete"])
def job(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Make a job that is half done, as kill -9 leaves it or as a stop does, or one that is done."""
    folder = tmp_path_factory.mktemp("job")
    kind = str(request.param)
    made = make_job(folder / "job", KEYS)

    def look(number: int) -> None:
        if number == 90 and kind != "complete":
            shutil.copytree(folder / "job", folder / "killed")
            made.stop()

    api = FakeApi(trouble, look)
    if kind == "complete":
        asyncio.run(run(made, api))
    else:
        with pytest.raises(JobStoppedError):
            asyncio.run(run(made, api))
    assert kind != "killed" or (folder / "killed" / WAL).stat().st_size > 4096
    return folder / "killed" if kind == "killed" else folder / "job"


@contextmanager
def copy_of(directory: Path) -> Generator[Path]:
    """Lend a copy."""
    with TemporaryDirectory() as folder:
        yield Path(shutil.copytree(directory, Path(folder) / "job"))


def finish(directory: Path) -> str:
    """Run and export a job; say whether it was refused or came out right. Anything else is a failure."""
    try:
        job = BulkJob.open(directory)
        asyncio.run(run(job, FakeApi()))
        job.retry(status=["failed", "invalid"])
        asyncio.run(run(job, FakeApi()))
        rows = exported(job)
    except (JobCorruptedError, JobRefusedError):
        return "refused"
    assert rows == expected(KEYS)
    return "right"


def damage(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Rewrite a file."""
    if path.exists():
        path.write_bytes(change(path.read_bytes()))


def flipped(place: int, bit: int, data: bytes) -> bytes:
    """Flip a bit."""
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


@pytest.mark.parametrize("name", [JOB_FILE, WAL])
@pytest.mark.parametrize("seed", range(4))
def test_a_file_with_a_flipped_bit_is_recovered_or_refused(job: Path, name: str, seed: int) -> None:
    """Old disks and bad memory do that."""
    random = Random(seed)
    for _ in range(40):
        with copy_of(job) as directory:
            if not (directory / name).exists():
                return
            size = (directory / name).stat().st_size
            place, bit = random.randrange(size), random.randrange(8)

            damage(directory / name, partial(flipped, place, bit))

            finish(directory)


@pytest.mark.parametrize("name", [JOB_FILE, WAL])
@pytest.mark.parametrize("seed", range(2))
def test_a_file_that_was_cut_is_recovered_or_refused(job: Path, name: str, seed: int) -> None:
    """A copy that was interrupted, or a disk that was full."""
    random = Random(seed)
    for _ in range(25):
        with copy_of(job) as directory:
            if not (directory / name).exists():
                return
            size = (directory / name).stat().st_size

            damage(directory / name, itemgetter(slice(random.randrange(size))))

            finish(directory)


@pytest.mark.parametrize("name", [JOB_FILE, WAL])
@pytest.mark.parametrize("change", ["emptied", "removed", "garbage"])
def test_a_file_that_is_something_else_is_recovered_or_refused(job: Path, name: str, change: str) -> None:
    """Somebody cleans up, or restores half a backup."""
    with copy_of(job) as directory:
        if change == "removed":
            (directory / name).unlink(missing_ok=True)
        else:
            damage(directory / name, lambda data: b"" if change == "emptied" else b"\x00garbage" * 500)

        assert finish(directory) == ("refused" if name == JOB_FILE else "right")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE keys SET \"values\" = '[1000]' WHERE id = 50", "key 50 is not what was written"),
        ("UPDATE keys SET \"values\" = x'ff' WHERE id = 50", "damaged"),
        ("DELETE FROM keys WHERE id = 50", "99 keys, and 100 were written"),
        ("UPDATE blocks SET content = '[]' WHERE id = 1", "not of its kind"),
        ("UPDATE blocks SET content = x'5b5d' WHERE id = 1", "block 1 is not what was written"),
        ("UPDATE blocks SET id = 1000 WHERE id = 1", "block 1 is not what was written"),
        ("UPDATE outcomes SET block = 3 WHERE key_id = 2", "the outcome of key 2 is not what was written"),
        ("UPDATE outcomes SET status = 'empty' WHERE key_id = 2", "other outcomes than were counted"),
        ("DELETE FROM outcomes WHERE key_id = 2", "other outcomes than were counted"),
        ("UPDATE failures SET reason = '{}' WHERE key_id = 3", "the failure of key 3 is not what was written"),
        ("DELETE FROM failures WHERE key_id = 3", "other outcomes than were counted"),
        ("UPDATE meta SET value = replace(value, 'till one', 'till two')", "damaged"),
        ("DELETE FROM meta WHERE name = 'state'", "damaged"),
        ("DROP TABLE failures", "its tables are other ones"),
    ],
)
def test_what_is_wrong_is_named_and_what_can_be_done(tmp_path: Path, statement: str, message: str) -> None:
    """A raw error of SQLite's or Python's says neither."""
    job = make_job(tmp_path / "job", KEYS)
    asyncio.run(run(job, FakeApi(trouble)))
    with closing(sqlite3.connect(tmp_path / "job" / JOB_FILE)) as database, database:
        database.execute(statement)

    with pytest.raises(JobCorruptedError, match=message) as caught:
        BulkJob.open(tmp_path / "job").export("jsonl")

    assert "Restore the directory from a copy" in str(caught.value)


async def long_rows(client: FakeApi, number: int) -> list[str]:
    """Return rows that are compressed, each 97th key's alone, because they are very long."""
    await client.ask(number)
    return [f"{number}-{place}-".ljust(2**17 if number % 97 == 0 else 150 + number % 50, "x") for place in range(3)]


def long_job(directory: Path, keys: range) -> BulkJob:
    """Make and run a job whose rows are in blocks; some keys fail first, and come into later blocks."""
    job = BulkJob.create(directory, "tests.jobs.test_damage:long_rows", keys)
    api = FakeApi()
    api.trouble = lambda number: DecodeError("odd") if number % 7 == 3 and api.asked[number] == 1 else None
    asyncio.run(run(job, api, concurrency=64))
    return job


def test_rows_of_many_keys_in_one_block_come_back_as_they_were(tmp_path: Path) -> None:
    """They are compressed together, in the order in which lookups end."""
    keys = range(100, 1500)
    job = long_job(tmp_path / "job", keys)

    found = [(row["number"], row["value"]) for row in job.rows()]

    assert found == [
        (key, value) for key in keys if key % 100 != 99 for value in asyncio.run(long_rows(FakeApi(), key))
    ]
    assert (tmp_path / "job" / JOB_FILE).stat().st_size < sum(len(value) for _, value in found) / 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE blocks SET content = substr(content, 1, 40)",
        "UPDATE blocks SET content = x''",
        "UPDATE blocks SET id = id + 1000",
        "DELETE FROM blocks WHERE id = (SELECT max(id) FROM blocks)",
        "UPDATE outcomes SET block = 1 WHERE block = 2",
    ],
)
def test_a_damaged_block_is_noticed(tmp_path: Path, statement: str) -> None:
    """It has the rows of many keys."""
    job = long_job(tmp_path / "job", range(1, 60))
    with closing(sqlite3.connect(tmp_path / "job" / JOB_FILE)) as database, database:
        database.execute(statement)

    with pytest.raises(JobCorruptedError):
        list(job.rows())
    with pytest.raises(JobCorruptedError):
        job.export("jsonl")


def test_a_damaged_job_is_left_as_it_is(tmp_path: Path) -> None:
    """Somebody may be able to save it."""
    job = make_job(tmp_path / "job", KEYS)
    asyncio.run(run(job, FakeApi(trouble)))
    path = tmp_path / "job" / JOB_FILE
    damage(path, lambda data: data[:8192] + b"\xff" * 4096 + data[12288:])
    before = path.read_bytes()

    assert finish(tmp_path / "job") == "refused"

    assert path.read_bytes() == before


def test_what_is_left_of_a_damaged_job_can_be_read(tmp_path: Path) -> None:
    """It may be all that somebody has."""
    job = make_job(tmp_path / "job", KEYS)
    asyncio.run(run(job, FakeApi()))
    with closing(sqlite3.connect(tmp_path / "job" / JOB_FILE)) as database, database:
        database.execute("UPDATE outcomes SET block = 1 WHERE key_id = 90")

    rows = BulkJob.open(tmp_path / "job").rows()

    assert len(list(islice(rows, 50))) == 50
    with pytest.raises(JobCorruptedError, match="key 90"):
        list(rows)


def test_a_second_outcome_of_a_key_cannot_be_written(tmp_path: Path) -> None:
    """Should a bug ever try, it must not end up as a doubled row."""
    job = make_job(tmp_path / "job", KEYS)
    asyncio.run(run(job, FakeApi()))

    with closing(sqlite3.connect(tmp_path / "job" / JOB_FILE)) as database, pytest.raises(sqlite3.IntegrityError):
        database.execute("INSERT INTO outcomes SELECT * FROM outcomes WHERE key_id = 2")


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """An older package must not guess at what a newer one wrote."""
    make_job(tmp_path / "job", KEYS)
    with closing(sqlite3.connect(tmp_path / "job" / JOB_FILE)) as database:
        database.execute("PRAGMA user_version = 99")

    with pytest.raises(JobRefusedError, match="version 99"):
        BulkJob.open(tmp_path / "job")


def test_a_file_of_somebody_elses_is_no_job(tmp_path: Path) -> None:
    """Any SQLite file can have the name."""
    with closing(sqlite3.connect(tmp_path / JOB_FILE)) as database:
        database.execute("CREATE TABLE meta(x)")

    with pytest.raises(JobCorruptedError, match="not a job's file"):
        BulkJob.open(tmp_path)


def test_a_checksum_sees_every_flipped_bit() -> None:
    """It is what stands between a bad disk and a wrong number of points."""
    rows = b'{"points":1250}'
    whole = checksum_of("1 found", rows)

    for place in range(len(rows) * 8):
        flipped = bytearray(rows)
        flipped[place // 8] ^= 1 << place % 8
        assert checksum_of("1 found", bytes(flipped)) != whole


def test_a_store_that_was_opened_twice_can_be_closed_twice(tmp_path: Path) -> None:
    """A status is asked for while a run goes on."""
    make_job(tmp_path / "job", KEYS)

    with JobStore.open(tmp_path / "job") as first, JobStore.open(tmp_path / "job", is_reader=True) as second:
        assert first.manifest == second.manifest
