"""What a job looks up: a function of the client and the columns of a key.

The function says everything else. Its parameters after the client are the key's columns; those
with a default may be left out of the key file. What it is annotated to return gives the output its
columns.
"""

from collections.abc import AsyncIterable, Callable, Mapping
from importlib import import_module
from types import MappingProxyType, NoneType
from typing import Annotated, Any, Final, cast, get_args, get_origin, get_type_hints

import attrs

from capillary_async.client import CapillaryClient
from capillary_async.jobs.columns import Column, Least, columns_of
from capillary_async.jobs.problems import JobRefusedError
from capillary_async.models import Customer, Target, TargetEvent, Tracker
from capillary_async.models.definition import alternatives
from capillary_async.paging import Pager

EntityId = Annotated[int, Least(1)]


async def _customers(client: CapillaryClient, customer_id: EntityId) -> Customer:
    return await client.customers.get(customer_id)


def _trackers(client: CapillaryClient, user_group_id: EntityId) -> Pager[Tracker]:
    return client.user_groups.list_trackers(user_group_id)


async def _active_targets(client: CapillaryClient, user_id: EntityId) -> tuple[Target, ...]:
    return await client.targets.get_active(user_id)


def _events(
    client: CapillaryClient, user_id: EntityId, target_rule_id: EntityId, period_id: EntityId | None = None
) -> Pager[TargetEvent]:
    return client.targets.list_events(user_id, target_rule_id, period_id=period_id)


LOOKUPS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"customers": _customers, "trackers": _trackers, "active-targets": _active_targets, "events": _events}
)


@attrs.frozen
class Lookup:
    """A lookup by name.

    Attributes:
        name: One of `LOOKUPS`, or "module:function".
        fn: Called with the client and a value for each column. Returns a value, an awaitable or an
            async iterable; lists, tuples and async iterables hold several rows.
        columns: The key's columns.
        row_type: Type of one row; `Any` when the function does not say.
    """

    name: str
    fn: Callable[..., Any]
    columns: tuple[Column, ...]
    row_type: Any = Any


def find_lookup(name: str) -> Lookup:
    """Find a lookup by its name.

    Args:
        name: "customers", "trackers", "active-targets", "events", or "module:function" for your own.

    Raises:
        JobRefusedError: There is none, or its parameters cannot be a key's columns.
    """
    fn = LOOKUPS[name] if name in LOOKUPS else _import(name)
    try:
        columns = columns_of(fn)
        returned = get_type_hints(fn).get("return", Any)
    except (TypeError, ValueError, NameError, AttributeError, SyntaxError) as error:
        raise JobRefusedError(f"lookup {name}: {error}") from error
    return Lookup(name, fn, columns, _row_type(returned))


def _import(name: str) -> Callable[..., Any]:
    module_name, _, attribute = name.partition(":")
    if not module_name or not attribute:
        raise JobRefusedError(f"there is no lookup {name!r}; there are {', '.join(LOOKUPS)}, and module:function")
    try:
        fn = getattr(import_module(module_name), attribute)
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
    origin = get_origin(choice)
    if isinstance(origin, type) and issubclass(origin, AsyncIterable | list | tuple):
        return get_args(choice)[0]
    return choice
