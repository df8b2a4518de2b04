"""Structuring is strict: a value either has the declared type or is refused."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from threading import Barrier
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, TypedDict, get_args, get_origin

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async.codec import Converter, decode_json
from capillary_async.codec.generation import FieldCode, ReaderCache
from capillary_async.codec.hooks import model_list_hook
from capillary_async.codec.scalars import Mismatch
from capillary_async.errors import DecodeError
from capillary_async.models.attribution import Actor
from capillary_async.models.customers import Customer
from capillary_async.models.definition import ExactNumber, Model, documented, wire_names
from capillary_async.models.enumerations import EventName, TrackerType
from capillary_async.models.listings import Pagination
from capillary_async.models.progress import TargetProgress
from capillary_async.models.targets import Target, TargetEvent, TargetPeriodDefault
from capillary_async.models.trackers import Tracker
from capillary_async.models.type_hints import alternatives
from capillary_async.models.user_groups import CustomerUserGroup
from tests.models.test_definition import ALL_MODELS

CONVERTER = Converter(UTC)
EVENT: dict[str, Any] = {
    "eventLogId": 606072487,
    "eventName": "ADD_TRANSACTION",
    "customerId": 564332013,
    "eventDisplayName": None,
    "uniqueId": "880616667",
    "eventDate": "2025-01-09 13:00:12.0",
    "eventDateISO": None,
    "periodId": 9887,
    "targetValue": Decimal("2000.46"),
}


def read(value: Any, into: Any) -> Any:
    """Structure a value with the time zone UTC."""
    return CONVERTER.structure(value, into)


def without_mark(into: Any) -> Any:
    """Return the type inside an `Annotated`."""
    return get_args(into)[0] if get_origin(into) is Annotated else into


ALL_KEYS = [(cls, name, field) for cls in ALL_MODELS for field in documented(cls) for name in wire_names(field)]
KEY_IDS = [f"{cls.__name__}.{name}" for cls, name, _ in ALL_KEYS]


def identity_of(cls: type[Model], but: Any) -> dict[str, Any]:
    """Return the values of all required attributes, except one."""
    required = [field for field in documented(cls) if field.default is attrs.NOTHING]
    return {wire_names(field)[0]: "1" if field.type is str else 1 for field in required if field.name != but.name}


@pytest.mark.parametrize(("cls", "name", "attribute"), ALL_KEYS, ids=KEY_IDS)
def test_null_is_none_or_an_error(cls: type[Model], name: str, attribute: Any) -> None:
    """Null must never become "None", 0 or an empty text."""
    answer = {**identity_of(cls, but=attribute), name: None}

    if attribute.default is None:
        assert getattr(read(answer, cls), attribute.name) is None
        assert not read(answer, cls).extra
    else:
        with pytest.raises(DecodeError, match=r"(is missing|should be a (whole number|text), not null)$"):
            read(answer, cls)


@pytest.mark.parametrize(("cls", "name", "attribute"), ALL_KEYS, ids=KEY_IDS)
@pytest.mark.parametrize("value", [True, Decimal("3.7"), "None"], ids=str)
def test_nothing_is_taken_for_something_else(cls: type[Model], name: str, attribute: Any, value: Any) -> None:
    """3.7 must not become 3, true not 1, and a text not a list."""
    answer = {**identity_of(cls, but=attribute), name: value}

    if {type(value), Any} & {*map(without_mark, alternatives(attribute.type))}:
        assert getattr(read(answer, cls), attribute.name) is value
    else:
        with pytest.raises(DecodeError, match=rf"^{name} should be .*, (not a|which it is not)"):
            read(answer, cls)


@given(st.permutations(list(EVENT)), st.integers(0, len(EVENT)), st.dictionaries(st.text(), st.integers(), max_size=3))
def test_keys_may_come_in_any_order_missing_or_new(order: list[str], count: int, new: dict[str, int]) -> None:
    """A function generated for one key order must not read an object with another one."""
    wanted = {"eventLogId": EVENT["eventLogId"], **{key: EVENT[key] for key in order[:count]}}
    unknown = {key: value for key, value in new.items() if key not in EVENT}

    event = read({**unknown, **wanted}, TargetEvent)

    assert event == TargetEvent(
        event_log_id=606072487,
        event_name=EventName.ADD_TRANSACTION if "eventName" in wanted else None,
        customer_id=wanted.get("customerId"),
        unique_id=wanted.get("uniqueId"),
        event_date=datetime(2025, 1, 9, 13, 0, 12, tzinfo=UTC) if "eventDate" in wanted else None,
        period_id=wanted.get("periodId"),
        target_value=wanted.get("targetValue"),
        extra=unknown,
    )


def test_more_kinds_of_rows_than_anybody_sends_are_read_all_the_same() -> None:
    """A server that invents keys must neither fill the memory nor lose a key."""
    converter = Converter(UTC)
    rows = [{"id": number, f"key{number}": number, "value": number} for number in range(300)]
    wide = {"id": 1, **{f"key{number}": number for number in range(5000)}}

    trackers = converter.structure([*rows, wide], tuple[Tracker, ...])

    assert [tracker.id for tracker in trackers] == [*range(300), 1]
    assert [tracker.extra for tracker in trackers[:300]] == [{f"key{number}": number} for number in range(300)]
    assert len(trackers[300].extra) == 5000


def test_one_listing_may_hold_rows_of_different_key_orders() -> None:
    """The reader of the row before must not be used for a row with other keys."""
    rows = [{"id": 1, "value": 2}, {"value": 4, "id": 3}, {"id": 5}, {"id": 6, "value": 7}, {"id": 8, "odd": 9}]

    trackers = read(rows, list[Tracker])

    assert [(tracker.id, tracker.value) for tracker in trackers] == [(1, 2), (3, 4), (5, None), (6, 7), (8, None)]
    assert [dict(tracker.extra) for tracker in trackers] == [{}, {}, {}, {}, {"odd": 9}]


def test_only_what_comes_again_is_remembered() -> None:
    """A function for each invented key order would fill the memory."""
    readers = ReaderCache(Tracker, lambda _: FieldCode())
    rows: list[Any] = [{"id": 1, f"key{number}": 1} for number in range(298)]
    rows = [{"id": 1, "k" * 300: 1}, {"id": 1, **dict.fromkeys(map(str, range(500)))}, *rows]

    trackers = model_list_hook(list[Tracker], readers)(rows, None)

    assert len(trackers) == 300
    assert len(readers) <= 65
    assert max(len(key) for keys in readers for key in keys) < 300
    assert max(len(keys) for keys in readers) < 300


def test_a_text_in_place_of_a_row_is_not_read_letter_by_letter() -> None:
    """Iterating over a text yields letters, which look like keys."""
    readers = ReaderCache(Tracker, lambda _: FieldCode())

    with pytest.raises(Mismatch):
        model_list_hook(list[Tracker], readers)(["id"], None)

    assert not readers


@pytest.mark.parametrize("row", ["ab", ["id"], None, 5, ["id", "value"]], ids=str)
def test_a_row_that_is_no_object_is_an_error(row: Any) -> None:
    """A list of key names has the same key order as an object."""
    with pytest.raises(DecodeError, match=r"^data\[1\] should be an object"):
        CONVERTER.structure([{"id": 1, "value": 2}, row], tuple[Tracker, ...], "data")


@given(st.decimals(allow_nan=False, allow_infinity=False) | st.integers())
def test_money_keeps_the_digits_of_its_text(value: Decimal | int) -> None:
    """1.000 and 1 differ in precision."""
    event = read(decode_json(b'{"eventLogId": 1, "targetValue": %s}' % str(value).encode()), TargetEvent)

    assert type(event.target_value) is Decimal
    assert str(event.target_value) == str(Decimal(value))


@pytest.mark.parametrize("text", [b"1.000", b"0.0", b"221350.000", b"2000.46", b"1000", b"-0.5"])
def test_documented_amounts_stay_as_they_are_written(text: bytes) -> None:
    """The documentation's samples have these amounts."""
    event = read(decode_json(b'{"eventLogId": 1, "targetValue": %s}' % text), TargetEvent)

    assert str(event.target_value) == text.decode()


