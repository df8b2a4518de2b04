"""When each process that shares a rate limit asks for its next permit, so that all get permits in turn."""

import math

import attrs

from capillary_async.pipeline.gcra import Gcra

# The longest that a process waits which finds no state: below 100 requests a minute an interval is long.
_LONGEST_START = 0.5


@attrs.define(eq=False)
class Turns:
    """What one process knows of a rate limit that it shares with others.

    All processes see the same moment from which there is a permit. Whoever asks first gets it, and that would always be
    the process that is nearest to the store. So a process that got the last permit asks a little later than it could,
    and the more often another was faster, the less it waits. The delay costs no permit, because it is shorter than the
    limit's credit.

    Attributes:
        gcra: The limit's arithmetic.
        opens_at: The moment from which there is a permit, as far as the process knows.
        has_used_store: Whether the process has used the store before.
    """

    gcra: Gcra
    opens_at: float = -math.inf
    has_used_store: bool = False
    _losses: int = 0

    @property
    def asks_at(self) -> float:
        """The moment to ask the store for the next permit."""
        delay = min(self.gcra.credit / 4, self.gcra.interval / 2)
        return self.opens_at + delay / (1 + self._losses)

    @property
    def start_wait(self) -> float:
        """Seconds to wait where the store has lost its state, or has none yet.

        Nobody knows then what has started. The longest that a state can ask for is one interval.
        """
        return self.gcra.interval if self.has_used_store else min(self.gcra.interval, _LONGEST_START)

    def got(self, opens_at: float) -> None:
        """Note that the process got a permit, and when the next one opens."""
        self.opens_at, self.has_used_store, self._losses = opens_at, True, 0

    def missed(self, opens_at: float) -> None:
        """Note that there was none, because another process was faster."""
        self.opens_at, self.has_used_store = opens_at, True
        self._losses += 1
