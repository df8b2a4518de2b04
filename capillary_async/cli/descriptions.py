"""Make help for a shell from the docstrings of methods."""

import inspect
import re
from collections.abc import Collection
from typing import Final

from capillary_async.cli.methods import LOOKUPS

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


def for_shell(text: str, parameters: Collection[str]) -> str:
    """Replace names of the client's methods by commands, and names of parameters by options."""
    for name, (path, _) in LOOKUPS.items():
        text = text.replace(f"`{path}`", f"`capillary {name}`")
    for name in parameters:
        text = text.replace(f"`{name}`", f"--{name.replace('_', '-')}")
    return text.replace("`lookup_many`", "`capillary bulk`")
