"""The `capillary` command: the API from a shell. It needs the extra `cli`."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# The output of `capillary --help`. `make help-text` generates the file from the commands, and a test compares the two.
# Generating it for each call would import every command, which is slow.
HELP_FILE: Final = Path(__file__).with_name("help.txt")
_EXTRAS: Final = {"cyclopts", "rich", "platformdirs"}


def main() -> int:
    """Run the command that the program's arguments name.

    Returns:
        The exit code; `capillary --help` lists them.
    """
    arguments = sys.argv[1:]
    try:
        if arguments in (["--help"], ["-h"]) and find_spec("cyclopts"):
            return _print_help()
        from capillary_async.cli.app import run  # noqa: PLC0415  (it imports the extra's packages)

        return run(arguments)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in _EXTRAS:
            raise
        print(
            "capillary: the command line is an extra; install it with: pip install 'capillary-async[cli]'",
            file=sys.stderr,
        )
        return 2


def _print_help() -> int:
    from capillary_async.cli.streams import close_output, prepare  # noqa: PLC0415

    is_read = prepare()
    try:
        sys.stdout.write(HELP_FILE.read_text("utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:
        close_output()
        return 141
    return 0 if is_read else 1
