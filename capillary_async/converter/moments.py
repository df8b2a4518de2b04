"""Dates and date-times in all the forms that Capillary sends.

`2025-01-09 12:00:12.0`, `2026-01-08T10:03:21Z`, `2024-08-09T08:05:59.000+0000`, `2024-06-24T17:37:00.000IST`,
`2025-12-16T00:00:00Z+05:30` (the offset is the one that is meant), `2025-09-05T12:25+05:30`, milliseconds since
1970, and plain dates. What has no zone is in the cluster's.

A text is read once and remembered, for it comes again: most events are processed in the second in which they
happen. The tables are dicts that fill themselves, so a remembered text costs one look-up and no call.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final, TypeVar

from capillary_async.converter.scalars import Mismatch

T = TypeVar("T")

_CLOCK: Final = "0123456789:."
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED: Final = 4096

# Abbreviations are not unique in the world (IST is also Israel's and Ireland's). These are those of Capillary's
# own clusters that Python's time zones do not know by the same name, or that mean the same wherever they occur.
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "UTC": "+00:00",
    "GMT": "+00:00",
    "IST": "+05:30",
    "SGT": "+08:00",
    "EST": "-05:00",
    "EDT": "-04:00",
}


class Table(dict[Any, T]):
    """Reads a text when it first comes and remembers it."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[Any], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, value: Any) -> T:
        """Read a value that is not remembered. Numbers never are: `True` would find what `1` left."""
        found = self._read(value)
        if value.__class__ is str:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[value] = found
        return found


class Moments:
    """Reads dates and date-times by one cluster's clock.

    Attributes:
        date_times: Table of aware date-times.
        dates: Table of plain dates.
        either: Table of whatever the text is.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.date_times: Table[datetime] = Table(self._date_time)
        self.dates: Table[date] = Table(_plain_date)
        self.either: Table[datetime | date] = Table(self._either)

    def _either(self, value: Any) -> datetime | date:
        is_date = value.__class__ is str and len(value) == 10
        return _plain_date(value) if is_date else self._date_time(value)

    def _date_time(self, value: Any) -> datetime:
        if value.__class__ is int:
            return (_EPOCH + timedelta(milliseconds=value)).astimezone(self._zone)
        if value.__class__ is not str or value[10:11] not in {"T", " "}:
            raise Mismatch
        zone = value[16:].lstrip(_CLOCK)
        if not zone:
            return self._local(value)
        return self._zoned(value.removesuffix(zone).rstrip(), zone)

    def _local(self, text: str) -> datetime:
        if self._zone.utcoffset(None) == timedelta():
            # Half the price of attaching the zone to a finished date-time.
            return datetime.fromisoformat(text + "+00:00")
        return datetime.fromisoformat(text).replace(tzinfo=self._zone)

    def _zoned(self, text: str, zone: str) -> datetime:
        if zone[0] in "Z+-":
            return datetime.fromisoformat(text + (zone[1:] or zone if zone[0] == "Z" else zone))
        here = self._local(text)
        if here.tzname() == zone:
            return here
        if zone not in _ABBREVIATIONS:
            raise Mismatch
        return datetime.fromisoformat(text + _ABBREVIATIONS[zone])


def _plain_date(value: Any) -> date:
    if value.__class__ is not str or len(value) != 10:
        raise Mismatch
    return date.fromisoformat(value)
