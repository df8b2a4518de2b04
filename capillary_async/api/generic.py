"""Endpoints without a method: any GET by its path, with the retries, limits and paging of the other endpoints."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar, cast

import capillary_async.api.arguments as take
from capillary_async.errors import DecodeError, InvalidArgumentError
from capillary_async.paging.listing import Listing
from capillary_async.paging.readings import OffsetUnit
from capillary_async.pipeline.request import DateTimeParam, Request

T = TypeVar("T")
Query = Mapping[str, str | int | bool | date | Iterable[str | int] | None]

# Segments of the documented paths. Any other segment may be an id or a name, so errors and logs replace it.
_WORDS: Final = frozenset(
    """
    actionSummary active api_gateway badge badgeMeta badges balance brand bulk bundle card core coupon coupons
    customer customerDetails customerPromotionDetails customers earn enrolledTargets events explode fleet generate
    getByBillNumber getCustomerLedgerBalance getCustomerLedgerExplodeInfo getCustomerLedgerInfo getCustomers history
    issuals labels leaderboards ledger list lookup loyaltyDetails loyaltyEvents management members milestones oauth
    organization points pointsExpirySchedule pointsLedger products programs promisedPointsSchedule promotionData
    promotions request requests reward rewardList rewards search segments series slabHistory statusLog stores
    subscriptions targetGroups targetPeriods targets tierDetails token trackedTargetEvents trackers transactions
    user userEntityTrackers userGroup2 userReward users
    """.split()  # noqa: SIM905
)
_VERSION: Final = re.compile(r"v\d(\.\d)?")
_UNFIT: Final = re.compile(r"[\ud800-\udfff]")  # lone surrogates (halves of characters), which cannot be encoded


def fetch(path: str, query: Query, into: type[T]) -> Request[T]:
    """Build the request for any GET; `CapillaryClient.fetch` documents the arguments."""
    template, path_values = _template(path)
    return Request(template, path_values, tuple(_encode_query(query)), into)


def list_rows(
    path: str,
    query: Query,
    into: type[T],
    *,
    rows_key: str,
    page_size: int,
    limit_name: str,
    offset_name: str,
    offset_unit: OffsetUnit | None,
    key: str | Callable[[T], Hashable] | None,
    total_key: str,
    total_unit: OffsetUnit | None,
    first_offset: int,
    max_page_size: int | None,
    pages_key: str,
    last_key: str,
    has_short_pages: bool,
    empty_codes: take.Several[int],
) -> Listing[T]:
    """Build a listing for any GET; `CapillaryClient.paginate` documents the arguments."""
    _check_units(offset_unit=offset_unit, total_unit=total_unit)
    names = _names(query, limit_name, offset_name)
    has_short = _flag(has_short_pages, last_key or pages_key)
    request = fetch(path, query, into)
    return Listing(
        Request(request.path, request.path_values, request.query, into, take.text("rows_key", rows_key)),
        page_size=take.page_size(page_size),
        key=_reader(key) if isinstance(key, str) else key,
        offset_unit=offset_unit,
        limit_name=names[0],
        offset_name=names[1],
        total_unit=total_unit,
        first_offset=take.bounded("first_offset", first_offset, 0, 1),
        max_page_size=None if max_page_size is None else take.bounded("max_page_size", max_page_size, 1, 1000),
        total_at=total_key and take.text("total_key", total_key),
        pages_at=pages_key and take.text("pages_key", pages_key),
        last_at=last_key and take.text("last_key", last_key),
        has_short_pages=has_short,
        empty_codes=take.codes("empty_codes", empty_codes),
    )


def _check_units(**units: OffsetUnit | None) -> None:
    for name, unit in units.items():
        if unit not in (None, "pages", "records"):
            raise InvalidArgumentError(f'{name} must be "pages", "records" or None')


def _flag(has_short_pages: bool, end_key: str) -> bool:  # noqa: FBT001  (a value to check)
    """Check that short pages are declared together with what shows the end."""
    is_true = take.flag("has_short_pages", has_short_pages) == "true"
    if is_true and not end_key:
        raise InvalidArgumentError("has_short_pages needs last_key or pages_key: a total cannot show the end then")
    return is_true


def _names(query: Query, limit_name: str, offset_name: str) -> tuple[str, str]:
    """Check the names of limit and offset."""
    names = take.text("limit_name", limit_name), take.text("offset_name", offset_name)
    if len({*names}) == 1:
        raise InvalidArgumentError("offset_name must not be the limit's name")
    if not query.keys().isdisjoint(names):
        raise InvalidArgumentError(
            "query must not hold limit and offset; page_size sets the limit, and the listing sets the offset"
        )
    return names


def _template(path: str) -> tuple[str, dict[str, str]]:
    taken = take.text("path", path)
    if not taken.startswith("/") or any(mark in taken for mark in "?#\\%{}"):
        raise InvalidArgumentError(
            "path must start with / and hold no ? # % { } or backslash; parameters go into query"
        )
    template: list[str] = []
    values: dict[str, str] = {}
    for segment in taken[1:].split("/"):
        if segment in ("", ".", ".."):
            raise InvalidArgumentError("path must not hold empty or dot segments")
        if segment not in _WORDS and not _VERSION.fullmatch(segment):
            name = f"value{len(values) + 1}"
            values[name] = segment
            segment = f"{{{name}}}"  # noqa: PLW2901  (the segment as the template shows it)
        template.append(segment)
    return "/" + "/".join(template), values


def _encode_query(query: Query) -> Iterator[tuple[str, str | DateTimeParam]]:
    for name, value in query.items():
        take.text("query", name)
        written = _encode_value(f"query[{name!r}]", value)
        if written is not None:
            yield name, written


def _encode_value(name: str, value: Any) -> str | DateTimeParam | None:
    if isinstance(value, date):
        return take.moment(name, value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return ",".join([_encode_item(name, item, is_in_list=True) for item in cast("Iterable[Any]", value)]) or None
    return None if value is None else _encode_item(name, value)


def _encode_item(name: str, value: Any, *, is_in_list: bool = False) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if take.is_whole(value):
        return str(int(value))
    # Every text that can be encoded is allowed, also an empty one and control characters.
    if not isinstance(value, str) or _UNFIT.search(value) or (is_in_list and "," in value):
        raise InvalidArgumentError(f"{name} must be a text, a whole number, a boolean, a date or a collection of them")
    return str.__str__(value)


def _reader(key: str) -> Callable[[Any], Hashable]:
    def read(row: Any) -> Hashable:
        value = cast("dict[str, Any]", row).get(key) if isinstance(row, dict) else getattr(row, key, None)
        if value is None:
            raise DecodeError(f"expected rows with {key!r}, which identifies a row")
        return cast("Hashable", value)

    return read
