"""Where keys come from, and what is refused before anything is sent."""

import gzip
import io
import json
import resource
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async import ConfigurationError
from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.key_columns import KeyColumn
from capillary_async.jobs.key_files import KeyFormat, Keys, name_of, path_of, read_keys

LARGEST = 2**63 - 1


@attrs.frozen
class KeyedBy:
    """The part of a lookup that key files use."""

    columns: tuple[KeyColumn, ...]


EVENTS = KeyedBy(
    (
        KeyColumn("customer_id", int, least=1),
        KeyColumn("target_rule_id", int, least=1),
        KeyColumn("period_id", int, is_required=False, least=1),
    )
)
CUSTOMERS = KeyedBy((KeyColumn("customer_id", int, least=1),))
MOBILES = KeyedBy((KeyColumn("mobile", str, takes_numbers=True),))


def read(
    keys: Keys,
    lookup: KeyedBy = EVENTS,
    key_format: KeyFormat | None = None,
    mapping: Mapping[str, str] | None = None,
) -> list[list[Any]]:
    """Return the keys that a source holds."""
    return [list(key) for _, key in read_keys(keys, lookup, key_format=key_format, mapping=mapping)]


def written(tmp_path: Path, name: str, text: str | bytes) -> Path:
    """Write a key file."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- formats ---


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,target_rule_id\n1,2\n3,4\n",
        "target_rule_id,customer_id\n2,1\n4,3\n",
        "name,customer_id,target_rule_id,period_id\nAsha,1,2,\n,3,4,\n",
        "customer_id,target_rule_id\r\n1,2\r\n3,4\r\n",
        "\ufeffcustomer_id,target_rule_id\n1,2\n\n3,4",
        ' customer_id , target_rule_id \n" 1",2\n3 ,"4"\n',
        "customer_id;target_rule_id\n1;2\n3;4\n",
        "customer_id\ttarget_rule_id\n1\t2\n3\t4\n",
        '"customer_id";"target_rule_id"\n"1";"2"\n3;4\n',
        "user_id,target_rule_id\n1,2\n3,4\n",
    ],
    ids=[
        "plain",
        "other order",
        "other columns",
        "windows",
        "mark",
        "blanks",
        "semicolons",
        "tabs",
        "quoted",
        "synonym",
    ],
)
def test_csv_is_read_by_the_names_in_its_first_line(tmp_path: Path, text: str) -> None:
    """Other programs' files differ in columns, order and separators."""
    assert read(written(tmp_path, "keys.csv", text)) == [[1, 2, None], [3, 4, None]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("is_compressed", [False, True])
def test_the_encoding_is_told_by_the_first_bytes(tmp_path: Path, encoding: str, is_compressed: bool) -> None:  # noqa: FBT001
    """A spreadsheet's "Unicode text" is UTF-16, and large files come compressed."""
    text = "customer_id;target_rule_id;name\r\n1;2;Zoë\r\n".encode(encoding)
    name = "keys.csv.gz" if is_compressed else "keys.csv"

    assert read(written(tmp_path, name, gzip.compress(text) if is_compressed else text)) == [[1, 2, None]]


def test_an_optional_column_may_have_values(tmp_path: Path) -> None:
    """A period narrows an event listing."""
    path = written(tmp_path, "keys.csv", "customer_id,target_rule_id,period_id\n1,2,9\n1,2,\n")

    assert read(path) == [[1, 2, 9], [1, 2, None]]


@pytest.mark.parametrize(
    "text",
    [
        '{"customer_id": 1, "target_rule_id": 2}\n{"target_rule_id": "4", "customer_id": 3, "name": "Asha"}\n',
        "[1, 2]\n\n[3, 4]",
        "[1, 2, null]\n[3, 4, null]\n",
        "[1.0, 2.000]\n[3, 4]\n",
    ],
)
def test_json_lines_are_objects_or_lists(tmp_path: Path, text: str) -> None:
    """Tools write both forms."""
    assert read(written(tmp_path, "keys.jsonl", text)) == [[1, 2, None], [3, 4, None]]


def test_a_key_of_one_column_may_stand_alone(tmp_path: Path) -> None:
    """A list of ids is the most common key file."""
    assert read(written(tmp_path, "keys.ndjson", '17\n"18"\n'), CUSTOMERS) == [[17], [18]]


def test_parquet_is_read_by_its_columns(tmp_path: Path) -> None:
    """Warehouses export Parquet, often with ids as `DECIMAL(38, 0)`."""
    pa: Any = pytest.importorskip("pyarrow")
    pq: Any = pytest.importorskip("pyarrow.parquet")
    ids = pa.array([Decimal(1), Decimal(3)], pa.decimal128(38, 0))
    table = pa.table({"name": ["a", "b"], "target_rule_id": [2.0, 4.0], "customer_id": ids})
    pq.write_table(table, tmp_path / "keys.parquet")

    assert read(tmp_path / "keys.parquet") == [[1, 2, None], [3, 4, None]]


def test_a_url_is_read_by_fsspec(tmp_path: Path) -> None:
    """Users keep key files in object stores."""
    fsspec: Any = pytest.importorskip("fsspec")
    with fsspec.open("memory://keys/june.csv.gz", "wb") as file:
        file.write(gzip.compress(b"customer_id\n17\n"))

    assert read("memory://keys/june.csv.gz", CUSTOMERS) == [[17]]
    assert name_of("s3://bucket/june.csv?X-Amz-Signature=secret") == "june.csv"
    assert name_of("memory://june.csv") == "june.csv"
    assert path_of("s3://bucket/june.csv") is None
    assert path_of(tmp_path / "june.csv") == tmp_path / "june.csv"


def test_a_url_of_an_unknown_kind_says_what_is_missing() -> None:
    """The message names the protocol that is not supported."""
    pytest.importorskip("fsspec")

    with pytest.raises(Exception, match="no way to open this URL"):
        read("nowhere://place/keys.csv", CUSTOMERS)


@pytest.mark.parametrize(
    "text",
    [
        b"customer_id,target_rule_id\n1,2\n",
        b'"customer_id","target_rule_id"\r\n"1","2"\r\n',
        b"[1, 2]\n",
        b'{"customer_id":1,"target_rule_id":2}',
        b"\xef\xbb\xbf[1, 2]\n",
        gzip.compress(b"[1, 2]\n"),
    ],
)
def test_a_stream_shows_its_format_by_its_beginning(text: bytes) -> None:
    """Standard input has no name that tells the format."""
    assert read(io.BytesIO(text)) == [[1, 2, None]]


def test_a_stream_may_begin_with_a_text_of_json() -> None:
    """A quoted text is a header only if it names a column."""
    assert read(io.BytesIO(b'"17"\n"18"\n'), CUSTOMERS) == [[17], [18]]


def test_a_row_may_end_in_empty_cells(tmp_path: Path) -> None:
    """Spreadsheets write empty cells."""
    assert read(written(tmp_path, "keys.csv", "customer_id,target_rule_id\n1,2,, \n")) == [[1, 2, None]]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\ncustomer_id;name\n1;x,y\n",
        '"sep=,"\r\ncustomer_id,name\r\n1,x\r\n',
        "sep=\t\ncustomer_id\tname\n1\tx\n",
        "\n  \ncustomer_id;name\n1;x\n",
    ],
)
def test_lines_above_the_header_are_skipped_and_counted(tmp_path: Path, text: str) -> None:
    """Reports begin with an empty line, or with one that tells spreadsheets the separator."""
    assert read(written(tmp_path, "keys.csv", text), CUSTOMERS) == [[1]]
    line = len(text.splitlines()) + 1
    with pytest.raises(InvalidKeysError, match=f"line {line}, column customer_id"):
        read(written(tmp_path, "keys.csv", f"{text}x\n"), CUSTOMERS)


