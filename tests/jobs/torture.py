"""Does a job survive 60 kills at random and one at each named step, over 100,000 keys of the sandbox?

Run as `python -m tests.jobs.torture --keys 100000 --kills 60`; it takes a few minutes. A process makes the job, works
on it and seals it, and is killed before and after each operation of the disk in each of these phases, and by another
process at any moment in between. It prints a line for each kill and a summary, and ends with an error if a row is
missing, doubled or wrong, if a kill cost more requests than it may, or if a process was not killed where it should be.
"""

import argparse
import asyncio
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
from capillary_async.jobs.failures import FAILURES_FILE
from capillary_async.jobs.manifest import MANIFEST_FILE, read_manifest
from capillary_async.jobs.parts import part_path
from capillary_async.jobs.status import read_tally
from capillary_async.sandbox import Answer, Sandbox
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.people import everyone_present
from tests.jobs.fakes import StepDisk
from tests.jobs.victim import Killer

OPTIONS = JobOptions(concurrency=64, batch=500, part_bytes=2**20)
UNSAFE = 64 + OPTIONS.batch
# Keys that fail, so that failures are journalled and listed, too.
BAD = frozenset({7, 77_777})

Steps = Iterable[tuple[str, int]]
_SIDES = ("before", "after")
_NEW_FILE = ("create", "write", "fsync", "rename", "fsync_directory")
# What is left of an earlier journal is removed; the keys are the first new file, the manifest the second, and the last.
MAKING: Steps = [
    *((f"{side} remove", 1) for side in _SIDES),
    *((f"{side} {step}", 1) for step in _NEW_FILE for side in _SIDES),
    *((f"{side} {step}", 2) for step in _NEW_FILE[:-1] for side in _SIDES),
]
WORKING: Steps = [(f"{side} {step}", 3) for step in ("write", "fsync", "commit") for side in _SIDES]
TRUNCATING: Steps = [(f"{side} truncate", 1) for side in _SIDES]
# What one kill leaves of a new part, the next process removes.
REMOVING: Steps = [
    *((f"{side} {step}", number) for side in _SIDES for step, number in (("open", 2), ("fsync_directory", 1))),
    *((f"{side} remove", 1) for side in _SIDES),
]
# The first new file is the list of failures, the second one the output.
FINISHING: Steps = [(f"{side} {step}", number) for number in (1, 2) for step in _NEW_FILE for side in _SIDES]


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def work(base_url: str, directory: Path, keys: int, killer: Killer) -> None:
    """Make or resume the job, and seal it, in a process of its own."""
    disk = StepDisk(killer)
    if (directory / MANIFEST_FILE).exists():
        job = BulkJob.open(directory, disk=disk)
    else:
        job = BulkJob.create(directory, "active-targets", range(1, keys + 1), options=OPTIONS, disk=disk)
    options = ClientOptions(deadline=None)
    async with CapillaryClient(base_url, BasicAuth("store.server", "server123"), options=options) as client:
        await job.run(client)
    job.seal("jsonl")


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

    async def attempt(self, step: str = "never", number: int = 0, *, requests: int = 0) -> bool:
        """Let a process work until it ends or is killed; return whether it was killed."""
        arguments = (self.sandbox.base_url, str(self.directory), str(self.keys), step, str(number))
        self.requests_left = requests
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.jobs.torture", "--victim", *arguments
        )
        code = await self.process.wait()
        assert code in {0, -signal.SIGKILL}, f"a process ended with {code}"
        await self._account(f"{step} {number}" if number else f"{requests} requests")
        return code != 0

    async def _account(self, moment: str) -> None:
        self.kills += 1
        await asyncio.sleep(0.1)  # what a killed process sent has arrived by then
        done = 0
        if (self.directory / MANIFEST_FILE).exists():
            status = BulkJob.open(self.directory).status()
            done = status.done - status.failed
        total = self.sandbox.request_count
        extra = total - self.bad_requests - done
        say(f"{self.kills}: {moment}, {done:,} keys done, {extra - self.extra} of {total:,} requests lost")
        assert extra - self.extra <= UNSAFE
        self.extra = extra

    async def at(self, steps: Steps) -> None:
        """Kill a process at each of these steps."""
        for step, number in steps:
            assert await self.attempt(step, number), f"{step} {number} never came"

    async def at_random(self, kills: int, share: float) -> None:
        """Kill at any moment; the moments are spread over what is left until this share of the keys is done."""
        for left in range(kills, 0, -1):
            requests = share * self.keys - (self.sandbox.request_count - self.extra)
            moment = self.chance.randrange(1, 2 + max(0, int(2 * requests / left)))
            assert await self.attempt(requests=moment), "it came too late"

    async def leave_a_tail(self) -> None:
        """Kill until a part is longer than the journal says, for truncating has to have a reason."""
        while not any(part_path(self.directory, part).stat().st_size > end for part, end in self._ends().items()):
            assert await self.attempt("before commit", 2)

    def _ends(self) -> dict[int, int]:
        return read_tally(self.directory, read_manifest(self.directory)).ends

    def check(self) -> None:
        """Compare the output with the sandbox's own account."""
        job = BulkJob.open(self.directory)
        with job.seal("jsonl").open("rb") as file:
            rows = Counter((row["user_id"], row["id"]) for row in map(json.loads, file))
        users = [user for user in range(1, self.keys + 1) if user not in BAD]
        status, rules = job.status(), self.sandbox.target_rule_ids
        say(f"{self.kills - 1} kills, {status}, {sum(rows.values()):,} rows, {self.extra:,} requests lost")
        assert rows == Counter(itertools.chain.from_iterable(((user, rule) for rule in rules(user)) for user in users))
        failed = (self.directory / FAILURES_FILE).read_text("utf-8").splitlines()
        assert {json.loads(line)["key"]["user_id"] for line in failed} == {key for key in BAD if key <= self.keys}
        assert status.is_complete


async def torture(keys: int, kills: int, seed: int) -> None:
    """Kill, resume, compare."""
    async with Sandbox(log_size=0, standing=everyone_present) as sandbox:
        with tempfile.TemporaryDirectory() as folder:
            pain = Torture(sandbox, Path(folder) / "job", keys, random.Random(seed))
            pain.watch()
            await pain.at(MAKING)
            await pain.at_random(kills // 2, 0.4)
            await pain.at(WORKING)
            await pain.leave_a_tail()
            await pain.at([*TRUNCATING, *REMOVING])
            await pain.at_random(kills - kills // 2, 0.9)
            await pain.at(FINISHING)
            assert not await pain.attempt()
            pain.check()


def main() -> None:
    """Torture, or be tortured."""
    if sys.argv[1:2] == ["--victim"]:
        base_url, directory, keys, step, number = sys.argv[2:]
        asyncio.run(work(base_url, Path(directory), int(keys), Killer(step, int(number))))
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
