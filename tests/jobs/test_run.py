"""How a run judges what comes back, and when it waits or stops."""

import csv
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import pytest

from capillary_async.errors import (
    AccessDeniedError,
    ApiErrorDetail,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    CustomerMergedError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnexpectedResponseError,
)
from capillary_async.jobs import BulkJob, JobOptions, JobStoppedError, Progress
from tests.jobs.fakes import FakeApi, broken, down, expected, exported, make_job
from tests.jobs.virtual import Waits, go


def code(number: int) -> tuple[ApiErrorDetail, ...]:
    """Make the list of errors that has one code."""
    return (ApiErrorDetail(number, ""),)


def outcomes(job: BulkJob) -> dict[str, dict[str, str]]:
    """Return the rows of `outcomes.csv`, by the number that was asked for."""
    job.export("jsonl", is_partial=True)
    with (job.directory / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        return {row["number"]: row for row in csv.DictReader(file)}


def business_error() -> CapillaryError:
    """Make a refusal by code that came with status 500."""
    error = ServerError("", status=500, errors=code(310126))
    error.retryable = False
    return error


def when(numbers: Container[int], error: Callable[[], BaseException]) -> Callable[[int], BaseException | None]:
    """Make trouble for some numbers."""
    return lambda number: error() if number in numbers else None


def gateway() -> CapillaryError:
    """Make what a gateway's 404 comes to."""
    return UnexpectedResponseError("the answer does not come from the API", status=404)


def blank() -> CapillaryError:
    """Make what a 400 without a word comes to in customer details."""
    return InvalidRequestError("refused", status=400)


# --- verdicts ---


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("", status=200, errors=code(8015)), "not_found"),
        (CustomerMergedError("", status=400, errors=code(8069)), "merged"),
        (InvalidRequestError("", status=400, errors=code(8013)), "invalid"),
        (business_error(), "invalid"),
        (NotFoundError("", status=410, errors=(ApiErrorDetail(None, "Customer is deleted"),)), "not_found"),
    ],
)
def test_a_refusal_by_the_apis_own_code_is_final(tmp_path: Path, error: CapillaryError, status: str) -> None:
    """Asking again for a customer who was merged into another changes nothing."""
    api = FakeApi(when([3], lambda: error))
    job = make_job(tmp_path / "job")

    found = go(job, api)

    assert getattr(found, status) == 1 + (status == "not_found")
    assert found.failed == 0
    assert api.asked[3] == 1
    assert outcomes(job)["3"]["status"] == status


@pytest.mark.parametrize("error", [gateway, blank, lambda: UnexpectedResponseError("", status=405)])
def test_a_refusal_of_everything_is_no_verdict_on_any_key(tmp_path: Path, error: Callable[[], CapillaryError]) -> None:
    """With a misspelt base URL a job would end well, and say of every customer that there is none."""
    job = make_job(tmp_path / "job", range(1, 2001))
    waits = Waits(on_wait=lambda count: job.stop() if count == 5 else None)

    with pytest.raises(JobStoppedError):
        go(job, FakeApi(lambda number: error()), on_progress=waits)

    status = job.status()
    assert status.pending == 2000
    assert not status.is_complete


def test_a_gateways_refusal_from_the_start_says_where_to_look(tmp_path: Path) -> None:
    """Nothing was ever answered, so it is not an outage."""
    api = FakeApi(lambda number: gateway())

    with pytest.raises(JobStoppedError, match="does not come from the API"):
        go(make_job(tmp_path / "job"), api)

    assert sum(api.asked.values()) == 3


def test_a_blank_400_is_final_once_it_has_come_three_times(tmp_path: Path) -> None:
    """It is the documented answer to a wrong id, and also what a gateway says."""
    api = FakeApi(when([3, 30], blank))
    job = make_job(tmp_path / "job")

    status = go(job, api)

    assert (status.invalid, status.failed) == (2, 0)
    assert api.asked[3] == api.asked[30] == 3


def test_blank_400s_that_do_not_last_are_believed_less(tmp_path: Path) -> None:
    """A gateway that refuses one request in four would cost one key in sixty its verdict."""
    api = FakeApi()
    api.trouble = lambda number: blank() if number * 7919 % 11 + api.asked[number] < 6 else None
    job = make_job(tmp_path / "job", range(1, 801))

    status = go(job, api)

    assert (status.invalid, status.failed) == (0, 0)


def test_a_failed_key_is_tried_again_in_a_later_pass(tmp_path: Path) -> None:
    """Most failures are over an hour later."""
    api = FakeApi()
    api.trouble = lambda number: broken() if number == 30 and api.asked[30] == 1 else None
    job = make_job(tmp_path / "job")

    status = go(job, api)

    assert status.failed == 0
    assert api.asked[30] == 2
    assert exported(job) == expected()


