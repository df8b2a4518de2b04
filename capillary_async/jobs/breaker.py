"""A circuit breaker between a run and an API that may be in trouble.

| state | what the run does | how it ends |
|---|---|---|
| closed | looks keys up; errors that may be the API's fault are held back | many in a row: half-open |
| half-open | looks up a single key that is known to work | it works: closed; it does not: open |
| open | waits, longer each time | half-open |

What is held back when the breaker closes again is the keys' own fault, for the API is well. What is held back when it
opens says nothing about the keys: they stay what they were.
"""

from collections.abc import Sequence
from typing import Final, Generic, Literal, TypeVar

T = TypeVar("T")

# So many errors in a row are no coincidence.
_MANY: Final = 20
_FIRST_WAIT: Final = 5.0
_LONGEST_WAIT: Final = 300.0


class CircuitBreaker(Generic[T]):
    """Says when to go on, when to ask with a single key, and how long to wait.

    Attributes:
        state: "closed", "open" or "half-open".
        last_error: The error that was held back last.
    """

    def __init__(self) -> None:
        self.state: Literal["closed", "open", "half-open"] = "closed"
        self.last_error: Exception | None = None
        self._held_back: list[T] = []
        self._wait = _FIRST_WAIT

    @property
    def has_suspects(self) -> bool:
        """Whether errors are held back."""
        return bool(self._held_back)

    def suspect(self, outcome: T, error: Exception, *, is_last: bool = False) -> None:
        """Hold an error back; after the last one, ask with a single key whatever their number."""
        self.last_error = error
        self._held_back.append(outcome)
        if is_last or len(self._held_back) >= _MANY:
            self.state = "half-open"

    def close(self) -> Sequence[T]:
        """The API is well; return what was held back, which is the keys' own fault."""
        if self.state != "closed":
            self.state, self._wait = "closed", _FIRST_WAIT
        if not self._held_back:
            return ()
        held_back, self._held_back = self._held_back, []
        return held_back

    def open(self, error: Exception) -> float:
        """The API is not well; forget what was held back, and return the seconds to wait before asking again."""
        self.state, self.last_error = "open", error
        self._held_back.clear()
        wait, self._wait = self._wait, min(self._wait * 2, _LONGEST_WAIT)
        return wait
