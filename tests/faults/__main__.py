"""Run the fault matrix and print what came of it.

python -m tests.faults [--seed N] [--short] [--only PART]
"""

import argparse
import random
import sys
from time import perf_counter

from tests.faults.matrix import PARTS, run
from tests.faults.report import Row, heading, written
from tests.faults.scale import Scale


def main() -> int:
    """Run it; the exit code is 1 when any number is off."""
    arguments = _arguments()
    scale = Scale(arguments.seed, is_full=not arguments.short)
    began, complaints = perf_counter(), list[str]()
    _say(f"seed {scale.seed}")
    for part in PARTS:
        if arguments.only in (None, part):
            _say(f"\n{part}\n\n{heading()}")
            for row in run(part, scale):
                _say(written(row))
                complaints += _complaints(row)
    _say(f"\nseed {scale.seed}, {perf_counter() - began:.0f} s")
    for complaint in complaints:
        _say(f"OFF  {complaint}")
    return bool(complaints)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Run the fault matrix.")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeat a run")
    parser.add_argument("--short", action="store_true", help="a sample of everything")
    parser.add_argument("--only", choices=PARTS, help="one part")
    return parser.parse_args()


def _complaints(row: Row) -> list[str]:
    return [f"{row.kind}: {complaint}" for complaint in row.complaints]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
