"""A job in parts: together they have every key once."""

import asyncio
import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from capillary_async import BasicAuth, CapillaryClient
from capillary_async.errors import DecodeError
from capillary_async.jobs import BulkJob, JobCorruptedError, JobRefusedError, JobStoppedError, run_shard
from capillary_async.sandbox import Sandbox
from tests.distributed.serving import running_sandbox
from tests.jobs.fakes import FakeApi, expected, exported, make_job, run


def run_parts(job: BulkJob, count: int) -> None:
    """Run every part of a job."""
    for number in range(count):
        asyncio.run(run(job.shard(number), FakeApi()))


def test_the_parts_have_every_key_once(tmp_path: Path) -> None:
    """And the export of the whole is what a single process would have written."""
    job = make_job(tmp_path / "job")

    parts = job.split(3)
    run_parts(job, 3)

    assert sorted(part.manifest.keys for part in parts) == [33, 33, 34]
    status = job.status()
    assert (status.found, status.empty, status.not_found, status.pending, status.shards) == (89, 10, 1, 0, 3)
    assert status.is_complete
    assert status.completed is not None
    assert exported(job) == expected()
    single = make_job(tmp_path / "single")
    asyncio.run(run(single, FakeApi()))
    assert Path(job.export("csv")).read_bytes() == Path(single.export("csv")).read_bytes()


def test_what_was_found_before_the_split_stays_in_the_whole(tmp_path: Path) -> None:
    """Somebody notices on the second day that one machine is not enough."""
    job = make_job(tmp_path / "job")
    with pytest.raises(JobStoppedError):
        asyncio.run(run(job, FakeApi(on_ask=lambda number: job.stop() if number == 50 else None)))
    done = job.status().done

    parts = job.split(2)
    run_parts(job, 2)

    assert sum(part.manifest.keys for part in parts) == 100 - done
    assert exported(job) == expected()


def test_a_part_that_is_not_done_is_missed(tmp_path: Path) -> None:
    """An output that is short without saying so is the worst of all."""
    job = make_job(tmp_path / "job")
    job.split(3)
    asyncio.run(run(job.shard(0), FakeApi()))

    assert job.status().pending == 66
    with pytest.raises(JobRefusedError, match="still pending; run its shards with keys left: 1, 2 "):
        job.export("jsonl")
    assert len(exported(job, is_partial=True)) < len(expected())


def test_a_part_of_another_job_is_noticed(tmp_path: Path) -> None:
    """Two directories were mixed up in a backup."""
    job, other = make_job(tmp_path / "job"), make_job(tmp_path / "other", range(101, 201))
    for each in (job, other):
        each.split(2)
        run_parts(each, 2)
    shutil.rmtree(tmp_path / "job" / "shard-00001")
    shutil.copytree(tmp_path / "other" / "shard-00001", tmp_path / "job" / "shard-00001")

    with pytest.raises(JobCorruptedError, match="in no shard, or in several"):
        job.export("jsonl")


def test_a_part_that_is_there_twice_is_noticed(tmp_path: Path) -> None:
    """Its rows would be doubled."""
    job = make_job(tmp_path / "job")
    job.split(2)
    run_parts(job, 2)
    shutil.rmtree(tmp_path / "job" / "shard-00001")
    shutil.copytree(tmp_path / "job" / "shard-00000", tmp_path / "job" / "shard-00001")

    with pytest.raises(JobCorruptedError, match="in no shard, or in several"):
        job.export("jsonl")


def test_a_split_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    """The last step tells the whole of its parts; before it they do not count."""
    job = make_job(tmp_path / "job")
    (tmp_path / "job" / "shard-00000").mkdir()
    (tmp_path / "job" / "shard-00000" / "job.sqlite.new").write_text("half of the keys")

    assert [part.manifest.keys for part in job.split(2)] == [50, 50]
    run_parts(job, 2)
    assert exported(job) == expected()


