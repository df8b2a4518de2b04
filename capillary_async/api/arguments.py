"""Check arguments before anything is sent, and write them as the API reads them.

Every function raises `InvalidArgumentError` with the argument's name, and never with its value: it may be a customer's.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, Protocol, TypeAlias, TypeVar, get_args, get_origin

from capillary_async.errors import InvalidArgumentError
from capillary_async.models.definition import LARGEST_ID
from capillary_async.pipeline.request import DateTimeParam

_LARGEST_NUMBER: Final = 2**31 - 1
_LARGEST_PAGE: Final = 1000
# Control characters, and halves of characters, which no encoding can carry.
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _Collection(Protocol[T_co]):
    """Any collection but a text, whose `__contains__` takes no other object than a text."""

    def __contains__(self, value: object, /) -> bool: ...
    def __iter__(self) -> Iterator[T_co]: ...


# Several values. To type checkers `Iterable[str]` would allow "points", which is six values, and none of them meant.
Several: TypeAlias = _Collection[T] | Iterator[T]
QueryValue = str | DateTimeParam | None
Query = tuple[tuple[str, str | DateTimeParam], ...]
# An endpoint's parameters: how each is called on the wire, and what takes its argument.
Table = Mapping[str, tuple[str, Callable[[str, Any], QueryValue]]]


def several_of(hint: Any) -> Any:
    """Return what there are several of, as an annotation says it, or `None` where it says no `Several`."""
    members = [member for member in get_args(hint) if get_origin(member) is _Collection]
    return get_args(members[0])[0] if members else None


def identifier(name: str, value: int) -> int:
    """Take an id: a positive 64-bit integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgumentError(f"{name} must be a positive integer, not a {type(value).__name__}")
    if not 0 < value <= LARGEST_ID:
        raise InvalidArgumentError(f"{name} must be from 1 to 2**63 - 1")
    return int(value)


def optional_id(name: str, value: int | None) -> str | None:
    """Take an id or nothing."""
    return None if value is None else str(identifier(name, value))


def identifying(name: str, value: int | str) -> str:
    """Take what identifies somebody: a text, or a whole number such as an id."""
    return text(name, value) if isinstance(value, str) else str(identifier(name, value))


def ids(name: str, values: Several[int]) -> str | None:
    """Take ids, sent with commas between them; none means no filter."""
    return ",".join([str(identifier(name, value)) for value in _collection(name, values)]) or None


def page_size(value: int, largest: int = _LARGEST_PAGE) -> int:
    """Take a page size, from 1 to 1,000 rows, or to what the endpoint allows."""
    return bounded("page_size", value, 1, largest)


def optional_page_size(name: str, value: int | None) -> str | None:
    """Take a page size or nothing."""
    return None if value is None else str(bounded(name, value, 1, _LARGEST_PAGE))


def bounded(name: str, value: int, lowest: int, highest: int) -> int:
    """Take a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgumentError(f"{name} must be a whole number, not a {type(value).__name__}")
    if not lowest <= value <= highest:
        raise InvalidArgumentError(f"{name} must be from {lowest} to {highest}")
    return int(value)


def optional_number(name: str, value: int | None) -> str | None:
    """Take a number that is not negative, or nothing."""
    return None if value is None else str(bounded(name, value, 0, _LARGEST_NUMBER))


def text(name: str, value: str, *, longest: int | None = None) -> str:
    """Take a text that is not empty, without control characters."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} must be a text, not a {type(value).__name__}")
    if not value.strip() or _UNFIT.search(value):
        raise InvalidArgumentError(f"{name} must not be empty or hold control characters")
    if longest is not None and len(value) > longest:
        raise InvalidArgumentError(f"{name} must have at most {longest} characters, not {len(value)}")
    return str.__str__(value)  # of an enumeration's member the text, not the name


def optional_text(name: str, value: str | None) -> str | None:
    """Take a text or nothing."""
    return None if value is None else text(name, value)


def texts(name: str, values: Several[str]) -> str | None:
    """Take texts, sent with commas between them; none means nothing is sent."""
    taken = [text(name, value) for value in _collection(name, values)]
    if any("," in value for value in taken):
        raise InvalidArgumentError(f"{name} must hold each text by itself, without commas")
    return ",".join(taken) or None


def flag(name: str, value: bool | None) -> str | None:  # noqa: FBT001  (the value, not a switch of this function)
    """Take a truth value or nothing; it travels in lower case."""
    if value is not None and not isinstance(value, bool):
        raise InvalidArgumentError(f"{name} must be True or False, not a {type(value).__name__}")
    return None if value is None else str(value).lower()


def moment(name: str, value: date | None) -> DateTimeParam | None:
    """Take a date or date-time or nothing, sent as text in the cluster's time zone."""
    if value is None:
        return None
    if not isinstance(value, date):
        raise InvalidArgumentError(f"{name} must be a date or a datetime, not a {type(value).__name__}")
    if not 1000 <= value.year < 9999:  # so that four digits do in every time zone
        raise InvalidArgumentError(f"{name} must be from the year 1000 to 9998")
    return DateTimeParam(value)


def iso_moment(name: str, value: date | None) -> DateTimeParam | None:
    """Take a date or date-time or nothing, sent as `moment` does but with a `T` between date and time."""
    taken = moment(name, value)
    return None if taken is None else DateTimeParam(taken.when, has_t=True)


def epoch(name: str, value: date | None) -> DateTimeParam | None:
    """Take a date or date-time or nothing, sent as milliseconds since 1970."""
    taken = moment(name, value)
    return None if taken is None else DateTimeParam(taken.when, is_epoch=True)


def query(**values: QueryValue) -> Query:
    """Put query parameters together; what is `None` is not sent."""
    return tuple([(name, value) for name, value in values.items() if value is not None])


def by_table(table: Table, arguments: Mapping[str, Any]) -> Query:
    """Check and write an endpoint's arguments as its table says."""
    return query(**{name: take(argument, arguments[argument]) for argument, (name, take) in table.items()})


def _collection(name: str, values: Several[T]) -> Several[T]:
    kind: type[object] = type(values)
    if issubclass(kind, str | bytes | Mapping) or not issubclass(kind, Iterable):
        raise InvalidArgumentError(f"{name} must be a collection, not a {kind.__name__}")
    return values
