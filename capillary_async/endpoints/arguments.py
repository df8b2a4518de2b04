"""Check arguments before anything is sent, and write them as the API reads them.

Every function raises `ValueError` with the argument's name. A value is shown in it only where it is a
number of ours; texts may be a customer's.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from capillary_async.protocol import Moment

_LARGEST_ID: Final = 2**63 - 1
_LARGEST_PAGE: Final = 1000

QueryValue = str | Moment | None


def identifier(name: str, value: int) -> int:
    """Take an id: a positive 64-bit integer."""
    if isinstance(value, bool) or not isinstance(value, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"{name} must be a positive integer, not a {type(value).__name__}")
    if not 0 < value <= _LARGEST_ID:
        raise ValueError(
            f"{name} must be from 1 to 2**63 - 1, not {value:.3e}"
            if abs(value) > 10**30
            else f"{name} must be from 1 to 2**63 - 1, not {value}"
        )
    return value


def optional_id(name: str, value: int | None) -> str | None:
    """Take an id or nothing."""
    return None if value is None else str(identifier(name, value))


def ids(name: str, values: Iterable[int]) -> str | None:
    """Take ids, sent with commas between them; none means no filter."""
    return ",".join(str(identifier(name, value)) for value in values) or None


def page_size(value: int) -> int:
    """Take a page size, from 1 to 1,000 rows."""
    return bounded("page_size", value, 1, _LARGEST_PAGE)


def bounded(name: str, value: int, lowest: int, highest: int | None = None) -> int:
    """Take a whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"{name} must be a whole number, not a {type(value).__name__}")
    if value < lowest or (highest is not None and value > highest):
        raise ValueError(f"{name} must be {lowest} or more" + (f", {highest} at most" if highest is not None else ""))
    return value


def optional_number(name: str, value: int | None) -> str | None:
    """Take a number that is not negative, or nothing."""
    return None if value is None else str(bounded(name, value, 0))


def text(name: str, value: str, *, longest: int | None = None) -> str:
    """Take a text that is not empty, without control characters."""
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"{name} must be a text, not a {type(value).__name__}")
    if not value.strip() or not value.isprintable():
        raise ValueError(f"{name} must not be empty or hold control characters")
    if longest is not None and len(value) > longest:
        raise ValueError(f"{name} must have at most {longest} characters, not {len(value)}")
    return str(value.value if isinstance(value, StrEnum) else value)


def optional_text(name: str, value: str | None) -> str | None:
    """Take a text or nothing."""
    return None if value is None else text(name, value)


def texts(name: str, values: Iterable[str]) -> str | None:
    """Take texts, sent with commas between them; none means nothing is sent."""
    if isinstance(values, str):
        raise ValueError(f"{name} must be a collection of texts, not one text")
    taken = [text(name, value) for value in values]
    if any("," in value for value in taken):
        raise ValueError(f"{name} must hold texts without commas")
    return ",".join(taken) or None


def flag(name: str, value: bool | None) -> str | None:  # noqa: FBT001  (the value, not a switch of this function)
    """Take a truth value or nothing; it travels in lower case."""
    if value is not None and not isinstance(value, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"{name} must be True or False, not a {type(value).__name__}")
    return None if value is None else str(value).lower()


def moment(name: str, value: date | None) -> Moment | None:
    """Take a date or date-time or nothing, sent as text in the cluster's time zone."""
    if value is not None and not isinstance(value, date):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"{name} must be a date or a datetime, not a {type(value).__name__}")
    return None if value is None else Moment(value)


def epoch(name: str, value: date | None) -> Moment | None:
    """Take a date or date-time or nothing, sent as milliseconds since 1970."""
    taken = moment(name, value)
    return None if taken is None else Moment(taken.when, is_epoch=True)


def query(**values: QueryValue) -> tuple[tuple[str, str | Moment], ...]:
    """Put query parameters together; what is `None` is not sent."""
    return tuple([(name, value) for name, value in values.items() if value is not None])
