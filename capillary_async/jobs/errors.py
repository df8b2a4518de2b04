"""What can go wrong with a job, apart from the lookups themselves.

JobError
├── JobRefusedError     what was asked does not fit the job: another input, another organisation, in use
├── InvalidKeysError    (also a ValueError) the keys cannot be used as they are
├── InvalidRowError     (also a ValueError) what was found for a key cannot be stored
├── JobCorruptedError   the job's files contradict each other
└── JobStoppedError     the job stopped before its end, and can be resumed

What users call says which of these it raises. The parts below do not repeat it: whatever reads a job's file raises
`JobCorruptedError` if it is not what was written, whatever reads or writes a disk raises `OSError`, which a run turns
into `JobStoppedError`, whatever reads keys raises `InvalidKeysError`, and what does not fit raises `JobRefusedError`.
"""

from collections.abc import Generator
from contextlib import contextmanager

from capillary_async.errors import CapillaryError


class JobError(CapillaryError):
    """Something is wrong with a job."""


class JobRefusedError(JobError):
    """The request does not fit the job. Nothing was changed."""


class InvalidKeysError(JobError, ValueError):
    """The keys cannot be used as they are. Names the source, the line and the column, never the value.

    Attributes:
        line: Line of the file, or number of the row, counted from 1; `None` for the source as a whole.
        column: Name of the column, or `None`.
    """

    def __init__(self, message: str, *, line: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class InvalidRowError(JobError, ValueError):
    """What a lookup returned for a key cannot be stored: JSON has no way to say it."""


class JobCorruptedError(JobError):
    """The job's files are not what the job wrote. They are left as they are."""


class JobStoppedError(JobError):
    """The job stopped before its end. What is done is safe, and the job can be resumed."""

    retryable = True


@contextmanager
def stopping_when_the_disk_fails() -> Generator[None]:
    """Turn errors of the disk into the stop that they mean for a job."""
    try:
        yield
    except OSError as error:
        raise JobStoppedError(f"the disk failed: {error}") from error
