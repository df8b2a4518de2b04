"""Generate parts of the reference from the code, so that they are always current."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from importlib import import_module
from pathlib import Path
from textwrap import indent
from types import UnionType
from typing import Annotated, Any, Final, get_args, get_origin

import attrs
from command_pages import command_pages, exit_codes
from endpoint_pages import endpoint_table, group_page, group_types, lookup_table

import capillary_async
from capillary_async import errors, models
from capillary_async.jobs.database import TABLES
from capillary_async.models.definition import Model, documented, wire_names
from capillary_async.options import Region
from capillary_async.sandbox.answers import CODES
from capillary_async.sync.mirror import Blocking

# Descriptions of constants, which have no docstrings.
_SAID: Final[Mapping[str, str]] = {"LOOKUPS": "The lookups of the table above, by name.\n\n"}
# Modules with a page for their public names.
MODULES: Final = ("jobs", "distributed", "sync", "telemetry", "sandbox")
# Advice for each class of errors. A class without an entry has the advice of its parent.
ADVICE: Final[Mapping[type[errors.CapillaryError], str]] = {
    errors.CapillaryError: "Catch this class to handle all failures in the same way.",
    errors.ConfigurationError: "Correct the settings that the message names. A retry does not help.",
    errors.InvalidArgumentError: "Correct the argument that the message names. Nothing was sent.",
    errors.TransportError: "Check the network, the proxy and the certificates. The same call may work later.",
    errors.DeadlineExceeded: "Give the call a longer `deadline`, or answer your own caller without the data.",
    errors.ResponseError: "Look at `codes`, `status` and `errors`; give Capillary's support the `request_id`.",
    errors.AuthenticationError: "Check the till or key, and its password or secret.",
    errors.AccessDeniedError: "Ask Capillary for access with this till or key.",
    errors.NotFoundError: "Check the id and `source`. Do not repeat the call, because the answer is final.",
    errors.CustomerMergedError: (
        "Find the customer by mobile number, e-mail address or external id:"
        " [A customer that was merged into another](../how-to/merged-customers.md)."
    ),
    errors.InvalidRequestError: "Correct the request. The same request would be refused again.",
    errors.RateLimitedError: "Set `ClientOptions.rate_limit` below the limit of your key; share it between processes.",
    errors.ServerError: "Call again later if `retryable` is true. The client has already retried within its budget.",
    errors.UnexpectedResponseError: "Check the base URL. A gateway or another server answered.",
    errors.DecodeError: "Report it to the developers with `location` and the request id.",
    errors.TableError: "Change the column that `location` names, or write the rows as JSON lines.",
    errors.PaginationError: "Read the other rows with `pager.resume(error.cursor)`, or read the listing again.",
}
# The API's messages for codes that the sandbox never sends.
_OTHER_CODES: Final[Mapping[int, str]] = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    429: "Too many requests",
    461: "The search is busy",
    498: "The token has expired or is not valid",
    1620: "External id is not valid",
    4001: "Authorisation status is not available",
    8100: "offset is below 0",
    8101: "limit is 0 or less",
    8102: "limit is above 100",
    11002: "The ledger is not available",
    11006: "limit is above the maximum",
    300005: "No access to promotions",
}


def write_pages(folder: Path) -> None:
    """Write each page into `folder`, unless the file has the same text."""
    folder.mkdir(exist_ok=True)
    for name, make in pages().items():
        page, text = folder / f"{name}.md", make()
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def pages() -> dict[str, Callable[[], str]]:
    """Return the function that writes each part, by the part's name."""
    return {
        "errors": error_catalogue,
        "codes": code_table,
        "models": model_pages,
        "enumerations": enumeration_pages,
        "regions": region_table,
        "job-tables": job_tables,
        "commands": command_pages,
        "exit-codes": exit_codes,
        "endpoints": endpoint_table,
        "lookups": lookup_table,
        **{f"group-{name}": partial(group_page, name) for name in group_types()},
        **{f"module-{name}": partial(module_page, name) for name in MODULES},
    }


def error_classes() -> list[type[errors.CapillaryError]]:
    """Return every public error class, base classes first."""

    def below(cls: type[errors.CapillaryError]) -> Iterator[type[errors.CapillaryError]]:
        yield cls
        for child in cls.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from below(child)

    return [*below(errors.CapillaryError)]


def advice(cls: type[errors.CapillaryError]) -> str:
    """Return the advice for an error class."""
    return next(ADVICE[parent] for parent in cls.__mro__ if parent in ADVICE)


def error_catalogue() -> str:
    """Document each error class with its advice."""
    return "".join(
        f"## {cls.__name__}\n\n{_auto('class', f'capillary_async.{cls.__name__}()')}**What to do:** {advice(cls)}\n\n"
        for cls in error_classes()
    )


def code_table() -> str:
    """List each code of the API with its message and its error class."""
    meanings = {**_OTHER_CODES, **{code: text for code, (_, text) in CODES.items()}}
    rows = "".join(
        f"| {{index}}`{code}` | {meanings[code].rstrip('.')} | [{cls.__name__}](#{cls.__name__.lower()}) |\n"
        for code, cls in sorted(errors.ERROR_CLASSES.items())
    )
    return f"| code | what the API says | raised as |\n|---:|---|---|\n{rows}"


