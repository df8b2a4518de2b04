"""What the README prints is what runs."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from capillary_async.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
# The demo and the sandbox have tests of their own: one takes its time, the other does not end.
COMMANDS = re.findall(r"^\$ (capillary (?!demo|sandbox|bulk).*)$", README, re.MULTILINE)
# What one of these leaves behind the next one takes up.
BULK = re.findall(r"^\$ (printf .*|capillary bulk .*)$", README, re.MULTILINE)

PYTEST = ("-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")


async def run(*command: str, cwd: Path, **variables: str) -> str:
    """Run a command to its good end, and return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**os.environ, **variables, "PATH": path}, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, ""), out.decode()
    return out.decode()


@pytest.mark.parametrize("code", PYTHON)
async def test_its_python_runs_as_printed(code: str, tmp_path: Path) -> None:
    """The first thing a newcomer pastes must work."""
    file = tmp_path / "test_example.py"
    file.write_text(code, "utf-8")
    how = PYTEST if "def test_" in code else ()

    assert await run(sys.executable, "-W", "error", *how, file.name, cwd=tmp_path)


@pytest.mark.parametrize("command", [*COMMANDS, "\n".join(("set -e", *BULK))])
async def test_its_commands_run_as_printed(command: str, capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """An option that was renamed must be renamed there, too."""
    variables = {
        "CAPILLARY_BASE_URL": capillary_sandbox.base_url,
        "CAPILLARY_TILL": capillary_sandbox.till,
        "CAPILLARY_PASSWORD": capillary_sandbox.password,
    }

    await run("bash", "-c", command, cwd=tmp_path, **variables)


def test_its_first_example_is_at_the_top() -> None:
    """Nobody scrolls to find out what a library looks like."""
    assert "asyncio.run(main())" in README.splitlines()[:30]


def test_its_examples_are_found() -> None:
    """A test of nothing is always green."""
    assert len(PYTHON) >= 3
    assert len(COMMANDS) >= 3
    assert len(BULK) >= 4
