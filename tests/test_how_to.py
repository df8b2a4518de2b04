"""What the guides print is what runs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

GUIDES = Path(__file__).parents[1] / "docs" / "how-to"


def examples() -> Iterator[Any]:
    """Yield the examples in Python of all guides that can run by themselves."""
    for path in sorted(GUIDES.glob("*.md")):
        found = re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        yield from (pytest.param(code, id=f"{path.stem}-{number}") for number, code in enumerate(found, 1))


@pytest.mark.parametrize("code", list(examples()))
def test_the_examples_of_a_guide_run_as_printed(code: str, tmp_path: Path) -> None:
    """Whoever pastes one has a problem to solve already."""
    (tmp_path / "example.py").write_text(code, "utf-8")

    done = subprocess.run(
        [sys.executable, "-W", "error", "example.py"], cwd=tmp_path, check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
