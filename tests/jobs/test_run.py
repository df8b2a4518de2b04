"""How a run judges what comes back, and when it waits or stops."""

import json
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import pytest

from capillary_async.errors import (
    AccessDeniedError,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
)
from capillary_async.jobs import BulkJob, Disk, JobOptions, JobStoppedError, Progress
from tests.jobs.fakes import FakeApi, Waits, broken, down, expected, make_job, sealed


def failures(job: BulkJob) -> list[dict[str, Any]]:
    """Return what `failures.jsonl` lists; nothing when there is no such file."""
    path = job.directory / "failures.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def when(numbers: Container[int], error: Callable[[], BaseException]) -> Callable[[int], BaseException | None]:
    """Make trouble for some numbers."""
    return lambda number: error() if number in numbers else None


# --- verdicts ---


async def test_a_refused_key_is_invalid_for_good(tmp_path: Path) -> None:
    """Asking again for a customer who was merged into another changes nothing."""
    api = FakeApi(when([3], lambda: InvalidRequestError("merged", status=400)))
    job = make_job(tmp_path / "job")

    status = await job.run(api)

    assert status.invalid == 1
    assert status.failed == 0
    assert api.asked[3] == 1


@pytest.mark.parametrize("error", [NotFoundError("", status=404), InvalidRequestError("", status=405)])
async def test_a_gateways_refusal_is_no_verdict_on_a_key(tmp_path: Path, error: CapillaryError) -> None:
    """With a misspelt base URL a job would end well, and say of every customer that there is none."""
    job = make_job(tmp_path / "job", [1, 2, 3])

    status = await job.run(FakeApi(when([3], lambda: error)))

    assert (status.not_found, status.invalid, status.failed) == (0, 0, 1)


async def test_a_failed_key_is_tried_again_in_a_second_pass(tmp_path: Path) -> None:
    """Most failures are over an hour later."""
    api = FakeApi()
    api.trouble = lambda number: broken() if number == 30 and api.asked[30] == 1 else None
    job = make_job(tmp_path / "job")

    status = await job.run(api)

    assert status.failed == 0
    assert api.asked[30] == 2
    assert sealed(job) == expected()


async def test_a_second_try_may_come_within_the_same_batch(tmp_path: Path) -> None:
    """The journal would contradict itself if it kept both verdicts, and the job would be lost."""
    api = FakeApi()
    api.trouble = lambda number: DecodeError("odd") if number == 2 and api.asked[2] == 1 else None
    job = make_job(tmp_path / "job", [1, 2, 3])

    status = await job.run(api)

    assert (status.found, status.failed, status.pending) == (3, 0, 0)
    assert sealed(BulkJob.open(tmp_path / "job")) == expected([1, 2, 3])


async def test_the_second_pass_is_slower(tmp_path: Path) -> None:
    """It may have been too many at once that made them fail."""
    api = FakeApi(lambda number: DecodeError("odd") if number % 2 else None)
    job = make_job(tmp_path / "job", concurrency=8)

    await job.run(api)

    assert job.progress is not None
    assert job.progress.concurrency == 2


async def test_a_key_that_fails_twice_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Nothing fails silently."""
    api = FakeApi(when([30], lambda: DecodeError("the answer is odd")))
    job = make_job(tmp_path / "job")

    status = await job.run(api)

    assert status.failed == 1
    assert status.is_complete
    assert failures(job) == [
        {
            "key": {"number": 30},
            "attempts": 2,
            "error": "DecodeError",
            "status": None,
            "codes": [],
            "message": "the answer is odd",
        }
    ]
    assert sealed(job) == expected(number for number in range(1, 101) if number != 30)


async def test_a_failure_counts_all_requests(tmp_path: Path) -> None:
    """The client's own retries are attempts, too."""

    def odd() -> DecodeError:
        return DecodeError("odd", attempts=4)

    job = make_job(tmp_path / "job")

    await job.run(FakeApi(when([30], odd)))

    assert [failure["attempts"] for failure in failures(job)] == [8]


async def test_the_message_of_a_foreign_error_is_not_kept(tmp_path: Path) -> None:
    """Errors of a user's own function may quote whom they were about."""
    job = make_job(tmp_path / "job")

    await job.run(FakeApi(when([30], lambda: LookupError("asha@example.com"))))

    assert [(failure["error"], failure["message"]) for failure in failures(job)] == [("LookupError", "")]
    assert b"asha@" not in b"".join(path.read_bytes() for path in job.directory.iterdir())


async def test_failed_keys_are_looked_up_again_on_request_only(tmp_path: Path) -> None:
    """`bulk retry` after the API was repaired."""
    api = FakeApi(when([30, 31], lambda: DecodeError("odd")))
    job = make_job(tmp_path / "job")
    await job.run(api)
    api.trouble = lambda number: None

    assert (await job.run(api)).failed == 2
    status = await job.run(api, retry_failures=True)

    assert status.failed == 0
    assert sealed(job) == expected()
    assert failures(job) == []
    assert api.asked[30] == api.asked[31] == 3
    assert api.asked[29] == 1


