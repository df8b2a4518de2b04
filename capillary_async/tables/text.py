"""Write rows as text: the cells of CSV files and of the command line's tables.

The columns depend on the class, not on the data. So a listing can be written while it arrives, and two runs have the
same columns. Each member of a nested object is a column (`profile.id`). A collection is one cell of JSON.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, cast

import attrs

from capillary_async.models.members import members_of
from capillary_async.models.type_hints import kinds_of

Encode = Callable[[Any], str | None]

# Also a carriage return, because readers treat it as the end of a line.
_needs_quotes: Final = re.compile(r'[",\r\n]').search
# A spreadsheet runs a text as a formula if it begins with one of these characters; the last four are wide forms.
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Columns that an error about an unknown one suggests, and lists in full.
_GUESSES: Final = 5
_LISTED: Final = 20


@attrs.frozen
class TextColumn:
    """One column: its name, and the path from a row to its value.

    Attributes:
        name: The name of the column.
        path: The names of the members from the row to the value; empty for the whole row.
    """

    name: str
    path: tuple[str, ...]

    def value(self, row: Any) -> Any:
        """Return the value of a row (an object or a mapping); `None` if an object on the path is missing."""
        for name in self.path:
            if row is None:
                return None
            row = cast("Mapping[str, Any]", row).get(name) if isinstance(row, Mapping) else getattr(row, name)
        return row


def text_columns(row_type: Any) -> tuple[TextColumn, ...]:
    """List the columns of a class of rows; a type without members has one column, `value`."""
    if members_of(row_type) is None:
        return (TextColumn("value", ()),)
    return tuple(TextColumn(".".join(path), path) for path in _paths(row_type, (row_type,)))


def dict_columns(names: Iterable[str]) -> tuple[TextColumn, ...]:
    """List the columns of dicts with these keys."""
    return tuple(TextColumn(name, (name,)) for name in names)


def select(columns: Iterable[TextColumn], names: Sequence[str]) -> tuple[TextColumn, ...]:
    """Select columns by name, in the order of the names.

    Raises:
        ValueError: There is no such column.
    """
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            raise ValueError(f"there is no column {name!r}; {_existing(name, list(known))}")
    return tuple(known[name] for name in names)


def _existing(name: str, known: Sequence[str]) -> str:
    """Name the columns that may be meant, and all there are; of a long list only the beginnings of nested names."""
    meant = [column for column in known if name and name in column][:_GUESSES] or get_close_matches(name, known)
    guess = f"did you mean {', '.join(meant)}? " if meant else ""
    if len(known) > _LISTED:
        parts = [column.partition(".") for column in known]
        known = list(dict.fromkeys(f"{head}.*" if dot else head for head, dot, _ in parts))
    return f"{guess}the columns are {', '.join(known)}"


def _paths(row_type: Any, inside: tuple[Any, ...]) -> Iterable[tuple[str, ...]]:
    for name, hint in (members_of(row_type) or {}).items():
        nested = _nested_class(hint)
        if nested is None or nested in inside:
            yield (name,)
        else:
            yield from ((name, *path) for path in _paths(nested, (*inside, nested)))


def _nested_class(hint: Any) -> Any:
    """Return the class with members that a type allows beside `None`, if it allows exactly one type."""
    kinds = kinds_of(hint)
    return kinds[0] if len(kinds) == 1 and members_of(kinds[0]) else None


def cell(value: Any, encode: Encode) -> str:
    """Write a value as text: exact numbers, ISO dates, JSON for values with parts, an empty text for empty values."""
    if value is None or value == () or value in ([], {}):
        return ""
    if isinstance(value, str):
        return str.__str__(value.value if isinstance(value, Enum) else value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    text = encode(value) or ""
    if text.startswith('"'):  # a JSON string, such as a date
        return str(json.loads(text)) if "\\" in text else text[1:-1]
    return text


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of a row, at any depth, with a name such as `profiles[0].first_name`."""
    members = members_of(type(value))
    if members is not None:
        value = {member: getattr(value, member) for member in members}
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from leaves(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from leaves(item, f"{name}[{index}]")
    else:
        yield name, value


@attrs.frozen
class CsvLines:
    """Writes lines of CSV with commas, line feeds, and quotes where needed.

    Attributes:
        encode: Encodes values with parts as JSON.
        is_safe: Whether an apostrophe is put before texts that a spreadsheet would run as formulas.
    """

    encode: Encode
    is_safe: bool = False

    def line(self, values: Iterable[Any]) -> str:
        """Return one line, with a line feed at the end."""
        return (self.cells(values) or '""') + "\n"

    def cells(self, values: Iterable[Any]) -> str:
        """Return the cells of a line."""
        # Whole numbers need no quotes, and a call for each would double the time.
        return ",".join(
            ["" if value is None else str(value) if value.__class__ is int else self._quoted(value) for value in values]
        )

    def _quoted(self, value: Any) -> str:
        text = cell(value, self.encode)
        if self.is_safe and isinstance(value, str) and text.startswith(_FORMULA_SIGNS):
            text = "'" + text
        return '"' + text.replace('"', '""') + '"' if _needs_quotes(text) else text
