"""How long does an export take? `python benchmarks/export.py`.

A complete job, with ten events for each key, is exported to a Parquet file: its rows are read, checked, decompressed
and converted, and `outcomes.csv` is written beside it. The peer reads the same rows, as lines in memory, with pyarrow's
JSON reader and a given schema. It writes no file. The last contestant is the peer with a written file.
"""

import asyncio
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contest import Result, Target, main, race

from capillary_async import BasicAuth, CapillaryClient, TargetEvent
from capillary_async.jobs import BulkJob

arrow: Any = import_module("pyarrow")
arrow_json: Any = import_module("pyarrow.json")
parquet: Any = import_module("pyarrow.parquet")
ROWS, START = 10, datetime(2026, 1, 8, 10, 3, 21, tzinfo=UTC)


def event(number: int) -> TargetEvent:
    """Return an invented event."""
    when = START + timedelta(seconds=number)
    return TargetEvent(
        event_log_id=number,
        event_name="ADD_TRANSACTION",
        customer_id=387538614 + number // ROWS,
        unique_id=f"u{number}",
        event_date=when,
        event_processed_date=when + timedelta(seconds=3),
        period_id=62127,
        target_group_id=7,
        target_rule_id=79196,
        target_value=Decimal(number) / 100,
    )


async def events(client: object, customer_id: int, target_rule_id: int) -> list[TargetEvent]:  # noqa: ARG001
    """Return invented events, as a lookup does."""
    return [event(customer_id * ROWS + number) for number in range(ROWS)]


async def complete_job(folder: Path, keys: int) -> BulkJob:
    """Run a job that sends nothing."""
    job = BulkJob.create(folder / "job", events, [(key, 79196) for key in range(1, keys + 1)])
    async with CapillaryClient("http://localhost:1", BasicAuth("till", "password")) as client:
        await job.run(client)
    return job


def read_json(lines: bytes, schema: Any) -> Any:
    """Read the lines with pyarrow's JSON reader."""
    return arrow_json.read_json(io.BytesIO(lines), parse_options=arrow_json.ParseOptions(explicit_schema=schema))


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    keys = 2_000 if is_quick else 20_000
    with TemporaryDirectory() as name:
        folder = Path(name)
        job = asyncio.run(complete_job(folder, keys))
        lines = Path(job.export("jsonl")).read_bytes()
        no_json = [field for field in parquet.read_schema(job.export("parquet")) if field.name != "extra"]
        schema = arrow.schema([*no_json, arrow.field("extra", arrow.struct([]))])
        contestants: dict[str, Callable[[], object]] = {
            "ours, a job to a Parquet file": partial(job.export, "parquet"),
            "pyarrow.json, lines to a table": lambda: read_json(lines, schema),
            "pyarrow.json, lines to a Parquet file": lambda: parquet.write_table(
                read_json(lines, schema).drop(["extra"]), folder / "peer.parquet"
            ),
        }
        target = Target("S11", "ours, a job to a Parquet file", "pyarrow.json, lines to a table", 0.5)
        question = f"An export of {keys:,} keys with {ROWS} rows each"
        return [race(question, contestants, rounds=5 if is_quick else 9, work=keys, unit="µs a key", targets=(target,))]


if __name__ == "__main__":
    main(answer, __doc__)
