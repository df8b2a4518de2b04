"""What the outcome of a lookup says, about its key and about the API.

Only an answer with a code of the API's own is a verdict on a key. A gateway's 404 is not, whatever the request was for.
A blank 400 by itself is not either, although the API documents it for a wrong customer id: it becomes a verdict when it
comes again and again while a key that works still does.
"""

import json
import traceback
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs

from capillary_async.errors import (
    AccessDeniedError,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    CustomerMergedError,
    DeadlineExceeded,
    InvalidRequestError,
    NotFoundError,
    ResponseError,
    TransportError,
    is_business_error,
)
from capillary_async.jobs.errors import InvalidRowError

_PACKAGE: Final = str(Path(__file__).parent.parent)
# How often a key fails in all before it counts as failed. Faults that pass, a gateway's among them, get more tries
# than chance can use up: with 30 % of all requests refused, six keys in a million fail ten times in a row.
_PATIENCE: Final = 10
_PATIENCE_WITH_BLANKS: Final = 3
_LITTLE_PATIENCE: Final = 2


class Answer(NamedTuple):
    """What a lookup found.

    Attributes:
        rows: All rows as JSON; empty for none.
        requests: How many requests it took.
    """

    rows: bytes
    requests: int


class Meaning(Enum):
    """What an outcome is about."""

    ANSWER = "the API has answered: rows, nothing, or a refusal by its own code"
    LOOKUP = "the lookup itself went wrong; the API has no part in it"
    SUSPECT = "it may be the key, and it may be the API or the way to it"
    BLANK = "the same; but it is also how the API refuses a wrong id"
    STRANGER = "the answer does not come from the API"
    DENIED = "it may be the key, and it may be that nobody is let in"
    ACCOUNT = "the credentials were refused, most likely for every key"
    HOPELESS = "no request can succeed: the certificate, the host, the proxy or the client is wrong"


@attrs.frozen
class Verdict:
    """What an outcome says.

    Attributes:
        meaning: What it is about.
        status: The key's status, if the outcome is about the key: "found" and the like.
        patience: How often it has to come before it counts.
    """

    meaning: Meaning
    status: str
    patience: int = 1


_HOPELESS: Final = Verdict(Meaning.HOPELESS, "failed", _LITTLE_PATIENCE)
_MAY_PASS: Final = Verdict(Meaning.SUSPECT, "failed", _PATIENCE)
_ODD: Final = Verdict(Meaning.SUSPECT, "failed", _LITTLE_PATIENCE)
_LOOKUP: Final = Verdict(Meaning.LOOKUP, "failed", _LITTLE_PATIENCE)


def verdict_on(error: Exception) -> Verdict:
    """Judge an error."""
    if isinstance(error, ResponseError):
        return _verdict_on_refusal(error)
    if isinstance(error, ConfigurationError):
        return _HOPELESS
    if isinstance(error, TransportError) and not error.retryable and not isinstance(error, DeadlineExceeded):
        return _HOPELESS
    if isinstance(error, InvalidRowError):
        return _LOOKUP
    if isinstance(error, CapillaryError):
        return _MAY_PASS if error.retryable or isinstance(error, DeadlineExceeded) else _ODD
    return _MAY_PASS if isinstance(error, OSError) else _LOOKUP


def _verdict_on_refusal(error: ResponseError) -> Verdict:
    is_own_code = is_business_error(error.codes)
    if isinstance(error, AuthenticationError):
        return Verdict(Meaning.ACCOUNT, "failed", _LITTLE_PATIENCE)
    if isinstance(error, AccessDeniedError):
        # Without a code it may be a firewall's, which is as well as any other gateway's refusal.
        return Verdict(Meaning.DENIED, "invalid") if is_own_code else Verdict(Meaning.STRANGER, "failed", 2)
    if error.retryable:
        return _MAY_PASS
    # The API deletes a customer with a message of its own, and has no code for it.
    if is_own_code or (isinstance(error, NotFoundError) and error.errors and not error.codes):
        statuses = {CustomerMergedError: "merged", NotFoundError: "not_found"}
        status = next((status for kind, status in statuses.items() if isinstance(error, kind)), "invalid")
        return Verdict(Meaning.ANSWER, status)
    if isinstance(error, InvalidRequestError) and error.status == 400 and not error.codes:
        return Verdict(Meaning.BLANK, "invalid", _PATIENCE_WITH_BLANKS)
    return Verdict(Meaning.STRANGER, "failed", _PATIENCE)


@attrs.frozen
class Reason:
    """Why a key has no rows.

    Attributes:
        error: Class of the error.
        status: HTTP status of the last answer, or `None`.
        codes: Capillary's codes of the last answer.
        message: What the error says. For an error of the lookup itself, where it was raised, because its message may
            name a person.
    """

    error: str
    status: int | None = None
    codes: tuple[int, ...] = ()
    message: str = ""

    @classmethod
    def of(cls, error: Exception) -> "Reason":
        """Describe an error."""
        status, codes = (error.status, error.codes) if isinstance(error, ResponseError) else (None, ())
        message = str(error) if isinstance(error, CapillaryError) else _line_of(error)
        return cls(type(error).__name__, status, codes, message)

    def to_json(self) -> str:
        """Write it as text."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Reason":
        """Read what `to_json` wrote; an empty text is no reason."""
        document: dict[str, Any] = json.loads(text) if text else {"error": ""}
        document["codes"] = tuple(document.get("codes", ()))
        return cls(**document)

    def __str__(self) -> str:
        """In a line."""
        return ": ".join(part for part in (self.error, self.message) if part)


def _line_of(error: Exception) -> str:
    """Name the innermost line of code that is not this package's."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_PACKAGE)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