def test_a_second_split_changes_nothing(tmp_path: Path) -> None:
    """A script that is started again goes on."""
    job = make_job(tmp_path / "job")
    job.split(2)
    asyncio.run(run(job.shard(0), FakeApi()))

    job.split(2)

    assert job.status().done == 50
    with pytest.raises(JobRefusedError, match="into 2 shards before"):
        job.split(3)


def test_the_whole_of_a_split_job_is_not_run(tmp_path: Path) -> None:
    """Its keys are the parts' now."""
    job = make_job(tmp_path / "job")
    job.split(2)

    with pytest.raises(JobRefusedError, match="run its shards with keys left: 0, 1 "):
        asyncio.run(run(job, FakeApi()))


def test_a_complete_split_job_is_complete_for_run_too(tmp_path: Path) -> None:
    """A nightly script runs every job again, and only a refresh of the whole has no meaning."""
    job, api = make_job(tmp_path / "job"), FakeApi()
    job.split(2)
    run_parts(job, 2)

    assert asyncio.run(run(job, api)).is_complete
    assert not api.asked
    with pytest.raises(JobRefusedError, match="refresh each of them"):
        asyncio.run(run(job, api, refresh=True))


@pytest.mark.parametrize("into", [0, -1, True])
def test_a_split_into_nothing_is_refused(tmp_path: Path, into: int) -> None:
    """Before anything is written."""
    with pytest.raises(JobRefusedError, match="into one shard or more"):
        make_job(tmp_path / "job").split(into)


def test_a_job_with_a_local_function_can_be_split(tmp_path: Path) -> None:
    """Its parts cannot be opened by another process, but by this one."""

    async def local(client: FakeApi, number: int) -> int:
        return number

    job = BulkJob.create(tmp_path / "job", local, [1, 2, 3])

    for part in job.split(2):
        asyncio.run(run(part, FakeApi()))

    assert job.retry(status="empty") == 0
    assert [row["value"] for row in job.rows()] == [1, 2, 3]


def test_more_parts_than_keys_are_no_harm(tmp_path: Path) -> None:
    """The cluster has more threads than that."""
    job = make_job(tmp_path / "job", [1, 2, 3])
    job.split(5)
    run_parts(job, 5)

    assert exported(job) == expected([1, 2, 3])


def test_failed_keys_of_all_parts_can_be_retried(tmp_path: Path) -> None:
    """Nobody wants to visit each part."""
    job = make_job(tmp_path / "job")
    job.split(2)
    for number in range(2):
        asyncio.run(run(job.shard(number), FakeApi(lambda key: DecodeError("odd") if key in (3, 4) else None)))
    assert job.status().failed == 2

    assert job.retry() == 2
    run_parts(job, 2)

    assert exported(job) == expected()


def make_client(base_url: str) -> CapillaryClient:
    """Make a client for a process of its own."""
    return CapillaryClient(base_url, BasicAuth("store.server", "server123"))


def test_parts_run_in_a_pool_of_processes(tmp_path: Path) -> None:
    """The ten lines that the documentation has; any engine that maps a function over a list works like this."""
    job = BulkJob.create(tmp_path / "job", "active-targets", range(1, 61))
    job.split(4)

    with running_sandbox() as server:
        work = partial(run_shard, str(job.directory), make_client=partial(make_client, server.base_url))
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            statuses = list(pool.map(work, range(4)))

    assert all(status.is_complete for status in statuses)
    assert job.status().is_complete
    assert pickle.loads(pickle.dumps(statuses)) == statuses
    rows = [(row["customer_id"], row["id"]) for row in job.rows()]
    assert rows == sorted((user, rule) for user in range(1, 61) for rule in server.target_rule_ids(user))


async def test_a_part_can_be_run_where_a_loop_is_running(tmp_path: Path) -> None:
    """A notebook has one."""
    job = BulkJob.create(tmp_path / "job", "active-targets", [1, 2])
    job.split(1)

    async with Sandbox() as server:
        status = await asyncio.to_thread(run_shard, job.directory, 0, partial(make_client, server.base_url))

    assert status.is_complete
