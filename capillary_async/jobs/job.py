"""`BulkJob`: a bulk lookup that finishes whatever happens to the process.

What a job's directory holds:

| file             | what                                                | written                          |
|------------------|-----------------------------------------------------|----------------------------------|
| `keys.jsonl`     | the keys, checked and each one once                 | when the job is made, then never |
| `manifest.json`  | what the job is, with a hash of itself and the keys | as the last step of making it    |
| `journal.sqlite` | which keys are done, and where their lines are      | with every batch                 |
| `part-*.jsonl`   | a line for each key with a verdict                  | with every batch                 |
| `failures.jsonl` | the keys that failed, and why                       | at the end of a run              |
| `output.*`       | the rows                                            | by `seal`                        |
| `lock`           | id of the process that works on it                  | while one does                   |

Why each row is in the output exactly once, whatever is cut short, stands in `recorder`; why damage
is noticed, in `journal`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol, Self, cast

import attrs

from capillary_async.bulk import Concurrency
from capillary_async.jobs.brake import Brake
from capillary_async.jobs.disk import Disk
from capillary_async.jobs.lookups import Lookup, find_lookup
from capillary_async.jobs.making import check_expected, check_job, check_source, make_job
from capillary_async.jobs.manifest import JobOptions, Manifest, read_manifest
from capillary_async.jobs.output import Layout, read_back
from capillary_async.jobs.problems import JobRefusedError, JobStoppedError, stopping_when_the_disk_fails
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.recorder import Recorder
from capillary_async.jobs.run import Pace, Run
from capillary_async.jobs.seal import OutputFormat, output_path, seal
from capillary_async.jobs.sources import KeyFormat, Keys, source_of
from capillary_async.jobs.status import JobStatus, read_tally, status_of
from capillary_async.jobs.tally import Origin
from capillary_async.jobs.workplace import Workplace, workplace


def _look_away(_: Progress) -> None:
    pass


class Account(Protocol):
    """What a job wants to know of a client; a `CapillaryClient` tells it."""

    @property
    def base_url(self) -> str:
        """Where the API is."""
        ...

    @property
    def account(self) -> str:
        """Who asks, without anything secret; empty when that cannot be told."""
        ...


class BulkJob:
    """A bulk lookup in a directory: made once, run until it is done, as often as that takes.

    ```python
    job = BulkJob.create("jobs/june", "events", "keys.csv")
    async with CapillaryClient(Region.EU, auth) as client:
        status = await job.run(client)
    job.seal("parquet")
    ```

    Every row is in the output exactly once, though a key may be asked for more than once. Nothing of a
    job is lost by kill -9, a power cut, a full disk or Ctrl-C: open it again, and run it.

    Attributes:
        directory: Where it is.
        manifest: What it is.
        progress: How the present or last run is doing; `None` before the first.
    """

    def __init__(self, directory: Path, manifest: Manifest, lookup: Lookup, disk: Disk) -> None:
        """Use `create` or `open`."""
        self.directory = directory
        self.manifest = manifest
        self.progress: Progress | None = None
        self._lookup = lookup
        self._disk = disk
        self._brake = Brake()

    @classmethod
    def create(
        cls,
        directory: str | Path,
        lookup: str,
        keys: Keys,
        *,
        key_format: KeyFormat | None = None,
        options: JobOptions | None = None,
        disk: Disk | None = None,
    ) -> Self:
        """Make a job: check all keys, and copy them into its directory. Nothing is sent.

        Args:
            directory: Where the job will live; made if it is missing, else it must be empty.
            lookup: "customers" (customer_id), "trackers" (user_group_id), "active-targets" (user_id), "events"
                (user_id, target_rule_id and, if you like, period_id), or "module:function" for a function of
                yours: its first parameter is the client, the others are the key's columns, `int` or `str`. It must
                neither block the event loop nor wait for ever: nothing else would then end its lookup but a stop.
            keys: A file of CSV with a header, of JSON lines, or of Parquet; a binary stream such as
                `sys.stdin.buffer`; or an iterable of numbers, texts, mappings or sequences. Repeated keys are looked
                up once.
            key_format: "csv", "jsonl" or "parquet"; `None` goes by the file's name or the stream's first byte.
            options: How the job works.
            disk: For tests.

        Raises:
            KeysError: A key cannot be used; its line and column are named. There is no job then.
            JobRefusedError: There is a job or something else in the directory, or no such lookup.
            OSError: A file cannot be read or written.
        """
        path, disk, found = Path(directory), disk or Disk(), find_lookup(lookup)
        manifest = make_job(disk, path, found, source_of(keys, key_format), options or JobOptions())
        return cls(path, manifest, found, disk)

    @classmethod
    def open(
        cls,
        directory: str | Path,
        *,
        lookup: str | None = None,
        keys: Keys | None = None,
        key_format: KeyFormat | None = None,
        disk: Disk | None = None,
    ) -> Self:
        """Open a job that was made before.

        Args:
            directory: Where it is.
            lookup: What you expect it to look up; `None` takes it as it is.
            keys: What you expect its keys to be; `None` takes them as they are.
            key_format: As for `create`.
            disk: For tests.

        Raises:
            JobRefusedError: There is no job, or it is another than expected.
            JobDamagedError: Its manifest or its keys are not what was written.
        """
        path = Path(directory)
        manifest = read_manifest(path)
        found = find_lookup(manifest.lookup)
        check_expected(manifest, lookup, None if keys is None else source_of(keys, key_format), found)
        check_job(path, manifest, found)
        return cls(path, manifest, found, disk or Disk())

    async def run(
        self,
        client: Account,
        *,
        on_progress: Callable[[Progress], object] | None = None,
        concurrency: Concurrency | None = None,
        max_failures: int | str | None = None,
        retry_failures: bool = False,
        any_account: bool = False,
        shutdown_timeout: float = 19.0,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> JobStatus:
        """Look up what is left, until nothing is.

        Found, empty, not found and invalid are final. A key that fails otherwise is tried again in a second, slower
        pass, and then listed in `failures.jsonl`. An outage of the API makes the run wait, not fail.

        Args:
            client: An open client; calls wait for its rate limit. Give it a long deadline or none, for waiting counts.
            on_progress: Called a few times a second while something happens, and when the run begins to wait.
            concurrency: Instead of the job's own.
            max_failures: Instead of the job's own.
            retry_failures: Look up the failed keys again, too.
            any_account: Go on although the client calls as somebody else than before, of the same organisation: with
                a new key, say.
            shutdown_timeout: How long lookups in flight may go on after `stop`.
            sleep: Waits during an outage.

        Returns:
            How the job stands. It is complete; some keys may have failed.

        Raises:
            JobStoppedError: It stopped before its end: `stop`, refused credentials, too many failures, or the disk.
                It can be resumed.
            JobRefusedError: Another process works on it, the key file has changed, or the client asks another
                organisation than before.
            JobDamagedError: Its files are not what was written.
        """
        options = self.manifest.options
        if concurrency is not None:
            options = attrs.evolve(options, concurrency=concurrency)
        if max_failures is not None:
            options = attrs.evolve(options, max_failures=max_failures)
        pace = Pace(
            concurrency=cast("Concurrency", options.concurrency),
            most_failures=options.most_failures(self.manifest.keys),
            sleep=sleep,
        )
        self._brake.shutdown_timeout = shutdown_timeout
        try:
            check_source(self.manifest)
            with workplace(self.directory, self.manifest, self._disk) as place:
                with stopping_when_the_disk_fails():
                    place.claim(Origin(client.base_url, client.account), any_account=any_account)
                    if retry_failures:
                        place.forgive()
                await self._work(place, client, pace, on_progress or _look_away)
        finally:
            self._brake = Brake()
        return self.status()

    async def _work(
        self, place: Workplace, client: Account, pace: Pace, on_progress: Callable[[Progress], object]
    ) -> None:
        brake, options = self._brake, self.manifest.options
        on_error = partial(brake.pull_hard, "the disk failed")
        recorder = Recorder(place.write, options.batch, options.batch_seconds, on_error)
        self.progress = Progress(place.tally.counts, time.monotonic)
        run = Run(self.directory, self._lookup, client, place.tally, recorder, self.progress, on_progress, brake, pace)
        try:
            try:
                await run.work()
            except JobStoppedError:
                await self._tidy_up(place, recorder)
                raise
            await self._tidy_up(place, recorder)
        finally:
            await recorder.close()

    @staticmethod
    async def _tidy_up(place: Workplace, recorder: Recorder) -> None:
        await recorder.flush()
        with stopping_when_the_disk_fails():
            place.list_failures()

    def stop(self, reason: str = "stopped") -> None:
        """Let a run come to its end soon: lookups in flight may finish, what came of them is kept.

        Call it in the job's event loop. `run` then raises `JobStoppedError` with the reason.
        """
        self._brake.pull(reason)

    @property
    def is_stopping(self) -> bool:
        """Whether a run is on its way to a stop, and waits for the lookups in flight at most."""
        return self._brake.is_pulled

    def status(self) -> JobStatus:
        """Say how the job stands; another process may be working on it.

        Raises:
            JobDamagedError: The journal is not what was written.
            OSError: The disk failed.
        """
        return status_of(self.directory, self.manifest, read_tally(self.directory, self.manifest))

    def seal(self, form: OutputFormat, *, is_partial: bool = False) -> Path:
        """Turn what was found into one file, `output.parquet`, `output.jsonl` or `output.csv`.

        A row for each row found: the key's columns first, then those of the row. In Parquet nested
        objects are nested columns, and what nobody documents (`extra`) is JSON.

        Args:
            form: "parquet", "jsonl" or "csv".
            is_partial: Do it although keys are still pending.

        Returns:
            Where the file is. One that was there before is replaced.

        Raises:
            JobRefusedError: Keys are still pending, another process works on the job, pyarrow is missing, or a row is
                not what a lookup of yours declares; declare it differently, and seal again.
            JobDamagedError: The parts are not what was written.
            JobStoppedError: The disk failed; there is no new file.
        """
        with workplace(self.directory, self.manifest, self._disk) as place:
            tally = place.tally
            if not tally.is_complete and not is_partial:
                raise JobRefusedError("keys are still pending; resume the job first, or ask for a partial output")
            path = output_path(self.directory, form)
            with stopping_when_the_disk_fails():
                read = partial(read_back, self.directory, tally, place.places)
                seal(self._disk, path, form, Layout.of(self._lookup), read)
        return path
