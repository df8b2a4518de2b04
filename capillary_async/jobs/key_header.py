"""Which cell of a record belongs to which column of a key."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from shlex import quote
from typing import Any, Final, cast

from capillary_async.jobs.errors import InvalidKeysError
from capillary_async.jobs.key_columns import KeyColumn, names_of

# Two names of the same id: the API's documents use both.
_SYNONYMS: Final[Mapping[str, str]] = {"customer_id": "user_id", "user_id": "customer_id"}
_ID: Final = "id"
_LONGEST_NAME: Final = 40
_MOST_HEADERS: Final = 1000


class KeyHeader:
    """Finds the columns of a key by their names.

    Attributes:
        name: What messages call the source.
        columns: The key's columns.
        mapping: What a column is called in the source; an empty name says that an optional column is not there.
    """

    def __init__(self, name: str, columns: tuple[KeyColumn, ...], mapping: Mapping[str, str]) -> None:
        self.name = name
        self.columns = columns
        self.mapping = mapping
        self._found: dict[tuple[str, ...], list[str | None]] = {}
        for column in mapping.keys() - {known.name for known in columns}:
            raise InvalidKeysError(f"{name}: there is no key column {column}; there are {names_of(columns)}")

    def shown(self, column: KeyColumn) -> str:
        """Return the name of a column in the source."""
        return self.mapping.get(column.name, column.name)

    def fits(self, names: Collection[str]) -> bool:
        """Whether all required columns are among these names."""
        return all(self._find(column, names) is not None for column in self.columns if column.is_required)

    def indexes(self, header: Sequence[str]) -> list[int | None]:
        """Return where each column stands in a header; `None` for an optional one that is missing.

        Raises:
            InvalidKeysError: A required column is missing, a column is there twice, or an optional one is misspelt.
        """
        names = self.names_in(header)
        for name in names:
            if name is not None and header.count(name) > 1:
                raise InvalidKeysError(f"{self.name}: there are several columns {name}", line=1, column=name)
        return [None if name is None else header.index(name) for name in names]

    def names_in(self, header: Sequence[str], line: int = 1) -> list[str | None]:
        """Return the name of each column in a header or in an object; see `indexes`."""
        key = tuple(header)
        if key not in self._found:
            if len(self._found) >= _MOST_HEADERS:  # each object has other keys
                self._found.clear()
            found = [self._find(column, key) for column in self.columns]
            for column, name in zip(self.columns, found, strict=True):
                if name is None:
                    self._check_missing(column, [other for other in key if other not in found], line)
            self._found[key] = found
        return self._found[key]

    def cells_of(self, line: int, key: Any) -> Sequence[Any]:
        """Take a key apart: an object by names, a list by order; anything else is the only column.

        Raises:
            InvalidKeysError: A column is missing, or there are too many or too few values.
        """
        if isinstance(key, Mapping):
            members = {str(name): value for name, value in cast("Mapping[Any, Any]", key).items()}
            return [None if name is None else members[name] for name in self.names_in(list(members), line)]
        cells: list[Any] = list(cast("Sequence[Any]", key)) if isinstance(key, list | tuple) else [key]
        if not sum(column.is_required for column in self.columns) <= len(cells) <= len(self.columns):
            raise InvalidKeysError(f"{self.name}, line {line}: a key has {names_of(self.columns)}", line=line)
        return [*cells, *[None] * (len(self.columns) - len(cells))]

    def _find(self, column: KeyColumn, names: Collection[str]) -> str | None:
        """Find a column among names: by its own, by the one it is mapped to, or by one that can mean nothing else."""
        if column.name in self.mapping or column.name in names:
            name = self.shown(column)
            return name if name in names and name else None
        synonym = _SYNONYMS.get(column.name)
        if synonym in names and synonym not in {known.name for known in self.columns}:
            return synonym
        is_only_one = column.is_required and sum(known.is_required for known in self.columns) == 1
        return _ID if is_only_one and _ID in names else None

    def _check_missing(self, column: KeyColumn, unused: Sequence[str], line: int) -> None:
        """Refuse a header without a column, unless the column is optional and no other name looks like it."""
        wanted = self.shown(column)
        plain = {_letters(name): name for name in unused if name}
        similar = get_close_matches(_letters(wanted), plain, n=1, cutoff=0.8)
        if not wanted or not (column.is_required or column.name in self.mapping or similar):
            return
        message = f"{self.name}, line {line}: there is no column {wanted}"
        if similar:
            found = plain[similar[0]]
            message += f"; if it is {found}, map it: {quote(f'{column.name}={found}')}"
            message += "" if column.is_required else f"; if there is none, map it: {column.name}="
        elif any(len(name) > _LONGEST_NAME or any(map(str.isdigit, name)) for name in unused):
            message += "; the line holds values in place of names"  # values could be personal data
        elif unused:
            pair = quote(f"{column.name}={unused[0]}")
            message += f"; there are {', '.join(unused)}; if it has another name, map it: {pair}"
        raise InvalidKeysError(message, line=line, column=column.name)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
