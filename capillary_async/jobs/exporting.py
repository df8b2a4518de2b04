"""Reads a job's outcomes back, checks that they are whole, and has them written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import attrs

from capillary_async.jobs.database import corrupted
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.export import ExportFormat, OutcomeRow, check_format, rows, write, write_outcomes
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.outcomes import Reason
from capillary_async.jobs.output import StoredRow
from capillary_async.jobs.records import Entry, unpacked
from capillary_async.jobs.shards import entries_of
from capillary_async.jobs.store import JobStore

OUTCOMES_FILE: Final = "outcomes.csv"


def output_path(directory: Path, form: str) -> Path:
    """Return where a job's output is, or would be."""
    return directory / f"output.{form}"


@attrs.frozen
class Whole:
    """A job and the parts that it was split into, read together.

    Attributes:
        store: The job.
        shards: Its parts; none if it was not split.
        lookup: What they look up.
    """

    store: JobStore
    shards: Sequence[JobStore]
    lookup: Lookup

    def export(self, form: ExportFormat, to: str | Path | None, *, is_partial: bool, csv_safe: bool) -> Path | str:
        """Write what was found, and what came of each key; see `BulkJob.export`."""
        check_format(form)
        for part in (self.store, *self.shards):
            part.check()
        if self._pending and not is_partial:
            raise JobRefusedError("keys are still pending; resume the job first, or ask for a partial output")
        own = output_path(self.store.directory, form)
        target = own if to is None else to
        beside = self.store.directory / OUTCOMES_FILE if to is None else _beside(to)
        revision = self.store.state.revision + sum(shard.state.revision for shard in self.shards)
        write(self._found, self.lookup, target, form, csv_safe=csv_safe)
        write_outcomes(lambda: map(_outcome, self._entries()), self.lookup, beside, "csv", csv_safe=csv_safe)
        if target is own:
            self.store.claim()
            with self.store.transaction() as state:
                state.exports[own.name] = revision
        return target

    @property
    def _pending(self) -> int:
        return sum(shard.pending for shard in self.shards) if self.shards else self.store.pending_in_export

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows found so far; nothing is counted, because the job may be running."""
        entries = entries_of(self.store, self.shards)
        return rows(lambda: _found_in(entries), self.lookup)

    def _found(self) -> Iterator[StoredRow]:
        return _found_in(self._entries())

    def _entries(self) -> Iterator[Entry]:
        """Yield every key, and see at the end that there were as many of each status as were counted."""
        expected = Counter(self.store.state.counts)
        for shard in self.shards:
            expected.update(shard.state.counts)
        seen: Counter[str] = Counter()
        for entry in entries_of(self.store, self.shards):
            seen[entry.status] += 1
            yield entry
        del seen["pending"]
        if +seen != +expected:
            raise corrupted(self.store.path, "there are other outcomes than were counted")


def _beside(target: str | Path) -> str | Path:
    """Put the outcomes into the folder of the output, under its name."""
    path = str(target)
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}.{OUTCOMES_FILE}"


def _found_in(entries: Iterable[Entry]) -> Iterator[StoredRow]:
    return (StoredRow(entry.values, unpacked(entry.packed_rows)) for entry in entries if entry.packed_rows)


def _outcome(entry: Entry) -> OutcomeRow:
    when = datetime.fromtimestamp(entry.at, UTC) if entry.at else None
    if not entry.reason:  # most keys are found, and reading nothing takes its time
        return OutcomeRow(entry.values, entry.status, None, "", entry.requests, when)
    reason = Reason.from_json(entry.reason)
    code = reason.codes[0] if reason.codes else None
    return OutcomeRow(entry.values, entry.status, code, str(reason), entry.requests, when)
