"""What an endpoint declares of its listing, and what one answer of it says."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

import attrs

from capillary_async.codec import Converter
from capillary_async.errors import ApiErrorDetail, DecodeError
from capillary_async.paging.readings import OffsetUnit
from capillary_async.paging.windows import Ask
from capillary_async.pipeline.request import Request, Response, value_object

T = TypeVar("T")
_LARGEST: Final = 2**63


@value_object
class Listing(Generic[T]):
    """A listing before anything is sent; what an endpoint returns instead of a `Request`.

    Attributes:
        request: Asks for the rows, without limit and offset; its `into` is the type of one row and its
            `at` the member of the answer that holds them.
        page_size: Rows to ask for at once; `None` where the documentation knows no paging, so that an answer
            without a usable total is the whole listing.
        key: What tells one row from another. `None`: its content, so that two rows which are equal are the same,
            or its place where `offset_unit` is given. Then a page that comes again is taken only if the server has
            no rows at an offset that is far behind every end; and rows that move meanwhile cannot be told.
        offset_unit: What `offset` counts, where the documentation leaves no doubt.
        empty_codes: Codes by which the API says that there are no rows.
        find_rows: Finds the rows in answers where no member is documented to hold them; returns them and
            where they stood.
        pagination_at: Member of the answer that holds limit, offset and total.
        limit_name: The limit's query parameter.
        offset_name: The offset's query parameter.
    """

    request: Request[T]
    page_size: int | None
    key: Callable[[T], Hashable] | None = None
    offset_unit: OffsetUnit | None = None
    empty_codes: tuple[int, ...] = ()
    find_rows: Callable[[Mapping[str, Any]], tuple[list[Any], str]] | None = None
    pagination_at: str = "pagination"
    limit_name: str = "limit"
    offset_name: str = "offset"

    @property
    def rows_type(self) -> Any:
        """The type of a page's rows together."""
        return tuple[self.request.into, ...]  # type: ignore[name-defined]  # the type is a value here

    def page(self, ask: Ask) -> Request[T]:
        """Return the request for one page."""
        query = self.request.query
        if self.page_size is not None or ask.offset:
            query = (*query, (self.limit_name, str(ask.limit)), (self.offset_name, str(ask.offset)))
        return self.request.with_query(query)


@value_object
class Sheet(Generic[T]):
    """What one answer of a listing says.

    Attributes:
        rows: Its rows.
        limit: Page size, in the server's words; `None` when it said nothing usable, like the next two.
        offset: Likewise.
        total: Likewise.
        warnings: The answer's warnings.
    """

    rows: tuple[T, ...] = attrs.field(default=(), repr=False)  # people; a traceback with locals shows the sheet
    limit: int | None = None
    offset: int | None = None
    total: int | None = None
    warnings: tuple[ApiErrorDetail, ...] = ()


def read_sheet(listing: Listing[T], converter: Converter, response: Response) -> Sheet[T]:
    """Structure one answer.

    Raises:
        DecodeError: The answer is not what the API documents.
    """
    document = response.document
    if not isinstance(document, dict):
        raise DecodeError("expected an object with a page of rows")
    answer = cast("dict[str, Any]", document)
    found, where = _rows(listing, answer)
    rows: tuple[T, ...] = converter.structure(found, listing.rows_type, where)
    pagination = answer.get(listing.pagination_at)
    told = cast("dict[str, Any]", pagination) if isinstance(pagination, dict) else {}
    limit, offset, total = _number(told.get("limit")), _number(told.get("offset")), _number(told.get("total"))
    return Sheet(rows, limit, offset, total, response.warnings)


def _rows(listing: Listing[Any], answer: dict[str, Any]) -> tuple[list[Any], str]:
    if listing.find_rows is not None:
        return listing.find_rows(answer)
    where = listing.request.at
    rows = answer.get(where)
    if isinstance(rows, list):
        return cast("list[Any]", rows), where
    if rows is None and where in answer:
        return [], where
    raise DecodeError("expected a list of rows", location=where)


def _number(value: Any) -> int | None:
    """Limits, offsets and totals are hints: one that makes no sense counts as none. An offset once came as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST else None
