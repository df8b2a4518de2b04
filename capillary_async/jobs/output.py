"""The columns of an export, the key's first, then the row's; and rows as texts: JSON lines and CSV."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Final, Literal, get_args, get_origin

import attrs

from capillary_async.codec import decode_json, encode_json, json_cell
from capillary_async.codec.records import raw_rows, raw_values
from capillary_async.codec.row_text import row_list
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.key_columns import KeyColumn
from capillary_async.jobs.records import Entry
from capillary_async.models.members import members_of
from capillary_async.tables.text import CsvLines, dict_columns, text_columns

ExportFormat = Literal["parquet", "jsonl", "csv"]
EXPORT_FORMATS: Final[tuple[str, ...]] = get_args(ExportFormat)


def check_format(form: str) -> None:
    """Check, before a job and not at its end, that output can be written in a format.

    Raises:
        JobRefusedError: The format is unknown, or pyarrow is missing.
    """
    if form not in EXPORT_FORMATS:
        raise JobRefusedError(f"there is no format {form!r}; there are {', '.join(EXPORT_FORMATS)}")
    if form == "parquet" and find_spec("pyarrow") is None:
        raise JobRefusedError("Parquet takes pyarrow: pip install 'capillary-async[parquet]'")


@attrs.frozen
class Members:
    """The members of rows.

    Attributes:
        names: Their names.
        are_objects: Whether rows are objects. If not, each row is one value, in a column `value`.
    """

    names: tuple[str, ...] = ("value",)
    are_objects: bool = False


@attrs.frozen
class OutputSchema:
    """The columns of a lookup's output.

    A row's member that is called like a column of the key gets `row_` before its name, as often as it takes for the
    name to be free. An event's `customer_id` becomes `row_customer_id` beside the one that was asked for.

    Attributes:
        keys: The key's columns.
        row_type: Type of one row.
    """

    keys: tuple[KeyColumn, ...]
    row_type: Any

    @property
    def key_names(self) -> tuple[str, ...]:
        """The names of the key's columns."""
        return tuple(column.name for column in self.keys)

    @property
    def is_declared(self) -> bool:
        """Whether the type of a row says which columns there are; if not, only the rows can tell."""
        is_dict = self.row_type in (dict, Mapping) or get_origin(self.row_type) in (dict, Mapping)
        return self.row_type not in (Any, object) and not is_dict

    def members(self, entries: Iterable[Entry]) -> Members:
        """Return the members of rows: the declared ones, else those that any row has.

        Args:
            entries: What was found; not read if the members are declared.
        """
        if self.is_declared:
            declared = members_of(self.row_type)
            return Members() if declared is None else Members(tuple(declared), are_objects=True)
        found: dict[str, None] = {}
        for entry in entries:
            try:
                for row in raw_rows(row_list(entry.rows)):
                    found.update(dict.fromkeys(row))
            except ValueError:  # one of them is no object
                return Members()
        return Members(tuple(found), are_objects=True)

    def names_of(self, members: Iterable[str]) -> dict[str, str]:
        """Return the column of each member of a row."""
        members = tuple(members)
        taken = {*self.key_names, *members}
        names: dict[str, str] = {}
        for member in members:
            name = member
            while member in self.key_names and name in taken:
                name = f"row_{name}"
            taken.add(name)
            names[member] = name
        return names


def json_lines(entries: Iterable[Entry], schema: OutputSchema, members: Members | None) -> Iterator[bytes]:
    """Yield a line of JSON for each row: the key's columns, then the row's.

    Args:
        entries: What was found.
        schema: The columns.
        members: The members of every row; `None` if each row has its own.

    Raises:
        JobRefusedError: A row is not what the lookup declares.
    """
    key_names = [encode_json(name) for name in schema.key_names]
    names = _json_names(schema, members.names if members is not None else ())
    for entry in entries:
        if not entry.rows:
            continue
        key = [b"%s:%s" % (name, encode_json(value)) for name, value in zip(key_names, entry.values, strict=True)]
        for row in _raw_objects(row_list(entry.rows), members):
            own = names if members is not None else _json_names(schema, row)
            cells = [b"%s:%s" % (own[member], bytes(row.get(member, b"null"))) for member in own]
            yield b"{%s}\n" % b",".join([*key, *cells])


def _json_names(schema: OutputSchema, members: Iterable[str]) -> dict[str, bytes]:
    return {member: encode_json(name) for member, name in schema.names_of(members).items()}


def _raw_objects(text: bytes, members: Members | None) -> list[dict[str, Any]]:
    """Read rows as objects whose values are raw JSON."""
    if members is not None and members.are_objects:
        try:
            return raw_rows(text)
        except ValueError:
            pass
        raise _undeclared()
    if members is not None:
        return [{"value": value} for value in raw_values(text)]
    texts = map(bytes, raw_values(text))
    return [raw_rows(b"[%s]" % each)[0] if each.startswith(b"{") else {"value": each} for each in texts]


def csv_lines(entries: Iterable[Entry], schema: OutputSchema, members: Members, *, is_safe: bool) -> Iterator[bytes]:
    """Yield a header, and a line of CSV for each row: the key's columns, then the row's.

    Args:
        entries: What was found.
        schema: The columns.
        members: The members of every row.
        is_safe: Whether an apostrophe is put before texts that a spreadsheet would take for formulas.

    Raises:
        JobRefusedError: A row is not what the lookup declares.
    """
    lines = CsvLines(json_cell, is_safe)
    is_flat = members.are_objects and not schema.is_declared
    columns = dict_columns(members.names) if is_flat else text_columns(schema.row_type)
    yield lines.line((*schema.key_names, *schema.names_of(column.name for column in columns).values())).encode()
    for entry in entries:
        rows: list[Any] = decode_json(row_list(entry.rows)) if entry.rows else []
        for row in rows:
            if members.are_objects and not isinstance(row, Mapping):
                raise _undeclared()
            yield lines.line((*entry.values, *(column.value(row) for column in columns))).encode()


def _undeclared() -> JobRefusedError:
    return JobRefusedError("a row is not of the type that the lookup declares; declare what it really returns")
