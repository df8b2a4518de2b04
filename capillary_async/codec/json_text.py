"""JSON texts: bytes to Python's own values and back, without losing a digit.

A number with a fraction or an exponent becomes the `Decimal` that its text says, any other an `int` of any size.
msgspec does the work; it is loaded when the first text comes.
"""

from decimal import Decimal, DecimalException
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from capillary_async.codec.unstructuring import plain
from capillary_async.errors import DecodeError

if TYPE_CHECKING:
    import msgspec

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decoder_of(into: Any) -> "msgspec.json.Decoder[Any]":
    """Return a decoder for a type that msgspec knows, in which numbers without a type of their own stay exact."""
    import msgspec  # noqa: PLC0415

    return msgspec.json.Decoder(into, float_hook=Decimal)


_general_decoder = cache(lambda: decoder_of(Any))


@cache
def _encoder() -> "msgspec.json.Encoder":
    import msgspec  # noqa: PLC0415

    return msgspec.json.Encoder(decimal_format="number")


def decode_json(body: bytes | bytearray) -> Any:
    """Decode one complete JSON document.

    A byte order mark before it is skipped, as RFC 8259 allows.

    Raises:
        DecodeError: It is not one. `retryable` when it is no JSON at all, as after a cut connection or from a
            gateway; not when it is JSON that nobody can hold: nested too deeply, a number without end.
    """
    has_mark = body.startswith(_BYTE_ORDER_MARK)
    try:
        # A view, not a slice: an answer may be so large that there is no room for a second one.
        return _general_decoder().decode(memoryview(body)[len(_BYTE_ORDER_MARK) :] if has_mark else body)
    except MemoryError:
        raise
    except Exception as problem:  # noqa: BLE001  (the codec's own errors, UnicodeError, ArithmeticError, RecursionError)
        error = _refusal(problem)
    # Raised out here, the error has no context, and so holds neither the body nor a frame that does.
    del body
    raise error


def _refusal(problem: Exception) -> DecodeError:
    if isinstance(problem, RecursionError):
        return DecodeError("the answer is nested too deeply")
    if isinstance(problem, DecimalException) or str(problem).startswith("Integer value out of range"):
        return DecodeError("the answer holds a number that is too long")
    reason = "bad UTF-8" if isinstance(problem, UnicodeError) else str(problem)
    return DecodeError(f"the answer is not a JSON document: {reason}", retryable=True)


def encode_json(value: Any) -> bytes:
    """Encode a value, models included, as JSON.

    Models become objects with `snake_case` keys, `Decimal`s become numbers with the digits they have, dates and
    date-times ISO 8601 texts.

    Raises:
        TypeError: A type that JSON cannot say.
        ValueError: A `Decimal` that is no number.
    """
    text = _encoder().encode(plain(value))
    if b"NaN" in text or b"Infinity" in text:
        # Both may stand in a text, so look twice. No JSON document has them elsewhere.
        try:
            decode_json(text)
        except DecodeError:
            raise ValueError("JSON has no NaN and no Infinity") from None
    return text


def to_builtins(value: Any) -> Any:
    """Return a value, models included, as dicts, lists, texts, numbers, booleans and `None`.

    As `encode_json` would write it, but `Decimal`s stay `Decimal`s.
    """
    import msgspec  # noqa: PLC0415

    return msgspec.to_builtins(plain(value), builtin_types=(Decimal,))
