"""Second opinions: readers of the same formats that share no code with the package.

Where the package takes an input, a reading here has to say the same of it. Each raises `ValueError` for what it
does not take.
"""

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Final, NoReturn

_PURE: Final[Any] = json  # its decoder that is written in Python, whose branches the fuzzer sees, has no types
_HALF: Final = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")


_TEXT: Final = re.compile(r"""(?:[^\\]|\\[^u]|\\u[0-9a-fA-F]{4})*""", re.DOTALL)


def _text(source: str, begin: int, strict: bool = True) -> tuple[str, int]:  # noqa: FBT001, FBT002  (json's own way)
    """Read a text as the standard library does, but none of spaces among its digits; half a pair is U+FFFD."""
    found: str
    end: int
    found, end = _PURE.decoder.py_scanstring(source, begin, strict)
    if not _TEXT.fullmatch(source, begin, end - 1):
        raise ValueError("not the digits of a character")
    return _HALF.sub("\ufffd", found), end


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {_HALF.sub("\ufffd", name): value for name, value in pairs}


def _decoder() -> Any:
    decoder: Any = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object)
    decoder.parse_string = _text
    decoder.scan_once = _PURE.scanner.py_make_scanner(decoder)
    return decoder


_DECODER: Final = _decoder()


def json_document(body: bytes) -> Any:
    """Read one JSON document."""
    try:
        return _DECODER.decode(body.removeprefix(_BYTE_ORDER_MARK).decode("utf-8"))
    except (ArithmeticError, RecursionError) as problem:
        raise ValueError("nobody can hold it") from problem


def inflated(body: bytes, encoding: str) -> bytes:
    """Undo an encoding."""
    try:
        match encoding:
            case "gzip":
                return gzip.decompress(body) if body else b""
            case "deflate":
                return _deflated(body)
            case _:
                return body
    except (EOFError, OSError, zlib.error) as problem:
        raise ValueError("not what it says it is") from problem


def _deflated(body: bytes) -> bytes:
    """Read zlib streams, or bare ones, one behind the other."""
    found = b""
    while body:
        stream = zlib.decompressobj(zlib.MAX_WBITS if body[0] % 16 == zlib.DEFLATED else -zlib.MAX_WBITS)
        found += stream.decompress(body)
        if not stream.eof:
            raise ValueError("cut off")
        body = stream.unused_data
    return found


_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS: Final = "(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)"
_CLOCK: Final = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
# RFC 9110, section 5.6.7.
_HTTP_DATES: Final = (
    re.compile(rf"{_WEEKDAYS}, (?P<day>\d\d) (?P<month>[A-Z][a-z]{{2}}) (?P<year>\d{{4}}) {_CLOCK} GMT", re.ASCII),
    re.compile(rf"{_WEEKDAYS}day, (?P<day>\d\d)-(?P<month>[A-Z][a-z]{{2}})-(?P<year>\d\d) {_CLOCK} GMT", re.ASCII),
    re.compile(rf"{_WEEKDAYS} (?P<month>[A-Z][a-z]{{2}}) (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})", re.ASCII),
)


def http_date(text: str) -> float:
    """Read a date in one of the three forms that HTTP has, as seconds since 1970."""
    found = next((found for form in _HTTP_DATES if (found := form.fullmatch(text))), None)
    if found is None:
        raise ValueError("not an HTTP date")
    year = int(found["year"])
    if year < 100:
        year += 2000 if year < 69 else 1900
    clock = time(int(found["hour"]), int(found["minute"]), int(found["second"]), tzinfo=UTC)
    return datetime.combine(date(year, _MONTHS.index(found["month"]) + 1, int(found["day"])), clock).timestamp()


_OFFSETS: Final[Mapping[str, int]] = {"UTC": 0, "GMT": 0, "IST": 330, "SGT": 480, "EST": -300, "EDT": -240}
_TIME: Final = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
_OFFSET: Final = r"[+-]\d\d(?::?\d\d)?"
_DATE_TIME: Final = re.compile(
    rf"(?P<day>\d{{4}}-\d\d-\d\d)[T ]{_TIME}(?P<zone>Z| ?Z?{_OFFSET}| ?[A-Z]{{3,4}})?", re.ASCII
)
_PLAIN_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def plain_date(text: str) -> date:
    """Read a date as Capillary writes it."""
    if not _PLAIN_DATE.fullmatch(text):
        raise ValueError("not a date")
    return date(*map(int, text.split("-")))


def date_time(text: str, zone: tzinfo) -> datetime:
    """Read a date-time in one of the forms that Capillary sends; `zone` is the cluster's."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a date-time")
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    fraction = int((found["fraction"] or "").ljust(6, "0")[:6])
    here = datetime.combine(plain_date(found["day"]), time(hour, minute, second, fraction, zone))
    return here.replace(tzinfo=_zone((found["zone"] or "").strip(), here))


def _zone(text: str, here: datetime) -> tzinfo | None:
    """Return the zone that a text ends in; `here` is its time by the cluster's clock."""
    if text in ("", here.tzname()):
        return here.tzinfo
    if text == "Z":
        return UTC
    if text in _OFFSETS:
        return timezone(timedelta(minutes=_OFFSETS[text]))
    digits = re.sub(r"\D", "", text)
    if not digits:
        raise ValueError("not a zone")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-size if "-" in text else size)
