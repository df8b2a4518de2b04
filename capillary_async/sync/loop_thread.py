"""Run an event loop in a thread, for callers without an event loop."""

import os
import sys
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from capillary_async.errors import ConfigurationError

T = TypeVar("T")


class LoopThread:
    """Runs coroutines in an event loop of its own, while the calling thread waits.

    Several threads may call `run` at the same time. The calling thread may run an event loop itself, as notebooks do.
    """

    def __init__(self) -> None:
        self._portal: BlockingPortal | None = None
        self._thread: Thread | None = None
        self._process = 0

    def start(self) -> None:
        """Start the thread.

        Raises:
            ConfigurationError: The thread runs already, or gevent or eventlet replaced Python's threads.
        """
        self._check_process()
        if self._portal is not None:
            raise ConfigurationError("the client is open already; open it once")
        _refuse_green_threads()
        self._process = os.getpid()
        # With anyio's `start_blocking_portal`, a forked process would wait forever for the thread when it exits.
        ready: Future[BlockingPortal] = Future()
        self._thread = Thread(target=anyio.run, args=(_serve, ready), name="capillary_async", daemon=True)
        self._thread.start()
        self._portal = ready.result()

    def stop(self) -> None:
        """End the thread. In a forked process there is no thread to end."""
        portal, thread, self._portal, self._thread = self._portal, self._thread, None, None
        if portal is not None and thread is not None and not self.is_foreign:
            portal.call(portal.stop)
            thread.join()

    @property
    def is_foreign(self) -> bool:
        """Whether another process started the thread, and this process was forked from it."""
        return self._process not in (0, os.getpid())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result.

        Raises:
            ConfigurationError: The thread does not run in this process.
            BaseException: Whatever the coroutine raises.
        """
        try:
            future: Future[T] = self._running_portal().start_task_soon(_result_of, coroutine)
        except BaseException:
            coroutine.close()  # prevents the warning that the coroutine was never awaited
            raise
        try:
            return future.result()
        except BaseException:
            # The calling thread may have been interrupted while the coroutine runs. If it has ended, nothing happens.
            future.cancel()
            raise

    def _running_portal(self) -> BlockingPortal:
        self._check_process()
        if self._portal is None:
            raise ConfigurationError("the client is not open; use it inside `with CapillaryClient(...)`")
        return self._portal

    def _check_process(self) -> None:
        if self._portal is not None and self.is_foreign:
            raise ConfigurationError("the client was opened before this process was forked; open one in each process")


async def _serve(ready: "Future[BlockingPortal]") -> None:
    async with BlockingPortal() as portal:
        ready.set_result(portal)
        await portal.sleep_until_stopped()


async def _result_of(coroutine: Coroutine[Any, Any, T]) -> T:
    return await coroutine


def _refuse_green_threads() -> None:
    """Raise if "threads" are greenlets, because an event loop in a greenlet blocks all other greenlets.

    Raises:
        ConfigurationError: gevent or eventlet has replaced Python's threads.
    """
    gevent, eventlet = sys.modules.get("gevent.monkey"), sys.modules.get("eventlet.patcher")
    is_patched = (gevent is not None and gevent.is_module_patched("threading")) or (
        eventlet is not None and eventlet.is_monkey_patched("thread")
    )
    if is_patched:
        raise ConfigurationError(
            "capillary_async.sync does not work under gevent or eventlet, because their threads cannot run an event"
            " loop; use workers with threads or processes"
        )
