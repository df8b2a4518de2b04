"""Models can be converted to dicts, to JSON, and by other libraries."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import chain
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async import (
    Customer,
    Identifier,
    NotFoundError,
    Profile,
    Target,
    TargetEvent,
    TargetPeriodDefault,
    to_dict,
    to_json,
)
from capillary_async.codec import Converter, decode_json
from capillary_async.codec.interop import from_dict, msgspec_dec_hook, msgspec_enc_hook, register_cattrs_hooks
from capillary_async.codec.row_text import (
    TABLE,
    TableRows,
    decode_part,
    decode_rows,
    encode_parts,
    encode_rows,
    join_tables,
)
from capillary_async.models.definition import NOTHING_EXTRA, Model, ReadOnlyDict, model

INDIA = timezone(timedelta(hours=5, minutes=30))
EVENT = TargetEvent(
    event_log_id=2**63 - 1,
    event_name="ADD_TRANSACTION",
    event_date=datetime(2026, 1, 8, 10, 3, 21, 123456, tzinfo=INDIA),
    target_value=Decimal("2000.460"),
    extra={"newField": {"amount": Decimal("1.10"), "unit": "₹"}},
)
CUSTOMER = Customer(
    id=7,
    profiles=(Profile(source="INSTORE", identifiers=(Identifier(type="mobile", value="1"),), fields={"a": [1]}),),
)
TARGET = Target(id=1, target_period_default_values_map={62127: TargetPeriodDefault(id=5, default_value=Decimal("1.0"))})
MODELS = (EVENT, CUSTOMER, TARGET, TargetEvent(event_log_id=1))


def changed(**values: Any) -> TargetEvent:
    """Return the event with other values of any type."""
    evolve: Any = attrs.evolve
    found: TargetEvent = evolve(EVENT, **values)
    return found


# --- to_dict and to_json ---


@pytest.mark.parametrize("value", MODELS)
def test_a_dict_of_a_model_goes_through_json_and_back(value: Model) -> None:
    """A service must be able to read back what it stored."""
    for by_alias in (False, True):
        text = json.dumps(value.to_dict(by_alias=by_alias))

        assert from_dict(type(value), json.loads(text)) == value
        assert from_dict(type(value), json.loads(value.to_json(by_alias=by_alias), parse_float=Decimal)) == value


def test_a_dict_has_the_attributes_in_their_order() -> None:
    """Readers expect the id first, as in the class."""
    assert list(EVENT.to_dict()) == [field.name for field in attrs.fields(TargetEvent)]
    assert list(json.loads(EVENT.to_json())) == list(EVENT.to_dict())


def test_the_apis_own_keys_are_there_on_request() -> None:
    """Another system may expect the API's keys."""
    found = EVENT.to_dict(by_alias=True)

    assert found["eventLogId"] == 2**63 - 1
    assert found["eventDate"] == "2026-01-08T10:03:21.123456+05:30"
    assert found["newField"] == {"amount": 1.1, "unit": "₹"}
    assert "extra" not in found
    assert Converter(UTC).structure(decode_json(EVENT.to_json(by_alias=True).encode()), TargetEvent) == EVENT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.000", 1.0),
        ("2000.460", 2000.46),
        ("-0.001", -0.001),
        ("1E+3", 1000),
        ("12345678901234567890", 12345678901234567890),
        ("1234567890123456.7891", "1234567890123456.7891"),
        ("1E+400", "1E+400"),
        ("1E-400", "1E-400"),
    ],
)
def test_a_decimal_is_the_json_number_that_is_exact(text: str, value: Any) -> None:
    """`json.dumps` supports int, float and str, and the chosen type must not change the number."""
    found = to_dict(Decimal(text))

    assert (found, type(found)) == (value, type(value))
    assert Decimal(json.loads(json.dumps(found), parse_float=Decimal)) == Decimal(text)
    assert json.loads(to_json(Decimal(text)), parse_float=Decimal) == Decimal(text)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_decimal_is_changed(value: Decimal) -> None:
    """Points have a money value, so no digit may change."""
    assert Decimal(json.loads(json.dumps(to_dict(value)), parse_float=Decimal)) == value


