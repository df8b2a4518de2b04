"""Decode the rows of a page from JSON text to models, without a dict for each row.

`Converter.structure` reads dicts. For a page of rows, making the dicts is a third of the work. msgspec can decode each
row into a Struct instead, and check strings and whole numbers while it decodes, but it needs to know the keys. No
document lists all keys, so a `PageDecoder` learns them from the endpoint's answers:

* The first page is decoded by `decode_json` to dicts. Its keys, and the types of their values, become a Struct.
* The next pages are decoded into that Struct. msgspec refuses a page that differs (a new key, a missing key, a string
  in place of a number). Such a page is decoded by `decode_json`, and its keys and types are added to the learned ones.
  After `_MOST_ADDITIONS` additions the endpoint counts as unpredictable, and all pages are decoded by `decode_json`.
* `row_generation` generates the function that makes models of the Structs. It decides which values msgspec checks.

Both ways accept the same answers and make the same models. A property test compares them.
"""

import re
from collections.abc import Callable, Mapping
from types import GenericAlias
from typing import Any, Final, cast

import msgspec

from capillary_async.codec.dates import DateTables
from capillary_async.codec.json_text import decode_json, decoder_of
from capillary_async.codec.row_generation import LearnedKeys, RowsFunction
from capillary_async.codec.scalars import Hook
from capillary_async.codec.struct_rows import ReadRows, StructRows
from capillary_async.models.definition import Model

# Real endpoints stay far below these limits. Without limits, a server that sends ever new keys would fill the memory.
_MOST_ADDITIONS: Final = 16
_MOST_KEYS: Final = 256
_KEY: Final = re.compile(r"[\w-]{1,64}", re.ASCII)


class _LearnedPage(msgspec.Struct, frozen=True):
    """What reads answers that have the learned keys.

    Attributes:
        decoder: Decodes an answer to a Struct.
        envelope_of: Returns the members of that Struct by their keys.
        read: Makes models of the Structs of the rows.
    """

    decoder: msgspec.json.Decoder[Any]
    envelope_of: Callable[[Any], dict[str, Any]]
    read: ReadRows


class PageDecoder:
    """Decodes the answers of one endpoint that lists rows.

    Args:
        model: The rows' model.
        rows_key: The answer's member that holds the rows.
        tables: Reads dates.
        hooks: The hook of each type.
    """

    def __init__(self, model: type[Model], rows_key: str, tables: DateTables, hooks: Mapping[Any, Hook]) -> None:
        self._model = model
        self._rows_key = rows_key
        self._tables = tables
        self._hooks = hooks
        self._envelope, self._row = LearnedKeys(), LearnedKeys()
        self._additions = 0
        self._learned: _LearnedPage | None = None

    def decode(self, body: bytes | bytearray) -> Any:
        """Decode one answer. If it has the learned keys, the member with the rows is a `StructRows`.

        Raises:
            DecodeError: The body is not one JSON document.
        """
        if self._learned is not None:
            try:
                return self._document(self._learned, body)
            except Exception:  # noqa: BLE001, S110  (decode_json, below, finds what is wrong with the body, if anything)
                pass
        document = decode_json(body)
        if self._additions < _MOST_ADDITIONS:
            self._learn(document)
        return document

    def _document(self, learned: _LearnedPage, body: bytes | bytearray) -> dict[str, Any]:
        document = learned.envelope_of(learned.decoder.decode(body))
        rows = document[self._rows_key] = StructRows(document[self._rows_key])
        rows.model, rows.read, rows.body, rows.rows_key = self._model, learned.read, body, self._rows_key
        return document

    def _learn(self, document: Any) -> None:
        rows: Any = cast("dict[str, Any]", document).get(self._rows_key) if isinstance(document, dict) else None
        if not isinstance(rows, list) or not rows or {*map(type, cast("list[Any]", rows))} != {dict}:
            return
        answers, objects = cast("list[dict[str, Any]]", [document]), cast("list[dict[str, Any]]", rows)
        are_new = self._envelope.learn(answers), self._row.learn(objects)
        if not any(are_new):
            return  # all keys and types are known, so a value is wrong, and `structure` will say which
        keys = [*self._envelope.types, *self._row.types]
        has_rows = self._rows_key not in self._envelope.optional
        if has_rows and len(keys) <= _MOST_KEYS and all(map(_KEY.fullmatch, keys)):
            self._additions, self._learned = self._additions + 1, self._learned_page()
        else:
            self._additions, self._learned = _MOST_ADDITIONS, None

    def _learned_page(self) -> _LearnedPage:
        function = RowsFunction(self._model, self._row, self._tables, self._hooks)
        rows_type: Any = GenericAlias(list, (self._row.struct(function.checked),))
        decoder = decoder_of(self._envelope.struct({self._rows_key: rows_type}))
        items = ", ".join(f"{name!r}: page.f{index}" for index, name in enumerate(self._envelope.types))
        members = f"{{{items}}}"
        if self._envelope.optional:
            members = f"{{name: value for name, value in {members}.items() if value is not UNSET}}"
        # Keys are string literals in the source, so text from a server is never executed.
        envelope_of = eval(f"lambda page: {members}", {"UNSET": msgspec.UNSET})  # noqa: S307
        return _LearnedPage(decoder, envelope_of, function.compile())
