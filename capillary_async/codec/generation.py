"""Write the functions that make models of JSON objects.

The objects of one listing have the same keys in the same order. So there is one function for each sequence of keys
("shape") in which a class comes; it looks no key up, knows beforehand which ones nobody documents, and reads like
one that is written by hand:

    def read(source):
        value_0, value_1, value_2, value_3 = source.values()
        draft = Draft()
        if type(value_0) is not int:          # eventLogId, a whole number that may be quoted
            value_0 = whole_number(value_0)
        draft.event_log_id = value_0
        if value_1 is not None:               # eventDisplayName, which may be null
            if type(value_1) is not str:
                reject()
        draft.event_display_name = value_1
        if value_3 is None:                   # eventDateISO is preferred to eventDate
            value_3 = value_2
        if value_3 is not None:
            value_3 = table_event_date[value_3]
        draft.event_date = value_3
        draft.period_id = None                # its key is not in this shape
        ...
        draft.extra = NOTHING_EXTRA
        draft.__class__ = TargetEvent
        return draft

A value of the right type costs a comparison and no call. Nothing keeps track of where in the document it is (see
`mismatch`). The object is filled first and frozen then: a `Draft` has the slots of the model but lets itself be
changed, and assigning `__class__` makes it the model. Filling a frozen object takes a call of `object.__setattr__`
for each attribute, which is six times as slow.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from types import CodeType
from typing import Any, Final, cast

import attrs

from capillary_async.codec.field_codes import FieldCode
from capillary_async.codec.scalars import UnknownTypeError, reject, whole_number
from capillary_async.models.definition import NOTHING_EXTRA, Model, ReadOnlyDict, documented, wire_names

Shape = tuple[str, ...]
Reader = Callable[[dict[str, Any]], Any]

# Real answers stay far below. A server that invents keys must not fill the memory.
_SHAPES: Final = 64
_LONG_KEY: Final = 256


class ReaderCache(dict[Shape, Reader]):
    """The functions that read one model's objects, by shape. They are written when their shape first comes."""

    def __init__(self, cls: type[Model], conversion: Callable[["attrs.Attribute[Any]"], FieldCode]) -> None:
        super().__init__()
        self._cls: Any = cls
        self._conversion = conversion

    @cached_property
    def _fields(self) -> "tuple[Field, ...]":
        # Not before the first object comes: a model may contain itself, and name itself in quotes.
        if any(isinstance(attribute.type, str) for attribute in documented(self._cls)):
            try:
                attrs.resolve_types(self._cls)
            except NameError as error:
                raise UnknownTypeError(
                    f"{self._cls.__qualname__} has an annotation without a meaning: {error}"
                ) from None
        return tuple(Field(attribute, self._conversion(attribute)) for attribute in documented(self._cls))

    @cached_property
    def _known(self) -> Shape:
        return tuple(name for field in self._fields for name in field.wire_names)

    def __missing__(self, shape: Shape) -> Reader:
        """Write a function, unless the shape looks as if it would not come again."""
        if shape != self._known and not self._is_worth_writing(shape):
            return self._read_any
        reader = self[shape] = self._written(shape)
        return reader

    def _is_worth_writing(self, shape: Shape) -> bool:
        has_room = len(self) < _SHAPES and len(shape) < len(self._known) + _SHAPES
        return has_room and all(len(key) < _LONG_KEY for key in shape)

    def _read_any(self, source: dict[str, Any]) -> Any:
        """Bring an object into the shape that has all the known keys, and read that."""
        model = self[self._known]({name: source.get(name) for name in self._known})
        unknown = {name: source[name] for name in source if name not in self._known}
        return attrs.evolve(model, extra=ReadOnlyDict(unknown)) if unknown else model

    def _written(self, shape: Shape) -> Reader:
        variables = {name: f"value_{index}" for index, name in enumerate(shape)}
        unknown = [f"{name!r}: {variables[name]}" for name in shape if name not in self._known]
        lines = [f"{', '.join(variables.values())}, = source.values()"] if shape else []
        lines.append("draft = Draft()")
        for field in self._fields:
            lines += field.lines([variables[name] for name in field.wire_names if name in variables])
        lines += [
            f"draft.extra = ReadOnlyDict({{{', '.join(unknown)}}})" if unknown else "draft.extra = NOTHING_EXTRA",
            "draft.__class__ = Model",
            "return draft",
        ]
        names = {"Draft": draft_of(self._cls), "Model": self._cls, **_NAMES}
        for field in self._fields:
            names |= field.names
        # Keys occur in the text as literals alone: what a server sends is never run.
        exec(_compiled("\n    ".join(["def read(source):", *lines]), self._cls.__qualname__), names)  # noqa: S102
        return cast("Reader", names["read"])


_NAMES: Final[dict[str, Any]] = {
    "Decimal": Decimal,
    "NOTHING_EXTRA": NOTHING_EXTRA,
    "ReadOnlyDict": ReadOnlyDict,
    "reject": reject,
    "whole_number": whole_number,
}


@lru_cache(1024)
def _compiled(text: str, name: str) -> CodeType:
    """Compile once in a process, however many clients it has."""
    return compile(text, f"<read {name}>", "exec")


@cache
def draft_of(cls: Any) -> type:
    """Return a class whose objects look like those of `cls` in memory, but let themselves be changed."""
    unlocked = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}
    return type(f"Draft{cls.__name__}", cls.__bases__, {"__slots__": cls.__slots__, **unlocked})


class Field:
    """Writes what happens to one attribute.

    Attributes:
        wire_names: The keys that hold its value, in order of preference.
        names: What the lines refer to.
    """

    def __init__(self, attribute: "attrs.Attribute[Any]", conversion: FieldCode) -> None:
        self.wire_names = wire_names(attribute)
        self.names = conversion.names
        self._conversion = conversion.lines
        self._target = f"draft.{attribute.name}"
        self._is_required = attribute.default is attrs.NOTHING

    def lines(self, variables: list[str]) -> list[str]:
        """Return the lines for a shape in which these variables hold the value, the preferred one first."""
        if not variables:
            return ["reject()"] if self._is_required else [f"{self._target} = None"]
        chosen, *others = variables
        lines: list[str] = []
        for other in others:
            lines += [f"if {chosen} is None:", f"    {chosen} = {other}"]
        checks = [line.replace("$", chosen) for line in self._conversion]
        if checks and not self._is_required:
            checks = [f"if {chosen} is not None:", *(f"    {line}" for line in checks)]
        return [*lines, *checks, f"{self._target} = {chosen}"]
