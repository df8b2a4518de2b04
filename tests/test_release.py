"""The metadata and links of the package are correct."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import capillary_async

ROOT = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = SETTINGS["project"]
README = (ROOT / "README.md").read_text("utf-8")
REPOSITORY: str = PROJECT["urls"]["Repository"]
WORKFLOW = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")


def links(text: str) -> list[str]:
    """Return the targets of the links in a Markdown text."""
    return re.findall(r"\]\(([^)]+)\)", text)


@pytest.mark.parametrize("link", links(README))
def test_links_of_the_readme_are_absolute(link: str) -> None:
    """A package index shows the README without the files beside it."""
    assert link.startswith(("https://", "#"))


@pytest.mark.parametrize("link", [link for link in links(README) if link.startswith(f"{REPOSITORY}/blob/main/")])
def test_links_into_the_repository_lead_to_files(link: str) -> None:
    """A file that moved would leave a dead link."""
    assert (ROOT / link.removeprefix(f"{REPOSITORY}/blob/main/")).is_file()


def test_the_version_is_written_down_once() -> None:
    """Two copies of the version would differ some day."""
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]


def test_the_build_finds_the_version() -> None:
    """Without the version the package cannot be installed."""
    source: dict[str, str] = SETTINGS["tool"]["hatch"]["version"]

    found = re.search(source["pattern"], (ROOT / source["path"]).read_text("utf-8"), re.MULTILINE)

    assert found is not None
    assert found["version"] == capillary_async.__version__


def test_every_python_that_is_named_is_tested() -> None:
    """A classifier must not name an untested version."""
    named = {kind.rpartition(" ")[2] for kind in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", kind)}
    tested = set(re.findall(r'"(3\.\d+)"', WORKFLOW.partition("matrix:")[2].partition("steps:")[0]))

    assert named == tested
    assert f">={min(named, key=lambda version: int(version[2:]))}" == PROJECT["requires-python"]


def test_a_release_needs_no_token() -> None:
    """The index trusts the workflow, and the build is signed."""
    assert "id-token: write" in WORKFLOW
    assert "attestations: true" in WORKFLOW
    assert "secrets." not in WORKFLOW
