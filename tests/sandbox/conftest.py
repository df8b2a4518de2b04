"""A running sandbox, and an `Asker` for it."""

from collections.abc import AsyncIterator

import pytest

from capillary_async.sandbox import Sandbox
from tests.sandbox.asking import Asker, asking


@pytest.fixture
async def ask() -> AsyncIterator[Asker]:
    """Return an `Asker` for a sandbox with default settings."""
    async with asking(Sandbox()) as asker:
        yield asker
