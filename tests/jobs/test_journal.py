"""What is written into a journal comes back as it was, or not at all."""

import errno
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from capillary_async.jobs import JobCorruptedError
from capillary_async.jobs.disk import Disk
from capillary_async.jobs.journal import JOURNAL_FILE, Journal
from capillary_async.jobs.verdicts import Failure

SEED = "0" * 32
ENTRIES: Sequence[dict[str, object]] = ({"origin": "one"}, {"verdicts": {"1": [3, 5]}}, {"retry": True})
FIRST = Failure(7, 2, "ServerError", 500, (1, 2), "in trouble")


@contextmanager
def opened(directory: Path, *, seed: str = SEED, disk: Disk | None = None) -> Generator[Journal]:
    """Open a journal for a while."""
    with closing(Journal(directory, seed, disk or Disk())) as journal:
        yield journal


@contextmanager
def database_of(directory: Path) -> Generator[sqlite3.Connection]:
    """Open a journal's file past the journal; what is changed stays."""
    with closing(sqlite3.connect(directory / JOURNAL_FILE)) as database, database:
        yield database


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Make a journal with three entries and a failure."""
    Journal.create(tmp_path, Disk())
    with opened(tmp_path) as journal:
        for entry in ENTRIES:
            journal.append(entry, [FIRST] if "verdicts" in entry else ())
    return tmp_path


class Failing(Disk):
    """A disk that fails when a transaction is to be committed, in SQLite's words."""

    def __init__(self, name: str | None) -> None:
        self.error = sqlite3.OperationalError("what SQLite says")
        if name is not None:
            self.error.sqlite_errorname = name

    def commit(self, connection: sqlite3.Connection) -> None:
        """Fail."""
        raise self.error


@pytest.mark.parametrize("name", ["FULL", "IOERR_WRITE", "CANTOPEN", "READONLY_DBMOVED", "BUSY_SNAPSHOT"])
def test_a_disk_that_fails_is_not_called_damage(written: Path, name: str) -> None:
    """The one ends when there is room again, the other never; who reads the message has to know which."""
    with opened(written, disk=Failing(f"SQLITE_{name}")) as journal:
        list(journal.entries())
        with pytest.raises(OSError, match=r"^journal\.sqlite: what SQLite says$"):
            journal.append({})


@pytest.mark.parametrize("name", ["SQLITE_CORRUPT_INDEX", "SQLITE_NOTADB", "", None])
def test_every_other_trouble_with_the_file_is_damage(written: Path, name: str | None) -> None:
    """Also where SQLite has no name for it."""
    with opened(written, disk=Failing(name)) as journal:
        list(journal.entries())
        with pytest.raises(JobCorruptedError, match=r"^journal\.sqlite is damaged: what SQLite says$"):
            journal.append({})


def test_a_journal_that_another_process_holds_is_not_called_damaged(written: Path) -> None:
    """A backup or a viewer of databases may hold it for a moment."""
    with opened(written) as journal, database_of(written) as database:
        journal._database.execute("PRAGMA busy_timeout=0")
        database.execute("BEGIN IMMEDIATE")

        with pytest.raises(OSError, match="locked"):
            journal.append({})


def test_entries_come_back_in_order_and_as_often_as_they_are_asked_for(written: Path) -> None:
    """A resumed job replays them, and so does each status of it."""
    with opened(written) as journal:
        assert list(journal.entries()) == list(ENTRIES)
        assert list(journal.entries()) == list(ENTRIES)


def test_entries_go_on_behind_the_last(written: Path) -> None:
    """A job may be resumed any number of times, and also while it is read more is added."""
    with opened(written) as journal:
        list(journal.entries())
        journal.append({"more": 1})
        journal.append({"more": 2})

    with opened(written) as journal:
        assert list(journal.entries()) == [*ENTRIES, {"more": 1}, {"more": 2}]


