"""`capillary sandbox` serves the API and prints its address and login."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import cast

import attrs
import pytest

from capillary_async.cli.sandbox import read_exports, sandbox_command
from capillary_async.client import CapillaryClient
from capillary_async.errors import RateLimitedError
from capillary_async.options import ClientOptions, RetryPolicy
from capillary_async.sandbox import Sandbox
from tests.cli.conftest import Capillary

ONCE = ClientOptions(retry=RetryPolicy(attempts=1))


@asynccontextmanager
async def sandbox(*options: str) -> AsyncGenerator[tuple[asyncio.subprocess.Process, Mapping[str, str]]]:
    """Run the command on a free port."""
    command = (sys.executable, "-m", "capillary_async", "sandbox", "--port", "0", *options)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    try:
        yield process, await read_exports(cast("asyncio.StreamReader", process.stdout))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.communicate()


async def test_the_printed_variables_open_a_client() -> None:
    """Users paste these lines."""
    async with sandbox() as (_, variables), CapillaryClient.from_env(variables) as client:
        customer = await client.customers.get(5)

    assert customer.id == 5


async def test_control_c_ends_it_without_a_message() -> None:
    """Ctrl-C is the documented way to end it."""
    async with sandbox() as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()

    assert (process.returncode, err) == (130, b"")


async def test_sigterm_ends_it_where_sigint_is_ignored() -> None:
    """Shells ignore Ctrl-C for commands in the background, and a supervisor must be able to end them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a process that is started inherits
    try:
        async with sandbox() as (process, _):
            process.terminate()
            _, err = await process.communicate()
    finally:
        signal.signal(signal.SIGINT, before)

    assert (process.returncode, err) == (143, b"")


async def test_its_options_reach_the_server() -> None:
    """Users test how their programs behave with a rate limit."""
    async with (
        sandbox("--rate", "2/60") as (_, variables),
        CapillaryClient.from_env(variables, options=ONCE) as client,
    ):
        await client.customers.get(5)
        await client.customers.get(5)
        with pytest.raises(RateLimitedError):
            await client.customers.get(5)


def test_a_port_in_use_is_one_line_and_a_code(capillary: Capillary, server: Sandbox) -> None:
    """Users often start a second sandbox on the same port."""
    done = capillary("sandbox", "--port", str(server.port))

    assert (done.code, done.err.count("\n")) == (1, 1)
    assert str(server.port) in done.err


def test_its_help_names_the_default_port(capillary: Capillary) -> None:
    """Users type the port into other programs."""
    line = next(line for line in capillary("sandbox", "--help").out.split("--") if line.startswith("port"))

    assert "[default: 8080]" in line.replace("│", "")


def test_the_help_of_its_options_comes_from_the_sandbox() -> None:
    """Each setting is documented only once."""
    described = sandbox_command().__doc__ or ""

    assert all(f"{name}:" in described for name in ("port", "latency", attrs.fields(Sandbox).page_cap.name))


async def test_a_sandbox_that_does_not_start_is_an_error() -> None:
    """Otherwise the demo would wait forever."""
    nothing = asyncio.StreamReader()
    nothing.feed_eof()

    with pytest.raises(OSError, match="did not start"):
        await read_exports(nothing)