@pytest.mark.parametrize("row", [";;", " ; ;", '"";', "   "])
def test_empty_rows_of_a_spreadsheet_are_no_keys(tmp_path: Path, row: str) -> None:
    """Deleting the contents of a row leaves its separators behind."""
    assert read(written(tmp_path, "keys.csv", f"customer_id;name;\n1;Asha;\n{row}\n2;;\n"), CUSTOMERS) == [[1], [2]]


@pytest.mark.parametrize("text", ["customer_id\n1\n", "\ufeffcustomer_id\n1\n", '{"customer_id": 1}\n'])
def test_a_text_stream_is_read_as_it_is_and_stays_open(text: str) -> None:
    """`open("keys.csv")` is what most people write."""
    stream = io.StringIO(text)

    assert read(stream, CUSTOMERS) == [[1]]
    assert not stream.closed


def test_a_text_stream_of_another_encoding_is_refused(tmp_path: Path) -> None:
    """The program has chosen the encoding, so the file is not looked at."""
    with (
        written(tmp_path, "keys.csv", b"customer_id\n\xff\n").open(encoding="utf-8") as stream,
        pytest.raises(InvalidKeysError, match=r"^keys.csv: it is not UTF-8 to its end"),
    ):
        read(stream, CUSTOMERS)


@pytest.mark.parametrize("bits", [16, 32])
def test_a_column_of_narrow_floats_is_refused(tmp_path: Path, bits: int) -> None:
    """With 32 bits 387538614 is 387538624, another customer."""
    pa: Any = pytest.importorskip("pyarrow")
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"id": pa.array([512.0]).cast(getattr(pa, f"float{bits}")())})
    parquet.write_table(table, tmp_path / "keys.parquet")

    for keys in (table, tmp_path / "keys.parquet"):
        with pytest.raises(InvalidKeysError, match="column id: numbers of 32 bits or fewer have lost digits"):
            read(keys, CUSTOMERS)


