"""Work on a bulk job: the client it wants, signals, the display, and what is said at the end."""

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
from capillary_async.cli.display import ProgressView, say, shown
from capillary_async.cli.exit_codes import DONE, KEYS_FAILED
from capillary_async.jobs import BulkJob, JobOptions, JobStatus, JobStoppedError, OutputFormat, run_with_signals
from capillary_async.jobs.failures import FAILURES_FILE
from capillary_async.jobs.seal import check_format
from capillary_async.options import ClientOptions

Concurrency = int | Literal["auto"]
# As many connections as "auto" may come to want.
_MOST_AT_ONCE: Final = 256


@Parameter(name="*", group=Group("Job", sort_key=1))
@attrs.frozen(kw_only=True)
class Work:
    """How a job is worked on. What is not given is as when the job was made.

    Attributes:
        concurrency: Lookups at once, 64 unless ever given; `auto` finds out how many the API bears.
        max_failures: Stop when more keys than this have failed: a number, or a share such as 5%.
        seal: At the end, write all that was found into one file.
        any_account: Go on with another till or key of the same organisation.
    """

    concurrency: Concurrency | None = None
    max_failures: str | None = None
    seal: OutputFormat | None = None
    any_account: Annotated[bool, Parameter(negative=())] = False

    def job_options(self, connection: Connection) -> JobOptions:
        """Put down what holds whenever the job goes on.

        Raises:
            ValueError: An option's value makes no sense.
        """
        _ = connection.rate_limit  # so that what makes no sense is not put down
        options = JobOptions(rate=connection.rate, seal=self.seal, max_failures=self.max_failures)
        return options if self.concurrency is None else attrs.evolve(options, concurrency=self.concurrency)

    def on(self, job: BulkJob, connection: Connection, *, retry_failures: bool = False) -> int:
        """Work on a job until it is done and sealed.

        Returns:
            The exit code.

        Raises:
            JobStoppedError: It is not done; says how to go on.
            CapillaryError: It could not begin.
            ValueError: An option's value makes no sense.
        """
        form = self.seal or cast("OutputFormat | None", job.manifest.options.seal)
        if form is not None:
            check_format(form)
        with _resumable(job):
            status = asyncio.run(self._run(job, connection, retry_failures=retry_failures))
        if form is not None:
            with _resumable(job):
                say(f"sealed: {job.seal(form)}")
        return _report(status)

    async def _run(self, job: BulkJob, connection: Connection, *, retry_failures: bool) -> JobStatus:
        options = job.manifest.options
        concurrency = self.concurrency or options.concurrency
        most = concurrency if isinstance(concurrency, int) else _MOST_AT_ONCE
        defaults = ClientOptions(deadline=None, max_connections=max(most, ClientOptions().max_connections))
        connection = attrs.evolve(connection, rate=connection.rate or options.rate)
        traffic = CallStats()
        monitor = ProgressView(job, traffic, connection.rate_limit)
        async with connection.client(defaults, traffic.add) as client, shown(monitor, Console()):
            running = job.run(
                client,
                concurrency=self.concurrency,
                max_failures=self.max_failures,
                retry_failures=retry_failures,
                any_account=self.any_account,
            )
            return await run_with_signals(job, running)


@contextmanager
def _resumable(job: BulkJob) -> Generator[None]:
    """Let Ctrl-C and SIGTERM do no more harm than a stop does, and say how to go on after one."""
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
    return JobStoppedError(f"{reason}; go on with: capillary bulk resume {_quoted(job.directory)}")


def _report(status: JobStatus) -> int:
    if not status.failed:
        return DONE
    say(f"failed keys: {status.failed:,}; {status.directory / FAILURES_FILE} says why")
    say(f"try them again with: capillary bulk retry {_quoted(status.directory)}")
    return KEYS_FAILED


def _quoted(directory: Path) -> str:
    return shlex.quote(str(directory))
