"""How long from the API to a Parquet file? `python benchmarks/parquet.py`.

The rows are the events of some hundred customers, ten each, at 20 ms of latency. The peer is dlt with its REST source,
the usual way to load an API into files; it requests the children of a parent in a few threads. The floor is the latency
of the requests, 64 at a time.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pyarrow.parquet
from canned_server import serving
from contest import Result, judge, main

from capillary_async import BasicAuth, CapillaryClient
from capillary_async.jobs import BulkJob

# Set before dlt is imported: it must send no telemetry, and it warns of columns with only nulls.
os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
read_metadata: Any = vars(pyarrow.parquet)["read_metadata"]  # it has no annotations
ROWS, RULE, LATENCY, CONCURRENCY = 10, 1986, 0.02, 64


async def with_job(base_url: str, keys: int, folder: Path) -> Path:
    """Run a durable job and export it."""
    job = BulkJob.create(folder / "job", "events", [(key, RULE) for key in range(1, keys + 1)])
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:
        await job.run(client)
    return Path(job.export("parquet"))


def with_dlt(base_url: str, keys: int, folder: Path) -> Path:
    """Run a pipeline from dlt's REST source, as its documentation shows for a parent and its children."""
    import dlt  # noqa: PLC0415  (dear, and for this contestant alone)
    from dlt.sources.rest_api import rest_api_source  # noqa: PLC0415

    @dlt.resource(name="customers", selected=False, parallelized=True)
    def customers() -> Any:
        yield [{"id": key} for key in range(1, keys + 1)]

    events: dict[str, Any] = {
        "path": "/v3/users/{resources.customers.id}/trackedTargetEvents/" + str(RULE),
        "params": {"limit": 100},
        "data_selector": "data",
        "paginator": {"type": "offset", "limit": 100, "total_path": "pagination.total"},
    }
    resources: list[Any] = [customers(), {"name": "events", "endpoint": events, "parallelized": True}]
    source: Any = rest_api_source({"client": {"base_url": base_url}, "resources": resources})
    destination: Any = dlt.destinations.filesystem((folder / "out").as_uri())
    pipeline: Any = dlt.pipeline("events", pipelines_dir=str(folder), destination=destination, dataset_name="events")
    pipeline.run(source, loader_file_format="parquet")
    (written,) = (folder / "out" / "events" / "events").glob("*.parquet")
    return Path(written)


def timed(run: Callable[[str, int, Path], Path], base_url: str, keys: int) -> float:
    """Return the seconds until the file exists, and check that it holds every row."""
    with TemporaryDirectory() as folder:
        started = perf_counter()
        written = run(base_url, keys, Path(folder))
        taken = perf_counter() - started
        assert read_metadata(written).num_rows == keys * ROWS
    return taken


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    keys = 100 if is_quick else 400
    runs: dict[str, Callable[[str, int, Path], Path]] = {
        "ours, durable job": lambda url, count, folder: asyncio.run(with_job(url, count, folder)),
        "dlt, REST source": with_dlt,
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    with serving(ROWS, LATENCY) as base_url:
        for round_number in range(2 if is_quick else 4):
            for name, run in runs.items():
                taken = timed(run, base_url, keys)
                if round_number:  # in the first, dlt is imported
                    times[name].append(taken)
    times["floor, latency alone"] = [-(-keys // CONCURRENCY) * LATENCY] * len(times["dlt, REST source"])
    return [judge(f"The events of {keys} customers as Parquet, {LATENCY * 1000:g} ms latency", "s", times, ())]


if __name__ == "__main__":
    main(answer, __doc__)
