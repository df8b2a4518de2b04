"""Does a job on a Dask cluster have every key once, whatever happens to its workers?

Run as `python -m tests.distributed.cluster --keys 20000`. Four workers look keys up under one shared limit, and one of
them is killed at random three times. The output has to be that of a single process, and no window of the limit may
hold more requests than it allows.

Each worker writes down when its requests start. The server's account is less exact: on a busy machine it reads in one
moment what arrived during half a second. With a limit of 1,000 in 2 s it saw 1,219 requests in a window, of which the
clients had sent 993 in any window.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import threading
import time
from bisect import bisect_right
from collections.abc import Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from capillary_async import BasicAuth, CapillaryClient, ClientOptions
from capillary_async.distributed import run_on_dask
from capillary_async.jobs import BulkJob, JobOptions, JobStatus
from capillary_async.pipeline.shared_limit import SharedRateLimit
from capillary_async.pipeline.telemetry import AttemptStarted, Event
from capillary_async.sandbox import Sandbox
from tests.distributed.serving import running_sandbox

# Dask's own classes are typed in part only.
dask: Any = import_module("distributed")
local_cluster, connect = dask.LocalCluster, dask.Client

WORKERS = 4
PER = 2.0
# How late the server may read a request.
JITTER = 1.0
OPTIONS = JobOptions(batch=50)


def make_client(base_url: str, limit_file: str, limit: int) -> CapillaryClient:
    """Make a client for one worker; all of them share a limit."""
    shared = SharedRateLimit(limit, PER, url=f"file://{limit_file}", name="cluster")
    auth = BasicAuth("store.server", "server123")
    starts = os.open(f"{limit_file}-{os.getpid()}.starts", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(event: Event) -> None:
        if isinstance(event, AttemptStarted):
            os.write(starts, f"{time.monotonic()}\n".encode())  # at once, because the worker may be killed

    return CapillaryClient(base_url, auth, options=ClientOptions(deadline=None, rate_limit=shared), on_event=note)


def kill_workers(cluster: Any, kills: int, seconds: float, random_source: random.Random, killed: list[int]) -> None:
    """Kill a worker now and then; a nanny starts another one."""
    while len(killed) < kills:
        time.sleep(random_source.uniform(0.5, 1.5) * seconds)
        nannies = [worker for worker in cluster.workers.values() if getattr(worker, "pid", None)]
        if nannies:
            pid = random_source.choice(nannies).pid
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)


def run(place: Path, keys: int, *, kills: int, limit: int, seed: int) -> tuple[Path, Sandbox, list[int], JobStatus]:
    """Run a job on a cluster while its workers are killed; return its output."""
    job = BulkJob.create(place / "job", "active-targets", range(1, keys + 1), options=OPTIONS)
    killed: list[int] = []
    seconds = max(1.0, keys / limit / (kills + 1) * 0.6)
    with (
        running_sandbox(log_size=4 * keys) as server,
        local_cluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        connect(cluster) as client,
    ):
        make = partial(make_client, server.base_url, str(place / "limit"), limit)
        arguments = (cluster, kills, seconds, random.Random(seed), killed)
        thread = threading.Thread(target=kill_workers, args=arguments)
        thread.start()
        status = run_on_dask(job, client, make, on_progress=show)
        thread.join()
        return Path(job.export("jsonl")), server, killed, status


def most_started(place: Path) -> int:
    """Return how many requests the workers started at most in any window of the limit."""
    return _most((float(line) for file in place.glob("*.starts") for line in file.read_text().split()), PER)


def most_arrived(server: Sandbox) -> int:
    """Return how many requests the server read at most in any window, which is shorter by what it may be late."""
    return _most((request.time for request in server.requests), PER - JITTER)


def _most(times: Iterable[float], seconds: float) -> int:
    ordered = sorted(times)
    return max(place - bisect_right(ordered, time - seconds) + 1 for place, time in enumerate(ordered))


def show(status: JobStatus) -> None:
    """Print the status of the job."""
    sys.stdout.write(f"{status.done:,} of {status.total:,}\n")


def single(place: Path, keys: int) -> Path:
    """Run the same job in one process, without a limit."""
    job = BulkJob.create(place / "single", "active-targets", range(1, keys + 1))

    async def work(base_url: str) -> None:
        async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:
            await job.run(client)

    with running_sandbox(log_size=0) as server:
        asyncio.run(work(server.base_url))
    return Path(job.export("jsonl"))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        output, server, killed, status = run(
            place, options.keys, kills=options.kills, limit=options.limit, seed=options.seed
        )
        same = sorted(output.read_bytes().splitlines()) == sorted(single(place, options.keys).read_bytes().splitlines())
        most = most_started(place)
    requests = f"{server.request_count:,} requests, {most} at most in {PER} s, {most_arrived(server)} read in 1 s"
    sys.stdout.write(f"{len(killed)} kills, {status}\n{requests}\n")
    assert same
    assert most <= options.limit
    assert len(killed) == options.kills


if __name__ == "__main__":
    main()
