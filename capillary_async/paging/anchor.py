"""Find the place again behind which a walk goes on."""

from collections.abc import Callable, Hashable, Sequence

from msgspec import field

from capillary_async.paging.rows import SeenRows
from capillary_async.pipeline.request import InternalState


class ResumeAnchor(InternalState):
    """The row behind which a walk goes on, and the rows that stand before it: none of them is handed out again."""

    position: int  # behind the row, when it was handed out
    _is_last: Callable[[Hashable], bool]
    known: SeenRows  # what was known when the place was looked for once more
    hidden: int = 0  # rows of the last answer that stand before the place
    _before: set[Hashable] = field(default_factory=set[Hashable])

    def find(self, keys: Sequence[Hashable], *, is_sought: bool) -> bool:
        """Count the rows of an answer that stand before the place; return whether it shows the place.

        While the place `is_sought`, rows that are known for another reason show it, too.
        """
        is_before = self._before.__contains__ if self._before else self._is_last
        places = [index for index, key in enumerate(keys) if is_before(key)]
        self.hidden = 0
        if places:
            self.hidden = places[-1] + 1
            self._before.update(keys[: self.hidden])
        elif is_sought:
            self.hidden = next((index for index, key in enumerate(keys) if key in self.known), len(keys))
        return self.hidden < len(keys) or len(places) > 0

    def stands_at(self, start: int, keys: Sequence[Hashable]) -> bool:
        """Whether its row stands at its position, in an answer that begins at position `start`."""
        place = self.position - 1 - start
        return 0 <= place < len(keys) and self._is_last(keys[place])
