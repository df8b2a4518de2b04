"""How long does a program wait before it can work? `python benchmarks/imports.py`.

Each program runs in new interpreters, in turn, with compiled modules as an installed package has them. Imports are
timed alone, because the package imports its parts on first use. Whole processes are measured by their processor time,
less that of an interpreter that does nothing: the help of the command line, and scripts up to their first answer.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from statistics import median
from tempfile import TemporaryDirectory

from canned_server import serving
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
TIMED = "from time import perf_counter; t = perf_counter(); {}; print(perf_counter() - t)"
BARE = """
import aiohttp, asyncio, json, sys
async def main():
    async with aiohttp.ClientSession() as session, session.get(sys.argv[1] + "{path}") as answer:
        json.loads(await answer.read())
asyncio.run(main())
"""
OURS = """
import asyncio, sys
from capillary_async import BasicAuth, CapillaryClient
async def main():
    async with CapillaryClient(sys.argv[1], BasicAuth("till", "password")) as client:
        {call}
asyncio.run(main())
"""
# The first answer by bare aiohttp and by the client, of one customer and of one page of ten events.
SCRIPTS = {
    "bare aiohttp, a customer": BARE.format(path="/v2/customers/387538614"),
    "ours, a customer": OURS.format(call="await client.customers.get(387538614)"),
    "bare aiohttp, a page": BARE.format(path="/v3/users/387538614/trackedTargetEvents/79196"),
    "ours, a page": OURS.format(call="await client.targets.list_events(387538614, 79196).collect()"),
}


def seconds(statement: str, environment: Mapping[str, str]) -> float:
    """Time a statement in a new interpreter."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def processor_seconds(*arguments: str, environment: Mapping[str, str]) -> float:
    """Measure the processor time of a whole process of this interpreter."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def imports(rounds: int, environment: Mapping[str, str]) -> Result:
    """Time the imports."""
    present = {
        name: partial(seconds, statement, environment)
        for name, statement in STATEMENTS.items()
        if statement == "pass" or find_spec(statement.split()[1]) is not None
    }
    targets = (Target("S7", "ours", "aiohttp", 10),)
    return judge("Import in a new interpreter", "ms", in_turn(present, rounds), targets)


def first_answers(rounds: int, environment: Mapping[str, str]) -> Result:
    """Measure the help of the command line, and scripts up to their first answer."""
    with serving(10) as base_url:
        arguments = {
            "nothing": ("-c", "pass"),
            "import aiohttp": ("-c", "import aiohttp"),
            "capillary --help": ("-m", "capillary_async", "--help"),
            **{name: ("-c", script, base_url) for name, script in SCRIPTS.items()},
        }
        processes = {
            name: partial(processor_seconds, *each, environment=environment) for name, each in arguments.items()
        }
        times = in_turn(processes, rounds)
    start = median(times.pop("nothing"))
    beyond = {name: [taken - start for taken in found] for name, found in times.items()}
    targets = (
        Target("S12", "import aiohttp", "capillary --help", 0.6, at_least=False),
        *(
            Target("S12", f"bare aiohttp, {what}", f"ours, {what}", 1.4, at_least=False)
            for what in ("a customer", "a page")
        ),
    )
    return judge("First answer of a process, beyond Python's start", "ms", beyond, targets)


def in_turn(contestants: Mapping[str, "partial[float]"], rounds: int) -> dict[str, list[float]]:
    """Run the contestants in turn; return their milliseconds.

    The first round, which compiles modules, is not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            times[name].append(run() * 1000)
    return {name: taken[1:] for name, taken in times.items()}


def answer(is_quick: bool) -> list[Result]:  # noqa: FBT001  (the command line's)
    """Measure, and return the results."""
    rounds = 3 if is_quick else 11
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}
        return [imports(rounds, environment), first_answers(rounds, environment)]


if __name__ == "__main__":
    main(answer, __doc__)
