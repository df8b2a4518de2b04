"""JSON documents to typed values, and typed values to JSON.

The only part that knows cattrs and msgspec. Both are loaded when they are first needed.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, overload

from capillary_async.codec.dates import DateTables
from capillary_async.codec.json_text import decode_json, encode_json, json_cell, to_builtins, to_json
from capillary_async.codec.mismatch import explain
from capillary_async.codec.scalars import UnknownTypeError
from capillary_async.codec.unstructuring import to_dict
from capillary_async.models.definition import Model, is_model

if TYPE_CHECKING:
    from capillary_async.codec.rows import PageDecoder

T = TypeVar("T")

__all__ = ["Converter", "as_dicts", "decode_json", "encode_json", "json_cell", "to_builtins", "to_dict", "to_json"]


class Converter:
    """Structures answers by one cluster's clock.

    It takes every type that cattrs takes: models, attrs classes, dataclasses, TypedDicts, lists, mappings, unions,
    literals, enumerations, `Any`. Nothing is converted silently: a whole number is no text, `3.7` is no 3, null is
    no "None". A class that is no model has the keys that its attributes are called, or these in camelCase, and
    ignores others. Models of pydantic check their values by their own rules. Of a union, the first type that fits is
    taken.
    """

    def __init__(self, timezone: tzinfo) -> None:
        self._tables = DateTables(timezone)
        self._page_decoders: dict[tuple[type[Model], str], PageDecoder] = {}

    @cached_property
    def _hook_for(self) -> Callable[[Any], Callable[[Any, Any], Any]]:
        from capillary_async.codec.hooks import strict_converter  # noqa: PLC0415  (brings cattrs)

        return strict_converter(self._tables).get_structure_hook

    def decode(self, body: bytes | bytearray, into: Any = Any, rows_key: str = "") -> Any:
        """Decode an answer, as `decode_json` does.

        Args:
            body: One JSON document.
            into: What `structure` will make of it, or of its rows.
            rows_key: The member that will be structured; empty for the whole answer. When it holds rows of a model,
                and the endpoint's answers are of one form, they are decoded for `structure` alone.

        Raises:
            DecodeError: It is not one JSON document.
        """
        decoder = self._page_decoder(into, rows_key) if rows_key and "." not in rows_key else None
        return decode_json(body) if decoder is None else decoder.decode(body)

    def _page_decoder(self, into: Any, rows_key: str) -> "PageDecoder | None":
        model = _row_model(into)
        if model is None:
            return None
        decoder = self._page_decoders.get((model, rows_key))
        if decoder is None:
            from capillary_async.codec.rows import PageDecoder  # noqa: PLC0415  (brings msgspec)

            decoder = self._page_decoders[model, rows_key] = PageDecoder(model, rows_key, self._tables, self._hook_for)
        return decoder

    def check(self, into: Any) -> None:
        """See that a type can be structured into, before anything is sent for it.

        Raises:
            InvalidArgumentError: It cannot.
        """
        problem: UnknownTypeError | None = None
        try:
            self._hook_for(into)
        except UnknownTypeError as error:
            problem = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001  (whatever a class's own hooks raise)
            problem = UnknownTypeError(f"into is no type that an answer can be made into ({type(error).__name__})")
        if problem is not None:
            raise problem

    @overload
    def structure(self, value: Any, into: type[T], location: str = "") -> T: ...
    @overload
    def structure(self, value: Any, into: Any, location: str = "") -> Any: ...
    def structure(self, value: Any, into: Any, location: str = "") -> Any:
        """Make a value of the type `into` of a part of a JSON document.

        Args:
            value: What `decode_json` returned, or a part of it.
            into: The type that is wanted.
            location: Where in the document the value stands, such as `data`; errors begin with it.

        Raises:
            DecodeError: The value does not fit. It names the place and the kind of what was there, never the value.
            InvalidArgumentError: There is no way to structure this type.
        """
        hook = self._hook_for(into)
        try:
            return hook(value, into)
        except (UnknownTypeError, MemoryError):
            raise
        except Exception:  # noqa: BLE001, S110  (every kind of refusal, also of users' own classes)
            pass
        from capillary_async.codec.rows import StructRows  # noqa: PLC0415  (as above)

        if isinstance(value, StructRows):
            return self.structure(value.as_dicts(), into, location)
        # Raised out here, the error has no context, and so holds no frame in which the value is seen.
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
    """Return rows as dicts, also those that were decoded for `structure` alone."""
    return rows.as_dicts() if hasattr(rows, "as_dicts") else rows


def _row_model(into: Any) -> type[Model] | None:
    kind = get_args(into)[0] if get_origin(into) in {list, tuple} and get_args(into) else into
    return kind if is_model(kind) else None
