"""The event loop's clock, by which deadlines are told. Tests hand in another one."""

import asyncio
from collections.abc import Callable

CallAt = Callable[[float, Callable[[], object]], asyncio.TimerHandle]


def loop_time() -> float:
    """Return the time by the running event loop's clock, in monotonic seconds."""
    return asyncio.get_running_loop().time()


def call_at_loop_time(when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
    """Run `callback` at a moment of the running event loop's clock."""
    return asyncio.get_running_loop().call_at(when, callback)
