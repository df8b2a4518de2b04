"""Check arguments before anything is sent, and write them in the API's form.

Every function raises `InvalidArgumentError` with the argument's name. The message never holds the value, because the
value may be personal data.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from numbers import Integral
from typing import Any, Final, Protocol, TypeAlias, TypeVar, get_args, get_origin

from capillary_async.errors import InvalidArgumentError
from capillary_async.models.definition import LARGEST_ID
from capillary_async.pipeline.request import DateTimeParam

_LARGEST_NUMBER: Final = 2**31 - 1
_LARGEST_PAGE: Final = 1000
# Control characters, and lone surrogates (halves of characters), which cannot be encoded.
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _Collection(Protocol[T_co]):
    """Any collection except `str`; type checkers exclude `str` because its `__contains__` accepts only `str`."""

    def __contains__(self, value: object, /) -> bool: ...
    def __iter__(self) -> Iterator[T_co]: ...


# Several values. `Iterable[str]` would accept "points", which is an iterable of six letters.
Several: TypeAlias = _Collection[T] | Iterator[T]
QueryValue = str | DateTimeParam | None
Query = tuple[tuple[str, str | DateTimeParam], ...]
# An endpoint's parameters by argument name: the name in the query, and the function that checks the argument.
Table = Mapping[str, tuple[str, Callable[[str, Any], QueryValue]]]


def several_of(hint: Any) -> Any:
    """Return the type of the items of an annotation with `Several`, or `None` if it has no `Several`."""
    members = [member for member in get_args(hint) if get_origin(member) is _Collection]
    return get_args(members[0])[0] if members else None


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, such as an `int` or an integer of numpy; a boolean is none."""
    return isinstance(value, (int, Integral)) and not isinstance(value, bool)


def identifier(name: str, value: int) -> int:
    """Check an id: a positive 64-bit integer."""
    if not is_whole(value):
        raise InvalidArgumentError(f"{name} must be a positive integer, not a {type(value).__name__}")
    if not 0 < value <= LARGEST_ID:
        raise InvalidArgumentError(f"{name} must be from 1 to 2**63 - 1")
    return int(value)


def optional_id(name: str, value: int | None) -> str | None:
    """Check an id or `None`."""
    return None if value is None else str(identifier(name, value))


def identifying(name: str, value: int | str) -> str:
    """Check an identifier: a text, or a whole number such as an id."""
    return text(name, value) if isinstance(value, str) else str(identifier(name, value))


def ids(name: str, values: Several[int]) -> str | None:
    """Check ids, which are sent with commas between them; an empty collection means no filter."""
    return ",".join([str(identifier(name, value)) for value in _collection(name, values)]) or None


def codes(name: str, values: Several[int]) -> tuple[int, ...]:
    """Check error codes."""
    return tuple([bounded(name, value, 0, LARGEST_ID) for value in _collection(name, values)])


def page_size(value: int, largest: int = _LARGEST_PAGE) -> int:
    """Check a page size, from 1 to 1,000 rows, or to the endpoint's own maximum."""
    return bounded("page_size", value, 1, largest)


def optional_page_size(name: str, value: int | None) -> str | None:
    """Check a page size or `None`."""
    return None if value is None else str(bounded(name, value, 1, _LARGEST_PAGE))


def bounded(name: str, value: int, lowest: int, highest: int) -> int:
    """Check a whole number from `lowest` to `highest`."""
    if not is_whole(value):
        raise InvalidArgumentError(f"{name} must be a whole number, not a {type(value).__name__}")
    if not lowest <= value <= highest:
        raise InvalidArgumentError(f"{name} must be from {lowest} to {highest}")
    return int(value)


def optional_number(name: str, value: int | None) -> str | None:
    """Check a number that is not negative, or `None`."""
    return None if value is None else str(bounded(name, value, 0, _LARGEST_NUMBER))


def text(name: str, value: str, *, longest: int | None = None) -> str:
    """Check a text: not empty, without control characters."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} must be a text, not a {type(value).__name__}")
    if not value.strip() or _UNFIT.search(value):
        raise InvalidArgumentError(f"{name} must not be empty or hold control characters")
    if longest is not None and len(value) > longest:
        raise InvalidArgumentError(f"{name} must have at most {longest} characters, not {len(value)}")
    return str.__str__(value)  # the value of an enumeration's member, not its name


def optional_text(name: str, value: str | None) -> str | None:
    """Check a text or `None`."""
    return None if value is None else text(name, value)


def texts(name: str, values: Several[str]) -> str | None:
    """Check texts, which are sent with commas between them; nothing is sent for an empty collection."""
    taken = [text(name, value) for value in _collection(name, values)]
    if any("," in value for value in taken):
        raise InvalidArgumentError(f"{name} must hold texts without commas")
    return ",".join(taken) or None


def flag(name: str, value: bool | None) -> str | None:  # noqa: FBT001  (a value to send, not an option of this function)
    """Check a boolean, which is sent in lower case, or `None`."""
    if value is not None and not isinstance(value, bool):
        raise InvalidArgumentError(f"{name} must be True or False, not a {type(value).__name__}")
    return None if value is None else str(value).lower()


def moment(name: str, value: date | None) -> DateTimeParam | None:
    """Check a date or date-time, which is sent as text in the cluster's time zone, or `None`."""
    if value is None:
        return None
    if not isinstance(value, date):
        raise InvalidArgumentError(f"{name} must be a date or a datetime, not a {type(value).__name__}")
    if not 1000 <= value.year < 9999:  # the year must have four digits in every time zone
        raise InvalidArgumentError(f"{name} must be from the year 1000 to 9998")
    return DateTimeParam(value)


def iso_moment(name: str, value: date | None) -> DateTimeParam | None:
    """Check a date or date-time as `moment` does; it is sent with a `T` between date and time."""
    taken = moment(name, value)
    return None if taken is None else DateTimeParam(taken.when, has_t=True)


def epoch(name: str, value: date | None) -> DateTimeParam | None:
    """Check a date or date-time, which is sent as milliseconds since 1970, or `None`."""
    taken = moment(name, value)
    return None if taken is None else DateTimeParam(taken.when, is_epoch=True)


def query(**values: QueryValue) -> Query:
    """Build a query; a parameter that is `None` is left out."""
    return tuple([(name, value) for name, value in values.items() if value is not None])


def by_table(table: Table, arguments: Mapping[str, Any]) -> Query:
    """Build the query of an endpoint's arguments from its table of parameters."""
    return query(**{name: take(argument, arguments[argument]) for argument, (name, take) in table.items()})


def _collection(name: str, values: Several[T]) -> Several[T]:
    kind: type[object] = type(values)
    if issubclass(kind, str | bytes | Mapping) or not issubclass(kind, Iterable):
        raise InvalidArgumentError(f"{name} must be a collection, not a {kind.__name__}")
    return values
