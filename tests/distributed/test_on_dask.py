"""A job on a Dask cluster of real processes, some of which are killed."""

import asyncio
from pathlib import Path

import pytest

from capillary_async.errors import ConfigurationError
from capillary_async.jobs import BulkJob, JobStatus, JobStoppedError
from tests.distributed.serving import running_sandbox

distributed = pytest.importorskip("distributed")
cluster = pytest.importorskip("tests.distributed.cluster")
run_on_dask = pytest.importorskip("capillary_async.distributed").run_on_dask
# Dask's own, at the end of its processes.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def test_the_output_is_that_of_a_single_process_with_killed_workers(tmp_path: Path) -> None:
    """Every key must occur once, and the shared rate limit must hold."""
    output, server, killed, status = cluster.run(tmp_path, 600, kills=2, limit=300, seed=1)

    single = cluster.single(tmp_path, 600)
    assert len(killed) == 2
    assert status.is_complete
    assert sorted(output.read_bytes().splitlines()) == sorted(single.read_bytes().splitlines())
    assert cluster.most_started(tmp_path) <= 300
    assert cluster.most_arrived(server) <= 300


def test_what_stops_a_shard_stops_the_job(tmp_path: Path) -> None:
    """Otherwise sixteen shards would log in with the wrong password."""
    job = BulkJob.create(tmp_path / "job", "active-targets", range(1, 101))
    seen: list[JobStatus] = []
    with (
        running_sandbox(password="another") as server,
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, processes=False) as local,
        distributed.Client(local) as client,
    ):
        make = cluster.partial(cluster.make_client, server.base_url, str(tmp_path / "limit"), 100)

        with pytest.raises(JobStoppedError):
            run_on_dask(job, client, make, shards=4, on_progress=seen.append)

        assert server.request_count <= 8
    assert job.status().pending == 100


def test_an_asynchronous_client_is_refused(tmp_path: Path) -> None:
    """Nobody would await its results."""
    job = BulkJob.create(tmp_path / "job", "active-targets", [1])

    async def attempt() -> None:
        async with (
            distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None, asynchronous=True) as local,
            distributed.Client(local, asynchronous=True) as client,
        ):
            with pytest.raises(ConfigurationError, match="not asynchronous"):
                run_on_dask(job, client, lambda: None)

    asyncio.run(attempt())
