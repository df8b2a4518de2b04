"""The models that hypothesis and polyfactory generate could come from the API."""

import json
import subprocess
import sys
import tomllib
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capillary_async import TargetEvent, models
from capillary_async.codec.pydantic_schema import json_schema_of
from capillary_async.models.definition import Model
from capillary_async.models.factories import ModelFactory
from capillary_async.models.hypothesis_plugin import register

register()
PROJECT = Path(__file__).parents[2] / "pyproject.toml"
MODELS = [
    kind
    for kind in (getattr(models, name) for name in models.__all__)
    if isinstance(kind, type) and issubclass(kind, Model)
]


def leaves(value: Any) -> list[Any]:
    """Return every value that is not a model and not a container."""
    parts: list[Any] | None = None
    if isinstance(value, Model):
        parts = [getattr(value, attribute.name) for attribute in attrs.fields(type(value))]
    elif isinstance(value, dict):
        parts = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, tuple | list):
        parts = list(cast("list[Any]", value))
    return [value] if parts is None else [leaf for part in parts for leaf in leaves(part)]


@cache
def validator_of(kind: Any) -> Any:
    """Return a validator of the JSON that `to_json` returns."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(json_schema_of(kind, is_output=True))


def check(model: Model) -> None:
    """Check that the API could send a model."""
    for leaf in leaves(model):
        assert not isinstance(leaf, datetime) or leaf.tzinfo is not None
        assert not isinstance(leaf, Decimal) or leaf.is_finite()
    assert model.extra == {}


@given(st.one_of([st.from_type(kind) for kind in MODELS]))
def test_hypothesis_generates_every_model(model: Model) -> None:
    """Without the registered strategy, `from_type` fails at the first `Any`."""
    check(model)


@given(st.one_of([st.from_type(kind) for kind in MODELS]))
def test_the_json_of_a_model_fits_its_schema(model: Model) -> None:
    """FastAPI publishes the schema, and generators of clients believe it."""
    kind: Any = type(model)

    validator_of(kind).validate(json.loads(model.to_json()))


@given(st.builds(TargetEvent, event_log_id=st.just(7)))
def test_single_attributes_can_be_given(event: TargetEvent) -> None:
    """A property often concerns a single attribute."""
    assert event.event_log_id == 7


@pytest.mark.parametrize("kind", MODELS)
def test_polyfactory_generates_every_model(kind: type[Model]) -> None:
    """Polyfactory's default factories make date-times without a zone."""
    for model in ModelFactory.create_factory(kind).batch(20):
        assert isinstance(model, kind)
        check(model)


def test_a_factory_takes_attributes() -> None:
    """A test sets the attributes that it checks, nested ones included."""
    event = ModelFactory.create_factory(TargetEvent).build(customer_id=7, target_value=Decimal("1.5"))

    assert (event.customer_id, event.target_value) == (7, Decimal("1.5"))


def test_hypothesis_loads_the_strategy_itself() -> None:
    """The package's entry point registers the strategy, so users need not call anything."""
    entry = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["entry-points"]["hypothesis"]["capillary_async"]
    module, function = entry.split(":")
    code = f"import sys, {module} as m; m.{function}(); print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {"aiohttp", "cattrs", "capillary_async.client"} & set(loaded)
