"""What a job looks up: a method of the client's, or a function of yours, for each key.

A lookup of this package takes every option that its endpoint has. A function of yours says everything by itself: its
parameters after the client are the key's columns, those with a default other than `None` are options, and what it is
annotated to return gives the output its columns.
"""

import inspect
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from importlib import import_module
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

import attrs

from capillary_async.api import Customers, Targets, UserGroups
from capillary_async.codec.row_text import encode_rows
from capillary_async.errors import TableError
from capillary_async.jobs.first_answer import check_first_answer
from capillary_async.jobs.key_columns import KeyColumn, columns_of
from capillary_async.jobs.lookup_options import options_of_endpoint, options_of_function
from capillary_async.jobs.problems import JobRefusedError
from capillary_async.models import IdentifierName
from capillary_async.models.definition import alternatives
from capillary_async.paging import Pager
from capillary_async.tables import check_row_type

_SEVERAL: Final = (list, tuple, AbstractSet, deque, Iterator)
# Identifiers that a table may hold as numbers: none of them has leading zeros.
_NUMERIC: Final = frozenset((IdentifierName.MOBILE, IdentifierName.CARD_NUMBER))


@attrs.frozen
class BuiltInLookup:
    """A method of the client that keys are looked up with.

    Attributes:
        group: The class of the method.
        path: Where a client has it, such as `customers.get`.
        columns: The key's columns, in the order of the method's parameters; then those that may be missing.
    """

    group: type
    path: str
    columns: tuple[KeyColumn, ...]

    @property
    def method(self) -> Callable[..., Any]:
        """The method, not yet of any client."""
        return cast("Callable[..., Any]", getattr(self.group, self.path.partition(".")[2]))


def _ids(*names: str, optional: Sequence[str] = ()) -> tuple[KeyColumn, ...]:
    required = tuple(KeyColumn(name, int, least=1) for name in names)
    return (*required, *(KeyColumn(name, int, is_required=False, least=1) for name in optional))


_EVENT_IDS: Final = _ids("customer_id", "target_rule_id", optional=("period_id",))
LOOKUPS: Final[Mapping[str, BuiltInLookup]] = MappingProxyType(
    {
        "customers": BuiltInLookup(Customers, "customers.get", _ids("customer_id")),
        "customer-trackers": BuiltInLookup(Customers, "customers.list_trackers", _ids("customer_id")),
        "user-groups": BuiltInLookup(Customers, "customers.list_user_groups", _ids("customer_id")),
        "trackers": BuiltInLookup(UserGroups, "user_groups.list_trackers", _ids("user_group_id")),
        "members": BuiltInLookup(UserGroups, "user_groups.list_members", _ids("user_group_id")),
        "active-targets": BuiltInLookup(Targets, "targets.get_active", _ids("customer_id")),
        "events": BuiltInLookup(Targets, "targets.list_events", _EVENT_IDS),
    }
)


@attrs.define(eq=False)
class Lookup:
    """A lookup.

    Attributes:
        name: One of `LOOKUPS`, or "module:function".
        columns: The key's columns.
        row_type: Type of one row; `Any` when the function does not say.
        arguments: The options, as JSON has them.
        by: What customers are looked up by in place of their id, or `None`.
    """

    name: str
    columns: tuple[KeyColumn, ...]
    row_type: Any
    arguments: Mapping[str, Any]
    _answer: Callable[..., Any]  # of the client and the key's values
    by: str | None = None
    _is_checked: bool = attrs.field(default=False, alias="is_checked")

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The names of the key's columns."""
        return tuple(column.name for column in self.columns)

    def call(self, client: Any) -> Callable[[tuple[Any, ...]], Awaitable[Any]]:
        """Return the function that looks one key up; see `rows_of` for what comes of it."""

        async def look_up(key: tuple[Any, ...]) -> Any:
            answer = self._answer(client, *key)
            if inspect.isawaitable(answer):
                answer = await answer
            if isinstance(answer, Pager):
                return await cast("Pager[Any]", answer).collect()  # quicker than row by row
            if isinstance(answer, AsyncIterable):
                return [row async for row in cast("AsyncIterator[Any]", answer)]
            return answer

        return look_up

    @staticmethod
    def rows_of(result: Any) -> list[Any]:
        """Return the rows in what a lookup returned: `None` is no row, a list is several, anything else is one."""
        if result is None:
            return []
        is_one = not isinstance(result, _SEVERAL) or hasattr(cast("Any", result), "_fields")
        return [result] if is_one else [row for row in cast("Iterable[Any]", result) if row is not None]

    def encode(self, rows: Sequence[Any]) -> bytes:
        """Return rows as JSON, a list, for a job to store.

        Raises:
            TypeError: A row holds what JSON cannot say.
            ValueError: A number is NaN or infinite.
            JobRefusedError: The first rows of all are not of the type that the function declares.
        """
        text = encode_rows(rows)
        if not self._is_checked and rows:
            check_first_answer(self.name, text, rows, self.row_type)
            self._is_checked = True
        return text


