"""The columns of an export, the key's first, then the row's; and rows as objects and as CSV."""

from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Final, Literal, cast, get_args, get_origin

import attrs

from capillary_async.codec import json_cell
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.jobs.key_columns import KeyColumn
from capillary_async.jobs.records import Entry
from capillary_async.models.members import members_of
from capillary_async.tables.text import CsvLines, dict_columns, text_columns

ExportFormat = Literal["parquet", "jsonl", "csv"]
EXPORT_FORMATS: Final[tuple[str, ...]] = get_args(ExportFormat)


def check_format(form: str) -> None:
    """Check, before a job and not at its end, that output can be written in a format."""
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

    @property
    def value_type(self) -> Any:
        """The type of all values of a row, such as `float` of `dict[str, float]`; `None` if it is not declared."""
        _, *values = get_args(self.row_type) or (None,)
        return values[0] if not self.is_declared and values and values[0] not in (Any, object) else None

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
            for row in entry.decoded():
                if not isinstance(row, dict):
                    return Members()
                found.update(dict.fromkeys(cast("dict[str, Any]", row)))
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


def row_objects(entries: Iterable[Entry], schema: OutputSchema, members: Members | None) -> Iterator[dict[str, Any]]:
    """Yield each row with its key: the key's columns, then the row's.

    Args:
        entries: What was found.
        schema: The columns.
        members: The members of every row; `None` if each row has its own.
    """
    names = schema.names_of(members.names if members is not None else ())
    for entry in entries:
        key = dict(zip(schema.key_names, entry.values, strict=True))
        for row in entry.decoded():
            is_object = isinstance(row, dict) if members is None else members.are_objects
            if is_object and not isinstance(row, dict):
                raise _undeclared()
            cells = cast("dict[str, Any]", row if is_object else {"value": row})
            own = names if members is not None else schema.names_of(cells)
            yield {**key, **{column: cells.get(member) for member, column in own.items()}}


def csv_lines(entries: Iterable[Entry], schema: OutputSchema, members: Members, *, is_safe: bool) -> Iterator[bytes]:
    """Yield a header, and a line of CSV for each row: the key's columns, then the row's.

    Args:
        entries: What was found.
        schema: The columns.
        members: The members of every row.
        is_safe: Whether an apostrophe is put before texts that a spreadsheet would take for formulas.
    """
    lines = CsvLines(json_cell, is_safe)
    is_flat = members.are_objects and not schema.is_declared
    columns = dict_columns(members.names) if is_flat else text_columns(schema.row_type)
    yield lines.line((*schema.key_names, *schema.names_of(column.name for column in columns).values())).encode()
    for entry in entries:
        for row in entry.decoded():
            if members.are_objects and not isinstance(row, Mapping):
                raise _undeclared()
            yield lines.line((*entry.values, *(column.value(row) for column in columns))).encode()


def _undeclared() -> JobRefusedError:
    return JobRefusedError("a row is not of the type that the lookup declares; declare what it really returns")
