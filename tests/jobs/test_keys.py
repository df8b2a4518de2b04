"""Where keys come from, and what is refused before anything is sent."""

import io
import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.jobs import BulkJob, InvalidKeysError, JobRefusedError, find_lookup
from capillary_async.jobs.columns import Column
from capillary_async.jobs.keys import Deduplicator, KeyReader, count_keys
from capillary_async.jobs.sources import KeyFormat, Keys, source_of

EVENTS = find_lookup("events").columns
CUSTOMERS = find_lookup("customers").columns
LARGEST = 2**63 - 1


def read(keys: Keys, columns: tuple[Column, ...] = EVENTS, key_format: KeyFormat | None = None) -> list[Any]:
    """Return the keys that a source holds."""
    return [json.loads(line) for line in KeyReader(source_of(keys, key_format), columns)]


def written(tmp_path: Path, name: str, text: str | bytes) -> Path:
    """Write a key file."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- formats ---


@pytest.mark.parametrize(
    "text",
    [
        "user_id,target_rule_id\n1,2\n3,4\n",
        "target_rule_id,user_id\n2,1\n4,3\n",
        "name,user_id,target_rule_id,period_id\nAsha,1,2,\n,3,4,\n",
        "user_id,target_rule_id\r\n1,2\r\n3,4\r\n",
        "\ufeffuser_id,target_rule_id\n1,2\n\n3,4",
        ' user_id , target_rule_id \n" 1",2\n3 ,"4"\n',
    ],
    ids=["plain", "other order", "other columns", "windows", "byte order mark", "blanks"],
)
def test_csv_is_read_by_the_names_in_its_first_line(tmp_path: Path, text: str) -> None:
    """Exports have columns of their own, in an order of their own."""
    assert read(written(tmp_path, "keys.csv", text)) == [[1, 2, None], [3, 4, None]]


def test_an_optional_column_may_have_values(tmp_path: Path) -> None:
    """A period narrows an event listing."""
    path = written(tmp_path, "keys.csv", "user_id,target_rule_id,period_id\n1,2,9\n1,2,\n")

    assert read(path) == [[1, 2, 9], [1, 2, None]]


@pytest.mark.parametrize(
    "text",
    [
        '{"user_id": 1, "target_rule_id": 2}\n{"target_rule_id": "4", "user_id": 3, "name": "Asha"}\n',
        "[1, 2]\n\n[3, 4]",
        "[1, 2, null]\n[3, 4, null]\n",
    ],
)
def test_json_lines_are_objects_or_lists(tmp_path: Path, text: str) -> None:
    """Both are what tools write."""
    assert read(written(tmp_path, "keys.jsonl", text)) == [[1, 2, None], [3, 4, None]]


def test_a_key_of_one_column_may_stand_alone(tmp_path: Path) -> None:
    """A list of ids is the most common key file of all."""
    assert read(written(tmp_path, "keys.ndjson", '17\n"18"\n'), CUSTOMERS) == [[17], [18]]


def test_parquet_is_read_by_its_columns(tmp_path: Path) -> None:
    """Warehouses export it."""
    pa: Any = pytest.importorskip("pyarrow")
    pq: Any = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"name": ["a", "b"], "target_rule_id": [2, 4], "user_id": ["1", "3"]})
    pq.write_table(table, tmp_path / "keys.parquet")

    assert read(tmp_path / "keys.parquet") == [[1, 2, None], [3, 4, None]]


@pytest.mark.parametrize(
    "text",
    [
        b"user_id,target_rule_id\n1,2\n",
        b'"user_id","target_rule_id"\r\n"1","2"\r\n',
        b"[1, 2]\n",
        b'{"user_id":1,"target_rule_id":2}',
        b"\xef\xbb\xbf[1, 2]\n",
    ],
)
def test_a_stream_shows_its_format_by_its_beginning(text: bytes) -> None:
    """Standard input has no name."""
    assert read(io.BytesIO(text)) == [[1, 2, None]]


def test_a_stream_may_begin_with_a_text_of_json() -> None:
    """It is no header unless it names a column."""
    assert read(io.BytesIO(b'"17"\n"18"\n'), CUSTOMERS) == [[17], [18]]


def test_a_row_may_end_in_empty_cells(tmp_path: Path) -> None:
    """Spreadsheets write them."""
    assert read(written(tmp_path, "keys.csv", "user_id,target_rule_id\n1,2,, \n")) == [[1, 2, None]]


@pytest.mark.parametrize("keys", [[(1, 2)], [[1, 2, None]], [{"user_id": 1, "target_rule_id": 2}]])
def test_values_of_python_are_keys(keys: Keys) -> None:
    """Not every job comes from a file."""
    assert read(keys) == [[1, 2, None]]


# --- refusals ---


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("user_id,target_rule_id\n1,2\n1x,2\n", 3, "user_id", "line 3, column user_id: it is not a whole number"),
        ("user_id,target_rule_id\n0,2\n", 2, "user_id", "from 1 to 9223372036854775807"),
        ("user_id,target_rule_id\n9223372036854775808,2\n", 2, "user_id", "it is not a whole number"),
        ("user_id,target_rule_id\n1,1.0\n", 2, "target_rule_id", "it is not a whole number"),
        ("user_id,target_rule_id\n1,\u0662\n", 2, "target_rule_id", "it is not a whole number"),
        ("user_id,target_rule_id\n1,2\n1\n", 3, "target_rule_id", "it is empty"),
        ("user_id,target_rule_id\n1,2\n,2\n", 3, "user_id", "it is empty"),
        ("user_id\n1\n", 1, "target_rule_id", "there is no column target_rule_id in the first line"),
        ("", 1, "user_id", "there is no column user_id"),
        ("user_id,target_rule_id,user_id\n1,2,3\n", 1, "user_id", "several columns user_id"),
        ("user_id,target_rule_id\n", None, None, "there are no keys in it"),
        ('user_id,target_rule_id\n1,"2\n', 2, None, "line 2"),
        (b"user_id,target_rule_id\n1,2\n\xff,2\n", 3, None, "it is not UTF-8"),
        ("user_id,target_rule_id\n1,2,3\n", 2, None, "line 2: there are 3 cells, and 2 in the first line"),
    ],
)
def test_a_wrong_csv_file_is_refused_by_line_and_column(
    tmp_path: Path, text: str | bytes, line: int | None, column: str | None, message: str
) -> None:
    """One bad row among a million must be findable."""
    with pytest.raises(InvalidKeysError, match=message) as caught:
        read(written(tmp_path, "keys.csv", text))

    assert str(caught.value).startswith("keys.csv")
    assert caught.value.column == column
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]\n[1, 2\n", "line 2: it is not a JSON document"),
        ("[1]\n", "line 1: a key has user_id, target_rule_id, period_id"),
        ("[1, 2, 3, 4]\n", "line 1: a key has"),
        ("[1, true]\n", "line 1, column target_rule_id: it is not a whole number"),
        ("[1, 2.0]\n", "line 1, column target_rule_id: it is not a whole number"),
        ('{"user_id": 1}\n', "line 1, column target_rule_id: it is empty"),
        ("[" * 100_000, "line 1: it is not a JSON document"),
    ],
)
def test_a_wrong_json_file_is_refused_by_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    """One bad row among a million must be findable."""
    with pytest.raises(InvalidKeysError, match=message):
        read(written(tmp_path, "keys.jsonl", text))


def test_a_wrong_parquet_file_is_refused(tmp_path: Path) -> None:
    """A CSV file with the wrong name, say."""
    pytest.importorskip("pyarrow")

    with pytest.raises(InvalidKeysError, match="it is not a Parquet file"):
        read(written(tmp_path, "keys.parquet", "user_id\n1\n"))


def test_a_parquet_stream_is_refused() -> None:
    """Its end must be read first."""
    with pytest.raises(InvalidKeysError, match="write it to a file"):
        read(io.BytesIO(b"PAR1..."))


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """Guessing would read garbage."""
    with pytest.raises(InvalidKeysError, match="is it csv, jsonl, parquet"):
        read(written(tmp_path, "keys.txt", "user_id,target_rule_id\n1,2\n"))

    assert read(tmp_path / "keys.txt", key_format="csv") == [[1, 2, None]]


def test_the_message_does_not_quote_the_value(tmp_path: Path) -> None:
    """A wrong column may hold phone numbers, and messages end up in logs."""
    path = written(tmp_path, "keys.csv", "user_id,target_rule_id\n+4915112345678,2\n")

    with pytest.raises(InvalidKeysError) as caught:
        read(path)

    assert "4915112345678" not in str(caught.value)


def test_refused_keys_leave_no_job(tmp_path: Path) -> None:
    """The corrected file must be accepted in the same place."""
    with pytest.raises(InvalidKeysError):
        BulkJob.create(tmp_path / "job", "customers", [1, "x"])

    BulkJob.create(tmp_path / "job", "customers", [1, 2])


# --- duplicates ---


@given(st.lists(st.integers(1, 30)))
def test_each_key_is_kept_once_in_the_order_of_its_first_time(keys: list[int]) -> None:
    """The count of calls, and what they cost, depends on it."""
    if not keys:
        return
    source = source_of(keys)

    assert read(keys, CUSTOMERS) == [[key] for key in dict.fromkeys(keys)]
    assert count_keys(source, CUSTOMERS).duplicates == len(keys) - len(set(keys))


def test_a_full_disk_is_named_when_keys_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory for temporary files is often small."""
    database = sqlite3.connect("")

    def connect(_name: str, **_options: object) -> sqlite3.Connection:
        return database

    monkeypatch.setattr(sqlite3, "connect", connect)
    deduplicator = Deduplicator()
    database.execute("PRAGMA max_page_count=10")

    with pytest.raises(OSError, match="is full, in the directory for temporary files"):
        all(deduplicator.is_new(b"%4000d" % number) for number in range(100))

    deduplicator.close()


