"""Let calls in while the client is open, and end those that are under way when it closes."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from msgspec import field

from capillary_async.errors import ConfigurationError
from capillary_async.pipeline.request import InternalState, InternalValue, ProcessBound, Transport


class ClientLifecycle(ProcessBound, InternalState):
    """Knows the calls under way. It lets them in only inside the client's block and loop."""

    _stack: "TransportStack"
    _loop: asyncio.AbstractEventLoop | None = None
    _process: int = 0
    _is_closing: bool = False
    _tasks: "set[asyncio.Task[Any]]" = field(default_factory=set["asyncio.Task[Any]"])
    _call_ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Open the transports, and let calls of the running loop in.

        Raises:
            ConfigurationError: It is open already, or another task has not closed it yet; or as the transports say.
        """
        if self._loop is not None or self._is_closing:
            raise ConfigurationError("the client is open already; enter it once, and again when it was left")
        self._loop, self._process = asyncio.get_running_loop(), os.getpid()
        self._call_ended = asyncio.Event()  # the one before may belong to another loop
        try:
            await self._stack.open()
        except BaseException:
            await self.close()
            raise

    def enter(self) -> "asyncio.Task[Any]":
        """Let a call of the running task in, until `leave` gets the task that this returns.

        Raises:
            ConfigurationError: The client is not open here.
        """
        loop = self._loop
        if loop is None:
            raise ConfigurationError("the client is not open; use it inside `async with CapillaryClient(...)`")
        if loop is not asyncio.get_running_loop():
            # Python does not let two processes run the same loop, so a fork always comes along here.
            where = "in another event loop; open one client for each loop"
            if self._process != os.getpid():
                where = "before this process was forked; open one client in each process"
            raise ConfigurationError(f"the client was opened {where}")
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101  (a coroutine that awaits sockets runs in a task)
        self._tasks.add(task)
        return task

    def leave(self, task: "asyncio.Task[Any]") -> None:
        """Note that the call of a task has ended."""
        self._tasks.discard(task)
        if self._loop is None:
            self._call_ended.set()

    async def close(self) -> None:
        """Cancel what is under way, wait until it has ended, and close the transports."""
        self._loop, self._is_closing = None, True
        try:
            # All are closed, also if closing another one or ending the calls fails.
            async with AsyncExitStack() as closing:
                for close in reversed(self._stack.closers):
                    closing.push_async_callback(close)
                await self._end_calls()
        finally:
            self._is_closing = False

    async def _end_calls(self) -> None:
        for task in self._tasks:
            task.cancel()
        while self._tasks:
            self._call_ended.clear()
            await self._call_ended.wait()


class TransportStack(ProcessBound, InternalValue, frozen=True):
    """The transports of a client.

    Attributes:
        transport: The topmost, without coalescing.
        coalescing: Lets calls share an answer, and sends by `transport`.
        open: Opens all of them in the running loop.
        closers: Close those that hold something, from top to bottom; also those that are not open.
    """

    transport: Transport
    coalescing: Transport
    open: Callable[[], Coroutine[Any, Any, None]]
    closers: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = ()
