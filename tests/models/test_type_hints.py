"""Declared types are taken apart in one module, which codec, tables and jobs share."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import NoneType
from typing import Any, Literal

import pytest

from capillary_async.models.definition import AlsoQuoted, Id, OneOrMore
from capillary_async.models.enumerations import TrackerType
from capillary_async.models.type_hints import (
    allows_only,
    class_of_values,
    item_type,
    kinds_of,
    mapping_types,
    marks_of,
    without_null,
)


@pytest.mark.parametrize(
    ("hint", "item"),
    [
        (list[int], int),
        (tuple[Decimal, ...], Decimal),
        (Sequence[Id], Id),
        (tuple[int, str], None),
        (list[Any], None),
        (dict[str, int], None),
        (list, None),
        (tuple[()], None),
        (int, None),
    ],
)
def test_a_list_of_one_type_has_an_item_type(hint: Any, item: Any) -> None:
    """A column of lists needs the type of the items, and a tuple of several types has none."""
    assert item_type(hint) is item


@pytest.mark.parametrize(
    ("hint", "types"),
    [
        (Mapping[int, str], (int, str)),
        (dict[str, Any], None),
        (Mapping[str, object], None),
        (dict, None),
        (list[int], None),
    ],
)
def test_a_mapping_has_types_if_its_values_have_one(hint: Any, types: Any) -> None:
    """Values of any type are JSON, and have no column of their own."""
    assert mapping_types(hint) == types


@pytest.mark.parametrize(
    ("hint", "without", "kinds"),
    [
        (int | None, int, [int]),
        (TrackerType | str | None, TrackerType | str, [TrackerType, str]),
        (Id | None, Id, [int]),
        (NoneType, NoneType, []),
        (None, None, [None]),
        (Any, Any, [Any]),
    ],
)
def test_null_and_marks_can_be_left_out(hint: Any, without: Any, kinds: list[Any]) -> None:
    """Most attributes may be null, and most code asks what else they may be."""
    assert without_null(hint) == without
    assert kinds_of(hint) == kinds


def test_marks_are_what_annotated_adds() -> None:
    """A mark says how the API sends a value."""
    assert marks_of(Id) == (AlsoQuoted,)
    assert marks_of(OneOrMore[int]) != ()
    assert marks_of(int) == ()


@pytest.mark.parametrize(
    ("hint", "allowed"),
    [(TrackerType | str | None, True), (str | int, False), (Any, False), (list[str], False)],
)
def test_a_type_allows_only_its_classes(hint: Any, allowed: bool) -> None:  # noqa: FBT001
    """A value of any other class needs a check or another column."""
    assert allows_only(hint, str, date) is allowed


@pytest.mark.parametrize(
    ("kind", "cls"), [(TrackerType, str), (Literal["a", "b"], str), (Literal[1], int), (Literal["a", 1], None)]
)
def test_the_values_of_an_enumeration_have_a_class(kind: Any, cls: Any) -> None:
    """A column has one type."""
    assert class_of_values(kind) is cls
