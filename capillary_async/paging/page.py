"""What one answer brought, as users hold it."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import attrs

from capillary_async.errors import ApiErrorDetail, InvalidArgumentError
from capillary_async.paging.cursor import Cursor

T = TypeVar("T")


class RowList(list[T]):
    """A list of rows that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        return _html_of(self)


def _html_of(rows: Sequence[Any]) -> str:
    from capillary_async.codec.json_text import json_cell  # noqa: PLC0415  (for notebooks alone)
    from capillary_async.tables.html import html_table  # noqa: PLC0415

    return html_table(rows, json_cell)


@attrs.frozen
class Page(Generic[T]):
    """The new rows of one answer.

    Attributes:
        items: Rows that no earlier page had.
        offset: In the server's words, like `limit`; as it was asked for when the server said nothing.
        limit: Page size.
        total: In the server's words; the report tells what it counts. `None` when the server said nothing.
        warnings: The answer's warnings, such as one about a page size that was cut.
    """

    items: tuple[T, ...]
    offset: int
    limit: int
    total: int | None
    warnings: tuple[ApiErrorDetail, ...]
    _behind: Callable[[int], Cursor] = attrs.field(repr=False, eq=False)

    def _repr_html_(self) -> str:
        """Show the rows as a table, in a notebook."""
        return _html_of(self.items)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with the cursors of all rows: what works them out cannot travel."""
        cursors = tuple([self._behind(count) for count in range(len(self.items) + 1)])
        return Page, (self.items, self.offset, self.limit, self.total, self.warnings, cursors.__getitem__)

    @property
    def cursor(self) -> Cursor:
        """The place behind the page's last row."""
        return self._behind(len(self.items))

    def cursor_behind(self, count: int) -> Cursor:
        """Return the place behind the first `count` rows of the page.

        Raises:
            InvalidArgumentError: The page has fewer rows.
        """
        if not 0 <= count <= len(self.items):
            raise InvalidArgumentError(f"count must be from 0 to {len(self.items)}, not {count}")
        return self._behind(count)
