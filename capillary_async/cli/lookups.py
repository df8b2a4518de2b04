"""The commands that look something up, made from the client's methods.

The arguments of a command, their types and their help come from the signature and the docstring of the method.
"""

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date, datetime
from enum import StrEnum
from inspect import Parameter
from operator import attrgetter
from typing import Any, Final, get_args, get_origin

import attrs

from capillary_async.api.arguments import several_of
from capillary_async.api.groups import method_of
from capillary_async.cli.connection import Connection
from capillary_async.cli.conversion import check_needs, documented
from capillary_async.cli.descriptions import for_shell
from capillary_async.cli.listing import ListingOptions
from capillary_async.cli.methods import LOOKUPS
from capillary_async.cli.output import Output
from capillary_async.client import CapillaryClient
from capillary_async.paging import Pager

# The options of every command; the last are only for listings.
_OPTIONS: Final = (Output(), Connection(), ListingOptions())


def __getattr__(name: str) -> Callable[..., None]:
    """Make the command of this name; an underscore stands for each hyphen."""
    found = LOOKUPS.get(name.replace("_", "-"))
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _command(found[0])


def _command(path: str) -> Callable[..., None]:
    """Make the command for a method of the client, such as `targets.list_events`."""
    method = method_of(path)
    signature = inspect.signature(method, eval_str=True)
    answer = signature.return_annotation
    is_listing = get_origin(answer) is Pager
    if is_listing:
        (answer,) = get_args(answer)
    options = _OPTIONS if is_listing else _OPTIONS[:2]

    def command(*values: Any, **named: Any) -> None:
        chosen = [named.pop(option_name(default), default) for default in options]
        check_needs(named, signature.parameters)
        asyncio.run(CommandRun(lambda client: attrgetter(path)(client)(*values, **named), answer, *chosen).run())

    _, *parameters = [typeable(parameter) for parameter in signature.parameters.values()]
    vars(command)["__signature__"] = inspect.Signature([*parameters, *map(option_of, options)])
    command.__doc__ = for_shell(method.__doc__ or "", signature.parameters)  # `python -OO` removes docstrings
    return command


def option_name(options: object) -> str:
    """Return the name of the parameter that holds these options."""
    return type(options).__name__.lower()


def option_of(default: object) -> Parameter:
    """Return a parameter for options of this class, with `default` as its default."""
    return Parameter(option_name(default), Parameter.KEYWORD_ONLY, default=default, annotation=type(default))


def typeable(parameter: Parameter) -> Parameter:
    """Change a parameter's hint for the command line: lists, documented values, dates with a time."""
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
        answer: The type of the call's result; for a listing, the type of a row.
        output: The format of the output.
        connection: The API and the account.
        listing: The part of a listing to read; `None` if the call returns no listing.
    """

    call: Callable[[CapillaryClient], Any]
    answer: Any
    output: Output
    connection: Connection
    listing: ListingOptions | None = None

    async def run(self) -> None:
        """Make the call, and write its result."""
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
