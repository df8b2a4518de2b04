"""Generate the functions that make models of the Structs of a page; see `rows`.

A Struct has a member for each key that the endpoint's answers have: `f0`, `f1` and so on. A generated function looks
like this:

    def read_rows(rows):
        models = []
        count = len(rows)
        dates_0 = read_columns_0([row.f6 if row.f6 is not None else row.f5 for row in rows], count)
        for row, column_event_date in zip(rows, dates_0):
            draft = Draft()
            draft.event_log_id = row.f0          # msgspec has checked that it is a whole number
            draft.event_date = column_event_date
            value_0 = row.f8                     # targetValue, which some rows do not have
            if value_0 is UNSET:
                value_0 = None
            if value_0 is not None:
                if type(value_0) is int:
                    ...                          # as `generation` converts a Decimal
            draft.target_value = value_0
            ...
            draft.extra = NOTHING_EXTRA
            draft.__class__ = Model
            models.append(draft)
        return models

msgspec checks a value only if its check is as strict as that of `structure`. Any other value stays untyped, and the
function checks it by the code that `generation` has for the attribute. The dates of all rows are read in one call
(`dates.DateTimes.read_columns`), because the dates of a page mostly have one form.
"""

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, Final, cast, get_args

import attrs
import msgspec

from capillary_async.codec.dates import DateColumn, DateTables
from capillary_async.codec.generation import (
    CODE_NAMES,
    FieldCode,
    attribute_lines,
    compiled,
    field_code,
    resolved,
    table_for,
)
from capillary_async.codec.scalars import Hook
from capillary_async.codec.struct_rows import ReadRows
from capillary_async.models.definition import AlsoQuoted, documented, draft_of, wire_names
from capillary_async.models.type_hints import marks_of, without_null

# For a required value that msgspec lets be null, because another key may hold the value.
_NOT_NULL: Final = FieldCode(("if $ is None:", "    reject()"))


class LearnedKeys(msgspec.Struct, eq=False):
    """The keys that one kind of object had in the answers so far.

    Attributes:
        types: The types that each key's values had.
        optional: The keys that some objects lacked.
    """

    types: dict[str, set[type]] = msgspec.field(default_factory=dict[str, set[type]])
    optional: set[str] = msgspec.field(default_factory=set[str])

    def learn(self, sources: Iterable[Mapping[str, Any]]) -> bool:
        """Add the keys and types of these objects; return whether there was something new."""
        before = self._size()
        for source in sources:
            if self.types:
                self.optional |= self.types.keys() ^ source.keys()
            for name, value in source.items():
                self.types.setdefault(name, set()).add(value.__class__)
        return before < self._size()

    def _size(self) -> int:
        return len(self.optional) + sum(map(len, self.types.values()))

    def only_type(self, name: str) -> type | None:
        """Return the type of a key's values without nulls; `NoneType` if all are null, `None` if types differ."""
        kinds = self.types[name] - {NoneType}
        if not kinds:
            return NoneType
        return kinds.pop() if len(kinds) == 1 else None

    def struct(self, types: Mapping[str, Any]) -> Any:
        """Return the Struct for objects with these keys; its fields are named `f0`, `f1` and so on.

        Args:
            types: The types that msgspec checks; the value of any other key may have any type.
        """
        renamed = {f"f{index}": name for index, name in enumerate(self.types)}
        fields: list[tuple[str, Any, Any]] = []
        for field, name in renamed.items():
            if name in self.optional:
                fields.append((field, types.get(name, Any) | msgspec.UnsetType, msgspec.UNSET))
            else:
                fields.append((field, types.get(name, Any), msgspec.NODEFAULT))
        return msgspec.defstruct("Learned", fields, kw_only=True, forbid_unknown_fields=True, gc=False, rename=renamed)


