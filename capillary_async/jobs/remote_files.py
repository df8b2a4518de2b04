"""Files that are not on this machine: whatever `fsspec` reaches, such as `s3://…` or `https://…`."""

import re
from importlib import import_module
from typing import Any, BinaryIO, Final, cast

from capillary_async.errors import ConfigurationError

_URL: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")


def is_url(path: str) -> bool:
    """Whether a path is a URL. A drive's letter is none."""
    return _URL.match(path) is not None


def open_url(url: str, mode: str = "rb") -> BinaryIO:
    """Open a file by its URL.

    Raises:
        ConfigurationError: `fsspec`, or what it needs for this kind of URL, is not installed.
        OSError: The file cannot be opened.
    """
    try:
        fsspec: Any = import_module("fsspec")
        return cast("BinaryIO", fsspec.open(url, mode).open())
    except ImportError as error:
        raise ConfigurationError(
            f"URLs need fsspec and what it uses for them: pip install 'capillary-async[remote]' ({error})"
        ) from error
    except ValueError as error:
        # fsspec knows no such protocol. Its message holds the protocol alone.
        raise ConfigurationError(f"there is no way to open this URL: {error}") from error
