"""Models are pickled as fast as dictionaries, and unpickled without loss."""

import copy
import pickle
import pickletools
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async import models
from capillary_async.codec import Converter
from capillary_async.models import Customer, Identifier, Profile, hypothesis_plugin
from capillary_async.models.definition import Model, ReadOnlyDict, model
from tests.payloads import GOOD, located

hypothesis_plugin.register()  # as the package's entry point does
MODELS = [
    kind
    for kind in (getattr(models, name) for name in models.__all__)
    if isinstance(kind, type) and issubclass(kind, Model)
]


def customer() -> Customer:
    """Return the documented customer."""
    found: Customer = Converter(UTC).structure(*located(next(path for path in GOOD if path.stem == "customer_1")))
    return found


@model
class Basket(Model):
    """A model of a user's own."""

    lines: tuple[Any, ...]
    notes: Mapping[str, Any] | None = None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_unpickled_samples_are_equal(path: Path) -> None:
    """The types of all values and the immutability must survive."""
    sample = Converter(UTC).structure(*located(path))

    twin = pickle.loads(pickle.dumps(sample))

    assert twin == sample
    assert repr(twin) == repr(sample)


@pytest.mark.parametrize("kind", MODELS)
@settings(max_examples=15)
@given(data=st.data())
def test_any_unpickled_model_is_equal(kind: type[Model], data: st.DataObject) -> None:
    """Values that no sample has must survive too."""
    original = data.draw(st.from_type(kind))

    for protocol in (0, pickle.HIGHEST_PROTOCOL):
        assert pickle.loads(pickle.dumps(original, protocol)) == original


LINES: tuple[tuple[Any, ...], ...] = (
    *((), ((1,), (2, None)), ([1, {}],), ({"a": [ReadOnlyDict(b=1)]},), (Identifier(type="email"),), (b"x", 1j)),
)


@pytest.mark.parametrize("lines", LINES)
def test_unpickled_values_of_any_type_are_equal(lines: tuple[Any, ...]) -> None:
    """A user's own model may hold values of any type."""
    basket = Basket(lines=lines, notes={"a": ReadOnlyDict()}, extra=ReadOnlyDict(b=[1]))

    twin = pickle.loads(pickle.dumps(basket))

    assert twin == basket
    assert [type(line) for line in twin.lines] == [type(line) for line in lines]
    assert (type(twin.notes), type(twin.notes["a"]), type(twin.extra)) == (dict, ReadOnlyDict, ReadOnlyDict)


def test_an_unpickled_model_is_immutable() -> None:
    """Unpickling fills a draft, which must become a frozen model."""
    twin: Any = pickle.loads(pickle.dumps(customer()))

    assert [type(twin)] == [Customer]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        twin.id = 1
    assert copy.copy(twin) == copy.deepcopy(twin) == twin


@pytest.mark.parametrize(("written", "read"), [(b"Identifier ", b"Identifies "), (b"Profile ", b"Profile 0")])
def test_a_pickle_of_another_version_is_refused(written: bytes, read: bytes) -> None:
    """A cache that outlives an upgrade must not fill wrong attributes."""
    text = pickle.dumps(Profile(identifiers=(Identifier(type="email"),)), 0)

    with pytest.raises(pickle.UnpicklingError, match="by another version of capillary_async"):
        pickle.loads(text.replace(written, read))


def test_a_customer_is_pickled_as_one_object() -> None:
    """Pickling each of its 26 objects separately took five times as long."""
    whole = customer()

    def calls(value: object) -> int:
        return [code.name for code, _, _ in pickletools.genops(pickle.dumps(value))].count("REDUCE")

    assert calls(whole) == calls(attrs.asdict(whole)) + 1
    assert len(pickle.dumps(whole)) < len(pickle.dumps(attrs.asdict(whole)))
