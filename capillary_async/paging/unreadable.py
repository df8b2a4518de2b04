"""Rows that could not be structured, and what tells them apart although their keys could not be read.

A digest of the content identifies most of them. But rows that are `null` or `{}` are alike, and pages may overlap. So
an unreadable row that stands where one like it stood is the same row; one behind the rows that were read is another.
"""

from collections.abc import Hashable, Sequence

from capillary_async.paging.rows import SeenRows
from capillary_async.pipeline.request import InternalValue


class UnreadableRow(InternalValue, frozen=True):
    """Stands for a row that could not be structured: what in the answer is wrong."""

    location: str


class UnreadableKey(InternalValue, frozen=True):
    """The key of such a row: a digest of what came, and the position where it was first seen."""

    content: str
    position: int = 0


def tell_apart(keys: Sequence[Hashable], rows: SeenRows, start: int, *, is_open: bool) -> list[Hashable]:
    """Return the keys of an answer, those of unreadable rows with positions.

    Args:
        keys: What tells the rows apart, in the answer's order.
        rows: Those that came before.
        start: Position of the answer's first row, as it was asked for.
        is_open: Whether it is unknown what `offset` counts, so that the answer may also stand behind all of them.
    """
    told = list(keys)
    bad = {index: key for index, key in enumerate(keys) if isinstance(key, UnreadableKey)}
    if bad:
        start = _place(told, rows, start, is_open=is_open)
        for index, key in bad.items():
            told[index] = _identify(key, rows, start + index)
    return told


def _place(keys: list[Hashable], rows: SeenRows, start: int, *, is_open: bool) -> int:
    """Find the position of an answer's first row by the first row that is known."""
    for index, key in enumerate(keys):
        if not isinstance(key, UnreadableKey) and key in rows and key in rows.order:
            return rows.base + rows.order.index(key) - index
    overlap = zip(rows.order[max(start - rows.base, 0) :], keys, strict=False)
    return start if not is_open or all(_is_alike(known, key) for known, key in overlap) else rows.end


def _is_alike(known: Hashable, key: Hashable) -> bool:
    if not isinstance(known, UnreadableKey) or not isinstance(key, UnreadableKey):
        return False
    return known.content == key.content


def _identify(key: UnreadableKey, rows: SeenRows, position: int) -> UnreadableKey:
    alike = [known for known in rows.order if isinstance(known, UnreadableKey) and _is_alike(known, key)]
    if position >= rows.end or not alike:
        return UnreadableKey(key.content, position)
    return min(alike, key=lambda known: abs(known.position - position))
