"""A sandbox and a client for each test."""

from collections.abc import AsyncIterator

import pytest

from capillary_async import CapillaryClient, ClientOptions, RetryPolicy
from capillary_async.sandbox import Sandbox
from tests.api.asking import open_client


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Run a sandbox."""
    async with Sandbox() as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[CapillaryClient]:
    """Open a client of the sandbox that never retries."""
    async with open_client(sandbox) as opened:
        yield opened


@pytest.fixture
async def patient(sandbox: Sandbox) -> AsyncIterator[CapillaryClient]:
    """Open a client of the sandbox that retries without waiting."""
    options = ClientOptions(retry=RetryPolicy(base=0.001, throttled_base=0.001))
    async with open_client(sandbox, options=options) as opened:
        yield opened
