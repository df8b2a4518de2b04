"""One run at a time works on a job's directory.

The operating system locks a file in the directory, and unlocks it when the process ends, so a lock is never stale. The
process also unlocks it explicitly, because a child process that inherited the file would keep the lock. After locking,
`Lock` checks that the file is still the one in the directory, because a removed file locks nothing. The file holds the
process's id only for messages, which name a process only if it is alive.
"""

import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from capillary_async.jobs.errors import JobRefusedError
from capillary_async.pipeline.file_lock import try_lock, unlock

LOCK_FILE: Final = "lock"

# Another process may hold the lock only to look at it, or may be about to write its id.
_TRIES: Final = 10
_SECONDS: Final = 0.01


class Lock:
    """The right to work on a directory: a context manager, and usable again and again."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK_FILE
        self._file = -1

    def __enter__(self) -> Self:
        """Take the lock."""
        for _ in range(_TRIES):
            if self._try():
                return self
            time.sleep(_SECONDS)
        holder = self._read_holder()
        who = "another run in this process" if holder == str(os.getpid()) else f"process {holder}"
        raise JobRefusedError(f"{who if holder else 'another process'} is working on this job")

    def _try(self) -> bool:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if try_lock(self._file) and self._is_in_place():
                self._write_holder()
                return True
        except BaseException:
            os.close(self._file)
            raise
        os.close(self._file)
        return False

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except FileNotFoundError:
            return False

    def _write_holder(self) -> None:
        # On a full disk nobody can read who it is, but the lock holds.
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()} {socket.gethostname()}\n".encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back. The file stays: removing it would race with whoever opens it now."""
        with suppress(OSError):
            os.ftruncate(self._file, 0)
            unlock(self._file)
        os.close(self._file)

    def holder(self) -> str | None:
        """Return the id of the process that works on the directory, "(unknown)" without one, or `None` for nobody."""
        try:
            file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            # Shared, so that two who have a look do not take each other for a holder.
            return None if try_lock(file, is_shared=True) else self._read_holder() or "(unknown)"
        finally:
            os.close(file)

    def _read_holder(self) -> str:
        """Return the id of a process that lives, with the machine's name if that is another one; else nothing."""
        number, _, host = self._path.read_text("utf-8", "replace").strip().partition(" ")
        if host != socket.gethostname():
            return f"{number} on {host}" if number.isdigit() and host else ""
        return number if number.isdigit() and _is_alive(int(number)) else ""


def _is_alive(number: int) -> bool:
    if sys.platform == "win32":  # there, asking would end it
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True
