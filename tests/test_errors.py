"""Errors form the documented tree, fit on one line, and survive pickling."""

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async import errors
from capillary_async.errors import (
    AccessDeniedError,
    ApiErrorDetail,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    CustomerMergedError,
    DeadlineExceeded,
    DecodeError,
    IncompleteListingError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
    PaginationError,
    RateLimitedError,
    RepeatedPageError,
    ResponseError,
    ServerError,
    TableError,
    TransportError,
    UnexpectedResponseError,
    error_class,
    is_business_error,
)

PATH = "/v2/customers/{customerId}"
ANCESTORS: dict[type[Exception], type[Exception]] = {
    CapillaryError: Exception,
    ConfigurationError: CapillaryError,
    InvalidArgumentError: CapillaryError,
    TransportError: CapillaryError,
    DeadlineExceeded: TransportError,
    ResponseError: CapillaryError,
    AuthenticationError: ResponseError,
    AccessDeniedError: ResponseError,
    NotFoundError: ResponseError,
    CustomerMergedError: ResponseError,
    InvalidRequestError: ResponseError,
    RateLimitedError: ResponseError,
    ServerError: ResponseError,
    UnexpectedResponseError: ResponseError,
    DecodeError: CapillaryError,
    PaginationError: CapillaryError,
    TableError: CapillaryError,
    RepeatedPageError: PaginationError,
    IncompleteListingError: PaginationError,
}
RETRYABLE = {TransportError, RateLimitedError, ServerError, IncompleteListingError}
PROBLEMS = (ApiErrorDetail(8015, "Customer not found"), ApiErrorDetail(None, "no code"))


def make(cls: type[CapillaryError]) -> CapillaryError:
    """Make an error of a class, with every attribute set."""
    if issubclass(cls, ResponseError):
        error: CapillaryError = cls("refused", status=404, errors=PROBLEMS, request_id="r-1", path=PATH, attempts=3)
    elif issubclass(cls, DecodeError):
        error = cls("odd", location="data[3].eventDate", path=PATH, attempts=3)
    elif issubclass(cls, IncompleteListingError):
        error = cls("short", expected=10, received=7, path=PATH, attempts=3)
    elif issubclass(cls, TableError):
        error = cls("does not fit", row=3, location="value")
        error.path = PATH
    else:
        error = cls("failed", path=PATH, attempts=3)
    error.cursor = ("a", "place")
    if isinstance(error, RateLimitedError | ServerError):
        error.retry_after = 1.5
    return error


def pickled(error: CapillaryError) -> CapillaryError:
    """Pickle and unpickle an error."""
    return cast("CapillaryError", pickle.loads(pickle.dumps(error)))


def test_the_tree_is_the_documented_one() -> None:
    """Users catch errors by these classes."""
    defined = {
        cls
        for _, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, Exception) and not issubclass(cls, Warning)
    }

    assert defined == ANCESTORS.keys()
    assert all(child.__bases__[0] is parent for child, parent in ANCESTORS.items())


@pytest.mark.parametrize("cls", [cls for cls in ANCESTORS if issubclass(cls, CapillaryError)])
def test_the_docstring_shows_every_class(cls: type[CapillaryError]) -> None:
    """Users read the tree in the module's docstring."""
    assert f" {cls.__name__} " in (errors.__doc__ or "").replace("\n", " ")


@pytest.mark.parametrize("cls", [cls for cls in ANCESTORS if issubclass(cls, CapillaryError)])
@pytest.mark.parametrize("clone", [copy.copy, pickled])
def test_copies_and_pickles_of_an_error_have_all_attributes(
    cls: type[CapillaryError], clone: Callable[[CapillaryError], CapillaryError]
) -> None:
    """Process pools pickle errors, and callers that wait for one token get copies."""
    error = make(cls)

    other = clone(error)

    assert type(other) is cls
    assert vars(other) == vars(error)
    assert (other.args, str(other), other.retryable) == (error.args, str(error), error.retryable)
    if isinstance(other, ResponseError):
        assert other.codes == (8015,)


@pytest.mark.parametrize("cls", [cls for cls in ANCESTORS if issubclass(cls, CapillaryError)])
def test_only_temporary_errors_are_retryable(cls: type[CapillaryError]) -> None:
    """Bulk jobs decide by it whether to try a key again."""
    assert make(cls).retryable == (cls in RETRYABLE)


