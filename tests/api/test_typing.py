"""Type checkers find wrong calls, because most mistakes are found in an editor."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
from collections.abc import Iterator

from capillary_async import CapillaryClient, Embed, EnrollmentType, IdentifierName, SortOrder, Source


async def right(client: CapillaryClient, names: list[str], some: Iterator[str], ids: dict[int, str]) -> None:
    await client.customers.get(1, source=Source.ALL, embed=[Embed.POINTS, "mlp"], user_group_sort_order=SortOrder.ASC)
    await client.customers.get(1, source="NEW", embed=names)
    await client.customers.get(1, embed=some)
    await client.customers.get(1, embed=(name for name in names))
    await client.customers.get(1, embed={Embed.MLP})
    await client.customers.get(1, embed=("points",))
    await client.customers.find_id(IdentifierName.EMAIL, "x")
    await client.targets.get_active(1, target_rule_ids=ids.keys(), enrollment_type=EnrollmentType.IMPORT)


async def wrong(client: CapillaryClient) -> None:
    await client.customers.get(1, embed="points")  # refused
    await client.customers.get(1, embed=Embed.POINTS)  # refused
    await client.customers.get(1, embed=[1])  # refused
    await client.customers.get(1, source=5)  # refused
    await client.targets.get_active(1, target_rule_ids="12")  # refused
"""
_REFUSED = {number for number, line in enumerate(_PROGRAM.splitlines(), 1) if line.endswith("# refused")}


@pytest.mark.parametrize(
    ("checker", "command"),
    [("mypy", ("--strict", "--python-version=3.11", "--cache-dir=/dev/null")), ("pyright", ())],
)
def test_type_checkers_refuse_what_the_client_refuses(checker: str, command: tuple[str, ...], tmp_path: Path) -> None:
    """`embed="points"` is an `Iterable[str]` of six letters."""
    pytest.importorskip(checker)
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM, "utf-8")

    done = subprocess.run(
        (sys.executable, "-m", checker, *command, str(program)),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    lines = {int(line) for line in re.findall(r"program\.py:(\d+):.*error", done.stdout)}
    assert lines == _REFUSED, done.stdout + done.stderr
