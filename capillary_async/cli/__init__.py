"""The `capillary` command: the API from a shell. It needs the extra `cli`."""

import sys


def main() -> int:
    """Run the command that the program's arguments name.

    Returns:
        The exit code; `capillary --help` lists them.
    """
    try:
        from capillary_async.cli.app import run  # noqa: PLC0415  (what it imports may not be installed)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"cyclopts", "rich"}:
            raise
        print(
            "capillary: the command line is an extra; install it with: pip install 'capillary-async[cli]'",
            file=sys.stderr,
        )
        return 2
    return run(sys.argv[1:])
