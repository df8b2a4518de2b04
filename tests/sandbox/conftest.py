"""A running sandbox, and somebody who asks it."""

from collections.abc import AsyncIterator

import pytest

from capillary_async.sandbox import Sandbox
from tests.sandbox.asking import Asker, asking


@pytest.fixture
async def ask() -> AsyncIterator[Asker]:
    """Ask a sandbox as it comes."""
    async with asking(Sandbox()) as asker:
        yield asker
