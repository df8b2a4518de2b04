"""How long does an export take? `python benchmarks/export.py`.

What a job found, ten events a key, goes from stored JSON to a Parquet file. The peer reads the same lines with
pyarrow's own JSON reader, which is told the schema, so that it has nothing to guess; it writes no file, checks no row
by its class, and cannot keep a column of JSON. The last contestant lets it write the file, too.
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
from capillary_async.jobs.output import StoredRow

arrow: Any = import_module("pyarrow")
arrow_json: Any = import_module("pyarrow.json")
parquet: Any = import_module("pyarrow.parquet")
ROWS, START = 10, datetime(2026, 1, 8, 10, 3, 21, tzinfo=UTC)
LOOKUP = find_lookup("events")


def event(number: int) -> TargetEvent:
    """Invent an event."""
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


def stored(keys: int) -> list[StoredRow]:
    """Return what a job has stored."""
    return [
        StoredRow((key, 79196, None), LOOKUP.encode([event(key * ROWS + row) for row in range(ROWS)]))
        for key in range(1, keys + 1)
    ]


def written(read: Any, folder: Path) -> None:
    """Export to Parquet."""
    export.write(read, LOOKUP, folder / "ours.parquet", "parquet")


def read_json(lines: bytes, schema: Any) -> Any:
    """Read the lines with pyarrow's own reader."""
    return arrow_json.read_json(io.BytesIO(lines), parse_options=arrow_json.ParseOptions(explicit_schema=schema))


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Ask the question."""
    keys = 500 if is_quick else 2000
    rows = stored(keys)

    def read() -> Iterator[StoredRow]:
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
