"""How a job comes to be: its keys are checked and copied into a file that gets its name last."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final

import attrs

from capillary_async.jobs.database import JOB_FILE, checksum_of, connect, corruption_named, create_tables
from capillary_async.jobs.errors import InvalidKeysError, JobRefusedError
from capillary_async.jobs.files import sync
from capillary_async.jobs.key_files import KeyFormat, Keys, name_of, path_of, read_keys
from capillary_async.jobs.lock import LOCK_FILE, Lock
from capillary_async.jobs.lookups import Lookup, find_lookup
from capillary_async.jobs.manifest import JobOptions, JobState, Manifest
from capillary_async.jobs.records import Values
from capillary_async.jobs.store import now_text, write_meta
from capillary_async.options import RateLimit

_NEW_FILE: Final = f"{JOB_FILE}.new"
# What a job that never came to be may have left behind.
_LEFTOVERS: Final = frozenset({LOCK_FILE, _NEW_FILE, f"{_NEW_FILE}-journal"})
_EXAMPLES: Final = 10
_KEYS_AT_ONCE: Final = 10_000

Numbered = Iterable[tuple[int, Values]]


@attrs.define
class KeyCount:
    """What was read of a source of keys.

    Attributes:
        keys: How many different keys.
        duplicates: How many records repeat an earlier key.
        duplicate_lines: The first few lines that do.
    """

    keys: int = 0
    duplicates: int = 0
    duplicate_lines: list[int] = attrs.field(factory=list[int])

    def note_duplicate(self, line: int) -> None:
        """Count a record that repeats a key."""
        self.duplicates += 1
        if len(self.duplicate_lines) < _EXAMPLES:
            self.duplicate_lines.append(line)


def _text_of(values: Values) -> str:
    return json.dumps(values, separators=(",", ":"))


def create_job(
    directory: Path, lookup: Lookup, keys: Keys, records: Numbered, *, options: JobOptions, notes: Mapping[str, str]
) -> None:
    """Make a job.

    Args:
        directory: The job's.
        lookup: What is looked up.
        keys: What the records were read from.
        records: The keys, each with its line.
        options: How the job works.
        notes: Kept in the job.
    """
    path = path_of(keys)
    manifest = Manifest(
        lookup=lookup.name,
        columns=lookup.key_columns,
        keys=0,
        source=name_of(keys),
        created=now_text(),
        options=options,
        arguments=dict(lookup.arguments),
        source_path=None if path is None else str(path.absolute()),
        source_sha256=None if path is None else _digest_of(path),
        by=lookup.by,
        notes=dict(notes),
    )
    write_job(directory, manifest, records)


def write_job(directory: Path, manifest: Manifest, records: Numbered, state: JobState | None = None) -> None:
    """Write a job's file.

    Args:
        directory: The job's; made if it is missing.
        manifest: What the job is, but for the number of its keys.
        records: The keys, each with its line; for a shard with its number.
        state: Where it stands at first.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_is_free(directory)
    with Lock(directory):
        _check_is_free(directory)  # by now somebody else may have made a job
        with suppress(PermissionError):
            directory.chmod(0o700)  # what is in it is about customers
        new = directory / _NEW_FILE
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with _disk_errors_named(new.name):
                _write(new, manifest, records, state or JobState())
            sync(new)
            new.rename(directory / JOB_FILE)
            sync(directory)
        finally:
            new.unlink(missing_ok=True)


def _write(path: Path, manifest: Manifest, records: Numbered, state: JobState) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        # Nothing of this file counts before it is whole.
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -65536")
        create_tables(database)
        database.execute("BEGIN")
        count = _insert(database, records, is_shard=manifest.shard is not None)
        if not count.keys and manifest.shard is None:
            raise InvalidKeysError(f"{manifest.source}: there are no keys in it")
        manifest = attrs.evolve(
            manifest,
            keys=count.keys,
            duplicates=count.duplicates,
            duplicate_lines=tuple(count.duplicate_lines),
        )
        write_meta(database, "manifest", manifest.to_json())
        write_meta(database, "state", state.to_json())
        database.execute("COMMIT")


