"""Jobs to which anything happens, in any order: keys that fail and recover, stops, retries."""

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
    AuthenticationError,
    CapillaryError,
    CustomerMergedError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    UnexpectedResponseError,
)
from capillary_async.jobs import BulkJob, JobStatus, JobStoppedError
from capillary_async.jobs.database import JOB_FILE
from capillary_async.jobs.store import JobStore
from tests.jobs.fakes import LOOKUP, SMALL, FakeApi, broken, down, expected, exported
from tests.jobs.virtual import go

MOST = 40
ERRORS: dict[str, Callable[[], CapillaryError]] = {
    "odd": lambda: DecodeError("odd"),
    "broken": broken,
    "down": down,
    "denied": lambda: AccessDeniedError("no scope", status=403),
    "refused": lambda: AuthenticationError("no", status=401),
    "gateway": lambda: UnexpectedResponseError("not the API", status=404),
    "blank": lambda: InvalidRequestError("wrong id", status=400),
    "unknown": lambda: NotFoundError("nobody", status=404, errors=(ApiErrorDetail(8015, ""),)),
    "merged": lambda: CustomerMergedError("merged", status=400, errors=(ApiErrorDetail(8069, ""),)),
}
FINAL = {"unknown": "not_found", "merged": "merged"}

# What a key answers at its first, second, ... request before it works; the last answer may also be for ever.
# The first key always works: where nobody is let in, a job stops, and rightly so.
answers = st.lists(st.sampled_from(sorted(ERRORS)), max_size=3)
scripts = st.dictionaries(st.integers(2, MOST), st.tuples(answers, st.booleans()), max_size=40)


@attrs.frozen
class Run:
    """How one run goes.

    Attributes:
        stop: It is stopped at this request; 0 for never.
        retry: Statuses that are looked up again, too.
    """

    stop: int
    retry: tuple[str, ...]


statuses = st.lists(st.sampled_from(["failed", "invalid", "not_found", "merged"]), max_size=2, unique=True).map(tuple)
runs = st.lists(st.builds(Run, st.integers(0, 60), statuses), max_size=4)


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
        left = run.stop

        def stop(_: int) -> None:
            nonlocal left
            left -= 1
            if not left:
                job.stop()

        self.api.on_ask = stop
        job = BulkJob.create_or_open(self.directory, LOOKUP, self.keys, options=SMALL)
        if run.retry and (self.directory / JOB_FILE).exists():
            job.retry(status=run.retry)
        with suppress(JobStoppedError):
            return go(job, self.api)
        return None

    def check(self) -> None:
        """See that what the job says is what its API has said."""
        with JobStore.open(self.directory, is_reader=True) as store:
            found = {entry.key_id: entry.status for entry in store.entries()}
        job = BulkJob.open(self.directory)
        assert exported(job) == expected(key for key in self.keys if found[key] == "found")
        for key in self.keys:
            self.check_key(key, found[key])

    def check_key(self, key: int, status: str) -> None:
        """See that a key's status is one that its answers allow."""
        errors, is_lasting = self.scripts.get(key, ([], False))
        allowed = {FINAL[error] for error in errors if error in FINAL}
        if not (errors and is_lasting):
            allowed.add("found" if key % 10 else "empty")
        if any(error not in FINAL for error in errors):
            allowed.add("failed")
        if "blank" in errors:
            allowed.add("invalid")
        assert status in allowed


@given(st.integers(1, MOST), scripts, runs)
@settings(max_examples=40)
def test_whatever_happens_a_job_ends_with_what_the_api_has(
    keys: int, scripts: dict[int, tuple[list[str], bool]], runs: list[Run]
) -> None:
    """Verdicts, batches, stops and retries meet in more ways than anybody thinks of."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder) / "job", range(1, keys + 1), scripts)
        for run in runs:
            story.go(run)

        status = story.go(Run(0, ()))

        assert status is not None
        assert status.is_complete
        counted = status.found + status.empty + status.not_found + status.merged + status.invalid + status.failed
        assert status.total == counted
        story.check()
