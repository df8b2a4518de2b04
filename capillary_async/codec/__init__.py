"""Convert JSON documents to typed values, and typed values to JSON.

An answer goes through these modules:

| module | what it does |
|---|---|
| `json_text` | decodes JSON text to dicts, and encodes JSON, without losing a digit |
| `rows`, `row_generation` | decode the rows of a listing without a dict for each row |
| `hooks` | finds the function that makes values of a type |
| `generation` | generates the functions that make models |
| `scalars`, `dates` | make values that have no parts |
| `own_classes` | makes objects of users' own classes |
| `mismatch` | names the part of an answer that does not fit its type |
| `paths` | finds a member of an answer |

`unstructuring` turns values back to what JSON consists of. `row_text` and `records` write and read the rows of jobs.
`interop` and `pydantic_schema` connect models to other libraries.

cattrs makes the objects of users' own classes (of attrs, dataclasses, TypedDicts) and of types that have no rule in
`hooks`; it is imported for them alone. Models bypass it, because the code that `generation` generates takes an eighth
of the time and accepts only values of the declared type.
"""

from collections.abc import Callable
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from capillary_async.codec.dates import DateTables
from capillary_async.codec.json_text import decode_json, encode_json, json_cell, to_json
from capillary_async.codec.scalars import UnknownTypeError
from capillary_async.codec.struct_rows import StructRows, as_dicts
from capillary_async.codec.unstructuring import to_dict
from capillary_async.models.definition import is_model
from capillary_async.models.type_hints import item_type

if TYPE_CHECKING:
    from capillary_async.codec.hooks import Hooks

T = TypeVar("T")
Decode = Callable[[bytes | bytearray], Any]
# Real programs stay far below. Without a limit, types that are made in a loop would fill the memory.
_MOST_DECODERS: Final = 1024

__all__ = ["Converter", "as_dicts", "decode_json", "encode_json", "json_cell", "to_dict", "to_json"]


class Converter:
    """Makes typed values of decoded answers.

    `Converter` supports models, and every type that cattrs supports: attrs classes, dataclasses, TypedDicts, lists,
    mappings, unions, literals, enumerations, `Any`. It converts nothing silently: a whole number does not become a
    string, `3.7` does not become 3, null does not become "None". A field of a class that is not a model is read from
    the key of its name, or from that name in camelCase; other keys are ignored. Models of pydantic check their values
    by their own rules. For a union, the first type that fits is used.

    Args:
        timezone: The cluster's time zone, for date-times without one.
    """

    def __init__(self, timezone: tzinfo) -> None:
        self._tables = DateTables(timezone)
        self._decoders: dict[tuple[Any, str], Decode] = {}

    @cached_property
    def _hooks(self) -> "Hooks":
        from capillary_async.codec.hooks import Hooks  # noqa: PLC0415  (for the first answer)

        return Hooks(self._tables)

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

    def _new_decoder(self, into: Any, rows_key: str) -> Decode:
        decode: Decode = decode_json
        row_type = item_type(into) or into
        if is_model(row_type) and "." not in rows_key:
            from capillary_async.codec.rows import PageDecoder  # noqa: PLC0415  (for listings alone)

            decode = PageDecoder(row_type, rows_key, self._tables, self._hooks).decode
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
            self._hooks[into]
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
        hook = self._hooks[into]
        try:
            return hook(value, into)
        except (UnknownTypeError, MemoryError):
            raise
        except Exception:  # noqa: BLE001, S110  (the hooks of users' classes may raise anything)
            pass
        if isinstance(value, StructRows):  # it has no keys; the dicts show what is wrong, or are of another type
            return self.structure(as_dicts(value), into, location)
        # Raised outside the `except` block, the error has no context and therefore no frame that holds the value.
        from capillary_async.codec.mismatch import explain  # noqa: PLC0415  (for this error alone)

        error = explain(value, into, location, self._fits)
        del value
        raise error

    def _fits(self, value: Any, into: Any) -> bool:
        try:
            self._hooks[into](value, into)
        except Exception:  # noqa: BLE001
            return False
        return True
