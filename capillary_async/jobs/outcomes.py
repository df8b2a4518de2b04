"""What an error says about its key, and about the API.

Only an error with a code of the API's own is final for its key. A gateway's 404 is not, nor is a blank 400 by itself,
though the API documents it for a wrong customer id: it is final when it comes again while another key still works.
"""

import json
import traceback
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple, Self, cast

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
# Tries until an error counts as its key's. Errors that may pass, a gateway's among them, get more tries than chance can
# use up: with 30 % of all requests refused, six keys in a million fail ten times in a row.
_MANY_TRIES: Final = 10
_TRIES_OF_BLANK: Final = 3
FEW_TRIES: Final = 2


class Cause(Enum):
    """What an error is due to."""

    KEY = "the API refused the key by a code of its own"
    LOOKUP = "the lookup itself failed; the API has no part in it"
    UNCLEAR = "the key, the API, or the way to the API"
    BLANK = "the same, but the API also refuses a wrong id like this"
    NOT_THE_API = "something else answered in the API's place"
    DENIED = "the API refused the key, or denies access to everybody"
    ACCOUNT = "the API refused the credentials, most likely for every key"
    HOPELESS = "no request can succeed: the certificate, the host, the proxy or the client is wrong"


class KeyStatus(NamedTuple):
    """What an error means for its key.

    Attributes:
        cause: What the error is due to.
        status: The key's status when the error counts as its own: "not_found" and the like.
        tries: How often the key has to fail before that.
    """

    cause: Cause
    status: str
    tries: int = 1


_HOPELESS: Final = KeyStatus(Cause.HOPELESS, "failed", FEW_TRIES)
_MAY_PASS: Final = KeyStatus(Cause.UNCLEAR, "failed", _MANY_TRIES)
_LOOKUP: Final = KeyStatus(Cause.LOOKUP, "failed", FEW_TRIES)


def key_status(error: Exception) -> KeyStatus:
    """Classify an error of a lookup."""
    if isinstance(error, ResponseError):
        return _status_of_refusal(error)
    if isinstance(error, InvalidRowError):
        return _LOOKUP
    if isinstance(error, CapillaryError):
        return _status_without_answer(error)
    return _MAY_PASS if isinstance(error, OSError) else _status_of_foreign(error)


def _status_without_answer(error: CapillaryError) -> KeyStatus:
    is_final = isinstance(error, TransportError) and not (error.retryable or isinstance(error, DeadlineExceeded))
    if is_final or isinstance(error, ConfigurationError):
        return _HOPELESS
    is_passing = error.retryable or isinstance(error, DeadlineExceeded)
    return _MAY_PASS if is_passing else KeyStatus(Cause.UNCLEAR, "failed", FEW_TRIES)


def _status_of_foreign(error: Exception) -> KeyStatus:
    """Classify an exception of a user's function: one in its task group, or its cause, may come of an outage."""
    if isinstance(error, ExceptionGroup):
        found = [key_status(each) for each in cast("ExceptionGroup[Exception]", error).exceptions]
        if all(status.cause is Cause.KEY for status in found):
            return found[0]
    else:
        found = [key_status(error.__cause__)] if isinstance(error.__cause__, CapillaryError) else []
    return next((status for status in found if status.cause not in (Cause.KEY, Cause.LOOKUP)), _LOOKUP)


def _status_of_refusal(error: ResponseError) -> KeyStatus:
    has_code = is_business_error(error.codes)
    if isinstance(error, AuthenticationError):
        return KeyStatus(Cause.ACCOUNT, "failed", FEW_TRIES)
    if isinstance(error, AccessDeniedError):
        # Without a code it may be a firewall's.
        return KeyStatus(Cause.DENIED, "invalid") if has_code else KeyStatus(Cause.NOT_THE_API, "failed", FEW_TRIES)
    if error.retryable:
        return _MAY_PASS
    # The API has no code for a deleted customer, but a message.
    if has_code or (isinstance(error, NotFoundError) and error.errors and not error.codes):
        is_merged, is_unknown = isinstance(error, CustomerMergedError), isinstance(error, NotFoundError)
        return KeyStatus(Cause.KEY, "merged" if is_merged else "not_found" if is_unknown else "invalid")
    if isinstance(error, InvalidRequestError) and error.status == 400 and not error.codes:
        return KeyStatus(Cause.BLANK, "invalid", _TRIES_OF_BLANK)
    return KeyStatus(Cause.NOT_THE_API, "failed", _MANY_TRIES)


@attrs.frozen
class Reason:
    """Why a key has no rows.

    Attributes:
        error: Class of the error.
        status: HTTP status of the last answer, or `None`.
        codes: Capillary's codes of the last answer.
        message: The error's message. Of an error that is not this package's, only where it was raised, because its
            message may name a person.
    """

    error: str
    status: int | None = None
    codes: tuple[int, ...] = ()
    message: str = ""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Describe an error; the only one of a group in place of the group."""
        error = _alone(error)
        message = str(error) if isinstance(error, CapillaryError) else _place_of(error)
        if isinstance(error, ResponseError):
            return cls(type(error).__name__, error.status, error.codes, message)
        return cls(type(error).__name__, message=message)

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` returned; an empty text is no reason."""
        document: dict[str, Any] = json.loads(text) if text else {"error": "", "codes": ()}
        document["codes"] = tuple(document["codes"])
        return cls(**document)

    def __str__(self) -> str:
        """Return it as one line."""
        return ": ".join(filter(None, (self.error, self.message)))


def _alone(error: Exception) -> Exception:
    if not isinstance(error, ExceptionGroup):
        return error
    group = cast("ExceptionGroup[Exception]", error)
    return _alone(group.exceptions[0]) if len(group.exceptions) == 1 else group


def _place_of(error: BaseException) -> str:
    """Name the innermost line of code that is not this package's, of the error or of its cause."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_PACKAGE)]
    if not frames and error.__cause__ is not None:
        return _place_of(error.__cause__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
