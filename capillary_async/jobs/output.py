"""What a job's output looks like: its columns, and its rows read back from the part files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, cast, get_type_hints

import attrs

from capillary_async.codec import decode_json
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.parts import Place, read_batch
from capillary_async.jobs.problems import JobCorruptedError, JobRefusedError
from capillary_async.jobs.tally import Tally
from capillary_async.jobs.verdicts import Verdict

Cells = Sequence[Any]
_WITH_LINES: Final = frozenset(int(verdict) for verdict in Verdict if verdict.is_final)


@attrs.frozen
class OutputColumn:
    """One column of the output.

    Attributes:
        name: Its name there.
        hint: The type of its values.
        member: The member of a row that it holds; `None` for the row as a whole, or for a part of the key.
    """

    name: str
    hint: Any
    member: str | None = None


class Line(NamedTuple):
    """A key's values, its rows, and the size of both as JSON."""

    key: Cells
    rows: Sequence[Any]
    size: int


@attrs.frozen
class Layout:
    """The output's columns: the key's first, then the row's.

    A row's column that is called like one of the key's gets `row_` before its name: an event's
    `target_rule_id` becomes `row_target_rule_id` beside the one that was asked for. Rows of a type
    that declares no attributes are one column, `value`.
    """

    keys: tuple[OutputColumn, ...]
    rows: tuple[OutputColumn, ...]

    @classmethod
    def of(cls, lookup: Lookup) -> "Layout":
        """Derive the layout from what a lookup takes and returns."""
        keys = tuple(OutputColumn(column.name, column.kind) for column in lookup.columns)
        taken = {column.name for column in keys}
        if not isinstance(lookup.row_type, type) or not attrs.has(lookup.row_type):
            return cls(keys, (OutputColumn(_free_name("value", taken), lookup.row_type),))
        hints = get_type_hints(lookup.row_type, include_extras=True)
        names = [field.name for field in attrs.fields(lookup.row_type)]
        return cls(keys, tuple(OutputColumn(_free_name(name, taken), hints[name], name) for name in names))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in (*self.keys, *self.rows))

    def cells(self, key: Cells, row: Any) -> list[Any]:
        """Put one row of the output together.

        Raises:
            JobRefusedError: The row has no members, though its declared type has.
        """
        if self.rows[0].member is None:
            return [*key, row]
        if not isinstance(row, dict):
            raise JobRefusedError("a row is not of the type that the lookup declares; declare what it really returns")
        members = cast("Mapping[str, Any]", row)
        return [*key, *(members.get(column.member or "") for column in self.rows)]


def _free_name(name: str, taken: Iterable[str]) -> str:
    return f"row_{name}" if name in taken else name


def read_back(directory: Path, tally: Tally, places: Callable[[], Iterable[Place]]) -> Iterator[Line]:
    """Yield the lines of the parts, verified: every batch's hash, and every key exactly once.

    Raises:
        JobDamagedError: The parts are not what was written, or a key's line is missing or there twice.
    """
    missing = bytearray(standing in _WITH_LINES for standing in tally.standings)
    for place in places():
        for line in read_batch(directory, place).splitlines():
            document = decode_json(line)
            if not missing[document["id"]]:
                raise JobCorruptedError(f"key {document['id']} is in the parts twice")
            missing[document["id"]] = False
            yield Line(document["key"], document["rows"], len(line))
    if any(missing):
        raise JobCorruptedError(f"key {missing.index(True)} is in no part")