def test_a_journal_looks_as_it_always_did(written: Path) -> None:
    """A job that was begun with one version of the package is resumed with the next."""
    with database_of(written) as database:
        entries = database.execute("SELECT * FROM entries ORDER BY number").fetchall()
        failures = database.execute("SELECT * FROM failures").fetchall()

    assert entries == [
        (0, '{"origin":"one"}', "9a14a3bd89f00a19135fe0f092828e6c"),
        (1, '{"verdicts":{"1":[3,5]}}', "de6b6a2fd474181685be2cf3ceec9a29"),
        (2, '{"retry":true}', "b4457b191c2c69c054a853b3a46aad64"),
    ]
    body = '{"id": 7, "attempts": 2, "error": "ServerError", "status": 500, "codes": [1, 2], "message": "in trouble"}'
    assert failures == [(7, body, "03e0e1cc01302fe3d4adb2c981f98f1c")]


def test_what_could_not_be_committed_is_not_there(written: Path) -> None:
    """An entry is there whole or not at all, and so are its failures."""
    with opened(written, disk=Failing("SQLITE_FULL")) as journal:
        list(journal.entries())
        with pytest.raises(OSError, match="SQLite"):
            journal.append({"more": 1}, [Failure(8, 1, "ServerError")])

    with opened(written) as journal:
        assert list(journal.entries()) == list(ENTRIES)
        assert list(journal.failures()) == [FIRST]


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("UPDATE entries SET body = replace(body, 'one', 'two') WHERE number = 0", 0),
        ("UPDATE entries SET hash = 'f' WHERE number = 1", 1),
        ("UPDATE entries SET body = x'80' WHERE number = 2", 2),
        ("DELETE FROM entries WHERE number = 0", 0),
    ],
)
def test_an_entry_that_is_not_as_it_was_written_is_refused(written: Path, change: str, number: int) -> None:
    """It says which one, and nothing from there on is believed."""
    with database_of(written) as database:
        database.execute(change)

    with opened(written) as journal:
        entries = journal.entries()
        assert [next(entries) for _ in range(number)] == list(ENTRIES[:number])
        with pytest.raises(JobCorruptedError, match=rf"^journal\.sqlite is damaged at entry {number}$"):
            next(entries)


def test_a_file_that_is_no_journal_is_damaged(written: Path) -> None:
    """In SQLite's words, for it knows why."""
    (written / JOURNAL_FILE).write_bytes(b"garbage" * 1000)

    with (
        pytest.raises(JobCorruptedError, match=r"^journal\.sqlite is damaged: file is not a database$"),
        opened(written),
    ):
        pass


def test_a_journal_of_another_job_is_refused(written: Path) -> None:
    """It stands on another manifest."""
    with opened(written, seed="1" * 32) as journal, pytest.raises(JobCorruptedError, match="entry 0"):
        list(journal.entries())


def test_a_keys_failures_add_up(written: Path) -> None:
    """The list of failures says how many requests a key cost, not how many the last try did, and why that failed."""
    last = Failure(7, 3, "TransportError", None, (), "no answer")
    with opened(written) as journal:
        list(journal.entries())
        journal.append({}, [last, Failure(2, 1, "ServerError")])
        journal.append({}, [last])

        assert list(journal.failures()) == [
            Failure(2, 1, "ServerError"),
            Failure(7, 2 + 3 + 3, "TransportError", None, (), "no answer"),
        ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE failures SET id = 8",
        "UPDATE failures SET body = replace(body, '500', '400')",
        "UPDATE failures SET hash = 'f'",
    ],
)
def test_a_failure_that_is_not_as_it_was_written_is_refused(written: Path, change: str) -> None:
    """Else a key would be listed with a reason that is another's."""
    with database_of(written) as database:
        database.execute(change)

    message = r"^journal\.sqlite is damaged: a failure's hash does not match$"
    with opened(written) as journal, pytest.raises(JobCorruptedError, match=message):
        list(journal.failures())


