"""Exports: what comes out, in each format, and how exactly."""

import csv
import gzip
import io
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import attrs
import pytest

from capillary_async import Customer, Identifier, Profile, TargetEvent
from capillary_async.cli.output import Output
from capillary_async.codec import decode_json, encode_json
from capillary_async.codec.row_text import decode_part
from capillary_async.jobs import export
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.lookups import Lookup, find_lookup
from capillary_async.jobs.outcomes import Reason
from capillary_async.jobs.output import EXPORT_FORMATS, OutputSchema, row_objects
from capillary_async.jobs.records import Entry

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")

INDIA = timezone(timedelta(hours=5, minutes=30))
EVENT = TargetEvent(
    event_log_id=2**63 - 1,
    event_name="ADD_TRANSACTION",
    customer_id=387538614,
    event_date=datetime(2026, 1, 8, 10, 3, 21, 123456, tzinfo=INDIA),
    target_rule_id=79196,
    target_value=Decimal("2000.460"),
    extra={"newField": {"amount": Decimal("1.10"), "unit": "₹"}},
)
EVENTS = find_lookup("events")
KEY = (1, 2, None)


@attrs.frozen
class Price:
    """A row of a user's own, with members that are called like columns of its key."""

    id: int
    row_id: int
    amount: Decimal | None = None


@dataclass
class Ratio:
    """A row with a binary number."""

    ratio: float


async def prices(client: object, id: int) -> list[Price]:  # noqa: A002
    """Return rows of a class."""
    return []


async def ratios(client: object, number: int) -> list[Ratio]:
    """Return binary numbers."""
    return []


async def dicts(client: object, number: int) -> list[dict[str, Any]]:
    """Return dicts without a declared class."""
    return []


async def shares(client: object, number: int) -> dict[str, float]:
    """Return dicts whose values have a declared type."""
    return {}


async def anything(client: object, value: int) -> Any:
    """Return values without a declared type."""


async def moments(client: object, number: int) -> AsyncIterator[datetime]:
    """Return date-times."""
    yield datetime.now(UTC)


def stored(lookup: Lookup, *answers: tuple[tuple[Any, ...], list[Any]]) -> Callable[[], Iterable[Entry]]:
    """Return a function that reads rows as a job stores them; the lookup does not check the first answer."""
    lookup = attrs.evolve(lookup, is_checked=True)
    texts = [text for text in lookup.encode([rows for _, rows in answers]) if text is not None]
    rows = [rows for text in texts for rows in decode_part(text)]
    keys = [key for key, _ in answers]
    found = [Entry(number, key, "found", rows=each) for number, (key, each) in enumerate(zip(keys, rows, strict=True))]
    return lambda: iter(found)


def written(lookup: Lookup, target: Path, *answers: tuple[tuple[Any, ...], list[Any]], **options: Any) -> Path:
    """Export answers into a file whose name ends in the format."""
    outcomes = target.with_name("outcomes.csv")
    export.write(stored(lookup, *answers), lookup, target, outcomes, target.suffix[1:], **options)
    outcomes.unlink()
    return target


# --- columns ---


def test_the_keys_columns_come_first_and_collisions_are_told_apart() -> None:
    """The customer id of the key and that of the answer are two columns."""
    schema = OutputSchema(EVENTS.columns, EVENTS.row_type)
    names = schema.names_of(schema.members(()).names)

    assert schema.key_names == ("customer_id", "target_rule_id", "period_id")
    assert names["customer_id"] == "row_customer_id"
    assert names["event_log_id"] == "event_log_id"


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_a_member_that_is_called_like_a_key_never_disappears(tmp_path: Path, form: str) -> None:
    """One of `id` and `row_id` must not replace the other."""
    path = written(find_lookup(prices), tmp_path / f"out.{form}", ((5,), [Price(6, 7)]))

    assert first_of(path) == {"id": 5, "row_row_id": 6, "row_id": 7, "amount": None}