@given(st.text())
def test_an_unknown_word_stays_a_text(word: str) -> None:
    """A new value of an enumeration must not break an old client."""
    tracker = read({"id": 1, "type": word}, Tracker)

    assert tracker.type == word
    assert isinstance(tracker.type, TrackerType) == (word in set(TrackerType))


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_an_identifier_may_be_quoted(number: int) -> None:
    """Some answers send numbers as strings, such as the offset of a page."""
    assert read({"id": str(number), "conditionId": number}, Tracker) == Tracker(id=number, condition_id=number)
    assert read({"offset": str(number)}, Pagination).offset == number


@pytest.mark.parametrize("text", ["", "-", "1.0", "+1", " 1", "1_0", "٣", "²", str(2**63), "9" * 5000, "1e3"])
def test_a_text_that_is_no_identifier_is_an_error(text: str) -> None:
    """Python's int() accepts texts that the API never sends."""
    with pytest.raises(DecodeError, match=r"^id should be a whole number, not a text$"):
        read({"id": text}, Tracker)


def test_a_time_of_the_servers_clock_may_have_a_twin() -> None:
    """Newer answers of the progress endpoint have a second key for each date."""
    old, new = "2025-01-09T00:00:00.000Z", "2025-01-09T00:00:00+05:30"

    progress = read({"periodStartDateWithTimeStamp": old, "periodStartDateWithTimeStampISO": new}, TargetProgress)

    assert progress.period_start_date_with_time_stamp == datetime.fromisoformat(new)
    assert not progress.extra


