"""What the tests of jobs use in place of an API, a disk and time."""

import asyncio
import errno
import inspect
import json
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import attrs

from capillary_async.client import CapillaryClient
from capillary_async.errors import ApiErrorDetail, CapillaryError, NotFoundError, ServerError, TransportError
from capillary_async.jobs import BulkJob, JobOptions, JobStatus

LOOKUP = "tests.jobs.fakes:things"


@attrs.frozen
class Thing:
    """What the fake API knows about a number."""

    number: int
    half: Decimal
    name: str | None = None


async def things(client: "FakeApi", number: int) -> tuple[Thing, ...]:
    """Look a number up: as many things as its last digit says, at most three."""
    return await client.ask(number)


def rows_of(number: int) -> tuple[Thing, ...]:
    """Return what the fake API answers."""
    return tuple(Thing(number, Decimal(number) / 2, f"thing {place}") for place in range(min(number % 10, 3)))


@attrs.define
class FakeApi:
    """Answers at once; numbers that end in 99 do not exist.

    Attributes:
        trouble: Returns the error for a number, or `None`.
        on_ask: Called with each number before it is answered; what it returns is awaited if it can be.
        asked: How often each number was asked for.
        most_running: How many calls ran at the same time.
    """

    trouble: Callable[[int], BaseException | None] = lambda number: None
    on_ask: Callable[[int], object] = lambda number: None
    base_url: str = "https://api.example.com"
    account: str = "till one"
    listing_traits: dict[str, Any] = attrs.field(factory=dict[str, Any])
    asked: Counter[int] = attrs.field(factory=Counter[int])
    running: int = 0
    most_running: int = 0

    async def ask(self, number: int) -> tuple[Thing, ...]:
        """Answer, after letting others run."""
        self.asked[number] += 1
        waited_for = self.on_ask(number)
        if inspect.isawaitable(waited_for):
            await waited_for
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0)
        finally:
            self.running -= 1
        error = self.trouble(number)
        if error is not None:
            raise error
        if number % 100 == 99:
            raise NotFoundError("there is no such thing", status=404, errors=(ApiErrorDetail(8015, ""),))
        return rows_of(number)


def down() -> CapillaryError:
    """Make the error of an API that does not answer."""
    return TransportError("no answer")


def broken() -> CapillaryError:
    """Make the error of an API that is in trouble."""
    return ServerError("in trouble", status=500)


# Small batches, so that few keys go through everything.
SMALL = JobOptions(concurrency=5, batch=10, batch_seconds=1e6)


def make_job(directory: Path, keys: Iterable[int] = range(1, 101), **options: Any) -> BulkJob:
    """Make a job that asks the fake API for numbers."""
    return BulkJob.create(directory, LOOKUP, keys, options=attrs.evolve(SMALL, **options))


async def run(job: BulkJob, api: FakeApi, **options: Any) -> JobStatus:
    """Run a job against the fake API, which has as much of a client as a job needs."""
    return await job.run(cast("CapillaryClient", api), **options)


def exported(job: BulkJob, *, is_partial: bool = False) -> list[tuple[int, str]]:
    """Return the number and the name of every row of a job's output, sorted."""
    lines = Path(job.export("jsonl", is_partial=is_partial)).read_bytes().splitlines()
    return sorted((row["number"], row["name"]) for row in map(json.loads, lines))


def expected(keys: Iterable[int] = range(1, 101)) -> list[tuple[int, str]]:
    """Return what `exported` should return for a finished job."""
    rows = [row for key in keys if key % 100 != 99 for row in rows_of(key)]
    return sorted((row.number, row.name or "") for row in rows)


def full_disk() -> OSError:
    """Make the error of a full disk."""
    return OSError(errno.ENOSPC, "No space left on device")
