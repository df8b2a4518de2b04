"""The README: its service answers, its table is true, and its first example is at the top."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import cast

import aiohttp

from capillary_async.sandbox import Sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
# The one that does not end by itself.
(SERVICE,) = [code for code in PYTHON if "run_app" in code]


async def test_its_service_answers_as_printed(capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever builds a backend starts from it."""
    (tmp_path / "service.py").write_text(SERVICE, "utf-8")
    command = (sys.executable, "-u", "-W", "error", "service.py")
    environment = {
        **os.environ,
        "CAPILLARY_BASE_URL": capillary_sandbox.base_url,
        "CAPILLARY_TILL": capillary_sandbox.till,
        "CAPILLARY_PASSWORD": capillary_sandbox.password,
    }
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=environment, stdout=PIPE, stderr=PIPE)
    said = await cast("asyncio.StreamReader", process.stdout).readuntil(b" ========")

    async with aiohttp.ClientSession(said.split()[-2].decode()) as session:
        statuses = [(await session.get(f"/tier/{customer_id}")).status for customer_id in (565345, 565404, 565403)]
        answer = await (await session.get("/tier/565345")).json()
    process.send_signal(signal.SIGINT)
    _, logged = await process.communicate()

    assert b"/v2/customers/{customerId} took 0." in logged
    assert (process.returncode, statuses) == (0, [200, 404, 503])
    assert isinstance(answer["tier"], str)


def test_its_first_example_is_at_the_top() -> None:
    """Nobody scrolls to find out what a library looks like."""
    assert "asyncio.run(main())" in README.splitlines()[:25]
