"""Tell an answer that holds data from one that refuses.

Capillary's documents never say whether a business error comes with HTTP 200 or 4xx, so the body is read whatever the
status. Errors come in seven shapes, the old envelope and a blank page among them. A success may have `errors` that are
absent, null, empty, `[{}]` or of code 0.

A 4xx in none of these shapes does not come from the API. A gateway or a web server behind a wrong base URL answered,
and the answer says nothing about a customer.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, Final, cast

from capillary_async.errors import (
    ApiErrorDetail,
    CustomerMergedError,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    ResponseError,
    ServerError,
    UnexpectedResponseError,
    error_class,
    is_business_error,
)
from capillary_async.options import Secret
from capillary_async.pipeline.request import InternalValue, Request, Response
from capillary_async.pipeline.retry_after import read_retry_after

Decode = Callable[[bytes | bytearray, Any, str], Any]
Clean = Callable[[Any], str]
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
        "errorDetails",
        "validationErrors",
    )
)
# A document with one of these members, or with `errors` or `warnings` that are not empty, is looked at closely.
_MAY_REFUSE: Final = frozenset(("message", "errorCode", "response", "status"))
_FIND_AGAIN: Final = "; find the customer by mobile number, e-mail address or external id"
# The enumeration that lists what an argument may be, by the code that says that it was something else.
_CHOICES: Final[Mapping[int | None, str]] = {
    8012: "Source",
    310130: "EnrollmentType",
    1110: "TransactionEmbed",
    310151: "PromotionStatus",
    310196: "MemberEnrollmentStatus",
}
# A code that is a word, such as COMMON.INVALID_INPUT.
_WORD_CODE: Final = re.compile(r"[A-Z][A-Z_.]{1,63}")
# An e-mail address; a run of digits long enough for a phone number or a customer id; anything long with
# digits in it, such as a token, a hash or a URL with an id.
_PERSONAL: Final = re.compile(r"[^\s@]+(?:@|%40)[^\s@]+|\+?\d(?:[ ().-]{0,2}\d){5,}|(?=[\w+/=.-]*\d)[\w+/=.-]{16,}")
_LONGEST_MESSAGE: Final = 200
_LARGEST_CODE: Final = 10**9
_LARGEST_STATUS: Final = 599
_NO_CONTENT: Final = 204
# Documented without any code.
_DELETED: Final = "Customer is deleted"
# Documented for a wrong customer id: "400 Bad Request with blank response".
_BLANK_400: Final = "/v2/customers/{customerId}"
_LONGEST_REQUEST_ID: Final = 128


class HttpResponse(InternalValue, frozen=True):
    """What came over the wire, unread.

    Attributes:
        headers: By lower-case names; other spellings may be in there too.
    """

    shown: ClassVar[tuple[str, ...]] = ("status", "headers")

    status: int
    headers: Mapping[str, str]
    body: bytes | bytearray


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return Capillary's correlation id. What is not one counts as none, because the id is written to logs."""
    found = headers.get("x-cap-requestid")
    if not found or len(found) > _LONGEST_REQUEST_ID or not (found.isascii() and found.isprintable()):
        return None
    return found


def read(answer: HttpResponse, request: Request[Any], decode: Decode, credentials: Iterable[Secret] = ()) -> Response:
    """Return the data of an answer.

    Args:
        answer: What came.
        request: What it answers; none of its values is repeated in an error.
        decode: Decodes a JSON document, or raises `DecodeError`. It gets the type and the member that are wanted, too.
        credentials: What the request was sent with besides its own headers; not repeated in an error either.

    Raises:
        ResponseError: The API refused; the subclass tells why.
        DecodeError: It is a success, but not one JSON document.
    """
    is_success = 200 <= answer.status < 300
    document: Any = None
    if answer.status == _NO_CONTENT and not answer.body:
        return Response(None, answer.status)  # a listing may say so behind its end
    if is_success:
        document = decode(answer.body, request.into, request.at)
        if _is_data_alone(document):
            return Response(document, answer.status)
        if document is None:
            raise DecodeError("the answer is null", retryable=True)
    else:
        # A refusal may be blank or a gateway's HTML. Then only its status counts.
        with suppress(DecodeError):
            document = decode(answer.body, request.into, request.at)
    clean = partial(_clean_message, request=request, credentials=credentials)
    errors = tuple(_errors(document, clean, is_success=is_success))
    if errors or not is_success:
        raise _refusal(answer, errors, is_documented=_is_documented(answer, document, request.path))
    return Response(document, answer.status, _warnings_of(document))


def _is_data_alone(document: Any) -> bool:
    """Say whether a document has no member that may hold an error or a warning, as most have none."""
    if document.__class__ is not dict:
        return False
    return _MAY_REFUSE.isdisjoint(document) and not document.get("errors") and not document.get("warnings")


def _refusal(answer: HttpResponse, errors: tuple[ApiErrorDetail, ...], *, is_documented: bool) -> ResponseError:
    """Build the error for an answer that refuses."""
    codes = tuple(error.code for error in errors if error.code is not None)
    cls = error_class(answer.status, codes)
    if not codes and cls in (ResponseError, UnexpectedResponseError):
        if any(error.message.startswith(_DELETED) for error in errors):
            cls = NotFoundError
        elif cls is UnexpectedResponseError and is_documented:
            cls = InvalidRequestError
    refusal = cls(
        _sentence(cls, answer.status, errors),
        status=answer.status,
        errors=errors,
        request_id=request_id(answer.headers),
    )
    if isinstance(refusal, RateLimitedError | ServerError):
        refusal.retry_after = read_retry_after(answer.status, answer.headers, time.time())
    if isinstance(refusal, ServerError) and is_business_error(codes):
        refusal.retryable = False
    return refusal


