"""The columns of a table depend on the class of its rows, and the values are exact."""

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async import ConfigurationError, Customer, GroupMember, TableError, Target, TargetEvent, Tracker
from capillary_async.codec import json_cell
from capillary_async.codec.records import record_cell, record_decoder
from capillary_async.codec.row_text import decode_rows, encode_rows
from capillary_async.models.members import members_of
from capillary_async.tables import TableSchema
from tests.tables.rows import (
    Colour,
    DataRow,
    Empty,
    HoldsEmpty,
    Level,
    Mixed,
    ModelRow,
    NamedRow,
    Part,
    Row,
    Tree,
    TypedRow,
)

pa: Any = pytest.importorskip("pyarrow")

INDIA = timezone(timedelta(hours=5, minutes=30))
FULL = Row(
    whole=2**63 - 1,
    money=Decimal("2000.460"),
    precise=Decimal("0.123456789"),
    double=0.1,
    flag=True,
    text="₹",
    colour=Colour.RED,
    level=Level.ONE,
    mixed=Mixed.TWO,
    choice="b",
    day=date(1, 1, 1),
    moment=datetime(2026, 1, 8, 10, 3, 21, 123456, tzinfo=INDIA),
    either=date(2026, 1, 8),
    part=Part("x", Decimal("1.5")),
    parts=(Part("y"), Part("z", Decimal(2))),
    numbers=[1, 2],
    by_id={62127: Part("m")},
    free={"a": [Decimal("1.10")]},
    pair=(1, "x"),
    either_type="t",
    anything={"b": None},
)
SHOWN = {
    "whole": 2**63 - 1,
    "money": Decimal("2000.46"),
    "precise": Decimal("0.123456789"),
    "double": 0.1,
    "flag": True,
    "text": "₹",
    "colour": "R",
    "level": 1,
    "mixed": '"two"',
    "choice": "b",
    "day": date(1, 1, 1),
    "moment": datetime(2026, 1, 8, 4, 33, 21, 123456, tzinfo=UTC),
    "either": "2026-01-08",
    "part": {"code": "x", "amount": Decimal("1.5")},
    "parts": [{"code": "y", "amount": None}, {"code": "z", "amount": Decimal(2)}],
    "numbers": [1, 2],
    "by_id": [(62127, {"code": "m", "amount": None})],
    "free": '{"a":[1.10]}',
    "pair": '[1,"x"]',
    "either_type": '"t"',
    "anything": '{"b":null}',
}


def changed(**values: Any) -> Row:
    """Return a full row with other values of any type."""
    evolve: Any = attrs.evolve
    found: Row = evolve(FULL, **values)
    return found


def rows_of(row_type: Any, rows: Sequence[Any], number: int = 0) -> list[dict[str, Any]]:
    """Return what a batch of the rows holds."""
    found: list[dict[str, Any]] = TableSchema.of(row_type, json_cell).batch(rows, number).to_pylist()
    return found


# --- types ---


def test_each_declared_type_has_its_arrow_type() -> None:
    """Files of two months must have the same schema, so it must not depend on the rows."""
    schema = TableSchema.of(Row, json_cell).arrow

    assert {field.name: str(field.type) for field in schema} == {
        "whole": "int64",
        "money": "decimal128(38, 6)",
        "precise": "decimal128(38, 9)",
        "double": "double",
        "flag": "bool",
        "text": "string",
        "colour": "string",
        "level": "int64",
        "mixed": "string",
        "choice": "string",
        "day": "date32[day]",
        "moment": "timestamp[us, tz=UTC]",
        "either": "string",
        "part": "struct<code: string, amount: decimal128(38, 6)>",
        "parts": "list<item: struct<code: string, amount: decimal128(38, 6)>>",
        "numbers": "list<item: int64>",
        "by_id": "map<int64, struct<code: string, amount: decimal128(38, 6)>>",
        "free": "string",
        "pair": "string",
        "either_type": "string",
        "anything": "string",
    }


def test_values_come_back_as_they_were() -> None:
    """No value may be rounded, shifted or dropped."""
    assert rows_of(Row, [FULL, Row()]) == [SHOWN, dict.fromkeys(SHOWN) | {"whole": 0}]


def test_stored_json_makes_the_same_table_as_the_rows_themselves() -> None:
    """A listing and a job must write the same file."""
    text = encode_rows([FULL, Row()])
    read = record_decoder(Row)

    assert read is not None
    assert TableSchema.of(Row, record_cell).batch(read([text])[0]) == TableSchema.of(Row, json_cell).batch(
        [FULL, Row()]
    )
    assert rows_of(Row, decode_rows(text)) == rows_of(Row, [FULL, Row()])


