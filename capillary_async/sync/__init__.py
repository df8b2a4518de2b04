"""The same client for code that has no event loop: scripts, web frameworks with threads, notebooks.

```python
from capillary_async.sync import CapillaryClient, lookup_many

with CapillaryClient(Region.EU, BasicAuth("store.server", "server123")) as client:
    customer = client.customers.get(567584951)
    for event in client.targets.list_events(387538614, 79196): ...
    with lookup_many(client.customers.get, customer_ids) as outcomes:
        for outcome in outcomes: ...
```

Everything is the async client's, without `await` and `async`; it runs in one thread with an event loop, which lives as
long as the client is open. A client may be used by any number of threads. Open it after a fork, not before.

The methods are made of the async ones when this module loads. `__init__.pyi` has their types; `make sync` writes it.
"""

import inspect
from types import TracebackType
from typing import Any, Self, cast

from capillary_async import client, paging
from capillary_async.api.methods import Group
from capillary_async.sync.lookups import BlockingOutcomes, lookup_many
from capillary_async.sync.loop_thread import LoopThread
from capillary_async.sync.mirror import Blocking, mirrors

__all__ = ["CapillaryClient", "ItemIterator", "Outcomes", "PageIterator", "Pager", "PrefetchContext", "lookup_many"]


@mirrors(paging.Pager)
class BlockingPager(Blocking):
    """A listing that has not been asked for yet; iterate over it, as often as you like."""


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
    """Walks a listing row by row with pages asked for ahead; see `Pager.prefetch`."""


@mirrors(client.CapillaryClient)
class BlockingClient(Blocking):
    """A session with one Capillary organisation, for code without an event loop.

    Use it as `with CapillaryClient(...) as client:`, or call `open` and `close`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Set the client up; nothing is opened or sent yet. The arguments are the async client's, without `session`."""
        _SIGNATURE.bind(self, *args, **kwargs)  # a session would belong to another loop
        self.hold(client.CapillaryClient(*args, **kwargs), LoopThread(), owns_loop=True)

    @classmethod
    def from_env(cls, *args: Any, **kwargs: Any) -> Self:
        """Set a client up from environment variables, as the async client does."""
        return cls.of(client.CapillaryClient.from_env(*args, **kwargs), LoopThread(), owns_loop=True)

    def hold(self, source: Any, loop: LoopThread, *, owns_loop: bool) -> None:
        """Take an async client over, with its groups of endpoints."""
        super().hold(source, loop, owns_loop=owns_loop)
        for name, value in cast("dict[str, object]", vars(source)).items():
            if isinstance(value, Group):
                setattr(self, name, self.finish(value))

    def open(self) -> Self:
        """Start the thread, and open the session in its event loop.

        Raises:
            ConfigurationError: The client is open already, its session or certificates are unusable, or threads are
                not real ones here (gevent, eventlet).
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
        """Cancel the calls that are under way in other threads, close the session, and end the thread."""
        try:
            if not self.loop.is_foreign:  # there, nothing is left to close
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

# Users swap one import for the other, so each class has the name of its async twin.
CapillaryClient = BlockingClient
ItemIterator = BlockingItemIterator
Outcomes = BlockingOutcomes
PageIterator = BlockingPageIterator
Pager = BlockingPager
PrefetchContext = BlockingPrefetchContext
