"""Convert JSON documents to typed values, and typed values to JSON.

The only part that imports cattrs, which is imported for users' own classes alone.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import cached_property
from typing import Any, Final, TypeVar, get_args, get_origin, overload

from capillary_async.codec.dates import DateTables
from capillary_async.codec.json_text import decode_json, encode_json, json_cell, to_builtins, to_json
from capillary_async.codec.scalars import UnknownTypeError
from capillary_async.codec.unstructuring import to_dict
from capillary_async.models.definition import is_model

T = TypeVar("T")
_MOST_DECODERS: Final = 1024

__all__ = ["Converter", "as_dicts", "decode_json", "encode_json", "json_cell", "to_builtins", "to_dict", "to_json"]


class Converter:
    """Makes typed values of decoded answers.

    `Converter` supports every type that cattrs supports: models, attrs classes, dataclasses, TypedDicts, lists,
    mappings, unions, literals, enumerations, `Any`. It converts nothing silently: a whole number does not become a
    string, `3.7` does not become 3, null does not become "None". A field of a class that is not a model is read from
    the key of its name, or from that name in camelCase; other keys are ignored. Models of pydantic check their values
    by their own rules. For a union, the first type that fits is used.

    Args:
        timezone: The cluster's time zone, for date-times without one.
    """

    def __init__(self, timezone: tzinfo) -> None:
        self._tables = DateTables(timezone)
        self._decoders: dict[tuple[Any, str], Callable[[bytes | bytearray], Any]] = {}

    @cached_property
    def _hook_for(self) -> Callable[[Any], Callable[[Any, Any], Any]]:
        from capillary_async.codec.hooks import hook_finder  # noqa: PLC0415  (for the first answer)

        return hook_finder(self._tables)

    def decode(self, body: bytes | bytearray, into: Any = Any, rows_key: str = "") -> Any:
        """Decode an answer, as `decode_json` does.

        Args:
            body: One JSON document.
            into: The type that `structure` will make of the answer, or of its rows.
            rows_key: The member that will be structured; empty for the whole answer. If it holds rows of a model, and
                the endpoint's answers all have the same keys, the rows are decoded to objects that only `structure`
                can read.

        Raises:
            DecodeError: The body is not one JSON document.
        """
        if not rows_key:
            return decode_json(body)
        decode = self._decoders.get((into, rows_key)) or self._new_decoder(into, rows_key)
        return decode(body)

    def _new_decoder(self, into: Any, rows_key: str) -> Callable[[bytes | bytearray], Any]:
        decode: Callable[[bytes | bytearray], Any] = decode_json
        kind = get_args(into)[0] if get_origin(into) in {list, tuple} and get_args(into) else into
        if is_model(kind) and "." not in rows_key:
            from capillary_async.codec.rows import PageDecoder  # noqa: PLC0415  (for listings alone)

            decode = PageDecoder(kind, rows_key, self._tables, self._hook_for).decode
        if len(self._decoders) >= _MOST_DECODERS:
            self._decoders.clear()
        self._decoders[into, rows_key] = decode
        return decode

    def check(self, into: Any) -> None:
        """Check, before anything is sent, that `structure` can make values of a type.

        Raises:
            InvalidArgumentError: `structure` cannot.
        """
        refusal: UnknownTypeError | None = None
        try:
            self._hook_for(into)
        except UnknownTypeError as error:
            refusal = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001  (the hooks of a user's class may raise anything)
            refusal = UnknownTypeError(f"into is not a type that answers can be converted to ({type(error).__name__})")
        if refusal is not None:
            raise refusal

    @overload
    def structure(self, value: Any, into: type[T], location: str = "") -> T: ...
    @overload
    def structure(self, value: Any, into: Any, location: str = "") -> Any: ...
    def structure(self, value: Any, into: Any, location: str = "") -> Any:
        """Convert a part of a decoded JSON document to the type `into`.

        Args:
            value: What `decode_json` returned, or a part of it.
            into: The type to convert to.
            location: Path of the value in the document, such as `data`. The location of an error begins with it.

        Raises:
            DecodeError: The value does not fit. The message names the location and the kind of the wrong part, never
                its value.
            InvalidArgumentError: `structure` does not support this type.
        """
        hook = self._hook_for(into)
        try:
            return hook(value, into)
        except (UnknownTypeError, MemoryError):
            raise
        except Exception:  # noqa: BLE001, S110  (the hooks of users' classes may raise anything)
            pass
        from capillary_async.codec.rows import StructRows  # noqa: PLC0415  (for listings alone)

        if isinstance(value, StructRows):
            return self.structure(value.as_dicts(), into, location)
        # Raised outside the `except` block, the error has no context and therefore no frame that holds the value.
        from capillary_async.codec.mismatch import explain  # noqa: PLC0415  (for this error alone)

        error = explain(value, into, location, self._fits)
        del value
        raise error

    def _fits(self, value: Any, into: Any) -> bool:
        try:
            self._hook_for(into)(value, into)
        except Exception:  # noqa: BLE001
            return False
        return True


def as_dicts(rows: Any) -> Any:
    """Return rows as dicts, also rows that are objects for `structure`."""
    return rows.as_dicts() if hasattr(rows, "as_dicts") else rows