def test_a_second_try_may_come_within_the_same_batch(tmp_path: Path) -> None:
    """Only the later outcome counts."""
    api = FakeApi()
    api.trouble = lambda number: DecodeError("odd") if number == 2 and api.asked[2] == 1 else None
    job = make_job(tmp_path / "job", [1, 2, 3])

    status = go(job, api)

    assert (status.found, status.failed, status.pending) == (3, 0, 0)
    assert exported(BulkJob.open(tmp_path / "job")) == expected([1, 2, 3])


def test_later_passes_are_slower(tmp_path: Path) -> None:
    """It may have been too many at once that made them fail."""
    api = FakeApi(lambda number: DecodeError("odd") if number % 2 else None)
    job = make_job(tmp_path / "job", concurrency=8)

    go(job, api)

    assert job.progress is not None
    assert job.progress.concurrency == 2


def test_a_key_that_fails_twice_is_listed_with_its_reason(tmp_path: Path) -> None:
    """Nothing fails silently."""
    api = FakeApi(when([30], lambda: DecodeError("the answer is odd")))
    job = make_job(tmp_path / "job")

    status = go(job, api)

    assert status.failed == 1
    assert status.is_complete
    row = outcomes(job)["30"]
    assert (row["status"], row["code"], row["reason"]) == ("failed", "", "DecodeError: the answer is odd")
    assert row["requests"] == "2"
    assert row["when"]
    assert exported(job) == expected(number for number in range(1, 101) if number != 30)


def test_outcomes_have_the_code_and_every_key(tmp_path: Path) -> None:
    """Whoever gets the list mends the customers by it."""
    api = FakeApi(when([3], lambda: CustomerMergedError("merged", status=400, errors=code(8069))))
    job = make_job(tmp_path / "job")
    go(job, api)

    rows = outcomes(job)

    assert (rows["3"]["status"], rows["3"]["code"]) == ("merged", "8069")
    assert (rows["99"]["status"], rows["99"]["code"]) == ("not_found", "8015")
    assert (rows["10"]["status"], rows["1"]["status"]) == ("empty", "found")
    assert len(rows) == 100


def test_a_failure_counts_all_requests(tmp_path: Path) -> None:
    """The client's own retries are requests, too."""
    job = make_job(tmp_path / "job")

    go(job, FakeApi(when([30], lambda: DecodeError("odd", attempts=4))))

    assert outcomes(job)["30"]["requests"] == "8"


def test_of_a_foreign_error_the_place_is_kept_and_not_the_message(tmp_path: Path) -> None:
    """Errors of a user's own function may quote whom they were about."""
    job = make_job(tmp_path / "job")

    go(job, FakeApi(when([30], lambda: LookupError("asha@example.com"))))

    assert outcomes(job)["30"]["reason"].startswith("LookupError: fakes.py:")
    assert b"asha@" not in b"".join(path.read_bytes() for path in job.directory.iterdir())


def test_failed_keys_are_looked_up_again_on_request_only(tmp_path: Path) -> None:
    """`bulk retry` after the API was repaired."""
    api = FakeApi(when([30, 31], lambda: DecodeError("odd")))
    job = make_job(tmp_path / "job")
    go(job, api)
    api.trouble = lambda number: None

    assert go(job, api).failed == 2
    assert job.retry() == 2
    status = go(job, api)

    assert status.failed == 0
    assert exported(job) == expected()
    assert api.asked[30] == api.asked[31] == 3
    assert api.asked[29] == 1


def test_other_outcomes_can_be_looked_up_again_too(tmp_path: Path) -> None:
    """A till was given the wrong organisation, and for it no customer existed."""
    api = FakeApi(when([3], lambda: InvalidRequestError("", status=400, errors=code(8013))))
    job = make_job(tmp_path / "job")
    go(job, api)
    api.trouble = lambda number: None

    count = job.retry(status=["not_found", "invalid"])
    status = go(job, api)

    assert count == 2
    assert (status.invalid, status.not_found) == (0, 1)
    assert api.asked[3] == api.asked[99] == 2
    assert api.asked[1] == 1


def test_an_answer_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    """A user's own function may return anything."""
    job = BulkJob.create(tmp_path / "job", "tests.jobs.test_run:unwritable", [1, 2])

    status = go(job, FakeApi())

    assert status.failed == 2


async def unwritable(client: FakeApi, number: int) -> object:
    """Return what JSON cannot say."""
    return object()


