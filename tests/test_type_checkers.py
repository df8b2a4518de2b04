"""Type checkers that this project does not use accept users' code."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.test_readme import PYTHON, ROOT

EXAMPLES = {f"example_{number}": code for number, code in enumerate(PYTHON)}
EXAMPLES["typed_use"] = (ROOT / "tests" / "sync" / "typed_use.py").read_text("utf-8")
WRONG = """
from capillary_async import CapillaryClient


async def use(client: CapillaryClient) -> int:
    await client.customers.get("6")
    return await client.targets.list_events(6, 7).first()
"""
COMMANDS = {
    "ty": (sys.executable, "-m", "ty", "check", "--python", sys.prefix, "--extra-search-path", str(ROOT)),
    "pyrefly": (
        *(sys.executable, "-m", "pyrefly", "check", "--preset", "default"),
        *("--python-interpreter-path", sys.executable, "--search-path", str(ROOT)),
    ),
}


@pytest.fixture(params=COMMANDS)
def checker(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Return a command that checks files."""
    name: str = request.param
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    return COMMANDS[name]


def check(checker: tuple[str, ...], folder: Path, files: dict[str, str]) -> tuple[int, str]:
    """Check files in a temporary folder; return the exit code and the output."""
    for name, code in files.items():
        (folder / f"{name}.py").write_text(code, "utf-8")
    paths = [str(folder / f"{name}.py") for name in files]
    done = subprocess.run([*checker, *paths], capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def test_the_readme_is_accepted(checker: tuple[str, ...], tmp_path: Path) -> None:
    """Some checkers treated `endpoint(get)` as a function and required `customer_id` twice."""
    code, said = check(checker, tmp_path, EXAMPLES)

    assert code == 0, said


def test_a_mistake_is_found(checker: tuple[str, ...], tmp_path: Path) -> None:
    """A checker that infers `Any` everywhere would accept the README too."""
    code, said = check(checker, tmp_path, {"wrong": WRONG})

    assert code == 1, said
    assert "2 " in said
