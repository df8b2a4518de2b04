"""How much of a listing a command reads, and what it says about the reading."""

import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import attrs
from cyclopts import Group, Parameter
from cyclopts.validators import Number

from capillary_async.paging import Cursor, Pager


@Parameter(name="*", group=Group("Listing", sort_key=1))
@attrs.frozen(kw_only=True)
class ListingOptions:
    """How much of a listing is read.

    Attributes:
        max_rows: Stop after so many rows.
        resume: Go on behind the row that this cursor marks; a listing that breaks off prints one.
        report: Say at the end, on standard error, what the listing took.
    """

    max_rows: Annotated[int | None, Parameter(validator=Number(gte=1))] = None
    resume: str | None = None
    report: Annotated[bool, Parameter(negative=())] = False

    async def rows(self, pager: Pager[Any]) -> AsyncIterator[object]:
        """Read the rows that `pager` lists, page by page."""
        pages = (pager if self.resume is None else pager.resume(Cursor.parse(self.resume))).pages()
        left = self.max_rows
        try:
            async for page in pages:
                for row in page.items[:left]:
                    yield row
                left = None if left is None else max(0, left - len(page.items))
                if left == 0:
                    return
        finally:
            if self.report:
                facts = attrs.asdict(pages.report, recurse=False).items()
                said = [f"{name.replace('_', ' ')}: {_in_words(fact)}" for name, fact in facts]
                print(", ".join(said), file=sys.stderr)


def _in_words(fact: object) -> object:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return "unknown" if fact is None else fact
