"""Write an error as one line, with names of options and commands instead of Python's names."""

import json
import re
from typing import Any, Final

from cyclopts import MissingArgumentError, UnknownCommandError, UnusedCliTokensError

from capillary_async.errors import CapillaryError

# The Python name of an argument, at the start of the message of a `ValueError`.
_ARGUMENT: Final = re.compile(r"[a-z][a-z0-9_]*(?= must )")
_FULL: Final = re.compile(r"disk is full|No space left")
_ERROR_NUMBER: Final = re.compile(r"^\[Errno -?\d+\] ")
# The types in cyclopts' messages, and plain words for them.
_KINDS: Final = {
    "date": "a date such as 2025-01-31",
    "date|datetime": "a date such as 2025-01-31",
    "int": "a whole number",
    "float": "a number",
    "int|Literal[auto]": "a whole number, or auto",
}
_KIND: Final = re.compile(r"(?<= into )([\w|\[\]]+?)(?:\|None)?(?=\.$)")
# The beginnings of the library's messages with Python names, and the same with names of options.
_SHELL_NAMES: Final = {
    "base_url must be a Region, or start": "--base-url or CAPILLARY_BASE_URL must start",
    "ca_file cannot": "--ca-file cannot",
    "keys cannot be retried by": "--status cannot be",
}
_SHELL_ADVICE: Final = {
    "map it: ": "add --map ",
    "give key_format": "give --key-format",
    "ask for a partial output": "add --partial",
    " as ca_file": " as --ca-file",
    "give any_account=True": "add --any-account",
}


def explain(error: Exception) -> str:
    """Return one line that says what went wrong and how to continue."""
    if isinstance(error, MissingArgumentError):
        return _missing(error)
    if isinstance(error, UnusedCliTokensError):
        return f"one argument too many: {' '.join(error.unused_tokens or ())}"
    if isinstance(error, UnknownCommandError) and (option := next(iter(error.unused_tokens or ()), "")).startswith("-"):
        command = " ".join(("capillary", *(error.command_chain or ())))
        return f"{command} has no option {option}; options follow a command, such as {command} COMMAND {option}"
    text = _in_shell_words(error, " ".join(str(error).split()))
    if isinstance(error, OSError):
        room = "; make room, or choose another directory" if _FULL.search(text) else ""
        return _ERROR_NUMBER.sub("", text) + room
    if isinstance(error, ValueError):
        return _ARGUMENT.sub(_option, text, count=1) if _ARGUMENT.match(text) else text
    return _KIND.sub(lambda kind: _KINDS.get(kind[1], kind[1]), text) + _way_on(error)


def _in_shell_words(error: Exception, text: str) -> str:
    for name, shell_name in _SHELL_NAMES.items():
        text = text.replace(name, shell_name, 1) if text.startswith(name) else text
    if text.startswith("there is no job in "):
        text += "; create one with: capillary bulk run DIRECTORY --lookup NAME --keys FILE"
    if isinstance(error, CapillaryError):
        for advice, shell_advice in _SHELL_ADVICE.items():
            text = text.replace(advice, shell_advice)
    return text


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
    return f"; the rows so far are complete, continue with --resume {cursor}" if has_rows else ""


def explain_as_json(error: Exception, exit_code: int) -> str:
    """Return the error as a JSON object for programs; it always has the same keys."""
    cursor = getattr(error, "cursor", None)
    codes = list(getattr(error, "codes", ()))
    document: dict[str, Any] = {
        "error": type(error).__name__,
        "code": codes[0] if codes else None,
        "codes": codes,
        "status": getattr(error, "status", None),
        "message": explain(error),
        "path": getattr(error, "path", None),
        "attempts": getattr(error, "attempts", 0),
        "request_id": getattr(error, "request_id", None),
        "next_step": next_step(error),
        "cursor": None if cursor is None else str(cursor),
        "exit_code": exit_code,
    }
    return json.dumps(document)


def next_step(error: Exception) -> str:
    """Return what the user can do about an error."""
    name = next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _NEXT_STEPS), "")
    if _way_on(error):
        return f"continue with --resume {getattr(error, 'cursor', '')}"
    if getattr(error, "retryable", False):
        return "run the command again later"
    return _NEXT_STEPS.get(name, "correct the arguments; --help lists them")


# The keys are names of classes, so that this module need not import the classes.
_NEXT_STEPS: Final = {
    "JobStoppedError": "continue with: capillary bulk resume",
    "UnexpectedResponseError": "check --base-url or --region",
    "AuthenticationError": "check the till or key, and its password or secret",
    "AccessDeniedError": "ask Capillary for access with this till or key",
    "NotFoundError": "check the id and --source",
    "CustomerMergedError": "find the customer by mobile number, e-mail address or external id",
    "DecodeError": "report it to the developers of capillary_async, with the request id",
    "TransportError": "check the network, the proxy and the certificates",
    "OSError": "check the file's path and permissions, and the space on the disk",
}
