"""A job in parts, so that several processes or machines can work on it.

A shard is a directory in the job's directory, and itself a job. Its keys are some of the keys that were pending when
the job was split, with the same numbers. The whole keeps the outcomes that it had before. Together they have every key
once; each export checks this key by key.
"""

import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs

from capillary_async.jobs.creation import write_job
from capillary_async.jobs.errors import JobRefusedError, stopping_when_the_disk_fails
from capillary_async.jobs.lock import Lock
from capillary_async.jobs.manifest import JobState
from capillary_async.jobs.records import Values
from capillary_async.jobs.store import JobStore


def shard_directory(directory: Path, number: int) -> Path:
    """Return where a part of a job is."""
    return directory / f"shard-{number:05}"


def split_job(store: JobStore, into: int) -> None:
    """Make the parts of a job; the last step tells the whole of them, and with it they count."""
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


@contextmanager
def open_for_work(directory: Path) -> Generator[JobStore]:
    """Lock a job, and open its file once it has been checked."""
    with Lock(directory):
        with stopping_when_the_disk_fails():
            store = JobStore.open(directory)
        with store:
            with stopping_when_the_disk_fails(), open_shards(store) as shards:
                store.check()
                if shards:
                    raise JobRefusedError(f"the job was split; {how_to_run(directory, shards)}")
            yield store


def how_to_run(directory: Path, shards: Sequence[JobStore]) -> str:
    """Say which of these shards have keys left, and by which command they run."""
    left = [str(shard.manifest.shard) for shard in shards if not shard.is_complete]
    if not left:
        return "all of its shards are complete; refresh each of them"
    return f"run its shards with keys left: {', '.join(left)} (capillary bulk run {directory} --shard {left[0]})"


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
