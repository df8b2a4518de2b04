"""The targets: each checks, for any bytes, a property of one part of the package.

A target takes bytes and raises an error if the property does not hold. The package may return values and raise
documented errors. Any other exception is a finding.
"""

import gzip
import json
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import attrs

from capillary_async import Cursor, Customer, DecodeError, GroupMember, ResponseError, Target, TargetEvent, Tracker
from capillary_async.codec import Converter, decode_json, encode_json
from capillary_async.pipeline.body import Body
from capillary_async.pipeline.request import Request
from capillary_async.pipeline.responses import HttpResponse, read
from capillary_async.pipeline.retry_after import parse_retry_after
from fuzz.readings import date_time, http_date, inflated, json_document, plain_date

CAP: Final = 2**16
_NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
_CONVERTERS: Final[Mapping[tzinfo, Converter]] = {
    zone: Converter(zone) for zone in (UTC, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York"))
}
_MODELS: Final = (Customer, Target, TargetEvent, Tracker, GroupMember)
_MOBILE: Final = "919812345678"
# The package refuses JSON beyond its limits, which the reference reader may accept.
_UNBEARABLE: Final = ("too long", "too deeply")


def read_json(data: bytes) -> None:
    """The package and the reference reader accept the same documents and return the same values."""
    try:
        document = decode_json(data)
    except DecodeError as refusal:
        _check_is_no_json(data, str(refusal))
        return
    _same(document, json_document(data))


def _check_is_no_json(data: bytes, why: str) -> None:
    if any(reason in why for reason in _UNBEARABLE):
        return
    try:
        document = json_document(data)
    except ValueError:
        return
    raise AssertionError(f"{document!r} was refused: {why}")


def read_answer(data: bytes) -> None:
    """Only a successful answer with a document gives data, and an error holds no personal data."""
    statuses = (200, 204, 302, 400, 401, 404, 429, 498, 500, 521)
    status, body = statuses[data[0] % 10 if data else 0], data[1:].replace(b"%", _MOBILE.encode())
    request = Request[Any]("/v2/customers/lookup", query=(("identifierValue", _MOBILE),))
    try:
        response = read(HttpResponse(status, {"retry-after": "5"}, body), request, _CONVERTERS[UTC].decode)
    except (DecodeError, ResponseError) as refusal:
        said = str(refusal)
        assert said.isprintable()
        assert _MOBILE not in said
        assert len(said) < 1000
    else:
        assert 200 <= status < 300
        assert response.document is not None
        _same(response.document, json_document(body))


def inflate(data: bytes) -> None:
    """A body does not depend on its chunks, is not longer than the cap, and equals that of the reference reader."""
    encoding, step, body = ("gzip", "deflate", "")[data[0] % 3 if data else 0], 1 + (data[1:2] or b"\0")[0], data[2:]
    whole, cut = _put_together(body, encoding, len(body) or 1), _put_together(body, encoding, step)
    assert whole == cut
    if whole is not None:
        assert len(whole) <= CAP
        assert whole == inflated(body, encoding)


def _put_together(data: bytes, encoding: str, step: int) -> bytes | None:
    try:
        body = Body(encoding, CAP)
        for start in range(0, len(data), step):
            body.feed(data[start : start + step])
        return bytes(body.end())
    except DecodeError:
        return None


def read_retry_after(data: bytes) -> None:
    """A wait is finite and not negative; numbers and HTTP dates are read correctly."""
    text = data.decode("latin-1")
    seconds = parse_retry_after(text, _NOW)
    assert seconds is None or 0.0 <= seconds < math.inf
    if seconds is not None and not any(map(str.isalpha, text)):
        assert seconds == float(text.strip())
    with suppress(ValueError):
        assert seconds == max(0.0, http_date(text) - _NOW)


def read_dates(data: bytes) -> None:
    """An accepted date equals that of the reference reader, in each cluster's time zone."""
    text = data.decode("utf-8", "replace")
    for zone in _CONVERTERS:
        moment = _structured(text, datetime, zone)
        if moment is not None:
            _same_moment(moment, date_time(text, zone))
    day = _structured(text, date, UTC)
    assert day is None or day == plain_date(text)
    with suppress(ValueError):
        assert plain_date(text) == day


def _structured(text: str, into: type[Any], zone: tzinfo) -> Any:
    try:
        return _CONVERTERS[zone].structure(text, into)
    except DecodeError:
        return None


def _same_moment(found: datetime, expected: datetime) -> None:
    assert found.replace(tzinfo=None) == expected.replace(tzinfo=None), f"{found} is not {expected}"
    assert found.utcoffset() == expected.utcoffset(), f"{found} is not {expected}"


def read_cursor(data: bytes) -> None:
    """An accepted cursor is written back as a short text for the same position."""
    with suppress(ValueError):
        cursor = Cursor.parse(data.decode("latin-1"))
        assert Cursor.parse(str(cursor)) == cursor
        assert len(str(cursor)) < 80


def structure_models(data: bytes) -> None:
    """A document becomes a model without loss, or an error that holds nothing of the document."""
    with suppress(DecodeError):
        document = decode_json(data)
        for model in _MODELS:
            _structure(document, model)


def _structure(document: Any, model: type[Any]) -> None:
    try:
        found = _CONVERTERS[UTC].structure(document, model)
    except DecodeError as refusal:
        said = str(refusal)
        assert said.isprintable()
        assert not [text for text in _texts(document) if len(text) > 30 and text in said], said
    else:
        assert set(attrs.asdict(found, recurse=False)) >= {"extra"}
        assert isinstance(json_document(encode_json(found)), dict)


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        yield from _texts(list(cast("dict[str, Any]", document).values()))
    elif isinstance(document, list):
        for part in cast("list[Any]", document):
            yield from _texts(part)


def _same(found: Any, expected: Any) -> None:
    """Compare values and types: `1` is not `true`, and `1.0` is not `1`."""
    assert repr(found) == repr(expected), f"{found!r} is not {expected!r}"


_DOCUMENT: Final = (
    b'{"id": 7, "firstName": "Zaphodina", "value": 1.50, "a": [true, null, -0.0, 1e5, "\\u00e9\\ud83d\\ude00"]}'
)
_EVENT: Final = json.dumps(
    {
        "eventLogId": 1,
        "eventName": "TRANSACTION_ADD",
        "eventDate": "2025-01-09 12:00:12.0",
        "eventDateISO": "2025-01-09T12:00:12Z",
        "targetValue": 1.5,
        "who": "somebody",
    }
).encode()

# Each target, with its first inputs.
TARGETS: Final[Mapping[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]]] = {
    "json": (
        read_json,
        (_DOCUMENT, b"\xef\xbb\xbf[0]", b" [1E+5, -0, 0.000] ", b'"\\ud800"', b"[" * 99, b"NaN", b"2" * 400),
    ),
    "answer": (
        read_answer,
        (
            b"\0" + _DOCUMENT,
            b'\3{"errors": [{"code": 8015, "message": "no % here"}]}',
            b'\0{"response": {"status": {"success": "true", "code": "498", "message": "Token"}}}',
            b'\0{"message": "%", "warnings": [{"code": 0}]}',
        ),
    ),
    "body": (
        inflate,
        (
            b"\0\7" + gzip.compress(_DOCUMENT, mtime=0),
            b"\0\1" + gzip.compress(b"[", mtime=0) + gzip.compress(b"]", mtime=0),
            b"\1\3" + zlib.compress(_DOCUMENT),
            b"\1\3" + zlib.compress(_DOCUMENT)[2:-4],
        ),
    ),
    "retry-after": (
        read_retry_after,
        (
            b"5",
            b"1.5",
            b"Sun, 01 Mar 2026 12:00:30 GMT",
            b"Sunday, 01-Mar-26 12:00:30 GMT",
            b"Sun Mar  1 12:00:30 2026",
            b"1 Mar 2026 12:00 +0530",
        ),
    ),
    "dates": (
        read_dates,
        (
            b"2025-01-09 12:00:12.0",
            b"2026-01-08T10:03:21Z",
            b"2024-08-09T08:05:59.000+0000",
            b"2025-09-05T12:25+05:30",
            b"2024-06-24T17:37:00.000IST",
            b"2025-12-16T00:00:00Z+05:30",
            b"2025-12-16",
            b"2025-07-09T12:00:00EDT",
        ),
    ),
    "cursor": (
        read_cursor,
        (b"1.0123456789abcdef.r.100.250.fedcba9876543210", b"1.0123456789abcdef.u.007.0.fedcba9876543210"),
    ),
    "models": (structure_models, (_DOCUMENT, _EVENT, b'{"profiles": [{"identifiers": [{"type": "email"}]}]}')),
}
