"""Generate the reference of the endpoints: every method with its command and its path."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.util.inspect import stringify_signature

from capillary_async import AccessToken, CapillaryClient, Region
from capillary_async.api.groups import GROUPS
from capillary_async.api.methods import Group
from capillary_async.cli.methods import LOOKUPS as COMMANDS
from capillary_async.jobs import LOOKUPS

_MODULE: Final = re.compile(r"~?\b(?:[a-z_]+\.)+(?=[A-Z_])")
_SEVERAL: Final = re.compile(r"_Collection\[([^\]]+)\] \| Iterator\[\1\]")
_NAPOLEON: Final[Any] = Config(napoleon_use_param=True, napoleon_use_rtype=False)
# The page of endpoints has the paths; a test compares it with the sent requests.
_ROW: Final = re.compile(r"^\| `([\w.]+)` \| `[\w-]+` \| `(/[^`]+)` \| ([^|]+) \|", re.MULTILINE)
_PAGE: Final = Path(__file__).parent / "explanation" / "endpoints.md"


def group_types() -> dict[str, Group]:
    """Return the groups of endpoints by name."""
    client = CapillaryClient(Region.EU, AccessToken("t"))
    return {name: getattr(client, name) for name in GROUPS}


def paths() -> dict[str, tuple[str, str]]:
    """Return the path and the short description of each method."""
    return {method: (path, answer) for method, path, answer in _ROW.findall(_PAGE.read_text("utf-8"))}


def command_of(method: str) -> str:
    """Return the command that calls a method."""
    return next(name for name, (path, _) in COMMANDS.items() if path == method)


def endpoint_table() -> str:
    """List every method with its command and its endpoint."""
    rows = "".join(
        f"| [`client.{method}`](#{_anchor(method)}) | `capillary {command_of(method)}` | `GET {path}` |\n"
        for method, (path, _) in paths().items()
    )
    return f"| in Python | in a shell | endpoint |\n|---|---|---|\n{rows}"


def _anchor(method: str) -> str:
    return f"capillary_async.CapillaryClient.{method}"


def group_page(group: str) -> str:
    """Document every method of a group."""
    return "".join(_method(group, name, method) for name, method in _methods(group))


def _methods(group: str) -> Iterator[tuple[str, Any]]:
    owner = group_types()[group]
    for name, value in vars(type(owner)).items():
        if callable(value) and not name.startswith("_"):
            yield name, getattr(owner, name)


def _method(group: str, name: str, method: Any) -> str:
    path = f"{group}.{name}"
    signature = stringify_signature(inspect.signature(method), unqualified_typehints=True, short_literals=True)
    signature = _SEVERAL.sub(r"Iterable[\1]", _MODULE.sub("", signature))
    is_pager = "Pager[" in signature.rpartition("->")[2]
    text = GoogleDocstring(inspect.getdoc(method) or "", _NAPOLEON).lines()
    body = "\n".join(f"   {line}".rstrip() for line in text)
    asks = f"`GET {paths()[path][0]}`, in a shell `capillary {command_of(path)}`"
    return (
        f"## {name}\n\n{asks}\n\n```{{eval-rst}}\n.. py:currentmodule:: capillary_async\n\n"
        f".. py:method:: CapillaryClient.{path}{signature}\n"
        f"{'' if is_pager else '   :async:' + chr(10)}\n{body}\n```\n\n"
    )


def lookup_table() -> str:
    """List the lookups of jobs with the columns of their keys."""
    rows = "".join(
        f"| `{name}` | {_columns(lookup)} | `{lookup.path}` | {'yes' if lookup.by_path else ''} |\n"
        for name, lookup in LOOKUPS.items()
    )
    return f"| lookup | columns of a key | method | `--by` another identifier |\n|---|---|---|---|\n{rows}"


def _columns(lookup: Any) -> str:
    return ", ".join(f"`{column.name}`" + ("" if column.is_required else " (optional)") for column in lookup.columns)
