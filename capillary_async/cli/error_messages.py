"""What the command says when something goes wrong: one line, in the words of a shell."""

import re
from typing import Final

from cyclopts import MissingArgumentError, UnusedCliTokensError

# Python's name of an argument, at the start of the refusals that are made before anything is sent.
_ARGUMENT: Final = re.compile(r"[a-z][a-z0-9_]*(?= must )")
_ERROR_NUMBER: Final = re.compile(r"^\[Errno -?\d+\] ")
# What a text was to be converted into, as cyclopts names it.
_KINDS: Final = {"date|datetime|None": "a date such as 2025-01-31", "int": "a whole number", "float": "a number"}
_KIND: Final = re.compile(r"(?<= into )[\w|]+(?=\.$)")


def explain(error: Exception) -> str:
    """Say what went wrong, and how to go on."""
    if isinstance(error, MissingArgumentError):
        return _missing(error)
    if isinstance(error, UnusedCliTokensError):
        return f"one argument too many: {' '.join(error.unused_tokens or ())}"
    text = " ".join(str(error).split())
    if isinstance(error, OSError):
        return _ERROR_NUMBER.sub("", text)
    if isinstance(error, ValueError):
        return _ARGUMENT.sub(_option, text, count=1) if _ARGUMENT.match(text) else text
    return _KIND.sub(lambda kind: _KINDS.get(kind[0], kind[0]), text) + _way_on(error)


def _missing(error: MissingArgumentError) -> str:
    if error.keyword is not None or error.argument is None:
        return f"{error.keyword} needs a value"
    name = error.argument.name
    if error.argument.field_info.is_positional:
        name = name.removeprefix("--").upper()
    command = " ".join(error.command_chain or ())
    return f"{command} needs {name}; `capillary {command} --help` lists its arguments"


def _option(argument: re.Match[str]) -> str:
    return "--" + argument[0].replace("_", "-")


def _way_on(error: Exception) -> str:
    cursor = getattr(error, "cursor", None)
    has_rows = cursor is not None and cursor.position > 0
    return f"; the rows so far are whole, go on with --resume {cursor}" if has_rows else ""
