"""Lock a file for the processes of one machine, on POSIX systems and on Windows."""

import sys

if sys.platform == "win32":
    import msvcrt
    import os

    # Nobody else can read what Windows has locked, so the byte that it locks is far behind the content.
    _LOCKED_BYTE = 2**30

    def _lock(file: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def unlock(file: int) -> None:
        """Undo `try_lock`."""
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def unlock(file: int) -> None:
        """Undo `try_lock`."""
        fcntl.flock(file, fcntl.LOCK_UN)


def try_lock(file: int) -> bool:
    """Lock an open file unless another process has locked it. Whichever way that process ends, the system unlocks it.

    Returns:
        Whether it is locked now.

    Raises:
        OSError: The file system has no locks.
    """
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):  # what POSIX and what Windows say when another process has it
        return False
    return True
