"""Connections between two requests.

aiohttp's pool would give each request a new parser and ask a connection twice whether it may be used again, which is a
twelfth of a call. A connection that waits here keeps its parser, which reads one answer after another.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import Final
from weakref import ref

import aiohttp
from aiohttp.client_proto import ResponseHandler

from capillary_async.pipeline.request import InternalValue

KEEP_ALIVE: Final = 15.0  # seconds, as in aiohttp's pool


class OpenConnection(InternalValue, frozen=True):
    """A connection, with what aiohttp would look up for each request."""

    connection: aiohttp.connector.Connection
    protocol: ResponseHandler
    transport: asyncio.Transport


class IdleConnections:
    """The open connections to one origin that carry no request. The one used last is used first.

    Attributes:
        wanted: How many requests wait for aiohttp to open a connection, or to have one released.
    """

    def __init__(self) -> None:
        self.wanted = 0
        self._idle: deque[tuple[OpenConnection, float]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take(self) -> OpenConnection | None:
        """Return a connection that is open and over which nothing came unasked; close those that are not."""
        while self._idle:
            found, since = self._idle.pop()
            # An answer that nobody asked for would be taken for that of the next request: another customer's data.
            is_usable = not (found.protocol.should_close or found.transport.is_closing())
            if is_usable and monotonic() - since < KEEP_ALIVE:
                return found
            found.connection.close()
        return None

    def put(self, used: OpenConnection) -> None:
        """Keep a connection whose last answer was read to its end, or hand it to a request that waits for one."""
        if self.wanted:
            used.connection.release()
            return
        self._idle.append((used, monotonic()))
        if self._timer is None:
            self._set_timer(KEEP_ALIVE)

    def close(self) -> None:
        """Close all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._idle:
            self._idle.pop()[0].connection.close()

    def close_old(self) -> None:
        """Close those that no request has used for `KEEP_ALIVE`."""
        self._timer, now = None, monotonic()
        while self._idle and now - self._idle[0][1] >= KEEP_ALIVE:
            self._idle.popleft()[0].connection.close()
        if self._idle:
            self._set_timer(self._idle[0][1] + KEEP_ALIVE - now)

    def _set_timer(self, seconds: float) -> None:
        # A client that its user forgot can be collected at once, and aiohttp then warns of its connections.
        idle: ref[IdleConnections] = ref(self)
        self._timer = asyncio.get_running_loop().call_later(seconds, _close_old, idle)


def _close_old(idle: "ref[IdleConnections]") -> None:
    connections = idle()
    if connections is not None:
        connections.close_old()
