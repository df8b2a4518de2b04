"""pyarrow's JSON reader is used only where it is exact."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from capillary_async import TargetEvent, Tracker, Transaction
from capillary_async.codec import json_cell
from capillary_async.codec.row_text import encode_rows, row_lines
from capillary_async.tables import TableSchema
from capillary_async.tables.lines import line_reader

pytest.importorskip("pyarrow")


@attrs.frozen
class Part:
    """A part of a row."""

    when: datetime | None = None
    codes: tuple[str, ...] = ()
    extra: dict[str, Any] | None = None


@attrs.frozen
class Flat:
    """A row of every type that the reader takes."""

    id: int | None = None
    name: str | None = None
    is_open: bool | None = None
    amount: Decimal | None = None
    when: datetime | None = None
    day: date | None = None
    parts: tuple[Part, ...] = ()
    part: Part | None = None
    extra: dict[str, Any] = attrs.Factory(dict[str, Any])


@attrs.frozen
class Ratio:
    """A row with a double."""

    ratio: float


FULL = Flat(
    id=-(2**63),
    name='a "quoted"\nline \u2028 ₹😀',
    is_open=True,
    amount=Decimal("12345678901234567890123456789012.123456"),
    when=datetime(1890, 1, 1, 10, 3, 21, 123456, tzinfo=UTC),
    day=date(2026, 2, 28),
    parts=(Part(datetime(2026, 1, 8, tzinfo=UTC), ("x", ""), {}), Part()),
    part=Part(codes=("y",)),
)


def read(row_type: Any, lines: bytes) -> Any:
    """Read lines as rows of a class; `None` if the reader does not."""
    reader = line_reader(TableSchema.of(row_type, json_cell))
    assert reader is not None
    return reader(lines)


def test_it_makes_the_same_table_as_the_rows_themselves() -> None:
    """Which way is taken must not show in the file."""
    rows = [FULL, Flat(), attrs.evolve(FULL, amount=Decimal("1E+3"), name="")]

    assert read(Flat, row_lines(encode_rows(rows))).equals(TableSchema.of(Flat, json_cell).table(rows))


@pytest.mark.parametrize(
    "line",
    [
        b'{"when":"2026-01-08T10:03:21"}',
        b'{"when":"2026-01-08T10:03:21.1234567Z"}',
        b'{"part":{"when":"2026-01-08"}}',
        b'{"day":"2026-02-30"}',
        b'{"id":9223372036854775808}',
        b'{"id":1.5}',
        b'{"id":"1"}',
        b'{"id":true}',
        b'{"amount":1E-9}',
        b'{"name":5}',
        b'{"is_open":1}',
        b'{"extra":{"a":1}}',
        b'{"extra":[]}',
        b'{"part":{"extra":{"a":1}}}',
        b'{"other":1}',
        b"null",
        b"5",
        b'"text"',
        b"[]",
        b'{"id":1',
        b"",
    ],
)
def test_lines_that_it_does_not_read_exactly_are_left_to_others(line: bytes) -> None:
    """The reader would take the first for a date-time in UTC, and end the process for null."""
    assert read(Flat, line) is None


@pytest.mark.parametrize("row_type", [Ratio, dict[str, int], int])
def test_tables_that_it_cannot_read_exactly_have_no_reader(row_type: Any) -> None:
    """A whole number would be rounded to a double."""
    assert line_reader(TableSchema.of(row_type, json_cell)) is None


@pytest.mark.parametrize("row_type", [TargetEvent, Tracker, Transaction])
def test_long_listings_have_a_reader(row_type: Any) -> None:
    """The lookups with many rows are those where it counts."""
    assert line_reader(TableSchema.of(row_type, json_cell)) is not None
