"""`run_shard`: one part of a job, as a plain function that any engine can run in any process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from capillary_async.client import CapillaryClient
from capillary_async.jobs.job import BulkJob
from capillary_async.jobs.shards import shard_directory
from capillary_async.jobs.status import JobStatus


def run_shard(directory: str | Path, number: int, make_client: Callable[[], CapillaryClient]) -> JobStatus:
    """Run one part of a job that `BulkJob.split` made, until it is done; a part that is done is left as it is.

    It is synchronous and can be pickled, and opens a loop and a client of its own: whatever can run a function over a
    list of numbers on several machines can run a job, if they share a file system. Another part is not touched. A part
    whose process was killed is gone on with by whoever is given its number next.

    Args:
        directory: The job's.
        number: The part's, from 0.
        make_client: Returns a client that was not entered. Give all of them one `SharedRateLimit`: each process has
            its own client, and the API counts them together. It must be importable where it is called, and should
            read its secrets there: `CapillaryClient.from_env` does.

    Returns:
        How the part stands.

    Raises:
        JobRefusedError: There is no such part, or another process is working on it.
        JobStoppedError: It stopped before its end; run it again.
    """
    job = BulkJob.open(shard_directory(Path(directory), number))
    work = partial(asyncio.run, _run(job, make_client))
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as thread:  # a notebook, for one, has a loop of its own
        return thread.submit(work).result()


async def _run(job: BulkJob, make_client: Callable[[], CapillaryClient]) -> JobStatus:
    async with make_client() as client:
        return await job.run(client)
