"""The commands that look something up, made from the client's own methods.

A command's arguments, their types and their help are the method's signature and docstring: what an
endpoint takes is said in one place.
"""

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from inspect import Parameter
from operator import attrgetter
from typing import Any, Final, get_args, get_origin

import attrs

from capillary_async.api import Customers, Ledger, Promotions, Targets, UserGroups
from capillary_async.api.arguments import several_of
from capillary_async.cli.commands import LOOKUPS
from capillary_async.cli.connection import Connection
from capillary_async.cli.conversion import documented
from capillary_async.cli.listing import ListingOptions
from capillary_async.cli.output import Output
from capillary_async.client import CapillaryClient
from capillary_async.errors import InvalidArgumentError
from capillary_async.paging import Pager

_GROUPS: Final[Mapping[str, type]] = {
    "customers": Customers,
    "ledger": Ledger,
    "promotions": Promotions,
    "targets": Targets,
    "user_groups": UserGroups,
}
# The options of every command, then those of every listing.
_OPTIONS: Final = (Output(), Connection(), ListingOptions())
# Arguments that need a value of another argument.
_NEEDS: Final[Mapping[str, tuple[str, str]]] = {
    "gap_to_upgrade": ("embed", "mlp"),
    "gap_to_renew": ("embed", "mlp"),
}


def __getattr__(name: str) -> Callable[..., None]:
    """Make the command of this name; an underscore stands for each hyphen."""
    found = LOOKUPS.get(name.replace("_", "-"))
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _command(found[0])


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
        chosen = [named.pop(option_name(default), default) for default in options]
        _check_needs(named, signature.parameters)
        asyncio.run(CommandRun(lambda client: attrgetter(path)(client)(*values, **named), answer, *chosen).run())

    _, *parameters = [_typeable(parameter) for parameter in signature.parameters.values()]
    vars(command)["__signature__"] = inspect.Signature([*parameters, *map(option_of, options)])
    command.__doc__ = _for_shell(method.__doc__ or "")  # none under `python -OO`
    return command


def option_name(options: object) -> str:
    """Return the name of the parameter that holds these options."""
    return type(options).__name__.lower()


def option_of(default: object) -> Parameter:
    """Return the parameter that holds such options, with these as the default."""
    return Parameter(option_name(default), Parameter.KEYWORD_ONLY, default=default, annotation=type(default))


def _check_needs(named: Mapping[str, Any], known: Collection[str]) -> None:
    for name, (needed, value) in _NEEDS.items():
        if named.get(name) is not None and needed in known and value not in named.get(needed, ()):
            raise InvalidArgumentError(f"--{name.replace('_', '-')} needs --{needed} {value}")


def _for_shell(text: str) -> str:
    """Name commands where a docstring names the client's methods."""
    for name, (path, _) in LOOKUPS.items():
        text = text.replace(f"`{path}`", f"`capillary {name}`")
    return text.replace("`lookup_many`", "`capillary bulk`")


def _typeable(parameter: Parameter) -> Parameter:
    """Complete the hint for values that are typed as text: lists, documented values, a date with a time."""
    hint, name = parameter.annotation, parameter.name.upper().replace("_", "-")
    item = several_of(hint)
    if item is not None:
        kinds = _enumerations(item)
        annotation: Any = documented(*kinds, name=name, is_list=True) if kinds else _list_of(item)
    elif hint == date | None:
        annotation = date | datetime | None
    else:
        kinds = _enumerations(hint)
        annotation = documented(*kinds, name=name) if kinds else hint
    return parameter.replace(annotation=annotation)


def _list_of(item: Any) -> Any:
    return list[item]


def _enumerations(hint: Any) -> list[type[StrEnum]]:
    return [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and issubclass(kind, StrEnum)]


@attrs.frozen
class CommandRun:
    """One run of a command.

    Attributes:
        call: Makes the call.
        answer: The type of what it returns, or of a row.
        output: How that is written.
        connection: Who is asked.
        listing: How much of a listing is read; `None` when the call returns no listing.
    """

    call: Callable[[CapillaryClient], Any]
    answer: Any
    output: Output
    connection: Connection
    listing: ListingOptions | None = None

    async def run(self) -> None:
        """Make the call, and write what it returns."""
        output = self.output.with_default(self.connection.profile_setting("format"))
        async with self.connection.client() as client:
            answer = self.call(client)
            if self.listing is not None:
                output = attrs.evolve(output, is_continued=self.listing.resume is not None)
                await output.write(self.listing.rows(answer), self.answer, sys.stdout)
                self.connection.remember(client)
            elif get_origin(self.answer) is tuple:
                await output.write(_each(await answer), get_args(self.answer)[0], sys.stdout)
            else:
                await output.write_one(await answer, self.answer, sys.stdout)


async def _each(rows: Iterable[object]) -> AsyncIterator[object]:
    for row in rows:
        yield row
