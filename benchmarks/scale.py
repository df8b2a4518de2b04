"""What does a durable job cost for each key? `python benchmarks/scale.py [--keys 20000]`.

It runs a job over the events of customers, ten each, from a server that answers at once, and measures processor time,
memory and bytes on the disk. SCALE.md multiplies these figures by the number of keys.
"""

import argparse
import asyncio
import json
import resource
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from canned_server import serving

from capillary_async import BasicAuth, CapillaryClient
from capillary_async.jobs import BulkJob

ROWS, RULE = 10, 1986


def size(folder: Path, pattern: str) -> int:
    """Return the bytes of all files of a kind."""
    return sum(file.stat().st_size for file in folder.glob(pattern))


def most_memory() -> float:
    """Return the peak memory of the process, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def run(job: BulkJob, base_url: str) -> None:
    """Run the job."""
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123")) as client:
        assert (await job.run(client)).is_complete


def figures(keys: int) -> dict[str, float]:
    """Return the costs of each key."""
    with TemporaryDirectory() as folder, serving(ROWS) as base_url:
        clock, processor = perf_counter(), process_time()

        def passed() -> tuple[float, float]:
            nonlocal clock, processor
            before, clock, processor = (clock, processor), perf_counter(), process_time()
            return clock - before[0], processor - before[1]

        place = Path(folder) / "job"
        job = BulkJob.create(place, "events", [(key, RULE) for key in range(1, keys + 1)])
        creating = passed()
        asyncio.run(run(job, base_url))
        running = passed()
        held = most_memory()
        on_disk = {kind: size(place, kind) for kind in ("job.sqlite",)}
        exported = Path(job.export("parquet"))
        exporting = passed()
        return {
            "µs to check and copy a key": creating[0] / keys * 1e6,
            "µs to look a key up": running[0] / keys * 1e6,
            "of them of the processor": running[1] / keys * 1e6,
            "µs to export the rows of a key": exporting[0] / keys * 1e6,
            **{f"bytes of {kind}": found / keys for kind, found in on_disk.items()},
            f"bytes of {exported.name}": exported.stat().st_size / keys,
            "MiB of memory at most, until the rows were exported": held,
            "MiB of memory at most, export included": most_memory(),
        }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keys", type=int, default=20_000, help="how many")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    found = figures(arguments.keys)
    for name, figure in found.items():
        print(f"{figure:12,.1f}  {name}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
