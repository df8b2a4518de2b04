"""Models that answers of several endpoints share."""

from capillary_async.models.definition import Id, Model, WholeNumber, model
from capillary_async.models.enumerations import SortOrder


@model
class Pagination(Model):
    """The position of a page in its listing.

    Attributes:
        offset: Start of the page, in records or in pages; this differs between endpoints.
        total: Total number of records or pages. Zero beside a full page means "not counted".
    """

    limit: WholeNumber | None = None
    offset: WholeNumber | None = None
    total: WholeNumber | None = None
    sort_by: str | None = None
    sort_order: SortOrder | str | None = None


@model
class PageDetails(Model):
    """The position of a page in a listing that counts pages.

    Attributes:
        page_number: From 0.
        total_entries: Number of records on all pages.
    """

    page_number: WholeNumber | None = None
    page_size: WholeNumber | None = None
    total_entries: WholeNumber | None = None
    page_count: WholeNumber | None = None


@model
class ApiWarning(Model):
    """A warning in an answer of a successful call.

    Attributes:
        status: False in warnings too, although the call succeeded.
    """

    status: bool | None = None
    code: Id | None = None
    message: str | None = None
