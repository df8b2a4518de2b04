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

from capillary_async.api import Customers, Ledger, Promotions, Targets, UserGroups
from capillary_async.codec.row_text import encode_rows
from capillary_async.errors import TableError
from capillary_async.jobs.errors import InvalidRowError, JobRefusedError
from capillary_async.jobs.first_answer import check_first_answer
from capillary_async.jobs.key_columns import KeyColumn, columns_of
from capillary_async.jobs.lookup_options import Options, options_of_endpoint, options_of_function
from capillary_async.models import IdentifierName, TargetGroupProgress, TargetProgressRow
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
        path: Where a client has it, such as `customers.get`.
        columns: The key's columns, in the order of the method's parameters; then those that may be missing.
        first: What the method takes before the key.
        by_path: A method that takes an identifier's name and value in place of the customer's id, if there is one.
        rows: Makes rows of the answer, where what the method returns would be no good table; and their type.
    """

    path: str
    columns: tuple[KeyColumn, ...]
    first: tuple[str, ...] = ()
    by_path: str | None = None
    rows: tuple[Callable[[Any], Any], type] | None = None

    @property
    def method(self) -> Callable[..., Any]:
        """The method, not yet of any client."""
        return method_of(self.path)


def _ids(*names: str, optional: Sequence[str] = ()) -> tuple[KeyColumn, ...]:
    required = tuple(KeyColumn(name, int, least=1) for name in names)
    return (*required, *(KeyColumn(name, int, is_required=False, least=1) for name in optional))


_GROUPS: Final[Mapping[str, type]] = {
    "customers": Customers,
    "ledger": Ledger,
    "promotions": Promotions,
    "targets": Targets,
    "user_groups": UserGroups,
}
_OF_CUSTOMERS: Final[Mapping[str, str]] = {
    "tiers": "customers.get_tiers",
    "loyalty": "customers.get_loyalty",
    "loyalty-events": "customers.get_loyalty_events",
    "points-expiry": "customers.get_points_expiry",
    "promised-points": "customers.get_promised_points",
    "status-changes": "customers.get_status_changes",
    "customer-trackers": "customers.list_trackers",
    "user-groups": "customers.list_user_groups",
    "active-targets": "targets.get_active",
    "promotions": "promotions.list_for_member",
}
_OF_GROUPS: Final[Mapping[str, str]] = {
    "trackers": "user_groups.list_trackers",
    "groups": "user_groups.get",
    "members": "user_groups.list_members",
    "group-transactions": "user_groups.list_transactions",
    "slab-changes": "user_groups.list_slab_changes",
}


def _progress_rows(groups: Iterable[TargetGroupProgress]) -> list[TargetProgressRow]:
    """Return a row for each target and period; a column of nested groups is no table."""
    return [row for group in groups for row in group.rows]


_CUSTOMER: Final = _ids("customer_id")
_EVENT: Final = _ids("customer_id", "target_rule_id", optional=("period_id",))
_FIND_ID: Final[Callable[..., Any]] = cast("Callable[..., Any]", Customers.find_id)
_WHO: Final = frozenset(options_of_endpoint(_FIND_ID, ()).hints)
LOOKUPS: Final[Mapping[str, BuiltInLookup]] = MappingProxyType(
    {
        "customers": BuiltInLookup("customers.get", _CUSTOMER, by_path="customers.find"),
        "points": BuiltInLookup("customers.get_points_balance", _CUSTOMER, by_path="customers.find_points_balance"),
        "transactions": BuiltInLookup("customers.list_transactions", _CUSTOMER, by_path="customers.find_transactions"),
        "ledger": BuiltInLookup("ledger.list_entries", _CUSTOMER, ("id",), "ledger.list_entries"),
        "ledger-balances": BuiltInLookup("ledger.list_balances", _CUSTOMER, ("id",), "ledger.list_balances"),
        "progress": BuiltInLookup("targets.get_progress", _CUSTOMER, rows=(_progress_rows, TargetProgressRow)),
        "events": BuiltInLookup("targets.list_events", _EVENT),
        **{name: BuiltInLookup(path, _CUSTOMER) for name, path in _OF_CUSTOMERS.items()},
        **{name: BuiltInLookup(path, _ids("user_group_id")) for name, path in _OF_GROUPS.items()},
    }
)


def method_of(path: str) -> Callable[..., Any]:
    """Return a method of the client's, not yet of any client, by its path."""
    group, _, name = path.partition(".")
    return cast("Callable[..., Any]", getattr(_GROUPS[group], name))


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
            InvalidRowError: A row holds what JSON cannot say, such as NaN.
            JobRefusedError: The first rows of all are not of the type that the function declares.
        """
        try:
            text = encode_rows(rows)
        except (TypeError, ValueError) as error:
            # The messages name classes, never values.
            raise InvalidRowError(f"a row cannot be stored: {error}") from None
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


def options_of(lookup: str, *, by: str | None = None) -> Options:
    """Return the options of a lookup by its name, as `find_lookup` takes them.

    Raises:
        JobRefusedError: There is no such lookup.
    """
    if lookup not in LOOKUPS:
        return options_of_function(_import(lookup))
    found = LOOKUPS[lookup]
    path = found.by_path if by is not None and found.by_path else found.path
    options = options_of_endpoint(method_of(path), [column.name for column in found.columns])
    if by is None or found.by_path:
        return options
    return Options({**options_of_endpoint(_FIND_ID, ()).hints, **options.hints})


def _built_in(name: str, found: BuiltInLookup, arguments: Mapping[str, Any], by: str | None) -> Lookup:
    if by is not None:
        _check_by(name, found, by)
    options = options_of(name, by=by)
    path, first = (found.by_path, (by,)) if by is not None and found.by_path else (found.path, found.first)
    method = method_of(path)
    try:
        given = options.read(arguments)
        values = options.values(given)
        own = {option: value for option, value in values.items() if option in options_of_endpoint(method, ()).hints}
        # Let the endpoint look at the options before there is a key.
        inspect.unwrap(method)(*first, *[1 for column in found.columns if column.is_required], **own)
    except (TypeError, ValueError) as error:
        raise JobRefusedError(f"lookup {name}: {error}") from error
    answer = _answer_of(path, first, found.columns, own)
    if by is not None and not found.by_path:
        answer = _with_id_found(answer, by, {option: values[option] for option in values if option in _WHO})
    columns = found.columns if by is None else (_identifier_column(by), *found.columns[1:])
    row_type = _row_type(get_type_hints(method).get("return", Any))
    if found.rows is not None:
        rows_of, row_type = found.rows
        answer = _with_rows(answer, rows_of)
    return Lookup(name, columns, row_type, given, answer, by=by, is_checked=True)


def _answer_of(
    path: str, first: tuple[Any, ...], columns: Sequence[KeyColumn], values: Mapping[str, Any]
) -> Callable[..., Any]:
    required = sum(column.is_required for column in columns)
    names, send = [column.name for column in columns[required:]], attrgetter(path)

    def answer(client: Any, *key: Any) -> Any:
        optional = dict(zip(names, key[required:], strict=True))
        return send(client)(*first, *key[:required], **optional, **values)

    return answer


def _with_rows(answer: Callable[..., Any], rows_of: Callable[[Any], Any]) -> Callable[..., Any]:
    async def answer_in_rows(client: Any, *key: Any) -> Any:
        return rows_of(await answer(client, *key))

    return answer_in_rows


def _with_id_found(answer: Callable[..., Any], by: str, values: Mapping[str, Any]) -> Callable[..., Any]:
    """Find the customer's id first, where no method of the client takes anything else."""

    async def find_and_answer(client: Any, identifier: str, *rest: Any) -> Any:
        customer_id = await client.customers.find_id(by, identifier, **values)
        found = answer(client, customer_id, *rest)
        return await found if inspect.isawaitable(found) else found

    return find_and_answer


def _check_by(name: str, found: BuiltInLookup, by: str) -> None:
    if by not in set(IdentifierName):
        raise JobRefusedError(f"customers cannot be looked up by {by!r}; there are {', '.join(IdentifierName)}")
    if found.columns[0].name != "customer_id":
        raise JobRefusedError(f"{name} are looked up by {found.columns[0].name} alone")


def _identifier_column(by: str) -> KeyColumn:
    return KeyColumn(by, str, takes_numbers=by in _NUMERIC)


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
