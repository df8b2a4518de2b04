"""The sandbox's text formats are exact."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.sandbox.seeded_random import SeededRandom
from capillary_async.sandbox.wire import Dates, Json, moment, to_json

MOMENT = moment("2025-01-09T12:00:12")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_json_reads_back_as_what_was_written(value: Any) -> None:
    """The sandbox has its own encoder, so the standard library checks it."""
    assert json.loads(to_json(value)) == value


def test_decimals_keep_their_digits() -> None:
    """The API sends 221350.000 and 1.000, and clients must keep the zeros."""
    assert to_json([Decimal("221350.000"), Decimal("1.000"), Decimal("-0.50")]) == "[221350.000,1.000,-0.50]"


def test_json_inside_json_stays_as_it_is() -> None:
    """Rows are encoded once and then cached."""
    assert to_json({"data": [Json('{"a":1.0}')]}) == '{"data":[{"a":1.0}]}'


@pytest.mark.parametrize(
    ("write", "utc", "kolkata"),
    [
        (Dates.naive, "2025-01-09 12:00:12.0", "2025-01-09 17:30:12.0"),
        (Dates.iso, "2025-01-09T12:00:12Z", "2025-01-09T17:30:12+05:30"),
        (Dates.doubled, "2025-01-09T12:00:12Z", "2025-01-09T17:30:12Z+05:30"),
        (Dates.millis, "2025-01-09T12:00:12.000+0000", "2025-01-09T17:30:12.000+0530"),
        (Dates.day, "2025-01-09", "2025-01-09"),
    ],
)
def test_dates_have_the_documented_formats(write: Callable[[Dates, int], str], utc: str, kolkata: str) -> None:
    """Dates are in the cluster's time zone, in one of several formats."""
    assert write(Dates(ZoneInfo("UTC")), MOMENT) == utc
    assert write(Dates(ZoneInfo("Asia/Kolkata")), MOMENT) == kolkata


@pytest.mark.parametrize("text", ["2025-01-09 17:30:12", "2025-01-09T12:00:12Z", "2025-01-09T17:30:12+05:30"])
def test_a_date_without_a_zone_is_in_the_clusters(text: str) -> None:
    """Filters by date of joining have no zone."""
    assert Dates(ZoneInfo("Asia/Kolkata")).read(text) == MOMENT


@given(st.lists(st.integers() | st.text(), max_size=4), st.integers(1, 10**6))
def test_seeded_values_repeat_and_stay_in_bounds(key: list[int | str], bound: int) -> None:
    """Two runs with one seed must have the same data."""
    numbers = [SeededRandom(*key).below(bound) for _ in range(2)]

    assert numbers[0] == numbers[1]
    assert 0 <= numbers[0] < bound


def test_similar_keys_have_different_values() -> None:
    """Similar keys, such as 12 and (1, 2), must give different data."""
    assert SeededRandom(1).below(2**60) != SeededRandom(2).below(2**60)
    assert SeededRandom(12).below(2**60) != SeededRandom(1, 2).below(2**60)
    assert SeededRandom("1").below(2**60) != SeededRandom(1).below(2**60)


def test_an_amount_has_its_digits() -> None:
    """Three decimal places mean three digits, zeros included."""
    amounts = [SeededRandom("amount", number).amount(5, 3) for number in range(200)]

    assert all(0 <= amount < 5 and amount.as_tuple().exponent == -3 for amount in amounts)
