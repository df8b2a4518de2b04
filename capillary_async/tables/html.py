"""Write rows as HTML tables, for notebooks."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final, cast

from capillary_async.tables.text import Encode, TextColumn, cell, dict_columns, leaves, text_columns

_MOST_ROWS: Final = 20
_LONGEST_CELL: Final = 200


def html_table(rows: Sequence[Any], encode: Encode, *, most_rows: int = _MOST_ROWS) -> str:
    """Write rows of one class, or dicts, as a table.

    Args:
        rows: The rows; columns that are empty in all shown rows are left out.
        encode: Encodes values with parts as JSON.
        most_rows: Number of rows to show; the others are only counted.
    """
    shown = rows[:most_rows]
    cells = {
        column.name: values
        for column in _columns(shown)
        if any(values := [cell(column.value(row), encode) for row in shown])
    }
    head = "".join(f"<th>{escape(name)}</th>" for name in cells)
    body = "".join(f"<tr>{''.join(map(_td, line))}</tr>" for line in zip(*cells.values(), strict=True))
    left = len(rows) - len(shown)
    foot = f"<p>{left} more row{'s' if left > 1 else ''}</p>" if left else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}"


def html_record(value: Any, encode: Encode) -> str:
    """Write one line for each value of an object, at any depth; empty values are left out."""
    lines = [(name, text) for name, leaf in leaves(value) if (text := cell(leaf, encode))]
    body = "".join(f"<tr><th>{escape(name)}</th>{_td(text)}</tr>" for name, text in lines)
    return f"<table><tbody>{body}</tbody></table>"


def _columns(rows: Sequence[Any]) -> Iterator[TextColumn]:
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(name for row in rows for name in cast("Mapping[str, Any]", row))
        yield from dict_columns(names)
    elif rows:
        yield from text_columns(type(rows[0]))


def _td(text: str) -> str:
    is_long = len(text) > _LONGEST_CELL
    return f"<td>{escape(text[:_LONGEST_CELL])}{'…' if is_long else ''}</td>"
