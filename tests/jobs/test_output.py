"""Sealing: what comes out, in each format, and how exactly."""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.codec import decode_json, encode_json
from capillary_async.jobs import BulkJob, JobRefusedError, Lookup, find_lookup
from capillary_async.jobs.columns import Column
from capillary_async.jobs.output import Layout
from capillary_async.jobs.shapes import shape_of
from capillary_async.models import Customer, Id, Target, TargetEvent, TargetPeriodDefault, Tracker
from tests.jobs.fakes import FakeApi, expected, make_job

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")

INDIA = timezone(timedelta(hours=5, minutes=30))
EVENT = TargetEvent(
    event_log_id=2**63 - 1,
    event_name="TransactionAdd",
    event_date=datetime(2026, 1, 8, 10, 3, 21, 123456, tzinfo=INDIA),
    target_rule_id=79196,
    target_value=Decimal("2000.460"),
    extra={"newField": {"amount": Decimal("1.10"), "unit": "₹"}},
)


async def events(client: FakeApi, user_id: int, target_rule_id: int) -> list[TargetEvent]:
    """Return an event with everything, and one with nothing."""
    return [EVENT, TargetEvent(event_log_id=1)]


@attrs.frozen
class Price:
    """A row of a user's own."""

    number_: int
    amount: Decimal | None = None


async def plain(client: FakeApi, number: int) -> dict[str, object]:
    """Return what has no declared shape."""
    return {"number": number, "price": Decimal("1.10")}


async def run(directory: Path, name: str, keys: Any) -> BulkJob:
    """Make and run a job."""
    job = BulkJob.create(directory, f"tests.jobs.test_output:{name}", keys)
    await job.run(FakeApi())
    return job


# --- columns ---


def test_the_keys_columns_come_first_and_collisions_are_told_apart() -> None:
    """What was asked for and what was answered are two things."""
    layout = Layout.of(find_lookup("events"))

    assert layout.names[:4] == ("user_id", "target_rule_id", "period_id", "event_log_id")
    assert {"row_target_rule_id", "row_period_id", "extra"} < set(layout.names)
    assert len(set(layout.names)) == len(layout.names)


def test_rows_without_a_declared_shape_are_one_column() -> None:
    """A user's own function need not say what it returns."""
    lookup = Lookup("mine", plain, (Column("value", int),), Any)

    assert Layout.of(lookup).names == ("value", "row_value")


# --- formats ---


async def test_json_lines_keep_every_digit(tmp_path: Path) -> None:
    """`2000.460` is what the API sent."""
    job = await run(tmp_path / "job", "events", [(1, 2)])

    first, second = job.seal("jsonl").read_bytes().splitlines()

    assert b'"user_id":1,"target_rule_id":2,"event_log_id":9223372036854775807' in first
    assert b'"target_value":2000.460' in first
    assert b'"amount":1.10' in first
    assert decode_json(second)["target_value"] is None


async def test_csv_has_a_header_and_json_for_what_has_parts(tmp_path: Path) -> None:
    """Spreadsheets read it."""
    job = await run(tmp_path / "job", "events", [(1, 2)])

    with job.seal("csv").open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)

    assert first["user_id"] == "1"
    assert first["target_value"] == "2000.460"
    assert first["row_target_rule_id"] == "79196"
    assert json.loads(first["extra"]) == {"newField": {"amount": 1.1, "unit": "₹"}}
    assert second["target_value"] == ""


async def test_parquet_has_types(tmp_path: Path) -> None:
    """Nobody should have to cast money."""
    job = await run(tmp_path / "job", "events", [(1, 2)])

    table = pq.read_table(job.seal("parquet"))

    assert table.schema.field("target_value").type == pa.decimal128(38, 3)
    assert table.schema.field("event_date").type == pa.timestamp("us", "UTC")
    first, second = table.to_pylist()
    assert first["event_log_id"] == 2**63 - 1
    assert first["target_value"] == EVENT.target_value
    assert first["event_date"] == EVENT.event_date
    assert json.loads(first["extra"])["newField"]["unit"] == "₹"
    assert second["event_date"] is None
    assert second["extra"] == "{}"


async def test_parquet_of_rows_without_a_shape_is_json(tmp_path: Path) -> None:
    """Better text than a guess that fails on the millionth row."""
    job = await run(tmp_path / "job", "plain", [7])

    assert pq.read_table(job.seal("parquet")).to_pylist() == [{"number": 7, "value": '{"number":7,"price":1.10}'}]


async def test_an_output_without_rows_has_its_columns(tmp_path: Path) -> None:
    """Whoever loads it expects them."""
    job = make_job(tmp_path / "job", [10])
    await job.run(FakeApi())

    table = pq.read_table(job.seal("parquet"))

    assert table.num_rows == 0
    assert table.column_names == ["number", "row_number", "half", "name"]
    assert job.seal("jsonl").read_bytes() == b""
    assert job.seal("csv").read_text() == "number,row_number,half,name\n"