@pytest.mark.parametrize(
    ("row_type", "row", "shown"),
    [
        (DataRow, DataRow(1, 0.5, ["x"]), {"id": 1, "ratio": 0.5, "tags": ["x"]}),
        (TypedRow, TypedRow(id=1), {"id": 1, "name": None}),
        (NamedRow, NamedRow(1, "x"), {"id": 1, "name": "x"}),
        (ModelRow, ModelRow(id=1), {"id": 1, "amount": None, "seen": None, "extra": "{}"}),
        (int, 5, {"value": 5}),
        (Any, {"a": 1}, {"value": '{"a":1}'}),
    ],
)
def test_every_way_to_declare_a_class_is_taken(row_type: Any, row: Any, shown: dict[str, Any]) -> None:
    """Users declare rows with different libraries."""
    assert rows_of(row_type, [row]) == [shown]


@pytest.mark.parametrize("model", [Customer, Target, TargetEvent, Tracker, GroupMember])
def test_every_model_has_a_schema_of_its_own(model: type) -> None:
    """Documented values must have typed columns."""
    schema = TableSchema.of(model, json_cell)

    assert list(schema.columns) == [field.name for field in attrs.fields(model)]
    assert schema.batch([]).num_rows == 0


@pytest.mark.parametrize(
    ("row_type", "message"),
    [(Tree, "Tree contains itself"), (Empty, "Empty declares no members"), (HoldsEmpty, "Empty declares no members")],
)
def test_a_class_without_an_end_or_a_beginning_is_refused(row_type: Any, message: str) -> None:
    """The error must come before the first request, not after the last."""
    with pytest.raises(TableError, match=message):
        TableSchema.of(row_type, json_cell)


# --- values ---


@given(st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, INDIA]))))  # noqa: DTZ001
def test_no_date_time_loses_its_moment(values: list[datetime]) -> None:
    """The conversion to UTC must be exact for every time zone."""
    assert [row["seen"] for row in rows_of(ModelRow, [ModelRow(id=1, seen=value) for value in values])] == values


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Amsterdam", "Africa/Monrovia"])
@pytest.mark.parametrize("year", [1, 1890, 1900, 1936, 1971])
def test_local_mean_time_keeps_its_seconds(zone: str, year: int) -> None:
    """Before 1901 offsets have seconds, which ISO 8601 cannot represent."""
    moment = datetime(year, 1, 3, 12, tzinfo=ZoneInfo(zone))
    rows = [ModelRow(id=1, seen=moment)]

    assert rows_of(ModelRow, rows)[0]["seen"] == moment
    assert rows_of(ModelRow, decode_rows(encode_rows(rows)))[0]["seen"] == moment


def test_the_first_day_of_all_is_exact() -> None:
    """Services send this day for "never", and Python cannot convert it to UTC."""
    rows = [ModelRow(id=1, seen=datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")))]

    direct = TableSchema.of(ModelRow, json_cell).batch(rows)
    stored = TableSchema.of(ModelRow, json_cell).batch(decode_rows(encode_rows(rows)))

    assert direct == stored
    assert direct["seen"].cast(pa.int64()).to_pylist() == [-62135596800000000 - 21208 * 1000000]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**30), max_value=10**30))
def test_no_decimal_loses_a_digit(value: Decimal) -> None:
    """Amounts of money must stay exact."""
    assert rows_of(ModelRow, [ModelRow(id=1, amount=value)])[0]["amount"] == value