class RowsFunction:
    """The function that makes models of Structs with these keys.

    Attributes:
        checked: The types that msgspec checks, by key.

    Args:
        model: The rows' model.
        keys: The keys that the Structs have.
        tables: Reads dates.
        hooks: The hook of each type.
    """

    def __init__(self, model: Any, keys: LearnedKeys, tables: DateTables, hooks: Mapping[Any, Hook]) -> None:
        self.checked: dict[str, Any] = {}
        self._model = model
        self._keys = keys
        self._members = {name: f"row.f{index}" for index, name in enumerate(keys.types)}
        self._names: dict[str, Any] = {"Draft": draft_of(model), "Model": model, "UNSET": msgspec.UNSET, **CODE_NAMES}
        # The source of each column of dates, with its table. Tables have no hash, so they are told apart by identity.
        self._columns: dict[int, tuple[DateColumn, dict[str, str]]] = {}
        self._lines = ["draft = Draft()"]
        for attribute in documented(resolved(model)):
            code = field_code(attribute, tables, hooks)
            self._add(attribute, code, table_for(without_null(attribute.type), tables))
        self._lines += [self._extra_line(), "draft.__class__ = Model", "models.append(draft)"]

    def _add(self, attribute: "attrs.Attribute[Any]", code: FieldCode, table: Any) -> None:
        """Add the lines that set one attribute."""
        present = [name for name in wire_names(attribute) if name in self._members]
        checked = self._type_to_check(attribute, present, is_date=isinstance(table, DateColumn))
        if checked is not None:
            is_required = attribute.default is attrs.NOTHING
            may_be_null = not is_required or len(present) > 1
            self.checked |= dict.fromkeys(present, checked | None if may_be_null else checked)
            code = _NOT_NULL if is_required and may_be_null else FieldCode()
        self._names |= code.names
        if isinstance(table, DateColumn) and checked is str:
            variables = [self._add_column(attribute.name, present, table)]
        elif len(present) == 1 and not code.lines and self._keys.optional.isdisjoint(present):
            variables = [self._members[present[0]]]
        else:
            variables = self._add_variables(present)
        self._lines += attribute_lines(attribute, code, variables)

    def _type_to_check(self, attribute: "attrs.Attribute[Any]", present: list[str], *, is_date: bool) -> type | None:
        """Return a type that msgspec checks as strictly as the attribute's `FieldCode` does, or `None`.

        The value of an optional key is not checked by msgspec, because a Struct holds `UNSET` where the key is missing.
        """
        if not present or not self._keys.optional.isdisjoint(present):
            return None
        kinds = {self._keys.only_type(name) for name in present} - {NoneType}
        if is_date:
            return str if kinds == {str} else None
        into = without_null(attribute.type)
        into = get_args(into)[0] if AlsoQuoted in marks_of(into) else into
        return into if into in (str, int, bool) and kinds <= {into} else None

    def _add_column(self, name: str, present: list[str], table: DateColumn) -> str:
        """Add a column of dates; return the variable that holds a row's date."""
        *others, last = [self._members[key] for key in present]
        first_not_null = " else ".join([*(f"{member} if {member} is not None" for member in others), last])
        column = f"column_{name}"
        self._columns.setdefault(id(table), (table, {}))[1][column] = f"[{first_not_null} for row in rows]"
        return column

    def _add_variables(self, present: list[str]) -> list[str]:
        """Add the lines that set one variable to the value of each key; return the variables."""
        variables = [f"value_{place}" for place in range(len(present))]
        for variable, name in zip(variables, present, strict=True):
            self._lines.append(f"{variable} = {self._members[name]}")
            if name in self._keys.optional:
                self._lines += [f"if {variable} is UNSET:", f"    {variable} = None"]
        return variables

    def _extra_line(self) -> str:
        known = {name for attribute in documented(self._model) for name in wire_names(attribute)}
        unknown = {name: member for name, member in self._members.items() if name not in known}
        if not unknown:
            return "draft.extra = NOTHING_EXTRA"
        items = ", ".join(f"{name!r}: {member}" for name, member in unknown.items())
        if self._keys.optional.isdisjoint(unknown):
            return f"draft.extra = ReadOnlyDict({{{items}}})"
        some = f"{{name: value for name, value in {{{items}}}.items() if value is not UNSET}}"
        return f"draft.extra = ReadOnlyDict({some}) or NOTHING_EXTRA"

    def compile(self) -> ReadRows:
        """Return the function."""
        head = ["def read_rows(rows):", "models = []", "count = len(rows)"]
        names, dates = ["row"], ["rows"]
        for number, (table, columns) in enumerate(self._columns.values()):
            self._names[f"read_columns_{number}"] = table.read_columns
            head.append(f"dates_{number} = read_columns_{number}({' + '.join(columns.values())}, count)")
            names += columns
            # `zip` ends with the rows, so it does not matter that the dates of the next column follow.
            dates += [
                f"dates_{number}[{place} * count:]" if place else f"dates_{number}" for place in range(len(columns))
            ]
        head.append(f"for {', '.join(names)} in zip({', '.join(dates)}):" if dates[1:] else "for row in rows:")
        text = "\n    ".join([*head, *(f"    {line}" for line in self._lines), "return models"])
        exec(compiled(text, self._model.__qualname__), self._names)  # noqa: S102  (keys are string literals in it)
        return cast("ReadRows", self._names["read_rows"])
