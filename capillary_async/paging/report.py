"""What a walk over a listing was like."""

from capillary_async.models.frozen import frozen
from capillary_async.paging.readings import OffsetUnit, TotalUnit


@frozen
class BadRow:
    """A row that could not be structured, and was left out because the caller asked for that.

    Attributes:
        position: Where the row stands in the server's list, counted from 0.
        location: What in the answer is wrong, such as `data[3].eventDate`.
    """

    position: int
    location: str


@frozen(kw_only=True)
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
        bad_rows: Rows that were left out, with `on_bad_row="skip"`.
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
    bad_rows: tuple[BadRow, ...] = ()
