"""Endpoints without a method: any GET by its path, with the retries, limits and paging of the other endpoints."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeVar, cast

import capillary_async.api.arguments as take
from capillary_async.errors import DecodeError, InvalidArgumentError
from capillary_async.paging import Listing, OffsetUnit
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
    """Build the request for any GET.

    Args:
        path: The path after the base URL, not encoded, such as `/v3/users/1/targetGroups`.
        query: Parameters. Booleans are sent in lower case, collections with commas, dates as text in the cluster's
            time zone. A parameter that is `None` is not sent.
        into: The type of the answer; `Converter` documents the supported types.

    Raises:
        InvalidArgumentError: The path or a parameter cannot be sent.
    """
    template, path_values = _template(path)
    return Request(template, path_values, tuple(_written(query)), into)


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
    total_key: str = "",
    total_unit: OffsetUnit | None = None,
    first_offset: int = 0,
    max_page_size: int | None = None,
) -> Listing[T]:
    """Build the listing for any GET with a limit and an offset.

    Args:
        path: As for `fetch`.
        query: As for `fetch`, without limit and offset.
        into: The type of one row.
        rows_key: Member of the answer that holds the rows; may be a path, such as `data.content`.
        page_size: Rows of one request, from 1 to 1,000.
        limit_name: Name of the limit's parameter.
        offset_name: Name of the offset's parameter.
        offset_unit: What the offset counts; `None` if unknown, then the rows show it.
        key: What identifies a row: the name of an attribute or member, or a function of a row.
        total_key: The member that holds the total, or its path; empty means `pagination.total`.
        total_unit: What the total counts; `None` if unknown, then the answers show it.
        first_offset: Offset of the first row or page, 0 or 1.
        max_page_size: Largest page size that the API accepts; `page_size` is reduced to it.

    Raises:
        InvalidArgumentError: An argument is wrong.
    """
    for name, unit in (("offset_unit", offset_unit), ("total_unit", total_unit)):
        if unit not in (None, "pages", "records"):
            raise InvalidArgumentError(f'{name} must be "pages", "records" or None')
    names = take.text("limit_name", limit_name), take.text("offset_name", offset_name)
    if len({*names}) == 1:
        raise InvalidArgumentError("offset_name must not be the limit's name")
    if not query.keys().isdisjoint(names):
        raise InvalidArgumentError(
            "query must not hold limit and offset; page_size sets the limit, and the listing sets the offset"
        )
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
    )


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


def _written(query: Query) -> Iterator[tuple[str, str | DateTimeParam]]:
    for name, value in query.items():
        take.text("query", name)
        written = _value(f"query[{name!r}]", value)
        if written is not None:
            yield name, written


def _value(name: str, value: Any) -> str | DateTimeParam | None:
    if isinstance(value, date):
        return take.moment(name, value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return ",".join([_item(name, item, is_in_list=True) for item in cast("Iterable[Any]", value)]) or None
    return None if value is None else _item(name, value)


def _item(name: str, value: Any, *, is_in_list: bool = False) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
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
