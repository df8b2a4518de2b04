"""Does a job survive 60 kills at random and one at every share of its disk's operations, over 100,000 keys?

Run as `python -m tests.jobs.torture --keys 100000 --kills 60`; it takes a few minutes. A process makes the job, works
on it and exports it, and is killed before and after operations of the disk in each of these phases, and by another
process at any moment in between. It prints a line for each kill and a summary, and ends with an error if a row is
missing, doubled or wrong, if a kill cost more requests than it may, or if a process was not killed where it should be.
"""

import argparse
import asyncio
import csv
import itertools
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import attrs

from capillary_async import BasicAuth, CapillaryClient, ClientOptions
from capillary_async.jobs import BulkJob, JobOptions
from capillary_async.jobs.database import JOB_FILE
from capillary_async.sandbox import Answer, Sandbox
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.people import everyone_present
from tests.jobs.disk import shim

OPTIONS = JobOptions(concurrency=64, batch=500)
UNSAFE = 64 + OPTIONS.batch
# Keys that fail, so that failures are written down and listed, too.
BAD = frozenset({7, 77_777})
# Operations of the disk, counted from the beginning of a process: of making the job, and of going on with it.
EARLY = (1, 2, 5, 20, 60, 61, 62)
LATER = (1, 2, 3, 4, 7, 12, 25, 50, 90)


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def work(base_url: str, directory: Path, keys: int) -> None:
    """Make or resume the job, and export it, in a process of its own."""
    job = BulkJob.create_or_open(directory, "active-targets", range(1, keys + 1), options=OPTIONS)
    options = ClientOptions(deadline=None)
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123"), options=options) as client:
        await job.run(client)
    job.export("jsonl")


@attrs.define(eq=False)
class Torture:
    """Kills processes that work on a job, and counts what it costs.

    Attributes:
        sandbox: Whom they ask.
        directory: The job's.
        keys: How many it has.
        chance: Says when to kill.
        kills: How many there were.
        extra: Requests beyond one for each key that is done.
        bad_requests: Requests for bad keys, which are asked for more than once anyway.
        requests_left: The process under way is killed soon after so many more; none for 0.
        process: The one under way, or the last.
    """

    sandbox: Sandbox
    directory: Path
    keys: int
    chance: random.Random
    kills: int = 0
    extra: int = 0
    bad_requests: int = 0
    requests_left: int = 0
    process: asyncio.subprocess.Process | None = None

    def watch(self) -> None:
        """Let the sandbox fail for the bad keys, and tell of every request."""
        self.sandbox.script(self._count, Answer.html(200), times=None)

    def _count(self, request: LoggedRequest) -> bool:
        self.requests_left -= 1
        if self.requests_left == 0:
            asyncio.get_running_loop().call_later(self.chance.uniform(0, 0.05), self._kill)
        is_bad = int(request.path.split("/")[3]) in BAD
        self.bad_requests += is_bad
        return is_bad

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            if self.process is not None:
                self.process.kill()

    async def attempt(self, operation: int = 0, *, requests: int = 0) -> bool:
        """Let a process work until it ends or is killed; return whether it was killed."""
        arguments = (self.sandbox.base_url, str(self.directory), str(self.keys))
        environment = os.environ | {"LD_PRELOAD": str(shim()), "SHIM_DIR": str(self.directory)}
        if operation:
            environment["SHIM_KILL"] = str(operation)
        self.requests_left = requests
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.jobs.torture", "--victim", *arguments, env=environment
        )
        code = await self.process.wait()
        assert code in {0, -signal.SIGKILL}, f"a process ended with {code}"
        await self._account(f"operation {operation}" if operation else f"{requests} requests")
        return code != 0

    async def _account(self, moment: str) -> None:
        self.kills += 1
        await asyncio.sleep(0.1)  # what a killed process sent has arrived by then
        done = 0
        if (self.directory / JOB_FILE).exists():
            status = BulkJob.open(self.directory).status()
            done = status.done - status.failed
        total = self.sandbox.request_count
        extra = total - self.bad_requests - done
        say(f"{self.kills}: {moment}, {done:,} keys done, {extra - self.extra} of {total:,} requests lost")
        assert extra - self.extra <= UNSAFE
        self.extra = extra

    async def at(self, operations: Iterable[int]) -> None:
        """Kill a process before and after each of these operations."""
        for number in operations:
            for operation in (number, -number):
                assert await self.attempt(operation), f"operation {operation} never came"

    async def at_random(self, kills: int, share: float) -> None:
        """Kill at any moment; the moments are spread over what is left until this share of the keys is done."""
        for left in range(kills, 0, -1):
            requests = share * self.keys - (self.sandbox.request_count - self.extra)
            moment = self.chance.randrange(1, 2 + max(0, int(2 * requests / left)))
            assert await self.attempt(requests=moment), "it came too late"

    def check(self) -> None:
        """Compare the output with the sandbox's own account."""
        job = BulkJob.open(self.directory)
        with Path(job.export("jsonl")).open("rb") as file:
            rows = Counter((row["customer_id"], row["id"]) for row in map(json.loads, file))
        users = [user for user in range(1, self.keys + 1) if user not in BAD]
        status, rules = job.status(), self.sandbox.target_rule_ids
        say(f"{self.kills - 1} kills, {status}, {sum(rows.values()):,} rows, {self.extra:,} requests lost")
        assert rows == Counter(itertools.chain.from_iterable(((user, rule) for rule in rules(user)) for user in users))
        with (self.directory / "outcomes.csv").open(encoding="utf-8", newline="") as lines:
            failed = {int(row["customer_id"]) for row in csv.DictReader(lines) if row["status"] == "failed"}
        assert failed == {key for key in BAD if key <= self.keys}
        assert status.is_complete


async def torture(keys: int, kills: int, seed: int) -> None:
    """Kill, resume, compare."""
    async with Sandbox(log_size=0, customer_status=everyone_present) as sandbox:
        with tempfile.TemporaryDirectory() as folder:
            pain = Torture(sandbox, Path(folder) / "job", keys, random.Random(seed))
            pain.watch()
            await pain.at(EARLY)
            await pain.at_random(kills // 2, 0.4)
            await pain.at(LATER)
            await pain.at_random(kills - kills // 2, 0.9)
            await pain.at(LATER)
            assert not await pain.attempt()
            pain.check()


def main() -> None:
    """Torture, or be tortured."""
    if sys.argv[1:2] == ["--victim"]:
        base_url, directory, keys = sys.argv[2:]
        asyncio.run(work(base_url, Path(directory), int(keys)))
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
