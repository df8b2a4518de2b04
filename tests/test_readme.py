"""What the README prints is what runs."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from capillary_async.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
# The one that does not end by itself.
(SERVICE,) = [code for code in PYTHON if "run_app" in code]
# The demo and the sandbox have tests of their own: one takes its time, the other does not end.
COMMANDS = re.findall(r"^\$ (capillary (?!demo|sandbox|bulk).*)$", README, re.MULTILINE)
# What one of these leaves behind the next one takes up.
BULK = re.findall(r"^\$ (printf .*|capillary bulk .*)$", README, re.MULTILINE)

PYTEST = ("-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")


def variables_of(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables that lead to a sandbox."""
    return {
        "CAPILLARY_BASE_URL": sandbox.base_url,
        "CAPILLARY_TILL": sandbox.till,
        "CAPILLARY_PASSWORD": sandbox.password,
    }


async def run(*command: str, cwd: Path, **variables: str) -> str:
    """Run a command to its good end, and return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**os.environ, **variables, "PATH": path}, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, ""), out.decode()
    return out.decode()


@pytest.mark.parametrize("code", [code for code in PYTHON if code != SERVICE])
async def test_its_python_runs_as_printed(code: str, tmp_path: Path) -> None:
    """The first thing a newcomer pastes must work."""
    file = tmp_path / "test_example.py"
    file.write_text(code, "utf-8")
    how = PYTEST if "def test_" in code else ()

    assert await run(sys.executable, "-W", "error", *how, file.name, cwd=tmp_path)


async def test_its_service_answers_as_printed(capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever builds a backend starts from it."""
    (tmp_path / "service.py").write_text(SERVICE, "utf-8")
    command = (sys.executable, "-u", "-W", "error", "service.py")
    environment = {**os.environ, **variables_of(capillary_sandbox)}
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=environment, stdout=PIPE, stderr=PIPE)
    said = await cast("asyncio.StreamReader", process.stdout).readuntil(b" ========")

    async with aiohttp.ClientSession(said.split()[-2].decode()) as session:
        statuses = [(await session.get(f"/tier/{customer_id}")).status for customer_id in (565345, 565404, 565403)]
        answer = await (await session.get("/tier/565345")).json()
    process.send_signal(signal.SIGINT)
    await process.communicate()

    assert (process.returncode, statuses) == (0, [200, 404, 503])
    assert isinstance(answer["tier"], str)


@pytest.mark.parametrize("command", [*COMMANDS, "\n".join(("set -e", *BULK))])
async def test_its_commands_run_as_printed(command: str, capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """An option that was renamed must be renamed there, too."""
    await run("bash", "-c", command, cwd=tmp_path, **variables_of(capillary_sandbox))


def test_its_first_example_is_at_the_top() -> None:
    """Nobody scrolls to find out what a library looks like."""
    assert "asyncio.run(main())" in README.splitlines()[:25]


def test_its_examples_are_found() -> None:
    """A test of nothing is always green."""
    assert len(PYTHON) >= 3
    assert len(COMMANDS) >= 3
    assert len(BULK) >= 4
