"""Take the keys of a bulk lookup from an iterable or an async iterable."""

import asyncio
from collections.abc import AsyncIterable, Iterable
from enum import Enum
from typing import Generic, Literal, TypeVar

K = TypeVar("K")


class End(Enum):
    """Returned in place of a key after the last key."""

    END = "end"


class KeyIterator(Generic[K]):
    """Returns the keys of an iterable or an async iterable one by one.

    Attributes:
        index: Position of the last key in the input, from 0.
        is_exhausted: Whether there are no more keys to take.
        error: The exception that the iterable raised, or `None`.
        is_ready: Whether `take_now` works, because the keys are a normal iterable.
    """

    def __init__(self, keys: Iterable[K] | AsyncIterable[K]) -> None:
        self._stream = aiter(keys) if isinstance(keys, AsyncIterable) else None
        self._iterator = iter(()) if isinstance(keys, AsyncIterable) else iter(keys)
        self.is_ready: bool = self._stream is None
        # An async generator allows only one `anext` at a time.
        self._turn = asyncio.Lock()
        self.index: int = -1
        self.is_exhausted: bool = False
        self.error: Exception | None = None

    def take_now(self) -> K | Literal[End.END]:
        """Take the next key of an iterable."""
        try:
            return self._taken(next(self._iterator, End.END))
        except Exception as error:  # noqa: BLE001  (the reader raises it after the outcomes of the started calls)
            return self._failed(error)

    async def take(self) -> K | Literal[End.END]:
        """Take the next key of an async iterable."""
        async with self._turn:
            if self._stream is None or self.is_exhausted:
                return End.END
            try:
                return self._taken(await anext(self._stream))
            except StopAsyncIteration:
                return self._taken(End.END)
            except Exception as error:  # noqa: BLE001  (the reader raises it after the outcomes of the started calls)
                return self._failed(error)

    def _taken(self, key: K | Literal[End.END]) -> K | Literal[End.END]:
        if key is End.END:
            self.is_exhausted = True
        else:
            self.index += 1
        return key

    def _failed(self, error: Exception) -> Literal[End.END]:
        if isinstance(error, StopAsyncIteration):
            # Raised from `__anext__`, it would end the outcomes as if all keys were done.
            reason, error = error, RuntimeError("the iterator of the keys raised StopAsyncIteration")
            error.__cause__ = reason
        self.error = error
        self.is_exhausted = True
        return End.END

    async def close(self, *, quietly: bool) -> None:
        """Close an async iterator; `quietly` suppresses its error when another exception is being raised."""
        close = getattr(self._stream, "aclose", None)
        if close is None:
            return
        try:
            await close()
        except Exception:
            if not quietly:
                raise
