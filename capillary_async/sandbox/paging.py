"""Divide listings into pages, by every interpretation of the documents and with every known fault.

The documents contradict each other on what `offset` and `total` count, some endpoints cap the page size silently, and
one endpoint's `pagination` is a dummy. A client has to work with all of these, and this module lets tests try them. It
knows nothing about endpoints: a row is a whole number, and the caller makes a record of the number.

A page is made in three steps. Each is a pure function of the rules and of the list's length:

1. `Paging.size` returns the number of rows of a page: the requested number, unless it is capped or fixed.
2. `Paging.start` returns the position at which a page starts: `offset` records or `offset` pages after the first row,
   changed by faults such as `is_stuck`.
3. `Paging.row_at` returns the row at a position. Without faults, row and position are equal. `gap` adds positions
   without a row, and `repeat_every` makes a row appear twice.

A listing that changes while it is read changes its rows, not the rules. A `Listing` is a range of whole numbers;
`append` extends it at its end, `prepend` at its front, and so on. A row keeps its number, and so its content, when it
moves. `ListMutation` changes a listing after each answer.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, get_args

import attrs

OffsetMeaning = Literal["records", "pages"]
TotalMeaning = Literal["records", "pages", "dummy", "absent"]
Echo = Literal["asked", "in force", "rows", "zero", "absent"]
NegativeOffset = Literal["first page", "refused"]
Pagination = Literal["sent", "dummy", "absent"]

_positive = attrs.validators.ge(1)
_natural = attrs.validators.ge(0)


def one_of(choices: Any) -> Any:
    """Return a validator that accepts the values of a `Literal`."""
    return attrs.validators.in_(get_args(choices))


def _numbers(numbers: Iterable[int]) -> frozenset[int]:
    return frozenset(numbers)


def _stretch(_: Any, attribute: "attrs.Attribute[Any]", value: tuple[int, int] | None) -> None:
    if value is not None and min(value) < 0:
        raise ValueError(f"{attribute.name} must be a position and a length, neither negative, not {value!r}")


@attrs.frozen(kw_only=True)
class ListMutation:
    """The change of a listing after each answer.

    Attributes:
        append: Number of rows added at the end.
        prepend: Number of rows added at the front.
        drop_first: Number of rows removed at the front.
        drop_last: Number of rows removed at the end.
        times: Number of answers after which the listing changes; later answers do not change it.
    """

    append: int = attrs.field(default=0, validator=_natural)
    prepend: int = attrs.field(default=0, validator=_natural)
    drop_first: int = attrs.field(default=0, validator=_natural)
    drop_last: int = attrs.field(default=0, validator=_natural)
    times: int = attrs.field(default=1, validator=_natural)


@attrs.frozen(kw_only=True)
class Paging:
    """The rules by which an endpoint divides its listings into pages.

    Attributes:
        offset_unit: What `offset` counts.
        total_unit: What `total` counts; "dummy" sends 0, "absent" leaves the key out.
        total_error: Added to a `total` that counts something, as by a server that miscounts.
        page_cap: A larger page size is reduced to this one.
        warn_of_cap: Whether an answer with a reduced page size has a warning.
        counts_asked_limit: Whether `offset` and `total` count pages of the requested size although pages are capped;
            then some rows are on no page.
        default_limit: Page size of a request without a limit.
        fixed_size: Page size of every answer, whatever the request's limit is.
        echo: The `limit` in the answer: the requested one, the actual one, the number of rows on the page, 0, or no
            such key.
        offset_as_text: Send `offset` as a string, as one sample does.
        negative_offset: The answer to a negative offset.
        pagination: "sent"; "absent": there is no such object; "dummy": it has three zeros, and every answer has all
            rows, as on the tracker endpoints.
        is_stuck: Every page is the first one.
        is_static: Every answer is that of a request without limit and offset, as from a mock.
        cycle: After this number of pages, the first page follows again, without end.
        repeat_every: Of this number of rows, one appears twice in succession.
        gap: Position and length of a range without rows, although rows follow. A page in the range is empty. `total`
            does not count the range.
        hiccups: Numbers of pages that are empty at the first request and complete at later ones.
        mutation: How the listing changes while it is read.
    """

    offset_unit: OffsetMeaning = attrs.field(default="records", validator=one_of(OffsetMeaning))
    total_unit: TotalMeaning = attrs.field(default="records", validator=one_of(TotalMeaning))
    total_error: int = 0
    page_cap: int | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    warn_of_cap: bool = True
    counts_asked_limit: bool = False
    default_limit: int = attrs.field(default=10, validator=_positive)
    fixed_size: int | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    echo: Echo = attrs.field(default="asked", validator=one_of(Echo))
    offset_as_text: bool = False
    negative_offset: NegativeOffset = attrs.field(default="first page", validator=one_of(NegativeOffset))
    pagination: Pagination = attrs.field(default="sent", validator=one_of(Pagination))
    is_stuck: bool = False
    is_static: bool = False
    cycle: int | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    repeat_every: int | None = attrs.field(default=None, validator=attrs.validators.optional(_positive))
    gap: tuple[int, int] | None = attrs.field(default=None, validator=_stretch)
    hiccups: frozenset[int] = attrs.field(default=frozenset(), converter=_numbers)
    mutation: ListMutation = ListMutation()

    @property
    def remembers(self) -> bool:
        """Whether an answer influences the next one."""
        return bool(self.hiccups) or self.mutation != _STILL

    def size(self, asked: int | None) -> int:
        """Return the largest number of rows of a page."""
        if self.fixed_size is not None:
            return self.fixed_size
        size = self.default_limit if asked is None else asked
        return size if self.page_cap is None else min(size, self.page_cap)

    def unit(self, asked: int | None) -> int:
        """Return the page size by which pages are counted."""
        return asked if self.counts_asked_limit and asked is not None else self.size(asked)

    def start(self, offset: int, asked: int | None) -> int:
        """Return the position at which the page at `offset` starts."""
        if self.is_stuck:
            return 0
        start = offset * self.unit(asked) if self.offset_unit == "pages" else offset
        return start if self.cycle is None else start % (self.cycle * self.size(asked))

    def sent(self, length: int) -> int:
        """Return the number of rows that a listing of `length` rows sends, repeated ones included."""
        return length if self.repeat_every is None else length + length // self.repeat_every

    def positions(self, length: int) -> int:
        """Return the number of positions of a listing of `length` rows, with the gap."""
        sent = self.sent(length)
        return sent if self.gap is None or self.gap[0] >= sent else sent + self.gap[1]

    def row_at(self, position: int) -> int | None:
        """Return the row at a position before the end; `None` in a gap."""
        if self.gap is not None and position >= self.gap[0]:
            if position < self.gap[0] + self.gap[1]:
                return None
            position -= self.gap[1]
        if self.repeat_every is None:
            return position
        group, place = divmod(position, self.repeat_every + 1)
        return group * self.repeat_every + min(place, self.repeat_every - 1)

    def total(self, length: int, asked: int | None) -> int:
        """Return the `total` of a listing of `length` rows."""
        if self.total_unit == "dummy":
            return 0
        pages = -(-self.positions(length) // self.unit(asked))
        counted = self.sent(length) if self.total_unit == "records" else pages
        return max(0, counted + self.total_error)

    def echoed(self, asked: int | None, size: int, rows: int) -> int:
        """Return the `limit` in the answer."""
        of = {"asked": size if asked is None else asked, "in force": size, "rows": rows}
        return of.get(self.echo, 0)

    def described(self, length: int, asked: int | None, offset: int, rows: int) -> dict[str, Any] | None:
        """Return the answer's `pagination`."""
        if self.pagination == "absent":
            return None
        if self.pagination == "dummy":
            return {"limit": 0, "offset": 0, "total": 0}
        size = self.size(asked)
        pagination = {
            "limit": self.echoed(asked, size, rows),
            "offset": str(offset) if self.offset_as_text else offset,
            "total": self.total(length, asked),
        }
        left_out = {"limit": self.echo == "absent", "total": self.total_unit == "absent"}
        return {key: value for key, value in pagination.items() if not left_out.get(key)}