def first_of(path: Path) -> dict[str, Any]:
    """Return the first row of a file, with whole numbers as such."""
    if path.suffix == ".parquet":
        found: dict[str, Any] = pq.read_table(path).to_pylist()[0]
        return found
    if path.suffix == ".jsonl":
        document: dict[str, Any] = decode_json(path.read_bytes().splitlines()[0])
        return document
    with path.open(newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    return {name: int(value) if value.isdigit() else value or None for name, value in row.items()}


# --- formats ---


def test_json_lines_keep_every_digit(tmp_path: Path) -> None:
    """The API sent `2000.460`, so the file has all its digits."""
    path = written(EVENTS, tmp_path / "out.jsonl", (KEY, [EVENT, TargetEvent(event_log_id=1)]))

    first, second = path.read_bytes().splitlines()

    assert first.startswith(
        b'{"customer_id":1,"target_rule_id":2,"period_id":null,"event_log_id":9223372036854775807,"event_name":"ADD'
    )
    assert b'"target_value":2000.460' in first
    assert b'"amount":1.10' in first
    assert decode_json(second)["target_value"] is None


def test_csv_has_a_header_and_json_for_what_has_parts(tmp_path: Path) -> None:
    """Spreadsheets read a header and one line for each row."""
    path = written(EVENTS, tmp_path / "out.csv", (KEY, [EVENT, TargetEvent(event_log_id=1)]))

    with path.open(newline="", encoding="utf-8") as file:
        first, second = csv.DictReader(file)

    assert (first["customer_id"], first["row_customer_id"]) == ("1", "387538614")
    assert first["target_value"] == "2000.460"
    assert first["event_date"] == "2026-01-08T10:03:21.123456+05:30"
    assert json.loads(first["extra"]) == {"newField": {"amount": 1.1, "unit": "₹"}}
    assert (second["target_value"], second["extra"]) == ("", "")


def test_nested_members_are_columns_of_their_own(tmp_path: Path) -> None:
    """The command line writes the same customer in the same columns."""
    customer = Customer(id=7, profiles=(Profile(identifiers=(Identifier(type="mobile", value="1"),)),))

    row = first_of(written(find_lookup("customers"), tmp_path / "out.csv", ((7,), [customer])))

    assert "loyalty_info.lifetime_purchases" in row
    assert json.loads(row["profiles"])[0]["identifiers"][0]["value"] == "1"


async def test_the_command_line_and_a_job_write_the_same_cells(tmp_path: Path) -> None:
    """A user compares what the command line printed with what a job wrote."""
    customer = Customer(id=7, profiles=(Profile(fields={"a": [1]}),), slab_history=(), extra={"x": Decimal("1.50")})

    async def rows() -> AsyncIterator[object]:
        yield customer

    printed = io.StringIO()
    await Output(format="csv").write(rows(), Customer, printed)
    path = written(find_lookup("customers"), tmp_path / "out.csv", ((7,), [customer]))

    assert [line.partition(",")[2] for line in path.read_text().splitlines()] == printed.getvalue().splitlines()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a\rb", '"a\rb"'),
        ("a\nb", '"a\nb"'),
        ('a"b', '"a""b"'),
        ("a,b", '"a,b"'),
        ("a;b", "a;b"),
        (" a ", " a "),
    ],
)
def test_csv_quotes_what_a_reader_would_take_for_an_end(tmp_path: Path, text: str, cell: str) -> None:
    """A carriage return alone would break the row in two."""
    lookup = find_lookup(dicts)
    path = written(lookup, tmp_path / "out.csv", ((1,), [{"name": text}]))

    assert path.read_bytes() == f"number,name\n1,{cell}\n".encode()
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["number", "name"], ["1", text]]


