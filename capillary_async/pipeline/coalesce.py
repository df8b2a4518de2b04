"""Let identical GETs that are under way at the same time share one request.

The shared request runs in a task of its own. A caller that is cancelled, or whose deadline passes, leaves and disturbs
no other caller. The request may run until the latest of the deadlines; it is cancelled when the last caller has left.

* The first caller to leave is charged for what the request cost until then. So the attempts of all calls add up to the
  requests that were sent, and a call that shared another's answer may have made none.
* Each caller gets an error object of its own, because an exception that is raised in many tasks collects the tracebacks
  of all of them; and its own copy of the decoded document, because callers may change it.
"""

import asyncio
import copy
import math
from typing import Any

from msgspec import field
from msgspec.structs import replace

from capillary_async.errors import CapillaryError, DeadlineExceeded
from capillary_async.pipeline.clock import CallAt, call_at_loop_time
from capillary_async.pipeline.request import (
    CallContext,
    DateTimeParam,
    InternalState,
    InternalValue,
    ProcessBound,
    Request,
    Response,
    Transport,
)


class _Key(InternalValue, frozen=True):
    """What two requests have in common when one answer serves both.

    Not the type that the answer is structured into, because that happens above, for each caller.
    """

    shown = ("path",)

    path: str
    path_values: frozenset[tuple[str, int | str]]
    query: tuple[tuple[str, str | DateTimeParam], ...]
    headers: frozenset[tuple[str, Any]]

    @classmethod
    def of(cls, request: Request[Any]) -> "_Key":
        """Read it off a request."""
        path_values, headers = frozenset(request.path_values.items()), frozenset(request.headers.items())
        return cls(request.path, path_values, request.query, headers)


class _Shared(InternalState):
    """A request under way and the callers that wait for it.

    Attributes:
        key: What the callers' requests have in common.
        call: What the request has cost and no caller was charged with so far.
        task: Sends the request.
        first_deadline: The deadline of the first caller.
        waiters: One for each caller that waits now. Not a set, because the first caller to come is the first to be
            woken, and charged.
        callers: Number of callers that came, also of those that left.
    """

    key: _Key
    call: CallContext
    task: asyncio.Task[Response]
    first_deadline: float
    waiters: dict[asyncio.Future[None], None] = field(default_factory=dict[asyncio.Future[None], None])
    callers: int = 0

    def charge(self, call: CallContext) -> None:
        """Charge `call` with what no call was charged with so far, and note the last answer in it."""
        call.attempts += self.call.attempts
        call.rate_limit_wait += self.call.rate_limit_wait
        call.connection_wait += self.call.connection_wait
        self.call.attempts, self.call.rate_limit_wait, self.call.connection_wait = 0, 0.0, 0.0
        call.status, call.request_id, call.size = self.call.status, self.call.request_id, self.call.size

    def response(self) -> Response:
        """Return a copy of the answer, or raise a copy of the error."""
        error = self.task.exception()
        if not isinstance(error, CapillaryError):
            response = self.task.result()
            return replace(response, document=_copy_document(response.document)) if self.callers > 1 else response
        own = copy.copy(error).with_traceback(error.__traceback__)
        raise own from error.__cause__


def _copy_document(value: Any) -> Any:
    """Copy the lists and objects of a JSON document. All other values are immutable."""
    if value.__class__ is dict:
        return {key: _copy_document(item) for key, item in value.items()}
    return [_copy_document(item) for item in value] if value.__class__ is list else value


class CoalescingTransport(ProcessBound, InternalState):
    """Sends one request for all callers that want the same at the same time."""

    _inner: Transport
    call_at: CallAt = call_at_loop_time
    _under_way: dict[_Key, _Shared] = field(default_factory=dict[_Key, _Shared])
    _tasks: set[asyncio.Task[Response]] = field(default_factory=set[asyncio.Task[Response]])

    async def send(self, request: Request[Any], /) -> Response:
        """Join an identical request that is under way, or send this one.

        Raises:
            DeadlineExceeded: This call's deadline passed.
            CapillaryError: As the transport below says.
        """
        if request.method != "GET":
            return await self._inner.send(request)
        key = _Key.of(request)
        while (shared := self._under_way.get(key)) is not None:
            try:
                return await self._share(shared, request.call)
            except DeadlineExceeded:
                # Transports below read the deadline when the request came to them, and it was the first caller's.
                if not shared.task.done() or request.call.deadline <= shared.first_deadline:
                    raise
        return await self._share(self._start(key, request), request.call)

    async def close(self) -> None:
        """Cancel what is under way, and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, key: _Key, request: Request[Any]) -> _Shared:
        first = request.call
        call = CallContext(first.deadline, first.options, is_bulk=first.is_bulk)
        # Each caller may structure the answer in its own way, so it is decoded for none of them.
        shared_request: Request[Any] = replace(request, into=Any, at="", call=call)
        task = asyncio.get_running_loop().create_task(self._inner.send(shared_request))
        shared = _Shared(key, call, task, call.deadline)
        self._under_way[key] = shared
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._finish(shared, task))
        return shared

    def _finish(self, shared: _Shared, task: asyncio.Task[Response]) -> None:
        """Wake all callers that wait for the answer."""
        self._tasks.discard(task)
        self._forget(shared)
        if not task.cancelled():
            task.exception()  # asyncio logs an error that nobody looked at, and all callers may have left
        for waiter in shared.waiters:
            _wake(waiter)

    def _forget(self, shared: _Shared) -> None:
        if self._under_way.get(shared.key) is shared:
            del self._under_way[shared.key]

    async def _share(self, shared: _Shared, call: CallContext) -> Response:
        """Wait for the answer, but not longer than this caller's deadline."""
        shared.call.deadline = max(shared.call.deadline, call.deadline)
        shared.call.is_bulk &= call.is_bulk
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        shared.waiters[waiter] = None
        shared.callers += 1
        expiry = None if call.deadline == math.inf else self.call_at(call.deadline, lambda: _wake(waiter))
        try:
            await waiter
        finally:
            if expiry is not None:
                expiry.cancel()
            self._leave(shared, waiter)
            shared.charge(call)
        if not shared.task.done():
            raise DeadlineExceeded("the deadline passed while waiting for an answer that calls share")
        return shared.response()

    def _leave(self, shared: _Shared, waiter: asyncio.Future[None]) -> None:
        del shared.waiters[waiter]
        if not shared.waiters and not shared.task.done():
            self._forget(shared)
            shared.task.cancel()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
