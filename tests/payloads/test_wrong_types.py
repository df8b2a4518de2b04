"""A value of a wrong type anywhere in a sample is an error that names its location."""

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import pytest

from capillary_async.codec import Converter
from capillary_async.errors import DecodeError
from capillary_async.models import Customer
from capillary_async.models.definition import documented, is_model, wire_names
from capillary_async.models.type_hints import alternatives
from tests.payloads import GOOD, located

CONVERTER = Converter(UTC)
WRONG = [[True]]
Steps = tuple[str | int, ...]


def bare(into: Any) -> Any:
    """Return a type without null and marks; `Any` for a union."""
    arms = [arm for arm in alternatives(into) if arm is not NoneType]
    (arm,) = arms if len(arms) == 1 else (object,)
    return bare(get_args(arm)[0]) if get_origin(arm) is Annotated else arm


def parts(value: Any, into: Any, place: str) -> Iterator[tuple[Any, Any, Steps, str]]:
    """Yield each part of a value, with its type, its path, and its location in errors."""
    if is_model(into):
        for field in documented(into):
            name = next((name for name in wire_names(field) if value.get(name) is not None), None)
            if name is not None:
                yield value[name], field.type, (name,), f"{place}.{name}".removeprefix(".")
    elif get_origin(into) is tuple:
        item = get_args(into)[0]
        if value.__class__ is dict:  # the element alone, in place of the list
            yield value, item, (), f"{place}[0]"
        else:
            yield from ((part, item, (index,), f"{place}[{index}]") for index, part in enumerate(value))
    elif value.__class__ is dict:
        yield from ((part, get_args(into)[1], (key,), f"{place}[...]") for key, part in value.items())


def leaves(value: Any, into: Any, steps: Steps = (), place: str = "") -> Iterator[tuple[Steps, str]]:
    """Yield the path of every typed value, and its location in errors."""
    into = bare(into)
    if is_model(into) or get_origin(into) in {tuple, Mapping}:
        for part, kind, way, name in parts(value, into, place):
            yield from leaves(part, kind, (*steps, *way), name)
    elif into is not Any:
        yield steps, place


def put(document: Any, steps: Steps, value: Any) -> Any:
    """Return the document with another value at one path."""
    changed = copy.deepcopy(document)
    holder = changed
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = value
    return changed


def shortened(value: Any) -> Any:
    """Return a document with at most two elements in each list, because the others have the same form."""
    if value.__class__ is list:
        return [shortened(item) for item in value[:2]]
    return {key: shortened(item) for key, item in value.items()} if value.__class__ is dict else value


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_wrong_type_anywhere_is_an_error_with_its_place(path: Path) -> None:
    """A wrong type at any depth must neither pass nor be converted."""
    found, into, where = located(path)
    document = shortened(found)

    for steps, place in leaves(document, into, (), where):
        with pytest.raises(DecodeError) as caught:
            CONVERTER.structure(put(document, steps, WRONG), into, where)
        assert caught.value.location == place


def test_every_level_of_a_sample_is_reached() -> None:
    """The test above proves nothing if the walk stops early."""
    document = {"id": 1, "profiles": [{"attribution": {"createdBy": {"id": 2}}}], "segments": {"a": "b"}}

    places = [place for _, place in leaves(document, Customer)]

    assert places == ["id", "profiles[0].attribution.createdBy.id"]
