"""`capillary bulk`: durable jobs that look up many keys."""

import json
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, cast

import attrs
from cyclopts import App, Parameter

from capillary_async.cli.bulk_options import KeyOptions, LookupOptions
from capillary_async.cli.connection import Connection, read_rate
from capillary_async.cli.display import duration, echo
from capillary_async.cli.exit_codes import DONE, EXIT_CODES
from capillary_async.cli.planning import plan_lookup
from capillary_async.cli.watch import follow
from capillary_async.cli.work import Work
from capillary_async.codec import encode_json
from capillary_async.jobs import LOOKUPS, BulkJob, ExportFormat, JobStatus, Manifest, find_lookup
from capillary_async.jobs.creation import has_changed
from capillary_async.jobs.export import OutcomesFormat
from capillary_async.jobs.manifest import STATUSES
from capillary_async.jobs.output import check_format
from capillary_async.jobs.store import JobStore

_HELP: Final = """Look up any number of keys in a job that can be interrupted and resumed.

A job is a directory with all finished lookups. After Ctrl-C, kill -9, a power cut or a full disk, `resume` continues
the job. Every row is in the output exactly once.
"""

Flag = Annotated[bool, Parameter(negative=())]

_KEYS: Final = KeyOptions()
_OPTIONS: Final = LookupOptions()
_WORK: Final = Work()
_CONNECTION: Final = Connection()


def _lookup_help() -> str:
    """List the lookups by the columns of their keys."""
    names: dict[str, list[str]] = {}
    for name in LOOKUPS:
        columns = [column.name for column in find_lookup(name).columns if column.is_required]
        names.setdefault(" and ".join(columns), []).append(name)
    listed = "; ".join(f"by {columns}: {', '.join(found)}" for columns, found in names.items())
    return f"The lookup, {listed}; or module:function for a function of yours."


def bulk_app() -> App:
    """Make the command `bulk` with its commands."""
    app = App(name="bulk", help=_HELP, help_epilogue=EXIT_CODES)
    for command in (run, resume, status, retry, split, export, rows, plan):
        app.command(command)
    return app


def run(
    directory: Path,
    /,
    *,
    lookup: Annotated[str | None, Parameter(help=_lookup_help())] = None,
    shard: int | None = None,
    keys: KeyOptions = _KEYS,
    options: LookupOptions = _OPTIONS,
    work: Work = _WORK,
    connection: Connection = _CONNECTION,
) -> int:
    """Create a job and run it, or continue an existing job. For a complete job, print since when it is complete.

    Args:
        directory: The directory of the job. A new job needs a new or empty directory.
        lookup: The lookup.
        shard: Run only this shard of a split job, from 0.
        keys: The keys.
        options: Options of the lookup.
        work: Options of the run.
        connection: The API and the account.
    """
    if keys.keys == "-" == str(connection.secret_file):
        raise ValueError("--keys and --secret-file cannot both read standard input")
    if work.export is not None:
        check_format(work.export)
    work.check(connection)
    if shard is not None:
        return work.on(_shard(directory, shard), connection)
    job = _open_or_create(directory, lookup, keys=keys, options=options, work=work, notes=work.notes(connection))
    echo(f"{directory}: {job.manifest.keys:,} keys{_duplicates(job.manifest)}")
    return work.on(job, connection)


def resume(directory: Path, /, *, work: Work = _WORK, connection: Connection = _CONNECTION) -> int:
    """Continue an interrupted job.

    Args:
        directory: The directory of the job.
        work: Options of the run.
        connection: The API and the account.
    """
    return work.on(_open(directory), connection)


def retry(
    directory: Path,
    /,
    *,
    status: str = "failed",
    work: Work = _WORK,
    connection: Connection = _CONNECTION,
) -> int:
    """Look up failed keys again, and pending keys.

    Args:
        directory: The directory of the job.
        status: The keys with this status: failed, not_found, merged, invalid, empty, or several separated by commas.
        work: Options of the run.
        connection: The API and the account.
    """
    job = _open(directory)
    work.check(connection)
    count = job.retry(status=[name.strip().replace("-", "_") for name in status.split(",")])
    echo(f"{directory}: {count:,} keys are looked up again")
    shards = range(job.status().shards)
    for number in shards:
        if not job.shard(number).status().is_complete:
            echo(f"run: capillary bulk run {directory} --shard {number}")
    return DONE if shards else work.on(job, connection)


def status(
    directory: Path, /, *, as_json: Annotated[Flag, Parameter(name="--json")] = False, watch: Flag = False
) -> int:
    """Print the status of a job, also while another process works on it.

    Args:
        directory: The directory of the job.
        as_json: Print the status as JSON.
        watch: Print a line after each change until every key is done, as `capillary watch` does.
    """
    if watch:
        if as_json:
            raise ValueError("give either --watch or --json, because --watch prints lines of text")
        return follow(partial(JobStatus.read, directory))
    document = _status_values(JobStatus.read(directory)) | {"key_file_has_changed": _has_key_file_changed(directory)}
    if as_json:
        print(json.dumps(document, indent=2))
        return DONE
    for name, value in document.items():
        if name in STATUSES or value not in (None, "", [], False):
            print(f"{name.replace('_', ' '):<13} {_text(value)}")
    return DONE