@pytest.mark.parametrize("keys", [[(1, 2)], [[1, 2, None]], [{"customer_id": 1, "target_rule_id": 2}]])
def test_values_of_python_are_keys(keys: Keys) -> None:
    """Programs pass keys as Python values."""
    assert read(keys) == [[1, 2, None]]


def test_tables_and_columns_of_the_usual_libraries_are_keys() -> None:
    """Users with a data frame must not have to write a file first."""
    pa: Any = pytest.importorskip("pyarrow")
    pandas: Any = pytest.importorskip("pandas")
    polars: Any = pytest.importorskip("polars")
    numpy: Any = pytest.importorskip("numpy")
    columns = {"target_rule_id": [2], "customer_id": [1]}

    for table in (pa.table(columns), pandas.DataFrame(columns), polars.DataFrame(columns)):
        assert read(table) == [[1, 2, None]]
    for column in (pa.chunked_array([[1, 2]]), pandas.Series([1, 2]), polars.Series([1, 2]), numpy.array([1, 2])):
        assert read(column, CUSTOMERS) == [[1], [2]]


# --- headers ---


def test_a_column_may_be_called_otherwise(tmp_path: Path) -> None:
    """Users must not have to rewrite a large file for its header."""
    path = written(tmp_path, "keys.csv", "Phone,name\n919988123456,Asha\n")

    assert read(path, MOBILES, mapping={"mobile": "Phone"}) == [["919988123456"]]


def test_an_id_is_the_only_key_there_is(tmp_path: Path) -> None:
    """A table of customers calls the customer's id `id`; with two id columns it is ambiguous."""
    assert read(written(tmp_path, "keys.csv", "id,name\n17,x\n"), CUSTOMERS) == [[17]]
    with pytest.raises(InvalidKeysError, match="there is no column customer_id"):
        read(written(tmp_path, "keys.csv", "id,target_rule_id\n17,1\n"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keys.csv", "customer_id,target_rule_id,perod_id\n1,2,3\n"),
        ("keys.csv", "customer_id,target_rule_id,Period ID\n1,2,3\n"),
        ("keys.jsonl", '{"customer_id": 1, "target_rule_id": 2, "periodId": 3}\n'),
    ],
)
def test_a_misspelt_optional_column_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    """Without the column the job would silently fetch every period."""
    path = written(tmp_path, name, text)

    with pytest.raises(
        InvalidKeysError, match=r"if it is .+, map it: .+; if there is none, map it: period_id=$"
    ) as caught:
        read(path)

    assert caught.value.column == "period_id"
    assert read(path, mapping={"period_id": ""}) == [[1, 2, None]]


