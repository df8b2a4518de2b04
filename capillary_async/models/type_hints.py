"""Take declared types apart: unions, `None`, `Annotated`, lists, mappings, enumerations."""

import types
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin

T = TypeVar("T")


def _own_class(cls: type[T]) -> type[T]:
    return next(parent for parent in cls.__mro__ if parent.__module__ == "datetime")


class CalendarTypes:
    """The original `date` and `datetime` of Python.

    freezegun replaces these classes in every module, and so in annotations that are evaluated later. It does not
    replace attributes of classes. So code that compares types compares with `CalendarTypes`.
    """

    DATE: Final[type[date]] = _own_class(date)
    DATE_TIME: Final[type[datetime]] = _own_class(datetime)


def alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union; for any other type, return the type itself."""
    arms = get_args(hint) if get_origin(hint) in {Union, types.UnionType} else (hint,)
    return tuple(map(_without_fake, arms))


def _without_fake(arm: Any) -> Any:
    if getattr(arm, "__module__", "").startswith("freezegun"):
        return CalendarTypes.DATE_TIME if issubclass(arm, CalendarTypes.DATE_TIME) else CalendarTypes.DATE
    return arm


def without_null(hint: Any) -> Any:
    """Return a type without `None`: `int` for `int | None`."""
    first, *others = [arm for arm in alternatives(hint) if arm is not types.NoneType] or [hint]
    for other in others:
        first = first | other
    return first


def marks_of(hint: Any) -> tuple[Any, ...]:
    """Return what `Annotated` adds to a type; nothing for any other type."""
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def kinds_of(hint: Any) -> list[Any]:
    """Return the types that a declared type allows beside `None`, without `Annotated`."""
    found: list[Any] = []
    for kind in alternatives(hint):
        if get_origin(kind) is Annotated:
            found += kinds_of(get_args(kind)[0])
        elif kind is not types.NoneType:
            found.append(kind)
    return found


def allows_only(hint: Any, *classes: type) -> bool:
    """Whether a declared type allows only values of these classes, and `None`."""
    return all(isinstance(kind, type) and issubclass(kind, classes) for kind in kinds_of(hint))


def item_type(kind: Any) -> Any:
    """Return the type of a list's items: `int` for `tuple[int, ...]`; `None` if there is no single declared type."""
    origin, parts = get_origin(kind), get_args(kind)
    is_list = isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, Mapping)
    return _declared(parts[0]) if is_list and parts and parts[1:] in ((), (...,)) else None


def mapping_types(kind: Any) -> tuple[Any, Any] | None:
    """Return the types of a mapping's keys and values; `None` if the type is no mapping or declares none."""
    origin, parts = get_origin(kind), get_args(kind)
    is_mapping = isinstance(origin, type) and issubclass(origin, Mapping) and len(parts) == 2
    return (parts[0], parts[1]) if is_mapping and _declared(parts[1]) is not None else None


def _declared(part: Any) -> Any:
    return None if part in (Any, object) else part


def class_of_values(kind: Any) -> Any:
    """Return the class of the values of an enumeration or a `Literal`, if JSON has values of this class."""
    allowed: Any = get_args(kind) if get_origin(kind) is Literal else ()
    if isinstance(kind, type) and issubclass(kind, Enum):
        allowed = [member.value for member in cast("Iterable[Enum]", kind)]
    classes: set[Any] = {type(value) for value in allowed}
    return classes.pop() if classes in ({str}, {int}) else None
