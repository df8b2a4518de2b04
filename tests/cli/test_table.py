"""The documentation's table of methods, commands and endpoints."""

import re
from collections.abc import Iterator
from pathlib import Path

from capillary_async.api.groups import GROUPS, group_class
from capillary_async.cli.methods import LOOKUPS
from tests.cli.conftest import Capillary

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "endpoints.md").read_text("utf-8")
_ROW = re.compile(r"^\| `\w+\.\w+` \| `[\w-]+` \| `/[^`]+` \|", re.MULTILINE)
_REQUEST = re.compile(r"GET (/\S+) \d{3}, attempt")


def rows(capillary: Capillary) -> Iterator[str]:
    """Yield the expected rows of the table, from the requests of the commands' examples."""
    for name, (method, example) in LOOKUPS.items():
        arguments = re.split(r" [|>] ?", example)[0].split()
        done = capillary(name, *arguments, "-v")
        (path, *_) = _REQUEST.findall(done.err)
        yield f"| `{method}` | `{name}` | `{path}` |"


def test_the_table_is_right(capillary: Capillary) -> None:
    """Users look up the method for an endpoint there."""
    expected = sorted(rows(capillary))

    assert sorted(_ROW.findall(PAGE)) == expected, "\n".join(expected)


def test_every_method_has_a_command() -> None:
    """A shell must offer all lookups of Python."""
    methods = {f"{group}.{name}" for group in GROUPS for name in dir(group_class(group)) if name[0] != "_"}
    methods -= {f"{group}.endpoint_client" for group in GROUPS}

    assert methods == {method for method, _ in LOOKUPS.values()}
