"""Does a job survive 60 kills at random and one at each named step, over 100,000 keys of the sandbox?

Run as `python -m tests.jobs.torture --keys 100000 --kills 60`. It prints a line for each kill and a summary, and
ends with an error if a row is missing, doubled or wrong, or if a kill cost more requests than it may.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from capillary_async import BasicAuth, CapillaryClient, ClientOptions
from capillary_async.jobs import BulkJob, JobOptions
from capillary_async.sandbox import Sandbox
from capillary_async.sandbox.people import everyone_present
from tests.jobs.fakes import STEPS, StepDisk
from tests.jobs.victim import Killer

OPTIONS = JobOptions(concurrency=64, batch=500, part_bytes=2**20)
UNSAFE = 64 + OPTIONS.batch


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def work(base_url: str, directory: Path, killer: Killer) -> None:
    """Resume the job, in a process of its own."""
    async with CapillaryClient(
        base_url, BasicAuth("store.server", "server123"), options=ClientOptions(deadline=None)
    ) as client:
        await BulkJob.open(directory, disk=StepDisk(killer)).run(client)


async def attempt(base_url: str, directory: Path, step: str, number: int, seconds: float | None) -> int:
    """Let a process work until it ends or is killed; return its exit code."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.jobs.torture", "--victim", base_url, str(directory), step, str(number)
    )
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
    return process.returncode or 0


async def torture(keys: int, kills: int, seed: int) -> None:
    """Kill, resume, compare."""
    chance = random.Random(seed)
    named = [(f"{side} {step}", chance.randrange(1, 4)) for side in ("before", "after") for step in STEPS]
    async with Sandbox(log_size=0, standing=everyone_present) as sandbox:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "job"
            BulkJob.create(directory, "active-targets", range(1, keys + 1), options=OPTIONS)
            killed = 0
            for step, number in named:
                code = await attempt(sandbox.base_url, directory, step, number, chance.uniform(3, 6))
                killed += code == -signal.SIGKILL
                say(f"{killed} kills, the last {step}, {BulkJob.open(directory).status().done} keys done")
            for _ in range(kills):
                code = await attempt(sandbox.base_url, directory, "never", 0, chance.uniform(1, 6))
                killed += code == -signal.SIGKILL
                say(f"{killed} kills, {BulkJob.open(directory).status().done} keys done")
            assert await attempt(sandbox.base_url, directory, "never", 0, None) == 0
            check(sandbox, directory, keys, killed)


def check(sandbox: Sandbox, directory: Path, keys: int, killed: int) -> None:
    """Compare the output with the sandbox's own account."""
    job = BulkJob.open(directory)
    status = job.status()
    with job.seal("jsonl").open("rb") as file:
        rows = Counter((row["user_id"], row["id"]) for row in map(json.loads, file))
    account = Counter((user, rule) for user in range(1, keys + 1) for rule in sandbox.target_rule_ids(user))
    extra = sandbox.request_count - keys
    say(f"{killed} kills, {status}, {sum(rows.values())} rows, {extra} extra requests")
    assert rows == account
    assert status.is_complete
    # A key that is denied or fails is asked for a second time, and each start asks for one key to see.
    assert extra <= killed * UNSAFE + status.failed + 2 * (killed + 1)


def main() -> None:
    """Torture, or be tortured."""
    if sys.argv[1:2] == ["--victim"]:
        base_url, directory, step, number = sys.argv[2:]
        asyncio.run(work(base_url, Path(directory), Killer(step, int(number))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    say(f"seed {options.seed}")
    asyncio.run(torture(options.keys, options.kills, options.seed))


if __name__ == "__main__":
    main()
