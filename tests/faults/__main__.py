"""Run the fault matrix, and print the results of each kind and of each part.

python -m tests.faults [--seed N] [--short] [--only PART] [--session]
"""

import argparse
import random
import sys
from collections.abc import Iterable
from time import perf_counter

from capillary_async.pipeline.direct_http import DirectHttp
from tests.faults.connections import add
from tests.faults.matrix import PARTS, run
from tests.faults.report import Row, heading, row_line, summary
from tests.faults.scale import Scale
from tests.pipeline.opening import no_way_around


def main() -> int:
    """Run the matrix; the exit code is 1 if any number is wrong."""
    arguments = _arguments()
    scale = Scale(arguments.seed, is_full=not arguments.short)
    if arguments.session:
        DirectHttp.around = no_way_around  # type: ignore[assignment, method-assign]
    began, sums = perf_counter(), list[Row]()
    _echo(f"seed {scale.seed}")
    for part in PARTS:
        if arguments.only in (None, part):
            _echo(f"\n{part}\n\n{heading()}")
            sums.append(_sum(part, run(part, scale)))
    _echo(f"\n{summary(sums)}\n\nseed {scale.seed}, {perf_counter() - began:.0f} s")
    messages = [message for part in sums for message in part.messages]
    for message in messages:
        _echo(f"WRONG  {message}")
    return bool(messages)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Run the fault matrix.")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeat a run")
    parser.add_argument("--short", action="store_true", help="a sample of everything")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--session", action="store_true", help="send through aiohttp's session, not around it")
    return parser.parse_args()


def _sum(part: str, rows: Iterable[Row]) -> Row:
    """Print each row when it is complete, and return the sum of all rows."""
    total = Row(part)
    for row in rows:
        _echo(row_line(row))
        row.messages = [f"{row.kind}: {message}" for message in row.messages]
        add(total, row)
    return total


def _echo(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
