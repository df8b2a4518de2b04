"""Files of keys and exports: local, or at a URL that `fsspec` reaches; written whole, or not at all."""

import gzip
import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final, cast

from capillary_async.errors import ConfigurationError

# A drive's letter is no protocol.
_URL: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_BUFFER: Final = 2**18


def is_url(path: str | Path) -> bool:
    """Whether a path is a URL."""
    return isinstance(path, str) and _URL.match(path) is not None


def open_file(path: str | Path) -> BinaryIO:
    """Open a file for reading, by its path or its URL."""
    if not is_url(path):
        return Path(path).open("rb")
    system, name = _remote(str(path))
    file: BinaryIO = system.open(name, "rb")
    return file


@contextmanager
def atomic_file(target: Path | str) -> Generator[BinaryIO]:
    """Open a file for writing that gets its name when the block is left without an exception.

    Args:
        target: A path, or a URL that `fsspec` can write to; compressed if it ends in `.gz`. A file that was there
            before is replaced.
    """
    if is_url(target):
        system, name = _remote(str(target))
        with TemporaryDirectory() as directory:
            copy = Path(directory, f"copy{Path(name).suffix}")
            with atomic_file(copy) as file:
                yield file
            system.put_file(str(copy), name)
        return
    path = Path(target)
    temporary = path.with_name(path.name + ".tmp")
    try:
        # What a job found is about customers: nobody else may read it.
        with open(temporary, "wb", buffering=_BUFFER, opener=_open_private) as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(path.stem, "wb", fileobj=file) as compressed:
                    yield cast("BinaryIO", compressed)
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, would survive a power cut."""
    if os.name == "nt" and path.is_dir():  # Windows has no way to do so
        return
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _remote(url: str) -> tuple[Any, str]:
    try:
        found: tuple[Any, str] = import_module("fsspec.core").url_to_fs(url)
    except ImportError as error:
        needed = "URLs need fsspec and what it uses for them: pip install 'capillary-async[remote]'"
        raise ConfigurationError(f"{needed} ({error})") from error
    except ValueError as error:
        # fsspec knows no such protocol. Its message holds the protocol alone.
        raise ConfigurationError(f"there is no way to open this URL: {error}") from error
    return found
