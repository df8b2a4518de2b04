"""The exit codes of all commands."""

from collections.abc import Mapping, Sequence
from typing import Final

DONE, FAILED, MISUSED, KEYS_FAILED, JOB_STOPPED, NOT_FOUND, NOT_LET_IN = range(7)
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143

_MEANINGS: Final[Mapping[int, str]] = {
    DONE: "done",
    FAILED: "the API failed or did not answer, or a file could not be read or written",
    MISUSED: "wrong arguments or settings, also those that only the API can check",
    KEYS_FAILED: "`bulk`: done, but some keys failed; `bulk retry` tries them again",
    JOB_STOPPED: "`bulk`: stopped before the end; `bulk resume` continues",
    NOT_FOUND: "no such customer, group or target, or the customer was merged into another",
    NOT_LET_IN: "the API refused the account",
    INTERRUPTED: "interrupted by Ctrl-C",
    PIPE_CLOSED: "the program that read the output closed it",
    TERMINATED: "ended by SIGTERM",
}
EXIT_CODES: Final = "Exit codes:\n\n" + "\n".join(f"* {code} {meaning}" for code, meaning in _MEANINGS.items())


def exit_code_of(error: Exception) -> int | None:
    """Return the code for an error; `None` for a bug of this program."""
    return next((code for kind, code in _kinds() if isinstance(error, kind)), None)


def _kinds() -> Sequence[tuple[type[Exception], int]]:
    """List the classes of errors; the first that matches decides. They are imported only after an error."""
    from cyclopts import CycloptsError  # noqa: PLC0415

    from capillary_async import errors  # noqa: PLC0415
    from capillary_async.jobs import InvalidKeysError, JobRefusedError, JobStoppedError  # noqa: PLC0415

    return (
        (JobStoppedError, JOB_STOPPED),
        (JobRefusedError, MISUSED),
        (InvalidKeysError, MISUSED),
        (errors.ConfigurationError, MISUSED),
        (errors.InvalidArgumentError, MISUSED),
        (errors.InvalidRequestError, MISUSED),
        (errors.NotFoundError, NOT_FOUND),
        (errors.CustomerMergedError, NOT_FOUND),
        (errors.AuthenticationError, NOT_LET_IN),
        (errors.AccessDeniedError, NOT_LET_IN),
        (errors.CapillaryError, FAILED),
        (OSError, FAILED),
        (ValueError, MISUSED),
        (CycloptsError, MISUSED),
    )
