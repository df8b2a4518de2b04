"""Jobs to which anything happens, in any order: keys that fail and recover, stops, crashes, retries."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.errors import (
    AccessDeniedError,
    ApiErrorDetail,
    CapillaryError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
)
from capillary_async.jobs import BulkJob, JobStatus, JobStoppedError
from capillary_async.jobs.manifest import read_manifest
from capillary_async.jobs.status import read_tally
from capillary_async.jobs.verdicts import Verdict
from tests.jobs.fakes import LOOKUP, SMALL, Crash, FakeApi, StepDisk, Waits, broken, down, expected, sealed

MOST = 40
ERRORS: dict[str, Callable[[], CapillaryError]] = {
    "odd": lambda: DecodeError("odd"),
    "broken": broken,
    "down": down,
    "denied": lambda: AccessDeniedError("no scope", status=403),
    "unknown": lambda: NotFoundError("nobody", status=404, errors=(ApiErrorDetail(8015, ""),)),
    "merged": lambda: InvalidRequestError("merged", status=400),
}
FINAL = {"unknown": Verdict.NOT_FOUND, "merged": Verdict.INVALID}

# What a key answers at its first, second, ... request before it works; the last answer may also be for ever.
# The first key always works: where access is denied to everybody, a job stops, and rightly so.
answers = st.lists(st.sampled_from(sorted(ERRORS)), max_size=3)
scripts = st.dictionaries(st.integers(2, MOST), st.tuples(answers, st.booleans()), max_size=40)


@attrs.frozen
class Run:
    """How one run goes.

    Attributes:
        stop: It is stopped at this request; 0 for never.
        crash: The process is gone at this step of the disk; 0 for never.
        retry: Whether the failed keys are looked up again, too.
    """

    stop: int
    crash: int
    retry: bool


runs = st.lists(st.builds(Run, st.integers(0, 60), st.integers(0, 60), st.booleans()), max_size=4)


@attrs.define
class Story:
    """A job, its API, and what happens to them."""

    directory: Path
    keys: range
    scripts: dict[int, tuple[list[str], bool]]
    api: FakeApi = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.api = FakeApi(self.trouble)

    def trouble(self, number: int) -> Exception | None:
        """Return the error for a number's present request."""
        errors, is_lasting = self.scripts.get(number, ([], False))
        turn = self.api.asked[number] - 1
        if turn >= len(errors) and not is_lasting:
            return None
        return ERRORS[errors[min(turn, len(errors) - 1)]]() if errors else None

    def go(self, run: Run) -> JobStatus | None:
        """Make or resume the job; return how it stands, if it came to its end."""
        left = {"requests": run.stop, "steps": run.crash}

        def crash(_: str) -> None:
            left["steps"] -= 1
            if run.crash and left["steps"] <= 0:
                raise Crash

        def stop(_: int) -> None:
            left["requests"] -= 1
            if not left["requests"]:
                job.stop()

        self.api.on_ask = stop
        with suppress(Crash, JobStoppedError):
            disk = StepDisk(crash)
            if (self.directory / "manifest.json").exists():
                job = BulkJob.open(self.directory, disk=disk)
            else:
                job = BulkJob.create(self.directory, LOOKUP, self.keys, options=SMALL, disk=disk)
            return asyncio.run(job.run(self.api, retry_failures=run.retry, sleep=Waits().sleep))
        return None

    def check(self) -> None:
        """See that what the job says is what its API has said."""
        job = BulkJob.open(self.directory)
        standings = read_tally(self.directory, read_manifest(self.directory)).standings
        found = [key for key in self.keys if standings[key - 1] == Verdict.FOUND]
        failed = {key for key in self.keys if standings[key - 1] == Verdict.FAILED}
        path = self.directory / "failures.jsonl"
        listed = [json.loads(line)["key"]["number"] for line in path.read_bytes().splitlines()] if failed else []
        assert sealed(job, is_partial=True) == expected(found)
        assert listed == sorted(failed)
        for key in self.keys:
            self.check_key(key, Verdict(standings[key - 1]))

    def check_key(self, key: int, verdict: Verdict) -> None:
        """See that a key's verdict is one that its answers allow."""
        errors, is_lasting = self.scripts.get(key, ([], False))
        allowed = {FINAL[error] for error in errors if error in FINAL}
        if not (errors and is_lasting):
            allowed.add(Verdict.FOUND if key % 10 else Verdict.EMPTY)
        if any(error not in FINAL for error in errors):
            allowed.add(Verdict.FAILED)
        assert verdict in allowed


@given(st.integers(1, MOST), scripts, runs)
@settings(max_examples=60)
def test_whatever_happens_a_job_ends_with_what_the_api_has(
    keys: int, scripts: dict[int, tuple[list[str], bool]], runs: list[Run]
) -> None:
    """Verdicts, batches, stops and crashes meet in more ways than anybody thinks of."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder) / "job", range(1, keys + 1), scripts)
        for run in runs:
            story.go(run)

        status = story.go(Run(0, 0, retry=False))

        assert status is not None
        assert status.is_complete
        assert status.total == status.found + status.empty + status.not_found + status.invalid + status.failed
        story.check()