def test_a_mapping_of_an_unknown_column_is_refused() -> None:
    """The user misspelt the column."""
    with pytest.raises(InvalidKeysError, match="there is no key column mobil; there are mobile"):
        read(["1"], MOBILES, mapping={"mobil": "Phone"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Customer Id,x\n1,2\n", "if it is Customer Id, map it: 'customer_id=Customer Id'"),
        ("Kunde;x\n1;2\n", "there are Kunde, x; if it has another name, map it: customer_id=Kunde"),
        ("4915112345678,x\n1,2\n", "the line holds values in place of names"),
    ],
)
def test_a_missing_column_is_named_with_what_was_found(tmp_path: Path, text: str, message: str) -> None:
    """The user needs a mapping, another file, or a first line with names."""
    with pytest.raises(InvalidKeysError, match=message) as caught:
        read(written(tmp_path, "keys.csv", text), CUSTOMERS)

    assert "4915112345678" not in str(caught.value)


# --- refusals ---


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("customer_id,target_rule_id\n1,2\n1x,2\n", 3, "customer_id", "line 3, column customer_id: it is not a whole"),
        ("customer_id,target_rule_id\n0,2\n", 2, "customer_id", "from 1 to 9223372036854775807"),
        ("customer_id,target_rule_id\n9223372036854775808,2\n", 2, "customer_id", "it is not a whole number"),
        ("customer_id,target_rule_id\n1,1.5\n", 2, "target_rule_id", "it is not a whole number"),
        ("customer_id,target_rule_id\n1,\u0662\n", 2, "target_rule_id", "it is not a whole number"),
        ("customer_id,target_rule_id\n1,2\n1\n", 3, "target_rule_id", "it is empty"),
        ("customer_id,target_rule_id\n1,2\n,2\n", 3, "customer_id", "it is empty"),
        ("customer_id\n1\n", 1, "target_rule_id", "keys.csv, line 1: there is no column target_rule_id"),
        ("", 1, "customer_id", "there is no column customer_id"),
        ("customer_id,target_rule_id,customer_id\n1,2,3\n", 1, "customer_id", "several columns customer_id"),
        ('customer_id,target_rule_id\n1,"2\n', 2, None, "line 2"),
        (b"customer_id,target_rule_id\n1,2\n\xff,2\n", 3, None, "it is not UTF-8"),
        ("customer_id,target_rule_id\n1,2,3\n", 2, None, "line 2: there are 3 cells, and 2 in the first line"),
        (b"\xff\xfec\x00u", None, None, "it is not UTF-16-LE to its end"),
    ],
)
def test_a_wrong_csv_file_is_refused_by_line_and_column(
    tmp_path: Path, text: str | bytes, line: int | None, column: str | None, message: str
) -> None:
    """The user must find one bad row among a million."""
    with pytest.raises(InvalidKeysError, match=message) as caught:
        read(written(tmp_path, "keys.csv", text))

    assert str(caught.value).startswith("keys.csv")
    assert line is None or (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]\n[1, 2\n", "line 2: it is not a JSON document"),
        ("[1]\n", "line 1: a key has customer_id, target_rule_id, period_id"),
        ("[1, 2, 3, 4]\n", "line 1: a key has"),
        ("[1, true]\n", "line 1, column target_rule_id: it is not a whole number"),
        ("[1, 2.5]\n", "line 1, column target_rule_id: it is not a whole number"),
        ("[1, 5.67585E+08]\n", "line 1, column target_rule_id: it is not a whole number"),
        ('{"customer_id": 1}\n', "line 1: there is no column target_rule_id"),
        ("[1, 2]\n" + '{"customer_id": 1}\n', "line 2: there is no column target_rule_id"),
        ("[" * 100_000, "line 1: it is not a JSON document"),
        ('["\\ud800", 2]\n', "line 1"),
    ],
)
def test_a_wrong_json_file_is_refused_by_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    """The user must find one bad row among a million."""
    with pytest.raises(InvalidKeysError, match=message):
        read(written(tmp_path, "keys.jsonl", text))


