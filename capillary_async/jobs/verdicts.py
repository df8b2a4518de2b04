"""What a lookup's outcome means for its key."""

import inspect
from collections.abc import AsyncIterable
from enum import IntEnum
from typing import Any, Final, cast

import attrs

from capillary_async.codec import encode_json
from capillary_async.errors import (
    CapillaryError,
    CustomerMergedError,
    InvalidRequestError,
    NotFoundError,
    ResponseError,
    TransportError,
)
from capillary_async.paging import Pager


class Verdict(IntEnum):
    """Where a key stands. What is journalled are the numbers."""

    PENDING = 0
    FOUND = 1
    EMPTY = 2
    NOT_FOUND = 3
    INVALID = 4
    FAILED_ONCE = 5
    FAILED = 6

    @property
    def label(self) -> str:
        """The verdict as people and files write it, such as "not_found"."""
        return self.name.lower()

    @property
    def is_final(self) -> bool:
        """Whether the answer says something about the key that another try would not change."""
        return Verdict.FOUND <= self <= Verdict.INVALID


FINAL: Final = tuple(verdict for verdict in Verdict if verdict.is_final)


@attrs.frozen
class Answer:
    """What was found for a key: how many rows, and all of them as a JSON array."""

    count: int
    rows: bytes


NOTHING: Final = Answer(0, b"[]")


async def collect(answer: Any) -> Answer:
    """Take in whatever a lookup returns: a value, an awaitable or an async iterable of values.

    `None` means nothing; a list or tuple is several rows, anything else is one.

    Raises:
        TypeError: A value that cannot be written as JSON.
    """
    if inspect.isawaitable(answer):
        answer = await answer
    rows: Any = answer
    if isinstance(answer, Pager):
        rows = await cast("Pager[Any]", answer).collect()  # quicker than row by row
    elif isinstance(answer, AsyncIterable):
        rows = [row async for row in rows]
    elif answer is None:
        return NOTHING
    elif not isinstance(answer, list | tuple):
        rows = [answer]
    return Answer(len(rows), encode_json(rows)) if rows else NOTHING


def verdict_on(answer: Answer | None, error: Exception | None) -> Verdict:
    """Judge an outcome; `FAILED` stands for every error that says nothing final about the key."""
    if isinstance(error, NotFoundError) and _is_of_the_api(error):
        return Verdict.NOT_FOUND
    if isinstance(error, InvalidRequestError | CustomerMergedError) and _is_of_the_api(error):
        return Verdict.INVALID
    if error is not None or answer is None:
        return Verdict.FAILED
    return Verdict.FOUND if answer.count else Verdict.EMPTY


def _is_of_the_api(error: ResponseError) -> bool:
    # Behind a base URL that is wrong every key would be "not found": a gateway's 404 or 405 names no problem.
    # A 400 without a word is what the documentation of customer details has for wrong identifiers.
    return bool(error.errors) or error.status == 400


def may_be_an_outage(error: Exception | None) -> bool:
    """Whether an error speaks of the API or the way to it, rather than of the key."""
    return isinstance(error, TransportError | OSError) or (isinstance(error, CapillaryError) and error.retryable)


@attrs.frozen
class Failure:
    """Why there is no verdict on a key.

    Attributes:
        id: The key's place among the job's keys.
        attempts: Requests that were sent for it, in all its tries.
        error: Class of the last error.
        status: HTTP status of the last answer, or `None`.
        codes: Capillary's codes of the last answer.
        message: What the error says. Only errors of this package are quoted; they name no person.
    """

    id: int
    attempts: int
    error: str
    status: int | None = None
    codes: tuple[int, ...] = ()
    message: str = ""

    @classmethod
    def of(cls, key_id: int, error: Exception) -> "Failure":
        """Describe an error."""
        return cls(
            key_id,
            max(1, error.attempts) if isinstance(error, CapillaryError) else 1,
            type(error).__name__,
            error.status if isinstance(error, ResponseError) else None,
            error.codes if isinstance(error, ResponseError) else (),
            str(error) if isinstance(error, CapillaryError) else "",
        )
