"""`capillary watch`: follow a bulk job that another process works on."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter
from cyclopts.validators import Number

from capillary_async.cli.display import echo
from capillary_async.cli.exit_codes import DONE, KEYS_FAILED
from capillary_async.jobs import JobStatus
from capillary_async.jobs.manifest import STATUSES

SECONDS: Final = 2.0


def watch(directory: Path, /, *, every: Annotated[float, Parameter(validator=Number(gt=0))] = SECONDS) -> int:
    """Print the progress of a bulk job until every key is done. Ctrl-C ends the command, not the job.

    Args:
        directory: The directory of the job.
        every: Seconds between two checks.
    """
    return follow(partial(JobStatus.read, directory), every)


def follow(look: Callable[[], JobStatus], every: float = SECONDS, sleep: Callable[[float], Any] = time.sleep) -> int:
    """Print a line after each change until the job is complete.

    Returns:
        The exit code, which depends on failed keys.
    """
    before = ""
    while True:
        status = look()
        line = _line(status)
        if line != before:
            echo(line)
            before = line
        if status.is_complete:
            return KEYS_FAILED if status.failed else DONE
        sleep(every)


def _line(status: JobStatus) -> str:
    share = status.done * 100 // status.total if status.total else 100
    counts = [(name, getattr(status, name)) for name in STATUSES if getattr(status, name)]
    parts = [f"{status.done:,} of {status.total:,} ({share} %)"]
    parts += [f"{name.replace('_', ' ')} {count:,}" for name, count in counts]
    if not status.is_complete and status.running is None:
        parts.append("no process works on the job")
    if status.last_error:
        parts.append(status.last_error)
    return ", ".join(parts)
