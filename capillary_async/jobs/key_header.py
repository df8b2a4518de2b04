"""Which cell of a record belongs to which column of a key."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, cast

from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.key_columns import KeyColumn, names_of

# Two names of the same id: the API's documents use both.
_SYNONYMS: Final[Mapping[str, str]] = {"customer_id": "user_id", "user_id": "customer_id"}
_ID: Final = "id"
_LONGEST_NAME: Final = 40


class KeyHeader:
    """Finds the columns of a key by their names.

    A mapping says what a column is called in the source; an empty name says that an optional one is not there.

    Attributes:
        name: What messages call the source.
        columns: The key's columns.
    """

    def __init__(self, name: str, columns: tuple[KeyColumn, ...], mapping: Mapping[str, str]) -> None:
        self.columns = columns
        self.name = name
        self._mapping = mapping
        self._places: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        for column in mapping:
            if column not in {known.name for known in columns}:
                raise InvalidKeysError(f"{name}: there is no key column {column}; there are {names_of(columns)}")

    def shown(self, column: KeyColumn) -> str:
        """Return the name of a column as messages have it."""
        return self._mapping.get(column.name, column.name)

    def fits(self, names: Collection[str]) -> bool:
        """Whether all required columns are among these names."""
        return all(self._found(column, names) is not None for column in self.columns if column.is_required)

    def indexes(self, header: Sequence[str]) -> list[int | None]:
        """Return where each column stands in a header; `None` for one that may be missing, and is.

        Raises:
            InvalidKeysError: A required column is missing, a column is there twice, or an optional one is misspelt.
        """
        for name in self.names_in(header):
            if name is not None and header.count(name) > 1:
                raise InvalidKeysError(f"{self.name}: there are several columns {name}", line=1, column=name)
        return [None if name is None else header.index(name) for name in self.names_in(header)]

    def names_in(self, header: Sequence[str], line: int = 1) -> tuple[str | None, ...]:
        """Return the name of each column in a header or in an object; see `indexes`."""
        key = tuple(header)
        if key not in self._places:
            if len(self._places) > 1000:  # every object has other keys
                self._places.clear()
            found = tuple(self._found(column, key) for column in self.columns)
            self._check(key, found, line)
            self._places[key] = found
        return self._places[key]

    def cells_of(self, line: int, key: Any) -> Sequence[Any]:
        """Take a key apart: an object by names, a list by order; anything else is the only column.

        Raises:
            InvalidKeysError: A column is missing, or there are too many or too few values.
        """
        if isinstance(key, Mapping):
            members = cast("Mapping[str, Any]", key)
            names = self.names_in([str(name) for name in members], line)
            return [None if name is None else members[name] for name in names]
        cells: list[Any] = list(cast("Sequence[Any]", key)) if isinstance(key, list | tuple) else [key]
        least = sum(column.is_required for column in self.columns)
        if not least <= len(cells) <= len(self.columns):
            raise InvalidKeysError(f"{self.name}, line {line}: a key has {names_of(self.columns)}", line=line)
        return [*cells, *[None] * (len(self.columns) - len(cells))]

    def _found(self, column: KeyColumn, names: Collection[str]) -> str | None:
        """Find a column among names: by its own, by the one it is mapped to, or by one that can mean nothing else."""
        wanted = self.shown(column)
        if wanted in names or column.name in self._mapping:
            return wanted if wanted in names and wanted else None
        synonym = _SYNONYMS.get(column.name)
        if synonym in names and synonym not in {known.name for known in self.columns}:
            return synonym
        is_only_one = column.is_required and sum(known.is_required for known in self.columns) == 1
        return _ID if is_only_one and _ID in names else None

    def _check(self, names: Sequence[str], found: Sequence[str | None], line: int) -> None:
        unused = [name for name in names if name not in found]
        for column, name in zip(self.columns, found, strict=True):
            if name is not None or not self.shown(column):
                continue
            similar = _similar(self.shown(column), unused)
            if column.is_required or column.name in self._mapping:
                raise self._missing(column, names, similar, line)
            if similar:
                message = (
                    f"{self.name}: there is a column {similar}; is it {column.name}? Map it ({column.name}={similar}), "
                )
                message += f"or say that {column.name} is not there ({column.name}=)"
                raise InvalidKeysError(message, line=line, column=column.name)

    def _missing(self, column: KeyColumn, names: Sequence[str], similar: str, line: int) -> InvalidKeysError:
        where = "in the first line" if line == 1 else f"in line {line}"
        message = f"{self.name}: there is no column {self.shown(column)} {where}"
        shown = [name for name in names if name and len(name) < _LONGEST_NAME and not any(map(str.isdigit, name))]
        if similar:
            message += f"; if it is {similar}, map it: {column.name}={similar}"
        elif shown and len(shown) == len(names):
            message += f", which has {', '.join(shown)}; if it has another name, map it: {column.name}={shown[0]}"
        elif names:
            message += ", which holds values in place of names"  # they could be somebody's
        return InvalidKeysError(message, line=line, column=column.name)


def _similar(wanted: str, names: Sequence[str]) -> str:
    """Return the name that is most likely a misspelling of another, or nothing."""
    plain = {_plain(name): name for name in names if name}
    close = get_close_matches(_plain(wanted), plain, n=1, cutoff=0.8)
    return plain[close[0]] if close else ""


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
