"""A thread with an event loop in it, for callers that have none."""

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

    Any number of threads may use it at once, also those that run an event loop themselves, such as a notebook's.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._portal: BlockingPortal | None = None
        self._thread: Thread | None = None
        self._process = 0

    def start(self) -> None:
        """Start the thread.

        Raises:
            ConfigurationError: It runs already, or threads are not real ones here.
        """
        self._check_process()
        if self._portal is not None:
            raise ConfigurationError("the client is open already; open it once")
        _refuse_green_threads()
        self._process = os.getpid()
        # Not anyio's `start_blocking_portal`: what is left of it in a forked process waits for ever at its end.
        ready: Future[BlockingPortal] = Future()
        self._thread = Thread(target=anyio.run, args=(_serve, ready), name="capillary_async", daemon=True)
        self._thread.start()
        self._portal = ready.result()

    def stop(self) -> None:
        """End the thread. A forked process has none, and nothing happens there."""
        portal, thread, self._portal, self._thread = self._portal, self._thread, None, None
        if portal is not None and thread is not None and not self.is_foreign:
            portal.call(portal.stop)
            thread.join()

    @property
    def is_foreign(self) -> bool:
        """Whether another process started the thread, of which this one is a fork."""
        return self._process not in (0, os.getpid())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result.

        Raises:
            ConfigurationError: The thread does not run here.
            BaseException: The coroutine raised it.
        """
        try:
            future: Future[T] = self._running_portal().start_task_soon(_result_of, coroutine)
        except BaseException:
            coroutine.close()  # it will not be awaited
            raise
        try:
            return future.result()
        except BaseException:
            future.cancel()  # the caller was interrupted; a coroutine that has ended does not notice
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
    """Say no where a thread of an event loop would stop all others: it is not one, but a part of this thread.

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
