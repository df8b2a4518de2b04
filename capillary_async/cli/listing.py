"""How much of a listing a command reads, and what it says about the reading."""

import asyncio
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
        max_rows: Stop after this many rows, and print the cursor to go on with.
        resume: Go on behind the row that this cursor marks; a listing that breaks off prints one. A csv then has no
            header, so that it can be appended to.
        report: Say at the end, on standard error, what the listing took, and where it stopped.
    """

    max_rows: Annotated[int | None, Parameter(validator=Number(gte=1))] = None
    resume: str | None = None
    report: Annotated[bool, Parameter(negative=())] = False

    async def rows(self, pager: Pager[Any]) -> AsyncIterator[object]:
        """Read the rows that `pager` lists."""
        items = aiter((pager if self.resume is None else pager.resume(self.resume)).limit(self.max_rows))
        count = 0
        try:
            async for row in items:
                count += 1
                yield row
            if count == self.max_rows:
                _say_where(items.cursor)
        except asyncio.CancelledError:  # Ctrl-C
            if count:
                _say_where(items.cursor)
            raise
        finally:
            if self.report:
                facts = [*attrs.asdict(items.report, recurse=False).items(), ("cursor", items.cursor)]
                said = [f"{name.replace('_', ' ')}: {_in_words(fact)}" for name, fact in facts if fact != ()]
                print(", ".join(said), file=sys.stderr)


def _say_where(cursor: Cursor) -> None:
    print(f"capillary: stopped before the end, go on with --resume {cursor}", file=sys.stderr)


def _in_words(fact: object) -> object:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return "unknown" if fact is None else fact
