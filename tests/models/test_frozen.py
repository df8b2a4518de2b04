"""attrs makes the members of a class when one is first used, and then the class is as `attrs.frozen` makes it."""

import copy
import inspect
import pickle
import subprocess
import sys
from typing import Any

import attrs
import pytest

from capillary_async.models.frozen import frozen
from capillary_async.options import RateLimit

# A new interpreter reads the pickle, so that the class is not yet made.
READ = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])))"


def match_args(cls: Any) -> Any:
    """Return what a pattern like `Point(1)` needs."""
    return cls.__match_args__


def test_attrs_makes_a_class_once_and_on_first_use() -> None:
    """The first answer of a script must not wait for classes that it does not use."""
    made: list[type] = []

    def count(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
        made.append(cls)
        return fields

    @frozen(field_transformer=count)
    class Size:
        width: int
        height: int = 2

    before = len(made)
    sizes = [Size(1), Size(1)]

    assert (before, len(made)) == (0, 1)
    assert sizes[0] == sizes[1]
    assert repr(sizes[0]) == "Size(width=1, height=2)"


@pytest.mark.parametrize("use", [attrs.fields, attrs.has, inspect.signature, match_args])
def test_each_way_to_use_a_class_makes_it(use: Any) -> None:
    """A member that is missing would be a surprise."""

    @frozen
    class Point:
        x: int

    assert use(Point)
    assert attrs.asdict(Point(7)) == {"x": 7}


def test_a_class_is_immutable_and_can_be_copied_and_derived_from() -> None:
    """These are promises of values."""

    @frozen
    class Upper:
        x: int

    @frozen(kw_only=True)
    class Lower(Upper):
        y: int = 2

    lower = Lower(x=1)

    assert copy.copy(lower) == lower == attrs.evolve(lower, y=2)
    assert len({lower, Lower(x=1)}) == 1
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        lower.y = 3  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_new_interpreter_reads_a_pickle() -> None:
    """A value may be the first thing that another process gets."""
    pickled = pickle.dumps(RateLimit(5)).hex()

    done = subprocess.run([sys.executable, "-c", READ, pickled], capture_output=True, text=True, check=True)

    assert done.stdout == "RateLimit(limit=5, per=60.0)\n"
