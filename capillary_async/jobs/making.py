"""How a job comes to be, and how it is recognised later."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from capillary_async.jobs.disk import Disk
from capillary_async.jobs.journal import JOURNAL_FILE, Journal
from capillary_async.jobs.keys import KEYS_FILE, KeyCount, count_keys, write_keys
from capillary_async.jobs.lock import LOCK_FILE, Lock
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.manifest import MANIFEST_FILE, JobOptions, Manifest, write_manifest
from capillary_async.jobs.problems import JobCorruptedError, JobRefusedError
from capillary_async.jobs.sources import Source, digest_of

# What a job that never came to be may have left behind.
_LEFTOVERS: Final = frozenset(
    {LOCK_FILE, KEYS_FILE, *(f"{JOURNAL_FILE}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))}
    | {f"{name}.tmp" for name in (KEYS_FILE, MANIFEST_FILE)}
)


def make_job(disk: Disk, directory: Path, lookup: Lookup, source: Source, options: JobOptions) -> Manifest:
    """Write a new job's files; the manifest comes last, and with it the job exists.

    Raises:
        KeysError: A key cannot be used.
        JobRefusedError: The directory is not empty.
        OSError: The disk failed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _check_is_free(directory)
    with Lock(directory):
        _check_is_free(directory)  # by now somebody else may have made a job
        count = write_keys(disk, directory, source, lookup.columns)
        Journal.create(directory, disk)
        manifest = _manifest(lookup, source, count, options)
        write_manifest(disk, directory, manifest)
    return manifest


def _check_is_free(directory: Path) -> None:
    foreign = {entry.name for entry in directory.iterdir()} - _LEFTOVERS
    if foreign:
        what = "a job" if MANIFEST_FILE in foreign else f"something else ({min(foreign)})"
        raise JobRefusedError(f"there is {what} in {directory} already")


def _manifest(lookup: Lookup, source: Source, count: KeyCount, options: JobOptions) -> Manifest:
    return Manifest(
        lookup=lookup.name,
        columns=tuple(column.name for column in lookup.columns),
        keys=count.keys,
        keys_sha256=count.sha256,
        duplicates=count.duplicates,
        duplicate_lines=count.duplicate_lines,
        source=source.name,
        source_path=None if source.path is None else str(source.path.absolute()),
        source_sha256=count.source_sha256,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        options=options,
    )


def check_job(directory: Path, manifest: Manifest, lookup: Lookup) -> None:
    """Check that a job's keys are what was written, and that its lookup still takes them.

    Raises:
        JobRefusedError: The lookup's columns are other ones.
        JobDamagedError: The keys are damaged.
    """
    if tuple(column.name for column in lookup.columns) != manifest.columns:
        raise JobRefusedError(f"the lookup {manifest.lookup} takes other columns than when the job was made")
    path = directory / KEYS_FILE
    if not path.is_file() or digest_of(path) != manifest.keys_sha256:
        raise JobCorruptedError(f"{KEYS_FILE} is damaged: its hash does not match")


def check_expected(manifest: Manifest, lookup: str | None, source: Source | None, found: Lookup) -> None:
    """Check that a job is the one that somebody expects.

    Raises:
        JobRefusedError: It is another.
        KeysError: The keys that are expected cannot be used.
    """
    if lookup is not None and lookup != manifest.lookup:
        raise JobRefusedError(f"the job looks up {manifest.lookup}, not {lookup}")
    if source is not None and count_keys(source, found.columns).sha256 != manifest.keys_sha256:
        raise JobRefusedError(f"{source.name} does not hold the keys that the job was made with")


def check_source(manifest: Manifest) -> None:
    """Check that the key file, if it is still there, is the one that the job was made from.

    Raises:
        JobRefusedError: It has changed.
    """
    path = None if manifest.source_path is None else Path(manifest.source_path)
    if path is not None and path.is_file() and digest_of(path) != manifest.source_sha256:
        raise JobRefusedError(f"{manifest.source} has changed since the job was made from it; make a new job")
