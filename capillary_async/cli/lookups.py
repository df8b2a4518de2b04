"""The commands that look something up, made from the client's own methods.

A command's arguments, their types and their help are the method's signature and docstring: what an
endpoint takes is said in one place.
"""

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import date, datetime
from inspect import Parameter
from operator import attrgetter
from typing import Any, Final, get_args, get_origin

import attrs
from cyclopts import App, Group

from capillary_async.api import Customers, Targets, UserGroups
from capillary_async.api.arguments import several_of
from capillary_async.cli.connection import Connection
from capillary_async.cli.listing import ListingOptions
from capillary_async.cli.output import Output
from capillary_async.paging import Pager

_GROUPS: Final[Mapping[str, type]] = {"customers": Customers, "targets": Targets, "user_groups": UserGroups}

# Each command: the client's method, and an example.
LOOKUPS: Final[Mapping[str, tuple[str, str]]] = {
    "customer": ("customers.get", "567584951 --embed points --embed mlp --format json"),
    "find-customer": ("customers.find_id", "mobile 999565345001"),
    "user-groups": ("customers.list_user_groups", "567584951 --format csv"),
    "customer-trackers": ("customers.list_trackers", "567584951"),
    "search-groups": ("user_groups.search", "family"),
    "trackers": ("user_groups.list_trackers", "93257 --columns name,type,value"),
    "members": ("user_groups.list_members", "93257 --include-cards --format jsonl | head -3"),
    "active-targets": ("targets.get_active", "564703252 --enrollment-type TRANSACTION"),
    "events": ("targets.list_events", "387538614 79196 --format csv --report > events.csv"),
}
# What every command takes besides, and then what every listing takes.
_OPTIONS: Final = (Output(), Connection(), ListingOptions())


def add_lookups(app: App) -> None:
    """Give `app` a command for each lookup."""
    group = Group("Look something up", sort_key=0)
    for name, (path, example) in LOOKUPS.items():
        app.command(_command(path), name=name, group=group, help_epilogue=f"Example: `capillary {name} {example}`")


def _command(path: str) -> Callable[..., None]:
    """Make the command for a method of the client, such as `targets.list_events`."""
    group, name = path.split(".")
    method = getattr(_GROUPS[group], name)
    signature = inspect.signature(method, eval_str=True)
    answer = signature.return_annotation
    is_listing = get_origin(answer) is Pager
    if is_listing:
        (answer,) = get_args(answer)
    options = _OPTIONS if is_listing else _OPTIONS[:2]

    def command(*values: Any, **named: Any) -> None:
        chosen = [named.pop(_name(default), default) for default in options]
        asyncio.run(_Lookup(path, answer, *chosen).run(values, named))

    _, *parameters = [_typeable(parameter) for parameter in signature.parameters.values()]
    parameters += [
        Parameter(_name(default), Parameter.KEYWORD_ONLY, default=default, annotation=type(default))
        for default in options
    ]
    vars(command)["__signature__"] = inspect.Signature(parameters)
    command.__doc__ = _for_shell(method.__doc__)
    return command


def _for_shell(text: str) -> str:
    """Name commands where a docstring names the client's methods."""
    for name, (path, _) in LOOKUPS.items():
        text = text.replace(f"`{path}`", f"`capillary {name}`")
    return text.replace("`lookup_many`", "`capillary bulk`")


def _name(options: object) -> str:
    return type(options).__name__.lower()


def _typeable(parameter: Parameter) -> Parameter:
    """Take a time of day, too, wherever a day is taken; an annotation can leave that unsaid, text cannot."""
    item = several_of(parameter.annotation)
    if item is not None:
        return parameter.replace(annotation=list[item])
    return parameter.replace(annotation=date | datetime | None) if parameter.annotation == date | None else parameter


@attrs.frozen
class _Lookup:
    """One run of a command."""

    _path: str
    _answer: Any
    _output: Output
    _connection: Connection
    _listing: ListingOptions | None = None

    async def run(self, values: Iterable[Any], named: Mapping[str, Any]) -> None:
        """Call the method, and write what it returns."""
        async with self._connection.client() as client:
            answer = attrgetter(self._path)(client)(*values, **named)
            if self._listing is not None:
                await self._output.write(self._listing.rows(answer), self._answer, sys.stdout)
            elif get_origin(self._answer) is tuple:
                await self._output.write(_each(await answer), get_args(self._answer)[0], sys.stdout)
            else:
                await self._output.write_one(await answer, self._answer, sys.stdout)


async def _each(rows: Iterable[object]) -> AsyncIterator[object]:
    for row in rows:
        yield row
