"""What a job looks up: a method of the client, or a function of the user's, for each key.

A built-in lookup takes every option that its endpoint has. A user's function says everything itself: its parameters
after the client are the key's columns, those with a default other than `None` are options, and its return annotation
gives the output its columns.
"""

import inspect
from collections import deque
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from operator import attrgetter
from types import MappingProxyType, NoneType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

import attrs

from capillary_async.api.customers import Customers
from capillary_async.api.groups import method_of
from capillary_async.codec import Converter
from capillary_async.codec.interop import from_dict
from capillary_async.codec.row_text import decode_rows, encode_parts, encode_rows
from capillary_async.codec.unstructuring import exact
from capillary_async.errors import DecodeError, TableError
from capillary_async.jobs.errors import InvalidRowError, JobRefusedError
from capillary_async.jobs.key_columns import KeyColumn, columns_of, hints_of
from capillary_async.jobs.lookup_options import Options, options_of_endpoint, options_of_function
from capillary_async.models.definition import is_model
from capillary_async.models.enumerations import IdentifierName
from capillary_async.models.members import members_of
from capillary_async.models.progress import TargetGroupProgress, TargetProgressRow
from capillary_async.models.type_hints import alternatives
from capillary_async.paging import Pager
from capillary_async.tables import check_row_type

_SEVERAL: Final = (list, tuple, AbstractSet, ValuesView, deque, Iterator)
# Identifiers that a table may hold as numbers, because none of them has leading zeros.
_NUMERIC: Final = frozenset((IdentifierName.MOBILE, IdentifierName.CARD_NUMBER))
_CUSTOMER: Final = (KeyColumn("customer_id", int, least=1),)
_GROUP: Final = (KeyColumn("user_group_id", int, least=1),)
_RULE: Final = KeyColumn("target_rule_id", int, least=1)
_PERIOD: Final = KeyColumn("period_id", int, is_required=False, least=1)


def _progress_rows(groups: Iterable[TargetGroupProgress]) -> list[TargetProgressRow]:
    """Return a row for each target and period; a column of nested groups is no table."""
    return [row for group in groups for row in group.rows]


@attrs.frozen
class BuiltInLookup:
    """A method of the client that keys are looked up with.

    Attributes:
        path: Where a client has it, such as `customers.get`.
        columns: The key's columns, in the order of the method's parameters; then those that may be missing.
        first: What the method takes before the key.
        by_path: A method that takes an identifier's name and value in place of the customer's id, if there is one.
        rows: Makes rows of the answer, if the answer is no good table; and the type of a row.
    """

    path: str
    columns: tuple[KeyColumn, ...] = _CUSTOMER
    first: tuple[str, ...] = ()
    by_path: str | None = None
    rows: tuple[Callable[[Any], Any], type] | None = None

    def path_by(self, by: str | None) -> str:
        """Return where the method is that takes keys of an identifier; `None` for the customer's id."""
        return self.by_path if by is not None and self.by_path else self.path


