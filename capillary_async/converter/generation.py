"""Write the function that structures a model, once for each class.

The function reads like one that is written by hand:

    def structure(source, _=None):
        get = source.get
        known = 11                                    # keys that the model knows
        draft = Draft()
        value = source["eventLogId"]                  # required: a missing key is a KeyError
        if value.__class__ is not int:
            value = whole_number(value)
        draft.event_log_id = value
        value = get("eventDisplayName")
        if value is None:
            known -= "eventDisplayName" not in source
        elif value.__class__ is not str:
            reject()
        draft.event_display_name = value
        ...
        draft.extra = NOTHING_EXTRA if len(source) == known else extra_of(source)
        draft.__class__ = TargetEvent
        return draft

What makes it fast: a value of the right type costs a comparison and no call; keys are counted, not searched for
unknown ones; nobody keeps track of where in the document it is (see `mismatch`); and the object is filled before it
is frozen. `Draft` has the same slots as the model, but lets itself be changed; assigning `__class__` makes it the
model. Filling a frozen object takes a call of `object.__setattr__` an attribute, which is six times as slow.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import attrs

from capillary_async.converter.moments import Moments
from capillary_async.converter.scalars import Hook, OpenEnumeration, reject, whole_number
from capillary_async.models.definition import (
    NOTHING_EXTRA,
    AlsoQuoted,
    Model,
    ReadOnlyDict,
    alternatives,
    documented,
    wire_names,
)


def structure_function(cls: type[Model], moments: Moments, hook_for: Callable[[Any], Hook]) -> Hook:
    """Return the hook that makes a `cls` of a JSON object.

    Args:
        cls: The model.
        moments: Reads dates.
        hook_for: Returns the hook of any other type.
    """
    known = frozenset(name for field in documented(cls) for name in wire_names(field))

    def extra_of(source: dict[str, Any]) -> ReadOnlyDict:
        return ReadOnlyDict({key: source[key] for key in source if key not in known})

    names: dict[str, Any] = {
        "Draft": _draft(cls),
        "Model": cls,
        "Decimal": Decimal,
        "NOTHING_EXTRA": NOTHING_EXTRA,
        "extra_of": extra_of,
        "reject": reject,
        "whole_number": whole_number,
    }
    lines = ["get = source.get", f"known = {len(known)}", "draft = Draft()"]
    for field in documented(cls):
        lines += _read(field) + _check(field, moments, hook_for, names)
        lines.append(f"draft.{field.name} = value")
    lines += [
        "draft.extra = NOTHING_EXTRA if len(source) == known else extra_of(source)",
        "draft.__class__ = Model",
        "return draft",
    ]
    text = "\n    ".join(["def structure(source, _=None):", *lines])
    exec(_compiled(text, f"<structure {cls.__module__}.{cls.__qualname__}>"), names)  # noqa: S102
    return names["structure"]  # type: ignore[no-any-return]


@cache
def _compiled(text: str, filename: str) -> Any:
    """Compile once in a process, however many clients it has."""
    return compile(text, filename, "exec")


@cache
def _draft(cls: type[Model]) -> type:
    """Return a class whose objects look like those of `cls` in memory, but may be filled."""
    unlocked = {name: getattr(object, name) for name in ("__setattr__", "__delattr__", "__init__")}
    return type(f"Draft{cls.__name__}", cls.__bases__, {"__slots__": cls.__slots__, **unlocked})


def _read(field: "attrs.Attribute[Any]") -> list[str]:
    """Return the lines that fetch the value, and take keys that are not there off the count."""
    first, *others = wire_names(field)
    is_required = field.default is attrs.NOTHING
    if not others:
        return [f"value = source[{first!r}]" if is_required else f"value = get({first!r})"]
    lines = ["known -= " + " + ".join(f"({name!r} not in source)" for name in (first, *others))]
    lines.append(f"value = get({first!r})")
    for name in others:
        lines += ["if value is None:", f"    value = get({name!r})"]
    return lines


def _check(
    field: "attrs.Attribute[Any]", moments: Moments, hook_for: Callable[[Any], Hook], names: dict[str, Any]
) -> list[str]:
    """Return the lines that make sure of the value's type, or convert it."""
    into = _without_none(field.type)
    branches = _branches(into, field.name, moments, hook_for, names)
    if field.default is attrs.NOTHING:
        return _chain(branches)
    wires = wire_names(field)
    absent = [f"known -= {wires[0]!r} not in source"] if len(wires) == 1 else []
    if field.default is not None:
        names[f"default_{field.name}"] = field.default
        absent.append(f"value = default_{field.name}")
    return _chain([("value is None", absent or ["pass"]), *branches])


def _chain(branches: list[tuple[str, list[str]]]) -> list[str]:
    """Return `if ..., elif ..., else ...`. A branch without a condition comes last."""
    lines: list[str] = []
    for condition, body in branches:
        word = "elif" if lines else "if"
        if condition:
            lines.append(f"{word} {condition}:")
        else:
            lines.append("else:" if lines else "if True:")
        lines += [f"    {line}" for line in body]
    return lines


def _branches(
    into: Any, name: str, moments: Moments, hook_for: Callable[[Any], Hook], names: dict[str, Any]
) -> list[tuple[str, list[str]]]:
    """Return what to do with a value, by its class; inline where a call can be spared."""
    if into in {str, bool, int}:
        return [(f"value.__class__ is not {into.__name__}", ["reject()"])]
    if get_origin(into) is Annotated and AlsoQuoted in get_args(into):
        return [("value.__class__ is not int", ["value = whole_number(value)"])]
    if into is Decimal:
        return [
            ("value.__class__ is int", ["value = Decimal(value)"]),
            ("value.__class__ is not Decimal", ["reject()"]),
        ]
    if into is Any:
        return []
    table = table_for(into, moments)
    if table is not None:
        names[f"table_{name}"] = table
        return [("", [f"value = table_{name}[value]"])]
    names |= {f"hook_{name}": hook_for(into), f"type_{name}": into}
    return [("", [f"value = hook_{name}(value, type_{name})"])]


def _without_none(into: Any) -> Any:
    arms = tuple(arm for arm in alternatives(into) if arm is not type(None))
    if len(arms) == 1:
        return arms[0]
    result = arms[0]
    for arm in arms[1:]:
        result = result | arm
    return result


def table_for(into: Any, moments: Moments) -> dict[Any, Any] | None:
    """Return the table that turns texts into values of a type, if there is one for it."""
    arms = frozenset(alternatives(into))
    tables = {
        frozenset({datetime}): moments.date_times,
        frozenset({date}): moments.dates,
        frozenset({datetime, date}): moments.either,
    }
    if arms in tables:
        return tables[arms]
    enumerations = [arm for arm in arms if isinstance(arm, type) and issubclass(arm, Enum)]
    if len(enumerations) == 1 and arms == {enumerations[0], str}:
        return OpenEnumeration(enumerations[0])
    return None