def test_a_twin_is_preferred_unless_it_is_null() -> None:
    """Newer answers have an exact date beside the old one."""
    old, new = "2025-01-09 00:00:00", "2025-01-09T12:00:12+05:30"

    def date_of(**keys: str | None) -> datetime | None:
        return read({"eventLogId": 1, **keys}, TargetEvent).event_date  # type: ignore[no-any-return]

    assert date_of(eventDate=old, eventDateISO=new) == datetime.fromisoformat(new)
    assert date_of(eventDateISO=new, eventDate=old) == datetime.fromisoformat(new)
    assert date_of(eventDateISO=new) == datetime.fromisoformat(new)
    assert date_of(eventDate=old, eventDateISO=None) == datetime(2025, 1, 9, tzinfo=UTC)


def test_a_group_is_found_by_either_name_of_its_id() -> None:
    """No document shows a customer's user group; similar objects have `id` or `groupId`."""
    assert read({"groupId": 3}, CustomerUserGroup).id == 3
    assert read({"id": None, "groupId": "3"}, CustomerUserGroup).id == 3
    with pytest.raises(DecodeError, match=r"^id is missing$"):
        read({"groupName": "a"}, CustomerUserGroup)


@pytest.mark.parametrize("empty", [{}, []])
def test_an_empty_mapping_may_be_written_as_a_list(empty: Any) -> None:
    """The documentation describes the map of period defaults as an array."""
    assert read({"id": 1, "targetPeriodDefaultValuesMap": empty}, Target).target_period_default_values_map == {}


def test_a_map_of_periods_has_whole_numbers_for_keys() -> None:
    """JSON can write the keys only as strings."""
    target = read({"id": 1, "targetPeriodDefaultValuesMap": {"62127": {"id": 9, "defaultValue": 1}}}, Target)

    defaults = {62127: TargetPeriodDefault(id=9, default_value=Decimal(1))}
    assert target.target_period_default_values_map == defaults


@pytest.mark.parametrize("is_single", [True, False])
def test_a_strategy_may_stand_alone(is_single: bool) -> None:  # noqa: FBT001
    """The documentation does not say whether a strategy is an object or a list."""
    summary = {"renewConfirmed": True}

    customer = read({"id": 1, "gapToRenewSummary": summary if is_single else [summary]}, Customer)

    assert [summary.renew_confirmed for summary in customer.gap_to_renew_summary or ()] == [True]


class Colour(Enum):
    """A plain enumeration of a user."""

    RED = "red"
    ONE = 1


class Level(IntEnum):
    """An enumeration of numbers."""

    LOW = 1


@attrs.frozen
class Point:
    """A user's own attrs class."""

    x: int
    y: int = 0


@attrs.frozen
class Settings:
    """A user's own class without required fields."""

    colour: str = "red"


