"""Read dates and date-times in all the forms that Capillary sends.

`2025-01-09 12:00:12.0`, `2026-01-08T10:03:21Z`, `2024-08-09T08:05:59.000+0000`, `2025-09-05T12:25+05:30`,
`2024-06-24T17:37:00.000IST`, `2025-12-16T00:00:00Z+05:30` (the offset counts, not the `Z`), `Fri Aug 30
11:17:57 GMT 2024`, milliseconds since 1970, and plain dates. A text without a zone is in the cluster's zone.

Each text is read once and cached, because texts repeat: most events are processed in the second in which they happen.
The tables are dicts with `__missing__`, so a cached text costs one look-up and no call.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import repeat
from types import GenericAlias
from typing import Annotated, Any, Final

import msgspec

from capillary_async.codec.scalars import Mismatch
from capillary_async.models.type_hints import CalendarTypes

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_CACHE: Final = 4096
_DATE_LENGTH: Final = len("2025-09-05")
# A pattern checks the form first, because `fromisoformat` ignores a stray character between the time and the offset.
# The quantifiers are possessive, because the pattern never needs to backtrack. That halves the time.
_CLOCK: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d++)?+)?+"
_OFFSET: Final = r"[+-]\d\d(?::?\d\d)?"
_UNUSUAL: Final = re.compile(rf"({_CLOCK}) ?(?:Z({_OFFSET})|([A-Z]{{3,4}}))", re.ASCII)
_is_usual: Final = re.compile(rf"{_CLOCK}(?:Z|{_OFFSET})?+", re.ASCII).fullmatch
# Every third character, from the fifth, of the two most frequent forms: `2025-01-09 12:00:12`, with or without `.0`. If
# these characters and the length are right, `fromisoformat` finds every other mistake.
_SEPARATORS: Final = frozenset(("-- ::", "--T::"))
_SECONDS_LENGTH: Final = len("2025-01-09 12:00:12")
# The forms that `read_columns` reads in one call, by length, and whether they have a zone: `2025-01-09 12:00:12`, also
# with `.0`, `Z`, `.000Z`, `+00:00` or `.000+0000` behind it.
_FORMS: Final[Mapping[int, bool]] = {19: False, 21: False, 20: True, 24: True, 25: True, 28: True}

# The form of Java's `Date.toString`.
_JAVA: Final = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) ([A-Z]{3,4}) (\d{4})", re.ASCII)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_date_from_iso: Final = CalendarTypes.DATE.fromisoformat
_from_iso: Final = CalendarTypes.DATE_TIME.fromisoformat
_combine: Final = CalendarTypes.DATE_TIME.combine
_time_of: Final = CalendarTypes.DATE_TIME.time

# An abbreviation is not unique (Israel and Ireland use IST too), so the cluster's zone is tried first.
# These are the abbreviations of Capillary's clusters for which Python has no time zone.
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "UTC": "+00:00",
    "GMT": "+00:00",
    "IST": "+05:30",
    "SGT": "+08:00",
    "EST": "-05:00",
    "EDT": "-04:00",
}


class DateColumn:
    """A table that also reads an attribute's values in all rows of a page."""

    def read_columns(self, texts: list[Any], count: int) -> list[Any]:  # noqa: ARG002  (see `DateTimes`)
        """Return the dates of the texts of one or more columns of `count` rows, and `None` for null.

        A text that is no date raises an exception.
        """
        table: Any = self
        return [None if text is None else table[text] for text in texts]


class Dates(DateColumn, dict[Any, date]):
    """Plain dates by text."""

    def __missing__(self, value: Any) -> date:
        """Read a text that is not in the cache."""
        if value.__class__ is not str or len(value) != _DATE_LENGTH or value[7] != "-":
            raise Mismatch
        if len(self) >= _LARGEST_CACHE:
            self.clear()
        found = self[value] = _date_from_iso(value)
        return found


class _DateForm:
    """A form of date-times. msgspec reads a list of texts in this form in half the time of `fromisoformat`.

    Args:
        length: The length of a text.
        suffix: What to add to each text.
        has_zone: Whether the texts have a zone then.
    """

    def __init__(self, length: int, suffix: str, *, has_zone: bool) -> None:
        self.has_zone = has_zone
        self._gap, self._end = f'{suffix}","', f'{suffix}"]'
        self._period = length + len(self._gap)
        self._must_have_sign = length == max(_FORMS)  # a text of this length that ends with `Z` has seven digits
        item: Any = Annotated[CalendarTypes.DATE_TIME, msgspec.Meta(tz=has_zone)]
        self.read: Callable[[str], list[Any]] = msgspec.json.Decoder(GenericAlias(list, item)).decode

    def json_list(self, texts: list[Any]) -> str | None:
        """Return the texts as a JSON list for `read`, or `None` if msgspec may read one unlike `fromisoformat`.

        msgspec also accepts `t`, `z`, escapes and a seventh digit. No text has seven digits if all have the `T`, or the
        space, at the same place, because then all have the same length.
        """
        separator, count = texts[0][_DATE_LENGTH], len(texts)
        try:
            joined = self._gap.join(texts)
        except TypeError:  # one is null
            return None
        is_strict = (
            separator in " T"
            and len(joined) == self._period * count - len(self._gap)
            and joined[_DATE_LENGTH :: self._period] == separator * count
            and "z" not in joined
            and "\\" not in joined
            and (not self._must_have_sign or joined.count("+") == count)
        )
        return f'["{joined}{self._end}' if is_strict else None


