"""`capillary bulk`: lookups of many keys that finish whatever happens to the process."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, cast

import attrs
from cyclopts import App, Parameter

from capillary_async.cli.connection import Connection, read_rate
from capillary_async.cli.display import duration, say
from capillary_async.cli.exit_codes import EXIT_CODES
from capillary_async.cli.planning import plan_lookup
from capillary_async.cli.work import Work
from capillary_async.jobs import BulkJob, JobOptions, JobStatus, KeyFormat, Manifest, OutputFormat
from capillary_async.jobs.manifest import MANIFEST_FILE
from capillary_async.jobs.seal import check_format

_HELP: Final = """Look up any number of keys, as a job that survives whatever happens to the process.

A job lives in a directory. What is done is safe there: after Ctrl-C, kill -9, a power cut or a full disk
`resume` goes on, and every row is in the output exactly once.
"""

KeyFile = Annotated[Path, Parameter(allow_leading_hyphen=True)]
Flag = Annotated[bool, Parameter(negative=())]

_WORK: Final = Work()
_CONNECTION: Final = Connection()


def bulk_app() -> App:
    """Put the commands together."""
    app = App(name="bulk", help=_HELP, help_epilogue=EXIT_CODES)
    for command in (run, resume, status, retry, seal, plan):
        app.command(command)
    return app


def run(
    directory: Path,
    /,
    *,
    lookup: str,
    keys: KeyFile,
    key_format: KeyFormat | None = None,
    work: Work = _WORK,
    connection: Connection = _CONNECTION,
) -> int:
    """Make a job and work on it. Where this very job is already, go on with it.

    Args:
        directory: Where the job lives; new or empty.
        lookup: What is looked up: customers (by customer_id), trackers (by user_group_id), active-targets (by
            user_id), events (by user_id, target_rule_id and, if you like, period_id), or module:function for a
            function of yours.
        keys: CSV with a header, JSON lines or Parquet, with those columns; `-` reads standard input, and pipes are
            read, too.
        key_format: What the keys are in, if the file's name does not say.
        work: How the job is worked on.
        connection: Whom it asks.
    """
    if str(keys) == "-" == str(connection.secret_file):
        raise ValueError("--keys and --secret-file cannot both read standard input")
    if work.seal is not None:
        check_format(work.seal)
    options = work.job_options(connection)
    with _opened(keys) as source:
        job = _made(directory, lookup, source, key_format, options)
    say(f"{directory}: {job.manifest.keys:,} keys{_duplicates(job.manifest)}")
    return work.on(job, connection)


def resume(directory: Path, /, *, work: Work = _WORK, connection: Connection = _CONNECTION) -> int:
    """Go on with a job that was interrupted.

    Args:
        directory: Where the job lives.
        work: How the job is worked on.
        connection: Whom it asks.
    """
    return work.on(_open(directory), connection)


def retry(directory: Path, /, *, work: Work = _WORK, connection: Connection = _CONNECTION) -> int:
    """Look up the keys that failed once more, and whatever else is left.

    Args:
        directory: Where the job lives.
        work: How the job is worked on.
        connection: Whom it asks.
    """
    return work.on(_open(directory), connection, retry_failures=True)


def status(directory: Path, /, *, as_json: Annotated[Flag, Parameter(name="--json")] = False) -> None:
    """Say how a job stands, also while another process works on it.

    Args:
        directory: Where the job lives.
        as_json: Say it in JSON.
    """
    document = _document(_open(directory).status())
    if as_json:
        print(json.dumps(document, indent=2))
        return
    for name, value in document.items():
        if value not in (None, "", []):
            print(f"{name.replace('_', ' '):<12} {_text(value)}")


def seal(
    directory: Path, /, *, form: Annotated[OutputFormat, Parameter(name="--format")], partial: Flag = False
) -> None:
    """Write all that was found into one file, a row for each row found.

    Args:
        directory: Where the job lives.
        form: Of the file, which is called output.parquet, output.jsonl or output.csv.
        partial: Do it although keys are still to be looked up.
    """
    print(_open(directory).seal(form, is_partial=partial))


def plan(
    *, keys: KeyFile, lookup: str | None = None, rate: str | None = None, key_format: KeyFormat | None = None
) -> None:
    """Check and count keys, and say what looking them up would cost. Nothing is sent.

    Args:
        keys: As for `run`.
        lookup: As for `run`; without it, the columns tell.
        rate: Start at most so many requests in so many seconds, such as 1000/60.
        key_format: What the keys are in, if the file's name does not say.
    """
    _let_import_from_here()
    limit = None if rate is None else read_rate(rate)
    with _opened(keys) as source:
        name, cost = plan_lookup(lookup, source, key_format, limit)
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


def _made(
    directory: Path, lookup: str, keys: Path | BinaryIO, key_format: KeyFormat | None, options: JobOptions
) -> BulkJob:
    _let_import_from_here()
    if (directory / MANIFEST_FILE).exists():
        return BulkJob.open(directory, lookup=lookup, keys=keys, key_format=key_format)
    return BulkJob.create(directory, lookup, keys, key_format=key_format, options=options)


@contextmanager
def _opened(keys: Path) -> Generator[Path | BinaryIO]:
    if str(keys) == "-":
        yield sys.stdin.buffer
    elif keys.is_file():
        yield keys
    elif keys.exists():  # a pipe, such as <(zcat keys.csv.gz)
        with keys.open("rb") as stream:
            yield stream
    else:
        raise ValueError(f"there is no file {keys}")


def _duplicates(manifest: Manifest) -> str:
    if not manifest.duplicates:
        return ""
    lines = ", ".join(str(line) for line in manifest.duplicate_lines)
    more = " and more" if manifest.duplicates > len(manifest.duplicate_lines) else ""
    return f"; rows that repeat one: {manifest.duplicates:,} (line {lines}{more})"


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value))
    return f"{value:,}" if type(value) is int else str(value)


def _document(found: JobStatus) -> dict[str, Any]:
    document = attrs.asdict(found) | {"done": found.done, "is_complete": found.is_complete}
    document["directory"] = str(found.directory)
    document["outputs"] = [str(path) for path in found.outputs]
    return document
