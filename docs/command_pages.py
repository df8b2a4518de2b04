"""Generate the reference of the command line from the commands."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from cyclopts import App, Parameter

from capillary_async.cli import commands
from capillary_async.cli.exit_codes import EXIT_CODES

# The other panels have options of several commands, which are described only once.
_OWN: Final = ("Parameters", "Arguments")
_BUILT_IN: Final = ("--help", "-h", "--version", "--install-completion")
_EXAMPLE: Final = "Example: "


def exit_codes() -> str:
    """List the exit codes."""
    rows = "".join(
        "| {} | {} |\n".format(*line[2:].split(" ", 1)) for line in EXIT_CODES.splitlines() if line[:1] == "*"
    )
    return f"| exit code | meaning |\n|---:|---|\n{rows}"


def command_pages() -> str:
    """Document every command, in the panels of `capillary --help`, and the shared options."""
    app = commands.build()
    found = [(f"capillary {name}", app[name], app.default_parameter) for name in app if name not in _BUILT_IN]
    bulk = app["bulk"]
    panels: dict[str, list[str]] = {}
    shared: dict[str, dict[str, str]] = {}
    for name, command, default in found:
        title = _first(command.group)
        text = _bulk(bulk, default, shared) if command is bulk else _command(name, command, default, shared)
        panels.setdefault(title, []).append(text)
    pages = "".join(f"## {title}\n\n{''.join(texts)}" for title, texts in panels.items())
    return pages + "".join(_panel(title, options) for title, options in shared.items())


def _bulk(bulk: App, default: Parameter | None, shared: dict[str, dict[str, str]]) -> str:
    head = f"### capillary bulk\n\n{_summary(bulk.help)}\n\n"
    names = [name for name in bulk if name not in _BUILT_IN]
    return head + "".join(_command(f"capillary bulk {name}", bulk[name], default, shared) for name in names)


def _command(name: str, command: App, default: Parameter | None, shared: dict[str, dict[str, str]]) -> str:
    found = [
        argument
        for argument in command.assemble_argument_collection(default_parameter=default, parse_docstring=True)
        if argument.show
    ]
    own, refers = list[str](), list[str]()
    for argument in found:
        title = _first(argument.parameter.group)
        if title in _OWN:
            own.append(_option(argument))
            continue
        options, name_of_it = shared.setdefault(title, {}), argument.names[0]
        is_like_others = options.get(name_of_it, _option(argument)) == _option(argument)
        options[name_of_it] = _option(argument) if is_like_others else _option(argument, has_default=False)
        refers.append(title)
    usage = " ".join([name, *(_placeholder(argument) for argument in found if argument.required)])
    links = ", ".join(f"[{title}](#options-{title.lower().replace(' ', '-')})" for title in dict.fromkeys(refers))
    also = f"Shared options: {links}.\n\n" if refers else ""
    example = str(command.help_epilogue or "")
    shown = f"{example}\n\n" if example.startswith(_EXAMPLE) else ""
    return f"### {name}\n\n```text\n{usage}\n```\n\n{_summary(command.help)}\n\n{''.join(own)}\n{shown}{also}"


def _first(groups: Any) -> str:
    (group, *_) = groups
    return str(group.name)


def _summary(text: str | None) -> str:
    """Return a docstring without its sections, because these are about Python."""
    lines = re.split(r"\n\s*(?:Args|Returns|Raises):\s*\n", text or "")[0]
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", lines) if paragraph.strip())


def _placeholder(argument: Any) -> str:
    name = argument.names[0]
    return name.removeprefix("--").upper() if argument.field_info.is_positional else f"{name} {_kind(argument)}"


def _option(argument: Any, *, has_default: bool = True) -> str:
    names = ", ".join(f"`{name}`" for name in _names(argument))
    text = " ".join(str(argument.parameter.help or "").split()).rstrip(".")
    default = argument.field_info.default
    is_shown = has_default and type(default) in (int, float, str) and default not in ("", 0)
    return f"* {names}: {text}.{f' Default: {default}.' if is_shown else ''}{''.join(_choices(argument))}\n"


def _names(argument: Any) -> Iterator[str]:
    if argument.required and argument.field_info.is_positional:
        yield argument.names[0].removeprefix("--").upper()
        return
    kind = _kind(argument)
    yield f"{argument.names[0]} {kind}".rstrip()
    yield from argument.names[1:]


def _kind(argument: Any) -> str:
    arms = [arm for arm in get_args(argument.hint) if arm is not type(None)]
    hint = arms[0] if len(arms) == 1 and get_origin(argument.hint) in (Union, UnionType) else argument.hint
    if hint is bool or argument.parameter.count:
        return ""
    if argument.get_choices():
        return "CHOICE"
    if get_origin(hint) in (list, tuple):
        return "…"
    return getattr(hint, "__name__", "").upper() if hint in (int, float) else "TEXT"


def _choices(argument: Any) -> Iterator[str]:
    choices = argument.get_choices()
    text = argument.parameter.help or ""
    if choices and not all(str(choice) in text for choice in choices):
        yield f" One of {', '.join(f'`{choice}`' for choice in choices)}."


def _panel(title: str, options: dict[str, str]) -> str:
    return f"## Options: {title}\n\n{''.join(options.values())}\n"
