"""What a walk over a listing was like."""

import attrs

from capillary_async.paging.readings import OffsetUnit, TotalUnit


@attrs.frozen(kw_only=True)
class PagingReport:
    """What a walk over a listing was like.

    Attributes:
        requests: Pages asked for; retries of one request are not counted.
        rows: Rows handed out.
        duplicates: Rows that the server sent twice and that were dropped.
        first_total: `total` as the server said it first; `None` when it never did, like the next.
        last_total: `total` as it said it last.
        page_size: Page size in force: what was asked for, or what the server cut it to.
        is_capped: Whether the server cut it.
        offset_unit: What `offset` was found to count; `None` while nothing told.
        total_unit: What `total` was found to count; `None` while more than one reading fits.
    """

    requests: int
    rows: int
    duplicates: int
    first_total: int | None
    last_total: int | None
    page_size: int
    is_capped: bool
    offset_unit: OffsetUnit | None
    total_unit: TotalUnit | None
