"""Ask for pages ahead of their reader, and let one of many walks ask what all of them need to know.

The walk says which pages come next if nothing surprises; `PrefetchBuffer` keeps their requests under way, each
in a task of its own, and hands the answers out in the walk's order. When an answer surprises, the plan changes,
and what is no longer in it is cancelled. Plain tasks and not a task group: the error of a page must reach the
reader as itself, and when its turn comes, not before.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from msgspec import field

from capillary_async.paging.steps import PageRequest
from capillary_async.pipeline.request import InternalState

S = TypeVar("S")


class PrefetchBuffer(Generic[S]):
    """The requests that are under way or wait for the reader; at most `size`."""

    def __init__(
        self,
        size: int,
        fetch: Callable[[PageRequest], Coroutine[Any, Any, S]],
        plan: Callable[[int], list[PageRequest]],
    ) -> None:
        """Start with none; `fetch` sends a request, `plan` returns the next requests, at most so many."""
        self._size = size
        self._fetch = fetch
        self._plan = plan
        self._tasks: dict[PageRequest, asyncio.Task[S]] = {}
        self._running: set[asyncio.Task[S]] = set()  # also those that are no longer wanted, until they have ended
        self._is_closed = False

    async def fetch(self, ask: PageRequest) -> S:
        """Return the answer to `ask`, which is the first of the plan."""
        self.fill()
        task = self._tasks[ask]
        try:
            return await task
        finally:
            if task.done():
                self._tasks.pop(ask, None)

    def fill(self) -> None:
        """Start what the plan has and is not under way; end what it no longer has."""
        if self._is_closed:
            raise RuntimeError("the prefetching block has ended; iterate inside `async with pager.prefetch(...)`")
        plan = self._plan(self._size)
        for ask in self._tasks.keys() - set(plan):
            self._tasks.pop(ask).cancel()
        for ask in plan:
            if ask not in self._tasks:
                self._tasks[ask] = task = asyncio.create_task(self._fetch(ask))
                self._running.add(task)
                task.add_done_callback(self._ended)

    async def close(self) -> None:
        """End everything that is under way, and wait until it has ended."""
        self._is_closed = True
        self._tasks.clear()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[S]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # nobody else may ask, and asyncio would print it


class Scout(InternalState):
    """Lets one walk ask what all walks of an endpoint need to know; the others wait for its answer, once."""

    _asked: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    async def wait(self, question: str) -> bool:
        """Wait until a walk that asks this has its answer; whether there was one."""
        answered = self._asked.get(question)
        if answered is None:
            return False
        await answered.wait()
        return True

    @contextmanager
    def ask(self, question: str) -> Generator[None]:
        """Ask while the block runs."""
        answered = asyncio.Event()
        self._asked.setdefault(question, answered)
        try:
            yield
        finally:
            if self._asked.get(question) is answered:
                del self._asked[question]
            answered.set()
