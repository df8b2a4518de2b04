"""How a job stands, for whoever asks: counted from its journal."""

from contextlib import closing
from pathlib import Path
from typing import Final, get_args

import attrs

from capillary_async.jobs.disk import Disk
from capillary_async.jobs.journal import Journal
from capillary_async.jobs.lock import Lock
from capillary_async.jobs.manifest import Manifest
from capillary_async.jobs.seal import OutputFormat, output_path
from capillary_async.jobs.tally import Origin, Tally
from capillary_async.jobs.verdicts import Verdict

_FORMATS: Final = get_args(OutputFormat)


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
        invalid: Keys that the API calls wrong.
        failed: Keys without a verdict after two tries; `failures.jsonl` lists them.
        pending: Keys that are still to be looked up.
        duplicates: Rows of the key file that repeat an earlier key.
        base_url: The API it asks; `None` before its first run.
        account: As whom; empty when that cannot be told.
        running: Id of the process that works on it, or `None`.
        outputs: The sealed files that are there.
    """

    directory: Path
    lookup: str
    total: int
    found: int
    empty: int
    not_found: int
    invalid: int
    failed: int
    pending: int
    duplicates: int
    base_url: str | None = None
    account: str = ""
    running: str | None = None
    outputs: tuple[Path, ...] = ()

    @property
    def done(self) -> int:
        """Keys that need no further lookup."""
        return self.total - self.pending

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to look up; failed keys are not left, they can be retried."""
        return not self.pending


def status_of(directory: Path, manifest: Manifest, tally: Tally) -> JobStatus:
    """Put a status together."""
    counts = tally.counts
    origin = tally.origin or Origin("")
    return JobStatus(
        directory=directory,
        lookup=manifest.lookup,
        total=manifest.keys,
        found=counts[Verdict.FOUND],
        empty=counts[Verdict.EMPTY],
        not_found=counts[Verdict.NOT_FOUND],
        invalid=counts[Verdict.INVALID],
        failed=counts[Verdict.FAILED],
        pending=counts[Verdict.PENDING] + counts[Verdict.FAILED_ONCE],
        duplicates=manifest.duplicates,
        base_url=origin.base_url or None,
        account=origin.account,
        running=Lock(directory).holder(),
        outputs=tuple(path for form in _FORMATS if (path := output_path(directory, form)).is_file()),
    )


def read_tally(directory: Path, manifest: Manifest) -> Tally:
    """Replay a job's journal; another process may be writing to it.

    Raises:
        JobDamagedError: It is not what was written.
        OSError: The disk failed.
    """
    tally = Tally(manifest.keys)
    with closing(Journal(directory, manifest.fingerprint, Disk(), is_for_reading=True)) as journal:
        tally.replay(journal.entries())
    return tally
