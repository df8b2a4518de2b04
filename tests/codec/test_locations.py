"""A DecodeError names the location and kind of a wrong value, and holds no personal data."""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.codec import Converter
from capillary_async.errors import DecodeError
from capillary_async.models import Customer, Target, TargetEvent, Tracker

CONVERTER = Converter(UTC)


WRONG: list[tuple[Any, Any, str]] = [
    ({"id": None}, Customer, "data.id should be a whole number, not null"),
    ({}, Customer, "data.id is missing"),
    ([], Customer, "data should be an object, not a list"),
    ("x", tuple[Tracker, ...], "data should be a list, not a text"),
    ([{"eventLogId": 1}, {"eventLogId": 2, "eventDate": 5.5}], tuple[TargetEvent, ...], "data[1].eventDate should"),
    ([{"eventLogId": 1, "eventDateISO": 5.5}], list[TargetEvent], "data[0].eventDateISO should be"),
    (
        {"id": 1, "profiles": [{"attribution": {"createdBy": {"isActive": "x"}}}]},
        Customer,
        "data.profiles[0].attribution.createdBy.isActive should be true or false or null, not a text",
    ),
    (
        {"id": 1, "profiles": [{}, {"commChannels": [{"meta": []}]}]},
        Customer,
        "data.profiles[1].commChannels[0].meta should be an object or null, not a list",
    ),
    ({"id": 1, "slabHistory": [{"from": 1}]}, Customer, "data.slabHistory[0].from should be a text or null"),
    (
        {"id": 1, "gapToRenewSummary": {"renewConfirmed": 1}},
        Customer,
        "data.gapToRenewSummary[0].renewConfirmed should",
    ),
    ({"id": 1, "filters": [{"entityIds": [1, "a"]}]}, Target, "data.filters[0].entityIds[1] should be a whole"),
    (
        {"id": 1, "targetPeriodDefaultValuesMap": {"5": {"id": "x"}}},
        Target,
        "data.targetPeriodDefaultValuesMap[...].id should be a whole number or null, not a text",
    ),
    (
        {"id": 1, "targetPeriodDefaultValuesMap": {"x": {"id": 5}}},
        Target,
        "data.targetPeriodDefaultValuesMap should be an object or null, which it is not",
    ),
    (
        {"id": 1, "updatedOn": "yesterday"},
        Tracker,
        "data.updatedOn should be a text with a date-time or null, which it is not",
    ),
]


@pytest.mark.parametrize(("value", "into", "message"), WRONG, ids=[case[2] for case in WRONG])
def test_the_innermost_place_is_named(value: Any, into: Any, message: str) -> None:
    """An answer may have 300 lines, so the error must name the exact location."""
    with pytest.raises(DecodeError) as caught:
        CONVERTER.structure(value, into, "data")

    assert str(caught.value).startswith(message)
    assert message.startswith(f"{caught.value.location} ")
    assert caught.value.location in str(caught.value)


def test_the_first_of_many_is_named() -> None:
    """One error is enough to show that the answer cannot be used."""
    with pytest.raises(DecodeError, match=r"^\[7\]\.id is missing$"):
        CONVERTER.structure([{"id": row} if row != 7 else {} for row in range(9)] + [{}], tuple[Tracker, ...])


def test_an_answer_without_a_location_is_called_so() -> None:
    """A message must not begin with an empty location."""
    with pytest.raises(DecodeError, match=r"^the answer should be an object, not null$") as caught:
        CONVERTER.structure(None, Customer)

    assert caught.value.location == ""
    assert not caught.value.retryable


SECRET = "910000000001"


@pytest.mark.parametrize(
    ("value", "into"),
    [
        ({"id": SECRET + "x", "name": SECRET}, Tracker),
        ({"id": 1, "updatedOn": SECRET}, Tracker),
        ({"id": 1, "type": {SECRET: 1}}, Tracker),
        ({SECRET: {"id": SECRET + "x"}}, Mapping[str, Tracker]),
        ({SECRET: SECRET}, dict[int, int]),
    ],
)
def test_an_error_gives_nobody_away(value: Any, into: Any) -> None:
    """Messages and local variables are logged, and a value may be a phone number."""

    def call() -> None:
        CONVERTER.structure(value.copy(), into, "data")

    with pytest.raises(DecodeError) as caught:
        call()

    frames = [entry.frame for entry in caught.traceback if "capillary_async" in str(entry.path)]
    assert SECRET not in str(caught.value)
    assert SECRET not in caught.value.location
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert frames
    assert not any(SECRET in repr(frame.f_locals) for frame in frames)


BROKEN: list[Any] = [Decimal("0.5"), True, [[]]]


@given(
    st.integers(0, 30),
    st.integers(0, 30),
    st.sampled_from(["conditionId", "name", "updatedOn"]),
    st.sampled_from(BROKEN),
)
def test_a_broken_row_is_found_wherever_it_is(before: int, after: int, key: str, broken: Any) -> None:
    """The search for the location must find every value that structuring refuses."""
    rows: list[Any] = [{"id": 1, "conditionId": 2, "name": "a"} for _ in range(before + 1 + after)]
    rows[before][key] = broken

    with pytest.raises(DecodeError) as caught:
        CONVERTER.structure(rows, tuple[Tracker, ...], "data")

    assert caught.value.location == f"data[{before}].{key}"