async def test_large_outputs_are_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory must not grow with the output."""
    monkeypatch.setattr("capillary_async.jobs.seal._CHUNK_BYTES", 500)
    monkeypatch.setattr("capillary_async.jobs.seal._GROUP_BYTES", 2000)
    job = make_job(tmp_path / "job")
    await job.run(FakeApi())

    path = job.seal("parquet")

    assert pq.ParquetFile(path).num_row_groups > 3
    rows = [(row["number"], row["name"]) for row in pq.read_table(path).to_pylist()]
    assert sorted(rows) == expected()


async def false(client: FakeApi, number: int) -> Price:
    """Return other than what is declared."""
    answers: list[Any] = [Price(2**63), Price(1, cast("Decimal", "much")), Price(cast("int", "two")), "nothing"]
    return cast("Price", answers[number])


@pytest.mark.parametrize(
    ("number", "message", "others"),
    [
        (0, "column number_: .* CSV and JSONL take any", True),
        (1, "column amount: .* CSV and JSONL take any", True),
        (2, "column number_: .* CSV and JSONL take any", True),
        (3, "declare what it really returns", False),
    ],
)
async def test_a_row_that_is_not_what_was_declared_is_refused_by_name(
    tmp_path: Path,
    number: int,
    message: str,
    others: bool,  # noqa: FBT001
) -> None:
    """A million lookups must not end in a traceback that quotes a customer."""
    job = await run(tmp_path / "job", "false", [number])

    with pytest.raises(JobRefusedError, match=message):
        job.seal("parquet")

    if others:
        job.seal("csv")


async def test_an_unknown_format_is_refused_by_name(tmp_path: Path) -> None:
    """A misspelling must say what there is."""
    job = await run(tmp_path / "job", "plain", [7])

    with pytest.raises(JobRefusedError, match="there is no format 'xlsx'; there are parquet, jsonl, csv"):
        job.seal(cast("Any", "xlsx"))


async def test_the_status_names_the_sealed_files(tmp_path: Path) -> None:
    """Scripts look for them."""
    job = await run(tmp_path / "job", "plain", [7])
    path = job.seal("csv")

    assert job.status().outputs == (path,)


# --- shapes ---


def through_parquet(hint: Any, values: list[Any]) -> tuple[Any, list[Any]]:
    """Send values of a type through JSON and an Arrow array; return its type and what came out."""
    shape = shape_of(hint)
    documents = [decode_json(encode_json(value)) for value in values]
    for document in documents:
        shape.measure(document)
    array = pa.array([shape.convert(document) for document in documents], shape.arrow(pa))
    return array.type, array.to_pylist()


decimals = st.decimals(allow_nan=False, allow_infinity=False)


@given(st.lists(st.one_of(st.none(), decimals, st.integers(-(2**63), 2**63 - 1).map(Decimal))))
def test_no_decimal_loses_a_digit(values: list[Decimal | None]) -> None:
    """Money, down to the last place, whatever an API may send."""
    kind, found = through_parquet(Decimal | None, values)

    for value, came in zip(values, found, strict=True):
        assert (came if came is None else Decimal(came)) == value
    if all(value is None or (abs(value) < 10**30 and int(value.as_tuple().exponent) >= -3) for value in values):
        assert kind == pa.decimal128(38, 3)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1.000", "2000.46"], "decimal128(38, 3)"),
        (["0.0001"], "decimal128(38, 4)"),
        (["1e34", "0.001"], "decimal128(38, 3)"),
        (["1e35", "0.001"], "decimal256(76, 3)"),
        (["1e73", "0.001"], "string"),
        (["1e-80"], "string"),
    ],
)
def test_a_decimal_column_is_as_wide_as_its_values_need(values: list[str], kind: str) -> None:
    """38 digits when they suffice, for that is what every reader knows."""
    found, _ = through_parquet(Decimal, [Decimal(value) for value in values])

    assert str(found) == kind


@given(st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.sampled_from([UTC, INDIA]))))  # noqa: DTZ001
def test_no_date_time_loses_its_moment(values: list[datetime]) -> None:
    """Whatever the cluster's clock."""
    _, found = through_parquet(datetime | None, values)

    assert found == values


def test_what_may_be_a_date_or_a_date_time_stays_text() -> None:
    """A date made a moment would be somebody's midnight."""
    values = [date(2025, 9, 5), datetime(2025, 9, 5, tzinfo=UTC), None]

    kind, found = through_parquet(datetime | date | None, values)

    assert kind == pa.string()
    assert found == ["2025-09-05", "2025-09-05T00:00:00Z", None]


def test_nested_models_are_nested_columns() -> None:
    """A profile's identifiers should be reachable in SQL."""
    kind = shape_of(Customer).arrow(pa)
    names = {kind.field(place).name for place in range(kind.num_fields)}

    assert names == {field.name for field in attrs.fields(Customer)}
    profile = kind.field("profiles").type.value_type
    assert profile.field("identifiers").type.value_type.field("value").type == pa.string()
    assert kind.field("extra").type == pa.string()


def test_objects_whose_keys_are_data_are_maps() -> None:
    """A target's defaults by period id."""
    kind, found = through_parquet(Mapping[int, TargetPeriodDefault] | None, [{62127: {"id": 1, "default_value": 1.5}}])

    assert pa.types.is_map(kind)
    assert kind.key_type == pa.int64()
    ((key, value),) = found[0]
    assert key == 62127
    assert value["default_value"] == Decimal("1.5")


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (bool | None, "bool"),
        (int, "int64"),
        (float, "double"),
        (str, "string"),
        (date | None, "date32[day]"),
        (Id | None, "int64"),
        (tuple[int, ...], "list<item: int64>"),
        (list[str], "list<item: string>"),
        (tuple[Any, ...], "string"),
        (Mapping[str, Any], "string"),
        (dict[str, bool], "map<string, bool>"),
        (int | str, "string"),
        (Any, "string"),
    ],
)
def test_every_kind_of_type_has_a_shape(hint: Any, kind: str) -> None:
    """What a model can declare, Parquet can hold."""
    assert str(shape_of(hint).arrow(pa)) == kind


@pytest.mark.parametrize("model", [Customer, Target, TargetEvent, Tracker])
def test_every_named_lookup_has_a_schema_of_its_own(model: type) -> None:
    """Nothing that is documented ends up as text by accident."""
    kind = shape_of(model).arrow(pa)

    assert kind.num_fields == len(attrs.fields(model))
