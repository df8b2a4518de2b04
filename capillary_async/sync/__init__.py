"""The same client for code without an event loop: scripts, web frameworks with threads, notebooks.

```python
from capillary_async.sync import CapillaryClient, lookup_many

with CapillaryClient(Region.EU, BasicAuth("store.server", "server123")) as client:
    customer = client.customers.get(567584951)
    for event in client.targets.list_events(387538614, 79196): ...
    with lookup_many(client.customers.get, customer_ids) as outcomes:
        for outcome in outcomes: ...
```

All methods are those of the async client, without `await` and `async`. They run in one thread with an event loop; the
thread ends when the client is closed. Several threads may use one client. After a fork, open a new client.

This module makes the methods from the async ones when it is imported. `__init__.pyi` has their types; `make sync`
generates it.
"""

import inspect
from types import TracebackType
from typing import Any, Self

from capillary_async import client, paging
from capillary_async.sync.lookups import BlockingOutcomes, lookup_many
from capillary_async.sync.loop_thread import LoopThread
from capillary_async.sync.mirror import Blocking, mirrors

__all__ = ["CapillaryClient", "ItemIterator", "Outcomes", "PageIterator", "Pager", "PrefetchContext", "lookup_many"]


@mirrors(paging.Pager)
class BlockingPager(Blocking):
    """A listing. Each iteration over it sends the requests again."""


@mirrors(paging.PageIterator)
class BlockingPageIterator(Blocking):
    """Walks a listing page by page."""

    def __iter__(self) -> Self:
        """Return the iterator."""
        return self


@mirrors(paging.ItemIterator)
class BlockingItemIterator(Blocking):
    """Walks a listing row by row."""

    def __iter__(self) -> Self:
        """Return the iterator."""
        return self


@mirrors(paging.PrefetchContext)
class BlockingPrefetchContext(Blocking):
    """Walks a listing row by row, and requests pages ahead; see `Pager.prefetch`."""


@mirrors(client.CapillaryClient)
class BlockingClient(Blocking):
    """A session with one Capillary organisation, for code without an event loop.

    Use it as `with CapillaryClient(...) as client:`, or call `open` and `close`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create a client without opening it. The arguments are those of the async client, without `session`."""
        _SIGNATURE.bind(self, *args, **kwargs)  # refuses `session`, because a session belongs to another event loop
        self.hold(client.CapillaryClient(*args, **kwargs), LoopThread(), owns_loop=True)

    @classmethod
    def from_env(cls, *args: Any, **kwargs: Any) -> Self:
        """Create a client from environment variables, as the async client does."""
        return cls.of(client.CapillaryClient.from_env(*args, **kwargs), LoopThread(), owns_loop=True)

    def open(self) -> Self:
        """Start the thread, and open the session in its event loop.

        Raises:
            ConfigurationError: The client is open already, its session or certificates are unusable, or gevent or
                eventlet replaced Python's threads.
        """
        if self.owns_loop:
            self.loop.start()
        try:
            self.loop.run(self.source.open())
        except BaseException:
            self._stop()
            raise
        return self

    def close(self) -> None:
        """Cancel the running calls of other threads, close the session, and end the thread."""
        try:
            if not self.loop.is_foreign:  # in a forked process the session's event loop does not run
                self.loop.run(self.source.aclose())
        finally:
            self._stop()

    def __enter__(self) -> Self:
        """Open the client; see `open`."""
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client; see `close`."""
        self.close()

    def _stop(self) -> None:
        if self.owns_loop:
            self.loop.stop()


def _without_session(signature: inspect.Signature) -> inspect.Signature:
    return signature.replace(parameters=[part for part in signature.parameters.values() if part.name != "session"])


_SIGNATURE = _without_session(inspect.signature(client.CapillaryClient.__init__))
BlockingClient.__init__.__signature__ = _SIGNATURE  # type: ignore[attr-defined]

# Users switch by changing the import, so each class has the name of its async counterpart.
CapillaryClient = BlockingClient
ItemIterator = BlockingItemIterator
Outcomes = BlockingOutcomes
PageIterator = BlockingPageIterator
Pager = BlockingPager
PrefetchContext = BlockingPrefetchContext
