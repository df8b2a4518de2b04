"""Turns what a job found into one file: JSON lines, CSV or Parquet; and lists what came of each key.

The file appears under its name when it is complete and safe, not before. Memory does not grow with the output.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NamedTuple, get_args

import attrs

from capillary_async.codec import decode_json, encode_json, json_cell
from capillary_async.codec.records import raw_rows, raw_values
from capillary_async.jobs.atomic_file import atomic_file
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.output import OutputSchema, StoredRow
from capillary_async.jobs.parquet_export import ParquetTable, write_parquet
from capillary_async.tables.text import CsvLines, TextColumn, dict_columns, text_columns

ExportFormat = Literal["parquet", "jsonl", "csv"]
EXPORT_FORMATS: Final[tuple[str, ...]] = get_args(ExportFormat)
Read = Callable[[], Iterable[StoredRow]]


class OutcomeRow(NamedTuple):
    """What came of one key.

    Attributes:
        key: The key's values.
        status: found, empty, not_found, merged, invalid, failed or pending.
        code: The API's own code, if there was one.
        reason: Why, in words.
        requests: How many requests it took.
        when: When that was; `None` for a key that is pending.
    """

    key: tuple[Any, ...]
    status: str
    code: int | None
    reason: str
    requests: int
    when: datetime | None


@attrs.frozen
class OutcomeColumns:
    """The columns of an `OutcomeRow` behind the key's."""

    status: str
    code: int | None
    reason: str
    requests: int
    when: datetime | None


def check_format(form: str) -> None:
    """See that output can be written in a format; better before a job than at its end.

    Raises:
        JobRefusedError: The format is unknown, or pyarrow is missing.
    """
    if form not in EXPORT_FORMATS:
        raise JobRefusedError(f"there is no format {form!r}; there are {', '.join(EXPORT_FORMATS)}")
    if form == "parquet" and find_spec("pyarrow") is None:
        raise JobRefusedError("Parquet takes pyarrow: pip install 'capillary-async[parquet]'")


def write(read: Read, lookup: Lookup, target: Path | str, form: str, *, csv_safe: bool = False) -> None:
    """Write a row for each row that was found.

    Args:
        read: Begins to read what was found. Rows without a declared type are read twice.
        lookup: What was looked up.
        target: A path, or a URL that `fsspec` can write to.
        form: "parquet", "jsonl" or "csv".
        csv_safe: Whether texts that a spreadsheet would take for formulas get an apostrophe in front, in CSV.

    Raises:
        JobRefusedError: The format is unknown, pyarrow is missing, or a row is not what the lookup declares.
        OSError: The disk failed. There is no new file.
    """
    check_format(form)
    schema = OutputSchema.of(lookup)
    with atomic_file(target) as file:
        if form == "parquet":
            write_parquet(file, schema, read)
        elif form == "csv":
            _write_csv(file, schema, read, CsvLines(json_cell, csv_safe))
        else:
            file.writelines(json_lines(read, lookup))


def rows(read: Read, lookup: Lookup) -> Iterator[dict[str, Any]]:
    """Yield each row that was found as a dict: the key's columns, then the row's; numbers are exact.

    Raises:
        JobRefusedError: A row is not what the lookup declares.
    """
    for line in json_lines(read, lookup, is_uniform=False):
        yield decode_json(line)


def json_lines(read: Read, lookup: Lookup, *, is_uniform: bool = True) -> Iterator[bytes]:
    """Yield a line of JSON for each row that was found: the key's columns, then the row's.

    Args:
        read: Begins to read what was found.
        lookup: What was looked up.
        is_uniform: Whether rows without a declared type all have the same members, those that any of them has. It takes
            a pass of its own.

    Raises:
        JobRefusedError: A row is not what the lookup declares.
    """
    schema = OutputSchema.of(lookup)
    members = _members(schema, read) if is_uniform or schema.is_declared else ()
    names = schema.json_names(members or ())
    for stored in read():
        start = _key_start(schema, stored.key)
        if members is None:
            name = encode_json(schema.names_of(["value"])["value"])
            yield from (b"%s%s:%s}\n" % (start, name, bytes(value)) for value in raw_values(stored.rows))
        elif members:
            yield from (_line(start, names, row) for row in _objects(stored.rows))
        else:
            yield from _own_lines(schema, start, stored.rows)