_STILL: Final = ListMutation()


@attrs.frozen
class Page:
    """The rows of a page, and their pagination.

    Attributes:
        rows: Numbers of the rows, in order.
        pagination: The answer's `pagination`, or `None` when it has none.
        capped_at: The page size, if it was capped and the answer has a warning.
        size: The largest number of rows of a page.
        total: Number of rows on all pages.
    """

    rows: tuple[int, ...]
    pagination: dict[str, Any] | None
    capped_at: int | None
    size: int
    total: int

    @property
    def pages(self) -> int:
        """Number of pages."""
        return -(-self.total // self.size)


class RefusedOffsetError(Exception):
    """The offset is negative, and the rules refuse a negative offset."""


class Listing:
    """The rows of a listing as whole numbers, and the number of answers so far.

    Attributes:
        first: Number of the first row. Prepended rows have negative numbers.
        count: Number of rows.
        answers: Number of pages returned so far.
    """

    def __init__(self, count: int) -> None:
        self.first: int = 0
        self.count: int = count
        self.answers: int = 0
        self._had_hiccup: set[int] = set()

    @property
    def rows(self) -> range:
        """The numbers of the rows, in order."""
        return range(self.first, self.first + self.count)

    def append(self, rows: int = 1) -> None:
        """Add rows at the end."""
        self.count += rows

    def prepend(self, rows: int = 1) -> None:
        """Add rows at the front."""
        self.first -= rows
        self.count += rows

    def drop_first(self, rows: int = 1) -> None:
        """Remove rows at the front."""
        rows = min(rows, self.count)
        self.first += rows
        self.count -= rows

    def drop_last(self, rows: int = 1) -> None:
        """Remove rows at the end."""
        self.count -= min(rows, self.count)

    def resize(self, count: int) -> None:
        """Add or remove rows at the end until there are `count` rows.

        Raises:
            ValueError: `count` is negative.
        """
        if count < 0:
            raise ValueError(f"count must not be negative, not {count!r}")
        self.count = count

    def page(self, paging: Paging, limit: int | None, offset: int, among: Sequence[int] | None = None) -> Page:
        """Return one page, then change the listing as `mutation` says.

        Args:
            paging: The rules.
            limit: Requested page size; at least 1.
            offset: Requested offset, in the unit of the rules.
            among: The rows to divide into pages, if a filter or a sort order changed them.

        Raises:
            RefusedOffsetError: The offset is negative, and the rules refuse a negative offset.
        """
        rows = self.rows if among is None else among
        if paging.is_static:
            limit, offset = None, 0
        if offset < 0 and paging.negative_offset == "refused":
            raise RefusedOffsetError
        offset = max(offset, 0)
        size = paging.size(limit)
        start = paging.start(offset, limit)
        shown = tuple(rows) if paging.pagination == "dummy" else self._window(paging, rows, start, size)
        page = Page(
            rows=shown,
            pagination=paging.described(len(rows), limit, offset, len(shown)),
            capped_at=size if paging.warn_of_cap and limit is not None and size < limit else None,
            size=size,
            total=max(0, paging.sent(len(rows)) + paging.total_error),
        )
        self._mutate(paging.mutation)
        return page

    def _window(self, paging: Paging, rows: Sequence[int], start: int, size: int) -> tuple[int, ...]:
        number = start // size
        if number in paging.hiccups - self._had_hiccup:
            self._had_hiccup.add(number)
            return ()
        length = len(rows)
        # Stop at the end, because an offset may be extremely large.
        stop = min(start + size, paging.positions(length))
        found: Iterable[int | None] = (paging.row_at(position) for position in range(start, stop))
        return tuple(rows[row] for row in found if row is not None)

    def _mutate(self, mutation: ListMutation) -> None:
        self.answers += 1
        if self.answers <= mutation.times:
            self.append(mutation.append)
            self.prepend(mutation.prepend)
            self.drop_first(mutation.drop_first)
            self.drop_last(mutation.drop_last)
