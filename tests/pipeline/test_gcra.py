"""One number keeps the limit in every window, and uses it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.options import RateLimit
from capillary_async.pipeline.gcra import Gcra
from tests.pipeline.windows import most_in_a_window

LIMITS = [(1, 1.0), (3, 0.7), (10, 60.0), (60, 60.0), (80, 1.0), (99, 60.0), (100, 60.0), (200, 1.0), (1000, 60.0)]


def press(gcra: Gcra, seconds: float, *, late: float = 0.0) -> list[float]:
    """Return the starts of callers that always wait, woken by timers that are late."""
    starts, arrival, now = [0.0], gcra.take(-1e9, 0.0)[1], 0.0
    while now < seconds:
        wait, arrival = gcra.take(arrival, now)
        if wait:
            now += wait + late
        else:
            starts.append(now)
    return starts


@pytest.mark.parametrize(("limit", "per"), LIMITS)
def test_98_percent_are_used_under_pressure(limit: int, per: float) -> None:
    """A limit that is kept by waiting too long is a slower limit."""
    starts = press(Gcra.of(RateLimit(limit, per=per)), 50 * per)

    assert most_in_a_window(starts, per) <= limit
    assert len(starts) >= 0.98 * 50 * limit


@pytest.mark.parametrize(("limit", "per"), [(10, 10.0), (60, 1.0), (99, 2.0), (200, 1.0), (1000, 1.0)])
def test_late_timers_cost_nothing(limit: int, per: float) -> None:
    """Timers of real loops are late by a millisecond or two, at each start anew."""
    starts = press(Gcra.of(RateLimit(limit, per=per)), 20 * per, late=0.0015)

    assert most_in_a_window(starts, per) <= limit
    assert len(starts) >= 0.98 * 20 * limit


@given(
    st.integers(1, 2000),
    st.floats(0.05, 600.0),
    st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 60)), max_size=40),
)
def test_no_window_holds_more_than_the_limit(limit: int, per: float, visits: list[tuple[float, int]]) -> None:
    """Whenever callers come, in whatever crowds, and however long everything stands still in between."""
    gcra = Gcra.of(RateLimit(limit, per=per))
    arrival, now, starts = -1e9, 0.0, list[float]()
    for gap, crowd in visits:
        now += gap * per
        for _ in range(crowd):
            wait, arrival = gcra.take(arrival, now)
            now += wait
            if wait:
                wait, arrival = gcra.take(arrival, now := now + 1e-9)
            starts += [now] if not wait else []

    assert most_in_a_window(starts, per) <= limit


@given(st.integers(1, 2000), st.floats(0.05, 600.0), st.data())
def test_starts_that_use_the_slack_are_still_not_too_many(limit: int, per: float, data: st.DataObject) -> None:
    """A permit may be used late by that much: any start may be, and the next ones not."""
    gcra = Gcra.of(RateLimit(limit, per=per))
    starts = press(gcra, min(1.5 * per, gcra.interval * 300))
    late = [
        start + (gcra.slack if is_late else 0.0)
        for start, is_late in zip(starts, data.draw(st.lists(st.booleans(), min_size=300)), strict=False)
    ]

    assert most_in_a_window(sorted(late), per * (1 - 1e-9)) <= limit


@given(st.integers(1, 2000), st.floats(0.05, 600.0), st.floats(0.0, 1e6))
def test_a_clock_that_goes_back_costs_one_interval(limit: int, per: float, back: float) -> None:
    """What was written down for a moment far ahead can only be from before."""
    gcra = Gcra.of(RateLimit(limit, per=per))
    _, arrival = gcra.take(-1e9, 2e6)

    wait, _ = gcra.take(arrival, 2e6 - back)

    assert wait <= gcra.interval * (1 + 1e-9) + 1e-6


@pytest.mark.parametrize(("limit", "burst"), [(10, 1), (99, 1), (100, 2), (1000, 11)])
def test_after_a_rest_a_hundredth_may_start_at_once(limit: int, burst: int) -> None:
    """A page that needs a few calls gets them without any wait."""
    gcra = Gcra.of(RateLimit(limit, per=60.0))

    arrival, taken = -1e9, 0
    while not (found := gcra.take(arrival, 1000.0))[0]:
        arrival, taken = found[1], taken + 1

    assert taken == burst
