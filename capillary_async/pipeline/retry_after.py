"""Read when the API wants to be called again."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

# Nine digits are 31 years: what is longer is junk, and cannot overflow anything here.
_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_LONGEST_DATE: Final = 64
# A moment since 1970 has ten digits in seconds and thirteen in milliseconds, until the year 2286.
_UNITS_OF_MOMENTS: Final = {10: 1.0, 13: 0.001}


def read_retry_after(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Find out when the API wants to be called again after a refusal.

    No document describes its throttling headers, so each usual one is understood and none is needed.

    Args:
        status: HTTP status of the answer.
        headers: Of the answer, by lower-case names.
        now: The present moment, in seconds since 1970.

    Returns:
        Seconds from now, or `None` when no header says so in a way that makes sense.
    """
    if "retry-after" in headers:
        return parse_retry_after(headers["retry-after"], now)
    if status == 429:  # with any other answer these tell the state of the quota, and ask for nothing
        for name in ("x-ratelimit-reset", "ratelimit-reset"):
            if name in headers:
                return _parse_reset(headers[name].strip(), now)
    return None


def _parse_reset(text: str, now: float) -> float | None:
    """Read a reset header, which some servers send as seconds to go, others as a moment since 1970."""
    unit = _UNITS_OF_MOMENTS.get(len(text))
    if unit is not None and text.isascii() and text.isdigit():
        return max(0.0, int(text) * unit - now)
    return parse_retry_after(text, now)


def parse_retry_after(text: str, now: float) -> float | None:
    """Read the value of a `Retry-After` header.

    Args:
        text: Seconds, also with a fraction, or an HTTP date.
        now: The present moment, in seconds since 1970.

    Returns:
        The seconds to wait from now, 0 when the date has passed; `None` for anything else. Whether
        so long a wait is acceptable is for the policy to say.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = _parse_http_date(text)
    return None if moment is None else max(0.0, moment - now)


def _parse_http_date(text: str) -> float | None:
    # The standard library's parser also takes other scripts' digits, and time with every length.
    if not text.isascii() or len(text) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