LOOKUPS: Final[Mapping[str, BuiltInLookup]] = MappingProxyType(
    {
        "customers": BuiltInLookup("customers.get", by_path="customers.find"),
        "points": BuiltInLookup("customers.get_points_balance", by_path="customers.find_points_balance"),
        "transactions": BuiltInLookup("customers.list_transactions", by_path="customers.find_transactions"),
        "ledger": BuiltInLookup("ledger.list_entries", first=("id",), by_path="ledger.list_entries"),
        "ledger-balances": BuiltInLookup("ledger.list_balances", first=("id",), by_path="ledger.list_balances"),
        "progress": BuiltInLookup("targets.get_progress", rows=(_progress_rows, TargetProgressRow)),
        "events": BuiltInLookup("targets.list_events", (*_CUSTOMER, _RULE, _PERIOD)),
        "tiers": BuiltInLookup("customers.get_tiers"),
        "loyalty": BuiltInLookup("customers.get_loyalty"),
        "loyalty-events": BuiltInLookup("customers.get_loyalty_events"),
        "points-expiry": BuiltInLookup("customers.get_points_expiry"),
        "promised-points": BuiltInLookup("customers.get_promised_points"),
        "status-changes": BuiltInLookup("customers.get_status_changes"),
        "customer-trackers": BuiltInLookup("customers.list_trackers"),
        "user-groups": BuiltInLookup("customers.list_user_groups"),
        "active-targets": BuiltInLookup("targets.get_active"),
        "promotions": BuiltInLookup("promotions.list_for_member"),
        "trackers": BuiltInLookup("user_groups.list_trackers", _GROUP),
        "groups": BuiltInLookup("user_groups.get", _GROUP),
        "members": BuiltInLookup("user_groups.list_members", _GROUP),
        "group-transactions": BuiltInLookup("user_groups.list_transactions", _GROUP),
        "slab-changes": BuiltInLookup("user_groups.list_slab_changes", _GROUP),
    }
)
_FIND_ID: Final[Callable[..., Any]] = cast("Callable[..., Any]", Customers.find_id)


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
    _bind: Callable[[Any], Callable[..., Any]]  # takes a client; what it returns takes the key's values
    by: str | None = None
    _is_checked: bool = attrs.field(default=False, alias="is_checked")

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The names of the key's columns."""
        return tuple(column.name for column in self.columns)

    def call(self, client: Any) -> Callable[[tuple[Any, ...]], Awaitable[list[Any]]]:
        """Return the function that looks one key up and returns the rows: none for `None`, several for a list."""
        answer_of = self._bind(client)

        def look_up(key: tuple[Any, ...]) -> Awaitable[list[Any]]:
            answer = pager = answer_of(*key)
            # Without a coroutine around it, which each step of the call would have to pass.
            return pager.collect() if isinstance(answer, Pager) else _rows_in(answer)

        return look_up

    def encode(self, answers: Sequence[Sequence[Any]]) -> list[bytes | None]:
        """Return the rows of several keys as texts, for a job to store; `None` if they are in the text before.

        Raises:
            InvalidRowError: A row holds what JSON cannot say, such as NaN.
            JobRefusedError: The first rows of all are not of the type that the function declares.
        """
        texts: list[bytes | None] = []
        try:
            for keys, text in encode_parts(answers):
                texts += [text, *[None] * (keys - 1)]
        except (TypeError, ValueError) as error:
            # The messages name classes, never values.
            raise InvalidRowError(f"a row cannot be stored: {error}") from None
        if not self._is_checked:
            # Here and not at the export, which comes after all requests.
            self._check_first(next(filter(None, answers), ()))
        return texts

    def _check_first(self, rows: Sequence[Any]) -> None:
        wrong = _mismatch(decode_rows(encode_rows(rows)), self.row_type)
        if wrong or _has_naive_date_time(exact(rows)):
            wrong = wrong or "a date-time has no time zone"
            raise JobRefusedError(f"lookup {self.name}: its first answer is not what it declares: {wrong}")
        self._is_checked = bool(rows)


def _mismatch(rows: list[Any], row_type: Any) -> str:
    """Say which part of decoded rows is not of the declared type; an empty text if none."""
    converter = Converter(UTC)
    try:
        for row in rows if row_type not in (Any, object) else ():
            if is_model(row_type):
                from_dict(cast("Any", row_type), row)
            elif isinstance(row, dict) and _is_named_tuple(row_type):
                values = cast("dict[str, Any]", row)  # a NamedTuple is stored as an object, and read from a list
                converter.structure([values.get(name) for name in members_of(row_type) or ()], row_type)
            else:
                converter.structure(row, row_type)
    except DecodeError as error:
        return str(error.args[0])
    except TypeError:  # a class that JSON cannot be converted to may still be written
        return ""
    return ""


def _is_named_tuple(row_type: Any) -> bool:
    return isinstance(row_type, type) and issubclass(row_type, tuple)


def _has_naive_date_time(value: Any) -> bool:
    if isinstance(value, Mapping):
        value = list(cast("Mapping[str, Any]", value).values())
    if isinstance(value, list):
        return any(map(_has_naive_date_time, cast("list[Any]", value)))
    return isinstance(value, datetime) and value.tzinfo is None


async def _rows_in(answer: Any) -> list[Any]:
    """Wait for an answer, and return its rows."""
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, Pager):
        return await cast("Pager[Any]", answer).collect()  # quicker than row by row
    if isinstance(answer, AsyncIterable):
        answer = [row async for row in cast("AsyncIterator[Any]", answer)]
    is_one = not isinstance(answer, _SEVERAL) or hasattr(cast("Any", answer), "_fields")
    rows: Iterable[Any] = [answer] if is_one else cast("Iterable[Any]", answer)
    return [row for row in rows if row is not None]


