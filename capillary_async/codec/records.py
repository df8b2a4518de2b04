"""Stored rows of a class, read back in one pass as records.

A record is an object with the row's members as attributes. Dates and date-times stay texts, which Arrow reads faster
than Python, and what has no declared type stays JSON. Making the rows' own objects would take twice as long.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Final, get_args, get_origin

import msgspec

from capillary_async.codec.json_text import json_cell
from capillary_async.models.definition import alternatives
from capillary_async.models.members import class_of_values, kinds_of, members_of

Raw: Final[Any] = msgspec.Raw
_SCALARS: Final[Mapping[Any, Any]] = {
    **{kind: kind for kind in (bool, int, str, Decimal)},
    **dict.fromkeys((date, datetime), str),
    float: int | float,  # whether a double holds the integer, is for the table to say
}


@cache
def record_decoder(row_type: Any) -> Callable[[bytes], list[Any]] | None:
    """Return a function that reads a JSON list of rows, or `None` if rows of this type have no members.

    The function raises `ValueError` for rows that it does not read, because they are not of the type, or because a
    value is written in an unusual way; `decode_json` tells those apart.
    """
    if members_of(row_type) is None:
        return None
    rows: Any = list[_record_type(row_type, ())]  # type: ignore[misc]
    return _reader_of(rows)


def _reader_of(into: Any) -> Callable[[bytes], list[Any]]:
    decode = msgspec.json.Decoder(into).decode

    def read(text: bytes) -> list[Any]:
        try:
            found: list[Any] = decode(text)
        except msgspec.MsgspecError:  # in old versions of msgspec it is no ValueError
            raise ValueError("not a list of such rows") from None
        return found

    return read


def record_cell(value: Any) -> str | None:
    """Return a value of a record, or any other, as JSON; `None` for null."""
    if value.__class__ is not Raw:
        return json_cell(value)
    text = bytes(value)
    return None if text == b"null" else text.decode()


def _record_type(row_type: Any, inside: tuple[Any, ...]) -> Any:
    """Make a Struct with the members of a class; JSON it stays where a class contains itself."""
    cls = get_origin(row_type) or row_type
    if cls in inside:
        return Raw
    members = sorted((members_of(cls) or {}).items())  # as they are stored
    fields = [(name, *_field(hint, (*inside, cls))) for name, hint in members]
    return msgspec.defstruct(f"{cls.__name__}Record", fields, kw_only=True, gc=False)


def _field(hint: Any, inside: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the type of a member in a record, and the default of one that may be missing."""
    kinds = kinds_of(hint)
    kind = _type_of(kinds[0], inside) if len(kinds) == 1 else _union_type(kinds)
    if kind is Raw:
        return kind, Raw(b"null")
    return (kind | None, None) if NoneType in alternatives(hint) else (kind,)


def _union_type(kinds: Sequence[Any]) -> Any:
    is_text = all(isinstance(kind, type) and issubclass(kind, str | date) for kind in kinds)
    return str if is_text and kinds else Raw


def _type_of(kind: Any, inside: tuple[Any, ...]) -> Any:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if members_of(kind) is not None:
        return _record_type(kind, inside)
    return class_of_values(kind) or _type_of_collection(kind, inside) or Raw


def _type_of_collection(kind: Any, inside: tuple[Any, ...]) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if not isinstance(origin, type) or not parts or Any in parts or object in parts:
        return None
    if issubclass(origin, Mapping):
        return dict[str, _field(parts[1], inside)[0]] if parts[0] in (int, str) else None  # type: ignore[misc]
    is_list = issubclass(origin, Collection) and parts[1:] in ((), (...,))
    return list[_field(parts[0], inside)[0]] if is_list else None  # type: ignore[misc]


_RAW_OBJECTS: Final[Any] = list[dict[str, Raw] | None]
_RAW_VALUES: Final[Any] = list[Raw]
_read_objects: Final = _reader_of(_RAW_OBJECTS)
_read_values: Final = _reader_of(_RAW_VALUES)


def raw_rows(text: bytes) -> list[dict[str, Any]]:
    """Read a JSON list of objects without looking at their values: each stays the JSON that it is.

    Raises:
        ValueError: It is no list of objects.
    """
    return _read_objects(text)


def raw_values(text: bytes) -> list[Any]:
    """Read a JSON list without looking at its values; `bytes` makes JSON of each."""
    return _read_values(text)
