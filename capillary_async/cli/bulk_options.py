"""The options of `capillary bulk` about a job's lookup and keys."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final, cast

import attrs
from cyclopts import Group, Parameter

from capillary_async.api.groups import method_of
from capillary_async.cli.conversion import check_needs, choose, offered
from capillary_async.cli.descriptions import argument_descriptions, for_shell
from capillary_async.jobs import LOOKUPS, KeyFormat
from capillary_async.jobs.lookup_options import Options
from capillary_async.jobs.lookups import options_of

_GROUP: Final = Group("Lookup", help="An option is valid for a lookup if the command of the lookup has it.", sort_key=0)


def _fields() -> dict[str, Any]:
    """Declare an option for each option of a built-in lookup: a flag for a boolean, texts for anything else."""
    return {name: attrs.field(default=None, type=_kind_of(name) | None) for name in _ALL.hints}


def _kind_of(name: str) -> Any:
    if _ALL.is_flag(name):
        return bool
    if choices := tuple(dict.fromkeys(value for options in _options() for value in options.choices(name))):
        return offered(choices, is_several=_ALL.is_several(name))
    return tuple[str, ...] if _ALL.is_several(name) else str


@cache
def _options() -> tuple[Options, ...]:
    """Return the options of each built-in lookup, by the customer's id and by another identifier."""
    found = [options_of(name) for name in LOOKUPS]
    by = [options_of(name, by="mobile") for name, lookup in LOOKUPS.items() if lookup.columns[0].name == "customer_id"]
    return (*found, *by)


def _described() -> str:
    """Return descriptions of all options, each from the first lookup with the option."""
    found: dict[str, str] = {}
    for lookup in LOOKUPS.values():
        for path in filter(None, (lookup.path, lookup.by_path)):
            found = argument_descriptions(method_of(path).__doc__) | found
    lines = [f"    {name}: {for_shell(found[name], _ALL.hints)}" for name in _ALL.hints if name in found]
    return "The options of all built-in lookups.\n\nAttributes:\n" + "\n".join(lines)


_ALL: Final = Options({name: hint for options in _options() for name, hint in options.hints.items()})
if TYPE_CHECKING:

    @attrs.frozen
    class LookupOptions:
        """The options of all built-in lookups."""

else:
    LookupOptions = Parameter(name="*", group=_GROUP)(
        attrs.make_class("LookupOptions", _fields(), frozen=True, kw_only=True)
    )
    LookupOptions.__doc__ = _described()


@Parameter(name="*", group=Group("Keys", sort_key=0))
@attrs.frozen(kw_only=True)
class KeyOptions:
    """The keys and their format.

    Attributes:
        keys: A file or URL of keys: CSV with a header, JSON lines or Parquet, with the columns of the lookup. It may be
            a pipe; `-` reads standard input.
        key_format: Format of the keys, if the file's name does not end with it.
        by: Look up customers by this identifier instead of their id, such as mobile.
        map: The column of the file for a column of the lookup, such as mobile=Phone.
        option: An option of your own lookup, such as depth=3.
    """

    keys: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    key_format: KeyFormat | None = None
    by: str | None = None
    map: tuple[str, ...] = ()
    option: tuple[str, ...] = ()

    @property
    def mapping(self) -> dict[str, str]:
        """The columns of the file, by the columns of the lookup.

        An empty text means that the file does not have an optional column.

        Raises:
            ValueError: A text of `map` is not name=value.
        """
        return _pairs("--map", self.map, may_be_empty=True)

    def arguments(self, lookup: str, options: Any) -> dict[str, Any]:
        """Return the given options of a lookup; print a warning for undocumented values.

        Raises:
            ValueError: A text of `option` is not name=value, or an option needs another one.
        """
        given: Mapping[str, Any] = attrs.asdict(options)
        known = options_of(lookup, by=self.by) if lookup in LOOKUPS else Options({})
        found = {name: _checked(known, name, value) for name, value in given.items() if value is not None}
        check_needs(found, known.hints)
        return found | _pairs("--option", self.option)

    @contextmanager
    def opened(self) -> Generator[Path | str | BinaryIO]:
        """Open the keys, in a form that `BulkJob.create` accepts.

        Raises:
            ValueError: There are no keys.
        """
        name = self.keys
        if name is None:
            raise ValueError("give --keys, or the directory of an existing job")
        path = Path(name)
        if name == "-":
            yield sys.stdin.buffer
        elif "://" in name:
            yield name
        elif path.is_file():
            yield path
        elif path.exists():  # a pipe, such as <(zcat keys.csv.gz)
            with path.open("rb") as stream:
                yield stream
        else:
            raise ValueError(f"there is no file {name}")


def _checked(known: Options, name: str, value: Any) -> Any:
    """Print a warning for a value that is not documented for an option."""
    if isinstance(value, bool):
        return value
    text = ",".join(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else str(value)
    choices, option = known.choices(name), f"--{name.replace('_', '-')}"
    if not choices:
        return text
    return ",".join(choose(option, part.strip(), choices) for part in text.split(","))


def _pairs(option: str, texts: tuple[str, ...], *, may_be_empty: bool = False) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, value in pairs:
        if not (name and equals and (value or may_be_empty)):
            raise ValueError(f"{option} must be name=value, not {name + equals + value!r}")
    return {name.strip(): value.strip() for name, _, value in pairs}
