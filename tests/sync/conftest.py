"""A sandbox in a thread, and a blocking client for it."""

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from capillary_async import BasicAuth
from capillary_async.sandbox import Sandbox
from capillary_async.sync import CapillaryClient


@pytest.fixture
def server() -> Iterator[Sandbox]:
    """Run a sandbox in a thread, so that the test's thread may block."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Sandbox()) as sandbox:
        yield sandbox


@pytest.fixture
def unopened(server: Sandbox) -> CapillaryClient:
    """Return a client that is not open."""
    return CapillaryClient(server.base_url, BasicAuth(server.till, server.password))


@pytest.fixture
def client(unopened: CapillaryClient) -> Iterator[CapillaryClient]:
    """Open a client."""
    with unopened:
        yield unopened
