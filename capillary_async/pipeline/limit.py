"""What gives the permits of a rate limit. Here: what all kinds have in common, and the limit within one client."""

import math
from collections.abc import Callable
from typing import Protocol

from capillary_async.options import RateLimit
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.gcra import Gcra
from capillary_async.pipeline.request import InternalState


class Limit(Protocol):
    """Gives permits."""

    @property
    def gcra(self) -> Gcra:
        """The limit's arithmetic."""
        ...

    @property
    def opens_at(self) -> float:
        """The earliest moment of the next permit, by the event loop's clock, as far as it is known."""
        ...

    def open(self, on_change: Callable[[], None]) -> None:
        """Begin to work in the running loop. `on_change` is called when an answer that `take` waited for is there."""
        ...

    def take(self) -> float:
        """Take a permit that is good now.

        Returns:
            0 if it was taken. Else the seconds after which to ask again; infinite if `on_change` will tell.

        Raises:
            CapillaryError: Nobody knows whether there is a permit.
        """
        ...

    async def close(self) -> None:
        """Release what the limit holds open."""
        ...


class LocalLimit(InternalState):
    """Keeps a rate limit within one client."""

    gcra: Gcra
    _clock: Callable[[], float] = loop_time
    _arrival: float = -math.inf

    @classmethod
    def of(cls, rate_limit: RateLimit, clock: Callable[[], float] = loop_time) -> "LocalLimit":
        """Build what keeps `rate_limit`."""
        return cls(Gcra.of(rate_limit), clock)

    @property
    def opens_at(self) -> float:
        """See `Limit`."""
        return self.gcra.opens_at(self._arrival)

    def open(self, on_change: Callable[[], None]) -> None:
        """Do nothing: `take` always knows."""

    def take(self) -> float:
        """See `Limit`."""
        wait, self._arrival = self.gcra.take(self._arrival, self._clock())
        return wait

    async def close(self) -> None:
        """Do nothing. The permits that were taken still count after the next `open`."""
