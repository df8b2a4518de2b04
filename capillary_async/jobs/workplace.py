"""A job's files, open for the one process that works on them."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import attrs

from capillary_async.jobs.disk import Disk
from capillary_async.jobs.failures import write_failures
from capillary_async.jobs.journal import Journal
from capillary_async.jobs.lock import Lock
from capillary_async.jobs.manifest import Manifest
from capillary_async.jobs.parts import Parts, Place, read_batch
from capillary_async.jobs.problems import JobRefusedError, stopping_when_the_disk_fails
from capillary_async.jobs.recorder import write_batch
from capillary_async.jobs.tally import Origin, Record, Tally, places


@attrs.frozen
class Workplace:
    """What a run needs of a job's files.

    Attributes:
        tally: Where the keys stand.
    """

    tally: Tally
    _directory: Path
    _manifest: Manifest
    _disk: Disk
    _journal: Journal
    _parts: Parts

    def claim(self, origin: Origin, *, any_account: bool) -> None:
        """Tie the job to an organisation, or see that it is tied to this one.

        Raises:
            JobRefusedError: It is tied to another.
        """
        known = self.tally.origin
        if known == origin:
            return
        if known is not None and known.base_url != origin.base_url:
            raise JobRefusedError(f"the job asks {known.base_url}, not {origin.base_url}")
        if known is not None and not any_account:
            who = [account or "somebody with an access token" for account in (known.account, origin.account)]
            raise JobRefusedError(f"the job asks as {who[0]}, not as {who[1]}")
        self._journal.append({"origin": attrs.asdict(origin)})
        self.tally.origin = origin

    def places(self) -> Iterator[Place]:
        """Yield where the batches are, in the order in which they were written."""
        return places(self._journal.entries())

    def forgive(self) -> None:
        """Let the keys that failed be looked up again."""
        self._journal.append({"retry": True})
        self.tally.forgive()

    def write(self, records: Sequence[Record]) -> None:
        """Make a batch safe.

        Raises:
            OSError: The disk failed.
        """
        write_batch(self._parts, self._journal, records)

    def list_failures(self) -> None:
        """Write `failures.jsonl`.

        Raises:
            OSError: The disk failed.
        """
        write_failures(self._disk, self._directory, self._manifest.columns, self.tally, self._journal.failures())


@contextmanager
def workplace(directory: Path, manifest: Manifest, disk: Disk) -> Generator[Workplace]:
    """Lock a job, read its journal, and cut off what was never journalled.

    Raises:
        JobRefusedError: Another process works on the job.
        JobDamagedError: Its files are not what was written; nothing was changed.
        JobStoppedError: The disk failed.
    """
    with Lock(directory):
        with stopping_when_the_disk_fails():
            journal = Journal(directory, manifest.fingerprint, disk)
        parts = Parts(directory, disk, manifest.options.part_bytes)
        with closing(journal), closing(parts):
            tally = Tally(manifest.keys)
            with stopping_when_the_disk_fails():
                for path in directory.glob("*.tmp"):  # of a process that was killed
                    disk.remove(path)
                tally.replay(journal.entries())
                if tally.last is not None:
                    read_batch(directory, tally.last)
                parts.recover(tally.ends)
            yield Workplace(tally, directory, manifest, disk, journal, parts)
