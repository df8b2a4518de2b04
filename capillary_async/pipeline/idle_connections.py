"""Connections between two requests.

aiohttp's pool would give each request a new parser and ask a connection twice whether it may be used again, which is a
twelfth of a call. A connection that waits here keeps its parser, which reads one answer after another.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import Final

import aiohttp

KEEP_ALIVE: Final = 15.0  # seconds, as in aiohttp's pool


class IdleConnections:
    """The open connections to one origin that carry no request. The one used last is used first.

    Attributes:
        wanted: How many requests wait for aiohttp to open a connection, or to have one released.
    """

    def __init__(self) -> None:
        self.wanted = 0
        self._connections: deque[tuple[aiohttp.connector.Connection, float]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take(self) -> aiohttp.connector.Connection | None:
        """Return a connection that is open and over which nothing came unasked; close those that are not."""
        while self._connections:
            connection, since = self._connections.pop()
            protocol, transport = connection.protocol, connection.transport
            # An answer that nobody asked for would be taken for that of the next request: another customer's data.
            is_bad = protocol is None or protocol.should_close or transport is None or transport.is_closing()
            if not is_bad and monotonic() - since < KEEP_ALIVE:
                return connection
            connection.close()
        return None

    def put(self, connection: aiohttp.connector.Connection) -> None:
        """Keep a connection whose last answer was read to its end, or hand it to a request that waits for one."""
        if self.wanted:
            connection.release()
            return
        self._connections.append((connection, monotonic()))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(KEEP_ALIVE, self._close_old)

    def close(self) -> None:
        """Close all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._connections:
            self._connections.pop()[0].close()

    def _close_old(self) -> None:
        self._timer, now = None, monotonic()
        while self._connections and now - self._connections[0][1] >= KEEP_ALIVE:
            self._connections.popleft()[0].close()
        if self._connections:
            wait = self._connections[0][1] + KEEP_ALIVE - now
            self._timer = asyncio.get_running_loop().call_later(wait, self._close_old)