def test_csv_can_guard_spreadsheets_against_formulas(tmp_path: Path) -> None:
    """A customer's name may be `=HYPERLINK(...)`; a negative number is not a formula."""
    rows = [{"name": "=1+1", "amount": Decimal(-5)}, {"name": "@x", "amount": None}, {"name": "x", "amount": 1}]
    lookup = find_lookup(dicts)

    safe = written(lookup, tmp_path / "safe.csv", ((1,), rows), csv_safe=True).read_text()
    plain = written(lookup, tmp_path / "plain.csv", ((1,), rows)).read_text()

    assert safe == "number,name,amount\n1,'=1+1,-5\n1,'@x,\n1,x,1\n"
    assert plain == "number,name,amount\n1,=1+1,-5\n1,@x,\n1,x,1\n"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_every_beginning_of_a_formula_is_guarded(tmp_path: Path, sign: str) -> None:
    """Spreadsheets skip white space, and take the wide forms of East Asian keyboards for the plain ones."""
    path = written(find_lookup(dicts), tmp_path / "out.csv", ((1,), [{"name": f"{sign}1"}]), csv_safe=True)

    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1] == ["1", f"'{sign}1"]


def test_parquet_has_types(tmp_path: Path) -> None:
    """Users must not have to cast amounts of money."""
    table = pq.read_table(written(EVENTS, tmp_path / "out.parquet", (KEY, [EVENT, TargetEvent(event_log_id=1)])))

    assert table.schema.field("target_value").type == pa.decimal128(38, 6)
    assert table.schema.field("event_date").type == pa.timestamp("us", "UTC")
    first, second = table.to_pylist()
    assert first["event_log_id"] == 2**63 - 1
    assert first["target_value"] == EVENT.target_value
    assert first["event_date"] == EVENT.event_date
    assert json.loads(first["extra"])["newField"]["unit"] == "₹"
    assert second["event_date"] is None
    assert second["extra"] == "{}"


def test_two_months_have_one_schema(tmp_path: Path) -> None:
    """Files of two months must concatenate, so the scale of decimals must not follow the data."""
    duckdb: Any = pytest.importorskip("duckdb")
    june = written(EVENTS, tmp_path / "june.parquet", (KEY, [TargetEvent(event_log_id=1, target_value=Decimal(1))]))
    july = written(
        EVENTS, tmp_path / "july.parquet", (KEY, [TargetEvent(event_log_id=2, target_value=Decimal("0.000001"))])
    )

    both = pa.concat_tables([pq.read_table(june), pq.read_table(july)])
    with duckdb.connect() as database:
        (total,) = database.execute(f"SELECT sum(target_value) FROM '{tmp_path}/ju*.parquet'").fetchone()

    assert sum(both["target_value"].to_pylist()) == total == Decimal("1.000001")