class DateTimes(DateColumn, dict[Any, datetime]):
    """Aware date-times by text."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone
        self._is_utc = zone.utcoffset(None) == timedelta()
        suffix = "Z" if self._is_utc else ""  # so that msgspec makes aware date-times of texts without a zone
        self._forms = {
            length: _DateForm(length, "" if has_zone else suffix, has_zone=has_zone or self._is_utc)
            for length, has_zone in _FORMS.items()
        }

    def __missing__(self, value: Any) -> datetime:
        """Read a value that is not in the cache."""
        if value.__class__ is not str:
            return self._read_unusual(value)
        has_no_zone = value[4:17:3] in _SEPARATORS and (
            len(value) == _SECONDS_LENGTH or value[_SECONDS_LENGTH:] == ".0"
        )
        if has_no_zone and self._is_utc:
            found = _from_iso(value + "+00:00")
        elif has_no_zone or _is_usual(value):
            found = self._with_zone(_from_iso(value))
        else:
            return self._read_unusual(value)
        if len(self) >= _LARGEST_CACHE:
            self.clear()
        self[value] = found
        return found

    def read_columns(self, texts: list[Any], count: int) -> list[Any]:
        """Read all texts, or those of each column, in one call if they have one form of `_FORMS`."""
        found = self._read_alike(texts)
        if found is not None:
            return found
        if count == len(texts):
            return super().read_columns(texts, count)
        columns = [texts[start : start + count] for start in range(0, len(texts), count)]
        return [each for column in columns for each in self.read_columns(column, count)]

    def _read_alike(self, texts: list[Any]) -> list[Any] | None:
        """Read texts of one form; return `None` if they have several, or one that is not in `_FORMS`."""
        form = self._forms.get(len(texts[0])) if texts and texts[0] else None
        text = None if form is None else form.json_list(texts)
        if form is None or text is None:
            return None
        found = form.read(text)
        if form.has_zone:
            return found
        # This takes a fifth of the time of replace(tzinfo=...).
        return [*map(_combine, found, map(_time_of, found), repeat(self._zone))]

    def _with_zone(self, found: datetime) -> datetime:
        return found if found.tzinfo else _combine(found, found.time(), self._zone)

    def _read_unusual(self, value: Any) -> datetime:
        """Read a number, or a text that ends in both Z and an offset or in a zone's abbreviation."""
        if value.__class__ is int:
            return (_EPOCH + timedelta(milliseconds=value)).astimezone(self._zone)
        java = _JAVA.fullmatch(value)
        if java is not None:
            month, day, time, zone, year = java.groups()
            value = f"{year}-{_MONTHS.index(month) + 1:02}-{day} {time}{zone}"
        found = _UNUSUAL.fullmatch(value)
        if found is None:
            raise Mismatch
        clock, offset, name = found.groups()
        if offset:
            return _from_iso(clock + offset)
        here = _from_iso(clock).replace(tzinfo=self._zone)
        return here if here.tzname() == name else _from_iso(clock + _ABBREVIATIONS[name])


class DatesOrDateTimes(DateColumn, dict[Any, datetime | date]):
    """Dates or date-times by text, for keys that hold a date in one answer and a date-time in another."""

    def __init__(self, dates: Dates, date_times: DateTimes) -> None:
        super().__init__()
        self._dates = dates
        self._date_times = date_times

    def __missing__(self, value: Any) -> datetime | date:
        """Look in the table that the value belongs to."""
        is_date = value.__class__ is str and len(value) == _DATE_LENGTH
        return self._dates[value] if is_date else self._date_times[value]


class ServerDateTimes(dict[Any, datetime]):
    """Date-times in the cluster's time zone, even if their texts end in `Z`. Nothing is cached here, only below."""

    def __init__(self, date_times: DateTimes) -> None:
        super().__init__()
        self._date_times = date_times

    def __missing__(self, value: Any) -> datetime:
        """Read a text without the `Z` at its end."""
        return self._date_times[value.removesuffix("Z") if value.__class__ is str else value]


class DateTables:
    """The tables of one cluster.

    Attributes:
        dates: Plain dates.
        date_times: Aware date-times. A text without a zone is in the cluster's time zone.
        either: Dates or date-times.
        server_date_times: Date-times in the cluster's time zone, which the API wrongly marks with `Z`.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.dates: Dates = Dates()
        self.date_times: DateTimes = DateTimes(zone)
        self.server_date_times: ServerDateTimes = ServerDateTimes(self.date_times)
        self.either: DatesOrDateTimes = DatesOrDateTimes(self.dates, self.date_times)
