"""Read query parameters as strictly as the API does: a malformed one is answered by a 400 without a body."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs
from multidict import MultiMapping

from capillary_async.sandbox.answers import BLANK, Answer
from capillary_async.sandbox.wire import Dates

_MOST_DAYS: Final = 99 * 365


class Refused(Exception):  # noqa: N818  (it carries an answer; it is not an error of the sandbox)
    """Raised to answer a request with a refusal."""

    def __init__(self, answer: Answer = BLANK) -> None:
        super().__init__(answer.status)
        self.answer = answer


@attrs.frozen
class Query:
    """The parameters of one request."""

    values: MultiMapping[str]
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])

    def text(self, name: str) -> str:
        """Return a parameter, or an empty text if it is missing."""
        return self.values.get(name, "")

    def each(self, name: str) -> frozenset[str]:
        """Return the values of a parameter that may be repeated, hold several values between commas, or both."""
        return frozenset(part.strip() for text in self.values.getall(name, ()) for part in text.split(",") if part)

    def flag(self, name: str) -> bool:
        """Return whether a parameter is true."""
        text = self.text(name).lower()
        if text not in {"", "true", "false"}:
            raise Refused
        return text == "true"

    def flags(self, names: Iterable[str]) -> frozenset[str]:
        """Return which of several parameters are true."""
        return frozenset(name for name in names if self.flag(name))

    def whole(self, name: str) -> int | None:
        """Return a whole number, or `None` when it is missing."""
        text = self.text(name)
        if not text:
            return None
        if len(text) > 19 or not (text.removeprefix("-").isdigit() and text.isascii()):
            raise Refused
        return int(text)

    def natural(self, name: str) -> int | None:
        """Return a whole number that is not negative, or `None` when it is missing."""
        number = self.whole(name)
        if number is not None and number < 0:
            raise Refused
        return number

    def days(self, name: str) -> int | None:
        """Return a number of days ahead, or `None` if it is missing. The largest number is 99 years."""
        number = self.natural(name)
        if number is not None and number > _MOST_DAYS:
            raise Refused
        return number

    def window(self, limit: str = "limit", offset: str = "offset") -> tuple[int | None, int]:
        """Return the page size, which must be positive, and the offset."""
        size = self.whole(limit)
        if size is not None and size < 1:
            raise Refused
        return size, self.whole(offset) or 0

    def moment(self, name: str, dates: Dates) -> int | None:
        """Return a date-time, or `None` when it is missing."""
        text = self.text(name)
        try:
            return dates.read(text) if text else None
        except ValueError:
            raise Refused from None

    def rows_between(
        self, names: tuple[str, str], dates: Dates, rows: Iterable[int], when: Callable[[int], int]
    ) -> list[int]:
        """Return those of `rows` whose moment is in the range that two parameters give."""
        start, end = (self.moment(name, dates) for name in names)
        return [row for row in rows if (start is None or when(row) >= start) and (end is None or when(row) <= end)]
