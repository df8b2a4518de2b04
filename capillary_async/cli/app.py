"""The command as a whole: its help, and what it says and returns when something goes wrong."""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Final

from cyclopts import App, CycloptsError, Parameter

from capillary_async.cli.demo import demo
from capillary_async.cli.lookups import add_lookups
from capillary_async.cli.sandbox import sandbox_command
from capillary_async.errors import (
    AccessDeniedError,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    NotFoundError,
)

_FAILED, _MISUSED, _NOT_FOUND, _NOT_LET_IN, _INTERRUPTED, _PIPE_CLOSED = 1, 2, 3, 4, 130, 141

# What a script can tell apart; the first class that fits decides.
EXIT_CODES: Final[Sequence[tuple[type[Exception], int]]] = (
    (ConfigurationError, _MISUSED),
    (NotFoundError, _NOT_FOUND),
    (AuthenticationError, _NOT_LET_IN),
    (AccessDeniedError, _NOT_LET_IN),
    (CapillaryError, _FAILED),
    (OSError, _FAILED),
    (ValueError, _MISUSED),
    (CycloptsError, _MISUSED),
)
_EPILOGUE: Final = f"""\
Start here, without an account: `capillary demo`.

Exit codes: 0 done, {_FAILED} the API failed or did not answer, {_MISUSED} wrong arguments or settings, \
{_NOT_FOUND} no such customer, group or target, {_NOT_LET_IN} not let in, {_INTERRUPTED} interrupted.
"""


def build() -> App:
    """Put the command together."""
    app = App(
        name="capillary",
        help="Look up customers, user groups and targets in Capillary's loyalty platform.",
        help_epilogue=_EPILOGUE,
        version=version("capillary-async"),
        default_parameter=Parameter(negative_iterable=()),
        suppress_keyboard_interrupt=False,
    )
    add_lookups(app)
    app.command(sandbox_command(), group="Try it out")
    app.command(demo, group="Try it out")
    return app


def run(arguments: Sequence[str]) -> int:
    """Carry out one command.

    Returns:
        The exit code.
    """
    _write_utf8()
    try:
        build()(arguments, exit_on_error=False, print_error=False, result_action="return_none")
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except Exception as error:
        code = next((code for kind, code in EXIT_CODES if isinstance(error, kind)), None)
        if code is None:
            raise
        print(f"capillary: {_explain(error)}", file=sys.stderr)
        return code
    return 0


def _explain(error: Exception) -> str:
    """Say in one line what went wrong, and how to go on."""
    text = " ".join(str(error).split())
    cursor = getattr(error, "cursor", None)
    return text if cursor is None else f"{text}; the rows so far are whole, go on with --resume {cursor}"


def _write_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
