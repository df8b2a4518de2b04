"""The README is short and starts with an example, and the service of the guide works."""

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
SERVICES = (ROOT / "docs" / "how-to" / "services-and-workers.md").read_text("utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```$", README + SERVICES, re.MULTILINE | re.DOTALL)
# The example that runs for ever.
(SERVICE,) = [code for code in PYTHON if "run_app" in code]


async def test_the_service_of_the_guide_answers_as_printed(capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """Users copy it as the start of a backend."""
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
    """Readers want to see an example without scrolling."""
    assert "asyncio.run(main())" in README.splitlines()[:25]


def test_it_is_one_screen() -> None:
    """Readers decide in a minute; the documentation has the details."""
    assert len(README.splitlines()) <= 65


def test_it_says_that_it_only_reads() -> None:
    """A reviewer asks this first."""
    assert "only reads" in README[:400]


def test_its_rows_are_those_of_the_page_of_endpoints() -> None:
    """Another test compares that page with the requests."""
    page = (ROOT / "docs" / "explanation" / "endpoints.md").read_text("utf-8")
    rows = re.findall(r"^\| `client\.(\S+)` \| `capillary (\S+)` \| `GET (\S+)` \|$", README, re.MULTILINE)

    assert len(rows) > 5
    for method, command, path in rows:
        assert f"| `{method}` | `{command}` | `{path}` |" in page