def test_keys_that_are_spelled_differently_are_the_same(tmp_path: Path) -> None:
    """A spreadsheet may add blanks and zeros."""
    path = written(tmp_path, "keys.csv", "customer_id\n17\n 17\n017\n")

    assert read(path, CUSTOMERS) == [[17]]


# --- columns from functions ---


async def by_text(client: object, code: str, shop: str | None = None, source: str = "INSTORE") -> str:
    """Look something up by texts."""
    return f"{code} {shop} {source}"


def nothing(client: object) -> None:
    """Take no key."""


def odd(client: object, when: float) -> None:
    """Take what no key file holds."""


def unannotated(client, when):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Take who knows what."""


def test_a_function_tells_its_columns() -> None:
    """Its parameters say everything already."""
    lookup = find_lookup("tests.jobs.test_keys:by_text")

    assert lookup.columns == (Column("code", str), Column("shop", str, is_required=False))
    assert lookup.row_type is str


@pytest.mark.parametrize("name", ["nothing", "odd", "unannotated"])
def test_a_function_that_takes_no_key_is_refused(name: str) -> None:
    """Better before the first request than after."""
    with pytest.raises(Exception, match=f"lookup tests.jobs.test_keys:{name}: "):
        find_lookup(f"tests.jobs.test_keys:{name}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("profiles", "there is no lookup 'profiles'; there are customers, trackers, active-targets, events"),
        (":fn", "there is no lookup ':fn'"),
        ("no_such_module:fn", "No module named 'no_such_module'"),
        ("tests.jobs.test_keys:missing", "has no attribute 'missing'"),
        ("tests.jobs.test_keys:LARGEST", "it is no function"),
    ],
)
def test_a_lookup_that_is_not_there_is_refused_by_name(name: str, message: str) -> None:
    """A misspelling must say what there is."""
    with pytest.raises(JobRefusedError, match=message):
        find_lookup(name)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def fn(client, number int): ...", "lookup faulty:fn: SyntaxError: "),
        ("{}['name']", "lookup faulty:fn: KeyError: 'name'"),
        ("raise SystemExit(0)", "lookup faulty:fn: SystemExit: 0"),
        ("def fn(client, number: 'in t'): ...", "lookup faulty:fn: Forward reference must be"),
        ("fn = min", "lookup faulty:fn: no signature"),
    ],
)
def test_a_module_that_is_wrong_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    """It is the user's own, and this is how they learn what is wrong with it."""
    (tmp_path / "faulty.py").write_text(source, "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "faulty", raising=False)

    with pytest.raises(JobRefusedError, match=message):
        find_lookup("faulty:fn")


@given(st.one_of(st.integers(), st.text(), st.none(), st.booleans(), st.floats(), st.lists(st.integers())))
def test_a_column_of_numbers_takes_numbers_and_nothing_else(raw: object) -> None:
    """Nothing is converted silently."""
    column = Column("id", int, least=1)
    try:
        value = column.read(raw)
    except ValueError:
        return

    assert isinstance(value, int)
    assert not isinstance(raw, bool)
    assert 1 <= value <= LARGEST
    assert int(str(raw)) == value


@pytest.mark.parametrize(("raw", "is_right"), [("x", True), (1, False), ("", False), (None, False), (["x"], False)])
def test_a_column_of_texts_takes_texts_and_nothing_else(raw: object, is_right: bool) -> None:  # noqa: FBT001
    """A number is no text: 007 and 7 are different codes."""
    read_column: Callable[[object], object] = Column("code", str).read
    if is_right:
        assert read_column(raw) == raw
    else:
        with pytest.raises(ValueError, match="it is"):
            read_column(raw)
