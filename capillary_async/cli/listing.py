"""The options of listings: how many rows to read, where to resume, and the report."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import attrs
from cyclopts import Group, Parameter
from cyclopts.validators import Number

from capillary_async.errors import InvalidArgumentError
from capillary_async.paging import Cursor, ItemIterator, Pager


@Parameter(name="*", group=Group("Listing", sort_key=1))
@attrs.frozen(kw_only=True)
class ListingOptions:
    """The part of a listing that a command reads.

    Attributes:
        max_rows: Stop after n rows, and print a cursor for --resume.
        resume: Continue after the row of this cursor. A listing that fails, is interrupted by Ctrl-C or stops at
            --max-rows prints its cursor. `csv` has no header then, so that it can be appended to a file.
        report: At the end, print the numbers of requests and rows, and the cursor, on standard error.
    """

    max_rows: Annotated[int | None, Parameter(validator=Number(gte=1))] = None
    resume: str | None = None
    report: Annotated[bool, Parameter(negative=())] = False

    async def rows(self, pager: Pager[Any]) -> AsyncGenerator[object]:
        """Read the rows that `pager` lists."""
        items = aiter((pager if self.resume is None else pager.resume(_cursor(self.resume))).limit(self.max_rows))
        count = 0
        try:
            async for row in items:
                count += 1
                yield row
            if count == self.max_rows:
                _print_cursor(items.cursor, count)
        except asyncio.CancelledError:  # Ctrl-C
            if count:
                _print_cursor(items.cursor, count)
            raise
        finally:
            if self.report:
                print(_facts(items), file=sys.stderr)


def _cursor(text: str) -> Cursor:
    try:
        return Cursor.parse(text)
    except InvalidArgumentError:
        raise InvalidArgumentError("--resume must be a cursor that a listing of this version printed") from None


def _print_cursor(cursor: Cursor, count: int) -> None:
    print(f"capillary: stopped after {count} row{'s' * (count > 1)}, continue with --resume {cursor}", file=sys.stderr)


def _facts(items: ItemIterator[Any]) -> str:
    report = items.report
    facts = attrs.asdict(report, recurse=False) | {"bad_rows": len(report.bad_rows), "cursor": items.cursor}
    return ", ".join(f"{name.replace('_', ' ')}: {_in_words(fact)}" for name, fact in facts.items())


def _in_words(fact: object) -> object:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return "unknown" if fact is None else fact
