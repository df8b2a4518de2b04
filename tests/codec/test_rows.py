"""Rows that are decoded to Structs give the same models and errors as rows that are decoded to dicts."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async import DecodeError, GroupMember, Target, TargetEvent, Tracker
from capillary_async.codec import Converter, as_dicts
from capillary_async.codec.struct_rows import StructRows

EVENT: dict[str, Any] = {
    "eventLogId": 606066681,
    "eventName": "ADD_TRANSACTION",
    "customerId": 564332013,
    "eventDisplayName": None,
    "uniqueId": "880613909",
    "eventDate": "2025-01-09 12:00:12.0",
    "eventDateISO": None,
    "periodId": 9887,
    "targetValue": 2000,
    "brandField": {"a": [1.50, None]},
}
# Values that a lenient reader would convert to another type, date or number.
ODD: list[Any] = [
    *(None, True, 0, -1, 3.7, 1.0, 2**63, 2**70, "", "7", "-7", "7.0", "ADD_TRANSACTION", "odd"),
    *([], [1], {}, {"a": 1}, 1736424012000),
    *("2025-01-09", "2025-01-09T12:00:12Z", "2025-01-09t12:00:12", "2025-01-09T12:00:12z"),
    *("2025-01-09 12:00:12.1234567", "2025-01-09 24:00:00", "2025-02-30 12:00:12.0", "2025-01-09 12:00:12 "),
    *("2025-01-09T12:00:12.000+0530", "2024-06-24T17:37:00.000IST", "2025-12-16T00:00:00Z+05:30"),
    *("2025-09-05T12:25+05:30", "\uff12025-01-09 12:00:12"),
]
CHANGES = st.lists(st.tuples(st.sampled_from([*EVENT, "newKey"]), st.sampled_from(ODD)), max_size=2)
DROPPED = st.sets(st.sampled_from([*EVENT]), max_size=2)


def page(rows: Any, **others: Any) -> bytes:
    """Return an answer with rows."""
    envelope: dict[str, Any] = {
        "pagination": {"limit": 2, "offset": 0, "total": 9},
        "data": rows,
        "errors": [],
        "warnings": [],
    }
    return json.dumps(envelope | others).encode()


def outcome(converter: Converter, document: Any, into: Any) -> Any:
    """Structure the rows, and return the models or the error."""
    try:
        return converter.structure(document["data"], into, "data")
    except DecodeError as error:
        return str(error), error.location


def read(converter: Converter, body: bytes, model: Any) -> Any:
    """Decode and structure as endpoints do."""
    return outcome(converter, converter.decode(body, model, "data"), tuple[model, ...])


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Kolkata")], ids=str)
@given(pages=st.lists(st.lists(st.tuples(CHANGES, DROPPED), min_size=1, max_size=3), min_size=1, max_size=3))
def test_both_ways_give_the_same_models_and_the_same_errors(zone: Any, pages: list[Any]) -> None:
    """The fast way must be as strict as the general way."""
    learned, fresh = Converter(zone), Converter(zone)
    read(learned, page([EVENT]), TargetEvent)
    for changes in pages:
        rows = [
            {key: value for key, value in {**EVENT, **dict(new)}.items() if key not in gone} for new, gone in changes
        ]
        body = page(rows)

        got = read(learned, body, TargetEvent)

        assert got == outcome(fresh, fresh.decode(body), tuple[TargetEvent, ...])
        again = read(learned, body, TargetEvent)
        assert again == got
        if isinstance(got[0], TargetEvent):
            assert [(event.extra, event.event_date, str(event.target_value)) for event in again] == [
                (event.extra, event.event_date, str(event.target_value)) for event in got
            ]


def test_the_second_page_needs_no_dicts() -> None:
    """Avoiding dicts is the purpose of learning the keys."""
    converter = Converter(UTC)
    converter.decode(page([EVENT]), TargetEvent, "data")

    rows = converter.decode(page([EVENT, EVENT]), TargetEvent, "data")["data"]

    assert isinstance(rows, StructRows)
    event = converter.structure(rows, tuple[TargetEvent, ...])[1]
    assert event.event_date == datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC)
    assert event.target_value == Decimal(2000)
    assert event.extra == {"brandField": {"a": [Decimal("1.50"), None]}}


def test_keys_that_come_and_go_are_learned() -> None:
    """Many answers omit a key in place of sending null."""
    converter = Converter(UTC)
    without = {key: value for key, value in EVENT.items() if key not in ("brandField", "periodId")}
    for _ in range(2):
        converter.decode(page([EVENT, without]), TargetEvent, "data")

    rows = converter.decode(page([without, EVENT]), TargetEvent, "data")["data"]

    assert isinstance(rows, StructRows)
    first, second = converter.structure(rows, list[TargetEvent])
    assert (first.period_id, dict(first.extra)) == (None, {})
    assert (second.period_id, list(second.extra)) == (9887, ["brandField"])


def test_an_endpoint_that_never_answers_alike_is_read_in_the_general_way() -> None:
    """Endless learning would cost more time than it saves, and fill the memory."""
    converter = Converter(UTC)
    for number in range(20):
        converter.decode(page([{**EVENT, f"key{number}": 1}, EVENT]), TargetEvent, "data")

    document = converter.decode(page([{**EVENT, "key99": 1}]), TargetEvent, "data")

    assert type(document["data"]) is list


@pytest.mark.parametrize(
    "body",
    [
        page([]),
        page(None),
        page({"a": 1}),
        page([EVENT], errors=[{"code": 8015, "message": "no"}]),
        page([EVENT], newMember=1),
        b'{"data": null, "errors": [{"code": 1}]}',
        b"[]",
        b"5",
        b"\xef\xbb\xbf" + page([EVENT]),
    ],
)
def test_other_documents_are_what_they_are(body: bytes) -> None:
    """The same endpoint also sends errors and empty pages."""
    converter = Converter(UTC)
    converter.decode(page([EVENT]), TargetEvent, "data")

    document = converter.decode(body, TargetEvent, "data")

    expected = Converter(UTC).decode(body)
    with suppress(TypeError, KeyError):
        document["data"] = as_dicts(document["data"])
    assert document == expected


@pytest.mark.parametrize("body", [b"", b"{", page([EVENT])[:-5], b"<html>", page([EVENT]) + b"x", b'{"data": [NaN]}'])
def test_what_is_no_document_is_the_same_error(body: bytes) -> None:
    """The retry policy depends on the error."""
    converter = Converter(UTC)
    converter.decode(page([EVENT]), TargetEvent, "data")

    with pytest.raises(DecodeError) as learned:
        converter.decode(body, TargetEvent, "data")
    with pytest.raises(DecodeError) as general:
        converter.decode(body)

    assert (str(learned.value), learned.value.retryable) == (str(general.value), general.value.retryable)


@pytest.mark.parametrize("model", [Tracker, Target, GroupMember])
def test_rows_with_objects_in_them_are_learned_too(model: Any) -> None:
    """Only the outermost keys become a Struct; inner objects stay dicts."""
    converter = Converter(UTC)
    rows = {
        Tracker: {"id": 1, "conditionId": 2, "name": "n", "type": "BILL_AMOUNT", "value": 1.5},
        Target: {"id": 1, "name": "n", "attribution": {"createdOn": "2025-01-09T12:00:12.000+0000"}, "active": True},
        GroupMember: {"id": 1, "firstName": "Ann", "joinedDate": "2025-01-09T12:00:12Z"},
    }
    body = page([rows[model]] * 3)
    first = read(converter, body, model)

    assert read(converter, body, model) == first
    assert first == outcome(converter, Converter(UTC).decode(body), tuple[model, ...])


def test_rows_go_into_a_list_of_another_type_all_the_same() -> None:
    """A caller may ask for dicts although the rows were decoded to Structs."""
    converter = Converter(UTC)
    converter.decode(page([EVENT]), TargetEvent, "data")
    rows = converter.decode(page([EVENT]), TargetEvent, "data")["data"]

    assert converter.structure(rows, list[dict[str, Any]])[0]["eventLogId"] == 606066681
