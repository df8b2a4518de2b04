"""Every error that this package raises on purpose.

CapillaryError
├── ConfigurationError            the client was set up wrongly
├── InvalidArgumentError          (also a ValueError) an argument is wrong; nothing was sent
├── TransportError                no usable answer arrived
│   └── DeadlineExceeded          (also a TimeoutError) the call's deadline passed
├── ResponseError                 the API refused
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
└── PaginationError               a listing did not keep its promise
    ├── RepeatedPageError
    └── IncompleteListingError

One `except CapillaryError` is enough in a service. The texts name path templates, never the ids, numbers or addresses
that were asked for: an error ends up in logs, and those are no place for a customer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs


@attrs.frozen
class ApiErrorDetail:
    """One entry of an answer's `errors` or `warnings` list.

    Attributes:
        code: Capillary's own number for it; `None` when the answer gave none, or a word instead.
        message: The API's words on one line, after a code that is a word; without runs of digits and addresses that
            could be a person's.
    """

    code: int | None
    message: str


class CapillaryError(Exception):
    """Anything that goes wrong between a call and its answer.

    Attributes:
        path: The path template of the call, such as `/v2/customers/{customerId}`; `None` outside a call.
        attempts: How many requests were sent for the call.
        cursor: Where a listing can be resumed (a `Cursor`), or `None` when no listing was running.
        retryable: Whether the same call may succeed when it is made again later.
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
        """One line: what happened, and on which endpoint."""
        message = str(self.args[0])
        return f"{message} ({self.path})" if self.path else message

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel through a pickle whole, whatever arguments a subclass takes."""
        return _restore, (type(self), self.args), self.__dict__


def _restore(cls: type[CapillaryError], args: tuple[Any, ...]) -> CapillaryError:
    error = cls.__new__(cls, *args)
    error.args = args
    return error


class ConfigurationError(CapillaryError):
    """The client was set up wrongly, or is used where it cannot work."""


class InvalidArgumentError(CapillaryError, ValueError):
    """An argument is wrong; it is named, and nothing was sent."""


class TransportError(CapillaryError):
    """No usable answer arrived: the connection failed, broke or stayed silent."""

    retryable = True


class DeadlineExceeded(TransportError, TimeoutError):  # noqa: N818  (named like its standard-library kin)
    """The call's deadline passed before an answer arrived."""

    retryable = False


class ResponseError(CapillaryError):
    """The API refused the call.

    Attributes:
        status: HTTP status of the answer. Business errors come with 200 too.
        codes: Capillary's own error codes, in the order they came.
        errors: The same with their messages.
        request_id: The answer's `X-Cap-Requestid`, for Capillary's support.
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
        """Capillary's own error codes, in the order they came."""
        return tuple(error.code for error in self.errors if error.code is not None)


class AuthenticationError(ResponseError):
    """The password, the key and secret, or the token were refused."""


class AccessDeniedError(ResponseError):
    """The credentials are right, but may not do this."""


class NotFoundError(ResponseError):
    """There is no such customer, group, target or period."""


class CustomerMergedError(ResponseError):
    """The customer was merged into another; the API does not say which one.

    `customers.find_id` finds it by the mobile number, e-mail address or external id.
    """


class InvalidRequestError(ResponseError):
    """The API calls the request itself wrong; sending it again will not help."""


class UnexpectedResponseError(ResponseError):
    """The answer does not come from the API: a 4xx that has no code of the API.

    A gateway or a web server answered. The usual cause is a wrong base URL.
    """


class RateLimitedError(ResponseError):
    """Too many calls in a period.

    Attributes:
        retry_after: Seconds that the API asks to wait, or `None` when it did not say (usable) so.
    """

    retryable = True
    retry_after: float | None = None


class ServerError(ResponseError):
    """The API or the gateway before it is in trouble; the request may be fine.

    It is not retryable when it has a code of the API's business, such as 310126: such a 5xx is a refusal.

    Attributes:
        retry_after: Seconds that the API asks to wait, or `None` when it did not say (usable) so.
    """

    retryable = True
    retry_after: float | None = None


class DecodeError(CapillaryError):
    """The answer is not what the API documents.

    Attributes:
        location: Where in the answer, such as `data[3].eventDate`; empty for the answer as a whole.
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
        row: Number of the row, from 0; `None` when the class is to blame.
        location: Where in the row, such as `identifiers[0].value`; empty for the row as a whole.
    """

    def __init__(self, message: str, *, row: int | None = None, location: str = "") -> None:
        super().__init__(message)
        self.row = row
        self.location = location


class PaginationError(CapillaryError):
    """A listing's pages contradict each other."""


class RepeatedPageError(PaginationError):
    """The server sent a page again instead of the next one, so the listing would never end."""


class IncompleteListingError(PaginationError):
    """The server promised more rows than it sent, also when asked once more.

    Attributes:
        expected: How many rows the last answer promised.
        received: How many rows came.
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
    """The API shows a part of a listing and no way to the rest."""


# The one place that says what a code means. Capillary's own codes and HTTP statuses do not overlap,
# and the old envelope sends statuses as codes, so both stand in one table.
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
    (InvalidRequestError, (310149,)),  # no events recorded; a listing takes it for an empty page
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
# Codes up to here are HTTP statuses that the body repeats. 999999 is what the API has where it knows no code.
_LARGEST_STATUS: Final = 599
_UNKNOWN_CODE: Final = 999999


def error_class(status: int, codes: tuple[int, ...]) -> type[ResponseError]:
    """Choose the class for an answer's HTTP status and its codes.

    The gateway's own verdicts (401, 403, 429, 498) win, then the first known code, then the status.
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
    """Return whether the codes say that a 5xx is a refusal, which another attempt meets again."""
    return any(
        code > _LARGEST_STATUS and code != _UNKNOWN_CODE and ERROR_CLASSES.get(code) is not ServerError
        for code in codes
    )
