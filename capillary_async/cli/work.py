"""Run a bulk job with its client, signals and display, and print the result."""

import asyncio
import shlex
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal, cast

import attrs
from cyclopts import Group, Parameter
from rich.console import Console

from capillary_async.cli.call_stats import CallStats
from capillary_async.cli.connection import Connection
from capillary_async.cli.display import ProgressView, echo, shown
from capillary_async.cli.exit_codes import DONE, KEYS_FAILED
from capillary_async.jobs import BulkJob, ExportFormat, JobOptions, JobStatus, JobStoppedError, run_with_signals
from capillary_async.jobs.export import output_path
from capillary_async.jobs.manifest import STATUSES
from capillary_async.jobs.output import check_format
from capillary_async.options import ClientOptions

Concurrency = int | Literal["auto"]
# The most connections that "auto" uses.
_MOST_AT_ONCE: Final = 256


@Parameter(name="*", group=Group("Job", sort_key=1))
@attrs.frozen(kw_only=True)
class Work:
    """The options of a run. The defaults are the options with which the job was created.

    Attributes:
        concurrency: Number of simultaneous lookups, 64 by default; `auto` adapts it to the API.
        max_failures: Stop when more keys have failed: a number, or a share such as 5%.
        export: At the end, write all found rows into one file.
        refresh: Look up all keys of a complete job again; the old outcomes stay until the new ones are complete.
        any_account: Continue with another till or key of the same organisation.
    """

    concurrency: Concurrency | None = None
    max_failures: str | None = None
    export: ExportFormat | None = None
    refresh: Annotated[bool, Parameter(negative=())] = False
    any_account: Annotated[bool, Parameter(negative=())] = False

    def check(self, connection: Connection) -> None:
        """Check the options before the job is created or opened.

        Raises:
            ValueError: An option is invalid.
        """
        _ = self.job_options(), connection.rate_limit

    def job_options(self) -> JobOptions:
        """Return the options that the job stores.

        Raises:
            ValueError: The value of an option is invalid.
        """
        options = JobOptions(max_failures=self.max_failures)
        return options if self.concurrency is None else attrs.evolve(options, concurrency=self.concurrency)

    def notes(self, connection: Connection) -> dict[str, str]:
        """Return the options that the job stores for the command line."""
        given = {"rate": connection.rate, "export": self.export}
        return {name: value for name, value in given.items() if value is not None}

    def on(self, job: BulkJob, connection: Connection) -> int:
        """Run a job to its end, and export it.

        Returns:
            The exit code.

        Raises:
            JobStoppedError: The job stopped before its end; the message says how to continue.
            CapillaryError: The job could not start.
            ValueError: The value of an option is invalid.
        """
        form = self.export or cast("ExportFormat | None", job.manifest.notes.get("export"))
        if form is not None:
            check_format(form)
        status, is_new = job.status(), True
        if status.is_complete and not self.refresh:
            _print_complete(status)
            is_new = False
        else:
            if job.key_file_has_changed:
                echo(
                    f"{job.manifest.source} has changed since the job was created; the job continues with its own copy"
                )
            with _resumable(job):
                status = asyncio.run(self._run(job, connection))
        if form is not None and job.manifest.shard is None:
            with _resumable(job):
                _export(job, form, status)
        return _report(status) if is_new else DONE

    async def _run(self, job: BulkJob, connection: Connection) -> JobStatus:
        concurrency = self.concurrency or job.manifest.options.concurrency
        most = concurrency if isinstance(concurrency, int) else _MOST_AT_ONCE
        connections = max(most, ClientOptions().max_connections)
        defaults = ClientOptions(deadline=None, max_connections=connections, listing_traits=job.listing_traits)
        connection = attrs.evolve(connection, rate=connection.rate or job.manifest.notes.get("rate"))
        call_stats = CallStats()
        view = ProgressView(job, call_stats, connection.rate_limit)
        async with connection.client(defaults, call_stats.add) as client, shown(view, Console()):
            running = job.run(
                client,
                concurrency=self.concurrency,
                max_failures=self.max_failures,
                refresh=self.refresh,
                any_account=self.any_account,
            )
            return await run_with_signals(job, running)


def _print_complete(status: JobStatus) -> None:
    counts = ", ".join(f"{name.replace('_', ' ')} {getattr(status, name):,}" for name in STATUSES)
    since = "" if status.completed is None else f"{status.completed:%Y-%m-%d %H:%M:%S} UTC"
    echo(f"complete since {since}: {counts}; use a new directory or --refresh to look up the keys again")


def _export(job: BulkJob, form: ExportFormat, status: JobStatus) -> None:
    path = output_path(job.directory, form)
    if path in status.outputs and path not in status.stale_outputs:
        echo(f"exported before: {path}")
    else:
        echo(f"exported: {job.export(form)}")


@contextmanager
def _resumable(job: BulkJob) -> Generator[None]:
    """Turn Ctrl-C and SIGTERM into a `JobStoppedError` whose message says how to continue."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        raise _stopped(job, "interrupted") from None
    except JobStoppedError as stopped:
        raise _stopped(job, stopped) from stopped
    finally:
        signal.signal(signal.SIGTERM, before)


def _stopped(job: BulkJob, reason: object) -> JobStoppedError:
    return JobStoppedError(f"{reason}; continue with: capillary bulk resume {_quoted(job.directory)}")


def _report(status: JobStatus) -> int:
    if not status.failed:
        return DONE
    echo(f"failed keys: {status.failed:,}; `capillary bulk export` lists them with the reasons in outcomes.csv")
    echo(f"try them again with: capillary bulk retry {_quoted(status.directory)}")
    return KEYS_FAILED


def _quoted(directory: Path) -> str:
    return shlex.quote(str(directory))
