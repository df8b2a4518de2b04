"""Turn models into flat rows of cells, by what their classes declare.

The columns come from the class, not from the data: a listing can be written while it arrives, and
two runs have the same columns. A nested model's fields become columns of their own (`profile.id`);
what there can be several of stays one cell of JSON.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import attrs

from capillary_async.codec import encode_json
from capillary_async.models.definition import alternatives


@attrs.frozen
class Column:
    """One column: its name, and the way from a model to its value."""

    name: str
    path: tuple[str, ...]

    def value(self, model: object) -> object:
        """Look the value up in `model`; `None` when an object on the way is missing."""
        for attribute in self.path:
            if model is None:
                return None
            model = getattr(model, attribute)
        return model


@lru_cache
def columns_of(model: type) -> tuple[Column, ...]:
    """List the columns of a class; what is no model is one column, `value`."""
    if not attrs.has(model):
        return (Column("value", ()),)
    return tuple(Column(".".join(path), path) for path in _paths(model))


def select(columns: Iterable[Column], names: Sequence[str]) -> tuple[Column, ...]:
    """Pick columns by name, in the order of the names.

    Raises:
        ValueError: There is no such column.
    """
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            raise ValueError(f"there is no column {name!r}; there are {', '.join(known)}")
    return tuple(known[name] for name in names)


def _paths(model: type) -> Iterable[tuple[str, ...]]:
    for field in attrs.fields(model):
        nested = _nested_model(field.type)
        if nested is None:
            yield (field.name,)
        else:
            yield from ((field.name, *path) for path in _paths(nested))


def _nested_model(hint: Any) -> type | None:
    """Find the one model that `hint` allows beside `None`."""
    models = [choice for choice in alternatives(hint) if choice is not type(None)]
    return models[0] if len(models) == 1 and isinstance(models[0], type) and attrs.has(models[0]) else None


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield everything that stands in a model, at any depth, under names such as `profiles[0].first_name`."""
    kind = cast("type[Any]", type(value))
    if attrs.has(kind):
        value = {field.name: getattr(value, field.name) for field in attrs.fields(kind)}
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            yield from leaves(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("Sequence[Any]", value)):
            yield from leaves(item, f"{name}[{index}]")
    else:
        yield name, value


def cell(value: object) -> str:
    """Write one value as text: exact numbers, ISO dates, JSON for what has parts, nothing for `None`."""
    if value is None or value in ((), {}):
        return ""
    text = to_json(value)
    return cast("str", json.loads(text)) if text.startswith('"') else text


def to_json(value: object) -> str:
    """Write a model, or anything inside one, as JSON; numbers keep every digit that arrived."""
    return encode_json(value).decode()
