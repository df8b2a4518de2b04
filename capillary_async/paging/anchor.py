"""Find the row again behind which a walk goes on."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from capillary_async.pipeline.request import InternalState

_LOOKS_BACK: Final = 2


class ResumeAnchor(InternalState):
    """The row behind which a walk goes on; nothing is handed out before it was found.

    Where rows came or went since the earlier walk, it is not where it was. So it is looked for at its position,
    then a page before, two pages more before that, and then on every page from there.
    """

    position: int = 0
    _is_it: Callable[[Hashable], bool] | None = None
    _looks_back: int = 0
    _found_from: int = 0  # where the answer began in which it was found

    @property
    def is_sought(self) -> bool:
        """Whether the row is still to be found."""
        return self._is_it is not None

    def look(self, start: int, keys: Sequence[Hashable], size: int) -> int:
        """Look for the row in an answer that begins at `start`; return how far before it to look next, or 0."""
        is_it, expected = self._is_it, self.position - 1 - start
        if is_it is None:
            return 0
        places = [expected, *range(len(keys))] if 0 <= expected < len(keys) else range(len(keys))
        found = next((place for place in places if is_it(keys[place])), None)
        if found is not None:
            self.position, self._found_from, self._is_it = start + found + 1, start, None
        elif expected < size or self._looks_back:
            may_look_back = start > 0 and self._looks_back < _LOOKS_BACK
            self._looks_back = self._looks_back + 1 if may_look_back else _LOOKS_BACK
            return self._looks_back * size if may_look_back else 0
        return 0

    def stands_in(self, keys: Sequence[Hashable], start: int) -> bool:
        """Whether the row stands at its position in an answer that begins at `start`, as long as that is likely."""
        index = self.position - 1 - start
        return not self._looks_back and 0 <= index < len(keys) and self._is_it is not None and self._is_it(keys[index])

    def retry(self) -> int:
        """Look once more where the row should be; return its position."""
        self._looks_back = 0
        return self.position - 1

    def behind(self, start: int, new: Sequence[int], *, is_open: bool) -> Sequence[int]:
        """Return those of an answer's new rows that are behind the row.

        While it is unknown what `offset` counts (`is_open`), the walk came from the front, and rows stand at their
        positions or behind; so what is new in a later answer is behind the row, too.
        """
        if self._is_it is not None:
            return new[:0]
        first = self.position - start
        is_all = first <= 0 or (is_open and start > self._found_from)
        return new if is_all else new[bisect_left(new, first) :]
