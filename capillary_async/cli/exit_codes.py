"""What the exit code of a command tells a script, whichever command it is."""

from collections.abc import Mapping, Sequence
from typing import Final

from cyclopts import CycloptsError

from capillary_async.errors import (
    AccessDeniedError,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    CustomerMergedError,
    InvalidArgumentError,
    InvalidRequestError,
    NotFoundError,
)
from capillary_async.jobs import InvalidKeysError, JobRefusedError, JobStoppedError

DONE, FAILED, MISUSED, KEYS_FAILED, JOB_STOPPED, NOT_FOUND, NOT_LET_IN = range(7)
INTERRUPTED, PIPE_CLOSED = 130, 141

_MEANINGS: Final[Mapping[int, str]] = {
    DONE: "done",
    FAILED: "the API failed or did not answer, or a file could not be read or written",
    MISUSED: "wrong arguments or settings, also where only the API can tell",
    KEYS_FAILED: "`bulk`: done, but some keys failed; `bulk retry` tries them again",
    JOB_STOPPED: "`bulk`: stopped before the end; `bulk resume` goes on",
    NOT_FOUND: "no such customer, group or target, or the customer was merged into another",
    NOT_LET_IN: "the API did not let you in",
    INTERRUPTED: "interrupted",
}
EXIT_CODES: Final = "Exit codes:\n\n" + "\n".join(f"* {code} {meaning}" for code, meaning in _MEANINGS.items())

# The first class that fits decides.
_ERRORS: Final[Sequence[tuple[type[Exception], int]]] = (
    (JobStoppedError, JOB_STOPPED),
    (JobRefusedError, MISUSED),
    (InvalidKeysError, MISUSED),
    (ConfigurationError, MISUSED),
    (InvalidArgumentError, MISUSED),
    (InvalidRequestError, MISUSED),
    (NotFoundError, NOT_FOUND),
    (CustomerMergedError, NOT_FOUND),
    (AuthenticationError, NOT_LET_IN),
    (AccessDeniedError, NOT_LET_IN),
    (CapillaryError, FAILED),
    (OSError, FAILED),
    (ValueError, MISUSED),
    (CycloptsError, MISUSED),
)


def exit_code_of(error: Exception) -> int | None:
    """Return the code for an error, or `None` for a fault of the program itself."""
    return next((code for kind, code in _ERRORS if isinstance(error, kind)), None)
