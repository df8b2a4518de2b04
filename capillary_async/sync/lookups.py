"""`lookup_many` for blocking functions."""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Self, cast

from anyio import CapacityLimiter, to_thread

from capillary_async import bulk
from capillary_async.sync.loop_thread import LoopThread
from capillary_async.sync.mirror import Blocking, mirrors

# With concurrency="auto". More threads would only wait for Python's global lock.
_MOST_THREADS = 100


@mirrors(bulk.Outcomes)
class BlockingOutcomes(Blocking):
    """The outcomes of a `lookup_many`: a context manager, and inside its block an iterator."""

    def __enter__(self) -> Self:
        """Start the first calls."""
        if self.owns_loop:
            self.loop.start()
        self.loop.run(self.source.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cancel the running calls, wait until they have ended, and close the iterator of keys."""
        try:
            self.loop.run(self.source.__aexit__(kind, error, trace))
        finally:
            if self.owns_loop:
                self.loop.stop()


def lookup_many(
    fn: Callable[[Any], Any],
    keys: Iterable[Any] | AsyncIterable[Any],
    *,
    concurrency: bulk.Concurrency = 64,
    order: bulk.Order = "completion",
) -> BlockingOutcomes:
    """Call `fn` for every key, many at a time; see `capillary_async.lookup_many`.

    A method of a blocking client runs in the client's event loop, also if `functools.partial` binds some arguments. Any
    other function runs in threads, one thread for each running call.
    """
    own = _awaitable(fn)
    loop, call = (LoopThread(), _threaded(fn, concurrency)) if own is None else own
    outcomes = bulk.lookup_many(call, keys, concurrency=concurrency, order=order)
    return BlockingOutcomes.of(outcomes, loop, owns_loop=own is None)


def _awaitable(fn: Any) -> tuple[LoopThread, Callable[[Any], Awaitable[Any]]] | None:
    """Return the async method behind a blocking method, and its thread; `None` for any other function."""
    if isinstance(fn, partial):
        bound = cast("partial[Any]", fn)
        inner = _awaitable(bound.func)
        return None if inner is None else (inner[0], partial(inner[1], *bound.args, **bound.keywords))
    owner = getattr(fn, "__self__", None)
    return (owner.loop, getattr(owner.source, fn.__name__)) if isinstance(owner, Blocking) else None


def _threaded(fn: Any, concurrency: bulk.Concurrency) -> Callable[[Any], Awaitable[Any]]:
    if not callable(fn):
        refused: Callable[[Any], Awaitable[Any]] = fn  # `bulk.lookup_many` raises the error
        return refused
    limiters: list[CapacityLimiter] = []

    async def call(key: Any) -> Any:
        if not limiters:  # made here, because a limiter belongs to the running event loop
            limiters.append(CapacityLimiter(concurrency if isinstance(concurrency, int) else _MOST_THREADS))
        return await to_thread.run_sync(fn, key, limiter=limiters[0])

    return call
