"""How long does the import take? `python benchmarks/imports.py`.

Each import runs in a new interpreter, in turn. The package imports its parts on first use, so the time until a client
exists is measured too, and the time of the command's help as a whole process, beside a process that does nothing.
"""

import subprocess
import sys
from importlib.util import find_spec
from time import perf_counter

from contest import Result, Target, judge, main

STATEMENTS = {
    "ours": "import capillary_async",
    "ours, with the client": "from capillary_async import CapillaryClient",
    "aiohttp": "import aiohttp",
    "httpx": "import httpx",
    "openai": "import openai",
    "stripe": "import stripe",
    "hikari": "import hikari",
    "nothing": "pass",
}
PROGRAM = "from time import perf_counter; t = perf_counter(); {}; print(perf_counter() - t)"


def seconds(statement: str) -> float:
    """Time a statement in a new interpreter."""
    command = [sys.executable, "-c", PROGRAM.format(statement)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def process(*arguments: str) -> float:
    """Time a whole process of this interpreter."""
    started = perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return perf_counter() - started


def command(rounds: int) -> Result:
    """Time the command line's help, and an empty process."""
    processes = {"capillary --help": ("-m", "capillary_async", "--help"), "nothing": ("-c", "pass")}
    times: dict[str, list[float]] = {name: [] for name in processes}
    for _ in range(rounds):
        for name, arguments in processes.items():
            times[name].append(process(*arguments) * 1000)
    return judge("From the shell and back", "ms", times, ())


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    present = {
        name: statement
        for name, statement in STATEMENTS.items()
        if statement == "pass" or find_spec(statement.split()[1]) is not None
    }
    times: dict[str, list[float]] = {name: [] for name in present}
    rounds = 3 if is_quick else 15
    for _ in range(rounds):
        for name, statement in present.items():
            times[name].append(seconds(statement) * 1000)
    imports = judge("Import in a new interpreter", "ms", times, (Target("S7", "ours", "aiohttp", 2.0),))
    return [imports, command(rounds)]


if __name__ == "__main__":
    main(answer, __doc__)
