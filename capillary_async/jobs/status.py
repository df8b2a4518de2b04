"""How a job stands, for whoever asks."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Self

import attrs

from capillary_async.jobs.lock import Lock
from capillary_async.jobs.manifest import STATUSES
from capillary_async.jobs.output import EXPORT_FORMATS
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
    def of(cls, store: JobStore, shards: Sequence[JobStore] = ()) -> Self:
        """Put the status of an open job together; of one that was split, without what came of its parts."""
        state, manifest = store.refresh_state(), store.manifest
        revision = state.revision + sum(shard.state.revision for shard in shards)
        outputs = [path for form in EXPORT_FORMATS if (path := store.directory / f"output.{form}").is_file()]
        return cls(
            directory=store.directory,
            lookup=manifest.lookup,
            total=manifest.keys,
            **state.active_counts,
            pending=store.pending,
            duplicates=manifest.duplicates,
            created=datetime.fromisoformat(manifest.created),
            started=_moment(state.started),
            completed=_moment(state.completed),
            generation=state.generation,
            is_refreshing=state.next_counts is not None,
            last_error=state.last_error,
            last_error_at=_moment(state.last_error_at),
            base_url=state.base_url,
            account=state.account,
            running=Lock(store.directory).holder(),
            shards=state.shards,
            outputs=tuple(outputs),
            stale_outputs=tuple(path for path in outputs if state.exports.get(path.name) != revision),
        )

    def with_shards(self, shards: "Sequence[JobStatus]") -> "JobStatus":
        """Add up the parts of a job that was split; the keys that are pending in the whole are theirs."""
        counts = {name: getattr(self, name) + sum(getattr(one, name) for one in shards) for name in STATUSES}
        pending = sum(one.pending for one in shards)
        completed = [one.completed for one in shards if one.completed is not None]
        errors = [one for one in shards if one.last_error]
        started = [one.started for one in shards if one.started is not None]
        return attrs.evolve(
            self,
            **counts,
            pending=pending,
            started=self.started or min(started, default=None),
            completed=None if pending else max(completed, default=self.completed),
            last_error=errors[0].last_error if errors else "",
            last_error_at=errors[0].last_error_at if errors else None,
            base_url=self.base_url or next((one.base_url for one in shards if one.base_url), None),
            account=self.account or next((one.account for one in shards if one.account), ""),
            running=next((one.running for one in shards if one.running), self.running),
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