def find_lookup(
    lookup: str | Callable[..., Any], *, arguments: Mapping[str, Any] | None = None, by: str | None = None
) -> Lookup:
    """Find a lookup.

    Args:
        lookup: One of `LOOKUPS`; "module:function" for a function of yours; or the function itself.
        arguments: Options of the lookup, by name. Texts are taken for any of them: "true", "5", "points,mlp".
        by: What customers are looked up by in place of their id, such as "mobile". The key's column is called so.

    Raises:
        JobRefusedError: There is no such lookup or option, or the function cannot be a lookup.
    """
    if isinstance(lookup, str) and lookup in LOOKUPS:
        return _built_in(lookup, LOOKUPS[lookup], arguments or {}, by)
    if by is not None:
        raise JobRefusedError("only the lookups of this package know customers by something else than their id")
    name, fn = (lookup, _import(lookup)) if isinstance(lookup, str) else (_name_of(lookup), lookup)
    try:
        options = options_of_function(fn)
        given = options.read(arguments or {})
        columns = columns_of(fn, given=given)
        row_type = _row_type(get_type_hints(fn, include_extras=True).get("return", Any))
        check_row_type(row_type)
    except (TypeError, ValueError, NameError, AttributeError, SyntaxError, TableError) as error:
        raise JobRefusedError(f"lookup {name}: {error}") from error
    values = options.values(given)

    def answer(client: Any, *key: Any) -> Any:
        return fn(client, **{column.name: value for column, value in zip(columns, key, strict=True)}, **values)

    return Lookup(name, columns, row_type, given, answer)


def _built_in(name: str, found: BuiltInLookup, arguments: Mapping[str, Any], by: str | None) -> Lookup:
    options = options_of_endpoint(found.method, [column.name for column in found.columns])
    try:
        given = options.read(arguments)
        values = options.values(given)
        _refuse_wrong_arguments(found, values)
    except (TypeError, ValueError) as error:
        raise JobRefusedError(f"lookup {name}: {error}") from error
    required = sum(column.is_required for column in found.columns)
    names = [column.name for column in found.columns[required:]]
    send = attrgetter(found.path)

    def answer(client: Any, *key: Any) -> Any:
        return send(client)(*key[:required], **dict(zip(names, key[required:], strict=True)), **values)

    row_type = _row_type(get_type_hints(found.method).get("return", Any))
    lookup = Lookup(name, found.columns, row_type, given, answer, is_checked=True)
    return lookup if by is None else _by_identifier(lookup, values, by)


def _refuse_wrong_arguments(found: BuiltInLookup, values: Mapping[str, Any]) -> None:
    """Let the endpoint look at the options before there is a key."""
    build = inspect.unwrap(found.method)
    build(*[1 for column in found.columns if column.is_required], **values)


def _by_identifier(lookup: Lookup, values: Mapping[str, Any], by: str) -> Lookup:
    """Find the customer's id first."""
    if by not in set(IdentifierName):
        raise JobRefusedError(f"customers cannot be looked up by {by!r}; there are {', '.join(IdentifierName)}")
    first, *others = lookup.columns
    if first.name != "customer_id":
        raise JobRefusedError(f"{lookup.name} are looked up by {first.name} alone")
    options = {name: values[name] for name in ("source", "account_id") if name in values}

    async def answer(client: Any, identifier: str, *rest: Any) -> Any:
        customer_id = await client.customers.find_id(by, identifier, **options)
        found = lookup.call(client)
        return await found((customer_id, *rest))

    column = KeyColumn(by, str, takes_numbers=by in _NUMERIC)
    return attrs.evolve(lookup, columns=(column, *others), answer=answer, by=by)


def _name_of(fn: Callable[..., Any]) -> str:
    name, module = getattr(fn, "__qualname__", None), getattr(fn, "__module__", None)
    if not callable(fn) or name is None or module is None:
        raise JobRefusedError("a lookup is a function, or its name; options of it go into `arguments`")
    return f"{module}:{name}"


def _import(name: str) -> Callable[..., Any]:
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise JobRefusedError(f"there is no lookup {name!r}; there are {', '.join(LOOKUPS)}, and module:function")
    if "<" in path:
        raise JobRefusedError(f"lookup {name}: no other process can import it; give the function itself")
    try:
        fn = attrgetter(path)(import_module(module_name))
    except (Exception, SystemExit) as error:
        # A module of the user's may raise anything; the class is half of what some errors say.
        raise JobRefusedError(f"lookup {name}: {type(error).__name__}: {error}") from error
    if not callable(fn):
        raise JobRefusedError(f"lookup {name}: it is no function")
    return cast("Callable[..., Any]", fn)


def _row_type(returned: Any) -> Any:
    """Find the type of one row in what a function returns: `Customer | None`, `Pager[Tracker]`, `list[Target]`."""
    choices = [choice for choice in alternatives(returned) if choice is not NoneType]
    if len(choices) != 1:
        return Any
    (choice,) = choices
    origin, parts = get_origin(choice), get_args(choice)
    if isinstance(origin, type) and issubclass(origin, Awaitable) and parts:
        return _row_type(parts[-1])
    if isinstance(origin, type) and issubclass(origin, AsyncIterable | list | tuple | AbstractSet | Iterator):
        return parts[0]
    return Any if choice in (list, tuple, set, frozenset) else choice
