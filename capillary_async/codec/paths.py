"""Find values in decoded answers by their paths, such as `pageDetails.totalEntries`."""

import re
from functools import lru_cache
from typing import Any, Final, cast

from capillary_async.errors import DecodeError
from capillary_async.models.definition import LARGEST_ID

# Names of members, not keys that could be somebody's number or address.
_PLAIN_PATH: Final = re.compile(r"[A-Za-z_]{1,40}(\.[A-Za-z_]{1,40})?")


def value_at(answer: Any, path: str) -> Any:
    """Return the value at a path; `None` if there is none."""
    for name in _names(path):
        answer = cast("dict[str, Any]", answer).get(name) if isinstance(answer, dict) else None
    return answer


def list_at(answer: dict[str, Any], path: str) -> list[Any]:
    """Return the list at a path; null is an empty one.

    Raises:
        DecodeError: There is no list. The message says where the answer has lists.
    """
    if isinstance(rows := answer.get(path), list):  # most paths are one name
        return cast("list[Any]", rows)
    *parents, name = _names(path)
    found = value_at(answer, ".".join(parents)) if parents else answer
    holder = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    rows = holder.get(name)
    if isinstance(rows, list):
        return cast("list[Any]", rows)
    if rows is None and name in holder:
        return []
    raise DecodeError(f"expected a list of rows at {path}{_lists_in(answer)}", location=path)


def whole_number_or_none(value: Any) -> int | None:
    """Return a number that fits 64 bits, also one that came as text; `None` for all else."""
    if type(value) is int and -LARGEST_ID <= value <= LARGEST_ID:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return None


def _lists_in(answer: dict[str, Any]) -> str:
    held = [(name, cast("dict[str, Any]", value)) for name, value in answer.items() if isinstance(value, dict)]
    inner = [(f"{name}.{key}", value) for name, members in held for key, value in members.items()]
    paths = [
        path for path, value in (*answer.items(), *inner) if isinstance(value, list) and _PLAIN_PATH.fullmatch(path)
    ]
    return f"; the answer has lists at {', '.join(paths)}" if paths else ""


@lru_cache(maxsize=256)
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))
