"""Reference readers of the same formats, which share no code with the package.

For an input that the package accepts, a reader here must return the same value. A reader raises `ValueError` for an
input that it refuses.
"""

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Final, NoReturn

_PURE: Final[Any] = json  # the decoder in pure Python, whose branches the fuzzer can trace, has no type annotations
_HALF: Final = re.compile("[\ud800-\udfff]")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")


_TEXT: Final = re.compile(r"""(?:[^\\]|\\[^u]|\\u[0-9a-fA-F]{4})*""", re.DOTALL)


def _text(source: str, begin: int, strict: bool = True) -> tuple[str, int]:  # noqa: FBT001, FBT002  (json's own way)
    """Read a string as the standard library does, but refuse spaces in an escape; replace lone surrogates."""
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
    except (ArithmeticError, RecursionError) as cause:
        raise ValueError("beyond the limits") from cause


def inflated(body: bytes, encoding: str) -> bytes:
    """Decompress a body by its content encoding."""
    try:
        match encoding:
            case "gzip":
                return gzip.decompress(body) if body else b""
            case "deflate":
                return _deflated(body)
            case _:
                return body
    except (EOFError, OSError, zlib.error) as cause:
        raise ValueError("not compressed as declared") from cause


def _deflated(body: bytes) -> bytes:
    """Decompress zlib streams or raw deflate streams, one after the other."""
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
    """Read a date in one of HTTP's three forms, as seconds since 1970."""
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
    """Read a date in Capillary's form."""
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
    """Return the zone at the end of a text; `here` is its time in the cluster's time zone."""
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
