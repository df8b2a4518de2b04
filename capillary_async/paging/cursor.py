"""A place in a listing, as a short text."""

import re
from hashlib import blake2b
from typing import Final, Self

from capillary_async.errors import InvalidArgumentError
from capillary_async.models.frozen import frozen
from capillary_async.paging.readings import OffsetUnit

_FORM: Final = re.compile(
    r"2\.([0-9a-f]{16})\.([rpu])\.([1-9]\d{0,8})\.(\d{1,18})\.([0-9a-f]{16})\.([0-9a-f]{8})", re.ASCII
)
_OFFSET_UNITS: Final[dict[str, OffsetUnit | None]] = {"r": "records", "p": "pages", "u": None}


def digest(value: object) -> str:
    """Return 16 hexadecimal digits that stand for a value; alike in every process."""
    return blake2b(repr(value).encode(), digest_size=8).hexdigest()


@frozen
class Cursor:
    """The place behind a row of one listing; `Pager.resume` starts there.

    `str` gives a text of less than 80 characters that `parse` reads; keep it wherever you like. It holds
    no personal data: the query and the row stand in it as digests. A checksum guards it against changes.

    Attributes:
        query: Digest of the query that the listing answers.
        offset_unit: What `offset` counts, as far as the listing knew.
        limit: Page size in force.
        position: Rows of the server's list that lie before this place.
        last: Digest of the last row before it, to find the place again when rows have moved.
    """

    query: str
    offset_unit: OffsetUnit | None
    limit: int
    position: int
    last: str

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        text = f"2.{self.query}.{(self.offset_unit or 'unknown')[0]}.{self.limit}.{self.position}.{self.last}"
        return f"{text}.{digest(text)[:8]}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gave.

        Raises:
            InvalidArgumentError: It is no such text, or one of another version of this package, or it was changed.
        """
        form = _FORM.fullmatch(text)
        if form is None:
            raise InvalidArgumentError("cursor is not the text of a cursor that this version knows")
        cursor = cls(form[1], _OFFSET_UNITS[form[2]], int(form[3]), int(form[4]), form[5])
        if str(cursor) != text:
            raise InvalidArgumentError("cursor was changed; use the text as `str(cursor)` gave it")
        return cursor
