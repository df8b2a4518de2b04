"""A process that works on a job and is killed, or whose disk fails; what it asks for is written down outside of it.

Run as `python -m tests.jobs.victim DIRECTORY REQUESTS KEYS`: it makes or resumes a job, runs and exports it.
It ends with 3 when the disk stops it, and with 4 when it takes the job for damaged.
"""

import asyncio
import os
import sys
from pathlib import Path

from capillary_async.jobs import BulkJob, JobCorruptedError, JobStoppedError
from tests.jobs.fakes import LOOKUP, SMALL, FakeApi, run

DISK_FAILED, DAMAGED = 3, 4


def main(directory: Path, requests: Path, keys: int) -> None:
    """Work."""
    log = os.open(requests, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    api = FakeApi(on_ask=lambda number: os.write(log, b"%d\n" % number))
    job = BulkJob.create_or_open(directory, LOOKUP, range(1, keys + 1), options=SMALL)
    asyncio.run(run(job, api))
    job.export("jsonl")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    except JobCorruptedError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(DAMAGED)
    except (JobStoppedError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(DISK_FAILED)