def test_a_single_error_can_be_retryable() -> None:
    """A truncated body is a DecodeError, but a retry may succeed."""
    assert DecodeError("cut off", retryable=True).retryable
    assert not TransportError("untrusted certificate", retryable=False).retryable


def test_a_passed_deadline_is_a_timeout() -> None:
    """Code that catches `TimeoutError` must work without this package's classes."""
    assert isinstance(make(DeadlineExceeded), TimeoutError)
    assert str(make(DeadlineExceeded)) == f"failed ({PATH})"


@pytest.mark.parametrize("cls", [cls for cls in ANCESTORS if issubclass(cls, CapillaryError)])
def test_an_error_is_one_line_with_its_path(cls: type[CapillaryError]) -> None:
    """Errors are logged line by line."""
    text = str(make(cls))

    assert text.endswith(f" ({PATH})")
    assert "\n" not in text


def test_an_error_without_a_path_is_its_message() -> None:
    """Most configuration errors have no path."""
    assert str(ConfigurationError("base_url is not a URL")) == "base_url is not a URL"


@pytest.mark.parametrize(
    ("status", "codes", "expected"),
    [
        *((status, (), AuthenticationError) for status in (401, 498)),
        *((status, (), AccessDeniedError) for status in (403,)),
        *((status, (), UnexpectedResponseError) for status in (400, 404, 405, 409, 410, 414, 422)),
        (429, (), RateLimitedError),
        *((status, (), ServerError) for status in (461, 500, 502, 503, 504, 520, 521, 522, 523, 524, 599)),
        *((status, (), ResponseError) for status in (301, 302, 304, 307, 308)),
        *((200, (code,), AuthenticationError) for code in (401, 498, 320001)),
        *((200, (code,), AccessDeniedError) for code in (403, 4000, 1044)),
        *((200, (code,), NotFoundError) for code in (404, 8015, 8065, 1619, 1645, 310011, 310018, 310019)),
        (200, (8069,), CustomerMergedError),
        *(
            (200, (code,), InvalidRequestError)
            for code in (
                *(1620, 1632, 1635, 1644, 1647, 8003, 8011, 8012, 8013, 8045, 8130, 310130, 310149),
                *(400, 409),
            )
        ),
        *((200, (code,), ServerError) for code in (461, 500, 503, 521, 1099, 4001, 11002)),
        (200, (429,), RateLimitedError),
        (200, (999999,), ResponseError),
        (400, (999999,), InvalidRequestError),
        (500, (8015,), NotFoundError),
        (400, (999999, 8015), NotFoundError),
        (400, (8015, 1645), NotFoundError),
        (403, (8015,), AccessDeniedError),
        (401, (8015,), AuthenticationError),
        (429, (401,), RateLimitedError),
        (498, (403,), AuthenticationError),
        (404, (999999,), InvalidRequestError),
        (404, (404,), NotFoundError),
        (461, (999999,), ServerError),
        (500, (310126,), ServerError),
    ],
)
def test_status_and_codes_choose_the_class(status: int, codes: tuple[int, ...], expected: type[ResponseError]) -> None:
    """No document says whether a refusal has a status or only a code."""
    assert error_class(status, codes) is expected


def test_a_wrong_argument_is_a_value_error_too() -> None:
    """Code may catch either `CapillaryError` or Python's `ValueError`."""
    assert isinstance(make(InvalidArgumentError), ValueError)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [((), False), ((500,), False), ((503, 999999), False), ((1099,), False), ((310126,), True), ((999999, 8015), True)],
)
def test_business_codes_of_a_5xx_are_recognised(codes: tuple[int, ...], expected: bool) -> None:  # noqa: FBT001
    """The API refuses some calls with 500, such as "User is not enrolled to this target"."""
    assert is_business_error(codes) is expected


@given(st.integers(), st.lists(st.integers()).map(tuple))
def test_every_status_and_code_has_a_class(status: int, codes: tuple[int, ...]) -> None:
    """Codes come from the server, so any integer may occur."""
    assert issubclass(error_class(status, codes), ResponseError)
