"""Run one command, print its errors, and return its exit code."""

import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from capillary_async.cli.commands import build, help_text
from capillary_async.cli.error_messages import explain, explain_as_json
from capillary_async.cli.exit_codes import DONE, FAILED, INTERRUPTED, PIPE_CLOSED, TERMINATED, exit_code_of
from capillary_async.cli.streams import close_output, prepare

_ERRORS_AS_JSON: Final = ("--errors=json", "--errors json")


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit code.
    """
    is_read = prepare()
    # In the C locale Python may have decoded the arguments as ASCII, with other bytes as surrogate escapes.
    arguments = [os.fsencode(argument).decode("utf-8", "surrogateescape") for argument in arguments]
    with _terminable() as received:
        try:
            code = None
            if not arguments:
                sys.stdout.write(help_text())
            else:
                code = build()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
            sys.stdout.flush()
        except KeyboardInterrupt:
            return TERMINATED if received else INTERRUPTED
        except BrokenPipeError:
            close_output()
            return PIPE_CLOSED
        except Exception as error:
            code = exit_code_of(error)
            if code is None:
                raise
            _report(error, code, arguments)
            return code
    if not is_read:
        print("capillary: nothing was written, because standard output is closed", file=sys.stderr)
        return FAILED
    return DONE if code is None else code


def _report(error: Exception, code: int, arguments: Sequence[str]) -> None:
    as_json = any(option in " ".join(arguments) for option in _ERRORS_AS_JSON)
    print(explain_as_json(error, code) if as_json else f"capillary: {explain(error)}", file=sys.stderr)


@contextmanager
def _terminable() -> Generator[list[int]]:
    """Let SIGTERM end the command as Ctrl-C does.

    Python's default does not end process 1 of a container.

    Yields:
        The signals that were received; filled while the block runs.
    """
    received: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        received.append(number)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # shells ignore it for commands in the background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield received
    finally:
        signal.signal(signal.SIGTERM, before)