# --- outages ---


def test_an_outage_makes_the_job_wait_and_costs_no_key(tmp_path: Path) -> None:
    """An hour of downtime at night must not leave ten thousand failures."""
    api = FakeApi()

    def mend(count: int) -> None:
        if count == 6:
            api.trouble = lambda number: None

    waits = Waits(on_wait=mend)
    api.trouble = lambda number: down() if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    status = go(job, api, on_progress=waits)

    assert waits.for_the_api == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0]
    assert status.failed == 0
    assert exported(job) == expected()
    assert sum(api.asked.values()) <= 100 + 20 + 5 + 10


def grouped(error: Exception) -> Exception:
    """Make what a task group raises."""
    return ExceptionGroup("tasks", [ValueError("mine"), error])


def caused(error: Exception) -> Exception:
    """Make a user's exception in place of this package's."""
    mine = ValueError("mine")
    mine.__cause__ = error
    return mine


@pytest.mark.parametrize("wrap", [grouped, caused])
def test_an_outage_in_a_task_group_of_a_users_function_costs_no_key(
    tmp_path: Path, wrap: Callable[[Exception], Exception]
) -> None:
    """The function has a reason to look up several things at once, or to say more than the error does."""
    api = FakeApi()

    def mend(count: int) -> None:
        if count == 3:
            api.trouble = lambda number: None

    api.trouble = lambda number: wrap(down()) if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    status = go(job, api, on_progress=Waits(on_wait=mend))

    assert status.failed == 0
    assert exported(job) == expected()


def test_a_group_of_the_apis_own_words_is_one_of_them(tmp_path: Path) -> None:
    """A task group raises even a single error as a group."""
    missing = NotFoundError("there is no such thing", status=404, errors=code(8015))
    job = make_job(tmp_path / "job")

    status = go(job, FakeApi(when([30], lambda: ExceptionGroup("tasks", [missing]))))

    assert (status.not_found, status.failed) == (2, 0)
    assert outcomes(job)["30"]["code"] == "8015"


def test_a_group_of_exceptions_of_ones_own_is_a_failure_of_the_lookup(tmp_path: Path) -> None:
    """No waiting heals it."""
    waits = Waits()
    job = make_job(tmp_path / "job")

    status = go(job, FakeApi(lambda number: ExceptionGroup("tasks", [ValueError("mine")])), on_progress=waits)

    assert status.failed == 100
    assert waits.for_the_api == []


def test_while_it_waits_the_last_error_is_shown(tmp_path: Path) -> None:
    """Who reads "waiting for the API" for ten days does not learn what to mend."""
    seen: list[tuple[str, str]] = []
    job = make_job(tmp_path / "job")

    def look(progress: Progress) -> None:
        if progress.waiting_for:
            seen.append((progress.last_error, BulkJob.open(job.directory).status().last_error))
            job.stop()

    with pytest.raises(JobStoppedError):
        go(job, FakeApi(lambda number: down()), on_progress=look)

    assert seen == [("TransportError: no answer", "TransportError: no answer")]


def test_an_outage_from_the_start_costs_one_request_a_wait(tmp_path: Path) -> None:
    """Sixty-four workers need not find out together."""
    api = FakeApi(lambda number: down())
    job = make_job(tmp_path / "job")
    waits = Waits(on_wait=lambda count: job.stop() if count == 3 else None)

    with pytest.raises(JobStoppedError):
        go(job, api, on_progress=waits)

    assert sum(api.asked.values()) == 4


def test_a_stop_ends_a_wait_at_once(tmp_path: Path) -> None:
    """Ctrl-C during an outage must not wait for five minutes."""
    job = make_job(tmp_path / "job")
    shown: list[str] = []

    def show(progress: Progress) -> None:
        shown.append(progress.waiting_for)
        job.stop("enough")

    with pytest.raises(JobStoppedError, match="enough"):
        go(job, FakeApi(lambda number: down()), on_progress=show)

    assert shown == ["the API, for 5 s"]
    assert job.status().pending == 100


def test_what_was_found_beside_the_first_failures_of_an_outage_is_not_asked_again(tmp_path: Path) -> None:
    """Sixty lookups may end together, and some of the answers are final."""
    api = FakeApi()
    api.trouble = lambda number: down() if number in range(2, 40) and api.asked[number] == 1 else None
    job = make_job(tmp_path / "job", range(1, 61), concurrency=60, batch=500)

    status = go(job, api)

    assert status.failed == 0
    assert {api.asked[number] for number in range(40, 60)} == {1}  # the last is the canary


