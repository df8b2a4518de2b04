"""Ask for pages ahead of their reader.

The walker says which pages come next if nothing surprises; this keeps their requests under way, each
in a task of its own, and hands the answers out in the walker's order. When an answer surprises, the
walker's plan changes, and what is no longer in it is cancelled. Plain tasks and not a task group: the error
of a page must reach the reader as itself, and when its turn comes, not before.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from capillary_async.paging.windows import Ask

S = TypeVar("S")


class Window(Generic[S]):
    """The requests that are under way or wait for the reader; at most `size`."""

    def __init__(
        self, size: int, fetch: Callable[[Ask], Coroutine[Any, Any, S]], plan: Callable[[int], list[Ask]]
    ) -> None:
        """Start with none.

        Args:
            size: How many requests may be under way or wait.
            fetch: Sends one.
            plan: Returns the next requests, at most so many.
        """
        self._size = size
        self._fetch = fetch
        self._plan = plan
        self._tasks: dict[Ask, asyncio.Task[S]] = {}
        self._ending: set[asyncio.Task[S]] = set()
        self._is_closed = False

    async def fetch(self, ask: Ask) -> S:
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
            self._end(self._tasks.pop(ask))
        for ask in plan:
            if ask not in self._tasks:
                self._tasks[ask] = asyncio.create_task(self._fetch(ask))

    async def close(self) -> None:
        """End everything that is under way, and wait until it has ended."""
        self._is_closed = True
        for task in self._tasks.values():
            self._end(task)
        self._tasks.clear()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, task: asyncio.Task[S]) -> None:
        task.cancel()
        self._ending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[S]) -> None:
        self._ending.discard(task)
        if not task.cancelled():
            task.exception()  # nobody else will ask, and asyncio would print it
