"""One process at a time works on a job's directory.

The lock is the operating system's own, on a file in the directory. It ends with the process that
holds it, however that ends, so a lock is never stale and a process id that was given out anew is
never mistaken for the holder. The id in the file is there to name the holder to others.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from capillary_async.jobs.problems import JobRefusedError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, *, is_shared: bool) -> None:  # noqa: ARG001  (there is no other kind)
        # Far behind the process id, for Windows lets nobody else read what is locked.
        os.lseek(file, 2**20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int, *, is_shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _take(file: int, *, is_shared: bool = False) -> bool:
    try:
        _lock(file, is_shared=is_shared)
    except (BlockingIOError, PermissionError):  # what POSIX and what Windows say when somebody else has it
        return False
    return True


LOCK_FILE: Final = "lock"

# Who has it may only be having a look, or be just about to write its id.
_TRIES: Final = 10
_SECONDS: Final = 0.01


class Lock:
    """The right to work on a directory: a context manager, and usable again and again."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK_FILE
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            JobRefusedError: Another process has it, or another run in this one; its process id is named.
            OSError: The directory cannot be written to.
        """
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            self._take()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def _take(self) -> None:
        for _ in range(_TRIES):
            if _take(self._file):
                self._write_id()
                return
            time.sleep(_SECONDS)
        raise JobRefusedError(f"process {self._read_holder()} is working on this job")

    def _write_id(self) -> None:
        # On a full disk nobody can read who it is, but the lock holds.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back. The file stays: removing it would race with whoever opens it now."""
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def holder(self) -> str | None:
        """Return the id of the process that works on the directory, "(unknown)" if it left none, or `None`."""
        try:
            file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            # Shared, so that two who have a look do not take each other for a holder.
            return None if _take(file, is_shared=True) else self._read_holder()
        finally:
            os.close(file)

    def _read_holder(self) -> str:
        return self._path.read_text("ascii", "replace").strip() or "(unknown)"
