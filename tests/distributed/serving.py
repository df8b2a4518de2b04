"""A sandbox in a separate thread, for tests that wait for processes."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from capillary_async.sandbox import Sandbox


@contextmanager
def running_sandbox(**settings: Any) -> Generator[Sandbox]:
    """Run a sandbox during the block."""
    server = Sandbox(**settings)
    is_up, is_over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with server:
            is_up.set()
            await is_over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    is_up.wait()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(is_over.set)
        thread.join()
        loop.close()