async def test_an_answer_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    """A user's own function may return anything."""
    job = BulkJob.create(tmp_path / "job", "tests.jobs.test_run:unwritable", [1])

    status = await job.run(FakeApi())

    assert status.failed == 1


async def unwritable(client: FakeApi, number: int) -> object:
    """Return what JSON cannot say."""
    return object()


# --- outages ---


async def test_an_outage_makes_the_job_wait_and_costs_no_key(tmp_path: Path) -> None:
    """An hour of downtime at night must not leave ten thousand failures."""
    api = FakeApi()

    def mend(count: int) -> None:
        if count == 6:
            api.trouble = lambda number: None

    waits = Waits(on_wait=mend)
    api.trouble = lambda number: down() if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    status = await job.run(api, sleep=waits.sleep)

    assert waits.seconds == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0]
    assert status.failed == 0
    assert sealed(job) == expected()
    assert sum(api.asked.values()) <= 100 + 20 + 5 + 10


async def test_an_outage_from_the_start_costs_one_request_a_wait(tmp_path: Path) -> None:
    """Sixty-four workers need not find out together."""
    api = FakeApi(lambda number: down())
    job = make_job(tmp_path / "job")
    waits = Waits(on_wait=lambda count: job.stop() if count == 3 else None)

    with pytest.raises(JobStoppedError):
        await job.run(api, sleep=waits.sleep)

    assert sum(api.asked.values()) == 4


async def test_a_stop_ends_a_wait_at_once(tmp_path: Path) -> None:
    """Ctrl-C during an outage must not wait for five minutes."""
    job = make_job(tmp_path / "job")
    shown: list[str] = []

    def show(progress: Progress) -> None:
        shown.append(progress.waiting_for)
        job.stop("enough")

    with pytest.raises(JobStoppedError, match="enough"):
        await job.run(FakeApi(lambda number: down()), on_progress=show)

    assert shown == ["the API, for 5 s"]
    assert job.status().pending == 100


async def test_an_outage_near_the_end_costs_no_key(tmp_path: Path) -> None:
    """The last few keys are too few to make many errors in a row."""
    api = FakeApi()
    waits = Waits()
    api.trouble = lambda number: down() if sum(api.asked.values()) > 96 and not waits.seconds else None
    job = make_job(tmp_path / "job")

    status = await job.run(api, sleep=waits.sleep)

    assert waits.seconds == [5.0]
    assert status.failed == 0
    assert sealed(job) == expected()


async def test_keys_that_fail_while_others_work_do_not_make_the_job_wait(tmp_path: Path) -> None:
    """Thirty customers for whom the server stumbles are no outage."""
    job = make_job(tmp_path / "job")
    waits = Waits()

    status = await job.run(FakeApi(when(range(50, 80), broken)), sleep=waits.sleep)

    assert waits.seconds == []
    assert status.failed == 30
    assert sealed(job) == expected(number for number in range(1, 101) if not 50 <= number < 80)


async def test_a_resumed_job_remembers_that_the_api_works(tmp_path: Path) -> None:
    """When only keys that always fail are left, waiting for each of them takes all night."""
    api = FakeApi(when(range(51, 101), broken))
    api.on_ask = lambda number: job.stop() if api.asked[51] == 2 else None
    job = make_job(tmp_path / "job")
    with pytest.raises(JobStoppedError):
        await job.run(api)
    waits = Waits()
    api.on_ask = lambda number: None

    status = await job.run(api, sleep=waits.sleep)

    assert status.failed == 50
    assert waits.seconds == [5.0]


async def test_a_key_that_worked_and_is_broken_now_does_not_make_the_job_wait_for_ever(tmp_path: Path) -> None:
    """It is asked whether the API works, and it would say no until the end of time."""
    api = FakeApi()
    api.trouble = lambda number: broken() if number == 100 or (number == 98 and api.asked[98] > 1) else None
    job = make_job(tmp_path / "job", [*range(1, 99), 100], concurrency=1)
    waits = Waits()

    status = await job.run(api, sleep=waits.sleep)

    assert status.failed == 1
    assert waits.seconds == [5.0]


async def test_a_job_of_one_key_that_always_fails_comes_to_an_end(tmp_path: Path) -> None:
    """Without a key that works nobody can tell an outage from a bad key, so patience must have an end."""
    job = make_job(tmp_path / "job", [30])
    waits = Waits()

    status = await job.run(FakeApi(lambda number: broken()), sleep=waits.sleep)

    assert status.failed == 1
    assert len(waits.seconds) == 3
    assert failures(job)[0]["error"] == "ServerError"


async def test_a_first_key_that_always_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    """Single lookups take turns."""
    api = FakeApi(when([1], broken))
    job = make_job(tmp_path / "job")
    waits = Waits()

    status = await job.run(api, sleep=waits.sleep)

    assert waits.seconds == [5.0]
    assert status.failed == 1
    assert sealed(job) == expected(range(2, 101))


# --- stops ---


