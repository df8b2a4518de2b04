"""Find the row again that an earlier walk handed out last."""

from collections.abc import Callable, Hashable, Sequence
from typing import Final

import attrs

_LOOKS_BACK: Final = 2


@attrs.define
class Landmark:
    """The row behind which a walk goes on; nothing is handed out before it was found.

    Where rows came or went since the earlier walk, it is not where it was. So it is looked for at its place,
    then a page before, two pages more before that, and then on every page from there.
    """

    _position: int = 0
    _is_it: Callable[[Hashable], bool] | None = None
    _looks_back: int = 0
    _found_from: int = 0  # where the answer began in which it was found

    @property
    def is_sought(self) -> bool:
        """Whether the row is still to be found."""
        return self._is_it is not None

    def __bool__(self) -> bool:
        return self._position > 0

    def look(self, start: int, keys: Sequence[Hashable], limit: int) -> int:
        """Look for the row in an answer; return how far before it to look next, or 0.

        Args:
            start: Position of the answer's first row.
            keys: Its rows.
            limit: Page size in force.
        """
        is_it, expected = self._is_it, self._position - 1 - start
        if is_it is None:
            return 0
        places = [expected, *range(len(keys))] if 0 <= expected < len(keys) else range(len(keys))
        found = next((place for place in places if is_it(keys[place])), None)
        if found is not None:
            self._position, self._found_from, self._is_it = start + found + 1, start, None
        elif expected < limit or self._looks_back:
            may_look_back = start > 0 and self._looks_back < _LOOKS_BACK
            self._looks_back = self._looks_back + 1 if may_look_back else _LOOKS_BACK
            return self._looks_back * limit if may_look_back else 0
        return 0

    def behind(self, start: int, new: Sequence[int], *, is_open: bool) -> Sequence[int]:
        """Return those rows of an answer that are behind the landmark.

        Args:
            start: Position of the answer's first row.
            new: Which of its rows are new.
            is_open: Whether it is unknown what `offset` counts. Then the walk came from the front, and rows stand
                at their positions or behind; so what is new in a later answer is behind the landmark, too.
        """
        if self._is_it is not None:
            return new[:0]
        first = self._position - start
        is_all = first <= 0 or (is_open and start > self._found_from)
        return new if is_all else [index for index in new if index >= first]
