"""Standard output and standard error, in whatever state the command finds them."""

import os
import sys
from contextlib import suppress
from io import TextIOWrapper


def prepare() -> bool:
    """Make the standard streams usable: UTF-8 whatever the locale, bytes that are no text as they are.

    A stream that is closed (`>&-`) becomes /dev/null. Otherwise the next file or socket would get its number,
    and what is printed would end up there.

    Returns:
        Whether what is printed arrives somewhere.
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
    """Let go of an output that cannot be written to; else Python would complain once more when it flushes."""
    with suppress(OSError):  # a stream that is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_null(number: int) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
