"""The page of endpoints lists exactly the methods and commands of the package."""

import re
from pathlib import Path

from capillary_async import AccessToken, CapillaryClient, Region
from capillary_async.cli.methods import LOOKUPS

PAGE = (Path(__file__).parents[1] / "docs" / "explanation" / "endpoints.md").read_text("utf-8")
ROWS = re.findall(r"^\| `([\w.]+)` \| `([\w-]+)` \| `(/[^`]+)` \|", PAGE, re.MULTILINE)
GROUPS = ("customers", "ledger", "promotions", "targets", "user_groups")


def methods() -> set[str]:
    """Return every method of the groups of endpoints."""
    client = CapillaryClient(Region.EU, AccessToken("t"))
    names = {(group, name) for group in GROUPS for name in dir(getattr(client, group))}
    return {f"{group}.{name}" for group, name in names if not name.startswith("_") and name != "endpoint_client"}


def test_every_method_has_a_row() -> None:
    """Users find methods on this page."""
    assert {method for method, _, _ in ROWS} == methods()


def test_every_command_has_a_row() -> None:
    """The row must name the method that the command calls."""
    assert {(command, method) for method, command, _ in ROWS} == {
        (command, method) for command, (method, _) in LOOKUPS.items()
    }