def _own_lines(schema: OutputSchema, start: bytes, text: bytes) -> Iterator[bytes]:
    """Yield the lines of rows of which each has its own members, or none."""
    for value in raw_values(text):
        is_object = bytes(value).startswith(b"{")
        row = raw_rows(b"[%s]" % bytes(value))[0] if is_object else {"value": value}
        yield _line(start, schema.json_names(row), row)


def _line(start: bytes, names: Sequence[tuple[str, bytes]], row: Mapping[str, Any]) -> bytes:
    cells = [b"%s:%s" % (name, bytes(row[member]) if member in row else b"null") for member, name in names]
    return b"%s%s}\n" % (start if cells else start.rstrip(b","), b",".join(cells))


def _key_start(schema: OutputSchema, key: Sequence[Any]) -> bytes:
    pairs = zip(schema.key_names, key, strict=True)
    return b"{" + b"".join(b"%s:%s," % (encode_json(name), encode_json(value)) for name, value in pairs)


def _objects(rows: bytes) -> list[dict[str, Any]]:
    try:
        return raw_rows(rows)
    except ValueError:
        pass
    raise JobRefusedError("a row is not of the type that the lookup declares; declare what it really returns")


def _members(schema: OutputSchema, read: Read) -> Sequence[str] | None:
    """Return the members of a row; for rows without a declared type, those that any of them has."""
    if schema.is_declared:
        return schema.members
    found: dict[str, None] = {}
    for stored in read():
        try:
            for row in raw_rows(stored.rows):
                found.update(dict.fromkeys(row))
        except ValueError:  # one of them is no object
            return None
    return tuple(found)


def _write_csv(file: BinaryIO, schema: OutputSchema, read: Read, lines: CsvLines) -> None:
    members = _members(schema, read)
    columns = _text_columns(schema, members)
    names = schema.names_of([column.name for column in columns])
    file.write(lines.line((*schema.key_names, *names.values())).encode())
    for stored in read():
        rows = decode_json(stored.rows)
        for row in rows:
            if members is not None and not isinstance(row, Mapping):
                _objects(stored.rows)
            file.write(lines.line((*stored.key, *(column.value(row) for column in columns))).encode())


def _text_columns(schema: OutputSchema, members: Sequence[str] | None) -> tuple[TextColumn, ...]:
    if schema.is_declared:
        return text_columns(schema.row_type)
    return dict_columns(members) if members is not None else text_columns(None)


def write_outcomes(
    read: Callable[[], Iterable[OutcomeRow]], lookup: Lookup, target: Path | str, form: str, *, csv_safe: bool = False
) -> None:
    """Write a row for each key: the key's columns, status, code, reason, requests, when.

    Args:
        read: Begins to read the outcomes.
        lookup: What was looked up.
        target: A path, or a URL that `fsspec` can write to.
        form: "parquet", "jsonl" or "csv".
        csv_safe: As for `write`.

    Raises:
        JobRefusedError: The format is unknown, or pyarrow is missing.
        OSError: The disk failed. There is no new file.
    """
    check_format(form)
    schema = OutputSchema(lookup.columns, OutcomeColumns)
    names = (*schema.key_names, *schema.names_of(OutcomeRow._fields[1:]).values())
    with atomic_file(target) as file:
        if form == "parquet":
            with ParquetTable(file, schema) as table:
                for outcome in read():
                    table.add(outcome.key, [OutcomeColumns(*outcome[1:])])
            return
        lines = CsvLines(json_cell, csv_safe)
        if form == "csv":
            file.write(lines.line(names).encode())
        for outcome in read():
            cells = (*outcome.key, *outcome[1:])
            is_csv = form == "csv"
            file.write(
                lines.line(cells).encode() if is_csv else encode_json(dict(zip(names, cells, strict=True))) + b"\n"
            )
