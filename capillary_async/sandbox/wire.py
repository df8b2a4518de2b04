"""Text as it travels: JSON whose numbers keep the digits they were written with, and dates in every documented format."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any
from zoneinfo import ZoneInfo

import attrs



class Json(str):
    """Text that is JSON already."""

    __slots__ = ()


def to_json(value: Any) -> Json:
    """Write `value` as JSON.

    Unlike the standard library's, a `Decimal` becomes a number with all its digits: the API sends
    `1.000`, and a client that reads `1.0` has lost something.
    """
    return Json(_written(value))


def _written(value: Any) -> str:  # noqa: PLR0911  (one line for each kind of JSON value)
    match value:
        case Json():
            return value
        case str():
            return encode_basestring(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
        case Mapping():
            return "{" + ",".join(f"{encode_basestring(key)}:{_written(item)}" for key, item in value.items()) + "}"
        case Iterable():
            return "[" + ",".join(map(_written, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} has no place in JSON")


@attrs.frozen
class Dates:
    """Writes moments (seconds since 1970) in one time zone, in the formats that the documents show."""

    zone: ZoneInfo

    def at(self, moment: int) -> datetime:
        """Return the moment as the zone's clocks show it."""
        return datetime.fromtimestamp(moment, self.zone)

    def plain(self, moment: int) -> str:
        """Write `2025-01-09 12:00:12.0`, as target events do: nothing tells the zone."""
        return f"{self.at(moment):%Y-%m-%d %H:%M:%S}.0"

    def iso(self, moment: int) -> str:
        """Write `2026-01-08T10:03:21Z`, or `…+05:30` where the clock is not UTC's, as customers do."""
        return self.at(moment).isoformat(timespec="seconds").replace("+00:00", "Z")

    def doubled(self, moment: int) -> str:
        """Write `2025-12-16T00:00:00Z+05:30`, as the slab history's table says; the offset is the one meant."""
        local = self.at(moment)
        offset = local.isoformat(timespec="seconds")[19:]
        return f"{local:%Y-%m-%dT%H:%M:%S}Z{'' if offset == '+00:00' else offset}"

    def millis(self, moment: int) -> str:
        """Write `2024-08-09T08:05:59.000+0000`, as targets do."""
        return f"{self.at(moment):%Y-%m-%dT%H:%M:%S}.000{self.at(moment):%z}"

    def day(self, moment: int) -> str:
        """Write `2025-09-05`."""
        return f"{self.at(moment):%Y-%m-%d}"

    def read(self, text: str) -> int:
        """Read a date, or a date-time that may lack a zone.

        Raises:
            ValueError: It is neither.
        """
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).timestamp())


@lru_cache(maxsize=256)
def moment(text: str) -> int:
    """Return the seconds since 1970 of a UTC date or date-time, such as `2025-01-09`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
