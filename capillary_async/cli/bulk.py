"""`capillary bulk`: lookups of many keys that finish whatever happens to the process."""

import json
import sys
from datetime import datetime
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
from capillary_async.jobs.export import OutcomesFormat
from capillary_async.jobs.manifest import STATUSES
from capillary_async.jobs.output import check_format

_HELP: Final = """Look up any number of keys, as a job that survives interruptions of the process.

A job is a directory. It keeps what is done: after Ctrl-C, kill -9, a power cut or a full disk `resume` continues, and
every row is in the output exactly once.
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
    return f"What is looked up, {listed}; or module:function for a function of yours."


def bulk_app() -> App:
    """Put the commands together."""
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
    """Create a job and run it. A job that exists continues; of a complete one, print since when it is complete.

    Args:
        directory: Where the job lives; new or empty, or that of the job.
        lookup: What is looked up.
        shard: Work on this part of a job that was split; from 0.
        keys: Which keys.
        options: Options of the lookup.
        work: How the job is worked on.
        connection: Which API it sends requests to.
    """
    if keys.keys == "-" == str(connection.secret_file):
        raise ValueError("--keys and --secret-file cannot both read standard input")
    if work.export is not None:
        check_format(work.export)
    work.check(connection)
    if shard is not None:
        return work.on(_shard(directory, shard), connection)
    job = _made(directory, lookup, keys=keys, options=options, work=work, notes=work.notes(connection))
    echo(f"{directory}: {job.manifest.keys:,} keys{_duplicates(job.manifest)}")
    return work.on(job, connection)


def resume(directory: Path, /, *, work: Work = _WORK, connection: Connection = _CONNECTION) -> int:
    """Continue a job that was interrupted.

    Args:
        directory: Where the job lives.
        work: How the job is worked on.
        connection: Which API it sends requests to.
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
    """Look up again the keys that failed, and the keys that are still pending.

    Args:
        directory: Where the job lives.
        status: Which keys: failed, not_found, merged, invalid, empty, or several with commas between.
        work: How the job is worked on.
        connection: Which API it sends requests to.
    """
    job = _open(directory)
    work.check(connection)
    count = job.retry(status=[name.strip().replace("-", "_") for name in status.split(",")])
    echo(f"{directory}: {count:,} keys are looked up again")
    return work.on(job, connection)


def status(
    directory: Path, /, *, as_json: Annotated[Flag, Parameter(name="--json")] = False, watch: Flag = False
) -> int:
    """Print how far a job is, also while another process works on it.

    Args:
        directory: Where the job lives.
        as_json: Print it as JSON.
        watch: Print a line whenever something has changed, until every key is done; the same as `capillary watch`.
    """
    job = _open(directory)
    if watch:
        if as_json:
            raise ValueError("--watch prints lines, not --json; give one")
        return follow(job.status)
    document = _document(job.status()) | {"key_file_has_changed": job.key_file_has_changed}
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
    """Split what is left of a job into parts, each of which another process or machine can run.

    Args:
        directory: Where the job lives; for several machines, on a file system that they share.
        into: How many parts.
        lookup: As for `run`, where there is no job yet.
        keys: Which keys, where there is no job yet.
        options: Options of the lookup, where there is no job yet.
    """
    parts = _made(directory, lookup, keys=keys, options=options, work=_WORK, notes={}).split(into)
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
    """Write all rows that were found into one file, and each key with its status and reason into outcomes.csv.

    Args:
        directory: Where the job lives; parts of a job that was split are put together.
        form: Of the file, which is called output.parquet, output.jsonl or output.csv.
        to: Another path, or a URL, for the file.
        outcomes: Format of the file with the statuses, csv or parquet.
        partial: Export although keys are still pending.
        csv_safe: Put an apostrophe before texts that a spreadsheet would take for formulas, in CSV.
    """
    if to is not None and "://" not in to and not Path(to).parent.is_dir():
        raise ValueError(f"--to: there is no directory {Path(to).parent}")
    print(_open(directory).export(form, to=to, outcomes=outcomes, is_partial=partial, csv_safe=csv_safe))


def rows(directory: Path, /) -> None:
    """Print what was found so far as JSON lines, also while the job runs.

    Args:
        directory: Where the job lives.
    """
    for row in _open(directory).rows():
        sys.stdout.write(encode_json(row).decode() + "\n")


def plan(
    *,
    lookup: str | None = None,
    rate: str | None = None,
    keys: KeyOptions = _KEYS,
) -> None:
    """Check and count keys, and print how many requests and how much time they need. Nothing is sent.

    Args:
        lookup: As for `run`; without it, the lookup with these columns.
        rate: Start at most this many requests in this many seconds, such as 1000/60.
        keys: As for `run`.
    """
    _let_import_from_here()
    limit = None if rate is None else read_rate(rate)
    name, cost = plan_lookup(lookup, keys, limit)
    print(f"{cost.keys:,} keys for {name}; rows that repeat one: {cost.duplicates:,}")
    print(f"{cost.calls:,} requests at least; lists of several pages and retries take more")
    if cost.seconds is not None:
        print(f"{duration(cost.seconds)} at {rate}")


def _let_import_from_here() -> None:
    """Let `module:function` name a file of the current directory, as `python -m` would."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)


def _open(directory: Path) -> BulkJob:
    _let_import_from_here()
    return BulkJob.open(directory)


def _shard(directory: Path, number: int) -> BulkJob:
    job = _open(directory)
    shards = job.status().shards
    if not shards:
        raise ValueError(f"the job in {directory} is not split; capillary bulk split {directory} --into N splits it")
    if not 0 <= number < shards:
        raise ValueError(f"--shard must be from 0 to {shards - 1}")
    return job.shard(number)


def _made(
    directory: Path, lookup: str | None, *, keys: KeyOptions, options: object, work: Work, notes: dict[str, str]
) -> BulkJob:
    """Open the job that is there, or make it where a lookup is given."""
    if lookup is None:
        return _open(directory)
    _let_import_from_here()
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
    return f"; rows that repeat one: {manifest.duplicates:,} (line {lines}{more})"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value))
    if value is True:
        return "yes"
    return f"{value:,}" if type(value) is int else str(value)


def _document(found: JobStatus) -> dict[str, Any]:
    document: dict[str, Any] = attrs.asdict(found) | {"done": found.done, "is_complete": found.is_complete}
    for name, value in document.items():
        if isinstance(value, datetime):
            document[name] = value.isoformat()
    document["directory"] = str(found.directory)
    for name in ("outputs", "stale_outputs"):
        document[name] = [str(path) for path in document[name]]
    return document
