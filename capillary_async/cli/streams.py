"""Prepare standard output and standard error, and give them up when they are closed."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper


def prepare() -> bool:
    """Make the standard streams usable: UTF-8 in every locale; bytes that are not UTF-8 stay unchanged.

    A closed stream (`>&-`) becomes /dev/null. Otherwise the next file or socket would get its descriptor, and output
    would be written there.

    Returns:
        Whether standard output is open.
    """
    is_open = sys.stdout is not None
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _open_null(number)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)
    return is_open


def close_output() -> None:
    """Replace a standard output that cannot be written; otherwise Python reports another error when it exits."""
    with suppress(OSError):  # the stream is not a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_null(number: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
