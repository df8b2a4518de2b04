"""Every error that this package raises on purpose.

CapillaryError
├── ConfigurationError            the client's settings are wrong
├── InvalidArgumentError          (also a ValueError) an argument is wrong; nothing was sent
├── TransportError                no usable answer arrived
│   └── DeadlineExceeded          (also a TimeoutError) the call's deadline passed
├── ResponseError                 the API refused the call
│   ├── AuthenticationError       401, 498, 320001
│   ├── AccessDeniedError         403, 4000, 1044, 300005
│   ├── NotFoundError             8015, 8065, 1619, 1645, 9013, 310011, 310017, 310018, 310019, 310192, 310194, and
│   │                             404 as a code
│   ├── CustomerMergedError       8069
│   ├── InvalidRequestError       other codes of a 4xx; a blank 400 of a customer's details
│   ├── RateLimitedError          429
│   ├── ServerError               5xx, 461, 520-524, 1099, 4001, 11002
│   └── UnexpectedResponseError   any other 4xx without a code: the answer does not come from the API
├── DecodeError                   the answer is not what the API documents
├── TableError                    rows do not fit a table (Arrow, Parquet)
└── PaginationError               the pages of a listing contradict each other
    ├── RepeatedPageError
    └── IncompleteListingError

One `except CapillaryError` is enough in a service. Messages name the path template of the call, never an id, a phone
number or an e-mail address, because errors are logged and logs must not hold personal data.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs


@attrs.frozen
class ApiErrorDetail:
    """One entry of an answer's `errors` or `warnings` list.

    Attributes:
        code: Capillary's error number; `None` when the answer has no code, or a code that is a word.
        message: The API's message on one line. A code that is a word stands before it. Runs of digits and addresses
            are removed, because they may belong to a person.
    """

    code: int | None
    message: str


class CapillaryError(Exception):
    """The class that all errors of this package derive from.

    Attributes:
        path: The path template of the call, such as `/v2/customers/{customerId}`; `None` outside a call.
        attempts: Number of requests that were sent for the call.
        cursor: Where a listing can be resumed (a `Cursor`), or `None` when no listing was running.
        retryable: Whether the same call may succeed later.
    """

    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        attempts: int = 0,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.attempts = attempts
        self.cursor: Any = None
        if retryable is not None:
            self.retryable = retryable

    def __str__(self) -> str:
        """Return the message and the path template on one line."""
        message = str(self.args[0])
        return f"{message} ({self.path})" if self.path else message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the error with all attributes. A subclass may have any constructor."""
        return _restore, (type(self), self.args), self.__dict__


def _restore(cls: type[CapillaryError], args: tuple[Any, ...]) -> CapillaryError:
    error = cls.__new__(cls, *args)
    error.args = args
    return error


class ConfigurationError(CapillaryError):
    """The client's settings are wrong, or the client is used where it cannot work."""


class InvalidArgumentError(CapillaryError, ValueError):
    """An argument is wrong. The message names it; nothing was sent."""


class TransportError(CapillaryError):
    """No usable answer arrived: the connection failed, broke or timed out."""

    retryable = True


class DeadlineExceeded(TransportError, TimeoutError):  # noqa: N818  (named like those of the standard library)
    """The call's deadline passed before an answer arrived."""

    retryable = False


class ResponseError(CapillaryError):
    """The API refused the call.

    Attributes:
        status: HTTP status of the answer. Some of the API's errors have the status 200.
        codes: Capillary's error codes, in the order of the answer.
        errors: The errors with codes and messages, in the order of the answer.
        request_id: The answer's `X-Cap-Requestid`; Capillary's support asks for it.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        errors: tuple[ApiErrorDetail, ...] = (),
        request_id: str | None = None,
        path: str | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(message, path=path, attempts=attempts)
        self.status = status
        self.errors = errors
        self.request_id = request_id

    @property
    def codes(self) -> tuple[int, ...]:
        """Capillary's error codes, in the order of the answer."""
        return tuple(error.code for error in self.errors if error.code is not None)


class AuthenticationError(ResponseError):
    """The API refused the password, the key and secret, or the token."""


class AccessDeniedError(ResponseError):
    """The credentials are valid, but they do not allow this call."""


class NotFoundError(ResponseError):
    """There is no such customer, group, target or period."""


class CustomerMergedError(ResponseError):
    """The customer was merged into another customer; the API does not say which one.

    `customers.find_id` finds that customer by the mobile number, the e-mail address or the external id.
    """


class InvalidRequestError(ResponseError):
    """The API rejected the request as wrong; the same request will fail again."""


class UnexpectedResponseError(ResponseError):
    """The answer is a 4xx without an error code of the API, so the API did not send it.

    A gateway or a web server answered. The usual cause is a wrong base URL.
    """


class RateLimitedError(ResponseError):
    """The API received too many calls in a period.

    Attributes:
        retry_after: Seconds that the API asks to wait; `None` when the answer has no usable `Retry-After`.
    """

    retryable = True
    retry_after: float | None = None


