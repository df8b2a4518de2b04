"""Read from a docstring what it says of each argument."""

import inspect
import re
from typing import Final

_ARGUMENT: Final = re.compile(r" {4}(\w+): (.*)")


def argument_descriptions(docstring: str | None) -> dict[str, str]:
    """Return what the section `Args` says of each argument; nothing where docstrings were thrown away (`-OO`)."""
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
