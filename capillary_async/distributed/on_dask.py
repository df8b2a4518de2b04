"""A bulk job on a Dask cluster: its shards are tasks.

Dask gives the task of a worker that died to another one, which goes on with the shard where the last batch left it. The
job's directory lies on a file system that all workers see. Each worker has a client of its own; one `SharedRateLimit`
holds for all of them.

A cluster helps where the limit is above what one process can ask, some 50,000 requests a minute, or where a scheduler
runs everything else, too. Below that one process is as fast, because the limit is what takes the time.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import attrs

from capillary_async.client import CapillaryClient
from capillary_async.errors import ConfigurationError
from capillary_async.jobs import BulkJob, JobRefusedError, JobStatus, run_shard

# Dask's own classes are typed in part only.
Client = Any
Future = Any

# So many shards for each thread, so that a slow one is not waited for by all others.
_SHARDS_A_THREAD: Final = 4
# A shard may lose its worker so often; Dask's own count gives up after three.
_MOST_TRIES: Final = 20


def run_on_dask(
    job: BulkJob,
    cluster_client: Client,
    make_client: Callable[[], CapillaryClient],
    *,
    shards: int | None = None,
    on_progress: Callable[[JobStatus], object] | None = None,
    seconds: float = 2.0,
) -> JobStatus:
    """Run a job on a cluster until it is done. Afterwards `job.export` puts the parts together.

    Args:
        job: The job; its directory must be the same path on every worker. It is split, unless it was before.
        cluster_client: The client of a Dask cluster, in a program without a loop of its own.
        make_client: Returns a client that was not entered; see `capillary_async.jobs.run_shard`.
        shards: In how many parts to split the job; `None` takes four for each thread of the cluster.
        on_progress: Called every few seconds with how the job stands as a whole.
        seconds: How long to wait between two looks.

    Returns:
        How the job stands. It is complete; some keys may have failed.

    Raises:
        ConfigurationError: Dask is not installed, or its client is an asynchronous one.
        JobStoppedError: A shard stopped for a reason that would stop the others, too, such as refused credentials. Call
            it again to go on.
    """
    if getattr(cluster_client, "asynchronous", False):
        raise ConfigurationError("run_on_dask waits for its tasks; give it a Client that is not asynchronous")
    status = job.status()
    if not status.shards and not status.is_complete:
        threads = sum(cluster_client.nthreads().values()) or 1
        job.split(min(shards or threads * _SHARDS_A_THREAD, status.pending))
    tasks = _Tasks(job, cluster_client, make_client)
    tasks.submit(range(job.status().shards))
    try:
        while tasks.are_left:
            tasks.wait(seconds)
            if on_progress is not None:
                on_progress(job.status())
    finally:
        tasks.cancel()
    return job.status()


@attrs.define(eq=False)
class _Tasks:
    """The tasks of a job's shards, and what becomes of them."""

    _job: BulkJob
    _cluster: Client
    _make_client: Callable[[], CapillaryClient]
    _dask: Any = attrs.field(init=False)
    _shards: dict[Future, int] = attrs.field(factory=dict[Future, int], init=False)
    _tries: dict[int, int] = attrs.field(factory=dict[int, int], init=False)

    def __attrs_post_init__(self) -> None:
        self._dask = import_module("distributed")

    @property
    def are_left(self) -> bool:
        """Whether any shard is not done."""
        return bool(self._shards)

    def submit(self, numbers: range | list[int]) -> None:
        """Give shards to the cluster."""
        directory = str(self._job.directory.absolute())
        for number in numbers:
            self._tries[number] = self._tries.get(number, 0) + 1
            future = self._cluster.submit(run_shard, directory, number, self._make_client, pure=False)
            self._shards[future] = number

    def wait(self, seconds: float) -> None:
        """Wait until a shard is done, but not for ever; a shard that lost its worker is given to another one.

        Raises:
            JobStoppedError: A shard stopped.
        """
        try:
            self._dask.wait(list(self._shards), timeout=seconds, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return
        for future in [future for future in self._shards if future.done()]:
            number = self._shards.pop(future)
            error = future.exception()
            if error is None:
                continue
            if not self._is_lost(error) or self._tries[number] >= _MOST_TRIES:
                raise error
            self.submit([number])

    def _is_lost(self, error: BaseException) -> bool:
        """Whether a shard's worker died, or one that was given up for dead is still at work."""
        names = {kind.__name__ for kind in type(error).__mro__}
        is_busy = isinstance(error, JobRefusedError) and "is working on this job" in str(error)
        return is_busy or not names.isdisjoint({"KilledWorker", "FutureCancelledError", "CommClosedError"})

    def cancel(self) -> None:
        """Take back what is not done."""
        if self._shards:
            self._cluster.cancel(list(self._shards))
