"""The journal: a log of what is done, in SQLite, to which whole entries are added and nothing else happens.

SQLite makes an entry appear whole or not at all, also through a power cut (write-ahead log,
`synchronous=FULL`). What it does not do is notice that a bit of the file has flipped. So each entry
carries a hash over itself and the hash before it, and the first one stands on the manifest's:
whatever is read is what was written, in the order in which it was, by this very job. What is lost
can only be the newest entries, and a shorter log is the log of an earlier moment, which is always
safe: what was done since is done again.

The failures' details are a table beside it, one row a key, each with its own hash.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import attrs

from capillary_async.jobs.disk import Disk
from capillary_async.jobs.problems import JobCorruptedError
from capillary_async.jobs.verdicts import Failure

JOURNAL_FILE: Final = "journal.sqlite"
_SIDE_FILES: Final = ("-wal", "-shm", "-journal")
_TABLES: Final = """
CREATE TABLE entries(number INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE failures(id INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL);
"""

Entry = Mapping[str, Any]


def _hash(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode(), digest_size=16).hexdigest()


class Journal:
    """A job's journal, open. One thread at a time may use it.

    Raises:
        JobDamagedError: Any method: the file is not what was written.
        OSError: Any method: the disk failed.
    """

    def __init__(self, directory: Path, seed: str, disk: Disk, *, is_for_reading: bool = False) -> None:
        """Open a journal that exists.

        Args:
            directory: The job's.
            seed: The manifest's fingerprint, on which the first entry stands.
            disk: Commits.
            is_for_reading: Whether it will do if nothing can be written, on a full disk or a read-only one.
        """
        self._path = directory / JOURNAL_FILE
        self._disk = disk
        self._last = seed
        self._seed = seed
        self._number = 0
        if not self._path.is_file() or not self._path.stat().st_size:
            raise JobCorruptedError(f"{JOURNAL_FILE} is missing or empty")
        self._database = self._connect_to_read(self._path) if is_for_reading else self._connect(self._path)

    @classmethod
    def create(cls, directory: Path, disk: Disk) -> None:
        """Make an empty journal, in place of any that was left by a job that never came to be.

        Raises:
            OSError: The disk failed.
        """
        path = directory / JOURNAL_FILE
        for suffix in ("", *_SIDE_FILES):
            disk.remove(Path(f"{path}{suffix}"))
        database = cls._connect(path)
        try:
            database.executescript(_TABLES)
        except sqlite3.Error as error:
            raise OSError(f"{JOURNAL_FILE}: {error}") from error
        finally:
            database.close()

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        database = _opened(path)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=FULL")
        except sqlite3.Error as error:
            database.close()
            raise _translated(error) from error
        return database

    @classmethod
    def _connect_to_read(cls, path: Path) -> sqlite3.Connection:
        try:
            return cls._connect(path)
        except OSError:
            # Also for reading SQLite makes files beside the journal. Without a write-ahead log it needs none,
            # as long as nobody writes; and nobody can.
            log = Path(f"{path}-wal")
            if log.exists() and log.stat().st_size:
                raise
            return _opened(f"{path.absolute().as_uri()}?immutable=1", is_uri=True)

    def close(self) -> None:
        """Close it."""
        with suppress(sqlite3.Error):
            self._database.close()

    def entries(self) -> Iterator[Entry]:
        """Yield all entries from the first on, verified. Needed once before `append`: new ones stand on the last."""
        self._last, self._number = self._seed, 0
        try:
            for number, body, digest in self._database.execute("SELECT * FROM entries ORDER BY number"):
                if digest != _hash(self._last, str(body)):
                    raise JobCorruptedError(f"{JOURNAL_FILE} is damaged at entry {self._number}")
                self._number, self._last = number + 1, digest
                yield json.loads(body)
        except sqlite3.Error as error:
            raise _translated(error) from error

    def append(self, entry: Entry, failures: Sequence[Failure] = ()) -> None:
        """Add an entry, and the details of failures, in one transaction."""
        body = json.dumps(entry, separators=(",", ":"))
        digest = _hash(self._last, body)
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.execute("INSERT INTO entries VALUES (?, ?, ?)", (self._number, body, digest))
            for failure in failures:
                self._note(failure)
            self._disk.commit(self._database)
        except sqlite3.Error as error:
            raise _translated(error) from error
        self._number, self._last = self._number + 1, digest

    def _note(self, failure: Failure) -> None:
        """Keep a failure's details; its attempts add to those of the key's earlier failures."""
        earlier = [_failure(*row) for row in self._database.execute(*_failure_query(failure.id))]
        attempts = failure.attempts + sum(one.attempts for one in earlier)
        body = json.dumps(attrs.asdict(attrs.evolve(failure, attempts=attempts)))
        row = (failure.id, body, _hash(str(failure.id), body))
        self._database.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", row)

    def failures(self) -> Iterator[Failure]:
        """Yield the details of the keys that failed at any time, in the order of their ids."""
        try:
            for row in self._database.execute("SELECT * FROM failures ORDER BY id"):
                yield _failure(*row)
        except sqlite3.Error as error:
            raise _translated(error) from error


def _opened(address: Path | str, *, is_uri: bool = False) -> sqlite3.Connection:
    try:
        return sqlite3.connect(address, isolation_level=None, check_same_thread=False, uri=is_uri)
    except sqlite3.Error as error:
        raise _translated(error) from error


def _failure_query(key_id: int) -> tuple[str, tuple[int]]:
    return "SELECT * FROM failures WHERE id = ?", (key_id,)


def _failure(key_id: int, body: str, digest: str) -> Failure:
    if digest != _hash(str(key_id), str(body)):
        raise JobCorruptedError(f"{JOURNAL_FILE} is damaged: a failure's hash does not match")
    document: dict[str, Any] = json.loads(body)
    document["codes"] = tuple(document["codes"])
    return Failure(**document)


def _translated(error: sqlite3.Error) -> Exception:
    """Tell a disk that fails from a file that is damaged."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_BUSY")):
        return OSError(f"{JOURNAL_FILE}: {error}")
    return JobCorruptedError(f"{JOURNAL_FILE} is damaged: {error}")
