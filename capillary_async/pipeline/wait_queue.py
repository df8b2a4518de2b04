"""A line of waiting calls with two priorities, fair within each, that a call may leave at any time."""

import asyncio
from collections import OrderedDict
from typing import Final

import attrs

# While both kinds wait, one of ten that go is bulk work. So a busy web backend cannot starve a job.
_TURNS: Final = 10


@attrs.define(eq=False)
class Place:
    """A call's place in the line.

    Attributes:
        is_bulk: Whether the call gives way to others.
        deadline: The latest moment at which the call may still run.
        turn: Done when the call's turn has come, or when it need not wait any longer.
    """

    is_bulk: bool
    deadline: float
    turn: "asyncio.Future[float]" = attrs.field(init=False)


@attrs.define(eq=False)
class WaitQueue:
    """Calls that wait, in the order in which they go.

    Attributes:
        count: How many there are.
    """

    count: int = attrs.field(default=0, init=False)
    # Not plain dicts: those get slow when entries leave at the front.
    _calls: OrderedDict[Place, None] = attrs.field(factory=OrderedDict[Place, None], init=False)
    _bulk: OrderedDict[Place, None] = attrs.field(factory=OrderedDict[Place, None], init=False)
    _turn: int = attrs.field(default=0, init=False)

    def join(self, place: Place) -> None:
        """Wait behind all of the same priority."""
        self._line(place)[place] = None
        self.count += 1
        place.turn = asyncio.get_running_loop().create_future()

    def join_first(self, place: Place) -> None:
        """Wait before all of the same priority: the place was first already, and could not go after all."""
        self.join(place)
        self._line(place).move_to_end(place, last=False)

    def leave(self, place: Place) -> None:
        """Wait no longer."""
        line = self._line(place)
        if place in line:
            del line[place]
            self.count -= 1

    def first(self, *, may_be_bulk: bool) -> Place | None:
        """Return who goes next, or `None` if nobody waits who may."""
        is_bulk = may_be_bulk and bool(self._bulk) and (not self._calls or self._turn == _TURNS - 1)
        return next(iter(self._bulk if is_bulk else self._calls), None)

    def pop(self, place: Place) -> None:
        """Remove the one that goes, and pass the turn on."""
        if self._calls and self._bulk:
            self._turn = 0 if place.is_bulk else min(self._turn + 1, _TURNS - 1)
        self.leave(place)

    def ahead_of(self, *, is_bulk: bool) -> int:
        """Count those that go before one who joins now, at least, if nobody leaves."""
        calls, bulk = len(self._calls), len(self._bulk)
        return min(calls + bulk, _TURNS * bulk) if is_bulk else calls

    def _line(self, place: Place) -> OrderedDict[Place, None]:
        return self._bulk if place.is_bulk else self._calls
