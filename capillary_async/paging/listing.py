"""What an endpoint declares of its listing, and what one answer of it says."""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from types import GenericAlias
from typing import Any, ClassVar, Final, Generic, TypeVar, cast

from capillary_async.codec import Converter, as_dicts
from capillary_async.codec.paths import list_at, value_at, whole_number_or_none
from capillary_async.errors import ApiErrorDetail, DecodeError
from capillary_async.paging.cursor import digest
from capillary_async.paging.readings import Claims, OffsetUnit
from capillary_async.paging.steps import PageRequest
from capillary_async.paging.unreadable import UnreadableKey, UnreadableRow
from capillary_async.pipeline.request import InternalValue, Request, Response

T = TypeVar("T")
_DEFAULT_LIMIT: Final = 100


class Listing(InternalValue, Generic[T], frozen=True):
    """A listing before anything is sent; what an endpoint returns instead of a `Request`.

    Members of the answer may be paths, such as `pageDetails.totalEntries`.

    Attributes:
        request: Asks for the rows, without limit and offset; its `into` is the type of one row and its
            `at` the member of the answer that holds them.
        page_size: Rows to ask for at once; `None` where the documentation knows no paging, so that an answer
            without a usable total is the whole listing.
        key: What tells one row from another. `None`: its content, so that two rows which are equal are the same,
            or its place where `offset_unit` is given. Then a page that comes again is taken only if the server has
            no rows at an offset that is far behind every end; and rows that move meanwhile cannot be told.
        offset_unit: What `offset` counts, where the documentation leaves no doubt.
        total_unit: What `total` counts, likewise.
        empty_codes: Codes by which the API says that there are no rows, or none that far.
        find_rows: Finds the rows in answers where no member is documented to hold them; returns them and
            where they stood.
        limit_name: The limit's query parameter.
        offset_name: The offset's query parameter.
        first_offset: The offset of the first page.
        max_page_size: The most rows that the API lets one ask for; more is an error.
        pagination_at: Member that holds the answer's `limit`, `offset` and `total`.
        total_at: The total, where it has another name.
        pages_at: The number of pages, where the documentation leaves no doubt.
        last_at: A flag that says whether this is the last page.
        has_short_pages: Whether pages other than the last may be short, because rows are left out of them.
    """

    shown: ClassVar[tuple[str, ...]] = ("request", "page_size")

    request: Request[T]
    page_size: int | None
    key: Callable[[T], Hashable] | None = None
    offset_unit: OffsetUnit | None = None
    empty_codes: tuple[int, ...] = ()
    find_rows: Callable[[Mapping[str, Any]], tuple[list[Any], str]] | None = None
    pagination_at: str = "pagination"
    limit_name: str = "limit"
    offset_name: str = "offset"
    total_unit: OffsetUnit | None = None
    first_offset: int = 0
    max_page_size: int | None = None
    total_at: str = ""
    pages_at: str = ""
    last_at: str = ""
    has_short_pages: bool = False

    @property
    def limit(self) -> int:
        """Rows to ask for at once."""
        size = self.page_size or _DEFAULT_LIMIT
        return size if self.max_page_size is None else min(size, self.max_page_size)

    @property
    def is_keyed(self) -> bool:
        """Whether keys identify rows, or places."""
        return self.key is not None or self.offset_unit is None

    def page(self, ask: PageRequest) -> Request[T]:
        """Return the request for one page."""
        query = self.request.query
        if self.page_size is not None or ask.offset:
            offset = ask.offset + self.first_offset
            query = (*query, (self.limit_name, str(ask.limit)), (self.offset_name, str(offset)))
        return self.request.with_query(query)


class PageData(InternalValue, Generic[T], frozen=True):
    """What one answer of a listing says.

    Without a key, `keys` are the rows' content; where it is known what `offset` counts, they tell whether two answers
    are alike, and no more.
    """

    rows: tuple[T | UnreadableRow, ...] = ()  # people; a traceback may show locals
    keys: list[Hashable] = []  # noqa: RUF012  (msgspec copies it)
    claims: Claims = Claims()
    warnings: tuple[ApiErrorDetail, ...] = ()


def read_page(
    listing: Listing[T], converter: Converter, response: Response, *, skips_bad_rows: bool = False
) -> PageData[T]:
    """Structure one answer.

    Raises:
        DecodeError: The answer is not what the API documents, or a row lacks its key.
    """
    document, where = response.document, listing.request.at
    if not isinstance(document, dict) or not document:
        raise DecodeError("expected an object with a page of rows")
    answer = cast("dict[str, Any]", document)
    found, where = listing.find_rows(answer) if listing.find_rows else (list_at(answer, where), where)
    try:
        rows: tuple[Any, ...] = converter.structure(found, _rows_type(listing.request.into), where)
        keys = _keys(listing, rows, where)
    except DecodeError:
        if not skips_bad_rows:
            raise
        places = [(row, f"{where}[{index}]") for index, row in enumerate(as_dicts(found))]
        single = [_row_and_key(listing, converter, row, place) for row, place in places]
        rows, keys = tuple([row for row, _ in single]), [key for _, key in single]
    return PageData(rows, keys, _claims(listing, answer), response.warnings)


@lru_cache(256)
def _rows_type(into: Any) -> Any:
    return GenericAlias(tuple, (into, ...))


def _row_and_key(listing: Listing[T], converter: Converter, found: Any, where: str) -> tuple[Any, Hashable]:
    try:
        row: T = converter.structure(found, listing.request.into, where)
        return row, _keys(listing, (row,), where)[0]
    except DecodeError as error:
        return UnreadableRow(error.location or where), UnreadableKey(digest(found))


def _keys(listing: Listing[T], rows: tuple[Any, ...], where: str) -> list[Hashable]:
    try:
        keys: list[Hashable] = list(map(listing.key or repr, rows))
        if None not in {*keys}:
            return keys
    except DecodeError as error:
        error.location = error.location or where
        raise
    except Exception:  # noqa: BLE001, S110  (a user's own function may raise anything)
        pass
    del rows
    raise DecodeError("expected rows with the key that tells them apart", location=where)


def _claims(listing: Listing[Any], answer: dict[str, Any]) -> Claims:
    """Limits, offsets and totals are hints: one that makes no sense counts as none. An offset once came as text."""
    found = answer.get(listing.pagination_at) or value_at(answer, listing.pagination_at)
    told = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    is_last = value_at(answer, listing.last_at) if listing.last_at else None
    return Claims(
        whole_number_or_none(told.get("limit")),
        whole_number_or_none(told.get("offset")),
        whole_number_or_none(value_at(answer, listing.total_at) if listing.total_at else told.get("total")),
        whole_number_or_none(value_at(answer, listing.pages_at)) if listing.pages_at else None,
        is_last if isinstance(is_last, bool) else None,
    )
