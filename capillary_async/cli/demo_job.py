"""The bulk job of `capillary demo`: it is interrupted and resumed, and its export is checked for lost rows."""

import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from capillary_async.cli.example import RULE, Environment
from capillary_async.client import CapillaryClient
from capillary_async.jobs import BulkJob, JobOptions, JobStatus, JobStoppedError
from capillary_async.pipeline.request import CallInfo

Echo = Callable[[str], object]


async def interrupt_a_job(environment: Environment, customers: int, echo: Echo) -> None:
    """Run a job, stop it half-way, resume it, and check its export.

    Args:
        environment: The environment variables of the client.
        customers: Number of customers whose target events are looked up.
        echo: Called with a line of text for each step.
    """
    with TemporaryDirectory() as name:
        keys = [(user_id, RULE) for user_id in range(1, customers + 1)]
        options = JobOptions(concurrency=max(1, min(32, customers // 8)))
        job = BulkJob.create(Path(name) / "job", "events", keys, options=options)
        await _run_half(job, environment, echo)
        status = await _finish(BulkJob.open(job.directory), environment, echo)
        path = Path(job.export("parquet" if find_spec("pyarrow") else "jsonl"))
        echo(f"exported: {path.name}, {_size_of(path):,} bytes")
        rows = _read_back(path)
        doubled = len(rows) - len({(row["customer_id"], row["event_log_id"]) for row in rows})
        missing = status.found - len({row["customer_id"] for row in rows})
        echo(f"read back: {len(rows):,} events of {status.found:,} customers; doubled: {doubled}, missing: {missing}")


async def _run_half(job: BulkJob, environment: Environment, echo: Echo) -> None:
    calls: list[CallInfo] = []

    def count(call: CallInfo) -> None:
        calls.append(call)
        if len(calls) == job.manifest.keys // 2:
            job.stop("interrupted")

    async with CapillaryClient.from_env(environment, on_call=count) as client:
        try:
            await job.run(client)
        except JobStoppedError as stopped:
            echo(f"{stopped}: {job.status().done:,} of {job.manifest.keys:,} customers are done")


async def _finish(job: BulkJob, environment: Environment, echo: Echo) -> JobStatus:
    left = job.status().pending
    async with CapillaryClient.from_env(environment) as client:
        status = await job.run(client)
    echo(f"resumed: the other {left:,} are done, too")
    return status


def _size_of(path: Path) -> int:
    return path.stat().st_size


def _read_back(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, Any]] = import_module("pyarrow.parquet").read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
