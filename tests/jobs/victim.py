"""A process that works on a job and is killed; what it asks for is written down outside of it.

Run as `python -m tests.jobs.victim DIRECTORY REQUESTS KEYS STEP NUMBER`: it makes or resumes a job, and kills
itself at the NUMBERth time that STEP ("before fsync", say) comes up; with 0 it works to the end.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from capillary_async.jobs import BulkJob
from tests.jobs.fakes import LOOKUP, SMALL, FakeApi, StepDisk


class Killer:
    """Kills this process at a step."""

    def __init__(self, step: str, number: int) -> None:
        self.step = step
        self.left = number

    def __call__(self, step: str) -> None:
        """Count the step."""
        if step == self.step:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


def main(directory: Path, requests: Path, keys: int, killer: Killer) -> None:
    """Work."""
    log = os.open(requests, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    api = FakeApi(on_ask=lambda number: os.write(log, b"%d\n" % number))
    disk = StepDisk(killer)
    if (directory / "manifest.json").exists():
        job = BulkJob.open(directory, disk=disk)
    else:
        job = BulkJob.create(directory, LOOKUP, range(1, keys + 1), options=SMALL, disk=disk)
    asyncio.run(job.run(api))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Killer(sys.argv[4], int(sys.argv[5])))
