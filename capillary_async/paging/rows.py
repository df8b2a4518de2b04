"""Tell the rows of a listing apart: those that are new from those that came before."""

from collections.abc import Hashable, Sequence

import attrs


@attrs.define
class Rows:
    """The rows that have come.

    Attributes:
        is_keyed: Whether keys identify rows. Otherwise places do, and equal rows are different ones.
        duplicates: Rows that the server sent twice.
    """

    is_keyed: bool
    duplicates: int = 0
    _seen: set[Hashable] = attrs.field(factory=set[Hashable])

    def __contains__(self, key: Hashable) -> bool:
        return key in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def are_new(self, keys: Sequence[Hashable]) -> bool:
        """Whether none of these came in an earlier answer."""
        return self._seen.isdisjoint(keys)

    def have_all(self, keys: Sequence[Hashable]) -> bool:
        """Whether all of these came in earlier answers."""
        return self._seen.issuperset(keys)

    def take(self, keys: Sequence[Hashable], known: int) -> tuple[Sequence[int], int]:
        """Take the rows of an answer.

        Args:
            keys: What tells them apart.
            known: How many of them, from the first, stand where rows have been read before.

        Returns:
            Which of them are new, and how many of the others an earlier answer had although they should be new.
        """
        if not self.is_keyed:
            return range(min(max(known, 0), len(keys)), len(keys)), 0
        seen = self._seen
        if seen.isdisjoint(keys):
            count = len(seen)
            seen.update(keys)
            if len(seen) == count + len(keys):
                return range(len(keys)), 0
            seen.difference_update(keys)
        return self._sort_out(keys, known)

    def _sort_out(self, keys: Sequence[Hashable], known: int) -> tuple[Sequence[int], int]:
        new: dict[Hashable, int] = {}
        here: set[Hashable] = set()
        again = 0
        for index, key in enumerate(keys):
            if key in new or (key in here and index >= known):
                self.duplicates += 1  # both in one answer, so it is in the list twice
            elif key not in self._seen:
                new[key] = index
            elif index >= known:
                again += 1
            here.add(key)
        self.duplicates += again
        self._seen.update(new)
        return list(new.values()), again
