"""The sandbox's answers, and the API's forms of errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from capillary_async.sandbox.wire import to_json

_JSON: Final = {"Content-Type": "application/json;charset=UTF-8"}
_HTML: Final = {"Content-Type": "text/html; charset=UTF-8"}
# The message of each of Capillary's codes, and the HTTP status that the sandbox sends with it if so configured.
CODES: Final[Mapping[int, tuple[int, str]]] = {
    885: (400, "Loyalty program is not found"),
    1044: (403, "You do not have permission to view this customer"),
    1099: (500, "Error fetching tracker data for customer."),
    1109: (400, "Maximum number of transactions that can be fetched is 1000"),
    1110: (400, "Invalid embed value"),
    1111: (400, "Invalid limit"),
    1112: (400, "Invalid offset"),
    1114: (400, "Invalid start date"),
    1115: (400, "Invalid end date"),
    1212: (400, "Invalid entity type"),
    1213: (400, "Invalid date range"),
    1619: (400, "Group id is not valid"),
    1632: (400, "Group identifier is not valid"),
    1635: (400, "Group query param is not passed."),
    1644: (400, "Primary user is not valid"),
    1645: (400, "group details passed are not valid."),
    1647: (400, "Get trackers entity type not set/invalid. supported types include USERGROUP2,CUSTOMER."),
    4000: (403, "Access denied for the access group"),
    8003: (400, "Invalid source"),
    8011: (400, "Invalid account id"),
    8012: (400, "Invalid source"),
    8013: (400, "Invalid customer identifier"),
    8015: (404, "Customer not found for the given identifiers"),
    8045: (400, "Account id is not passed"),
    8065: (404, "Customer not found in the given source"),
    8069: (409, "Customer is merged into another account"),
    8089: (400, "Customer is not enrolled in the loyalty program"),
    8116: (200, "No benefits were issued for the promotion"),
    8130: (400, "Identifier name or value is missing"),
    9001: (400, "Program id is missing or invalid"),
    9002: (400, "Promotion id is missing or invalid"),
    9013: (200, "Promotion not found"),
    11003: (400, "offset value is greater than the total number of pages"),
    11010: (400, "Date range must not exceed 60 days"),
    11013: (400, "Mandatory parameters are missing"),
    11028: (400, "Only one of tillId, tillIds, storeId, storeCode can be passed"),
    11029: (400, "limit must be from 1 to 100"),
    300004: (400, "Invalid page or size"),
    310011: (400, "Invalid userId"),
    310017: (200, "Target group not found"),
    310018: (404, "Target rule not found"),
    310019: (404, "Target period not found"),
    310130: (400, "Invalid enrollment type as input"),
    310149: (404, "No record found in user target for given UserId and TargetId"),
    310151: (400, "Invalid promotion status"),
    310192: (200, "Member not found"),
    310194: (200, "Promotion not found for the member"),
    310195: (400, "size must be from 1 to 20"),
    310196: (400, "Invalid member enrollment status"),
    320001: (401, "Invalid client key and secret"),
}


def _as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else (body if isinstance(body, str) else to_json(body)).encode()


@attrs.frozen(kw_only=True)
class Answer:
    """An answer of the server, or of a script.

    Attributes:
        status: HTTP status.
        body: Bytes, text, or a value that JSON can represent; stored as bytes.
        headers: Header lines. The content type is JSON unless a header says otherwise.
        delay: Seconds to wait before answering, on top of the sandbox's latency.
        abort: Drop the connection instead of answering.
        cut_at: Send this number of bytes of the body, then drop the connection.
        through: For scripts: keep the status and the body of the sandbox's normal answer, and add only this answer's
            headers, delay, abort and cut.
    """

    status: int = attrs.field(default=200, validator=[attrs.validators.ge(200), attrs.validators.lt(600)])
    body: bytes = attrs.field(default=b"", converter=_as_bytes)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    delay: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))
    abort: bool = False
    cut_at: int | None = attrs.field(default=None, validator=attrs.validators.optional(attrs.validators.ge(0)))
    through: bool = False

    @classmethod
    def html(cls, status: int) -> "Answer":
        """Return the answer of the gateway in front of the API when the API fails."""
        body = f"<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"
        return cls(status=status, body=body, headers=_HTML)

    @classmethod
    def throttled(cls, retry_after: str | None = None) -> "Answer":
        """Return a 429; no document shows its body."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return cls(status=429, body="Too Many Requests", headers={"Content-Type": "text/plain"} | headers)

    def altered(self, by: "Answer") -> "Answer":
        """Return this answer with the headers, the delay, the abort and the cut of another."""
        return attrs.evolve(
            self, headers={**self.headers, **by.headers}, delay=by.delay, abort=by.abort, cut_at=by.cut_at
        )


BLANK: Final = Answer(status=400)


def document(value: Any, status: int = 200) -> Answer:
    """Return an answer with a JSON document."""
    return Answer(status=status, body=value, headers=_JSON)


@attrs.frozen
class ErrorResponses:
    """Makes error answers in the form of each part of the API.

    Attributes:
        with_status: Send the HTTP status of the code; otherwise every refusal has the status 200. No document says
            which of the two the API does.
        envelope_code: Whether the old envelope writes its code as text or as a number.
    """

    with_status: bool
    envelope_code_as_text: bool

    def _refusal(self, status: int, body: Any) -> Answer:
        return document(body, status if self.with_status else 200)

    def v3(self, code: int) -> Answer:
        """Refuse as `/v3` does."""
        status, message = CODES[code]
        return self._refusal(status, {"data": None, "errors": [{"code": code, "message": message}], "warnings": None})

    def token(self) -> Answer:
        """Refuse a key and secret; only this answer has no `warnings`."""
        status, message = CODES[320001]
        return self._refusal(status, {"data": None, "errors": [{"code": 320001, "message": message}]})

    def v2(self, code: int, *, beside: Mapping[str, Any] | None = None) -> Answer:
        """Refuse as `/v2` does, with the keys that the endpoint sends `beside` its errors."""
        status, message = CODES[code]
        errors = [{"status": False, "code": code, "message": message}]
        return self._refusal(status, {**(beside or {}), "errors": errors})

    def deleted(self) -> Answer:
        """Refuse because the customer was deleted; no other answer has this form."""
        return self._refusal(410, {"message": "Customer is deleted after PII delete request"})

    def envelope(self, code: int, message: str) -> Answer:
        """Refuse in the old envelope, whose `success` is "true" although the call failed."""
        written: int | str = str(code) if self.envelope_code_as_text else code
        return self._refusal(code, {"response": {"status": {"success": "true", "code": written, "message": message}}})


def warning(message: str, code: int = 33000) -> dict[str, Any]:
    """Return a warning of a successful answer, which has `"status": false`."""
    return {"status": False, "code": code, "message": message}


def listing(pagination: Mapping[str, Any] | None, rows: Sequence[Any], warnings: Sequence[Any] = ()) -> Answer:
    """Return an answer with a page of rows; if `pagination` is `None`, the answer has no such key."""
    head = {} if pagination is None else {"pagination": pagination}
    return document({**head, "data": rows, "errors": [], "warnings": warnings})