@dataclass
class Line:
    """A user's own dataclass."""

    points: list[Point]
    name: str | None = None
    tags: list[str] = field(default_factory=list[str])


@attrs.frozen
class Tree:
    """A user's own class that contains itself."""

    name: str
    children: "list[Tree]" = attrs.field(factory=list["Tree"])


class Row(TypedDict):
    """A user's own TypedDict."""

    id: int
    note: NotRequired[str]


class SnakeRow(TypedDict):
    """A user's own TypedDict whose key the API writes in camelCase."""

    customer_id: int


class Pair(NamedTuple):
    """A user's own named tuple."""

    left: int
    right: str


UserId = NewType("UserId", int)
GOOD: list[tuple[Any, Any, Any]] = [
    (Any, {"a": [1]}, {"a": [1]}),
    (int, 3, 3),
    (UserId, 3, 3),
    (str, "a", "a"),
    (bool, True, True),
    (float, Decimal("2.5"), 2.5),
    (float, 2, 2.0),
    (Decimal, 2, Decimal(2)),
    (None, None, None),
    (int | None, None, None),
    (int | str, "a", "a"),
    (str | int | None, None, None),
    (Decimal | str, Decimal("1.0"), Decimal("1.0")),
    (list, [1, "a"], [1, "a"]),
    (list[int], [1, 2], [1, 2]),
    (Sequence[int], [1], (1,)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (tuple[Point, Tracker], [{"x": 1}, {"id": 2}], (Point(1), Tracker(id=2))),
    (set[int], [1, 1], {1}),
    (frozenset[str], ["a"], frozenset("a")),
    (dict, {"a": 1}, {"a": 1}),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (dict[int, Point], {"5": {"x": 1}}, {5: Point(1)}),
    (Mapping[str, Point], {"a": {"x": 1}}, {"a": Point(1)}),
    (Literal["a", 1], 1, 1),
    (Literal[Colour.RED], "red", Colour.RED),
    (Colour, "red", Colour.RED),
    (Level, 1, Level.LOW),
    (TrackerType, "POINTS", TrackerType.POINTS),
    (date, "2025-09-05", date(2025, 9, 5)),
    (Point, {"x": 1, "unknown": 2}, Point(1)),
    (Line, {"points": [{"x": 1}]}, Line([Point(1)])),
    (Tree, {"name": "a", "children": [{"name": "b"}]}, Tree("a", [Tree("b")])),
    (Row, {"id": 1, "note": "a"}, {"id": 1, "note": "a"}),
    (SnakeRow, {"customerId": 1}, {"customer_id": 1}),
    (SnakeRow, {"customer_id": 1, "customerId": 2}, {"customer_id": 1}),
    (Pair, [1, "a"], Pair(1, "a")),
    (Point | Line, {"points": []}, Line([])),
]
BAD: list[tuple[Any, Any, str]] = [
    (int, "3", "should be a whole number, not a text"),
    (int, True, "should be a whole number, not a boolean"),
    (int, Decimal("3.0"), "should be a whole number, not a number with a fraction or an exponent"),
    (int, 3.0, "should be a whole number, not a float"),
    (UserId, "3", "should be"),
    (str, 3, "should be a text, not a whole number"),
    (str, None, "should be a text, not null"),
    (bool, 1, "should be true or false, not a whole number"),
    (float, "2.5", "should be a number, not a text"),
    (float, Decimal("1e400"), "should be a number"),
    (Decimal, "2.5", "should be a number, not a text"),
    (Decimal, 2.5, "should be a number, not a float"),
    (bytes, 5, "should be"),
    (int | str, [], "should be a whole number or a text, not a list"),
    (list[int], "12", "should be a list, not a text"),
    (list[str], {"a": 1}, "should be a list, not an object"),
    (list[int], [1, "2"], "[1] should be a whole number"),
    (tuple[int, str], [1], "should be a list"),
    (tuple[int, str], [1, 2], "[1] should be a text"),
    (dict[str, int], [["a", 1]], "should be an object, not a list"),
    (dict[str, int], {"a": "b"}, "[...] should be a whole number"),
    (dict[int, int], {"a": 1}, "should be an object"),
    (Literal["a", 1], True, "should be a text or a whole number (a, 1), not a boolean"),
    (Colour, True, "should be a text or a whole number (red, 1), not"),
    (Level, True, "should be a whole number (1), not a boolean"),
    (Level, "1", "should be a whole number (1), not a text"),
    (TrackerType, "points", "ALTERNATE_CURRENCIES), which it is not"),
    (Point, "xy", "should be an object, not a text"),
    (Point, {"y": 1}, "x is missing"),
    (Settings, "abc", "should be an object, not a text"),
    (Settings, [], "should be an object, not a list"),
    (Line, {"points": [{"x": "1"}]}, "points[0].x should be a whole number"),
    (Line, {}, "points is missing"),
    (Tree, {"name": "a", "children": [{"name": "b", "children": [{}]}]}, "children[0].children[0].name is missing"),
    (Row, {"id": 1, "note": None}, "note should be a text, not null"),
    (Row, [], "should be an object, not a list"),
    (SnakeRow, {"customerId": "x"}, "customerId should be a whole number, not a text"),
    (NoneType, 1, "the answer should be null, not a whole number"),
    (Pair, [1], "should be a list"),
]


@pytest.mark.parametrize(("into", "value", "expected"), GOOD, ids=[str(case[0]) for case in GOOD])
def test_any_type_of_a_user_can_be_asked_for(into: Any, value: Any, expected: Any) -> None:
    """Endpoints without models need users' own types."""
    found = read(value, into)

    assert found == expected
    assert type(found) is type(expected) or isinstance(found, Mapping)


@pytest.mark.parametrize(("into", "value", "message"), BAD, ids=[f"{case[0]} {case[1]}" for case in BAD])
def test_users_types_are_as_strict_as_models(into: Any, value: Any, message: str) -> None:
    """The default hooks of cattrs make 3 of "3.7", and a list of letters of a text."""
    with pytest.raises(DecodeError) as caught:
        read(value, into)

    assert message in str(caught.value)


def test_a_class_that_contains_itself_is_made_by_several_threads() -> None:
    """A thread must not get the hook that another thread has not finished."""
    tree = {"name": "a", "children": [{"name": "b"}]}
    for _ in range(20):
        converter, barrier = Converter(UTC), Barrier(4)

        def structured(converter: Converter = converter, barrier: Barrier = barrier) -> Tree:
            barrier.wait(timeout=10)
            return converter.structure(tree, Tree)

        with ThreadPoolExecutor(4) as threads:
            found = [threads.submit(structured) for _ in range(4)]

            assert [each.result() for each in found] == [Tree("a", [Tree("b")])] * 4


def test_a_field_of_pydantic_is_named_by_its_alias() -> None:
    """An error that names the Python name of a field that is there would send the reader to the wrong place."""
    pydantic: Any = pytest.importorskip("pydantic")
    wanted: Any = pydantic.create_model("Wanted", number=(int, pydantic.Field(alias="entityId")), name=(str, ...))

    assert read({"entityId": 5, "name": "a"}, wanted).number == 5
    with pytest.raises(DecodeError, match=r"^name should be a text, not a whole number$"):
        read({"entityId": 5, "name": 1}, wanted)


def test_a_type_that_nobody_can_make_is_the_callers_mistake() -> None:
    """The answer is correct, so the error must not be a DecodeError."""
    with pytest.raises(TypeError, match="an answer cannot be converted to"):
        read({}, complex)


def test_an_actor_may_lack_everything() -> None:
    """The documentation shows actors with different keys."""
    assert read({}, Actor) == Actor()


@pytest.mark.parametrize("value", ["350.000", "-10.54", "0", Decimal("350.000"), 7])
def test_points_may_be_quoted(value: Any) -> None:
    """The ledger sends numbers as strings, and every digit counts."""
    points = read(value, ExactNumber)

    assert points == Decimal(value)
    assert str(points) == str(value)


@pytest.mark.parametrize("value", ["", "1e5", "NaN", "Infinity", " 1", "1_0", "٣", "1.", "0x1", "9" * 65, True, None])
def test_a_text_that_is_no_number_is_no_points(value: Any) -> None:
    """`Decimal` accepts half of these texts."""
    with pytest.raises(DecodeError):
        read(value, ExactNumber)
