"""Write the parts of the reference that follow from the code, so that they cannot grow old."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import GenericAlias, UnionType
from typing import Annotated, Any, get_args, get_origin

import attrs

import capillary_async
from capillary_async import errors, models
from capillary_async.models.definition import Model, documented, wire_names


def write_pages(folder: Path) -> None:
    """Write each page into `folder`, unless it says the same already."""
    folder.mkdir(exist_ok=True)
    pages = {"errors.md": error_catalogue(), "codes.md": code_table(), "models.md": model_pages()}
    for name, text in pages.items():
        page = folder / name
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def error_classes() -> list[type[errors.CapillaryError]]:
    """Return every public error class, from the general to the special."""

    def below(cls: type[errors.CapillaryError]) -> Iterator[type[errors.CapillaryError]]:
        yield cls
        for child in cls.__subclasses__():
            if child.__module__ == errors.__name__:
                yield from below(child)

    return [*below(errors.CapillaryError)]


def error_catalogue() -> str:
    """Document each error class."""
    return "".join(_autoclass(f"capillary_async.{cls.__name__}") for cls in error_classes())


def code_table() -> str:
    """List what each of the API's codes is raised as."""
    rows = "".join(f"| {code} | `{cls.__name__}` |\n" for code, cls in sorted(errors.ERROR_CLASSES.items()))
    return f"| code | raised as |\n|---:|---|\n{rows}"


def public_models() -> list[type[Model]]:
    """Return every public model, in alphabetical order."""
    found = [getattr(capillary_async, name) for name in sorted(capillary_async.__all__)]
    return [cls for cls in found if isinstance(cls, type) and issubclass(cls, Model) and cls is not models.Model]


def model_pages() -> str:
    """Document each model with the API's key for every attribute."""
    return "".join(_model(cls) for cls in public_models())


def _model(cls: type[Model]) -> str:
    rows = "".join(
        f"| `{attribute.name}` | `{spell(attribute.type)}` | {_keys(attribute)} |\n" for attribute in documented(cls)
    )
    keys = f"| attribute | type | key in the API |\n|---|---|---|\n{rows}" if rows else ""
    return f"## {cls.__name__}\n\n{_autoclass(f'capillary_async.{cls.__name__}', members=False)}{keys}\n"


def _keys(attribute: "attrs.Attribute[Any]") -> str:
    return ", then ".join(f"`{name}`" for name in wire_names(attribute))


def spell(into: Any) -> str:
    """Write a type as a reader of the documentation needs it: without marks, modules and quotes."""
    if get_origin(into) is Annotated:
        return spell(get_args(into)[0])
    if isinstance(into, UnionType) or str(get_origin(into)) == "typing.Union":
        return " or ".join(dict.fromkeys(spell(arm) for arm in get_args(into)))
    if get_args(into) and not isinstance(into, type | GenericAlias):
        inner = ", ".join("..." if arm is Ellipsis else spell(arm) for arm in get_args(into))
        return f"{getattr(get_origin(into), '__name__', into)}[{inner}]"
    if get_args(into):
        inner = ", ".join("..." if arm is Ellipsis else spell(arm) for arm in get_args(into))
        return f"{get_origin(into).__name__}[{inner}]"
    if into is type(None):
        return "None"
    return getattr(into, "__name__", str(into)).removeprefix("typing.")


def _autoclass(name: str, *, members: bool = True) -> str:
    options = "   :members:\n" if members else "   :no-members:\n"
    return f"```{{eval-rst}}\n.. autoclass:: {name}\n{options}   :no-undoc-members:\n```\n\n"


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(thing) or "").split("\n", 1)[0]
