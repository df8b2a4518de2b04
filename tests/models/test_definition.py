"""Models are values: immutable, comparable, hashable, and easy to create in a test."""

import copy
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from typing import Any

import attrs
import pytest

from capillary_async import models
from capillary_async.codec import Converter
from capillary_async.models.customers import Customer
from capillary_async.models.definition import Model, ReadOnlyDict, alias, documented, model, wire_names
from capillary_async.models.profiles import Profile
from capillary_async.models.targets import TargetEvent
from capillary_async.models.trackers import Tracker

EXPORTED = [getattr(models, name) for name in models.__all__]
ALL_MODELS = [cls for cls in EXPORTED if isinstance(cls, type) and issubclass(cls, Model)]
ANSWER: dict[str, Any] = {"id": 7, "segments": {"Activity": "Lapsed"}, "newKey": [1, {"deep": None}]}


@model
class Node(Model):
    """A tree of any depth."""

    name: str
    children: "tuple[Node, ...] | None" = None


def read(answer: Any, into: Any) -> Any:
    """Structure an answer with the time zone UTC."""
    return Converter(UTC).structure(answer, into)


def test_a_model_can_be_made_by_hand() -> None:
    """Users create models in their own tests."""
    event = TargetEvent(event_log_id=1, target_value=Decimal("1.000"))

    assert event.event_log_id == 1
    assert event.period_id is None
    assert event.extra == {}


