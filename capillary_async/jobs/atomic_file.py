"""A file that appears under its name whole, or not at all."""

import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from capillary_async.jobs.remote_files import is_url, open_url

_BUFFER = 2**18


@contextmanager
def atomic_file(target: Path | str) -> Generator[BinaryIO]:
    """Open a file for writing that gets its name when the block is left without an exception.

    Args:
        target: A path, or a URL that `fsspec` can write to. A file that was there before is replaced.

    Raises:
        OSError: The disk failed. There is no new file; one that was there before is untouched.
        ConfigurationError: It is a URL, and `fsspec` is not installed.
    """
    if isinstance(target, str) and is_url(target):
        with TemporaryDirectory() as directory:
            copy = Path(directory, "copy")
            with atomic_file(copy) as file:
                yield file
            _upload(copy, target)
        return
    path = Path(target)
    temporary = path.with_name(path.name + ".tmp")
    try:
        # What a job found is about customers: nobody else may read it.
        with open(temporary, "wb", buffering=_BUFFER, opener=_private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_directory(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(path: Path) -> None:
    """Wait until the names of new files in a directory would survive a power cut."""
    if os.name == "nt":  # Windows knows no such thing
        return
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _upload(path: Path, url: str) -> None:
    with path.open("rb") as source, open_url(url, "wb") as target:
        while part := source.read(_BUFFER):
            target.write(part)