def _insert(database: sqlite3.Connection, records: Numbered, *, is_shard: bool) -> KeyCount:
    count = KeyCount()
    for line, values in records:
        text = _text_of(values)
        key_id = line if is_shard else count.keys + 1
        row = (key_id, text, checksum_of(f"{key_id} {text}"))
        if database.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", row).rowcount:
            count.keys += 1
        else:
            count.note_duplicate(line)
    return count


@contextmanager
def _disk_errors_named(name: str) -> Generator[None]:
    """Let what SQLite says of a file that it has just made look like what it is."""
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"{name}: {error}") from error


def check_expected(path: Path, manifest: Manifest, lookup: Lookup, records: Numbered, source: str) -> None:
    """Check that a job has these keys, in any order, and looks them up with these options.

    Args:
        path: The job's file.
        manifest: What the job is.
        lookup: What is looked up.
        records: The keys, each with its line.
        source: What the records were read from.
    """
    if dict(lookup.arguments) != dict(manifest.arguments) or lookup.by != manifest.by:
        raise JobRefusedError(f"the job looks up {manifest.lookup} with other options; use a new directory")
    seen, texts = bytearray(manifest.keys + 1), (_text_of(values) for _, values in records)
    with closing(connect(path, is_reader=True)) as database:
        while some := list(islice(texts, _KEYS_AT_ONCE)):
            with corruption_named(path):
                for text in some:
                    row = database.execute('SELECT id FROM keys WHERE "values" = ?', (text,)).fetchone()
                    seen[row[0] if row else 0] = 1
    if seen[0] or sum(seen) != manifest.keys:
        raise JobRefusedError(f"{source} does not hold the keys that the job was made with")


def has_changed(manifest: Manifest) -> bool:
    """Whether the key file is there, but is not what the job was made from."""
    with suppress(OSError):
        path = None if manifest.source_path is None else Path(manifest.source_path)
        return path is not None and path.is_file() and _digest_of(path) != manifest.source_sha256
    return False


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@attrs.frozen
class Plan:
    """What a job would cost.

    Attributes:
        keys: Different keys.
        duplicates: Records that repeat an earlier key.
        calls: Requests that it takes at least: listings of several pages and retries take more.
        seconds: How long they take at the given rate; `None` without one.
    """

    keys: int
    duplicates: int
    calls: int
    seconds: float | None


def plan(
    lookup: str,
    keys: Keys,
    rate: RateLimit | None = None,
    *,
    key_format: KeyFormat | None = None,
    by: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Plan:
    """Check the keys and say what looking them up would cost.

    Args:
        lookup: Name of the lookup.
        keys: As `BulkJob.create` takes them.
        rate: How many calls may start in which time.
        key_format: As `BulkJob.create` takes it.
        by: As `BulkJob.create` takes it.
        mapping: As `BulkJob.create` takes it.

    Raises:
        JobRefusedError: There is no such lookup.
        InvalidKeysError: The keys cannot be used.
    """
    records = read_keys(keys, find_lookup(lookup, by=by), key_format=key_format, mapping=mapping)
    with _disk_errors_named("the directory for temporary files"), closing(sqlite3.connect("")) as database:
        create_tables(database)
        count = _insert(database, records, is_shard=False)
    if not count.keys:
        raise InvalidKeysError(f"{name_of(keys)}: there are no keys in it")
    seconds = None if rate is None else count.keys * rate.per / rate.limit
    return Plan(count.keys, count.duplicates, count.keys, seconds)


def _check_is_free(directory: Path) -> None:
    foreign = {entry.name for entry in directory.iterdir()} - _LEFTOVERS
    if foreign:
        what = "a job" if JOB_FILE in foreign else f"something else ({min(foreign)})"
        raise JobRefusedError(f"there is {what} in {directory} already")
