"""How a listing is cut into pages: every reading of the documents, and every way in which it goes wrong.

The documents contradict each other on what `offset` and `total` count, siblings cap the page size
without a word, and one endpoint's `pagination` is a dummy. So a client has to be right under all of
it, and this module is what it is tried against. It knows nothing of endpoints: a listing is a row of
whole numbers, and the caller turns a number into a record.

Three steps, each a pure function of the rules and of the list's length:

1. `Paging.size` says how many rows a page holds: what was asked, unless it is capped or fixed.
2. `Paging.start` says where a page starts: `offset` records in, or `offset` pages of that size in;
   then the faults, which send the reader elsewhere.
3. `Paging.row_at` says which row stands at a position. Without faults it is the position itself; a
   gap puts positions between rows that hold nothing, and `repeat_every` lets a row stand twice.

Data that changes while it is read is no matter of the rules but of the list: a `Listing` is a window
over the whole numbers that `append` lets grow at its end, `prepend` at its front, and so on. A row
keeps its number, and so its content, wherever it moves. `ListMutation` does that after each answer.
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
    """Return a validator that lets one of a `Literal`'s values pass."""
    return attrs.validators.in_(get_args(choices))


def _numbers(numbers: Iterable[int]) -> frozenset[int]:
    return frozenset(numbers)


def _stretch(_: Any, attribute: "attrs.Attribute[Any]", value: tuple[int, int] | None) -> None:
    if value is not None and min(value) < 0:
        raise ValueError(f"{attribute.name} must be a position and a length, neither negative, not {value!r}")


@attrs.frozen(kw_only=True)
class ListMutation:
    """What happens to a listing after each answer.

    Attributes:
        append: New rows at the end.
        prepend: New rows at the front, which push the others towards the end.
        drop_first: Rows that vanish at the front, so that the others move up.
        drop_last: Rows that vanish at the end.
        times: After how many answers it happens; then the listing stays as it is.
    """

    append: int = attrs.field(default=0, validator=_natural)
    prepend: int = attrs.field(default=0, validator=_natural)
    drop_first: int = attrs.field(default=0, validator=_natural)
    drop_last: int = attrs.field(default=0, validator=_natural)
    times: int = attrs.field(default=1, validator=_natural)


