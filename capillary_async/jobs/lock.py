"""One process at a time works on a job's directory.

The lock is the operating system's own, on a file in the directory. It ends with the process that
holds it, however that ends, so a lock is never stale and a process id that was given out anew is
never mistaken for the holder. The id in the file is there to name the holder to others.
"""

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from capillary_async.jobs.problems import JobRefusedError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        # Far behind the process id, for Windows lets nobody else read what is locked.
        os.lseek(file, 2**20, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take(file: int) -> bool:
    try:
        _lock(file)
    except OSError:
        return False
    return True


LOCK_FILE: Final = "lock"

# A holder without an id is only having a look, or is just about to write its id.
_LOOKS: Final = 100
_LOOK_SECONDS: Final = 0.01


class Lock:
    """The right to work on a directory: a context manager, and usable again and again."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK_FILE
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            JobRefusedError: Another process has it, or another run in this one; its process id is named.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        for _ in range(_LOOKS):
            if _take(file):
                os.ftruncate(file, 0)
                os.write(file, f"{os.getpid()}\n".encode())
                self._file = file
                return self
            if self._read_holder():
                break
            time.sleep(_LOOK_SECONDS)
        os.close(file)
        raise JobRefusedError(f"process {self._read_holder() or '(unknown)'} is working on this job")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back. The file stays: removing it would race with whoever opens it now."""
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def holder(self) -> str | None:
        """Return the id of the process that works on the directory, or `None`."""
        try:
            file = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            return None if _take(file) else self._read_holder() or None
        finally:
            os.close(file)

    def _read_holder(self) -> str:
        return self._path.read_text("ascii", "replace").strip()
