"""How long does an export take? `python benchmarks/export.py`.

A job's stored JSON, with ten events for each key, is exported to a Parquet file. The peer reads the same lines with
pyarrow's JSON reader and a given schema. It writes no file, does not check rows by their class, and has no column of
JSON. The last contestant is the peer with a written file.
"""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contest import Result, Target, main, race

from capillary_async import TargetEvent
from capillary_async.jobs import export
from capillary_async.jobs.lookups import find_lookup


arrow: Any = import_module("pyarrow")
arrow_json: Any = import_module("pyarrow.json")
parquet: Any = import_module("pyarrow.parquet")
ROWS, START = 10, datetime(2026, 1, 8, 10, 3, 21, tzinfo=UTC)
LOOKUP = find_lookup("events")


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


def stored(keys: int) -> list[Any]:
    """Return the rows that a job stored."""
    return [
        StoredRow((key, 79196, None), LOOKUP.encode([event(key * ROWS + row) for row in range(ROWS)]))
        for key in range(1, keys + 1)
    ]


def written(read: Any, folder: Path) -> None:
    """Export to Parquet."""
    export.write(read, LOOKUP, folder / "ours.parquet", "parquet")


def read_json(lines: bytes, schema: Any) -> Any:
    """Read the lines with pyarrow's JSON reader."""
    return arrow_json.read_json(io.BytesIO(lines), parse_options=arrow_json.ParseOptions(explicit_schema=schema))


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    keys = 500 if is_quick else 2000
    rows = stored(keys)

    def read() -> Iterator[Any]:
        return iter(rows)

    with TemporaryDirectory() as name:
        folder = Path(name)
        written(read, folder)
        lines = b"".join(export.json_lines(read, LOOKUP))
        no_json = [field for field in parquet.read_schema(folder / "ours.parquet") if field.name != "extra"]
        schema = arrow.schema([*no_json, arrow.field("extra", arrow.struct([]))])
        contestants: dict[str, Callable[[], object]] = {
            "ours, stored rows to a Parquet file": partial(written, read, folder),
            "pyarrow.json, lines to a table": lambda: read_json(lines, schema),
            "pyarrow.json, lines to a Parquet file": lambda: parquet.write_table(
                read_json(lines, schema).drop(["extra"]), folder / "peer.parquet"
            ),
        }
        target = Target("S11", "ours, stored rows to a Parquet file", "pyarrow.json, lines to a table", 0.5)
        question = f"An export of {keys:,} keys with {ROWS} rows each"
        return [
            race(question, contestants, rounds=5 if is_quick else 15, work=keys, unit="µs a key", targets=(target,))
        ]


if __name__ == "__main__":
    main(answer, __doc__)
