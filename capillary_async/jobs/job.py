"""`BulkJob`: a bulk lookup that finishes whatever happens to the process.

What a job's directory holds:

| file             | what                                               | written                        |
|------------------|----------------------------------------------------|--------------------------------|
| `job.sqlite`     | what the job is, its keys, and what came of each   | with every batch               |
| `output.*`       | the rows that were found                           | by `export`                    |
| `outcomes.csv`   | every key, what came of it and why (or `.parquet`) | by `export`                    |
| `shard-00000/`   | a part of the job, itself a job                    | by `split`                     |
| `lock`           | who works on it                                    | while somebody does            |

`store` says why each row is in the output exactly once, and `database` why damage is noticed.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import attrs

from capillary_async.bulk import Concurrency
from capillary_async.client import CapillaryClient
from capillary_async.jobs.creation import check_expected, create_job, has_changed
from capillary_async.jobs.database import JOB_FILE
from capillary_async.jobs.errors import JobRefusedError, stopping_when_the_disk_fails
from capillary_async.jobs.export import OutcomesFormat, export_job, rows
from capillary_async.jobs.key_files import KeyFormat, Keys, name_of, read_keys
from capillary_async.jobs.lock import Lock
from capillary_async.jobs.lookups import Lookup, find_lookup
from capillary_async.jobs.manifest import JobOptions, Manifest
from capillary_async.jobs.output import ExportFormat
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.run import Run
from capillary_async.jobs.shards import open_for_work, open_shards, shard_directory, split_job
from capillary_async.jobs.status import JobStatus
from capillary_async.jobs.stop_token import StopToken
from capillary_async.jobs.store import JobStore

_REOPENABLE: Final = frozenset({"failed", "not_found", "merged", "invalid", "empty"})


def _show_nothing(_: Progress) -> None:
    pass


class BulkJob:
    """A bulk lookup in a directory: made once, run until it is done.

    ```python
    job = BulkJob.create_or_open("jobs/june", "events", "keys.csv")
    async with CapillaryClient(Region.EU, auth) as client:
        status = await job.run(client)
    job.export("parquet")
    ```

    Every row is in the output exactly once, though a key may be requested more than once. After kill -9, a power cut, a
    full disk or Ctrl-C, open the job again and run it.

    Attributes:
        directory: Where it is.
        manifest: What it is.
        progress: How the present or last run is doing; `None` before the first.
    """

    def __init__(self, directory: Path, manifest: Manifest, lookup: Lookup) -> None:
        """Use `create`, `open` or `create_or_open`."""
        self.directory = directory
        self.manifest = manifest
        self.progress: Progress | None = None
        self._lookup = lookup
        self._token = StopToken()

    @classmethod
    def create(
        cls,
        directory: str | Path,
        lookup: str | Callable[..., Any],
        keys: Keys,
        *,
        key_format: KeyFormat | None = None,
        arguments: Mapping[str, Any] | None = None,
        by: str | None = None,
        mapping: Mapping[str, str] | None = None,
        options: JobOptions | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> Self:
        """Make a job: check all keys, and copy them into its directory. Nothing is sent.

        Args:
            directory: Where the job will live; made if it is missing, else it must be empty.
            lookup: One of `LOOKUPS`; or a function of yours, or its name "module:function": its first parameter is
                the client, the others are the key's columns, `int` or `str`. It must neither block the event loop nor
                wait for ever, because only a stop would then end its lookup.
            keys: A file of CSV with a header, of JSON lines, or of Parquet; a binary stream such as
                `sys.stdin.buffer`; a table; or an iterable of values. Repeated keys are looked up once.
            key_format: "csv", "jsonl" or "parquet"; `None` goes by the file's name or the stream's first byte.
            arguments: Options of the lookup, the same for every key, such as `{"embed": ["points"]}`.
            by: Another identifier than the id, where the lookup takes one, such as "mobile".
            mapping: The key file's own name for a column, such as `{"mobile": "Phone"}`.
            options: How the job works.
            notes: Kept in the job for whoever goes on with it; the job does not look at them.

        Raises:
            InvalidKeysError: A key cannot be used; its line and column are named. There is no job then.
            JobRefusedError: There is a job or something else in the directory, or no such lookup.
            OSError: A file cannot be read or written.
        """
        found = find_lookup(lookup, arguments=arguments or {}, by=by)
        records = read_keys(keys, found, key_format=key_format, mapping=mapping)
        create_job(Path(directory), found, keys, records, options=options or JobOptions(), notes=notes or {})
        return cls.open(directory, lookup=lookup)

    @classmethod
    def open(cls, directory: str | Path, *, lookup: str | Callable[..., Any] | None = None) -> Self:
        """Open a job that was made before.

        Args:
            directory: Where it is.
            lookup: The lookup that you expect. A function that no other process can import has to be given.

        Raises:
            JobRefusedError: There is no job, or its lookup is another.
            JobCorruptedError: Its file is not what was written.
            OSError: The disk failed.
        """
        path = Path(directory)
        with JobStore.open(path, is_reader=True) as store:
            manifest = store.manifest
        own = lookup if callable(lookup) else manifest.lookup
        found = find_lookup(own, arguments=manifest.arguments, by=manifest.by)
        expected = lookup if isinstance(lookup, str) else found.name
        if expected != manifest.lookup:
            raise JobRefusedError(f"the job looks up {manifest.lookup}, not {expected}")
        if found.key_columns != manifest.columns:
            raise JobRefusedError(f"the lookup {manifest.lookup} takes other columns than when the job was made")
        return cls(path, manifest, found)

    @classmethod
    def create_or_open(
        cls,
        directory: str | Path,
        lookup: str | Callable[..., Any],
        keys: Keys,
        *,
        key_format: KeyFormat | None = None,
        arguments: Mapping[str, Any] | None = None,
        by: str | None = None,
        mapping: Mapping[str, str] | None = None,
        options: JobOptions | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> Self:
        """Open the job in a directory, or make it if there is none; for a program that is started again and again.

        Args: As for `create`. A job that is there keeps its own `options` and `notes`; the keys may come in another
            order.

        Raises:
            JobRefusedError: There is a job with other keys, another lookup or other options of it, or something else.
            InvalidKeysError: A key cannot be used.
            JobCorruptedError: The job's file is not what was written.
            OSError: A file cannot be read or written.
        """
        if not (Path(directory) / JOB_FILE).exists():
            return cls.create(
                directory,
                lookup,
                keys,
                key_format=key_format,
                arguments=arguments,
                by=by,
                mapping=mapping,
                options=options,
                notes=notes,
            )
        job, found = cls.open(directory, lookup=lookup), find_lookup(lookup, arguments=arguments or {}, by=by)
        records = read_keys(keys, found, key_format=key_format, mapping=mapping)
        check_expected(job.directory / JOB_FILE, job.manifest, found, records, name_of(keys))
        return job

    async def run(
        self,
        client: CapillaryClient,
        *,
        on_progress: Callable[[Progress], object] | None = None,
        concurrency: Concurrency | None = None,
        max_failures: int | str | None = None,
        refresh: bool = False,
        any_account: bool = False,
        shutdown_timeout: float = 19.0,
    ) -> JobStatus:
        """Look up what is left, until nothing is. Where nothing is left, nothing is sent and nothing is written.

        An answer with a code of the API is final. A key that fails otherwise is tried again, and in the end listed in
        `outcomes.csv`. An outage of the API makes the run wait, not fail.

        Args:
            client: An open client; calls wait for its rate limit. Give it a long deadline or none, for waiting counts.
            on_progress: Called a few times a second while something happens, when the run begins to wait, and at its
                end.
            concurrency: Instead of the job's own.
            max_failures: Instead of the job's own.
            refresh: Look all keys up again if the job is complete. Exports show the old outcomes until the last key
                has its new one; a refresh that was interrupted is gone on with, also without this.
            any_account: Go on although the client calls as somebody else than before, of the same organisation: with
                a new key, say.
            shutdown_timeout: How many seconds lookups in flight may go on after `stop`.

        Returns:
            How the job stands. It is complete; some keys may have failed.

        Raises:
            JobStoppedError: It stopped before its end: `stop`, refused credentials, a server that cannot be reached
                by any request, too many failures, or the disk. It can be resumed.
            JobRefusedError: Another process works on it, the client asks another organisation than before, or the job
                was split.
            JobCorruptedError: Its file is not what was written.
        """
        status = self.status()
        if status.shards and status.is_complete and not refresh:
            return status
        options = self.manifest.options
        if concurrency is not None:
            options = attrs.evolve(options, concurrency=concurrency)
        if max_failures is not None:
            options = attrs.evolve(options, max_failures=max_failures)
        self._token.shutdown_timeout = shutdown_timeout
        try:
            with open_for_work(self.directory) as store:
                if store.is_complete and not refresh:
                    return JobStatus.of(store)
                store.check_account(client.base_url, client.account, any_account=any_account)
                with stopping_when_the_disk_fails():
                    store.claim()
                    store.begin(is_refresh=refresh and store.is_complete)
                self.progress = Progress(store.state.active_counts, self.manifest.keys)
                show = on_progress or _show_nothing
                await Run(store, self._lookup, client, options, self.progress, show, self._token).work()
        finally:
            self._token = StopToken()
        return self.status()

    def stop(self, reason: str = "stopped") -> None:
        """Let a run end soon; lookups in flight may finish. `run` then raises `JobStoppedError` with the reason.

        Call it in the job's event loop.
        """
        self._token.stop(reason)

    @property
    def is_stopping(self) -> bool:
        """Whether a run is on its way to a stop, and waits for the lookups in flight at most."""
        return self._token.reason is not None

    @property
    def listing_traits(self) -> dict[str, Any]:
        """What earlier runs found the API's listings to mean, for `ClientOptions.listing_traits` of the next one."""
        with JobStore.open(self.directory, is_reader=True) as store:
            return store.state.listing_traits

    @property
    def key_file_has_changed(self) -> bool:
        """Whether the key file is not what the job was made from; the job goes on with its own copy."""
        return has_changed(self.manifest)

    def retry(self, *, status: str | Collection[str] = "failed") -> int:
        """Let keys be looked up again by the next `run`.

        Args:
            status: Which: "failed", "not_found", "merged", "invalid" or "empty", or several of them.

        Returns:
            How many there are, in all shards.

        Raises:
            JobRefusedError: There is no such status, or another process works on the job.
        """
        wanted = frozenset([status] if isinstance(status, str) else status)
        if not wanted <= _REOPENABLE:
            unknown = ", ".join(sorted(wanted - _REOPENABLE))
            raise JobRefusedError(f"keys cannot be retried by {unknown}; there are {', '.join(sorted(_REOPENABLE))}")
        with Lock(self.directory), stopping_when_the_disk_fails(), JobStore.open(self.directory) as store:
            store.claim()
            count = store.reopen(wanted)
        return count + sum(self.shard(number).retry(status=wanted) for number in range(store.state.shards))

    def status(self) -> JobStatus:
        """Say how the job stands; another process may be working on it.

        Raises:
            JobCorruptedError: Its file is not what was written.
        """
        return JobStatus.read(self.directory)

    def split(self, into: int) -> "list[BulkJob]":
        """Split what is left of the job into parts, each of which another process or machine can run.

        Args:
            into: How many parts.

        Returns:
            The parts, each a job; `run_shard` runs one of them, and `export` of the whole puts them together.

        Raises:
            JobRefusedError: It was split into another number before, is complete, or another process works on it.
        """
        with Lock(self.directory), stopping_when_the_disk_fails(), JobStore.open(self.directory) as store:
            split_job(store, into)
        return [self.shard(number) for number in range(into)]

    def shard(self, number: int) -> "BulkJob":
        """Open one part of a job that was split.

        Args:
            number: From 0.

        Raises:
            JobRefusedError: There is no such part.
        """
        directory = shard_directory(self.directory, number)
        with JobStore.open(directory, is_reader=True) as store:
            return BulkJob(directory, store.manifest, self._lookup)

    def export(
        self,
        form: ExportFormat,
        *,
        to: str | Path | None = None,
        outcomes: OutcomesFormat = "csv",
        is_partial: bool = False,
        csv_safe: bool = False,
    ) -> Path | str:
        """Write what was found into one file, and what came of each key into `outcomes.csv` beside it.

        A row for each row found: the key's columns first, then those of the row. In Parquet nested objects are nested
        columns, and undocumented fields (`extra`) are JSON. Parts of a job that was split are put together.

        Args:
            form: "parquet", "jsonl" or "csv".
            to: Another path or URL, in place of `output.parquet` (and so on) in the job's directory.
            outcomes: Format of the file that says what came of each key, "csv" or "parquet".
            is_partial: Do it although keys are still pending.
            csv_safe: Put an apostrophe before texts that a spreadsheet takes for formulas, in CSV.

        Returns:
            Where the file is. One that was there before is replaced.

        Raises:
            JobRefusedError: Keys are still pending, another process works on the job, no file can be at `to`, or a
                library is missing.
            JobCorruptedError: The job's file, or that of a shard, is not what was written.
            JobStoppedError: The disk failed; there is no new file.
        """
        with (
            Lock(self.directory),
            stopping_when_the_disk_fails(),
            JobStore.open(self.directory) as store,
            open_shards(store) as shards,
        ):
            return export_job(
                store, shards, self._lookup, form, to, outcomes=outcomes, is_partial=is_partial, csv_safe=csv_safe
            )

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield what was found so far, row by row, as `export("jsonl")` writes it; also while the job runs.

        Raises:
            JobCorruptedError: The job's file is not what was written.
        """
        with JobStore.open(self.directory, is_reader=True) as store, open_shards(store) as shards:
            yield from rows(store, shards, self._lookup)
