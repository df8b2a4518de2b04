"""A pytest plugin: the fixture `capillary_sandbox` is a running `Sandbox`, a new one for each test.

It works with pytest-asyncio in both of its modes, and with anyio's plugin. Loading it costs next to
nothing where the fixture is not used.
"""

import sys
from collections.abc import AsyncIterator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from capillary_async.sandbox.server import Sandbox


async def capillary_sandbox() -> "AsyncIterator[Sandbox]":
    """Run a sandbox in the test's own event loop, and stop it afterwards."""
    from capillary_async.sandbox.server import Sandbox  # noqa: PLC0415  (see the module's docstring)

    async with Sandbox() as sandbox:
        yield sandbox


def pytest_configure(config: pytest.Config) -> None:
    """Offer the fixture, once all other plugins are loaded and it is known who runs asynchronous ones."""
    # In its strict mode pytest-asyncio runs only fixtures of its own making. Without it, anyio's
    # plugin runs those that pytest made.
    asyncio_plugin = sys.modules.get("pytest_asyncio")
    make = pytest.fixture if asyncio_plugin is None else asyncio_plugin.fixture
    fixtures = ModuleType("capillary_async_fixtures")
    vars(fixtures)["capillary_sandbox"] = make(capillary_sandbox)
    config.pluginmanager.register(fixtures)