def test_an_outage_near_the_end_costs_no_key(tmp_path: Path) -> None:
    """The last few keys are too few to make many errors in a row."""
    api = FakeApi()
    waits = Waits()
    api.trouble = lambda number: down() if sum(api.asked.values()) > 96 and not waits.seen else None
    job = make_job(tmp_path / "job")

    status = go(job, api, on_progress=waits)

    assert waits.for_the_api == [5.0]
    assert status.failed == 0
    assert exported(job) == expected()


def test_keys_that_fail_while_others_work_do_not_make_the_job_wait_for_the_api(tmp_path: Path) -> None:
    """Thirty customers for whom the server stumbles are no outage."""
    job = make_job(tmp_path / "job")
    waits = Waits()

    status = go(job, FakeApi(when(range(50, 80), broken)), on_progress=waits)

    assert waits.for_the_api == []
    assert status.failed == 30
    assert exported(job) == expected(number for number in range(1, 101) if not 50 <= number < 80)


def test_a_resumed_job_remembers_that_the_api_works(tmp_path: Path) -> None:
    """When only keys that always fail are left, waiting for each of them takes all night."""
    api = FakeApi(when(range(51, 101), broken))
    api.on_ask = lambda number: job.stop() if api.asked[51] == 2 else None
    job = make_job(tmp_path / "job")
    with pytest.raises(JobStoppedError):
        go(job, api)
    waits = Waits()
    api.on_ask = lambda number: None

    status = go(job, api, on_progress=waits)

    assert status.failed == 50
    assert waits.for_the_api == []


def test_a_key_that_worked_and_is_broken_now_does_not_make_the_job_wait_for_ever(tmp_path: Path) -> None:
    """It is asked whether the API works, and it would say no until the end of time."""
    api = FakeApi()
    api.trouble = lambda number: broken() if number == 100 or (number == 98 and api.asked[98] > 1) else None
    job = make_job(tmp_path / "job", [*range(1, 99), 100], concurrency=1)
    waits = Waits()

    status = go(job, api, on_progress=waits)

    assert status.failed == 1
    assert len(waits.for_the_api) <= 1


def test_a_job_of_one_key_that_always_fails_comes_to_an_end(tmp_path: Path) -> None:
    """Without a key that works nobody can tell an outage from a bad key, so patience must have an end."""
    job = make_job(tmp_path / "job", [30])
    waits = Waits()

    status = go(job, FakeApi(lambda number: broken()), on_progress=waits)

    assert status.failed == 1
    assert sum(waits.for_the_api) > 300, "an outage of five minutes must not make the key fail"
    assert outcomes(job)["30"]["reason"].startswith("ServerError")


@pytest.mark.parametrize("error", [lambda: DecodeError("id is missing"), blank, broken])
@pytest.mark.parametrize("keys", [2, 3, 7])
def test_a_few_keys_that_all_fail_have_one_outcome_each(
    tmp_path: Path, keys: int, error: Callable[[], CapillaryError]
) -> None:
    """Keys took turns within one look at the API, failed again and again, and the job's file was called damaged."""
    job = make_job(tmp_path / "job", range(1, keys + 1))

    status = go(job, FakeApi(lambda number: error()))

    assert (status.failed, status.pending) == (keys, 0)
    assert {row["status"] for row in outcomes(job).values()} == {"failed"}


def test_a_first_key_that_always_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    """Single lookups take turns."""
    api = FakeApi(when([1], broken))
    job = make_job(tmp_path / "job")
    waits = Waits()

    status = go(job, api, on_progress=waits)

    assert waits.for_the_api == [5.0]
    assert status.failed == 1
    assert exported(job) == expected(range(2, 101))


def test_throttling_makes_no_key_fail(tmp_path: Path) -> None:
    """A 429 while others succeed says something about the pace, not about the key."""
    api = FakeApi()
    api.trouble = lambda number: RateLimitedError("too many", status=429) if api.running >= 2 else None
    job = make_job(tmp_path / "job", concurrency=16)

    status = go(job, api)

    assert (status.found, status.failed) == (89, 0)


# --- stops ---


@pytest.mark.parametrize(
    ("error", "requests"),
    [
        (AuthenticationError("wrong password", status=401), 2),
        (ConfigurationError("the client is not open"), 1),
        (TransportError("the server's certificate is not trusted", retryable=False), 1),
    ],
)
def test_what_no_retry_can_heal_stops_the_job_at_once(tmp_path: Path, error: Exception, requests: int) -> None:
    """Thousands of refused requests get a till locked; a second key shows that the first one is not to blame."""
    api = FakeApi(lambda number: error)
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match=str(error)) as caught:
        go(job, api)

    assert caught.value.__cause__ is error
    assert sum(api.asked.values()) == requests
    assert job.status().last_error == str(error)
    go(job, FakeApi())
    assert exported(job) == expected()