@pytest.mark.parametrize(
    "error",
    [AuthenticationError("wrong password", status=401), ConfigurationError("the client is not open")],
)
async def test_refused_credentials_stop_the_job_after_one_request(tmp_path: Path, error: Exception) -> None:
    """Thousands of refused requests get a till locked."""
    api = FakeApi(lambda number: error)
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match=str(error)) as caught:
        await job.run(api)

    assert caught.value.__cause__ is error
    assert sum(api.asked.values()) == 1
    await job.run(FakeApi())
    assert sealed(job) == expected()


async def test_credentials_that_are_revoked_under_way_stop_the_job(tmp_path: Path) -> None:
    """What is done stays done."""
    api = FakeApi()
    api.trouble = lambda number: AuthenticationError("revoked", status=401) if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="revoked"):
        await job.run(api)

    assert sum(api.asked.values()) <= 50 + 5
    assert job.status().done >= 45
    await job.run(FakeApi())
    assert sealed(job) == expected()


async def test_access_denied_for_everybody_stops_the_job(tmp_path: Path) -> None:
    """A missing scope is no property of a key."""
    api = FakeApi(lambda number: AccessDeniedError("no scope", status=403))
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="denied 20 times in a row"):
        await job.run(api)

    assert sum(api.asked.values()) <= 25


async def test_access_denied_half_way_stops_the_job(tmp_path: Path) -> None:
    """Somebody took the permission away."""
    api = FakeApi()
    api.trouble = lambda number: AccessDeniedError("no scope", status=403) if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="denied 21 times in a row"):
        await job.run(api)

    assert sum(api.asked.values()) <= 50 + 5 + 21


@pytest.mark.parametrize("is_resumed", [True, False])
async def test_many_for_whom_access_is_denied_do_not_stop_the_job(tmp_path: Path, is_resumed: bool) -> None:  # noqa: FBT001
    """In the second pass they are all that is left, one after the other, and no resuming would ever end it."""
    api = FakeApi(when(range(3, 100, 2), lambda: AccessDeniedError("out of bounds", status=403)))
    job = make_job(tmp_path / "job")
    if is_resumed:
        api.on_ask = lambda number: job.stop() if api.asked[3] == 2 else None
        with pytest.raises(JobStoppedError):
            await job.run(api)
        api.on_ask = lambda number: None

    status = await job.run(api)

    assert status.failed == 49
    assert sum(api.asked.values()) <= 100 + 49 + 10


async def test_a_lookup_that_wants_to_end_the_process_fails(tmp_path: Path) -> None:
    """The exit code would say that the job is done."""
    api = FakeApi(when([30], lambda: SystemExit(0)))
    job = make_job(tmp_path / "job")

    status = await job.run(api)

    assert status.failed == 1
    assert [failure["error"] for failure in failures(job)] == ["RuntimeError"]


async def test_access_denied_for_somebody_is_a_failure(tmp_path: Path) -> None:
    """A single customer may be out of bounds."""
    job = make_job(tmp_path / "job")

    status = await job.run(FakeApi(when([1, 30], lambda: AccessDeniedError("out of bounds", status=403))))

    assert status.failed == 2


@pytest.mark.parametrize("most", ["5%", 5])
async def test_too_many_failures_stop_the_job(tmp_path: Path, most: str | int) -> None:
    """Something is wrong that nobody has thought of."""
    api = FakeApi(lambda number: DecodeError("odd") if number % 2 else None)
    job = make_job(tmp_path / "job", max_failures=most)

    with pytest.raises(JobStoppedError, match="6 keys have failed"):
        await job.run(api)

    assert sum(api.asked.values()) <= 12 + 5
    status = await job.run(api, max_failures="100%")
    assert status.failed == 50


@pytest.mark.parametrize("wrong", ["many", "-1", "nan", "inf%", "5 %%", ""])
def test_a_wrong_limit_of_failures_is_refused_by_name(wrong: str) -> None:
    """A stop rule that never fires is worse than none."""
    with pytest.raises(ValueError, match="max_failures must be"):
        JobOptions(max_failures=wrong)


@pytest.mark.parametrize("wrong", [0, True, "some"])
def test_a_wrong_concurrency_is_refused_by_name(wrong: int | str) -> None:
    """It is written down when the job is made, and used a day later."""
    with pytest.raises(ValueError, match="concurrency must be"):
        JobOptions(concurrency=wrong)


# --- what is unsafe ---


async def long_lines(client: FakeApi, number: int) -> str:
    """Return a megabyte."""
    await client.ask(number)
    return "x" * 2**20


async def test_long_answers_are_not_gathered_without_end(tmp_path: Path) -> None:
    """Five hundred keys may have a hundred thousand rows each."""
    sizes: list[int] = []

    class Measuring(Disk):
        def write(self, file: int, data: bytes) -> None:
            sizes.append(len(data))
            super().write(file, data)

    name = "tests.jobs.test_run:long_lines"
    BulkJob.create(tmp_path / "job", name, range(1, 31), options=JobOptions(concurrency=5, batch_seconds=1e6))

    await BulkJob.open(tmp_path / "job", disk=Measuring()).run(FakeApi())

    assert sum(sizes) > 29 * 2**20
    assert max(sizes) <= 2**24 + 2**20