@pytest.mark.parametrize("customer", [Customer(id=7), read(ANSWER, Customer)], ids=["by hand", "structured"])
def test_a_model_does_not_change(customer: Customer) -> None:
    """Tasks share models, and structuring fills a model before it is frozen."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        customer.id = 8  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del customer.id  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError):
        customer.invented = 8  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_structured_model_equals_a_constructed_one() -> None:
    """A model made from a draft must equal one made by its constructor."""
    event = read({"eventLogId": 1, "eventName": "ENROL"}, TargetEvent)

    assert type(event) is TargetEvent
    assert event == TargetEvent(event_log_id=1, event_name="ENROL")
    assert hash(event) == hash(TargetEvent(event_log_id=1, event_name="ENROL"))
    assert repr(event).startswith("TargetEvent(event_log_id=1, ")


@pytest.mark.parametrize("customer", [Customer(id=7), read(ANSWER, Customer)], ids=["by hand", "structured"])
def test_a_model_can_be_pickled_and_copied(customer: Customer) -> None:
    """Process pools and caches pickle models."""
    for twin in (pickle.loads(pickle.dumps(customer)), copy.copy(customer), copy.deepcopy(customer)):
        assert twin == customer
        assert hash(twin) == hash(customer)
        assert type(twin) is Customer


def test_a_model_can_be_changed_into_another() -> None:
    """`attrs.evolve` and `attrs.asdict` must work, because attrs users expect them."""
    customer = attrs.evolve(read(ANSWER, Customer), associated_with="till")

    assert customer.associated_with == "till"
    assert attrs.asdict(customer)["segments"] == {"Activity": "Lapsed"}
    assert attrs.asdict(customer)["extra"] == {"newKey": [1, {"deep": None}]}


def test_models_with_another_extra_are_not_equal() -> None:
    """Answers with different undocumented fields are different."""
    assert read({"id": 7, "newKey": 1}, Customer) != read({"id": 7, "newKey": 2}, Customer)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("update", [{"a": 1}]),
        ("__setitem__", ["a", 1]),
        ("__delitem__", ["a"]),
        ("__ior__", [{"a": 1}]),
        ("pop", ["a"]),
        ("popitem", []),
        ("clear", []),
        ("setdefault", ["a"]),
    ],
)
def test_extra_is_immutable(method: str, arguments: list[Any]) -> None:
    """All models without undocumented fields share one `extra`."""
    with pytest.raises(TypeError, match="models are immutable"):
        getattr(Customer(id=1).extra, method)(*arguments)


@pytest.mark.parametrize("cls", ALL_MODELS, ids=lambda cls: cls.__name__)
def test_no_two_attributes_share_a_key(cls: type[Model]) -> None:
    """Two attributes with the same key would get the same value."""
    names = [name for field in documented(cls) for name in wire_names(field)]

    assert len(names) == len(set(names))


def test_keys_follow_from_names() -> None:
    """`wire_names` and `alias` must give the documented keys."""
    names = {field.name: wire_names(field) for cls in ALL_MODELS for field in documented(cls)}

    assert names["fleet_user_id"] == ("fleetUserId",)
    assert names["ug2_pagination"] == ("ug2Pagination",)
    assert names["attribution_v2"] == ("attributionV2",)
    assert names["from_"] == ("from",)
    assert names["event_date"] == ("eventDateISO", "eventDate")
    assert names["created_date_time"] == ("createdDateTimeISO", "createdDateTime")
    assert names["created_date"] == ("createdDate",)
    assert names["upgrade_based_on"] == ("upgradeBasedOn", "upgrade_based_on")


def test_everything_is_exported() -> None:
    """Users need every model for annotations."""
    modules = {import_module(cls.__module__) for cls in EXPORTED}
    defined = {value for module in modules for value in vars(module).values() if isinstance(value, type)}

    names = {cls.__name__ for cls in defined - {Model, StrEnum} if issubclass(cls, Model | StrEnum)}

    assert {"Customer", "TrackerType", "TargetEvent"} <= names <= {*models.__all__}


def test_every_member_of_an_enumeration_is_its_text() -> None:
    """Users compare members with the documented texts."""
    enumerations = [cls for cls in EXPORTED if isinstance(cls, type) and issubclass(cls, StrEnum)]

    assert enumerations
    assert all(member == member.value for enumeration in enumerations for member in enumeration)


def test_users_declare_models_of_their_own() -> None:
    """Users need models for endpoints without a method."""

    @model
    class Coupon(Model):
        coupon_code: str
        valid_till: datetime | None = None
        series: int | None = alias("series_id", default=None)
        rules: Any = None

    answer = {"couponCode": "A1", "validTill": "2025-01-09 12:00:12", "series_id": 3, "rules": ["any"], "x": 1}
    coupon = read(answer, Coupon)

    date = datetime(2025, 1, 9, 12, 0, 12, tzinfo=UTC)
    assert coupon == Coupon(coupon_code="A1", valid_till=date, series=3, rules=["any"], extra={"x": 1})


def test_a_model_may_contain_itself() -> None:
    """Categories and organisations are trees."""
    node = read({"name": "a", "children": [{"name": "b"}]}, Node)

    assert node == Node(name="a", children=(Node(name="b"),))


def test_an_unsupported_annotation_is_a_type_error() -> None:
    """The error must name the class, because the answer is correct."""

    @model
    class Wrong(Model):
        other: "Nowhere | None" = None  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable, reportUnknownVariableType]

    with pytest.raises(
        TypeError, match="Wrong has an annotation that cannot be resolved: name 'Nowhere' is not defined"
    ):
        read({}, Wrong)


def test_a_default_other_than_none_is_refused() -> None:
    """A default other than None would be invented data."""
    with pytest.raises(TypeError, match="the default of an optional attribute must be None"):

        @model
        class Wrong(Model):  # pyright: ignore[reportUnusedClass]
            count: int = 0


def test_extra_can_be_given_by_hand() -> None:
    """A fake answer in a test may need an undocumented key."""
    tracker = Tracker(id=1, extra=ReadOnlyDict(unit="EUR"))

    assert tracker.extra["unit"] == "EUR"
    assert isinstance(tracker.extra, Mapping)


def test_profiles_with_free_form_fields_have_a_hash() -> None:
    """Users put customers into sets, although free-form objects have no hash."""
    profiles = {read({"fields": {"a": [1]}}, Profile), read({"fields": {"a": [1]}}, Profile)}

    assert len(profiles) == 1
