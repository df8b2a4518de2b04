"""The rows of a page that msgspec decoded to Structs; see `rows`."""

from collections.abc import Callable
from typing import Any

from capillary_async.codec.json_text import decode_json

ReadRows = Callable[[list[Any]], list[Any]]


class StructRows(list[Any]):
    """The rows of a page as Structs.

    Attributes:
        model: What `read` makes of each row.
        read: Makes models of the Structs; raises an exception if a row does not fit, and `as_dicts` shows why.
        body: The whole answer.
        rows_key: The answer's member that holds the rows.
    """

    __slots__ = ("body", "model", "read", "rows_key")

    model: type
    read: ReadRows
    body: bytes | bytearray
    rows_key: str

    def models(self) -> list[Any]:
        """Return models of the rows; `read` says what it raises."""
        return self.read(self)


def as_dicts(rows: Any) -> Any:
    """Return rows as `decode_json` decodes them, also rows that are Structs."""
    return decode_json(rows.body)[rows.rows_key] if isinstance(rows, StructRows) else rows
