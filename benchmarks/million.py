"""Is the output of a job with a million keys correct? `nice python benchmarks/million.py [--keys 1000000]`.

The lookup needs no server. It derives its rows from the key, so every value of the exports can be checked. The job is
stopped halfway and resumed. The script prints processor time, memory and bytes for each step; SCALE.md has the figures.
"""

import argparse
import asyncio
import csv
import json
import resource
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, cast

import attrs
import pyarrow.parquet
from jobs import NoApi

from capillary_async import CapillaryClient
from capillary_async.jobs import BulkJob, JobStoppedError


@attrs.frozen
class Reading:
    """A row.

    Attributes:
        number: Position of the row among the key's rows.
        value: An exact number.
        name: A text.
    """

    number: int
    value: Decimal
    name: str


def rows_of(key: int) -> tuple[Reading, ...]:
    """Return the one or two rows of a key."""
    return tuple(Reading(n, Decimal(key * 7 + n) / 1000, f"reading {n} of {key}") for n in range(1 + key % 2))


async def readings(_client: object, key: int) -> tuple[Reading, ...]:
    """Simulate a call: take a turn of the loop, and return the rows."""
    await asyncio.sleep(0)
    return rows_of(key)


def step(name: str, work: Callable[[], Any]) -> Any:
    """Run a step, and print its time and memory."""
    clock, processor = perf_counter(), process_time()
    done = work()
    took, used = perf_counter() - clock, process_time() - processor
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:28} {took:8.1f} s, {used:8.1f} s of the processor, {held:6.0f} MiB at most so far", flush=True)
    return done


def run(job: BulkJob, stop_after: int = 0) -> None:
    """Run the job, or half of it."""

    async def work() -> None:
        def look(progress: Any) -> None:
            if stop_after and progress.done > stop_after:
                job.stop()

        await job.run(cast("CapillaryClient", NoApi()), on_progress=look)

    try:
        asyncio.run(work())
    except JobStoppedError as stopped:
        print(f"  {stopped}: {job.status().done:,} keys are done", flush=True)


def expected(keys: int) -> Any:
    """Yield every expected value, in the order of the keys."""
    for key in range(1, keys + 1):
        for row in rows_of(key):
            yield key, row.number, row.value, row.name


def compare(name: str, found: Any, keys: int) -> None:
    """Compare every value of an export with the expected one."""
    count = 0
    for one, other in zip_longest(found, expected(keys)):
        assert one == other, f"{name}: {one} is not {other}"
        count += 1
    print(f"  {name}: {count:,} rows, every value correct", flush=True)


def from_parquet(path: Path) -> Any:
    """Read the rows of a Parquet file."""
    file: Any = pyarrow.parquet.ParquetFile(path)
    for batch in file.iter_batches():
        for row in batch.to_pylist():
            yield row["key"], row["number"], row["value"], row["name"]


def from_csv(path: Path) -> Any:
    """Read the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield int(row["key"]), int(row["number"]), Decimal(row["value"]), row["name"]


def from_jsonl(path: Path) -> Any:
    """Read the rows of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line, parse_float=Decimal)
            yield row["key"], row["number"], Decimal(row["value"]), row["name"]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, default=1_000_000, help="how many")
    keys = parser.parse_args().keys
    with TemporaryDirectory() as folder:
        place = Path(folder) / "job"
        job = step("make the job", lambda: BulkJob.create(place, "million:readings", range(1, keys + 1)))
        step("run half of it", lambda: run(job, keys // 2))
        step("run the rest", lambda: run(BulkJob.open(place)))
        print(f"  {job.status()}\n  job.sqlite: {(place / 'job.sqlite').stat().st_size:,} bytes")
        step("run it again", lambda: run(job))
        for form, read in (("parquet", from_parquet), ("csv", from_csv), ("jsonl", from_jsonl)):
            path = Path(step(f"export {form}", partial(job.export, form)))
            print(f"  {path.name}: {path.stat().st_size:,} bytes")
            compare(path.name, read(path), keys)


if __name__ == "__main__":
    main()
