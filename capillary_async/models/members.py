"""Read the declared members (names and types) of a class of rows, for classes of several libraries."""

from collections.abc import Mapping
from typing import Any, NotRequired, Required, cast, get_args, get_origin, get_type_hints, is_typeddict

import attrs


def members_of(row_type: Any) -> dict[str, Any] | None:
    """Return the declared members of a class, in declaration order.

    Args:
        row_type: An attrs class, a dataclass, a TypedDict, a NamedTuple, a msgspec Struct or a pydantic model.

    Returns:
        The types by name, `Annotated` included. `None` when the type declares no members.

    Raises:
        TypeError: An annotation is a string that cannot be resolved.
    """
    cls = get_origin(row_type) or row_type
    try:
        names = _names_of(cls)
        if names is None:
            return None
        declared = {field.name: field.type for field in attrs.fields(cls)} if attrs.has(cls) else dict[str, Any]()
        if len(declared) < len(names) or any(isinstance(hint, str) for hint in declared.values()):
            declared = get_type_hints(cls, include_extras=True)
    except NameError as error:
        raise TypeError(f"{cls.__qualname__} has an annotation that cannot be resolved: {error}") from None
    return {name: _without_presence(declared.get(name, Any)) for name in names}


def _without_presence(hint: Any) -> Any:
    """Return the type of a TypedDict's key without `Required` or `NotRequired`."""
    return _without_presence(get_args(hint)[0]) if get_origin(hint) in (Required, NotRequired) else hint


def _names_of(cls: Any) -> list[str] | None:
    if not isinstance(cls, type):
        return None
    if attrs.has(cls):
        return [field.name for field in attrs.fields(cls) if not field.name.startswith("_")]
    if hasattr(cls, "__dataclass_fields__"):
        from dataclasses import fields  # noqa: PLC0415  (few programs have dataclasses)

        return [field.name for field in fields(cls) if not field.name.startswith("_")]
    if is_typeddict(cls):
        return list(get_type_hints(cls))
    # Classes of NamedTuple, msgspec and pydantic are recognised by attributes, so that no library is imported.
    for attribute in ("_fields", "__struct_fields__", "model_fields"):
        found: Any = getattr(cls, attribute, None)
        if isinstance(found, tuple | Mapping):
            return list(cast("tuple[str, ...]", found))
    return None