class ServerError(ResponseError):
    """The API, or the gateway in front of it, failed; the request itself may be correct.

    A 5xx with a business code of the API, such as 310126, is a refusal and therefore not retryable.

    Attributes:
        retry_after: Seconds that the API asks to wait; `None` when the answer has no usable `Retry-After`.
    """

    retryable = True
    retry_after: float | None = None


class DecodeError(CapillaryError):
    """The answer is not what the API documents.

    Attributes:
        location: Path of the wrong value in the answer, such as `data[3].eventDate`; empty for the whole answer.
    """

    def __init__(
        self,
        message: str,
        *,
        location: str = "",
        path: str | None = None,
        attempts: int = 0,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, path=path, attempts=attempts, retryable=retryable)
        self.location = location


class TableError(CapillaryError):
    """Rows do not fit a table, or their class has no columns.

    Attributes:
        row: Number of the row, from 0; `None` when the class has no columns.
        location: Path of the value in the row, such as `identifiers[0].value`; empty for the whole row.
    """

    def __init__(self, message: str, *, row: int | None = None, location: str = "") -> None:
        super().__init__(message)
        self.row = row
        self.location = location


class PaginationError(CapillaryError):
    """The pages of a listing contradict each other."""


class RepeatedPageError(PaginationError):
    """The server sent the same page again instead of the next one, so the listing would never end."""


class IncompleteListingError(PaginationError):
    """The server announced more rows than it sent, also after one more request.

    Attributes:
        expected: Number of rows that the last answer announced.
        received: Number of rows that arrived.
    """

    def __init__(
        self,
        message: str,
        *,
        expected: int,
        received: int,
        path: str | None = None,
        attempts: int = 0,
    ) -> None:
        super().__init__(message, path=path, attempts=attempts, retryable=True)
        self.expected = expected
        self.received = received


class PartialListingWarning(UserWarning):
    """The API returned a part of a listing and offers no way to get the rest."""


# The only table of codes. It holds Capillary's codes and HTTP statuses together, because they do not overlap
# and the old envelope sends statuses as codes.
_CODES: Final[tuple[tuple[type[ResponseError], tuple[int, ...]], ...]] = (
    (AuthenticationError, (401, 498, 320001)),
    (AccessDeniedError, (403, 4000, 1044, 300005)),
    (NotFoundError, (404, 8015, 8065)),
    (NotFoundError, (1619, 1645)),  # a user group
    (NotFoundError, (310011, 310018, 310019)),  # a customer, a target rule, a period
    (NotFoundError, (310017, 9013, 310192, 310194)),  # a target group, a promotion, a member, a member's promotion
    (CustomerMergedError, (8069,)),
    (InvalidRequestError, (1620, 1632, 1635, 1644, 1647)),  # a user group's identifiers
    (InvalidRequestError, (8003, 8011, 8012, 8013, 8045, 8130)),  # customer, account and source
    (InvalidRequestError, (310130,)),  # enrolment type
    (InvalidRequestError, (885, 8089, 1212, 1213)),  # loyalty programme, entity type, dates
    (InvalidRequestError, (310151, 310196, 9001, 9002)),  # promotions: state, programme, number
    (InvalidRequestError, (11003, 11006, 11010, 11013, 11028, 11029)),  # the ledger: page, limit, dates, filters
    (InvalidRequestError, (310149,)),  # no events recorded; a listing reads it as an empty page
    (
        InvalidRequestError,
        (8100, 8101, 8102, 1109, 1110, 1111, 1112, 1114, 1115, 300004, 310195),
    ),  # paging, dates, embed
    (RateLimitedError, (429,)),
    (ServerError, (461, 1099, 4001, 11002)),
)
ERROR_CLASSES: Final[Mapping[int, type[ResponseError]]] = MappingProxyType(
    {code: cls for cls, codes in _CODES for code in codes}
)
# Codes up to 599 are HTTP statuses that the body repeats. The API sends 999999 when it has no code for an error.
_LARGEST_STATUS: Final = 599
_UNKNOWN_CODE: Final = 999999


def error_class(status: int, codes: tuple[int, ...]) -> type[ResponseError]:
    """Choose the error class for an answer's HTTP status and codes.

    The gateway's statuses (401, 403, 429, 498) decide first, then the first known code, then the status.
    """
    if status in (401, 403, 429, 498):
        return ERROR_CLASSES[status]
    for code in codes:
        found = ERROR_CLASSES.get(code) or (_class_of_status(code) if code <= _LARGEST_STATUS else None)
        if found is not None and found is not ResponseError:
            return found
    if 400 <= status < 500 and status != 461:
        return InvalidRequestError if codes else UnexpectedResponseError
    return _class_of_status(status)


def _class_of_status(status: int) -> type[ResponseError]:
    if status in ERROR_CLASSES:
        return ERROR_CLASSES[status]
    if 500 <= status <= _LARGEST_STATUS:
        return ServerError
    return InvalidRequestError if 400 <= status < 500 else ResponseError


def is_business_error(codes: tuple[int, ...]) -> bool:
    """Whether the codes show that a 5xx is a refusal, so that another attempt would fail too."""
    return any(
        code > _LARGEST_STATUS and code != _UNKNOWN_CODE and ERROR_CLASSES.get(code) is not ServerError
        for code in codes
    )