def test_a_date_before_1901_is_exact_in_every_format(tmp_path: Path) -> None:
    """Local mean time has seconds, which an ISO 8601 offset cannot say."""
    event = TargetEvent(event_log_id=1, event_date=datetime(1890, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")))

    (row,) = pq.read_table(written(EVENTS, tmp_path / "out.parquet", (KEY, [event]))).to_pylist()
    text = first_of(written(EVENTS, tmp_path / "out.jsonl", (KEY, [event])))["event_date"]

    assert row["event_date"] == event.event_date
    assert datetime.fromisoformat(text) == event.event_date


def test_a_float_is_a_double(tmp_path: Path) -> None:
    """A user's function may return binary numbers."""
    path = written(find_lookup(ratios), tmp_path / "out.parquet", ((1,), [Ratio(0.1), Ratio(5)]))

    assert pq.read_table(path)["ratio"].to_pylist() == [0.1, 5.0]
    assert str(pq.read_table(path).schema.field("ratio").type) == "double"


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_dicts_have_a_column_for_each_key_that_any_has(tmp_path: Path, form: str) -> None:
    """A later row may have keys that the first row does not have."""
    rows: list[tuple[tuple[Any, ...], list[Any]]] = [((1,), [{"a": 1}]), ((2,), [{"b": "x"}, {"a": 2, "b": None}])]

    assert first_of(written(find_lookup(dicts), tmp_path / f"out.{form}", *rows)) == {"number": 1, "a": 1, "b": None}


@pytest.mark.parametrize("value", [0.5, 1 / 3, 1])
def test_the_declared_values_of_dicts_decide_the_type_of_every_column(tmp_path: Path, value: float) -> None:
    """By their values, one month would have decimals and the next one doubles, and the files would not concatenate."""
    path = written(find_lookup(shares), tmp_path / "out.parquet", ((1,), [{"a": value}]), ((2,), [{"b": 2.0}]))

    assert [str(column.type) for column in pq.read_table(path).schema] == ["int64", "double", "double"]
    assert pq.read_table(path).to_pylist()[0] == {"number": 1, "a": value, "b": None}


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_rows_that_are_no_objects_are_one_column(tmp_path: Path, form: str) -> None:
    """A user's function need not declare what it returns, and a key's column may be called `value`."""
    lookup = find_lookup(anything)

    path = written(lookup, tmp_path / f"out.{form}", ((1,), ["x"]), ((2,), [{"a": 1}]))

    assert first_of(path) == {"value": 1, "row_value": '"x"' if form == "parquet" else "x"}


def test_rows_of_a_scalar_type_are_one_column_of_it(tmp_path: Path) -> None:
    """A function that returns dates has a column of dates."""
    lookup = find_lookup(moments)

    table = pq.read_table(written(lookup, tmp_path / "out.parquet", ((1,), [EVENT.event_date])))

    assert table["value"].to_pylist() == [EVENT.event_date]


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_an_output_without_rows_has_its_columns(tmp_path: Path, form: str) -> None:
    """The program that loads the file expects the columns."""
    path = written(find_lookup(prices), tmp_path / f"out.{form}")

    if form == "parquet":
        assert pq.read_table(path).column_names == ["id", "row_row_id", "row_id", "amount"]
    else:
        assert path.read_text() == ("id,row_row_id,row_id,amount\n" if form == "csv" else "")


def test_large_outputs_are_written_in_groups(tmp_path: Path) -> None:
    """Memory must not grow with the output."""
    answers = [((number,), [Price(number, 0)] * 3) for number in range(100)]

    path = written(find_lookup(prices), tmp_path / "out.parquet", *answers, chunk_bytes=500, group_bytes=2000)

    assert pq.ParquetFile(path).num_row_groups > 3
    assert pq.read_table(path)["id"].to_pylist() == [number for number in range(100) for _ in range(3)]


def test_rows_with_undocumented_fields_do_not_change_the_table(tmp_path: Path) -> None:
    """A chunk with undocumented fields is read by Python, and the chunks before it by pyarrow."""
    plain = [TargetEvent(event_log_id=number, target_value=Decimal("0.5")) for number in range(3)]
    answers = [((number, 2, None), [event, EVENT][: 1 + number % 2]) for number, event in enumerate(plain)]

    table = pq.read_table(written(EVENTS, tmp_path / "out.parquet", *answers))

    assert table["customer_id"].to_pylist() == [0, 1, 1, 2]
    assert table["event_log_id"].to_pylist() == [0, 1, 2**63 - 1, 2]
    assert [json.loads(text) for text in table["extra"].to_pylist()].count({}) == 3


def test_texts_have_dictionaries_and_numbers_do_not(tmp_path: Path) -> None:
    """Dictionaries of numbers that never repeat take a third of the time and a fifth of the file."""
    customer = Customer(id=7, profiles=(Profile(first_name="Asha", user_id=5),))
    path = written(find_lookup("customers"), tmp_path / "out.parquet", ((7,), [customer]))

    group = pq.ParquetFile(path).metadata.row_group(0)
    columns = {group.column(index).path_in_schema: group.column(index) for index in range(group.num_columns)}

    assert columns["customer_id"].has_dictionary_page
    assert columns["profiles.list.element.first_name"].has_dictionary_page
    assert not columns["profiles.list.element.user_id"].has_dictionary_page
    assert not columns["id"].has_dictionary_page


# --- refusals ---


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([Price(1, 2), Price(2**63, 0)], "id of row 1 does not fit .* CSV and JSON lines take any"),
        ([Price(1, 2, Decimal("1E-9"))], "amount of row 0 does not fit .*at most 6 decimal places"),
        ([Price(1, cast("int", "two"))], "row_id of row 0 does not fit .* a 64-bit whole number"),
        (["nothing"], "row 0 does not fit .* an object"),
    ],
)
def test_a_row_that_does_not_fit_parquet_is_named(tmp_path: Path, rows: list[Any], message: str) -> None:
    """The message must name the row and the column, and no value of a customer."""
    with pytest.raises(JobRefusedError, match=message) as caught:
        written(find_lookup(prices), tmp_path / "out.parquet", ((1,), rows))

    assert caught.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_row_that_is_no_object_is_refused_where_objects_are_declared(tmp_path: Path, form: str) -> None:
    """A row that is not an object has no columns."""
    with pytest.raises(JobRefusedError, match="declare what it really returns"):
        written(find_lookup(prices), tmp_path / f"out.{form}", ((1,), ["nothing"]))

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_by_name(tmp_path: Path) -> None:
    """The message lists the formats."""
    with pytest.raises(JobRefusedError, match="there is no format 'xlsx'; there are parquet, jsonl, csv"):
        written(EVENTS, tmp_path / "out.xlsx")