def _is_documented(answer: HttpResponse, document: Any, path: str) -> bool:
    """Return whether a refusal without any code has a shape that the API is documented to send."""
    if isinstance(document, dict) and document:
        fields = cast("dict[str, Any]", document)
        return bool(fields.get("errors") or "response" in fields or isinstance(fields.get("status"), dict))
    is_blank = document == {} or not answer.body.strip()
    return is_blank and answer.status == 400 and path == _BLANK_400


def _warnings_of(document: Any) -> tuple[ApiErrorDetail, ...]:
    """Return the warnings of a success."""
    if not isinstance(document, dict):
        return ()
    found = cast("dict[str, Any]", document).get("warnings")
    return tuple(_details(found, _clean_message)) if found else ()


def _values_of(request: Request[Any], credentials: Iterable[Secret]) -> set[str]:
    """Return the values of a request, credentials included, because an answer may repeat them."""
    values = {str(value) for value in request.path_values.values()}
    for _, argument in request.query:
        if isinstance(argument, str):
            values.update((argument, *argument.split(",")))
    held: list[Any] = [*credentials, *request.headers.values(), *(request.body or {}).values()]
    for secret in held:
        if isinstance(secret, Secret):
            values.update(secret.reveal().split())
    return {text for text in values if any(map(str.isalnum, text))}


def _errors(document: Any, clean: Clean, *, is_success: bool) -> list[ApiErrorDetail]:
    if not isinstance(document, dict):
        return []
    answer = cast("dict[str, Any]", document)
    found: list[ApiErrorDetail] = []
    if errors := answer.get("errors"):
        found += _details(errors, clean)
    response, status = answer.get("response"), answer.get("status")
    if isinstance(response, dict):
        found += _envelope_errors(cast("dict[str, Any]", response).get("status"), clean)
    if status is not None and isinstance(status, dict | list):  # rare, and the check builds a union
        found += _details(_pick_failures(status, is_success=is_success), clean)
    if ("message" in answer or "errorCode" in answer) and not answer.keys() - _REFUSAL_MEMBERS:
        found += _details([_drop_http_status(answer)], clean)
    return found


def _pick_failures(status: Any, *, is_success: bool) -> list[dict[str, Any]]:
    """Pick what failed of the rewards' `"status": {"success": false, "code": 6004}`, which one page shows as a list."""
    entries = cast("list[Any]", status if isinstance(status, list) else [status])
    objects = [cast("dict[str, Any]", entry) for entry in entries if isinstance(entry, dict)]
    return [entry for entry in objects if not is_success or entry.get("success") in (False, "false")]


def _drop_http_status(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out a `code` that repeats the HTTP status, as gateways send it: it is no code of the API."""
    code = _code(answer.get("code"))
    return answer if code is None or code > _LARGEST_STATUS else {**answer, "code": answer.get("errorCode")}


def _envelope_errors(status: Any, clean: Clean) -> list[ApiErrorDetail]:
    """Read the old envelope, which says `"success": "true"` also when the call failed; only its code tells."""
    return [detail for detail in _details([status], clean) if detail.code is None or not 200 <= detail.code < 300]


def _details(entries: Any, clean: Clean) -> Iterator[ApiErrorDetail]:
    """Read a list of errors; `{}` and `{"code": 0, "message": ""}` stand for none."""
    for entry in cast("Sequence[Any]", entries) if isinstance(entries, list) else (entries,):
        fields = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {"message": entry}
        written = fields.get("code", fields.get("errorCode"))
        code, message = _code(written), clean(fields.get("message"))
        if isinstance(written, str) and _WORD_CODE.fullmatch(written):
            message = f"{written}: {message}" if message else written
        if code or message:
            yield ApiErrorDetail(code or None, message)


def _code(value: Any) -> int | None:
    """Codes come as numbers and as texts."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_CODE:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return None


def _clean_message(message: Any, request: Request[Any] | None = None, credentials: Iterable[Secret] = ()) -> str:
    """Return a message without what may name a person, because messages can repeat what was asked for."""
    if not isinstance(message, str):
        return ""
    text = " ".join("".join(c if c.isprintable() else " " for c in message[:1000]).split())
    for asked in () if request is None else sorted(_values_of(request, credentials), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(asked)}(?!\w)", "...", text, flags=re.IGNORECASE)
    return _PERSONAL.sub("...", text)[:_LONGEST_MESSAGE]


def _sentence(cls: type[ResponseError], status: int, errors: tuple[ApiErrorDetail, ...]) -> str:
    said = "; ".join(f"{error.code or 'no code'}: {error.message}".rstrip(": ") for error in errors[:3])
    said = said.removeprefix(f"{status}: ")  # the old envelope repeats it
    answer = f"HTTP {status}, {said}" if said else f"HTTP {status}"
    if cls is UnexpectedResponseError:
        return f"{answer}: the answer does not come from the API; check the base URL"
    if 300 <= status < 400:
        return f"the API answered {answer}; redirects are not followed, check the base URL"
    hint = _FIND_AGAIN if cls is CustomerMergedError else _choices(errors)
    return f"the API answered {answer}{hint}"


def _choices(errors: tuple[ApiErrorDetail, ...]) -> str:
    """List the documented values where the API says that one of them was meant."""
    name = next((_CHOICES[error.code] for error in errors if error.code in _CHOICES), None)
    if name is None:
        return ""
    from capillary_async.models import enumerations  # noqa: PLC0415  (few errors need it, and it brings all models)

    return f"; documented are {', '.join(getattr(enumerations, name))}"
