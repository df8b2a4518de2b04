"""Make a blocking class from an async class, so that no method is written twice.

A blocking object holds an async object, its `source`. Each blocking method calls the source's method of the same name.
If that returns a coroutine, the event loop's thread runs it. If the result has a blocking class, it is wrapped.
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from functools import cache, cached_property, wraps
from types import FunctionType, MappingProxyType
from typing import Any, Final, NoReturn, Self, TypeVar, cast

from capillary_async.api.methods import Group
from capillary_async.sync.loop_thread import LoopThread

B = TypeVar("B", bound="Blocking")

# The async protocols, and their blocking counterparts.
PROTOCOLS: Final[Mapping[str, str]] = MappingProxyType(
    {"__aiter__": "__iter__", "__anext__": "__next__", "__aenter__": "__enter__", "__aexit__": "__exit__"}
)
# Public methods that only this package calls.
INTERNAL: Final = frozenset({"CapillaryClient.aclose", "PageIterator.open_buffer"})
_BLOCKING: Final[dict[type, Any]] = {}


class Blocking:
    """An async object, and the thread in which its coroutines run.

    Attributes:
        source: The async object.
        loop: The thread.
        owns_loop: Whether the thread ends with this object.
    """

    source: Any
    loop: LoopThread
    owns_loop: bool

    @classmethod
    def of(cls, source: Any, loop: LoopThread, *, owns_loop: bool = False) -> Self:
        """Wrap an existing async object."""
        blocking = cls.__new__(cls)
        blocking.hold(source, loop, owns_loop=owns_loop)
        return blocking

    def hold(self, source: Any, loop: LoopThread, *, owns_loop: bool) -> None:
        """Store the async object and its thread."""
        self.source, self.loop, self.owns_loop = source, loop, owns_loop

    def __repr__(self) -> str:
        """Return the repr of the async object."""
        return repr(self.source)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled, because threads and sockets cannot be pickled.

        Raises:
            TypeError: Always.
        """
        raise TypeError("open one client in each process: a client's thread and its sockets cannot be pickled")

    def finish(self, value: Any) -> Any:
        """Wait for a method's result, and wrap it if it has a blocking class."""
        if inspect.iscoroutine(value):
            value = self.loop.run(value)
        if isinstance(value, AsyncGenerator):
            return self._generate(cast("AsyncGenerator[Any, None]", value))
        kind: Any = type(cast("object", value))
        blocking = _group_class(kind) if isinstance(value, Group) else _BLOCKING.get(kind)
        return value if blocking is None else blocking.of(value, self.loop)

    def _generate(self, rows: AsyncGenerator[Any, None]) -> Iterator[Any]:
        try:
            while True:
                try:
                    row = self.loop.run(cast("Any", anext(rows)))
                except StopAsyncIteration:
                    return
                yield row
        finally:
            self.loop.run(cast("Any", rows.aclose()))


def is_shown(source: type, name: str) -> bool:
    """Whether an attribute of an async class is for users."""
    return name in PROTOCOLS or not (name.startswith("_") or f"{source.__name__}.{name}" in INTERNAL)


def mirrors(source: type) -> Callable[[type[B]], type[B]]:
    """Add the blocking form of each public method and property of `source` that a class does not define itself."""

    def fill(cls: type[B]) -> type[B]:
        for name in dir(source):
            target = PROTOCOLS.get(name, name)
            if target not in vars(cls) and is_shown(source, name):
                member = _member(name, getattr(source, name))
                if member is not None:
                    setattr(cls, target, member)
        cls.__doc__ = cls.__doc__ or source.__doc__
        _BLOCKING[source] = cls
        return cls

    return fill


def _member(name: str, member: Any) -> Any:
    if isinstance(member, property | cached_property):
        return property(lambda self: self.finish(getattr(self.source, name)), doc=member.__doc__)
    if not isinstance(member, FunctionType):
        return None
    return _next(member) if name == "__anext__" else _method(member)


def _method(function: FunctionType) -> Callable[..., Any]:
    # Without the function's attributes, because they mark endpoints as coroutine functions.
    @wraps(function, updated=())
    def method(self: Blocking, /, *args: Any, **kwargs: Any) -> Any:
        return self.finish(function(self.source, *args, **kwargs))

    cast("Any", method).__signature__ = inspect.signature(function)
    return method


def _next(function: FunctionType) -> Callable[[Blocking], Any]:
    @wraps(function, updated=())
    def step(self: Blocking) -> Any:
        coroutine = function(self.source)
        try:
            if getattr(self.source, "is_ready", False):
                coroutine.send(
                    None
                )  # the next row is there, so the coroutine does not wait; this avoids the other thread
            return self.finish(coroutine)
        except StopIteration as ended:
            return ended.value
        except StopAsyncIteration:
            pass
        raise StopIteration

    return step


@cache
def _group_class(group: Any) -> type[Blocking]:
    return mirrors(group)(
        type(group.__name__, (Blocking,), {"__doc__": group.__doc__, "__module__": "capillary_async.sync"})
    )
