"""Date-times are aware and exact in every form that Capillary sends."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.codec import Converter
from capillary_async.codec.dates import Dates, DateTimes
from capillary_async.errors import DecodeError
from capillary_async.models.definition import ServerDateTime

INDIA, NEW_YORK, SINGAPORE = ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Singapore")
INDIAN_OFFSET = timezone(timedelta(hours=5, minutes=30))
NOON = datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC)


@cache
def converter_of(zone: tzinfo) -> Converter:
    """Return a cached converter, as a client keeps one."""
    return Converter(zone)


def read(value: Any, into: Any = datetime, zone: tzinfo = UTC) -> Any:
    """Structure one date with the cluster's time zone."""
    return converter_of(zone).structure(value, into)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-09 12:00:12.0", NOON),
        ("2025-01-09 12:00:12", NOON),
        ("2025-01-09T12:00:12Z", NOON),
        ("2025-01-09T12:00:12.000Z", NOON),
        ("2025-01-09T12:00:12.000+0000", NOON),
        ("2025-01-09T17:30:12.000+0530", NOON),
        ("2025-01-09T17:30:12+05:30", NOON),
        ("2025-01-09T17:30+05:30", NOON - timedelta(seconds=12)),
        ("2025-01-09T17:30:12.000IST", NOON),
        ("2025-01-09 17:30:12 IST", NOON),
        ("2025-01-09T17:30:12Z+05:30", NOON),
        ("2025-01-09T07:00:12Z-05:00", NOON),
        ("2125-04-24T23:59:59Z", datetime(2125, 4, 24, 23, 59, 59, tzinfo=UTC)),
        ("Thu Jan 09 12:00:12 GMT 2025", NOON),
        ("Thu Jan 09 17:30:12 IST 2025", NOON),
        (1736424012000, NOON),
        (1736424012345, NOON + timedelta(milliseconds=345)),
        (-1000, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_every_form_that_occurs_is_read(text: str | int, expected: datetime) -> None:
    """The documentation's samples and tables have all these forms."""
    moment = read(text)

    assert moment == expected
    assert moment.utcoffset() is not None


@pytest.mark.parametrize("zone", [UTC, INDIA, NEW_YORK, SINGAPORE], ids=str)
def test_what_has_no_zone_is_in_the_clusters(zone: tzinfo) -> None:
    """The API documents that a date-time without a zone is in the cluster's time zone."""
    assert read("2025-01-09 12:00:12.0", zone=zone) == datetime(2025, 1, 9, 12, 0, 12, tzinfo=zone)
    assert read("2025-07-09 12:00:12.0", zone=zone) == datetime(2025, 7, 9, 12, 0, 12, tzinfo=zone)


def test_two_clients_have_two_clocks() -> None:
    """A shared cache of texts would give one client the other client's time zone."""
    text = "2025-01-09 12:00:12.0"

    assert read(text, zone=INDIA) - read(text, zone=UTC) == timedelta(hours=-5, minutes=-30)


@pytest.mark.parametrize(
    ("text", "zone", "offset"),
    [
        ("2025-01-09T12:00:00EST", NEW_YORK, -5),
        ("2025-07-09T12:00:00EDT", NEW_YORK, -4),
        ("2025-01-09T12:00:00EST", UTC, -5),
        ("2025-01-09T12:00:00SGT", SINGAPORE, 8),
        ("2025-01-09T12:00:00CST", ZoneInfo("Asia/Shanghai"), 8),
        ("2025-01-09T12:00:00CST", ZoneInfo("America/Chicago"), -6),
        ("2025-01-09T12:00:00IST", INDIA, 5.5),
        ("2025-01-09T12:00:00IST", ZoneInfo("Asia/Jerusalem"), 2),
        ("2025-01-09T12:00:00GMT", INDIA, 0),
    ],
)
def test_an_abbreviation_means_what_it_means_in_the_cluster(text: str, zone: tzinfo, offset: float) -> None:
    """Abbreviations are not unique: CST is used in Chicago and Shanghai, IST in India and Israel."""
    assert read(text, zone=zone).utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize(
    "value",
    [
        "2025-01-09",
        "",
        "never",
        "2025-01-09T",
        "2025-13-09 12:00:12",
        "2025-01-09 25:00:12",
        "2025-01-09T12:00:00CST",
        "2025-01-09T12:00:00XYZ",
        "2025-01-09T12:00:00Zulu",
        "2025-01-09+00:00",
        "0000-00-00 00:00:00",
        "2025-01-09 12:00:12.0 ",
        "2025-01-09T12:001+05:30",
        "2025-01-09T12:00:+05:30",
        "2025-01-09T12:00:12x+05:30",
        "2025-01-09T12001+05:30",
        "2025-01-09x12:00:12Z",
        "20250109T120012Z",
        "2025-W02-4T12:00Z",
        "٢٠٢٥-01-09 12:00:12",
        True,
        False,
        None,
        Decimal("1736424012000.0"),
        1736424012.5,
        10**30,
        [],
        {},
    ],
    ids=repr,
)
def test_what_is_no_date_time_is_an_error(value: Any) -> None:
    """A guessed date-time could be silently wrong by hours."""
    with pytest.raises(DecodeError, match=r"^the answer should be a text with a date-time, (not|which it is not)"):
        read(value)


@pytest.mark.parametrize(
    "value", ["2025-09-05T00:00:00Z", "2025-9-5", "", "20250905", "2025-W36-5", 20250905, True, None]
)
def test_what_is_no_plain_date_is_an_error(value: Any) -> None:
    """A date-time cut to a date may be another day in another zone."""
    with pytest.raises(DecodeError, match=r"^the answer should be a text with a date, (not|which it is not)"):
        read(value, date)


def test_a_number_is_never_found_by_what_was_remembered_of_another() -> None:
    """True, 1 and 1.0 are the same dict key, so a cached value could be returned for a wrong type."""
    converter = Converter(UTC)

    assert converter.structure([1, 0], list[datetime])
    for value in (True, False, Decimal(1), 1.0):
        with pytest.raises(DecodeError):
            converter.structure(value, datetime)


@given(st.dates())
def test_plain_dates_stay_dates(day: date) -> None:
    """A plain date has no zone and must not become a date-time."""
    assert read(day.isoformat(), date) == day
    assert type(read(day.isoformat(), datetime | date)) is date


MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, OFFSETS, st.sampled_from("T "), st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]))
def test_an_offset_is_kept(local: datetime, offset: timezone, separator: str, precision: str) -> None:
    """An offset in the text takes precedence over the cluster's time zone."""
    text = local.replace(tzinfo=offset).isoformat(separator, precision)

    assert read(text, zone=INDIA).isoformat(separator, precision) == text
    assert read(text, datetime | date, zone=INDIA) == read(text)


