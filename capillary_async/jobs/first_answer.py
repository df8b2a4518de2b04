"""Whether a function of the user's returns what it declares, seen on its first answer and not at the export."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from capillary_async.codec import Converter, decode_json
from capillary_async.codec.interop import from_dict
from capillary_async.codec.unstructuring import exact
from capillary_async.errors import DecodeError
from capillary_async.jobs.errors import JobRefusedError
from capillary_async.models.definition import is_model


def check_first_answer(name: str, text: bytes, rows: Sequence[Any], row_type: Any) -> None:
    """Check rows against the type that a lookup declares.

    Args:
        name: The lookup's.
        text: The rows as JSON.
        rows: The rows.
        row_type: Type of one row; `Any` allows everything.

    Raises:
        JobRefusedError: They are of another type, or a date-time has no time zone.
    """
    wrong = _mistake(decode_json(text), row_type) if row_type not in (Any, object) else ""
    if not wrong and _is_naive(exact(rows)):
        wrong = "a date-time has no time zone"
    if wrong:
        raise JobRefusedError(f"lookup {name}: its first answer is not what the function declares: {wrong}")


def _mistake(rows: list[Any], row_type: Any) -> str:
    converter = Converter(UTC)
    try:
        for row in rows:
            if is_model(row_type):
                from_dict(row_type, row)
            else:
                converter.structure(row, row_type)
    except DecodeError as error:
        return str(error.args[0])
    except TypeError:  # a class that answers cannot be structured into may still be written
        return ""
    return ""


def _is_naive(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is None
    if isinstance(value, Mapping):
        return any(map(_is_naive, cast("Mapping[str, Any]", value).values()))
    return isinstance(value, list) and any(map(_is_naive, cast("list[Any]", value)))
