"""How much of a listing has been read, counted in positions of the server's list."""

from bisect import bisect_left
from collections.abc import Sequence

import attrs


@attrs.define
class Coverage:
    """The rows from the first up to `end`, less what is known or feared to be missing among them.

    Attributes:
        end: Position behind the last row that was read. Going back lowers it.
        high: Position behind the last row that ever was read: no row behind it can be known by right.
        gaps: Positions before `end` that hold no row.
        doubtful: Positions before `end` that brought a row which an earlier answer had. Either the server
            has it twice; or it was moved there by rows that were inserted before, where they were not read.
            Those that are read there afterwards count against it.
        is_end_seen: Whether the last answer ended early, so that a page that was begun counts as read.
    """

    end: int = 0
    high: int = 0
    gaps: int = 0
    doubtful: int = 0
    is_end_seen: bool = False

    @property
    def rows(self) -> int:
        """Rows that were read, if the server has the doubtful ones twice."""
        return self.end - self.gaps - min(self.doubtful, 0)

    @property
    def sure(self) -> int:
        """Rows that were read, if the doubtful ones were moved."""
        return self.end - self.gaps - self.doubtful

    def pages(self, limit: int) -> int:
        """Pages that were read, empty ones included."""
        return -(-self.end // limit) if self.is_end_seen else self.end // limit

    def holes(self, limit: int) -> int:
        """Pages among them that were empty."""
        return self.gaps // limit

    def grow(self, start: int, count: int, new: Sequence[int], again: int) -> bool:
        """Take the rows of an answer; whether it reached any further.

        Args:
            start: Position of the first.
            count: How many they are.
            new: Which of them are new.
            again: How many of the others an earlier answer had although they stand where none was read.
        """
        end = self.end
        self.doubtful += again - bisect_left(new, end - start)  # new rows on old ground: they were inserted
        self.gaps += max(start - end, 0)
        self.end = max(end, start + count)
        self.high = max(self.high, self.end)
        return self.end > end

    def correct(self, end: int, count: int) -> None:
        """Count anew, now that it is known what `offset` counts.

        Args:
            end: How far the answers reach.
            count: How many different rows they had.
        """
        self.doubtful = max(end - self.gaps - count, 0)
        self.end = self.high = end

    def go_back(self, to: int) -> None:
        """Read again from this position."""
        self.end = to
        if not to:
            self.gaps = self.doubtful = 0