@pytest.mark.parametrize(
    "error",
    [AuthenticationError("revoked", status=401), TransportError("revoked certificate", retryable=False)],
)
def test_credentials_that_are_revoked_under_way_stop_the_job(tmp_path: Path, error: Exception) -> None:
    """What is done stays done."""
    api = FakeApi()
    api.trouble = lambda number: error if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="revoked"):
        go(job, api)

    assert sum(api.asked.values()) <= 50 + 5 + 1
    assert job.status().done >= 45
    go(job, FakeApi())
    assert exported(job) == expected()


def test_access_denied_for_everybody_stops_the_job(tmp_path: Path) -> None:
    """A missing scope is no property of a key."""
    api = FakeApi(lambda number: AccessDeniedError("no scope", status=403, errors=code(4000)))
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="no scope"):
        go(job, api)

    assert sum(api.asked.values()) <= 3
    assert job.status().pending == 100


def test_access_denied_half_way_stops_the_job(tmp_path: Path) -> None:
    """Somebody took the permission away."""
    api = FakeApi()
    denied = AccessDeniedError("no scope", status=403, errors=code(4000))
    api.trouble = lambda number: denied if sum(api.asked.values()) > 50 else None
    job = make_job(tmp_path / "job")

    with pytest.raises(JobStoppedError, match="no scope"):
        go(job, api)

    assert sum(api.asked.values()) <= 50 + 5 + 21
    assert job.status().failed == 0


@pytest.mark.parametrize("error", [AccessDeniedError, AuthenticationError])
@pytest.mark.parametrize("is_resumed", [True, False])
def test_many_whom_alone_access_is_denied_do_not_stop_the_job(
    tmp_path: Path,
    is_resumed: bool,  # noqa: FBT001
    error: Any,
) -> None:
    """They are skipped and listed; in a later pass they are all that is left, one after the other."""
    api = FakeApi(when(range(1, 100, 2), lambda: error("out of bounds", status=401)))
    job = make_job(tmp_path / "job")
    if is_resumed:
        api.on_ask = lambda number: job.stop() if api.asked[3] == 2 else None
        with pytest.raises(JobStoppedError):
            go(job, api)
        api.on_ask = lambda number: None

    status = go(job, api)

    assert status.failed == 50
    assert exported(job) == expected(range(2, 101, 2))


def test_a_customer_who_may_not_be_seen_has_an_outcome_of_his_own(tmp_path: Path) -> None:
    """1044 for one customer must not be a failure of the job, night for night."""
    api = FakeApi(when([30], lambda: AccessDeniedError("no access", status=403, errors=code(1044))))
    job = make_job(tmp_path / "job")

    status = go(job, api)

    assert (status.failed, status.invalid) == (0, 1)
    assert outcomes(job)["30"]["code"] == "1044"
    assert api.asked[30] == 1


@pytest.mark.parametrize("code_of_denial", [1044, 4000, 300005])
def test_a_few_customers_who_may_not_be_seen_cost_no_wait(tmp_path: Path, code_of_denial: int) -> None:
    """Other keys show that the API works, so there is nothing to wait for."""
    denied = range(403, 2000, 400)
    api = FakeApi(when(denied, lambda: AccessDeniedError("no access", status=403, errors=code(code_of_denial))))
    waits = Waits()

    status = go(make_job(tmp_path / "job", range(1, 2001)), api, on_progress=waits)

    assert (status.failed, status.invalid) == (0, 4)
    assert {api.asked[number] for number in denied} == {1}
    assert waits.seen == []


def test_a_lookup_that_wants_to_end_the_process_fails(tmp_path: Path) -> None:
    """The exit code would say that the job is done."""
    job = make_job(tmp_path / "job")

    status = go(job, FakeApi(when([30], lambda: SystemExit(0))))

    assert status.failed == 1
    assert outcomes(job)["30"]["reason"].startswith("RuntimeError: fakes.py:")


@pytest.mark.parametrize("most", ["5%", 5])
def test_too_many_failures_stop_the_job(tmp_path: Path, most: str | int) -> None:
    """Something is wrong that nobody has thought of."""
    api = FakeApi(lambda number: DecodeError("odd") if number % 2 else None)
    job = make_job(tmp_path / "job", max_failures=most)

    with pytest.raises(JobStoppedError, match="6 keys have failed"):
        go(job, api)

    assert sum(api.asked.values()) <= 12 + 5 + 2
    status = go(job, api, max_failures="100%")
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
