"""Every error that this package raises on purpose.

CapillaryError
├── ConfigurationError            the client was set up wrongly
├── TransportError                no usable answer arrived
│   └── DeadlineExceeded          (also a TimeoutError) the call's deadline passed
├── ResponseError                 the API refused
│   ├── AuthenticationError       401, 498, 320001
│   ├── AccessDeniedError         403, 4000, 1044
│   ├── NotFoundError             404, 8015, 8065, 310011, 310018, 310019
│   ├── InvalidRequestError       other 4xx and other known "invalid" codes
│   ├── RateLimitedError          429
│   └── ServerError               5xx, 461, 520-524, 1099, 4001
├── DecodeError                   the answer is not what the API documents
└── PaginationError               a listing did not keep its promise
    ├── RepeatedPageError
    └── IncompleteListingError

An argument that is refused before anything is sent is a plain `ValueError` that names it.

The texts name path templates, never the ids, numbers or addresses that were asked for: an error
ends up in logs, and those are no place for a customer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import attrs


@attrs.frozen
class ApiErrorDetail:
    """One entry of an answer's `errors` or `warnings` list.

    Attributes:
        code: Capillary's own number for it; `None` when the answer gave none.
        message: The API's words on one line, without digits runs and addresses that could be a person's.
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
        problems: The same with their messages.
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
        return tuple(problem.code for problem in self.errors if problem.code is not None)


class AuthenticationError(ResponseError):
    """The password, the key and secret, or the token were refused."""


class AccessDeniedError(ResponseError):
    """The credentials are right, but may not do this."""


class NotFoundError(ResponseError):
    """There is no such customer, group, target or period."""


class InvalidRequestError(ResponseError):
    """The API calls the request itself wrong; sending it again will not help."""


class RateLimitedError(ResponseError):
    """Too many calls in a period.

    Attributes:
        retry_after: Seconds that the API asks to wait, or `None` when it did not say (usable) so.
    """

    retryable = True
    retry_after: float | None = None


class ServerError(ResponseError):
    """The API or the gateway before it is in trouble; the request may be fine.

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


# The one place that says what a code means. Capillary's own codes and HTTP statuses do not overlap,
# and the old envelope sends statuses as codes, so both stand in one table.
_CODES: Final[tuple[tuple[type[ResponseError], tuple[int, ...]], ...]] = (
    (AuthenticationError, (401, 498, 320001)),
    (AccessDeniedError, (403, 4000, 1044)),
    (NotFoundError, (404, 8015, 8065, 310011, 310018, 310019)),
    (InvalidRequestError, (1619, 1620, 1632, 1635, 1644, 1645, 1647)),  # a user group and its identifiers
    (InvalidRequestError, (8003, 8011, 8012, 8013, 8045)),  # customer, account and source
    (InvalidRequestError, (8069,)),  # merged into another customer
    (InvalidRequestError, (310130,)),  # enrolment type
    (InvalidRequestError, (310149,)),  # no events recorded; a listing takes it for an empty page
    (RateLimitedError, (429,)),
    (ServerError, (461, 1099, 4001)),
)
ERROR_CLASSES: Final[Mapping[int, type[ResponseError]]] = MappingProxyType(
    {code: cls for cls, codes in _CODES for code in codes}
)


def error_class(status: int, codes: tuple[int, ...]) -> type[ResponseError]:
    """Choose the class for an answer's HTTP status and its codes.

    The gateway's own verdicts (401, 403, 429, 498) win, then the first known code, then the status.
    """
    if status in (401, 403, 429, 498):
        return ERROR_CLASSES[status]
    for code in codes:
        found = ERROR_CLASSES.get(code) or (_class_of_status(code) if code < 600 else None)
        if found is not None and found is not ResponseError:
            return found
    return _class_of_status(status)


def _class_of_status(status: int) -> type[ResponseError]:
    if status in ERROR_CLASSES:
        return ERROR_CLASSES[status]
    if 500 <= status < 600:
        return ServerError
    return InvalidRequestError if 400 <= status < 500 else ResponseError
