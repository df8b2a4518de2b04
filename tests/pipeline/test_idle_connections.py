"""Connections wait for their next request as long as they are of use."""

from typing import Any
from weakref import ref

import pytest

from capillary_async.pipeline.idle_connections import KEEP_ALIVE, IdleConnections, OpenConnection


class FakeConnection:
    """Stands for a connection, its protocol and its transport."""

    def __init__(self) -> None:
        self.should_close = False
        self.ended = ""

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return bool(self.ended)

    def close(self) -> None:
        """Close it."""
        self.ended = "closed"

    def release(self) -> None:
        """Hand it to aiohttp's pool."""
        self.ended = "released"


def used(connection: Any) -> OpenConnection:
    """Return it as it comes from a request."""
    return OpenConnection(connection, connection, connection)


async def test_the_connection_used_last_is_used_first() -> None:
    """The others can end when their time has come."""
    first, last, idle = FakeConnection(), FakeConnection(), IdleConnections()
    idle.put(used(first))
    idle.put(used(last))

    taken: Any = idle.take()

    assert taken.protocol is last
    idle.close()
    assert (first.ended, last.ended) == ("closed", "")


async def test_a_connection_over_which_something_came_is_not_used() -> None:
    """The next request would take that for its answer: another customer's data."""
    connection, idle = FakeConnection(), IdleConnections()
    idle.put(used(connection))
    connection.should_close = True

    assert idle.take() is None
    assert connection.ended == "closed"
    idle.close()


async def test_a_request_that_waits_for_aiohttp_gets_the_connection() -> None:
    """It waits in aiohttp's own queue, which knows only its own pool."""
    connection, idle = FakeConnection(), IdleConnections()
    idle.wanted = 1

    idle.put(used(connection))

    assert connection.ended == "released"


async def test_old_connections_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does nothing must not keep the server's connections."""
    now = 1000.0
    monkeypatch.setattr("capillary_async.pipeline.idle_connections.monotonic", lambda: now)
    connection, idle = FakeConnection(), IdleConnections()
    idle.put(used(connection))

    now += KEEP_ALIVE

    assert idle.take() is None
    assert connection.ended == "closed"
    idle.close()


async def test_the_timer_keeps_no_client_that_was_forgotten() -> None:
    """Else aiohttp warns of its connections late, in the midst of something else."""
    idle = IdleConnections()
    idle.put(used(FakeConnection()))
    alive = ref(idle)

    del idle

    assert alive() is None
