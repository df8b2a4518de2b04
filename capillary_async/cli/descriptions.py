"""Read the descriptions of arguments from a docstring."""

import inspect
import re
from typing import Final

_ARGUMENT: Final = re.compile(r" {4}(\w+): (.*)")


def argument_descriptions(docstring: str | None) -> dict[str, str]:
    """Return each argument's text in the section `Args`; an empty dict if Python removed docstrings (`-OO`)."""
    _, _, section = inspect.cleandoc(docstring or "").partition("Args:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if not line.strip():
            break
        if argument := _ARGUMENT.fullmatch(line):
            name, found[argument[1]] = argument[1], argument[2]
        elif name:
            found[name] += " " + line.strip()
    return found
