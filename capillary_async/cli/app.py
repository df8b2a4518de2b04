"""The command as a whole: its help, and what it says and returns when something goes wrong."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Final

from cyclopts import App, Parameter

from capillary_async.cli.bulk import bulk_app
from capillary_async.cli.demo import demo
from capillary_async.cli.display import close_output
from capillary_async.cli.error_messages import explain
from capillary_async.cli.exit_codes import DONE, EXIT_CODES, INTERRUPTED, PIPE_CLOSED, exit_code_of
from capillary_async.cli.lookups import add_lookups
from capillary_async.cli.sandbox import sandbox_command

_EPILOGUE: Final = f"Start here, without an account: `capillary demo`.\n\n{EXIT_CODES}"


def build() -> App:
    """Put the command together."""
    app = App(
        name="capillary",
        help="Look up customers, user groups and targets in Capillary's loyalty platform.",
        help_epilogue=_EPILOGUE,
        version=version("capillary-async"),
        default_parameter=Parameter(negative=()),
        suppress_keyboard_interrupt=False,
    )
    add_lookups(app)
    app.command(bulk_app())
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
        code = build()(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        close_output()  # whoever read it has seen enough
        return PIPE_CLOSED
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        print(f"capillary: {explain(error)}", file=sys.stderr)
        return code
    return DONE if code is None else code


def _write_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
