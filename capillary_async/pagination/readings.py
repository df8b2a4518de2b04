"""What `offset` and `total` may count, and what listings of one endpoint have found out about it."""

from typing import Literal

import attrs

OffsetMeans = Literal["pages", "records"]
TotalMeans = Literal["pages", "records", "nothing"]


@attrs.define
class Knowledge:
    """What listings of one endpoint have proven; shared by all of a client's.

    Attributes:
        offset_means: What `offset` counts, or `None` while unproven.
        total_means: What `total` counts, or `None` while unproven.
        longest: Rows on the longest page that ever came: the server cuts no page to fewer.
    """

    offset_means: OffsetMeans | None = None
    total_means: Literal["pages", "records"] | None = None
    longest: int = 0

    def forget(self) -> None:
        """Drop it all: the server contradicted it."""
        self.offset_means = self.total_means = None
        self.longest = 0
