"""Generate the functions that make models of decoded JSON objects.

The rows of one listing have the same keys in the same order. So this module generates one function for each key order
of a model. The function does not look keys up, because it knows the position of each key. It also knows which keys are
undocumented. A generated function looks like this:

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
            value_3 = known_event_date(value_3) or table_event_date[value_3]
        draft.event_date = value_3
        draft.period_id = None                # this key order has no periodId
        ...
        draft.extra = NOTHING_EXTRA
        draft.__class__ = TargetEvent
        return draft

Code is generated because it is faster. For 100 events, parsing the JSON text takes 52 µs. Making the models takes:

* 50 µs with one generated function for each key order (this module),
* 113 µs with one generated function for each model, which looks keys up,
* 174 µs with a loop over the attributes,
* 387 µs with the function that cattrs generates.

Two choices make the generated code fast:

* A value of the right type costs one comparison and no call. The code does not track the location in the document;
  `mismatch` finds the location after a value was refused.
* The function fills a `Draft`, which has the slots of the model but is not frozen, and then makes it the model by
  assigning `__class__` (see `draft_of`).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any, Final, cast, get_args

import attrs
import msgspec

from capillary_async.codec.dates import DateTables
from capillary_async.codec.scalars import (
    WHOLE_DECIMALS,
    Hook,
    OpenEnumeration,
    UnknownTypeError,
    quoted_number,
    reject,
    whole_number,
)
from capillary_async.models.definition import (
    NOTHING_EXTRA,
    AlsoQuoted,
    Model,
    ReadOnlyDict,
    ServerClock,
    documented,
    draft_of,
    wire_names,
)
from capillary_async.models.type_hints import CalendarTypes, alternatives, marks_of, without_null

KeyOrder = tuple[str, ...]
Reader = Callable[[dict[str, Any]], Any]

# Real answers stay far below these limits. Without limits, a server that sends ever new keys would fill the memory.
_MOST_KEY_ORDERS: Final = 64
_MOST_UNKNOWN_KEYS: Final = 64
_LONG_KEY: Final = 256


class FieldCode(msgspec.Struct, frozen=True):
    """The code that checks or converts one attribute's value when it is not null.

    Attributes:
        lines: Lines of Python, with `$` for the variable that holds the value.
        names: The objects that the lines use, by name.
    """

    lines: tuple[str, ...] = ()
    names: Mapping[str, Any] = {}


def field_code(attribute: "attrs.Attribute[Any]", tables: DateTables, hooks: Mapping[Any, Hook]) -> FieldCode:
    """Return the code for an attribute of this type.

    Args:
        attribute: The attribute.
        tables: Reads dates and date-times.
        hooks: The hook of each type, for the types that have no faster code.
    """
    into = without_null(attribute.type)
    if into is Any:
        return FieldCode()
    if into in {str, bool, int}:
        return FieldCode((f"if type($) is not {into.__name__}:", "    reject()"))
    if AlsoQuoted in marks_of(into):
        kind = get_args(into)[0]
        reader = "whole_number" if kind is int else "quoted_number"
        return FieldCode((f"if type($) is not {kind.__name__}:", f"    $ = {reader}($)"))
    if into is Decimal:
        convert = "    $ = known_decimal($) or decimals[$]"
        return FieldCode(("if type($) is int:", convert, "elif type($) is not Decimal:", "    reject()"))
    table = table_for(into, tables)
    if table is not None:
        name, known = f"table_{attribute.name}", f"known_{attribute.name}"
        # `get` of a subclass of dict takes half the time of `[]`, which reads what `get` does not find.
        return FieldCode((f"$ = {known}($) or {name}[$]",), {known: table.get, name: table})
    hook, kind = f"hook_{attribute.name}", f"type_{attribute.name}"
    return FieldCode((f"$ = {hook}($, {kind})",), {hook: hooks[into], kind: into})


# The attribute of `DateTables` that reads values of a type.
_DATE_TABLES: Final[Mapping[frozenset[Any], str]] = {
    frozenset((CalendarTypes.DATE,)): "dates",
    frozenset((CalendarTypes.DATE_TIME,)): "date_times",
    frozenset((CalendarTypes.DATE, CalendarTypes.DATE_TIME)): "either",
}


def has_table(into: Any) -> bool:
    """Whether a table converts texts to values of a type."""
    return _date_table_of(into) is not None or _open_enumeration_of(into) is not None


def table_for(into: Any, tables: DateTables) -> Any:
    """Return the table that converts texts to values of a type, or `None` when the type has no table."""
    name, enumeration = _date_table_of(into), _open_enumeration_of(into)
    if name is not None:
        return getattr(tables, name)
    return None if enumeration is None else OpenEnumeration(enumeration)


def _date_table_of(into: Any) -> str | None:
    return "server_date_times" if ServerClock in marks_of(into) else _DATE_TABLES.get(frozenset(alternatives(into)))


def _open_enumeration_of(into: Any) -> type[Enum] | None:
    arms = [arm for arm in alternatives(into) if arm is not str]
    arm: Any = arms[0] if len(arms) == 1 < len(alternatives(into)) else None
    return arm if isinstance(arm, type) and issubclass(arm, Enum) else None


def resolved(cls: Any) -> Any:
    """Return the model after replacing annotations that are strings by their types.

    Raises:
        UnknownTypeError: An annotation names something that does not exist.
    """
    if any(isinstance(attribute.type, str) for attribute in documented(cls)):
        try:
            attrs.resolve_types(cls)
        except NameError as error:
            raise UnknownTypeError(f"{cls.__qualname__} has an annotation that cannot be resolved: {error}") from None
    return cls


# The objects that the code of several attributes uses, by name.
CODE_NAMES: Final[dict[str, Any]] = {
    "Decimal": Decimal,
    "decimals": WHOLE_DECIMALS,
    "known_decimal": WHOLE_DECIMALS.get,
    "NOTHING_EXTRA": NOTHING_EXTRA,
    "ReadOnlyDict": ReadOnlyDict,
    "quoted_number": quoted_number,
    "reject": reject,
    "whole_number": whole_number,
}


def attribute_lines(attribute: "attrs.Attribute[Any]", code: FieldCode, variables: list[str]) -> list[str]:
    """Return the lines that set one attribute to the first of `variables` that is not null."""
    is_required = attribute.default is attrs.NOTHING
    if not variables:
        return ["reject()"] if is_required else [f"draft.{attribute.name} = None"]
    chosen, *others = variables
    lines = [line for other in others for line in (f"if {chosen} is None:", f"    {chosen} = {other}")]
    checks = [line.replace("$", chosen) for line in code.lines]
    if checks and not is_required:
        checks = [f"if {chosen} is not None:", *(f"    {line}" for line in checks)]
    return [*lines, *checks, f"draft.{attribute.name} = {chosen}"]


@lru_cache(1024)
def compiled(text: str, name: str) -> CodeType:
    """Compile source code; cached, so that several clients in a process share the result."""
    return compile(text, f"<read {name}>", "exec")


class ReaderCache(dict[KeyOrder, Reader]):
    """The generated functions of one model by key order, each generated when an object first has that key order."""

    def __init__(self, cls: type[Model], code_for: Callable[["attrs.Attribute[Any]"], FieldCode]) -> None:
        super().__init__()
        self._cls: Any = cls
        self._code_for = code_for

    @cached_property
    def _codes(self) -> "list[tuple[attrs.Attribute[Any], FieldCode]]":
        # Computed for the first object, not in `__init__`, because a model may contain itself.
        return [(attribute, self._code_for(attribute)) for attribute in documented(resolved(self._cls))]

    @cached_property
    def _known_keys(self) -> KeyOrder:
        return tuple(name for attribute, _ in self._codes for name in wire_names(attribute))

    def __missing__(self, keys: KeyOrder) -> Reader:
        """Generate the function for a key order; return `_read_any` if generating is not worth it."""
        if keys != self._known_keys and not self._is_worth_generating(keys):
            return self._read_any
        reader = self[keys] = self._generate(keys)
        return reader

    def _is_worth_generating(self, keys: KeyOrder) -> bool:
        are_few = len(self) < _MOST_KEY_ORDERS and len(keys) < len(self._known_keys) + _MOST_UNKNOWN_KEYS
        return are_few and all(len(key) < _LONG_KEY for key in keys)

    def _read_any(self, source: dict[str, Any]) -> Any:
        """Read an object by the function for all known keys; slower, but without generating a function."""
        model = self[self._known_keys]({name: source.get(name) for name in self._known_keys})
        unknown = {name: source[name] for name in source if name not in self._known_keys}
        return attrs.evolve(model, extra=ReadOnlyDict(unknown)) if unknown else model

    def _generate(self, keys: KeyOrder) -> Reader:
        variables = {name: f"value_{index}" for index, name in enumerate(keys)}
        unknown = [f"{name!r}: {variables[name]}" for name in keys if name not in self._known_keys]
        names = {"Draft": draft_of(self._cls), "Model": self._cls, **CODE_NAMES}
        lines = [f"{', '.join(variables.values())}, = source.values()"] if keys else []
        lines.append("draft = Draft()")
        for attribute, code in self._codes:
            names |= code.names
            present = [variables[name] for name in wire_names(attribute) if name in variables]
            lines += attribute_lines(attribute, code, present)
        lines += [
            f"draft.extra = ReadOnlyDict({{{', '.join(unknown)}}})" if unknown else "draft.extra = NOTHING_EXTRA",
            "draft.__class__ = Model",
            "return draft",
        ]
        # Keys appear in the source as string literals only, so text from a server is never executed.
        exec(compiled("\n    ".join(["def read(source):", *lines]), self._cls.__qualname__), names)  # noqa: S102
        return cast("Reader", names["read"])