def split(
    directory: Path,
    /,
    *,
    into: int,
    lookup: str | None = None,
    keys: KeyOptions = _KEYS,
    options: LookupOptions = _OPTIONS,
) -> None:
    """Split the pending keys of a job into shards, which other processes or machines can run.

    Args:
        directory: The directory of the job; for several machines, on a shared file system.
        into: Number of shards.
        lookup: For a new job, as for `run`.
        keys: The keys of a new job.
        options: Options of the lookup of a new job.
    """
    parts = _open_or_create(directory, lookup, keys=keys, options=options, work=_WORK, notes={}).split(into)
    print(f"{directory}: {sum(part.manifest.keys for part in parts):,} keys in {into:,} shards")
    print(f"run each with: capillary bulk run {directory} --shard 0 (to {into - 1})")


def export(
    directory: Path,
    /,
    *,
    form: Annotated[ExportFormat, Parameter(name="--format")],
    to: str | None = None,
    outcomes: OutcomesFormat = "csv",
    partial: Flag = False,
    csv_safe: Flag = False,
) -> None:
    """Write all found rows into one file, and each key with its status and reason into outcomes.csv.

    Args:
        directory: Where the job lives; parts of a job that was split are put together.
        form: The format of the file output.parquet, output.jsonl or output.csv.
        to: Another path, or a URL, for the file.
        outcomes: Format of the file with the statuses, csv or parquet.
        partial: Export although keys are pending.
        csv_safe: In CSV, put an apostrophe before texts that a spreadsheet would run as formulas.
    """
    if to is not None and "://" not in to and not Path(to).parent.is_dir():
        raise ValueError(f"--to: there is no directory {Path(to).parent}")
    print(_open(directory).export(form, to=to, outcomes=outcomes, is_partial=partial, csv_safe=csv_safe))


def rows(directory: Path, /) -> None:
    """Print the rows found so far as JSON lines, also while the job runs.

    Args:
        directory: The directory of the job.
    """
    for row in _open(directory).rows():
        sys.stdout.write(encode_json(row).decode() + "\n")


def plan(
    *,
    lookup: str | None = None,
    rate: str | None = None,
    keys: KeyOptions = _KEYS,
) -> None:
    """Check and count keys, and print the number of requests and the time that they need, without a request.

    Args:
        lookup: As for `run`; by default the lookup with these columns.
        rate: Start at most n requests in s seconds, written n/s, such as 1000/60.
        keys: As for `run`.
    """
    _allow_local_imports()
    limit = None if rate is None else read_rate(rate)
    name, cost = plan_lookup(lookup, keys, limit)
    print(f"{cost.keys:,} keys for {name}; repeated rows: {cost.duplicates:,}")
    print(f"{cost.calls:,} requests at least; further pages and retries need more")
    if cost.seconds is not None:
        print(f"{duration(cost.seconds)} at {rate}")


def _allow_local_imports() -> None:
    """Let `module:function` name a module of the current directory, as `python -m` does."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _open(directory: Path) -> BulkJob:
    _allow_local_imports()
    return BulkJob.open(directory)


def _has_key_file_changed(directory: Path) -> bool:
    with JobStore.open(directory, is_reader=True) as store:
        return has_changed(store.manifest)


def _shard(directory: Path, number: int) -> BulkJob:
    job = _open(directory)
    shards = job.status().shards
    if not shards:
        raise ValueError(f"the job in {directory} is not split; capillary bulk split {directory} --into N splits it")
    if not 0 <= number < shards:
        raise ValueError(f"--shard must be from 0 to {shards - 1}")
    return job.shard(number)


def _open_or_create(
    directory: Path, lookup: str | None, *, keys: KeyOptions, options: object, work: Work, notes: dict[str, str]
) -> BulkJob:
    """Open the existing job, or create it if a lookup is given."""
    if lookup is None:
        return _open(directory)
    _allow_local_imports()
    with keys.opened() as source:
        return BulkJob.create_or_open(
            directory,
            lookup,
            source,
            key_format=keys.key_format,
            arguments=keys.arguments(lookup, options),
            by=keys.by,
            mapping=keys.mapping,
            options=work.job_options(),
            notes=notes,
        )


def _duplicates(manifest: Manifest) -> str:
    if not manifest.duplicates:
        return ""
    lines = ", ".join(str(line) for line in manifest.duplicate_lines)
    more = " and more" if manifest.duplicates > len(manifest.duplicate_lines) else ""
    return f"; repeated rows: {manifest.duplicates:,} (line {lines}{more})"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value))
    if value is True:
        return "yes"
    return f"{value:,}" if type(value) is int else str(value)


def _status_values(found: JobStatus) -> dict[str, Any]:
    document: dict[str, Any] = attrs.asdict(found) | {"done": found.done, "is_complete": found.is_complete}
    for name, value in document.items():
        if isinstance(value, datetime):
            document[name] = value.isoformat()
    document["directory"] = str(found.directory)
    for name in ("outputs", "stale_outputs"):
        document[name] = [str(path) for path in document[name]]
    return document