@pytest.mark.parametrize(
    "text",
    [
        gzip.compress(b"customer_id\n" + b"17\n" * 999)[:-9],
        gzip.compress(bytes(range(48, 58)) * 99_999)[:-9],
        b"\x1f\x8bnonsense",
        b"\x1f\x8b",
    ],
)
def test_a_damaged_compressed_file_is_refused(tmp_path: Path, text: bytes) -> None:
    """A part of a download must not be taken for the whole file."""
    with pytest.raises(InvalidKeysError, match="damaged or cut off"):
        read(written(tmp_path, "keys.csv.gz", text), CUSTOMERS)


def test_what_an_extra_brings_is_named_when_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fsspec", None)

    with pytest.raises(ConfigurationError, match=r"capillary-async\[parquet\]"):
        read(written(tmp_path, "keys.parquet", "PAR1"))
    with pytest.raises(ConfigurationError, match=r"capillary-async\[remote\]"):
        read("s3://bucket/keys.csv", CUSTOMERS)


def test_a_wrong_parquet_file_is_refused(tmp_path: Path) -> None:
    """A CSV file may have the wrong name."""
    pytest.importorskip("pyarrow")

    with pytest.raises(InvalidKeysError, match="it is not a Parquet file"):
        read(written(tmp_path, "keys.parquet", "customer_id\n1\n"))


def test_a_parquet_stream_is_refused() -> None:
    """A reader of Parquet needs the end of the file first."""
    with pytest.raises(InvalidKeysError, match="write it to a file"):
        read(io.BytesIO(b"PAR1..."))


def test_a_file_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """A wrong guess would read wrong keys."""
    with pytest.raises(InvalidKeysError, match=r"is it csv, jsonl, parquet[?] .* give key_format"):
        read(written(tmp_path, "keys.txt", "customer_id,target_rule_id\n1,2\n"))

    assert read(tmp_path / "keys.txt", key_format="csv") == [[1, 2, None]]


@pytest.mark.parametrize(
    ("key_format", "start"), [("csv", b"customer_id\n"), ("csv", b'customer_id\n"'), ("jsonl", b"")]
)
def test_a_line_without_an_end_is_refused_in_bounded_memory(key_format: KeyFormat, start: bytes) -> None:
    """A file without line ends must not fill the memory of the machine."""

    class Endless(io.RawIOBase):
        """A gigabyte of ones."""

        left = 2**30

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any, /) -> int:
            text = start if self.left == 2**30 else b"1" * min(len(buffer), self.left)
            self.left -= max(1, len(text))
            buffer[: len(text)] = text
            return len(text)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(InvalidKeysError, match=r"longer than 1 MiB|field larger than field limit"):
        read(Endless(), CUSTOMERS, key_format)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_the_message_does_not_quote_the_value(tmp_path: Path) -> None:
    """A wrong column may hold phone numbers, and messages end up in logs."""
    path = written(tmp_path, "keys.csv", "customer_id,target_rule_id\n+4915112345678,2\n")

    with pytest.raises(InvalidKeysError) as caught:
        read(path)

    assert "4915112345678" not in str(caught.value)


# --- values ---


@given(
    st.one_of(st.integers(), st.text(), st.none(), st.booleans(), st.floats(), st.lists(st.integers()), st.decimals())
)
def test_a_column_of_numbers_takes_whole_numbers_and_nothing_else(raw: Any) -> None:
    """Nothing is rounded silently."""
    column = KeyColumn("id", int, least=1)
    try:
        value = column.read(raw)
    except ValueError:
        return

    assert isinstance(value, int)
    assert not isinstance(raw, bool)
    assert 1 <= value <= LARGEST
    assert Decimal(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (387538614.0, 387538614),
        ("387538614.0", 387538614),
        (Decimal(387538614), 387538614),
        (Decimal("387538614.000"), 387538614),
        (" 017 ", 17),
        (1.5, None),
        ("1.5", None),
        ("5.67585E+08", None),
        ("5,67585E+08", None),
        (Decimal("5.67585E+8"), None),
        (2.0**53, None),
        ("9007199254740993.0", None),
        ("1_000", None),
        ("0x10", None),
        (True, None),
        (float("inf"), None),
    ],
)
def test_exact_ids_are_taken_and_lossy_ones_refused(raw: object, value: int | None) -> None:
    """Pandas turns a column of ids with a gap into floats; a spreadsheet shows 5.67585E+08 and has lost the rest."""
    column = KeyColumn("id", int, least=1)
    if value is not None:
        assert column.read(raw) == value
        return

    with pytest.raises(ValueError, match=r"not a whole number|scientific notation"):
        column.read(raw)


