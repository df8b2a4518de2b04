"""The results of the fault matrix: a row of the table for each kind of fault."""

import math
from collections.abc import Iterable
from typing import Final

import attrs

COLUMNS: Final = ("kind", "injected", "healed", "refused", "lost", "doubled", "wrong", "seconds", "measured")
_WIDTHS: Final = (46, 8, 8, 8, 6, 7, 6, 7, 30)


@attrs.define(eq=False)
class Row:
    """The results of one kind of fault.

    Attributes:
        kind: The fault.
        injected: Number of injected faults.
        healed: Calls that returned the right answer.
        refused: Calls that raised the right error.
        lost: Calls with any other end.
        doubled: Requests that the server received and the client did not report, and rows that were returned twice.
        wrong: Calls that returned a wrong answer.
        seconds: Duration of the row.
        measured: Other measured numbers, and their bounds.
        messages: Descriptions of everything that is wrong.
    """

    kind: str
    injected: int = 0
    healed: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    seconds: float = 0.0
    measured: str = ""
    messages: list[str] = attrs.field(factory=list[str])

    def check(self, what: str, *, holds: bool) -> None:
        """Add the message `what` unless it holds."""
        if not holds:
            self.messages.append(what)

    def measure(self, what: str, count: float, *, at_most: float = math.inf, at_least: float = -math.inf) -> None:
        """Add a number to `measured`, and a message if it is out of bounds."""
        bounds = [f"{sign} {bound:g}" for sign, bound in (("<=", at_most), (">=", at_least)) if math.isfinite(bound)]
        shown = f"{what} {count:.4g}" + (f" ({' and '.join(bounds)})" if bounds else "")
        self.measured = f"{self.measured}; {shown}" if self.measured else shown
        self.check(shown, holds=at_least <= count <= at_most)

    def finish(self) -> "Row":
        """Add a message for each lost, doubled or wrong call, and return the row."""
        for name in ("lost", "doubled", "wrong"):
            count = getattr(self, name)
            self.check(f"{count} {name}", holds=not count)
        ended = self.healed + self.refused
        self.check(f"{self.injected} injected, but {ended} ended well", holds=self.injected == ended > 0)
        return self


def line(cells: Iterable[object]) -> str:
    """Format one line of the table."""
    (first, *counts, last), (kind_width, *widths, last_width) = map(str, cells), _WIDTHS
    padded = [count.rjust(width) for count, width in zip(counts, widths, strict=True)]
    return f"| {first.ljust(kind_width)} | {' | '.join(padded)} | {last.ljust(last_width)} |"


def heading() -> str:
    """Return the table's first two lines."""
    first, *counts, last = _WIDTHS
    return line(COLUMNS) + "\n" + line(("-" * first, *("-" * (width - 1) + ":" for width in counts), "-" * last))


def row_line(row: Row) -> str:
    """Return a row's line."""
    counts = (row.injected, row.healed, row.refused, row.lost, row.doubled, row.wrong)
    return line((row.kind, *counts, f"{row.seconds:.1f}", row.measured))


def summary(parts: Iterable[Row]) -> str:
    """Return a table with a line for each part."""
    shown = COLUMNS[:-2]
    lines = [["part", *shown[1:]], ["---", *["---:"] * (len(shown) - 1)]]
    lines += [[str(getattr(part, name)) for name in shown] for part in parts]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
