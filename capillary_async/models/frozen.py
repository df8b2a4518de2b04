"""Frozen attrs classes that attrs makes when they are first used.

attrs takes half a millisecond for a class. Most programs use few of this package's values, so importing them all would
delay the first answer of a script. `frozen` gives a class its slots at once, which takes 15 µs, and leaves the rest to
attrs until one of the other members is used.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

__all__ = ["declaration_of", "frozen", "made_on_first_use"]

if TYPE_CHECKING:
    from attrs import frozen
else:

    def frozen(cls: Any = None, **options: Any) -> Any:
        """Make a class as `attrs.frozen` does, on first use. Its methods must not use `super()` or `__class__`."""
        if cls is None:
            return partial(frozen, **options)
        return made_on_first_use(cls, attrs.frozen(**options), _MEMBERS)


def made_on_first_use(declared: Any, make: Callable[[Any], Any], made: Iterable[str]) -> Any:
    """Return a class with the slots of an attrs class; `make` makes the members `made` when one is first used."""
    names = tuple(get_annotations(declared))
    written = cast("Mapping[str, Any]", vars(declared))
    members = {name: value for name, value in written.items() if name not in ("__dict__", "__weakref__", *names)}
    absent = {name: _MadeOnFirstUse(declared, make) for name in made if name not in members}
    if not any(hasattr(base, "__weakref__") for base in declared.__bases__):
        names = (*names, "__weakref__")
    members |= {"__qualname__": declared.__qualname__, "__slots__": names, **absent}
    return type(declared)(declared.__name__, declared.__bases__, members)


def declaration_of(cls: type) -> Any:
    """Return the class as it is written if attrs has not yet made `cls`; else `None`."""
    member = vars(cls).get("__attrs_attrs__")
    return member.declared if isinstance(member, _MadeOnFirstUse) else None


_MEMBERS: Final = (
    *("__attrs_attrs__", "__delattr__", "__eq__", "__getstate__", "__hash__", "__init__", "__match_args__", "__ne__"),
    *("__repr__", "__setattr__", "__setstate__"),
)


class _MadeOnFirstUse:
    """A member of a class; the first use of one makes all of them.

    Attributes:
        declared: The class as it is written.
        cls: The class that has the member.
        name: The member's name.
    """

    cls: Any
    name: str

    def __init__(self, declared: type, make: Callable[[Any], Any]) -> None:
        self.declared, self._make = declared, make

    def __set_name__(self, cls: Any, name: str) -> None:
        self.cls, self.name = cls, name

    def __get__(self, instance: Any, owner: type) -> Any:
        made = cast("Mapping[str, Any]", vars(self._make(self.declared)))
        for name in made.keys() - vars(self.declared).keys() - {"__slots__", "__weakref__", *self.cls.__slots__}:
            setattr(self.cls, name, made[name])
        member = made[self.name]
        return member.__get__(instance, owner) if hasattr(member, "__get__") else member
