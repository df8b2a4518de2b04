"""How a job stands, for whoever asks."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import attrs

from capillary_async.jobs.lock import Lock
from capillary_async.jobs.manifest import STATUSES, JobState
from capillary_async.jobs.output import EXPORT_FORMATS
from capillary_async.jobs.shards import open_shards
from capillary_async.jobs.store import JobStore


@attrs.frozen(kw_only=True)
class JobStatus:
    """How a job stands.

    Attributes:
        directory: Where it is.
        lookup: What it looks up.
        total: How many keys it has.
        found: Keys for which there are rows.
        empty: Keys for which there is nothing.
        not_found: Keys that the API does not know.
        merged: Customers that were merged into others.
        invalid: Keys that the API refuses for another reason of its own.
        failed: Keys without a word of the API after several tries; `outcomes.csv` says why.
        pending: Keys that are still to be looked up.
        duplicates: Records of the key file that repeat an earlier key.
        created: When it was made.
        started: When its first run began, or that of the refresh under way; `None` before.
        completed: When its last key got an outcome; `None` before. A refresh under way leaves it as it is.
        generation: 1, and one more with each refresh.
        is_refreshing: Whether a new generation is being made; then the counts are its.
        last_error: What a job that waits has last heard, or what stopped it; empty when all is well.
        last_error_at: When that was.
        base_url: The API it asks; `None` before that has answered.
        account: As whom; empty when that cannot be told.
        running: Id of the process that works on it, or `None`.
        shards: In how many parts it was split; 0 for none.
        outputs: The exported files that are there.
        stale_outputs: Those of them that show an earlier state of the job.
    """

    directory: Path
    lookup: str
    total: int
    found: int = 0
    empty: int = 0
    not_found: int = 0
    merged: int = 0
    invalid: int = 0
    failed: int = 0
    pending: int = 0
    duplicates: int = 0
    created: datetime
    started: datetime | None = None
    completed: datetime | None = None
    generation: int = 1
    is_refreshing: bool = False
    last_error: str = ""
    last_error_at: datetime | None = None
    base_url: str | None = None
    account: str = ""
    running: str | None = None
    shards: int = 0
    outputs: tuple[Path, ...] = ()
    stale_outputs: tuple[Path, ...] = ()

    @property
    def done(self) -> int:
        """Keys that need no further lookup."""
        return self.total - self.pending

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to look up; failed keys are not left, they can be retried."""
        return not self.pending and not self.is_refreshing

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Return the status of a job in a directory. Its lookup need not be there.

        Raises:
            JobRefusedError: There is no job.
            JobCorruptedError: Its file is not what was written.
        """
        with JobStore.open(directory, is_reader=True) as store, open_shards(store) as shards:
            return cls.of(store, shards)

    @classmethod
    def of(cls, store: JobStore, shards: Sequence[JobStore] = ()) -> Self:
        """Return the status of an open job together with its shards, which have the keys that it has left."""
        manifest, own = store.manifest, store.refresh_state()
        states = [own, *(shard.refresh_state() for shard in shards)]
        revision = sum(state.revision for state in states)
        outputs = [path for form in EXPORT_FORMATS if (path := store.directory / f"output.{form}").is_file()]
        pending = sum(shard.pending for shard in shards) if shards else store.pending
        completed = [state.completed for state in states if state.completed]
        failing = next((state for state in states[1:] or states if state.last_error), JobState())
        bound = next((state for state in states if state.base_url), own)
        holders = [Lock(one.directory).holder() for one in (*shards, store)]
        return cls(
            directory=store.directory,
            lookup=manifest.lookup,
            total=manifest.keys,
            **{status: sum(state.active_counts[status] for state in states) for status in STATUSES},
            pending=pending,
            duplicates=manifest.duplicates,
            created=datetime.fromisoformat(manifest.created),
            started=_moment(min((state.started for state in states if state.started), default=None)),
            completed=None if shards and pending else _moment(max(completed, default=None)),
            generation=own.generation,
            is_refreshing=own.is_refreshing,
            last_error=failing.last_error,
            last_error_at=_moment(failing.last_error_at),
            base_url=bound.base_url,
            account=bound.account,
            running=next(filter(None, holders), None),
            shards=own.shards,
            outputs=tuple(outputs),
            stale_outputs=tuple(path for path in outputs if own.exports.get(path.name) != revision),
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
