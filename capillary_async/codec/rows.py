"""Decode the rows of a page from JSON text to models, without a dict for each row.

`Converter.structure` reads dicts. For a page of rows, making the dicts is a third of the work. msgspec can decode each
row into a Struct instead, and check strings and whole numbers while it decodes, but it needs to know the keys. No
document lists all keys, so a `PageDecoder` learns them from the endpoint's answers:

* The first page is decoded by `decode_json` to dicts. Its keys, and the types of their values, become a Struct.
* The next pages are decoded into that Struct. msgspec refuses a page that differs (a new key, a missing key, a string
  in place of a number). Such a page is decoded by `decode_json`, and its keys and types are added to the learned ones.
  After `_MOST_LESSONS` additions the endpoint counts as unpredictable, and all pages are decoded by `decode_json`.
* msgspec checks a value only if its check is as strict as that of `structure`. Any other value stays untyped, and the
  same `FieldCode` checks it. So both ways accept the same answers and make the same models. A property test compares
  them.

Dates are read in one call for all rows (`dates.DateTimes.read_columns`), because the dates of a page mostly have one
form.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from types import GenericAlias, NoneType
from typing import Annotated, Any, Final, cast, get_args, get_origin

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
from capillary_async.codec.json_text import decode_json, decoder_of
from capillary_async.codec.scalars import Hook
from capillary_async.models.definition import (
    AlsoQuoted,
    CalendarTypes,
    Model,
    alternatives,
    documented,
    draft_of,
    wire_names,
    without_null,
)

ReadRows = Callable[[list[Any]], list[Any]]

_MOST_LESSONS: Final = 16
_MOST_KEYS: Final = 256
_KEY: Final = re.compile(r"[\w-]{1,64}", re.ASCII)


class StructRows(list[Any]):
    """The rows of a page as Structs.

    Attributes:
        decoder: What decoded them.
        body: The whole answer.
        read: Makes models of the Structs; raises an exception if a row does not fit, and `as_dicts` shows why.
    """

    __slots__ = ("body", "decoder", "read")

    decoder: "PageDecoder"
    body: bytes | bytearray
    read: ReadRows

    def models(self) -> list[Any]:
        """Return models of the rows; `read` says what it raises."""
        return self.read(self)

    def as_dicts(self) -> list[Any]:
        """Return the rows as dicts, decoded by `decode_json`."""
        rows: list[Any] = decode_json(self.body)[self.decoder.rows_key]
        return rows


class _LearnedKeys(msgspec.Struct, eq=False):
    """The keys that one kind of object had in the answers so far.

    Attributes:
        types: The types that each key's values had.
        optional: The keys that some objects lacked.
    """

    types: dict[str, set[type]] = msgspec.field(default_factory=dict[str, set[type]])
    optional: set[str] = msgspec.field(default_factory=set[str])

    def learn(self, sources: Iterable[Mapping[str, Any]]) -> bool:
        """Add the keys and types of these objects; return whether there was something new."""
        before = len(self.optional) + sum(map(len, self.types.values()))
        for source in sources:
            if self.types:
                self.optional |= self.types.keys() ^ source.keys()
            for name, value in source.items():
                self.types.setdefault(name, set()).add(value.__class__)
        return before < len(self.optional) + sum(map(len, self.types.values()))

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
        names = [f"f{index}" for index in range(len(self.types))]
        fields: list[tuple[str, Any, Any]] = []
        for field, name in zip(names, self.types, strict=True):
            if name in self.optional:
                fields.append((field, types.get(name, Any) | msgspec.UnsetType, msgspec.UNSET))
            else:
                fields.append((field, types.get(name, Any), msgspec.NODEFAULT))
        renamed = dict(zip(names, self.types, strict=True))
        return msgspec.defstruct("Learned", fields, kw_only=True, forbid_unknown_fields=True, gc=False, rename=renamed)


class PageDecoder:
    """Decodes the answers of one endpoint that lists rows.

    Attributes:
        model: The rows' model.
        rows_key: The answer's member that holds the rows.

    Args:
        tables: Reads dates.
        hook_for: Finds the hook of a type.
    """

    def __init__(self, model: type[Model], rows_key: str, tables: DateTables, hook_for: Callable[[Any], Hook]) -> None:
        self.model = model
        self.rows_key = rows_key
        self._tables = tables
        self._hook_for = hook_for
        self._envelope, self._row = _LearnedKeys(), _LearnedKeys()
        self._lessons = 0
        self._decoder: msgspec.json.Decoder[Any] | None = None
        self._envelope_of: Callable[[Any], dict[str, Any]] = dict
        self._read: ReadRows = list

    def decode(self, body: bytes | bytearray) -> Any:
        """Decode one answer. If it has the learned keys, the member with the rows is a `StructRows`.

        Raises:
            DecodeError: The body is not one JSON document.
        """
        if self._decoder is not None:
            try:
                return self._document(self._decoder.decode(body), body)
            except Exception:  # noqa: BLE001, S110  (decode_json, below, finds what is wrong with the body, if anything)
                pass
        document = decode_json(body)
        if self._lessons < _MOST_LESSONS:
            self._learn(document)
        return document

    def _document(self, page: Any, body: bytes | bytearray) -> dict[str, Any]:
        document = self._envelope_of(page)
        if self._envelope.optional:
            document = {name: value for name, value in document.items() if value is not msgspec.UNSET}
        rows = document[self.rows_key] = StructRows(document[self.rows_key])
        rows.decoder, rows.body, rows.read = self, body, self._read
        return document

    def _learn(self, document: Any) -> None:
        rows: Any = cast("dict[str, Any]", document).get(self.rows_key) if isinstance(document, dict) else None
        if not isinstance(rows, list) or not rows or {*map(type, cast("list[Any]", rows))} != {dict}:
            return
        answers, objects = cast("list[dict[str, Any]]", [document]), cast("list[dict[str, Any]]", rows)
        if not self._envelope.learn(answers) | self._row.learn(objects):
            return  # the page is not unusual, but wrong
        self._lessons += 1
        keys = [*self._envelope.types, *self._row.types]
        if len(keys) > _MOST_KEYS or not all(map(_KEY.fullmatch, keys)) or self.rows_key in self._envelope.optional:
            self._lessons, self._decoder = _MOST_LESSONS, None
            return
        code = _RowsCode(self.model, self._row, self._tables, self._hook_for)
        self._read = code.function()
        members = ", ".join(f"{name!r}: page.f{index}" for index, name in enumerate(self._envelope.types))
        # Keys are string literals in the source, so text from a server is never executed.
        self._envelope_of = eval(f"lambda page: {{{members}}}")  # noqa: S307
        rows_type: Any = GenericAlias(list, (self._row.struct(code.checked),))
        self._decoder = decoder_of(self._envelope.struct({self.rows_key: rows_type}))


class _RowsCode:
    """Generates the function that makes models of a page's Structs.

    Attributes:
        checked: The types that msgspec checks, by key.
    """

    def __init__(self, model: Any, keys: _LearnedKeys, tables: DateTables, hook_for: Callable[[Any], Hook]) -> None:
        self.checked: dict[str, Any] = {}
        self._model = model
        self._keys = keys
        self._members = {name: f"row.f{index}" for index, name in enumerate(keys.types)}
        self._names: dict[str, Any] = {"Draft": draft_of(model), "Model": model, "UNSET": msgspec.UNSET, **CODE_NAMES}
        # Tables have no hash, so they are told apart by identity.
        self._columns: dict[int, tuple[DateColumn, dict[str, str]]] = {}
        self._known: set[str] = set()
        self._lines = ["draft = Draft()"]
        for attribute in documented(resolved(model)):
            self._add(
                attribute, field_code(attribute, tables, hook_for), table_for(without_null(attribute.type), tables)
            )

    def _add(self, attribute: "attrs.Attribute[Any]", code: FieldCode, table: Any) -> None:
        present = [name for name in wire_names(attribute) if name in self._members]
        self._known.update(present)
        into = _type_to_check(attribute, present, self._keys)
        if into is not None:
            is_required = attribute.default is attrs.NOTHING
            may_be_null = not is_required or len(present) > 1
            self.checked |= dict.fromkeys(present, into | None if may_be_null else into)
            code = _NOT_NULL if is_required and may_be_null else FieldCode()
        self._names |= code.names
        if isinstance(table, DateColumn) and into is str:
            column = f"column_{attribute.name}"
            values = f"[{_first_not_null([self._members[name] for name in present])} for row in rows]"
            self._columns.setdefault(id(table), (table, {}))[1][column] = values
            self._lines += attribute_lines(attribute, code, [column])
        elif len(present) == 1 and not code.lines and self._keys.optional.isdisjoint(present):
            self._lines += attribute_lines(attribute, code, [self._members[present[0]]])
        else:
            variables = [f"value_{place}" for place in range(len(present))]
            for variable, name in zip(variables, present, strict=True):
                self._lines.append(f"{variable} = {self._members[name]}")
                if name in self._keys.optional:
                    self._lines += [f"if {variable} is UNSET:", f"    {variable} = None"]
            self._lines += attribute_lines(attribute, code, variables)

    def function(self) -> ReadRows:
        """Compile the function."""
        unknown = {name: member for name, member in self._members.items() if name not in self._known}
        lines = [
            *self._lines,
            _extra_line(unknown, self._keys.optional),
            "draft.__class__ = Model",
            "models.append(draft)",
        ]
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
        text = "\n    ".join([*head, *(f"    {line}" for line in lines), "return models"])
        exec(compiled(text, self._model.__qualname__), self._names)  # noqa: S102  (keys are string literals in it)
        return cast("ReadRows", self._names["read_rows"])


_NOT_NULL: Final = FieldCode(("if $ is None:", "    reject()"))


def _type_to_check(attribute: "attrs.Attribute[Any]", present: list[str], keys: _LearnedKeys) -> type | None:
    """Return a type that msgspec checks as strictly as the attribute's `FieldCode` does, or `None`.

    The value of an optional key is not checked by msgspec, because a Struct holds `UNSET` where the key is missing.
    """
    kinds = {keys.only_type(name) for name in present} - {NoneType}
    if not present or len(kinds) > 1 or not keys.optional.isdisjoint(present):
        return None
    into = without_null(attribute.type)
    is_date = frozenset(alternatives(into)) <= {CalendarTypes.DATE, CalendarTypes.DATE_TIME}
    if get_origin(into) is Annotated and AlsoQuoted in get_args(into):
        into = get_args(into)[0]
    checked = str if is_date and kinds else into if into in (str, int, bool) else None
    return checked if kinds <= {checked} else None


def _first_not_null(members: list[str]) -> str:
    """Return the source of an expression: the first of these members that is not null."""
    *others, last = members
    return " else ".join([*(f"{member} if {member} is not None" for member in others), last])


def _extra_line(unknown: Mapping[str, str], optional: set[str]) -> str:
    if not unknown:
        return "draft.extra = NOTHING_EXTRA"
    items = ", ".join(f"{name!r}: {variable}" for name, variable in unknown.items())
    if optional.isdisjoint(unknown):
        return f"draft.extra = ReadOnlyDict({{{items}}})"
    some = f"{{name: value for name, value in {{{items}}}.items() if value is not UNSET}}"
    return f"draft.extra = ReadOnlyDict({some}) or NOTHING_EXTRA"
