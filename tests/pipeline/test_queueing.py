"""Requests that wait for a connection, under a rate limit."""

import asyncio
import math
from collections.abc import Callable

import attrs

from capillary_async.errors import DeadlineExceeded
from capillary_async.pipeline.request import CallContext, Response, loop_time
from tests.fakes import outcomes
from tests.faults.wire import Asked, HttpConnection, RawServer
from tests.pipeline.opening import GOOD, error_of, opened, request


@attrs.define
class Notes:
    """A limiter that lets everything start and writes down what it is asked."""

    clock: Callable[[], float] = loop_time
    taken: list[str] = attrs.field(factory=list[str])
    refuses: bool = False

    def start_now(self) -> bool:
        """Note a start."""
        self.taken.append("start")
        return True

    async def acquire(self, deadline: float = math.inf) -> None:
        """Note another start, or refuse it."""
        self.taken.append("another start")
        if self.refuses:
            raise DeadlineExceeded("the rate limit has no room before the call's deadline")

    def give_back(self) -> None:
        """Note that a start was not used."""
        self.taken.append("back")

    def pause(self, until: float) -> None:
        """Change nothing."""

    async def close(self) -> None:
        """Hold nothing."""


class Throttle:
    """A server that answers nothing before it is told to go on."""

    def __init__(self) -> None:
        self._goes_on = asyncio.Event()
        self.raw = RawServer(self._handle)

    async def _handle(self, wire: HttpConnection, _: Asked) -> None:
        await self._goes_on.wait()
        await wire.send(GOOD)

    def open(self) -> None:
        """Go on."""
        self.raw.run(self._goes_on.set)


async def test_who_queued_for_a_connection_takes_another_start_when_it_has_one() -> None:
    """A server that stood still would else see all at once whose starts were minutes apart."""
    gate, notes = Throttle(), Notes()

    with gate.raw as server:
        async with opened(server.base_url, max_connections=1) as http:
            transport = http.paced_by(notes)
            calls = [asyncio.create_task(transport.send(request())) for _ in range(3)]
            await asyncio.sleep(0)
            while_all_stands_still = list(notes.taken)
            gate.open()
            answers = await asyncio.gather(*calls)

    assert while_all_stands_still == ["back", "back"]
    assert notes.taken == ["back", "back", "another start", "another start"]
    assert all(isinstance(found, Response) for found in answers)


async def test_who_finds_a_connection_keeps_its_start() -> None:
    """That is the usual case, and pays once."""
    gate, notes = Throttle(), Notes()
    gate._goes_on.set()

    with gate.raw as server:
        async with opened(server.base_url, max_connections=1) as http:
            await http.paced_by(notes).send(request())

    assert notes.taken == []


async def test_without_room_for_another_start_the_connection_goes_to_the_next() -> None:
    """A place that is lost with each of them would stop the client in the end."""
    gate, notes = Throttle(), Notes()
    notes.refuses = True

    with gate.raw as server:
        async with opened(server.base_url, max_connections=1) as http:
            first = asyncio.create_task(http.send(request()))
            await asyncio.sleep(0)
            calls = [asyncio.create_task(http.paced_by(notes).send(request(call=CallContext()))) for _ in range(3)]
            await asyncio.sleep(0)
            gate.open()
            errors = [await error_of(call) for call in calls]
            found = await outcomes(first, http.send(request()))

    assert all(isinstance(error, DeadlineExceeded) for error in errors)
    assert all(isinstance(response, Response) for response in found)
