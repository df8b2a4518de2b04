"""Start a service or a worker of `examples/` as users do, and use it over sockets."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import attrs

from capillary_async.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")
_PATIENCE = 30.0


@attrs.define(eq=False)
class Service:
    """A started process, and its output so far."""

    process: Process
    said: bytes = b""

    async def hear(self, pattern: "re.Pattern[bytes]") -> str:
        """Wait until the output matches."""
        out = cast("asyncio.StreamReader", self.process.stdout)
        async with asyncio.timeout(_PATIENCE):
            while not (found := pattern.search(self.said)):
                line = await out.readline()
                assert line, f"it ended: {self.said.decode()}"
                self.said += line
        return found[0].decode()

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process with a signal, as a supervisor does, and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(_PATIENCE):
            rest, _ = await self.process.communicate()
        self.said += rest or b""
        return cast("int", self.process.returncode)


def environment(sandbox: Sandbox, **variables: str) -> Mapping[str, str]:
    """Return the environment variables of a service for the sandbox."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(EXAMPLES)]),
        "PYTHONUNBUFFERED": "1",
        "CAPILLARY_BASE_URL": sandbox.base_url,
        "CAPILLARY_TILL": sandbox.till,
        "CAPILLARY_PASSWORD": sandbox.password,
        **variables,
    }


@asynccontextmanager
async def running(sandbox: Sandbox, *command: str, cwd: Path, **variables: str) -> AsyncGenerator[Service]:
    """Run `python -m command` during the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, cwd=cwd, env=environment(sandbox, **variables), stdout=PIPE, stderr=STDOUT
    )
    service = Service(process)
    try:
        yield service
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def address_of(service: Service) -> str:
    """Wait until a service listens, and return its address."""
    return await service.hear(_ADDRESS)


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return cast("int", probe.getsockname()[1])