def test_a_value_in_an_unusual_form_is_read_the_long_way(tmp_path: Path) -> None:
    """The first day of year 1 is a text that Arrow does not read, but Python does."""
    event = TargetEvent(event_log_id=1, event_date=datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")))

    table = pq.read_table(written(EVENTS, tmp_path / "out.parquet", (KEY, [EVENT, event])))

    assert table["event_date"].cast(pa.int64()).to_pylist()[1] == -62135596800000000 - 21208 * 1000000


# --- rows and outcomes ---


def test_rows_can_be_read_at_any_time() -> None:
    """`bulk rows | head` must not wait until all rows are read, so each dict has its own members."""
    lookup = find_lookup(dicts)
    schema = OutputSchema(lookup.columns, lookup.row_type)
    read = stored(lookup, ((1,), [{"a": Decimal("1.50")}, {"number": 2}, {}, "x"]))

    assert [encode_json(row) for row in row_objects(read(), schema, None)] == [
        b'{"number":1,"a":1.50}',
        b'{"number":1,"row_number":2}',
        b'{"number":1}',
        b'{"number":1,"value":"x"}',
    ]


FOUND_AT = 1767830400
NO_SUCH_CUSTOMER = Reason("NotFoundError", 400, (310011,), "there is no such customer").to_json()
OUTCOMES = [
    Entry(1, (1, 2, None), "found", 1, FOUND_AT),
    Entry(2, (3, 4, 5), "not_found", 2, FOUND_AT, NO_SUCH_CUSTOMER),
    Entry(3, (6, 7, None)),
]
OUTCOME_COLUMNS = ["customer_id", "target_rule_id", "period_id", "status", "code", "reason", "requests", "when"]


def outcomes_written(outcomes: list[Entry], lookup: Lookup, path: Path, **options: Any) -> Path:
    """Export outcomes without rows."""
    export.write(lambda: outcomes, lookup, path.with_name("out.jsonl"), path, "jsonl", **options)
    return path


def test_outcomes_say_what_came_of_each_key(tmp_path: Path) -> None:
    """A user who gives a list of customers wants the status of each of them."""
    path = outcomes_written(OUTCOMES, EVENTS, tmp_path / "outcomes.csv")

    assert path.read_text().splitlines() == [
        ",".join(OUTCOME_COLUMNS),
        "1,2,,found,,,1,2026-01-08T00:00:00Z",
        "3,4,5,not_found,310011,NotFoundError: there is no such customer,2,2026-01-08T00:00:00Z",
        "6,7,,pending,,,0,",
    ]


def test_outcomes_in_parquet_have_types(tmp_path: Path) -> None:
    """The table is joined with others, so its columns must have types."""
    table = pq.read_table(outcomes_written(OUTCOMES, EVENTS, tmp_path / "outcomes.parquet"))

    assert table.column_names == OUTCOME_COLUMNS
    assert [str(table.schema.field(name).type) for name in ("customer_id", "code", "requests")] == ["int64"] * 3
    assert table.schema.field("when").type == pa.timestamp("us", "UTC")
    assert table["status"].to_pylist() == ["found", "not_found", "pending"]
    assert table["code"].to_pylist() == [None, 310011, None]
    assert table["when"].to_pylist() == [datetime(2026, 1, 8, tzinfo=UTC)] * 2 + [None]


def test_outcomes_in_parquet_are_written_in_batches(tmp_path: Path) -> None:
    """Memory must not grow with the number of keys."""
    path = outcomes_written(OUTCOMES, EVENTS, tmp_path / "outcomes.parquet", chunk_bytes=256)

    assert pq.read_table(path)["customer_id"].to_pylist() == [1, 3, 6]


def test_outcomes_may_have_a_key_that_is_called_like_one_of_their_columns(tmp_path: Path) -> None:
    """A user's function may look up by `code`."""

    async def by_code(client: object, code: str) -> int:
        return 1

    path = outcomes_written(
        [Entry(1, ("=x",), "found", 1)], find_lookup(by_code), tmp_path / "outcomes.csv", csv_safe=True
    )

    assert path.read_text() == "code,status,row_code,reason,requests,when\n'=x,found,,,1,\n"


# --- targets ---


def test_a_failed_export_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    """The next program must not load half a file."""
    path = written(find_lookup(dicts), tmp_path / "out.csv", ((1,), [{"a": 1}]))
    before = path.read_bytes()

    def broken() -> Iterable[Entry]:
        yield Entry(1, (1,), "found", rows=b'{"a":1}')
        raise OSError("the disk failed")

    with pytest.raises(OSError, match="the disk failed"):
        export.write(broken, find_lookup(dicts), path, tmp_path / "outcomes.csv", "csv")

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk may show only when the file is synced."""

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        written(EVENTS, tmp_path / "out.parquet", (KEY, [EVENT]))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_that_fills_up_at_the_end_leaves_neither_file(tmp_path: Path) -> None:
    """The rows of a new export beside the outcomes of an old one contradict each other."""
    import resource  # noqa: PLC0415  (Windows does not have it)

    entries = [Entry(number, (number, 1, None), "empty") for number in range(3000)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            export.write(lambda: iter(entries), EVENTS, tmp_path / "out.csv", tmp_path / "outcomes.csv", "csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_an_export(tmp_path: Path) -> None:
    """The rows are about customers."""
    assert written(EVENTS, tmp_path / "out.csv", (KEY, [EVENT])).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_whose_name_ends_in_gz_is_compressed(tmp_path: Path, form: str) -> None:
    """A million rows as text are large, and programs recognise gzip by the name."""
    plain, packed = tmp_path / f"out.{form}", tmp_path / f"out.{form}.gz"

    for path in (plain, packed):
        export.write(stored(EVENTS, (KEY, [EVENT])), EVENTS, path, tmp_path / "outcomes.csv", form)

    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


def test_a_name_that_belies_the_format_is_refused(tmp_path: Path) -> None:
    """The program that loads `june.parquet` expects Parquet."""
    with pytest.raises(JobRefusedError, match=r"a file that ends in \.parquet cannot be written as csv"):
        export.write(stored(EVENTS), EVENTS, tmp_path / "june.parquet", tmp_path / "outcomes.csv", "csv")
    with pytest.raises(JobRefusedError, match="Parquet is compressed already"):
        export.write(stored(EVENTS), EVENTS, tmp_path / "june.parquet.gz", tmp_path / "outcomes.csv", "parquet")

    assert list(tmp_path.iterdir()) == []


def test_an_export_may_go_to_a_url() -> None:
    """Users keep exports in object stores."""
    fsspec: Any = pytest.importorskip("fsspec")

    places = ("memory://out/june.parquet", "memory://out/june.outcomes.csv")
    export.write(stored(EVENTS, (KEY, [EVENT])), EVENTS, *places, "parquet")

    with fsspec.open("memory://out/june.parquet", "rb") as file:
        assert pq.read_table(io.BytesIO(file.read())).num_rows == 1
