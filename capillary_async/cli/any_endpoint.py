"""`capillary get` and `capillary paginate`: endpoints that have no command of their own."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter
from typing import Any, ClassVar, Final

import attrs

from capillary_async.cli.connection import Connection
from capillary_async.cli.descriptions import argument_descriptions, for_shell
from capillary_async.cli.listing import ListingOptions
from capillary_async.cli.lookups import CommandRun, option_name, option_of, typeable
from capillary_async.cli.output import Format, Output
from capillary_async.client import CapillaryClient

_CONNECTION: Final = Connection()
_LISTING: Final = ListingOptions()


@attrs.frozen(kw_only=True)
class JsonOutput(Output):
    """The options of `Output`, but JSON is the default, because the columns of the answer are unknown.

    Attributes:
        format: `json` is the default; `table`, `jsonl` and `csv` are as for every command.
        columns: Only these columns, separated by commas; for `table` and `csv`.
    """

    _default: ClassVar[Format] = "json"


_OUTPUT: Final = JsonOutput()
# Parameters of `client.paginate` that are not options: `path` and `query` are arguments, and a shell has no types.
_TAKEN: Final = ("self", "path", "query", "into")


def get(path: str, /, *query: str, output: JsonOutput = _OUTPUT, connection: Connection = _CONNECTION) -> None:
    """Fetch the answer of any GET endpoint, with the login, retries and limits of every other command.

    Args:
        path: The path after the base URL, such as /v3/promotions.
        query: Parameters, each as name=value; give a name several times to send a list.
        output: The format of the answer.
        connection: The API and the account.
    """
    arguments = read_query(path, query)
    asyncio.run(CommandRun(lambda client: client.fetch(path, arguments), dict, output, connection).run())


def _paginate_command() -> Callable[..., None]:
    """Make the command with the options, and their help, of `client.paginate`."""

    def paginate(path: str, /, *query: str, **named: Any) -> None:
        output, connection, listing = (named.pop(option_name(default), default) for default in defaults)
        arguments = read_query(path, query)
        lookup = CommandRun(lambda client: client.paginate(path, arguments, **named), dict, output, connection, listing)
        asyncio.run(lookup.run())

    defaults = (_OUTPUT, _CONNECTION, _LISTING)
    given = inspect.signature(CapillaryClient.paginate, eval_str=True).parameters.values()
    options = [_option(parameter) for parameter in given if parameter.name not in _TAKEN]
    arguments = list(inspect.signature(get).parameters.values())[:2]
    vars(paginate)["__signature__"] = inspect.Signature([*arguments, *options, *map(option_of, defaults)])
    paginate.__doc__ = _paginate_help()
    return paginate


def _option(parameter: Parameter) -> Parameter:
    if parameter.name == "key":
        return parameter.replace(annotation=str | None)  # a user cannot enter a function in a shell
    return typeable(parameter)


def _paginate_help() -> str:
    """Combine the help of `get`'s arguments and of the options of `client.paginate`."""
    own = argument_descriptions(get.__doc__)
    options = argument_descriptions(CapillaryClient.paginate.__doc__)
    described = {name: text for name, text in own.items() if name in ("path", "query")}
    described |= {name: for_shell(text, options) for name, text in options.items() if name not in _TAKEN}
    head = "List the rows of any GET endpoint that has a limit and an offset, also under other names."
    return head + "\n\nArgs:\n" + "\n".join(f"    {name}: {text}" for name, text in described.items())


paginate: Final = _paginate_command()


def read_query(path: str, words: Sequence[str]) -> dict[str, str | list[str]]:
    """Read parameters of the form name=value.

    Raises:
        ValueError: A parameter has no name or no equals sign, or the path holds parameters.
    """
    if not path.startswith("/") or "?" in path:
        raise ValueError("PATH must begin with /, and parameters must follow it: /v3/promotions size=10 status=LIVE")
    found: dict[str, list[str]] = {}
    for number, word in enumerate(words, 1):
        name, is_there, value = word.partition("=")
        if not name or not is_there:
            raise ValueError(f"parameter {number} must be written as name=value, such as size=10")
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
