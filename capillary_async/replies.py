"""Tell an answer that holds data from one that refuses.

Capillary's documentation never says whether a business error comes with HTTP 200 or 4xx, so the
body is read whatever the status. Errors come in six shapes, old envelope and blank page included;
success may carry `errors` that are absent, null, empty, `[{}]` or of code 0. Everything that the
rest of the client knows of this lives here; above it there are only responses and typed errors.
"""

import re
import time
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import attrs

from capillary_async.converter import decode_json
from capillary_async.errors import (
    DecodeError,
    NotFoundError,
    Problem,
    RateLimitedError,
    ResponseError,
    ServerError,
    error_class,
)
from capillary_async.protocol import Response

# Members of an answer that is nothing but a refusal. One of them beside data is just data.
_REFUSAL_MEMBERS: Final = frozenset(
    (
        "message",
        "code",
        "errorCode",
        "status",
        "statusCode",
        "error",
        "errors",
        "warnings",
        "success",
        "timestamp",
        "path",
    )
)
# An e-mail address, or a run of digits long enough for a phone number or a customer id.
_PERSONAL: Final = re.compile(r"[^\s@]+@[^\s@]+|\+?\d(?:[ -]?\d){5,}")
_LONGEST_MESSAGE: Final = 200
# Ten digits are three centuries: what is longer is junk, and cannot overflow anything here.
_SECONDS: Final = re.compile(r"\d{1,10}(?:\.\d{1,9})?", re.ASCII)
_YEARS: Final = 10.0**9  # so many seconds can only be a date
_LONGEST_DATE: Final = 64


@attrs.frozen
class Answer:
    """What came over the wire, unread.

    Attributes:
        headers: With lower-case names.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)

    @property
    def request_id(self) -> str | None:
        """Capillary's correlation id."""
        return self.headers.get("x-cap-requestid")


def read(answer: Answer) -> Response:
    """Return the data of an answer.

    Raises:
        ResponseError: The API refused; the subclass tells why.
        DecodeError: It is a success, but not one JSON document.
    """
    is_success = 200 <= answer.status < 300
    document: Any = None
    if is_success:
        document = decode_json(answer.body)
        if document is None:
            raise DecodeError("the answer is null", retryable=True)
    else:
        document = _document_or_none(answer.body)
    problems = tuple(_errors(document))
    if problems or not is_success:
        raise refusal(answer, problems)
    return Response(document, answer.status, answer.request_id, len(answer.body), warnings_of(document))


def refusal(answer: Answer, problems: tuple[Problem, ...] = ()) -> ResponseError:
    """Build the error for an answer that refuses."""
    codes = tuple(problem.code for problem in problems if problem.code is not None)
    cls = error_class(answer.status, codes)
    if cls is ResponseError and any(problem.message.startswith("Customer is deleted") for problem in problems):
        cls = NotFoundError  # documented without any code, and possibly with status 200
    error = cls(
        _sentence(answer.status, problems), status=answer.status, problems=problems, request_id=answer.request_id
    )
    if isinstance(error, RateLimitedError | ServerError):
        error.retry_after = _asked_wait(answer.headers)
    return error


def warnings_of(document: Any) -> tuple[Problem, ...]:
    """Read the warnings that ride on a success."""
    if not isinstance(document, dict):
        return ()
    found = cast("dict[str, Any]", document).get("warnings")
    return tuple(_problems(found)) if found else ()


def _document_or_none(body: bytes) -> Any:
    """Refusals may be blank or the gateway's HTML; then the status has to speak alone."""
    try:
        return decode_json(body)
    except DecodeError:
        return None


def _errors(document: Any) -> Iterator[Problem]:
    if not isinstance(document, dict):
        return
    answer = cast("dict[str, Any]", document)
    if errors := answer.get("errors"):
        yield from _problems(errors)
    response = answer.get("response")
    if isinstance(response, dict):
        yield from _envelope(cast("dict[str, Any]", response).get("status"))
    if ("message" in answer or "errorCode" in answer) and not answer.keys() - _REFUSAL_MEMBERS:
        yield from _problems([answer])


def _envelope(status: Any) -> Iterator[Problem]:
    """The old envelope says `"success": "true"` also when the call failed; only its code tells."""
    for problem in _problems([status]):
        if problem.code is None or not 200 <= problem.code < 300:
            yield problem


def _problems(entries: Any) -> Iterator[Problem]:
    """Read a list of errors; `{}` and `{"code": 0, "message": ""}` stand for none."""
    listed = cast("list[Any]", entries) if isinstance(entries, list) else [entries]
    for entry in listed:
        if isinstance(entry, dict):
            fields = cast("dict[str, Any]", entry)
            code = _code(fields.get("code", fields.get("errorCode", fields.get("statusCode"))))
            message = _one_line(fields.get("message"))
        else:
            code, message = None, _one_line(entry)
        if code or message:
            yield Problem(code or None, message)


def _code(value: Any) -> int | None:
    """Codes come as numbers and as texts."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return None


def _one_line(message: Any) -> str:
    """Keep what helps, drop what may name a person: the API's messages can repeat what was asked for."""
    if not isinstance(message, str):
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in message[:1000]).split())
    return _PERSONAL.sub("...", text)[:_LONGEST_MESSAGE]


def _sentence(status: int, problems: tuple[Problem, ...]) -> str:
    if not problems:
        return f"the API answered HTTP {status}"
    said = "; ".join(f"{problem.code or 'no code'}: {problem.message}".rstrip(": ") for problem in problems[:3])
    return f"the API answered HTTP {status}, {said}"


def inflate(body: bytes, encoding: str, cap: int) -> bytes:
    """Undo an answer's `Content-Encoding`.

    Own code because truncation and trailing bytes must not pass, and the size must stay bounded
    while inflating: aiohttp's decoder accepts a gzip stream that was cut.

    Raises:
        DecodeError: The encoding is unknown or stacked, the data is broken, cut or too long.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        raise DecodeError("the answer's content encoding is not one that was asked for", retryable=True)
    parts: list[bytes] = []
    room = cap
    while body:
        part, body = _inflate_member(body, room)
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def _inflate_member(body: bytes, room: int) -> tuple[bytes, bytes]:
    """Inflate one gzip member or zlib stream; return it and what follows it."""
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        part = inflater.decompress(body, room + 1)
    except zlib.error:
        part = None
    if part is None:  # raised here, so that zlib's error does not hang on this one
        raise DecodeError("the answer's compressed data is broken", retryable=True)
    if len(part) > room:
        raise DecodeError("the answer is larger than max_response_bytes allows")
    if not inflater.eof:
        raise DecodeError("the answer's compressed data is cut off", retryable=True)
    return part, inflater.unused_data


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """No document describes the throttling headers, so each usual one is understood and none is needed."""
    for name in ("retry-after", "x-ratelimit-reset", "ratelimit-reset"):
        if name in headers:
            return parse_retry_after(headers[name], time.time())
    return None


def parse_retry_after(text: str, now: float) -> float | None:
    """Read the value of a `Retry-After` header, or of one of its kin.

    Args:
        text: Seconds, also with a fraction, an HTTP date, or seconds since 1970 (some gateways' reset headers).
        now: The present moment, in seconds since 1970.

    Returns:
        The seconds to wait from now, 0 when the moment has passed; `None` for anything else. Whether
        so long a wait is acceptable is for the policy to say.
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        return seconds if seconds < _YEARS else max(0.0, seconds - now)
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
