"""The few file operations that a job's safety rests on, in one place, so that tests can make each of them fail."""

import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_BUFFER: Final = 2**18


class Disk:
    """The real disk. Every method either has done all of its work when it returns, or raises `OSError`."""

    def create(self, path: Path) -> int:
        """Open a new, empty file for writing, in place of any that has the name."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)

    def open(self, path: Path) -> int:
        """Open a file for writing at its end; a missing one is made."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)

    def write(self, file: int, data: bytes) -> None:
        """Write all of `data`."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]

    def fsync(self, file: int) -> None:
        """Wait until the file's content would survive a power cut.

        When this fails, nothing is known about what was written since the last time, and asking again
        would not tell: the system may have dropped the data and called the file clean.
        """
        os.fsync(file)

    def close(self, file: int) -> None:
        """Close a file."""
        os.close(file)

    def truncate(self, file: int, size: int) -> None:
        """Cut a file off."""
        os.ftruncate(file, size)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file a name, in place of any other that has it."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def fsync_directory(self, path: Path) -> None:
        """Wait until the names of new files in a directory would survive a power cut."""
        if os.name == "nt":  # Windows knows no such thing
            return
        directory = os.open(path, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def commit(self, connection: sqlite3.Connection) -> None:
        """Commit a transaction of SQLite's."""
        connection.execute("COMMIT")


class NewFile:
    """A file that appears under its name whole, or not at all.

    A context manager; leaving its block without an exception puts the file in its place. It has what
    a writable file has, as far as writers of file formats ask for it.
    """

    closed = False

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk = disk
        self._path = path
        self._temporary = path.with_name(path.name + ".tmp")
        self._file = -1
        self._buffer = bytearray()
        self._written = 0

    def __enter__(self) -> Self:
        """Begin, under a temporary name."""
        self._file = self._disk.create(self._temporary)
        return self

    def write(self, data: bytes) -> int:
        """Add `data` at the end."""
        self._buffer += data
        self._written += len(data)
        if len(self._buffer) >= _BUFFER:
            self.flush()
        return len(data)

    def tell(self) -> int:
        """Return how much was written."""
        return self._written

    def flush(self) -> None:
        """Hand what was written to the system."""
        data = bytes(self._buffer)
        self._buffer.clear()
        self._disk.write(self._file, data)

    def close(self) -> None:
        """Do nothing: only leaving the block tells whether the file is complete."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the complete file in its place, or leave nothing."""
        try:
            try:
                if kind is None:
                    self.flush()
                    self._disk.fsync(self._file)
            finally:
                self._disk.close(self._file)
            if kind is None:
                self._disk.rename(self._temporary, self._path)
                self._disk.fsync_directory(self._path.parent)
        finally:
            self._temporary.unlink(missing_ok=True)
