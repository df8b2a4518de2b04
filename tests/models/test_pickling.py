"""Models are pickled as fast as dictionaries, and unpickled without loss."""

import copy
import os
import pickle
import subprocess
import sys
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


# Timed in a separate process, because coverage slows Python code down but not pickle.
RATIOS = """
import pickle, time
import attrs
from tests.models.test_pickling import customer

def fastest(act):
    rounds = []
    for _ in range(40):
        began = time.process_time()
        for _ in range(50):
            act()
        rounds.append(time.process_time() - began)
    return min(rounds)

whole = customer()
plain = attrs.asdict(whole)
text, plain_text = pickle.dumps(whole), pickle.dumps(plain)
print(fastest(lambda: pickle.dumps(whole)) / fastest(lambda: pickle.dumps(plain)))
print(fastest(lambda: pickle.loads(text)) / fastest(lambda: pickle.loads(plain_text)))
"""


def test_a_customer_costs_at_most_twice_its_dictionary() -> None:
    """Pickling each of its 26 objects separately took five times as long."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])

    done = subprocess.run([sys.executable, "-c", RATIOS], env=environment, capture_output=True, text=True, check=True)

    there, back = map(float, done.stdout.split())
    assert there <= 2
    assert back <= 2