def test_json_keeps_every_digit() -> None:
    """The API sends `2000.460`, with the last zero."""
    assert '"target_value":2000.460' in EVENT.to_json()
    assert '"amount":1.10' in EVENT.to_json()


def test_lists_errors_and_whatever_holds_models_are_converted() -> None:
    """Services return lists, pages and outcomes, not only single models."""

    class Pair(NamedTuple):
        key: int
        error: Exception

    error = NotFoundError("there is none", status=404)

    assert to_dict([EVENT, {"a": EVENT}]) == [EVENT.to_dict(), {"a": EVENT.to_dict()}]
    assert to_dict(Pair(1, error))["error"]["type"] == "NotFoundError"
    assert to_dict(Pair(1, error))["error"]["status"] == 404
    assert to_json((date(2026, 1, 8), UUID(int=1))) == '["2026-01-08","00000000-0000-0000-0000-000000000001"]'
    assert to_dict(UUID(int=1)) == "00000000-0000-0000-0000-000000000001"


def test_private_attributes_stay_private() -> None:
    """JSON cannot hold a page's private attributes."""

    @attrs.frozen
    class Holder:
        shown: int
        _hidden: object

    assert to_dict(Holder(1, object())) == {"shown": 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")], ids=repr)
def test_no_number_that_is_none_becomes_null(value: Any) -> None:
    """NaN must be refused, because msgspec would write it as null, which reads as missing data."""
    for rows in ([value], [{"a": value}], [changed(target_value=value)], [{"a": [value]}]):
        with pytest.raises(ValueError, match="JSON has no NaN"):
            encode_rows(rows)
        with pytest.raises(ValueError, match="JSON has no NaN"):
            to_json(rows)


def test_each_row_is_one_line() -> None:
    """An export takes stored rows apart at line feeds, and null is no row."""
    rows = [{"text": "a\nb"}, msgspec.Raw(b'{"a":1,\n"b":2}'), "c\nd", EVENT]

    lines = encode_rows(rows).split(b"\n")

    assert [decode_json(line) for line in lines[:3]] == [{"text": "a\nb"}, {"a": 1, "b": 2}, "c\nd"]
    assert len(lines) == 4
    with pytest.raises(ValueError, match="it is null"):
        encode_rows([None])


@pytest.mark.parametrize("value", MODELS)
def test_the_fast_way_writes_the_same_as_the_slow_one(value: Model) -> None:
    """Jobs use the fast way, and its JSON must equal that of `to_json` except for order."""
    assert decode_rows(encode_rows([value, value])) == [decode_json(to_json(value).encode())] * 2


def test_objects_in_a_row_keep_their_order() -> None:
    """Such rows take the slow way, because msgspec would sort the attributes of a model inside a row."""
    (row,) = decode_rows(encode_rows([CUSTOMER]))

    assert json.dumps(row["profiles"]) == json.dumps(CUSTOMER.to_dict()["profiles"])


@pytest.mark.parametrize(
    "value",
    [
        {"a": datetime(1890, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata"))},
        changed(event_date=datetime(1890, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata"))),
        changed(target_value=5),
        changed(extra={"when": datetime(1890, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata"))}),
    ],
)
def test_what_msgspec_would_change_takes_the_slow_way(value: Any) -> None:
    """Local mean time has offsets with seconds, which msgspec rounds to minutes."""
    assert decode_rows(encode_rows([value])) == [decode_json(to_json(value).encode())]


def test_numbers_of_numpy_are_numbers() -> None:
    """A user's lookup function may return numpy numbers."""
    numpy: Any = pytest.importorskip("numpy")

    assert to_json({"a": numpy.float64(0.5), "b": numpy.int64(3)}) == '{"a":0.5,"b":3}'


# --- repr ---


def test_a_repr_leaves_out_what_is_not_there() -> None:
    """Most of a customer's forty attributes are None."""
    assert repr(TargetEvent(event_log_id=1, event_name="ENROL")) == "TargetEvent(event_log_id=1, event_name='ENROL')"
    assert repr(TargetEvent(event_log_id=1, extra={"a": 1})) == "TargetEvent(event_log_id=1, extra={'a': 1})"


# --- libraries ---


def test_a_model_is_a_field_of_a_pydantic_model() -> None:
    """Most services describe their data with pydantic."""
    pydantic: Any = pytest.importorskip("pydantic")
    holder: Any = pydantic.create_model("Holder", event=(TargetEvent, ...), others=(list[Customer], []))

    held = holder(event=EVENT, others=[CUSTOMER])

    assert held.event is EVENT
    assert held.model_dump(mode="json") == {"event": EVENT.to_dict(), "others": [CUSTOMER.to_dict()]}
    assert holder.model_validate_json(held.model_dump_json()) == held
    assert holder.model_json_schema()["$defs"]["TargetEvent"]["properties"]["target_value"] == {
        "anyOf": [{"type": "number"}, {"type": "null"}]
    }


@pytest.mark.parametrize("value", [5, {"event_log_id": "x"}, {}])
def test_pydantic_refuses_what_is_no_model(value: Any) -> None:
    """A wrong value must be a validation error with its location."""
    pydantic: Any = pytest.importorskip("pydantic")

    with pytest.raises(pydantic.ValidationError, match=r"eventLogId|expected a TargetEvent or an object"):
        pydantic.TypeAdapter(TargetEvent).validate_python(value)


def test_fastapi_answers_with_models_and_describes_them() -> None:
    """FastAPI uses a model as return type, as `response_model` and in OpenAPI."""
    fastapi: Any = pytest.importorskip("fastapi")
    testing: Any = pytest.importorskip("fastapi.testclient")
    app = fastapi.FastAPI()

    async def event() -> TargetEvent:
        return EVENT

    async def customers() -> Any:
        return [CUSTOMER]

    app.get("/event")(event)
    app.get("/customers", response_model=list[Customer])(customers)
    client = testing.TestClient(app)

    assert client.get("/event").json() == EVENT.to_dict()
    assert client.get("/customers").json() == [CUSTOMER.to_dict()]
    document = client.get("/openapi.json").json()
    content = document["paths"]["/event"]["get"]["responses"]["200"]["content"]
    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/TargetEvent"}
    assert document["components"]["schemas"]["TargetEvent"]["properties"]["event_log_id"] == {"type": "integer"}


def test_litestar_answers_with_models() -> None:
    """Litestar supports attrs classes, and models must stay compatible."""
    litestar: Any = pytest.importorskip("litestar")
    testing: Any = pytest.importorskip("litestar.testing")

    async def event() -> TargetEvent:
        return EVENT

    with testing.create_test_client([litestar.get("/event")(event)]) as client:
        assert client.get("/event").json()["event_log_id"] == 2**63 - 1


def test_a_schema_ends_where_a_model_contains_itself() -> None:
    """A recursive model must not make schema generation endless."""
    pydantic: Any = pytest.importorskip("pydantic")

    schema = pydantic.TypeAdapter(Branch).json_schema()

    assert schema["properties"]["children"]["anyOf"][0]["items"] == {"type": "object"}
    assert schema["properties"]["by_name"]["anyOf"][0]["additionalProperties"] == {"type": "integer"}


@model
class Branch(Model):
    """A model that contains itself."""

    name: str
    children: "tuple[Branch, ...] | None" = None
    by_name: Mapping[str, int] | None = None


def test_cattrs_takes_models_by_hooks() -> None:
    """A user's classes may contain models."""
    cattrs: Any = pytest.importorskip("cattrs")
    converter = cattrs.Converter()
    register_cattrs_hooks(converter)

    assert converter.unstructure({"a": [EVENT]}) == {"a": [EVENT.to_dict()]}
    assert converter.structure([EVENT.to_dict()], list[TargetEvent]) == [EVENT]


def test_msgspec_takes_models_and_errors_by_hooks() -> None:
    """The hooks add what msgspec does not support; it encodes models itself."""
    encoder = msgspec.json.Encoder(enc_hook=msgspec_enc_hook, decimal_format="number")

    found = msgspec.json.decode(encoder.encode({"event": EVENT, "error": ValueError("x")}))

    assert found["error"] == {"type": "ValueError", "message": "x"}
    assert msgspec_dec_hook(TargetEvent, found["event"]) == EVENT
    with pytest.raises(NotImplementedError):
        msgspec_dec_hook(int, 5)
    with pytest.raises(NotImplementedError):
        msgspec.json.encode(object(), enc_hook=msgspec_enc_hook)


# --- tables, as which a job stores flat models ---

FIRST_MOMENT = datetime(1800, 1, 1, tzinfo=UTC).replace(tzinfo=None)
ZONES = (UTC, INDIA, ZoneInfo("Asia/Kolkata"))
MOMENTS = st.datetimes(min_value=FIRST_MOMENT, timezones=st.sampled_from(ZONES))
FLAT_EVENTS = st.builds(
    TargetEvent,
    event_log_id=st.integers(1, 3),
    event_name=st.sampled_from([None, "ADD_TRANSACTION", "a\nb"]),
    event_date=st.none() | MOMENTS,
    target_value=st.none() | st.sampled_from(list(map(Decimal, ("1", "1.0", "1.000", "1E+3", "-0.00")))),
    extra=st.just(NOTHING_EXTRA),
)


OLD_EVENT: Final = TargetEvent(event_log_id=1, event_date=datetime(1900, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")))


def read_again(answers: list[list[Any]]) -> list[Any]:
    """Encode the rows of keys and decode them again."""
    parts = list(encode_parts(answers))
    found = [decode_part(text) for _, text in parts]
    assert [keys for keys, _ in parts] == list(map(len, found))
    return [decode_rows(rows) for rows in chain.from_iterable(found)]


@given(st.lists(st.lists(FLAT_EVENTS, max_size=3), min_size=1, max_size=5))
def test_a_table_says_what_the_exact_encoder_says(answers: list[list[Any]]) -> None:
    """Values that are equal may have different digits or offsets, and each must be kept."""
    assert read_again(answers) == decode_json(to_json(answers).encode())
    assert to_json(read_again(answers)) == to_json(answers)


@pytest.mark.parametrize("odd", [[], [{"a": 1}], [TargetEvent(event_log_id=7, extra=ReadOnlyDict(b=2))], [OLD_EVENT]])
def test_rows_that_are_no_table_are_kept_between_tables(odd: list[Any]) -> None:
    """One key with an undocumented field says nothing about the others."""
    answers = [[TargetEvent(event_log_id=number)] * 2 for number in range(5)]

    assert read_again([*answers, odd, *answers]) == decode_json(to_json([*answers, odd, *answers]).encode())


def test_a_table_holds_what_all_rows_share_once() -> None:
    """The events of a target have the target's id in each row."""
    answers = [[TargetEvent(event_log_id=number, target_rule_id=387538614)] for number in range(50)]

    ((keys, text),) = encode_parts(answers)

    assert keys == 50
    assert text.startswith(TABLE)
    assert text.count(b"387538614") == 1
    assert text.count(b"event_log_id") == 1


def test_rows_from_several_tables_are_put_together() -> None:
    """An export makes one Arrow table of many keys."""
    tables = [[TargetEvent(event_log_id=number)] * number for number in (1, 2, 3)]
    found = [rows for each in tables for _, text in encode_parts([each]) for rows in decode_part(text)]

    parts = join_tables(found)

    assert parts is not None
    assert parts.counts == [1, 2, 3]
    assert parts.values("event_log_id") == [1, 2, 2, 3, 3, 3]
    assert parts.values("target_value") == [None] * 6
    assert join_tables([*found, encode_rows([{"a": 1}])]) is None
    assert join_tables([*found, TableRows({"a": 1}, 0, 1, 8)]) is None


def test_a_table_refuses_what_json_cannot_say() -> None:
    """A flat model takes the same checks as any other row."""
    with pytest.raises(ValueError, match="JSON has no NaN"):
        list(encode_parts([[TargetEvent(event_log_id=1, target_value=Decimal("NaN"))]]))
