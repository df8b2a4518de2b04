"""`lookup_many`: the bounded map over any number of keys.

Rule 1: a key is taken from its source only when its call can start. Calls that were started and
whose outcomes the caller has not asked for yet never outnumber `concurrency` (twice that when the
outcomes come in the order of the keys), so a caller that stops reading stops the requests.
Rule 2: an `Exception` of a call belongs to its key. Only an exception that is none (`SystemExit`,
`KeyboardInterrupt`) ends everything, and reaches the caller at once and as itself.
Rule 3: the workers are plain tasks, started on entry and awaited on exit, not a task group: a task
group would wrap the caller's own exception.
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
    """Call `fn` for every key, many at a time, and hand out an outcome for each.

    Use it as a context manager: `async with lookup_many(...) as outcomes: async for outcome in outcomes`.
    Leaving the block, by whatever way, cancels the calls that run and waits for their end. Where the
    client's rate limit makes calls wait, these give way to calls made elsewhere.

    Args:
        fn: Any coroutine function of one key, such as `client.customers.get`.
        keys: Consumed lazily; a key is taken only when its call can start. An async iterator is closed
            when the block is left.
        concurrency: How many calls run at once. "auto" begins with a few, adds some while the latency
            holds, and halves them when it doubles or when the API throttles; `outcomes.concurrency` tells where
            that has led. Then requests also start at a pace that the API bears, and one that was throttled is sent
            again while others are answered.
        order: "completion" hands an outcome out as soon as there is one; "input" keeps the order of the
            keys, for which up to `concurrency` finished outcomes wait behind a slow one.

    Returns:
        The outcomes. An error of the key source itself is raised after the outcomes of what was started.

    Raises:
        InvalidArgumentError: `fn`, `concurrency` or `order` is none of the above.
    """
    if not callable(fn):
        raise InvalidArgumentError(f"fn must be a coroutine function of one key, not a {type(fn).__name__}")
    if concurrency != "auto" and (isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1):
        raise InvalidArgumentError(f"concurrency must be a positive whole number or 'auto', not {concurrency!r}")
    if order not in ("completion", "input"):
        raise InvalidArgumentError(f"order must be 'completion' or 'input', not {order!r}")
    return Outcomes(fn, keys, concurrency if isinstance(concurrency, int) else ConcurrencyController(), order)


class Outcomes(Generic[K, V]):
    """The outcomes of a `lookup_many`: a context manager, and inside its block an async iterator."""

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
        # How many more calls may start before the caller asks for another outcome.
        self._room = self._limit * self._spread
        self._running = 0
        self._ready: deque[Outcome[K, V]] = deque()
        self._early: dict[int, Outcome[K, V]] = {}
        self._next_index = 0
        self._waiter: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None

    @property
    def concurrency(self) -> int:
        """How many calls may run at once; with "auto", what it has settled on so far."""
        return self._limit

    async def __aenter__(self) -> "Outcomes[K, V]":
        """Start the first calls.

        Raises:
            RuntimeError: The block was entered before; its keys may be used up.
        """
        if self._workers:
            raise RuntimeError("a lookup_many can be entered once; make another one")
        self._add_workers()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Cancel what runs, wait for its end, and close the key source."""
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
        """Iterate over what is left."""
        return self

    async def __anext__(self) -> Outcome[K, V]:
        """Wait for the next outcome.

        Raises:
            RuntimeError: Used outside its block, or by two tasks at once.
        """
        if not self._workers or self._is_closed:
            raise RuntimeError("outcomes are read inside the block: async with lookup_many(...) as outcomes")
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
                with paced_by(WorkerPacer(self._controller.pace)):
                    self._workers.append(asyncio.create_task(self._run(), name=name))

    async def _stop_workers(self) -> None:
        pending: list[asyncio.Task[None]] = [task for task in self._workers if not task.done()]
        for task in pending:
            task.cancel()
        interruption: asyncio.CancelledError | None = None
        while pending:
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError as error:
                # The caller is cancelled once more. The calls have been told already; leave nothing behind.
                interruption = error
            pending = [task for task in pending if not task.done()]
        if interruption is not None:
            raise interruption

    async def _run(self) -> None:
        try:
            await self._work()
        except asyncio.CancelledError:
            if not self._is_closed:
                self._fail(ConfigurationError("the lookups were cancelled from outside; was their client closed?"))
        except BaseException as failure:  # noqa: BLE001  (it goes to the caller, whose it is)
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
        # A reader that keeps up runs before this worker does again, and then there is room: a turn
        # of the loop costs less than parking.
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
            # Nobody cancelled this worker: something that the call waited for was cancelled.
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