@attrs.frozen(kw_only=True)
class Paging:
    """The rules by which an endpoint cuts its listings into pages.

    Attributes:
        offset_unit: What `offset` counts.
        total_unit: What `total` counts; "dummy" sends 0, "absent" leaves the key out.
        total_error: Added to a `total` that counts something: a server that miscounts.
        page_cap: A larger page size is cut to this one.
        warn_of_cap: Whether a warning says so.
        counts_asked_limit: Whether pages are counted, in `offset` and `total`, by the size asked for although they
            are cut shorter: then rows between them are on no page.
        default_limit: Page size when none is asked for.
        fixed_size: Page size that the server uses whatever is asked for, smaller or larger.
        echo: The `limit` in the answer: what was asked, what was in force, the number of rows on
            the page, 0, or no such key.
        offset_as_text: Send `offset` as text, as was seen once.
        negative_offset: What a negative offset gets.
        pagination: "sent"; "absent": there is no such object; "dummy": it says 0, 0, 0, and all rows
            come at once, as on the tracker endpoints.
        is_stuck: Every page is the first one.
        is_static: Every request gets the answer that one without limit and offset gets, as from a mock.
        cycle: After so many pages the first one comes again, and so on without end.
        repeat_every: Every so-manieth row comes twice, one right after the other.
        gap: Position and length of a stretch that holds no rows although others follow. A page that
            lies in it is empty. `total` does not count it.
        hiccups: Numbers of pages that are empty when they are first asked for, and never again.
        drift: How the listing changes while it is read.
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
    drift: ListMutation = ListMutation()

    @property
    def remembers(self) -> bool:
        """Whether an answer changes what the next one says."""
        return bool(self.hiccups) or self.drift != _STILL

    def size(self, asked: int | None) -> int:
        """Say how many rows a page holds at most."""
        if self.fixed_size is not None:
            return self.fixed_size
        size = self.default_limit if asked is None else asked
        return size if self.page_cap is None else min(size, self.page_cap)

    def unit(self, asked: int | None) -> int:
        """Say how many rows a page is taken for where pages are counted."""
        return asked if self.counts_asked_limit and asked is not None else self.size(asked)

    def start(self, offset: int, asked: int | None) -> int:
        """Say at which position the page at `offset` starts."""
        if self.is_stuck:
            return 0
        start = offset * self.unit(asked) if self.offset_unit == "pages" else offset
        return start if self.cycle is None else start % (self.cycle * self.size(asked))

    def sent(self, length: int) -> int:
        """Count the rows that a listing of `length` rows sends, those that come twice included."""
        return length if self.repeat_every is None else length + length // self.repeat_every

    def positions(self, length: int) -> int:
        """Count the positions that a listing of `length` rows takes, the gap included."""
        sent = self.sent(length)
        return sent if self.gap is None or self.gap[0] >= sent else sent + self.gap[1]

    def row_at(self, position: int) -> int | None:
        """Say which row stands at a position before the end; `None` in a gap."""
        if self.gap is not None and position >= self.gap[0]:
            if position < self.gap[0] + self.gap[1]:
                return None
            position -= self.gap[1]
        if self.repeat_every is None:
            return position
        group, place = divmod(position, self.repeat_every + 1)
        return group * self.repeat_every + min(place, self.repeat_every - 1)

    def total(self, length: int, asked: int | None) -> int:
        """Say what `total` is for a listing of `length` rows."""
        if self.total_unit == "dummy":
            return 0
        pages = -(-self.positions(length) // self.unit(asked))
        counted = self.sent(length) if self.total_unit == "records" else pages
        return max(0, counted + self.total_error)

    def echoed(self, asked: int | None, size: int, rows: int) -> int:
        """Say which `limit` the answer names."""
        of = {"asked": size if asked is None else asked, "in force": size, "rows": rows}
        return of.get(self.echo, 0)

    def described(self, length: int, asked: int | None, offset: int, rows: int) -> dict[str, Any] | None:
        """Write the answer's `pagination`."""
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
    """One page: which rows, and what the answer says about them.

    Attributes:
        rows: Numbers of the rows, in order.
        pagination: The answer's `pagination`, or `None` when it has none.
        capped_at: The page size in force, when it was cut and a warning is to say so.
        size: How many rows a page holds at most.
        total: How many rows there are on all pages.
    """

    rows: tuple[int, ...]
    pagination: dict[str, Any] | None
    capped_at: int | None
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)


class RefusedOffsetError(Exception):
    """The offset is negative, and the rules refuse that."""


class Listing:
    """A listing's rows, as whole numbers, and what has been asked of it.

    Attributes:
        first: Number of the first row. Rows put in front have numbers below 0.
        count: How many rows there are.
        answers: How many pages it has given.
    """

    def __init__(self, count: int) -> None:
        self.first: int = 0
        self.count: int = count
        self.answers: int = 0
        self._had_hiccup: set[int] = set()

    @property
    def rows(self) -> range:
        """The numbers of its rows, in order."""
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
        """Have exactly `count` rows, by adding or removing at the end.

        Raises:
            ValueError: `count` is negative.
        """
        if count < 0:
            raise ValueError(f"count must not be negative, not {count!r}")
        self.count = count

    def page(self, paging: Paging, limit: int | None, offset: int, among: Sequence[int] | None = None) -> Page:
        """Give one page, then let the listing drift.

        Args:
            paging: The rules.
            limit: Page size asked for; at least 1.
            offset: As asked for, in whatever it means.
            among: The rows to page through, when a filter or a sort order makes them others than all in order.

        Raises:
            RefusedOffsetError: The offset is negative, and the rules refuse that.
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
        self._drift(paging.drift)
        return page

    def _window(self, paging: Paging, rows: Sequence[int], start: int, size: int) -> tuple[int, ...]:
        number = start // size
        if number in paging.hiccups - self._had_hiccup:
            self._had_hiccup.add(number)
            return ()
        length = len(rows)
        # Past the end there is nothing to look for, and an offset may be astronomically large.
        stop = min(start + size, paging.positions(length))
        found: Iterable[int | None] = (paging.row_at(position) for position in range(start, stop))
        return tuple(rows[row] for row in found if row is not None)

    def _drift(self, drift: ListMutation) -> None:
        self.answers += 1
        if self.answers <= drift.times:
            self.append(drift.append)
            self.prepend(drift.prepend)
            self.drop_first(drift.drop_first)
            self.drop_last(drift.drop_last)