def test_integers_of_numpy_are_ids() -> None:
    """The values of `df["id"]` are integers of numpy."""
    numpy: Any = pytest.importorskip("numpy")

    assert KeyColumn("id", int).read(numpy.int64(387538614)) == 387538614
    assert KeyColumn("id", int).read(numpy.uint64(5)) == 5
    assert type(KeyColumn("id", int).read(numpy.int32(5))) is int
    with pytest.raises(ValueError, match="not a whole number"):
        KeyColumn("id", int).read(numpy.bool_(True))  # noqa: FBT003


@pytest.mark.parametrize("raw", [None, "", "  ", float("nan")])
def test_nothing_is_nothing_however_it_is_written(raw: object) -> None:
    """Pandas writes a missing id as NaN."""
    assert KeyColumn("id", int, is_required=False).read(raw) is None
    with pytest.raises(ValueError, match="it is empty"):
        KeyColumn("id", int).read(raw)


@pytest.mark.parametrize(("raw", "is_right"), [("x", True), (1, False), ("", False), (None, False), (["x"], False)])
def test_a_column_of_texts_takes_texts_and_nothing_else(raw: object, is_right: bool) -> None:  # noqa: FBT001
    """007 and 7 are different codes, so a number is refused."""
    read_column: Callable[[object], object] = KeyColumn("code", str).read
    if is_right:
        assert read_column(raw) == raw
    else:
        with pytest.raises(ValueError, match="it is"):
            read_column(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("919988123456", "919988123456"),
        (919988123456, "919988123456"),
        (919988123456.0, "919988123456"),
        ("919988123456.0", "919988123456"),
        ("0123.00", "0123"),
        ("+919988123456", "+919988123456"),
    ],
)
def test_a_mobile_number_may_be_a_number(raw: object, value: str) -> None:
    """Parquet files have mobile numbers as integers, and pandas writes a column with a gap as numbers with `.0`."""
    assert read([raw], MOBILES) == [[value]]


def test_a_mobile_number_that_a_spreadsheet_rounded_is_refused() -> None:
    """A spreadsheet dropped digits of 9.19988E+11, so no customer would be found."""
    with pytest.raises(InvalidKeysError, match="scientific notation"):
        read(["9.19988E+11"], MOBILES)


def test_a_card_number_that_was_a_float_is_refused() -> None:
    """A double does not tell all numbers of 16 digits apart."""
    with pytest.raises(InvalidKeysError, match="may have lost digits"):
        read(["9199881234561234.0"], MOBILES)


def test_half_a_character_is_refused() -> None:
    """SQLite and JSON cannot store a lone surrogate, so every run of the job would fail."""
    with pytest.raises(InvalidKeysError, match="lone surrogate"):
        read(["\ud800"], MOBILES)


def test_half_a_character_in_json_is_refused_and_not_replaced(tmp_path: Path) -> None:
    """Answers of the API are repaired, but a key with U+FFFD is another key."""
    path = written(tmp_path, "keys.jsonl", '{"mobile": "9199\\ud83d"}\n')

    with pytest.raises(InvalidKeysError, match=r"line 1, column mobile: .*lone surrogate"):
        read(path, MOBILES)

    assert read(written(tmp_path, "whole.jsonl", '["\\u0039\\u0031"]\n'), MOBILES) == [["91"]]


def test_keys_that_are_spelled_differently_are_the_same(tmp_path: Path) -> None:
    """A spreadsheet may add blanks and zeros."""
    path = written(tmp_path, "keys.csv", "customer_id\n17\n 17\n017\n17.0\n")

    assert read(path, CUSTOMERS) == [[17]] * 4


def test_each_key_comes_with_its_line() -> None:
    """Messages about duplicates name their lines."""
    text = b"customer_id\n5\n\n6\n"

    assert list(read_keys(io.BytesIO(text), CUSTOMERS)) == [(2, (5,)), (4, (6,))]
    assert json.dumps([key for _, key in read_keys(io.BytesIO(text), CUSTOMERS)]) == "[[5], [6]]"
