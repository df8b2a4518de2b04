"""Models back to dicts, with the attributes in the order in which they are declared.

msgspec writes attrs classes by itself, but sorts their attributes by name; rows of a file begin with the id. As in
`generation`, a function is written for each class, because a loop over twelve attributes costs ten times as much.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, cast, get_args

import attrs

from capillary_async.models.definition import is_model


def plain(value: Any) -> Any:
    """Return a value with dicts in place of the models in it."""
    if is_model(value.__class__):
        return _dict_of(value.__class__)(value)
    if value.__class__ is list or value.__class__ is tuple:
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    return value


@cache
def _dict_of(cls: Any) -> Callable[[Any], dict[str, Any]]:
    members = ", ".join(
        f"{attribute.name!r}: {'plain' if _may_hold_models(attribute.type) else ''}(model.{attribute.name})"
        for attribute in attrs.fields(cls)
    )
    return cast("Callable[[Any], dict[str, Any]]", eval(f"lambda model: {{{members}}}", {"plain": plain}))  # noqa: S307


def _may_hold_models(into: Any) -> bool:
    return isinstance(into, str) or is_model(into) or any(_may_hold_models(part) for part in get_args(into))
