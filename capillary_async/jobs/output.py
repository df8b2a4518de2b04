"""What a job's output looks like: its columns, the key's first, then the row's."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_origin

import attrs

from capillary_async.codec import encode_json
from capillary_async.jobs.key_columns import KeyColumn
from capillary_async.jobs.lookups import Lookup
from capillary_async.models.members import members_of


class StoredRow(NamedTuple):
    """A key for which something was found.

    Attributes:
        key: The key's values.
        rows: Its rows as JSON, a list, as `Lookup.encode` wrote them.
    """

    key: tuple[Any, ...]
    rows: bytes


@attrs.frozen
class OutputSchema:
    """The columns of a lookup's output.

    A row's member that is called like a column of the key gets `row_` before its name, as often as it takes for the
    name to be free. An event's `customer_id` becomes `row_customer_id` beside the one that was asked for.

    Attributes:
        keys: The key's columns.
        row_type: Type of one row.
    """

    keys: tuple[KeyColumn, ...]
    row_type: Any

    @classmethod
    def of(cls, lookup: Lookup) -> "OutputSchema":
        """Derive the columns from what a lookup takes and returns."""
        return cls(lookup.columns, lookup.row_type)

    @property
    def key_names(self) -> tuple[str, ...]:
        """The names of the key's columns."""
        return tuple(column.name for column in self.keys)

    @property
    def is_declared(self) -> bool:
        """Whether the type of a row says which columns there are; those of dicts only the rows can tell."""
        is_dict = self.row_type in (dict, Mapping) or get_origin(self.row_type) in (dict, Mapping)
        return self.row_type not in (Any, object) and not is_dict

    @property
    def members(self) -> tuple[str, ...] | None:
        """The declared members of a row; `None` when it has none."""
        found = members_of(self.row_type)
        return None if found is None else tuple(found)

    def names_of(self, members: Iterable[str]) -> dict[str, str]:
        """Return the column of each member of a row."""
        members = tuple(members)
        taken = {*self.key_names, *members}
        names: dict[str, str] = {}
        for member in members:
            name = member
            if member in self.key_names:
                while name in taken:
                    name = f"row_{name}"
                taken.add(name)
            names[member] = name
        return names

    def json_names(self, members: Iterable[str]) -> list[tuple[str, bytes]]:
        """Return each member of a row, with the name of its column as JSON."""
        return [(member, encode_json(name)) for member, name in self.names_of(members).items()]
