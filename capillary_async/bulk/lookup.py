"""`lookup_many`: call a function for any number of keys, a bounded number at a time.

Rule 1: a key is taken from the input only when its call can start. At most `concurrency` calls (twice as many with
`order="input"`) are started before the caller reads their outcomes, so a caller that stops reading stops the requests.
Rule 2: an `Exception` of a call becomes the outcome of its key. Any other `BaseException` (`SystemExit`,
`KeyboardInterrupt`) ends the whole lookup and is raised to the caller unchanged.
Rule 3: the workers are tasks that start on entry and are awaited on exit. They are not a task group, because a task
group would wrap the caller's exception in an exception group.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from time import perf_counter
from types import TracebackType
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from capillary_async.bulk.concurrency import ConcurrencyController, WorkerPacer
from capillary_async.bulk.key_iterator import End, KeyIterator
from capillary_async.bulk.outcome import Failed, Outcome, Succeeded
from capillary_async.errors import ConfigurationError, InvalidArgumentError, TransportError
from capillary_async.pipeline.admission import bulk_priority
from capillary_async.pipeline.pacing import paced_by

K = TypeVar("K")
V = TypeVar("V")

Order: TypeAlias = Literal["completion", "input"]
Concurrency: TypeAlias = int | Literal["auto"]
_NONE: Final[Any] = None


def lookup_many(
    fn: Callable[[K], Awaitable[V]],
    keys: Iterable[K] | AsyncIterable[K],
    *,
    concurrency: Concurrency = 64,
    order: Order = "completion",
) -> "Outcomes[K, V]":
    """Call `fn` for every key, several at a time, and yield an outcome for each.

    Use it as a context manager: `async with lookup_many(...) as outcomes: async for outcome in outcomes`.
    Leaving the block cancels the running calls and waits for their end. When calls wait for the client's rate limit,
    calls from elsewhere go first.

    Args:
        fn: Any coroutine function of one key, such as `client.customers.get`.
        keys: The keys. A key is taken only when its call can start. An async iterator is closed when the block is left.
        concurrency: Number of calls that run at once. "auto" starts with a few calls, adds some while the latency
            stays, and halves the number when the latency doubles or the API throttles; `outcomes.concurrency` is the
            current number. With "auto", requests also start at a rate that the API accepts, and a throttled request
            is sent again while other requests are answered.
        order: "completion" yields each outcome as soon as its call ends. "input" keeps the order of the keys, so up to
            `concurrency` finished outcomes may wait for a slow one.

    Returns:
        The outcomes. If iterating over `keys` raises an error, it is raised after the outcomes of the started calls.

    Raises:
        InvalidArgumentError: `fn`, `concurrency` or `order` is wrong.
    """
    if not callable(fn):
        raise InvalidArgumentError(f"fn must be a coroutine function of one key, not a {type(fn).__name__}")
    if concurrency != "auto" and (isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1):
        raise InvalidArgumentError(f"concurrency must be a positive whole number or 'auto', not {concurrency!r}")
    if order not in ("completion", "input"):
        raise InvalidArgumentError(f"order must be 'completion' or 'input', not {order!r}")
    return Outcomes(fn, keys, concurrency if isinstance(concurrency, int) else ConcurrencyController(), order)


class Outcomes(Generic[K, V]):
    """The outcomes of a `lookup_many`: a context manager, and an async iterator inside its block."""

    def __init__(
        self,
        fn: Callable[[K], Awaitable[V]],
        keys: Iterable[K] | AsyncIterable[K],
        concurrency: int | ConcurrencyController,
        order: Order = "completion",
    ) -> None:
        self._fn = fn
        self._source = KeyIterator(keys)
        self._controller = None if isinstance(concurrency, int) else concurrency
        self._limit = concurrency if isinstance(concurrency, int) else concurrency.limit
        self._is_ordered = order == "input"
        self._spread = 2 if self._is_ordered else 1
        self._workers: list[asyncio.Task[None]] = []
        self._parked: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        # Number of calls that may start before the caller reads another outcome.
        self._room = self._limit * self._spread
        # Number of outcomes that `take` returned last.
        self._taken = 0
        self._running = 0
        self._ready: deque[Outcome[K, V]] = deque()
        self._early: dict[int, Outcome[K, V]] = {}
        self._next_index = 0
        self._waiter: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None

    @property
    def concurrency(self) -> int:
        """Number of calls that may run at once; with "auto", the current number."""
        return self._limit

    async def __aenter__(self) -> "Outcomes[K, V]":
        """Start the first calls.

        Raises:
            RuntimeError: The block was entered before, so keys may be used up.
        """
        if self._workers:
            raise RuntimeError("a lookup_many can be entered only once; call lookup_many again")
        self._add_workers()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel the running calls, wait for their end, and close the iterator of the keys."""
        self._is_closed = True
        self._source.is_exhausted = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(RuntimeError("the block was left while another task was reading"))
        try:
            await self._stop_workers()
        finally:
            self._ready.clear()
            self._early.clear()
            await self._source.close(quietly=exc is not None)
        if self._failure is not None and exc is None:
            raise self._failure

    def __aiter__(self) -> AsyncIterator[Outcome[K, V]]:
        """Iterate over the remaining outcomes."""
        return self

    async def __anext__(self) -> Outcome[K, V]:
        """Wait for the next outcome.

        Raises:
            RuntimeError: The outcomes are read outside the block, or by two tasks at once.
        """
        if not self._workers or self._is_closed:
            raise RuntimeError("read outcomes inside the block: async with lookup_many(...) as outcomes")
        self._room += 1
        if self._parked:
            self._unpark()
        if not self._ready or self._failure is not None:
            try:
                await self._wait_for_outcome()
            except BaseException:
                self._room -= 1
                raise
        return self._ready.popleft()

    async def take(self, most: int) -> list[Outcome[K, V]]:
        """Wait for an outcome, and return all that there are then; none after the last.

        Args:
            most: How many at most.
        """
        # Calls in place of those that were taken before start now, because the caller has dealt with their outcomes.
        self._room += self._taken
        self._unpark(self._taken)
        self._taken = 0
        try:
            await self._wait_for_outcome()
        except StopAsyncIteration:
            return []
        self._taken = min(len(self._ready), most)
        return [self._ready.popleft() for _ in range(self._taken)]

    async def _wait_for_outcome(self) -> None:
        while not self._ready or self._failure is not None:
            if self._waiter is not None:
                raise RuntimeError("another task is reading these outcomes")
            self._raise_failure(self._failure)
            if self._source.is_exhausted and not self._running:
                failure, self._source.error = self._source.error, None
                self._raise_failure(failure)
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _raise_failure(self, failure: BaseException | None) -> None:
        self._failure = None
        if failure is not None:
            raise failure

    def _wake_reader(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _fail(self, failure: BaseException) -> None:
        self._source.is_exhausted = True
        self._failure = failure
        self._wake_reader()

    # --- the workers ---

    def _add_workers(self) -> None:
        with bulk_priority():
            while len(self._workers) < self._limit:
                name = f"lookup_many-{len(self._workers)}"
                if self._controller is None:
                    self._workers.append(asyncio.create_task(self._run(), name=name))
                    continue
                with paced_by(WorkerPacer(self._controller.rate_control)):
                    self._workers.append(asyncio.create_task(self._run(), name=name))

    async def _stop_workers(self) -> None:
        pending: list[asyncio.Task[None]] = [task for task in self._workers if not task.done()]
        for task in pending:
            task.cancel()
        cancellation: asyncio.CancelledError | None = None
        while pending:
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError as error:
                # The caller was cancelled again. The workers are cancelled already; still wait for all of them.
                cancellation = error
            pending = [task for task in pending if not task.done()]
        if cancellation is not None:
            raise cancellation

    async def _run(self) -> None:
        try:
            await self._work()
        except asyncio.CancelledError:
            if not self._is_closed:
                self._fail(ConfigurationError("the lookups were cancelled from outside; was their client closed?"))
        except BaseException as failure:  # noqa: BLE001  (the reader raises it)
            self._fail(failure)

    async def _work(self) -> None:
        source = self._source
        while not source.is_exhausted:
            if self._room <= 0 or self._running >= self._limit:
                await self._wait_for_room()
                continue
            self._room -= 1
            self._running += 1
            try:
                key = source.take_now() if source.is_ready else await source.take()
                if key is not End.END:
                    index = source.index
                    self._deliver(index, await self._call(key))
            finally:
                self._running -= 1
                if self._waiter is not None and (self._ready or not self._running):
                    self._wake_reader()

    async def _wait_for_room(self) -> None:
        # First yield to the loop once, which costs less than parking: a reader that keeps up makes room meanwhile.
        await asyncio.sleep(0)
        if self._room <= 0 or self._running >= self._limit:
            place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._parked.append(place)
            await place

    def _unpark(self, count: int = 1) -> None:
        for _ in range(min(count, len(self._parked))):
            place = self._parked.popleft()
            if not place.done():
                place.set_result(None)

    async def _call(self, key: K) -> Outcome[K, V]:
        started = perf_counter()
        try:
            value = await self._fn(key)
        except Exception as error:  # noqa: BLE001  (the outcome carries it)
            return Failed(key, _NONE, error, perf_counter() - started)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._is_closed or (task is not None and task.cancelling()):
                raise
            # This worker was not cancelled; a task or future that the call awaited was.
            gone = TransportError("the call was cancelled before its answer arrived")
            return Failed(key, _NONE, gone, perf_counter() - started)
        return Succeeded(key, value, None, perf_counter() - started)

    def _deliver(self, index: int, outcome: Outcome[K, V]) -> None:
        controller = self._controller
        if controller is not None:
            controller.observe(outcome.seconds, outcome.error)
            if controller.limit != self._limit:
                self._take_limit(controller.limit)
        if not self._is_ordered:
            self._ready.append(outcome)
            return
        self._early[index] = outcome
        while self._next_index in self._early:
            self._ready.append(self._early.pop(self._next_index))
            self._next_index += 1

    def _take_limit(self, limit: int) -> None:
        growth = limit - self._limit
        self._limit = limit
        self._room += growth * self._spread
        if growth > 0 and not self._is_closed:
            self._unpark(growth)
            self._add_workers()