@pytest.mark.parametrize("table", ["entries", "failures"])
def test_a_journal_without_its_tables_is_damaged(written: Path, table: str) -> None:
    """What SQLite misses is said, for it may be what somebody did."""
    with database_of(written) as database:
        database.execute(f"DROP TABLE {table}")

    with opened(written) as journal, pytest.raises(JobCorruptedError, match=f"is damaged: no such table: {table}"):
        list(getattr(journal, table)())


def test_an_entry_is_on_the_disk_before_its_transaction_ends(written: Path) -> None:
    """Only then does it survive a power cut; with a write-ahead log SQLite waits for that only if it is told to."""

    class Curious(Disk):
        def commit(self, connection: sqlite3.Connection) -> None:
            pragmas = ("journal_mode", "synchronous")
            self.seen = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
            super().commit(connection)

    disk = Curious()
    with opened(written, disk=disk) as journal:
        list(journal.entries())
        journal.append({})

    assert disk.seen == ["wal", 2]  # 2 is FULL


def test_a_journal_is_used_from_more_than_one_thread(written: Path) -> None:
    """A job opens it in one and writes in others, one after the other."""
    found: list[object] = []
    with opened(written) as journal:
        thread = Thread(target=lambda: found.extend(journal.entries()))
        thread.start()
        thread.join()

    assert found == list(ENTRIES)


def test_a_new_journal_takes_nothing_from_one_that_was_left(written: Path) -> None:
    """Of a job that never came to be; a log of it would be replayed into the new one."""
    left = [written / f"{JOURNAL_FILE}{suffix}" for suffix in ("-wal", "-shm", "-journal")]
    for path in left:
        path.write_bytes(b"left")

    Journal.create(written, Disk())

    assert not any(path.exists() for path in left)
    with opened(written) as journal:
        assert list(journal.entries()) == []


@pytest.mark.parametrize("change", ["emptied", "removed"])
def test_a_journal_that_is_gone_is_not_made_anew(written: Path, change: str) -> None:
    """SQLite would, and everything that was done would be done again."""
    path = written / JOURNAL_FILE
    path.unlink()
    if change == "emptied":
        path.touch()

    with pytest.raises(JobCorruptedError, match=r"^journal\.sqlite is missing or empty$"), opened(written):
        pass


def test_a_journal_that_cannot_be_made_is_the_disks_fault(written: Path) -> None:
    """A new job knows no damage."""

    class Keeping(Disk):
        def remove(self, path: Path) -> None:
            pass

    with pytest.raises(OSError, match=r"^journal\.sqlite: table entries already exists$"):
        Journal.create(written, Keeping())


def test_a_read_only_journal_is_found_whatever_its_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is opened by an address, in which some characters mean something else."""
    directory = tmp_path / "50% done? #1"
    directory.mkdir()
    Journal.create(directory, Disk())
    with opened(directory) as journal:
        journal.append({"origin": "one"})

    def fail(_path: Path) -> sqlite3.Connection:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Journal, "_connect", staticmethod(fail))
    monkeypatch.chdir(tmp_path)
    for path in (directory, directory.relative_to(tmp_path)):
        with closing(Journal(path, SEED, Disk(), is_for_reading=True)) as journal:
            assert list(journal.entries()) == [{"origin": "one"}]
    with pytest.raises(OSError, match="Read-only file system"), opened(directory):
        pass  # to be written to, it has to be writable


@pytest.mark.parametrize("is_for_reading", [True, False])
def test_a_journal_that_cannot_be_opened_is_the_disks_fault(
    written: Path, monkeypatch: pytest.MonkeyPatch, *, is_for_reading: bool
) -> None:
    """It is somebody else's file, or too many are open; `sqlite3`'s own errors are no part of what jobs raise."""
    connect = sqlite3.connect

    def fail(*_: object, **__: object) -> sqlite3.Connection:
        return connect(written / "gone" / "file")

    monkeypatch.setattr(sqlite3, "connect", fail)

    with pytest.raises(OSError, match=r"^journal\.sqlite: unable to open database file$"):
        Journal(written, SEED, Disk(), is_for_reading=is_for_reading)
