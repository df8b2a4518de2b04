"""The API's text formats: JSON whose numbers keep all digits, and dates in every documented form."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs


class Json(str):
    """A string that holds JSON."""

    __slots__ = ()


def to_json(value: Any) -> Json:
    """Write `value` as JSON.

    A `Decimal` becomes a number with all its digits, which the standard library's `json` does not support. The API
    sends `1.000`, and a client must not read `1.0`.

    Raises:
        KeyError: JSON has no form for the type of a value.
    """
    return Json(_WRITERS[type(value)](value))


def _members(value: Mapping[str, Any]) -> str:
    members = [f"{encode_basestring(key)}:{_WRITERS[type(item)](item)}" for key, item in value.items()]
    return "{" + ",".join(members) + "}"


def _items(value: Iterable[Any]) -> str:
    return "[" + ",".join([_WRITERS[type(item)](item) for item in value]) + "]"


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    Json: str,
    str: encode_basestring,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    Decimal: lambda value: format(value, "f"),
    dict: _members,
    list: _items,
    tuple: _items,
}


@attrs.frozen
class Dates:
    """Formats moments (seconds since 1970) in one time zone, in the documented forms."""

    zone: ZoneInfo

    def naive(self, moment: int) -> str:
        """Write `2025-01-09 12:00:12.0`, as target events do, without a zone."""
        return f"{_local(self.zone, moment)[:19].replace('T', ' ')}.0"

    def iso(self, moment: int) -> str:
        """Write `2026-01-08T10:03:21Z`, or `…+05:30` in a zone other than UTC, as customers do."""
        return _local(self.zone, moment).replace("+00:00", "Z")

    def doubled(self, moment: int) -> str:
        """Write `2025-12-16T00:00:00Z+05:30`, as in the slab history's document; the offset is the true one."""
        local = _local(self.zone, moment)
        return f"{local[:19]}Z{local[19:].replace('+00:00', '')}"

    def millis(self, moment: int) -> str:
        """Write `2024-08-09T08:05:59.000+0000`, as targets do."""
        local = _local(self.zone, moment)
        return f"{local[:19]}.000{local[19:].replace(':', '')}"

    def day(self, moment: int) -> str:
        """Write `2025-09-05`."""
        return _local(self.zone, moment)[:10]

    def read(self, text: str) -> int:
        """Read a date, or a date-time with or without a zone.

        Raises:
            ValueError: The text is neither.
        """
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).timestamp())


@lru_cache(maxsize=10_000)
def _local(zone: ZoneInfo, moment: int) -> str:
    return datetime.fromtimestamp(moment, zone).isoformat(timespec="seconds")


@lru_cache(maxsize=256)
def moment(text: str) -> int:
    """Return the seconds since 1970 of a UTC date or date-time, such as `2025-01-09`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
