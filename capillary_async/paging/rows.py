"""Which rows came, and where they stand."""

from collections.abc import Hashable, Sequence
from typing import Final

from capillary_async.pipeline.request import InternalState

_NO_ROW: Final = object()  # stands at a position that holds no row


class SeenRows(InternalState):
    """The rows that were read, and their order in the server's list.

    Without keys (`is_keyed`) positions identify rows, and equal rows are different ones.
    """

    is_keyed: bool
    order: list[Hashable]  # keys by position, from `base` on; going back cuts it
    _keys: dict[Hashable, None]
    base: int = 0  # an earlier walk read what is before it
    high: int = 0  # position behind the last row that ever was read: no row behind it can be known by right
    gaps: int = 0  # positions before the end that hold no row
    duplicates: int = 0  # rows that came where only new ones should
    twice: int = 0  # those of them that one answer had twice, so that the server's list has them twice

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    @property
    def end(self) -> int:
        """Position behind the last row that was read. Going back lowers it."""
        return self.base + len(self.order)

    @property
    def filled(self) -> int:
        """How many positions up to the end hold a row."""
        return self.end - self.gaps

    @property
    def count(self) -> int:
        """How many different rows came."""
        return len(self._keys) if self.is_keyed else self.high - self.gaps

    def stand_at(self, start: int, keys: Sequence[Hashable]) -> bool:
        """Whether these are the rows from a position on, as far as those were read."""
        known = self.order[start - self.base :][: len(keys)] if start >= self.base else []
        return len(known) > 0 and known == list(keys[: len(known)])

    def take(self, start: int, keys: Sequence[Hashable]) -> Sequence[int]:
        """Take the rows of an answer that begins at position `start`; return which of them are new."""
        if not (self.high or start or self._keys) and self.is_keyed:  # a first answer, which most are
            self._keys = dict.fromkeys(keys)
            if len(self._keys) == len(keys):
                self.order, self.high = [*keys], len(keys)
                return range(len(keys))
            self._keys = {}
        known = max(self.high - start, 0)
        self.gaps += max(start - self.end, 0)
        self.pad(start)
        self.order[start - self.base : start - self.base + len(keys)] = keys
        self.high = max(self.high, self.end)
        if not self.is_keyed:
            return range(min(known, len(keys)), len(keys))
        fresh = dict.fromkeys(keys)
        if len(fresh) == len(keys) and self._keys.keys().isdisjoint(keys):
            self._keys.update(fresh)
            return range(len(keys))
        late = keys[known:]
        self.twice += len(late) - len({*late})
        self.duplicates += len(late) - len({*late}.difference(self._keys))
        places = dict(
            zip(reversed(keys), range(len(keys))[::-1], strict=True)
        )  # the first, of rows that are there twice
        new = sorted([place for key, place in places.items() if key not in self._keys])
        self._keys.update(fresh)
        return new

    def anew(self, start: int) -> "SeenRows":
        """Return the same known rows without their places; what follows begins at `start`."""
        return SeenRows(self.is_keyed, [], dict(self._keys), start, start)

    def pad(self, end: int) -> None:
        """Take the positions up to `end` for read."""
        self.order += [_NO_ROW] * (end - self.end)
        self.high = max(self.high, self.end)

    def cut(self, start: int) -> None:
        """Forget where the rows from `start` on stand; they stay known."""
        self.base = min(self.base, start)
        del self.order[start - self.base :]
        if not start:
            self.gaps = 0
