"""What answers of many endpoints have in common."""

from capillary_async.models.definition import Id, Model, WholeNumber, model
from capillary_async.models.enumerations import SortOrder


@model
class Pagination(Model):
    """What an answer says about the page it is.

    Attributes:
        offset: Where the page starts, in records or in pages; that differs from endpoint to endpoint.
        total: Records or pages in all. Zero beside a full page means "not counted".
    """

    limit: WholeNumber | None = None
    offset: WholeNumber | None = None
    total: WholeNumber | None = None
    sort_by: str | None = None
    sort_order: SortOrder | str | None = None


@model
class PageDetails(Model):
    """What an answer that counts pages says about the page it is.

    Attributes:
        page_number: From 0.
        total_entries: Records on all pages together.
    """

    page_number: WholeNumber | None = None
    page_size: WholeNumber | None = None
    total_entries: WholeNumber | None = None
    page_count: WholeNumber | None = None


@model
class ApiWarning(Model):
    """A warning that rides on an answer which is otherwise fine.

    Attributes:
        status: False, although the call succeeded.
    """

    status: bool | None = None
    code: Id | None = None
    message: str | None = None
