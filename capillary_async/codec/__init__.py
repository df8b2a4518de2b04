"""JSON documents to typed values, and typed values to JSON.

The only part that knows cattrs and msgspec. Both are loaded when they are first needed.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import cached_property
from typing import Any, TypeVar, overload

from capillary_async.codec.json_text import decode_json, encode_json, to_builtins
from capillary_async.codec.mismatch import explain
from capillary_async.codec.scalars import UnknownTypeError

T = TypeVar("T")

__all__ = ["Converter", "decode_json", "encode_json", "to_builtins"]


class Converter:
    """Structures answers by one cluster's clock.

    It takes every type that cattrs takes: models, attrs classes, dataclasses, TypedDicts, lists, mappings, unions,
    literals, enumerations, `Any`. Nothing is converted silently: a whole number is no text, `3.7` is no 3, null is
    no "None". A class that is no model has the keys that its attributes are called, and ignores others. Of
    a union, the first type that fits is taken.
    """

    def __init__(self, timezone: tzinfo) -> None:
        self._timezone = timezone

    @cached_property
    def _hook_for(self) -> Callable[[Any], Callable[[Any, Any], Any]]:
        from capillary_async.codec.hooks import strict_converter  # noqa: PLC0415  (brings cattrs)

        return strict_converter(self._timezone).get_structure_hook

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
            TypeError: There is no way to structure this type.
        """
        hook = self._hook_for(into)
        try:
            return hook(value, into)
        except (UnknownTypeError, MemoryError):
            raise
        except Exception:  # noqa: BLE001, S110  (every kind of refusal, also of users' own classes)
            pass
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
