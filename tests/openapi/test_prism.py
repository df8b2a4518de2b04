"""Prism serves the document, and the client reads what it serves: two readings of the documentation agree.

`make prism` runs it.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from capillary_async import BasicAuth, CapillaryClient
from capillary_async.sandbox import Sandbox
from openapi.build import SHIPPED
from tests.api.asking import CALLS
from tests.examples.running import free_port

PRISM = shutil.which("prism")


@asynccontextmanager
async def prism() -> AsyncGenerator[str]:
    """Serve the shipped document, and refuse requests that it does not describe."""
    if PRISM is None or "PRISM" not in os.environ:  # it takes ten seconds to start
        pytest.skip("`make prism` installs Prism with npm, and runs this")
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(PRISM, "mock", "--errors", "--port", str(port), str(SHIPPED)), stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(60):
            while b"is listening" not in (line := await cast("Any", process.stdout).readline()):
                assert line, "prism ended"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.communicate()


async def test_the_client_reads_what_prism_serves() -> None:
    """The document must describe every call, and the client must read every answer."""
    wrong: dict[str, str] = {}
    async with prism() as url, CapillaryClient(url, BasicAuth(Sandbox().till, Sandbox().password)) as client:
        for name, (_, call) in CALLS.items():
            try:
                assert await call(client) is not None
            except Exception as error:  # noqa: BLE001  (all of them are shown)
                wrong[name] = repr(error)

    assert wrong == {}
