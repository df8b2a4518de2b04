"""Models become flat columns, exact cells and exact JSON."""

import json

import pytest

from capillary_async.codec import json_cell
from capillary_async.tables.text import CsvLines, cell, leaves, select, text_columns
from tests.cli.models import FULL, PLAIN, Owner, Thing

NAMES = ["name", "value", "owner.id", "owner.joined", "colour", "seen", "parents", "origin", "extra"]


def test_columns_come_from_the_class() -> None:
    """The columns of a CSV file must not depend on its first row."""
    assert [column.name for column in text_columns(Thing)] == NAMES


def test_a_class_without_members_is_one_column() -> None:
    """A lookup may return a plain value, such as a customer's id."""
    (column,) = text_columns(int)

    assert (column.name, column.value(306)) == ("value", 306)


def test_columns_below_a_missing_object_are_empty() -> None:
    """Most customers lack some objects."""
    cells = [cell(column.value(PLAIN), json_cell) for column in text_columns(Thing)]

    assert cells == ["lamp", *[""] * 8]


def test_cells_are_exact() -> None:
    """A spreadsheet must show 1.000 if the API sent 1.000."""
    cells = [cell(column.value(FULL), json_cell) for column in text_columns(Thing)]

    assert cells[:6] == ["Größe, 1", "1.000", "7", "2025-09-05", "R", "2025-01-09T12:00:12Z"]
    assert json.loads(cells[6])[0]["name"] == "desk"
    assert cells[8] == '{"new":[1,2.50,null,true]}'


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (0, "0"), ("null", "null"), (Owner(1), None)])
def test_a_cell_shows_what_json_would(value: object, text: str | None) -> None:
    """False and 0 are values, so their cells must not be empty."""
    assert cell(value, json_cell) == (text or '{"id":1,"joined":null}')


def test_selected_columns_keep_the_users_order() -> None:
    """The next program expects this order."""
    assert [column.name for column in select(text_columns(Thing), ["value", "name"])] == ["value", "name"]


def test_an_unknown_column_is_named_with_the_known_ones() -> None:
    """The message lets the user correct a typing error at once."""
    with pytest.raises(ValueError, match=r"no column 'size'; the columns are name, value, owner\.id"):
        select(text_columns(Thing), ["size"])


def test_a_row_may_be_an_object_or_a_mapping() -> None:
    """Jobs read rows as dicts, and the command line has objects; both must write the same."""
    (column,) = select(text_columns(Thing), ["owner.id"])

    assert column.value(FULL) == column.value({"owner": {"id": 7}}) == 7


def test_leaves_are_named_by_their_path() -> None:
    """The command line prints a single customer with one line for each value."""
    assert dict(leaves(FULL))["parents[0].name"] == "desk"
    assert dict(leaves(FULL))["extra.new[1]"] == FULL.extra["new"][1]


def test_a_line_with_one_empty_cell_is_not_empty() -> None:
    """CSV readers skip empty lines."""
    assert CsvLines(json_cell).line([None]) == '""\n'
    assert CsvLines(json_cell).line([None, None]) == ",\n"
