"""The file `job.sqlite` as a database: its tables, how it is opened, and how its damage is told from a bad disk.

SQLite does not notice a flipped bit in a value. So every row has a checksum of all its columns, each count is stored
twice (as rows and as a number), and the structure of the file is checked before a run and before an export.
"""

import os
import sqlite3
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from zlib import crc32

from capillary_async.jobs.errors import JobCorruptedError, JobRefusedError

JOB_FILE: Final = "job.sqlite"
# "CAPj", in the header of the file. The version is that of the tables.
_APPLICATION_ID: Final = 0x4341506A
_VERSION: Final = 9
_BUSY_SECONDS: Final = 60.0

# A table of a generation: its columns. A refresh fills tables of the same columns under other names.
_GENERATION: Final = {
    "outcomes": "(key_id INTEGER PRIMARY KEY, status TEXT NOT NULL, block INTEGER NOT NULL)",
    "blocks": "(id INTEGER PRIMARY KEY, content BLOB NOT NULL, checksum INTEGER NOT NULL)",
    "failures": "(key_id INTEGER PRIMARY KEY, tries INTEGER NOT NULL, status TEXT NOT NULL, requests INTEGER NOT NULL,"
    " at INTEGER NOT NULL, reason TEXT NOT NULL, checksum INTEGER NOT NULL)",
}
TABLES: Final = {
    "meta": "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID",
    "keys": 'CREATE TABLE keys(id INTEGER PRIMARY KEY, "values" TEXT NOT NULL UNIQUE, checksum INTEGER NOT NULL)',
    **{name: f"CREATE TABLE {name}{columns}" for name, columns in _GENERATION.items()},
}
NEXT_TABLES: Final = {f"next_{name}": f"CREATE TABLE next_{name}{columns}" for name, columns in _GENERATION.items()}
RENAMED: Final = tuple(_GENERATION)

# What these say is about the disk or about another process; anything else that SQLite says is about the file.
_DISK_ERRORS: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
)
_WRONG_VALUES: Final = (ValueError, TypeError, LookupError, OverflowError, AttributeError)

# Shared memory, which a write-ahead log needs, does not work across machines.
_NETWORK_FILE_SYSTEMS: Final = (
    *("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "gpfs", "glusterfs", "beegfs", "ocfs2", "gfs2"),
    *("fuse.", "fuseblk", "virtiofs", "davfs", "ncpfs", "pvfs", "orangefs", "panfs", "wekafs"),
)


def checksum_of(text: str, blob: bytes = b"") -> int:
    """Return the checksum of a row: of its columns as one text, and of its rows."""
    return crc32(blob, crc32(text.encode()))


def create_tables(database: sqlite3.Connection) -> None:
    """Make an empty file a job's."""
    database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {_VERSION}")
    for statement in TABLES.values():
        database.execute(statement)


@contextmanager
def corruption_named(path: Path) -> Generator[None]:
    """Tell what goes wrong with a job's file: the disk, or what is in it."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        is_writable = os.access(path, os.W_OK)
        if code in _DISK_ERRORS or (code == sqlite3.SQLITE_READONLY and not is_writable):
            raise OSError(f"{path.name}: {error}") from error
        raise corrupted(path, str(error)) from error
    except _WRONG_VALUES as error:
        # A flipped bit can make a number of a text, or a text of bytes.
        raise corrupted(path, f"a value is not of its kind ({type(error).__name__})") from error


def corrupted(path: Path, what: str) -> JobCorruptedError:
    """Make the error that says what is wrong with a file, and what can be done."""
    return JobCorruptedError(
        f"{path.name} is damaged: {what}. Restore the directory from a copy, or make a new job in another one;"
        f" `capillary bulk rows {path.parent}` prints what can still be read"
    )


def connect(path: Path, *, is_reader: bool = False) -> sqlite3.Connection:
    """Open a job's file.

    Args:
        path: The file.
        is_reader: Only to read it; then a file on a read-only disk will do.
    """
    with corruption_named(path):
        is_frozen = is_reader and _is_frozen(path)
        name = f"{path.absolute().as_uri()}?immutable=1" if is_frozen else path
        database = sqlite3.connect(
            name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=is_frozen
        )
        try:
            _check(database, path)
            if not is_reader:
                _set_journal(database, path)
        except BaseException:
            database.close()
            raise
        return database


def _is_frozen(path: Path) -> bool:
    """Whether the file cannot change: SQLite reads one with a write-ahead log only where it can make files, or so."""
    log = path.with_name(f"{path.name}-wal")
    return not os.access(path.parent, os.W_OK) and not is_on_network(path) and not (log.exists() and log.stat().st_size)


def _check(database: sqlite3.Connection, path: Path) -> None:
    (application_id,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application_id != _APPLICATION_ID:
        raise corrupted(path, "it is not a job's file")
    if version != _VERSION:
        raise JobRefusedError(f"the job has version {version}; this package reads version {_VERSION}")
    rows = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall()
    # A table that was renamed has its name in quotes.
    found = {name: sql.replace(f'"{name}"', name) for name, sql in rows}
    if found not in (TABLES, TABLES | NEXT_TABLES):
        raise corrupted(path, "its tables are other ones")


def _set_journal(database: sqlite3.Connection, path: Path) -> None:
    mode = "DELETE" if is_on_network(path) else "WAL"
    # Where the file system cannot do it, SQLite keeps the mode that works, and says so by its answer alone.
    database.execute(f"PRAGMA journal_mode = {mode}")
    database.execute("PRAGMA synchronous = FULL")
    # 16 MiB: a batch fits, and so does the part of the keys under way.
    database.execute("PRAGMA cache_size = -16384")


def check_structure(database: sqlite3.Connection, path: Path) -> None:
    """Check that every page of the file is where it belongs; reads all of it."""
    with corruption_named(path):
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise corrupted(path, " ".join(str(found).split()))


def is_on_network(path: Path) -> bool:
    """Whether a file is on a disk that several machines may share."""
    real = os.path.realpath(path)
    if sys.platform == "win32":
        return real.startswith("\\\\")
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines()
    except OSError:  # not Linux
        return False
    kinds: dict[str, str] = {}
    for line in mounts:
        _, place, kind = line.split(" ")[:3]
        place = place.replace("\\040", " ")
        if real == place or real.startswith(place.rstrip("/") + "/"):
            kinds[place] = kind
    return bool(kinds) and kinds[max(kinds, key=len)].startswith(_NETWORK_FILE_SYSTEMS)