@given(MOMENTS, st.sampled_from([UTC, INDIA, NEW_YORK, SINGAPORE]))
def test_the_clusters_clock_is_used_on_every_day(local: datetime, zone: tzinfo) -> None:
    """The offset of a time zone changes in summer and over the years."""
    moment = read(local.isoformat(" ", "milliseconds"), zone=zone)

    # When clocks are set back, a text without an offset names two hours; the first one is used.
    expected = local.replace(microsecond=local.microsecond // 1000 * 1000, tzinfo=zone, fold=0)
    assert moment == expected
    assert moment.utcoffset() == expected.utcoffset()


@given(st.integers(-(10**12), 10**13))
def test_milliseconds_are_exact(milliseconds: int) -> None:
    """A conversion through float could be wrong by a microsecond."""
    since = read(milliseconds, zone=INDIA) - datetime(1970, 1, 1, tzinfo=UTC)

    assert since == timedelta(milliseconds=milliseconds)


@given(st.text())
def test_any_other_text_is_an_error_and_nothing_else(text: str) -> None:
    """A bad text from a server must be a DecodeError, never a ValueError."""
    try:
        moment = read(text)
    except DecodeError:
        return
    assert moment.utcoffset() is not None


@pytest.mark.parametrize(("table", "step"), [(DateTimes(UTC), timedelta(seconds=1)), (Dates(), timedelta(days=1))])
def test_memory_of_texts_has_an_end(table: dict[str, date], step: timedelta) -> None:
    """A bulk run reads millions of different texts, so the cache must be bounded."""
    first = NOON if isinstance(table, DateTimes) else NOON.date()
    texts = [(first + number * step).isoformat() for number in range(10_000)]

    moments = [table[text] for text in texts]

    assert [moment.isoformat() for moment in moments] == texts
    assert len(table) <= 4096


@pytest.mark.parametrize("text", ["2024-06-20T00:00:00.000Z", "2024-06-20 00:00:00"])
def test_a_zone_that_is_not_meant_is_not_believed(text: str) -> None:
    """`periodStartDateWithTimeStamp` ends in `Z` but is in the cluster's time zone."""
    moment = read(text, ServerDateTime, INDIA)

    assert moment == datetime(2024, 6, 20, tzinfo=INDIAN_OFFSET)


@pytest.mark.parametrize("text", ["", "Z", "Thu Foo 09 12:00:12 GMT 2025", "Thu Jan 39 12:00:12 GMT 2025"])
def test_what_looks_like_a_date_time_but_is_none_is_refused(text: str) -> None:
    """Both ways of reading must refuse texts that only look like date-times."""
    with pytest.raises(DecodeError):
        read(text, ServerDateTime)
