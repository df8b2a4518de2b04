"""What the generated functions do with a value, by the type of its attribute; inline where a call can be spared."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

import attrs

from capillary_async.codec.dates import Moments
from capillary_async.codec.scalars import Hook, OpenEnumeration
from capillary_async.models.definition import AlsoQuoted, alternatives


@attrs.frozen
class FieldCode:
    """How to check or convert a value that is not null.

    Attributes:
        lines: Python, with `$` for the variable that holds the value.
        names: What the lines refer to.
    """

    lines: tuple[str, ...] = ()
    names: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


def conversion_of(attribute: "attrs.Attribute[Any]", moments: Moments, hook_for: Callable[[Any], Hook]) -> FieldCode:
    """Return the conversion for an attribute.

    Args:
        attribute: The attribute.
        moments: Reads dates.
        hook_for: Finds the hook of a type for which there is nothing better.
    """
    into = without_null(attribute.type)
    if into is Any:
        return FieldCode()
    if into in {str, bool, int}:
        return FieldCode((f"if type($) is not {into.__name__}:", "    reject()"))
    if get_origin(into) is Annotated and AlsoQuoted in get_args(into):
        return FieldCode(("if type($) is not int:", "    $ = whole_number($)"))
    if into is Decimal:
        return FieldCode(("if type($) is int:", "    $ = Decimal($)", "elif type($) is not Decimal:", "    reject()"))
    table = table_for(into, moments)
    if table is not None:
        name = f"table_{attribute.name}"
        return FieldCode((f"$ = {name}[$]",), {name: table})
    hook, kind = f"hook_{attribute.name}", f"type_{attribute.name}"
    return FieldCode((f"$ = {hook}($, {kind})",), {hook: hook_for(into), kind: into})


def without_null(into: Any) -> Any:
    """Return a type without its null."""
    first, *others = [arm for arm in alternatives(into) if arm is not NoneType]
    for other in others:
        first = first | other
    return first


def table_for(into: Any, moments: Moments) -> dict[Any, Any] | None:
    """Return the table that turns texts into values of a type, if there is one for it."""
    arms = frozenset(alternatives(into))
    if arms == {datetime}:
        return moments.date_times
    if arms == {date}:
        return moments.dates
    if arms == {datetime, date}:
        return moments.either
    (enumeration,) = arms - {str} if len(arms) == 2 and str in arms else (None,)
    if isinstance(enumeration, type) and issubclass(enumeration, Enum):
        return OpenEnumeration(enumeration)
    return None
