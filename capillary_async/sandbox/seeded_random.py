"""Random values that depend only on a key.

The sandbox stores no data. It derives each value from the seed and from the ids of the request, each time it needs the
value. So a million customers take no memory, and every run has the same data.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import TypeVar

_T = TypeVar("_T")
_MASK = 2**64 - 1


class SeededRandom:
    """An endless sequence of numbers, the same for the same key."""

    __slots__ = ("_state",)

    def __init__(self, *key: int | str) -> None:
        self._state = int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest(), "big")

    def below(self, bound: int) -> int:
        """Draw a whole number from 0 up to, not including, `bound`."""
        # One step of splitmix64, because seeding `random.Random` takes ten times as long.
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % bound

    def pick(self, options: Sequence[_T]) -> _T:
        """Draw one of `options`."""
        return options[self.below(len(options))]

    def one_in(self, one_in: int) -> bool:
        """Draw true once in `one_in` times."""
        return self.below(one_in) == 0

    def amount(self, bound: int, places: int) -> Decimal:
        """Draw an amount below `bound` with exactly `places` digits after the point."""
        return Decimal(self.below(bound * 10**places)).scaleb(-places)