@pytest.mark.parametrize(
    ("row", "place", "expected"),
    [
        (Row(money=Decimal("1E-7")), "money", "at most 6 decimal places"),
        (Row(money=Decimal("1E+40")), "money", "32 digits before"),
        (Row(money=Decimal("NaN")), "money", "a number"),
        (changed(money=1.5), "money", "a number"),
        (Row(whole=2**63), "whole", "a 64-bit whole number"),
        (changed(whole=1.5), "whole", "a 64-bit whole number"),
        (changed(whole=True), "whole", "a 64-bit whole number"),
        (changed(double=2**60 + 1), "double", "a number that a double holds"),
        (changed(double=True), "double", "a number"),
        (changed(flag=1), "flag", "true or false"),
        (changed(text=1), "text", "a text"),
        (Row(text="\ud800"), "text", "a text"),
        (changed(day=datetime(2026, 1, 1, tzinfo=UTC)), "day", "a date"),
        (changed(day=5), "day", "a date"),
        (Row(moment=datetime(2026, 1, 1)), "moment", "with a time zone"),  # noqa: DTZ001
        (changed(part="x"), "part", "an object"),
        (changed(part=SimpleNamespace(code="x")), "part", "a member amount"),
        (changed(numbers="12"), "numbers", "a list"),
        (Row(numbers=[1, 2**63]), r"numbers\[1\]", "a 64-bit whole number"),
        (Row(parts=(Part("a"), Part("b", Decimal("1E-9")))), r"parts\[1\].amount", "a number"),
        (Row(by_id={1: Part("a", Decimal("1E-9"))}), r"by_id\[...\].amount", "a number"),
        (changed(by_id=[1]), "by_id", "an object"),
        (Row(anything=object()), "anything", "a value that JSON can represent"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_row_and_path(row: Row, place: str, expected: str) -> None:
    """Pyarrow would silently make 1.5 an integer and drop the time of a date-time."""
    with pytest.raises(TableError, match=f"^{place} of row 42 does not fit the table: expected .*{expected}") as caught:
        rows_of(Row, [FULL, Row(), row], 40)

    assert caught.value.row == 42
    assert caught.value.__context__ is None


def test_the_message_holds_no_value() -> None:
    """The value may be a customer's phone number."""
    with pytest.raises(TableError) as caught:
        rows_of(Row, [changed(whole="+4915112345678")])

    assert "4915112345678" not in str(caught.value)


def test_a_row_that_is_no_object_is_named() -> None:
    """A user's function may return rows of another type than declared."""
    with pytest.raises(TableError, match=r"^row 1 does not fit the table: expected an object"):
        rows_of(Row, [FULL, "x"])


def test_missing_parts_are_null_at_every_depth() -> None:
    """Most customers lack some parts."""
    assert (
        rows_of(Customer, [Customer(id=1), {"id": 2, "profiles": [{"source": "INSTORE"}, None]}])[1]["profiles"][0][
            "source"
        ]
        == "INSTORE"
    )


# --- dicts ---


def test_dicts_have_a_column_for_each_key_that_any_has() -> None:
    """`fetch` and `paginate` return dicts whose keys may differ."""
    rows = [{"id": 1, "amount": Decimal("1.5")}, {"id": 2, "name": "x", "tags": ["a"], "amount": 3}]

    table = TableSchema.of_dicts(rows, json_cell).table(rows)

    assert [str(field.type) for field in table.schema] == ["int64", "decimal128(38, 6)", "string", "string"]
    assert table.to_pylist()[1] == {"id": 2, "amount": Decimal(3), "name": "x", "tags": '["a"]'}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None], "int64"),
        ([True], "bool"),
        ([1.5, 2], "double"),
        ([None], "string"),
        (["x"], "string"),
        ([1, "x"], "string"),
        ([2**63], "string"),
        ([Decimal("0.3333333333333333"), 1], "double"),
        ([Decimal("0.33333333333333333333")], "string"),
        ([Decimal("1E+400")], "string"),
        ([10**400, Decimal("0.5")], "string"),
        ([Decimal("1.5"), 1], "decimal128(38, 6)"),
        ([datetime(2026, 1, 1, tzinfo=UTC)], "timestamp[us, tz=UTC]"),
    ],
)
def test_a_key_of_dicts_has_the_type_that_holds_its_values(values: list[Any], kind: str) -> None:
    """A value without an exact column must become JSON, not an error after a long run."""
    rows = [{"key": value} for value in values]

    table = TableSchema.of_dicts(rows, json_cell).table(rows)

    assert str(table.schema.field("key").type) == kind


def test_keys_that_come_late_are_kept_in_a_last_column() -> None:
    """A stream has a fixed schema after its first batch."""
    schema = TableSchema.of_dicts([{"id": 1, "extra": 2}], json_cell, has_more_rows=True)

    assert schema.batch([{"id": 1, "extra": 5, "new": 0.5}]).to_pylist() == [
        {"id": 1, "extra": 5, "extra_": '{"new":0.5}'}
    ]


def test_rows_of_no_class_that_are_no_dicts_are_one_column() -> None:
    """A list of ids is a table with one column."""
    rows = [1, "x"]

    assert TableSchema.of_dicts(rows, json_cell).table(rows).to_pylist() == [{"value": "1"}, {"value": '"x"'}]


def test_a_missing_pyarrow_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users often forget to install the extra."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'capillary-async\[parquet\]'"):
        TableSchema.of(ModelRow, json_cell)


@pytest.mark.parametrize("value", [5, "soon", "2026-01-08T00:00:00"])
def test_an_instant_is_a_date_time_with_a_zone_and_nothing_else(value: Any) -> None:
    """A number has no known unit, and a text without a zone has no known offset."""
    with pytest.raises(TableError, match="a date-time with a time zone"):
        rows_of(ModelRow, [changed_model(seen=value)])


def changed_model(**values: Any) -> ModelRow:
    """Return a row with values of any type."""
    build: Any = ModelRow
    found: ModelRow = build(id=1, **values)
    return found


def test_a_key_that_is_no_number_is_refused_in_a_map_of_numbers() -> None:
    """JSON keys are strings, so a key may fail to be a number."""
    with pytest.raises(TableError, match=r"by_id\[...\] of row 0 does not fit"):
        rows_of(Row, [{"whole": 1, "by_id": {"x": None}}])


def test_a_row_without_a_declared_annotation_names_it() -> None:
    """A misspelled annotation must be reported when the schema is made."""

    class Odd(TypedDict):
        """A class with an annotation that cannot be resolved."""

        id: "Nothing"  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(TypeError, match="Odd has an annotation that cannot be resolved"):
        members_of(Odd)