def find_lookup(
    lookup: str | Callable[..., Any], *, arguments: Mapping[str, Any] | None = None, by: str | None = None
) -> Lookup:
    """Find a lookup.

    Args:
        lookup: One of `LOOKUPS`; "module:function" for a function of the user's; or the function itself.
        arguments: Options of the lookup, by name. Texts are taken for any of them: "true", "5", "points,mlp".
        by: What customers are looked up by in place of their id, such as "mobile". The key's column is called so.

    Raises:
        JobRefusedError: There is no such lookup or option, or the function cannot be a lookup.
    """
    name = lookup if isinstance(lookup, str) else _name_of(lookup)
    built_in = LOOKUPS.get(name) if isinstance(lookup, str) else None
    if by is not None:
        _check_by(name, built_in, by)
    try:
        if built_in is not None:
            return _built_in(name, built_in, arguments or {}, by)
        return _of_function(name, _import(lookup) if isinstance(lookup, str) else lookup, arguments or {})
    except DecodeError as error:
        raise JobRefusedError(f"lookup {name}: {error.args[0]}") from None
    except (TypeError, ValueError, NameError, AttributeError, SyntaxError, TableError) as error:
        raise JobRefusedError(f"lookup {name}: {error}") from error


def options_of(lookup: str, *, by: str | None = None) -> Options:
    """Return the options of a lookup by its name, as `find_lookup` takes them.

    Raises:
        JobRefusedError: There is no such lookup.
    """
    if lookup not in LOOKUPS:
        return options_of_function(_import(lookup))
    found = LOOKUPS[lookup]
    options = options_of_endpoint(method_of(found.path_by(by)), [column.name for column in found.columns])
    is_id_found = by is not None and not found.by_path
    return Options({**options_of_endpoint(_FIND_ID).hints, **options.hints}) if is_id_found else options


def _of_function(name: str, fn: Callable[..., Any], arguments: Mapping[str, Any]) -> Lookup:
    options = options_of_function(fn)
    given = options.read(arguments)
    columns, values = columns_of(fn, given=given), options.values(given)
    row_type = _row_type(hints_of(fn).get("return", Any))
    check_row_type(row_type)
    names = [column.name for column in columns]

    async def answer(client: Any, *key: Any) -> Any:
        try:
            return await _rows_in(fn(client, **dict(zip(names, key, strict=True)), **values))
        except SystemExit as error:
            # With its exit code, a job that is not done would end as if it were.
            raise RuntimeError("the lookup wanted to end the process") from error

    def bind(client: Any) -> Callable[..., Any]:
        return partial(answer, client)

    return Lookup(name, columns, row_type, given, bind)


def _built_in(name: str, found: BuiltInLookup, arguments: Mapping[str, Any], by: str | None) -> Lookup:
    options, path = options_of(name, by=by), found.path_by(by)
    first = (by,) if by is not None and found.by_path else found.first
    method, given = method_of(path), options.read(arguments)
    values = options.values(given)
    own = {option: values.pop(option) for option in options_of_endpoint(method).hints if option in values}
    # Let the endpoint check the options before there is a key.
    inspect.unwrap(method)(*first, *[1 for column in found.columns if column.is_required], **own)
    required = sum(column.is_required for column in found.columns)
    optional, send = [column.name for column in found.columns[required:]], attrgetter(path)
    rows_of, row_type = found.rows or (None, _row_type(get_type_hints(method).get("return", Any)))

    def bind(client: Any) -> Callable[..., Any]:
        method = partial(send(client), *first, **own)

        def answer(*key: Any) -> Any:
            if key[-1] is None:  # only the last column may be missing
                return method(*key[:required])
            return method(*key[:required], **dict(zip(optional, key[required:], strict=True)))

        async def find_and_answer(*key: Any) -> Any:
            if by is not None and not found.by_path:  # no method of the client takes anything but the id
                key = (await client.customers.find_id(by, key[0], **values), *key[1:])
            rows = answer(*key)
            rows = await rows if inspect.isawaitable(rows) else rows
            return rows if rows_of is None else rows_of(rows)

        return answer if rows_of is None and (by is None or found.by_path) else find_and_answer

    columns = found.columns
    if by is not None:
        columns = (KeyColumn(by, str, takes_numbers=by in _NUMERIC), *columns[1:])
    return Lookup(name, columns, row_type, given, bind, by=by, is_checked=True)


def _check_by(name: str, found: BuiltInLookup | None, by: str) -> None:
    if found is None:
        raise JobRefusedError("only the lookups of this package know customers by something else than their id")
    if by not in set(IdentifierName):
        raise JobRefusedError(f"customers cannot be looked up by {by!r}; there are {', '.join(IdentifierName)}")
    if found.columns[0].name != "customer_id":
        raise JobRefusedError(f"{name} are looked up by {found.columns[0].name} alone")


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
    if isinstance(origin, type) and issubclass(origin, AsyncIterable):
        return parts[0]
    is_object = origin is None or issubclass(origin, Mapping) or members_of(choice) is not None
    if isinstance(origin, type) and issubclass(origin, Iterable) and not is_object:
        return parts[0]
    return Any if choice in (list, tuple, set, frozenset) else choice