def public_classes() -> list[type]:
    """Return every public class of the package of models, in alphabetical order."""
    found = [getattr(capillary_async, name) for name in sorted(capillary_async.__all__)]
    return [cls for cls in found if isinstance(cls, type) and cls.__module__.startswith(models.__name__)]


def public_models() -> list[type]:
    """Return every public model and every other class of attributes."""
    return [cls for cls in public_classes() if not issubclass(cls, Enum)]


def public_enumerations() -> list[type[Enum]]:
    """Return every public enumeration of the API's values."""
    return [cls for cls in public_classes() if issubclass(cls, Enum)]


def model_pages() -> str:
    """Document each model with the API's key for every attribute."""
    return "".join(_model(cls) for cls in public_models())


def _model(cls: type) -> str:
    attributes = documented(cls) if issubclass(cls, Model) else ()
    rows = "".join(
        f"| `{attribute.name}` | `{spell(attribute.type)}` | {_keys(attribute)} |\n" for attribute in attributes
    )
    keys = f"| attribute | type | key in the API |\n|---|---|---|\n{rows}" if rows else ""
    return f"## {cls.__name__}\n\n{_auto('class', f'capillary_async.{cls.__name__}()', members=False)}{keys}\n"


def _keys(attribute: "attrs.Attribute[Any]") -> str:
    return ", then ".join(f"`{name}`" for name in wire_names(attribute))


def enumeration_pages() -> str:
    """Document each enumeration with its values."""
    return "".join(
        f"## {cls.__name__}\n\n{_auto('class', f'capillary_async.{cls.__name__}', members=False)}"
        f"Values: {', '.join(f'`{member.value}`' for member in cls)}\n\n"
        for cls in public_enumerations()
    )


def region_table() -> str:
    """List the clusters."""
    rows = "".join(f"| `Region.{region.name}` | `{region.base_url}` | {region.timezone_name} |\n" for region in Region)
    return f"| cluster | base URL | time zone |\n|---|---|---|\n{rows}"


def job_tables() -> str:
    """Show the tables of a job's database."""
    columns = {name: statement[statement.index("(") + 1 : statement.rindex(")")] for name, statement in TABLES.items()}
    rows = "".join(f"| `{name}` | {_code_list(text)} |\n" for name, text in columns.items())
    return f"| table | columns |\n|---|---|\n{rows}"


def _code_list(columns: str) -> str:
    return ", ".join(f"`{column.strip()}`" for column in columns.split(","))


def module_page(module_name: str) -> str:
    """Document every public name of a module."""
    full_name = f"capillary_async.{module_name}"
    module = import_module(full_name)
    return "".join(f"## {name}\n\n{_auto_of(module, full_name, name)}" for name in module.__all__)


def _auto_of(module: Any, full_name: str, name: str) -> str:
    value = getattr(module, name)
    if inspect.isclass(value) and value.__name__ != name:
        return _alias(full_name, name, value)
    if inspect.isclass(value):
        return _auto("class", f"{full_name}.{name}")
    if inspect.isfunction(value):
        return _auto("function", f"{full_name}.{name}")
    choices = [getattr(arm, "__name__", repr(arm)) for arm in get_args(value)]
    said = _SAID.get(name, "")
    said += f"One of {', '.join(f'`{choice}`' for choice in choices)}.\n\n" if choices else ""
    return f"```{{eval-rst}}\n.. py:data:: {full_name}.{name}\n```\n\n{said}"


def _alias(full_name: str, name: str, cls: type) -> str:
    """Document a blocking class; the async class documents its members."""
    members = ", ".join(
        f"`{member}`" for member in dir(cls) if not member.startswith("_") and member not in dir(Blocking)
    )
    text = indent(inspect.getdoc(cls) or "", "   ")
    return f"```{{eval-rst}}\n.. py:class:: {full_name}.{name}\n\n{text}\n\n   Members: {members}\n```\n\n"


def spell(into: Any) -> str:
    """Write a type without markers, modules and quotes."""
    if get_origin(into) is Annotated:
        return spell(get_args(into)[0])
    if isinstance(into, UnionType) or str(get_origin(into)) == "typing.Union":
        return " or ".join(dict.fromkeys(spell(arm) for arm in get_args(into)))
    if get_args(into):
        inner = ", ".join("..." if arm is Ellipsis else spell(arm) for arm in get_args(into))
        return f"{getattr(get_origin(into), '__name__', into)}[{inner}]"
    if into is type(None):
        return "None"
    return getattr(into, "__name__", str(into)).removeprefix("typing.")


def _auto(kind: str, name: str, *, members: bool = True) -> str:
    shown = "" if kind == "function" else "   :members:\n" if members else "   :no-members:\n"
    quiet = "" if kind == "function" else "   :no-undoc-members:\n"
    return f"```{{eval-rst}}\n.. auto{kind}:: {name}\n{shown}{quiet}```\n\n"
