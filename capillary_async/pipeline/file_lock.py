"""Lock a file for the processes of one machine, on POSIX systems and on Windows."""

import sys

if sys.platform == "win32":
    import msvcrt
    import os

    # Nobody else can read what Windows has locked, so the byte that it locks is far behind the content.
    _LOCKED_BYTE = 2**30

    def _lock(file: int, *, is_shared: bool) -> None:  # noqa: ARG001  (there is no other kind)
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

    def unlock(file: int) -> None:
        """Undo `try_lock`."""
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(file: int, *, is_shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def unlock(file: int) -> None:
        """Undo `try_lock`."""
        fcntl.flock(file, fcntl.LOCK_UN)


def try_lock(file: int, *, is_shared: bool = False) -> bool:
    """Lock an open file unless another process has locked it. Whichever way that process ends, the system unlocks it.

    Args:
        file: The file's descriptor.
        is_shared: Whether others may lock it in the same way at the same time.

    Returns:
        Whether it is locked now.

    Raises:
        OSError: The file system has no locks.
    """
    try:
        _lock(file, is_shared=is_shared)
    except (BlockingIOError, PermissionError):  # what POSIX and what Windows say when another process has it
        return False
    return True
