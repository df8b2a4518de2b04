"""What comes in a `Retry-After` header, or one of its kin, is a number, a date, or junk."""

import math
import time
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.pipeline.retry_after import parse_retry_after, read_retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("5", 5.0), ("120", 120.0), (" 7 ", 7.0), ("1.5", 1.5), ("007", 7.0), ("999999999", 999999999.0)],
)
def test_seconds_are_read(text: str, seconds: float) -> None:
    """This is what nearly every server sends."""
    assert parse_retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 01 Mar 2026 12:00:30 GMT",
        "Sun, 01 Mar 2026 13:00:30 +0100",
        "Sunday, 01-Mar-26 12:00:30 GMT",
        "Sun Mar  1 12:00:30 2026",
        "Sun, 01 Mar 2026 12:00:30 -0000",
    ],
)
def test_every_form_of_an_http_date_is_read(text: str) -> None:
    """HTTP obliges a client to understand three forms; a date without a zone is UTC."""
    assert parse_retry_after(text, NOW) == 30.0


def test_a_date_without_a_zone_is_utc_wherever_the_client_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a laptop in Kolkata it would otherwise be hours off."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert parse_retry_after("Sun, 01 Mar 2026 12:00:30 -0000", NOW) == 30.0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_past_date_means_now() -> None:
    """Clocks differ: what was "in one second" over there may be past here."""
    assert parse_retry_after("Sun, 01 Mar 2026 11:00:00 GMT", NOW) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-5",
        "+5",
        "inf",
        "Infinity",
        "nan",
        "1e400",
        "1e3",
        "1000000000",
        "100000000000",
        "1" * 5000,
        "1_0",
        "0x10",
        "5s",
        "5, 6",
        "1.",
        ".5",
        "1.0000000001",
        "\u0665",
        "\uff15",
        "Sun, \uff101 Mar 2026 12:00:30 GMT",
        "soon",
        "Sun, 32 Mar 2026 12:00:30 GMT",
        "Sun, 01 Mar 99999999999999999999 12:00:30 GMT",
        "Sun, 01 Mar 2026 12:00:30 +9999",
        "Sun, 01 Mar 2026 12:00:30 +99999999999999999999",
        "Sun, 01 Mar 2026 12:00:30 GMT" + " " * 100 + "x",
    ],
)
def test_junk_is_no_wait(text: str) -> None:
    """A client that believes any of these sleeps for years, or crashes in the middle of an outage."""
    assert parse_retry_after(text, NOW) is None


def test_a_date_of_64_characters_is_the_longest() -> None:
    """The bound keeps hostile headers cheap; real dates have 29 characters."""
    date = "Sun, 01 Mar 2026 12:00:30 GMT"

    assert parse_retry_after(date.replace(" ", " " * 36, 1), NOW) == 30.0
    assert parse_retry_after(date.replace(" ", " " * 37, 1), NOW) is None


@given(
    st.one_of(
        st.text(),
        st.from_regex(r"\A[-+]?\d+(\.\d+)?(e\d+)?\Z"),
        st.from_regex(r"\A(\w{3,9},? )?[-\d]{1,6}[- ][A-Z][a-z]{2}[- ]\d{0,6} [\d:.]{0,9} ?[-+A-Z\d]{0,9}\Z"),
    )
)
def test_no_text_does_harm(text: str) -> None:
    """The header comes from whoever answers, and from proxies in between."""
    seconds = parse_retry_after(text, NOW)

    assert seconds is None or 0.0 <= seconds < math.inf


@given(st.datetimes(min_value=datetime(2026, 3, 2), max_value=datetime(9999, 1, 1)))  # noqa: DTZ001
def test_any_date_to_come_is_so_far_away(date: datetime) -> None:
    """The wait is exact to the second, which is all that the format holds."""
    moment = date.replace(microsecond=0, tzinfo=UTC)

    assert parse_retry_after(format_datetime(moment, usegmt=True), NOW) == moment.timestamp() - NOW


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {}, None),
        (429, {"retry-after": "7"}, 7.0),
        (503, {"retry-after": "7"}, 7.0),
        (429, {"retry-after": "7", "x-ratelimit-reset": "9"}, 7.0),
        (429, {"x-ratelimit-reset": " 9 "}, 9.0),
        (429, {"ratelimit-reset": "9"}, 9.0),
        (429, {"x-ratelimit-reset": f"{NOW + 9:.0f}"}, 9.0),
        (429, {"x-ratelimit-reset": f"{NOW * 1000 + 9500:.0f}"}, 9.5),
        (429, {"x-ratelimit-reset": f"{NOW - 9:.0f}"}, 0.0),
        (429, {"x-ratelimit-reset": "Sun, 01 Mar 2026 12:00:09 GMT"}, 9.0),
        (429, {"x-ratelimit-reset": "12345678901"}, None),
        (429, {"x-ratelimit-reset": "\u0665" * 10}, None),
        (429, {"x-ratelimit-reset": "abcdefghij"}, None),
    ],
)
def test_a_wish_is_found(status: int, headers: dict[str, str], seconds: float | None) -> None:
    """A client that comes back before the time is throttled again."""
    assert read_retry_after(status, headers, NOW) == seconds


def test_a_quota_is_no_wish() -> None:
    """A 503 that also tells when the quota renews does not ask to wait for that."""
    assert read_retry_after(503, {"x-ratelimit-reset": "42"}, NOW) is None


def test_a_junk_wish_is_not_replaced_by_another() -> None:
    """The header that is meant for this was there."""
    assert read_retry_after(429, {"retry-after": "soon", "x-ratelimit-reset": "9"}, NOW) is None
