"""What `capillary bulk` can be told of a job's lookup and keys."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import attrs
from cyclopts import Group, Parameter

from capillary_async.jobs import LOOKUPS, KeyFormat
from capillary_async.jobs.lookup_options import options_of_endpoint
from capillary_async.models.members import kinds_of

_GROUP: Final = Group(
    "Lookup", help="The options of the lookups are those of the client's methods, which document them.", sort_key=0
)


def _fields() -> dict[str, Any]:
    """Declare an option for each that any built-in lookup has: a flag for a truth, a text for anything else."""
    hints: dict[str, Any] = {}
    for lookup in LOOKUPS.values():
        hints.update(options_of_endpoint(lookup.method, [column.name for column in lookup.columns]).hints)
    kinds: dict[str, Any] = {name: bool if kinds_of(hint) == [bool] else str for name, hint in hints.items()}
    return {name: attrs.field(default=None, type=kind | None) for name, kind in kinds.items()}


LookupOptions: Final[Any] = Parameter(name="*", group=_GROUP)(
    attrs.make_class("LookupOptions", _fields(), frozen=True, kw_only=True)
)


@Parameter(name="*", group=Group("Keys", sort_key=0))
@attrs.frozen(kw_only=True)
class KeyOptions:
    """Which keys are looked up, and how they are written down.

    Attributes:
        keys: CSV with a header, JSON lines or Parquet, with the lookup's columns; a URL; `-` reads standard input, and
            pipes are read, too.
        key_format: What the keys are in, if the file's name does not say.
        by: Look customers up by this identifier in place of their id, such as mobile.
        map: The file's own name for a column, such as mobile=Phone.
        option: An option of a lookup of your own, such as depth=3.
    """

    keys: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None
    key_format: KeyFormat | None = None
    by: str | None = None
    map: tuple[str, ...] = ()
    option: tuple[str, ...] = ()

    @property
    def mapping(self) -> dict[str, str]:
        """What `map` means.

        Raises:
            ValueError: It means nothing.
        """
        return _pairs("--map", self.map)

    def arguments(self, options: Any) -> dict[str, Any]:
        """Return all options of the lookup that were given.

        Raises:
            ValueError: `option` means nothing.
        """
        given: Mapping[str, Any] = attrs.asdict(options)
        return {name: value for name, value in given.items() if value is not None} | _pairs("--option", self.option)

    @contextmanager
    def opened(self) -> Generator[Path | str | BinaryIO]:
        """Lend the keys, as `BulkJob.create` takes them.

        Raises:
            ValueError: There are none.
        """
        name = self.keys
        if name is None:
            raise ValueError("give --keys, or the directory of a job that is there")
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


def _pairs(option: str, texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise ValueError(f"{option} wants name=value, not {name + equals + value!r}")
    return {name: value for name, _, value in pairs}
