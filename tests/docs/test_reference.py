"""The hand-written tables of the reference are complete."""

import re
import tomllib
from pathlib import Path

import attrs

from capillary_async import ClientOptions, RetryPolicy
from capillary_async.cli import connection
from capillary_async.pipeline.environment import settings
from tests.docs.prose import DOCS, ROOT

VARIABLE = re.compile(r"CAPILLARY_[A-Z0-9_]+[A-Z0-9]")
MEBIBYTE = 2**20


def page(name: str) -> str:
    """Return a page of the reference."""
    return (DOCS / "reference" / f"{name}.md").read_text("utf-8")


def test_every_environment_variable_has_a_row() -> None:
    """Users would find an undocumented variable only in the source."""
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "capillary_async").rglob("*.py"))
    rows = set(re.findall(r"^\| `(CAPILLARY_\w+)` \|", page("configuration"), re.MULTILINE))

    assert rows == set(VARIABLE.findall(sources))


def test_both_tables_of_variables_are_complete() -> None:
    """The command reads more variables than the client, so the page has two tables."""
    client, command = page("configuration").split("The command also reads:")
    command_source = Path(connection.__file__).read_text("utf-8")

    assert settings(dict.fromkeys(VARIABLE.findall(client), "x")).keys() == set(VARIABLE.findall(client))
    assert set(re.findall(r"^\| `(CAPILLARY_\w+)` \|", command, re.MULTILINE)) <= set(VARIABLE.findall(command_source))


def test_the_limits_are_the_defaults_of_the_options() -> None:
    """The page must show the current defaults."""
    rows = re.findall(r"\| (\d+)( MiB)? \| `(\w+)\.(\w+)` \|", page("limits"))
    defaults = {
        f"{cls.__name__}.{field.name}": field.default
        for cls in (ClientOptions, RetryPolicy)
        for field in attrs.fields(cls)
    }
    policy = RetryPolicy()

    for value, unit, owner, name in rows:
        default = policy.budget // policy.retry_cost if name == "budget" else defaults[f"{owner}.{name}"]
        assert int(value) * (MEBIBYTE if unit else 1) == default, name
    assert len(rows) == 7


def test_every_extra_for_users_has_a_row() -> None:
    """The other extras are for developers of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = re.findall(r"^\| `(\w+)` \|", page("install"), re.MULTILINE)
    ours = {"bench", "dev", "docs", "examples", "fuzz", "mutation", "test"}

    assert set(rows) == set(project["optional-dependencies"]) - ours
    for dependency in project["dependencies"]:
        assert re.split(r"[>=]", dependency)[0] in page("install")
