"""Read the declared members (names and types) of a class of rows, for classes of several libraries."""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import NoneType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import attrs

from capillary_async.models.definition import alternatives


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


def kinds_of(hint: Any) -> list[Any]:
    """Return the types that a declared type allows beside `None`, without `Annotated`."""
    found: list[Any] = []
    for kind in alternatives(hint):
        if get_origin(kind) is Annotated:
            found += kinds_of(get_args(kind)[0])
        elif kind is not NoneType:
            found.append(kind)
    return found


def class_of_values(kind: Any) -> Any:
    """Return the class of the values of an enumeration or a `Literal`, if JSON has values of this class."""
    allowed: Any = get_args(kind) if get_origin(kind) is Literal else ()
    if isinstance(kind, type) and issubclass(kind, Enum):
        allowed = [member.value for member in cast("Iterable[Enum]", kind)]
    classes: set[Any] = {type(value) for value in allowed}
    return classes.pop() if classes in ({str}, {int}) else None


def _names_of(cls: Any) -> list[str] | None:
    if not _is_class(cls):
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


def _is_class(cls: Any) -> bool:
    return isinstance(cls, type)
