"""A job in parts, so that several processes or machines can work on it.

A shard is a directory in the job's directory, and itself a job. Its keys are some of the keys that were pending when
the job was split, with the same numbers. The whole keeps the outcomes that it had before. Together they have every key
once; each export checks this key by key.
"""

import shutil
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs

from capillary_async.jobs.creation import write_job
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.manifest import JobState
from capillary_async.jobs.records import Values
from capillary_async.jobs.store import JobStore


def shard_directory(directory: Path, number: int) -> Path:
    """Return where a part of a job is."""
    return directory / f"shard-{number:05}"


def split_job(store: JobStore, into: int) -> None:
    """Make the parts of a job; the last step tells the whole of them, and with it they count.

    Raises:
        JobRefusedError: It cannot be split, or not like this.
        OSError: The disk failed.
    """
    if isinstance(into, bool) or into < 1:
        raise JobRefusedError(f"a job is split into one shard or more, not into {into!r}")
    if store.state.shards not in (0, into):
        raise JobRefusedError(f"the job was split into {store.state.shards} shards before")
    if store.state.shards == into:
        return
    if store.is_complete or store.state.next_counts is not None or store.manifest.shard is not None:
        raise JobRefusedError("only a job with keys left can be split, and only once")
    store.check()
    store.claim()
    for number in range(into):
        directory = shard_directory(store.directory, number)
        if directory.exists():  # of a split that was cut short
            shutil.rmtree(directory)
        manifest = attrs.evolve(store.manifest, shard=number)
        state = JobState(base_url=store.state.base_url, account=store.state.account)
        write_job(directory, manifest, _part(store, number, into), state)
    with store.transaction() as state:
        state.shards = into


def _part(store: JobStore, number: int, into: int) -> Iterator[tuple[int, Values]]:
    for place, key in enumerate(store.all_keys_left()):
        if place % into == number:
            yield key.id, key.values


@contextmanager
def open_shards(store: JobStore) -> Generator[list[JobStore]]:
    """Open the parts of a job for reading; none, if it was not split."""
    with ExitStack() as stack:
        directories = [shard_directory(store.directory, number) for number in range(store.state.shards)]
        yield [stack.enter_context(JobStore.open(directory, is_reader=True)) for directory in directories]
