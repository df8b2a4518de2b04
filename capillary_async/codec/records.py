"""Read stored rows of a class as records, in one pass.

A record is an object with the row's members as attributes. Dates and date-times stay strings, because Arrow parses them
faster than Python. Values without a declared type stay JSON. Making models instead of records takes twice as long.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Final, get_origin

import msgspec

from capillary_async.codec.json_text import json_cell
from capillary_async.models.definition import NOTHING_EXTRA
from capillary_async.models.members import members_of
from capillary_async.models.type_hints import (
    allows_only,
    alternatives,
    class_of_values,
    item_type,
    kinds_of,
    mapping_types,
)

Raw: Final[Any] = msgspec.Raw
_SCALARS: Final[Mapping[Any, Any]] = {
    **{kind: kind for kind in (bool, int, Decimal)},
    float: int | float,  # the table checks whether a double holds the integer exactly
}


@cache
def record_decoder(row_type: Any) -> Callable[[Sequence[bytes]], list[list[Any]]] | None:
    """Return a function that reads lines of `encode_rows`, or `None` if rows of this type have no members.

    The function raises `ValueError` for rows that it cannot read: they have another type, or a value has an unusual
    form. The caller then decodes them by `decode_json`, which reads unusual forms too.
    """
    if members_of(row_type) is None:
        return None
    lists: Any = list[list[_record_type(row_type, ())]]  # type: ignore[misc]
    read = _reader_of(lists)
    # One document takes less time than one for each text.
    return lambda texts: read(b"[[%s]]" % b"],[".join(texts).replace(b"\n", b","))


def _reader_of(into: Any) -> Callable[[bytes], list[Any]]:
    decode = msgspec.json.Decoder(into).decode

    def read(text: bytes) -> list[Any]:
        try:
            found: list[Any] = decode(text)
        except msgspec.MsgspecError:  # old versions of msgspec do not derive it from ValueError
            raise ValueError("the JSON text is not a list of rows of this type") from None
        return found

    return read


class _RecordCells:
    """Encodes values, from records or not, as JSON for the cells of a table."""

    def __call__(self, value: Any) -> str | None:
        """Return a value as JSON; return `None` for null."""
        if value.__class__ is not Raw:
            return json_cell(value)
        text = bytes(value)
        return None if text == b"null" else text.decode()

    @staticmethod
    def many(values: Sequence[Any]) -> list[bytes | None] | None:
        """Do the same for values of which all are raw JSON or empty objects, in a third of the time."""
        if all([value is NOTHING_EXTRA for value in values]):  # noqa: C419  (a list takes half the time)
            return [b"{}" for _ in values]
        if {*map(type, values)} != {Raw}:
            return None
        texts = list(map(bytes, values))
        return [None if text == b"null" else text for text in texts] if b"null" in texts else list(texts)


record_cell: Final = _RecordCells()


def _record_type(row_type: Any, inside: tuple[Any, ...]) -> Any:
    """Make a Struct with the members of a class; return `Raw` where a class contains itself."""
    cls = get_origin(row_type) or row_type
    if cls in inside:
        return Raw
    members = sorted((members_of(cls) or {}).items())  # the order in which rows are stored
    fields = [(name, *_field(hint, (*inside, cls))) for name, hint in members]
    return msgspec.defstruct(f"{cls.__name__}Record", fields, kw_only=True, gc=False)


def _field(hint: Any, inside: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the type of a member in a record, and its default if the member may be missing."""
    kind = _type_of(hint, inside)
    if kind is Raw:
        return kind, Raw(b"null")
    return (kind | None, None) if NoneType in alternatives(hint) else (kind,)


def _type_of(hint: Any, inside: tuple[Any, ...]) -> Any:
    kinds = kinds_of(hint)
    if kinds and allows_only(hint, str, date):
        return str
    if len(kinds) != 1:
        return Raw
    (kind,) = kinds
    if kind in _SCALARS:
        return _SCALARS[kind]
    if members_of(kind) is not None:
        return _record_type(kind, inside)
    return class_of_values(kind) or _type_of_collection(kind, inside) or Raw


def _type_of_collection(kind: Any, inside: tuple[Any, ...]) -> Any:
    item, types = item_type(kind), mapping_types(kind)
    if types is not None:
        return dict[str, _field(types[1], inside)[0]] if types[0] in (int, str) else None  # type: ignore[misc]
    return None if item is None else list[_field(item, inside)[0]]  # type: ignore[misc]
