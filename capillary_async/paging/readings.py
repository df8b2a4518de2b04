"""What `offset` and `total` may count, and what listings of one endpoint have found out about it."""

from typing import Literal

import attrs

OffsetUnit = Literal["pages", "records"]
TotalUnit = Literal["pages", "records", "nothing"]


@attrs.define
class Knowledge:
    """What listings of one endpoint have proven; shared by all of a client's.

    Attributes:
        offset_unit: What `offset` counts, or `None` while unproven.
        total_unit: What `total` counts, or `None` while unproven.
        longest: Rows on the longest page that ever came: the server cuts no page to fewer.
    """

    offset_unit: OffsetUnit | None = None
    total_unit: Literal["pages", "records"] | None = None
    longest: int = 0

    def forget(self) -> None:
        """Drop it all: the server contradicted it."""
        self.offset_unit = self.total_unit = None
        self.longest = 0
