"""The figures of a live display, and what a job would cost."""

import pytest

from capillary_async.jobs import InvalidKeysError, Progress, plan
from capillary_async.jobs.manifest import STATUSES
from capillary_async.options import RateLimit


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def progress_of(total: int, clock: "Clock") -> Progress:
    """Make the progress of a job that has just begun."""
    return Progress(dict.fromkeys(STATUSES, 0), total, clock)


def test_keys_are_counted_by_their_statuses() -> None:
    """Done is what needs no further lookup."""
    progress = progress_of(10, Clock())
    for status in STATUSES:
        progress.counts[status] += 1

    assert progress.total == 10
    assert progress.done == 6
    assert progress.left == 4


def test_the_rate_is_that_of_the_last_seconds() -> None:
    """What was an hour ago says nothing about the time left."""
    clock = Clock()
    progress = progress_of(1000, clock)

    for key_id in range(300):
        clock.now += 1.0 if key_id < 100 else 0.1
        progress.counts["found"] += 1
        progress.observe()

    assert progress.rate == pytest.approx(10.0, rel=0.1)
    assert progress.seconds_left == pytest.approx(70.0, rel=0.1)
    assert progress.elapsed == pytest.approx(120.0)


def test_nothing_is_known_before_the_first_lookup() -> None:
    """A display must not divide by zero."""
    progress = progress_of(10, Clock())

    assert progress.rate == 0.0
    assert progress.seconds_left is None


def test_the_rate_does_not_outlive_what_it_was_measured_on() -> None:
    """A job that hangs must not be said to end in a second."""
    clock = Clock()
    progress = progress_of(100, clock)
    for _ in range(50):
        clock.now += 0.1
        progress.observe()

    clock.now += 11

    assert progress.rate < 1
    assert progress.silence == pytest.approx(11)


def test_it_is_time_to_look_a_few_times_a_second() -> None:
    """Not for each of a million lookups."""
    clock = Clock()
    progress = progress_of(1000, clock)
    looks = 0

    for _ in range(1000):
        clock.now += 0.01
        looks += progress.observe()

    assert 15 <= looks <= 20


def test_a_plan_counts_calls_and_time() -> None:
    """Before anything is sent."""
    found = plan("events", [(1, 2), (1, 3), (1, 2)], RateLimit(100, per=60.0))

    assert (found.keys, found.duplicates, found.calls) == (2, 1, 2)
    assert found.seconds == pytest.approx(1.2)
    assert plan("events", [(1, 2)]).seconds is None


def test_a_plan_refuses_what_a_job_would_refuse() -> None:
    """That is half of its use."""
    with pytest.raises(InvalidKeysError, match="line 2, column customer_id"):
        plan("customers", [1, 0])
