"""JSON texts: bytes to Python's own values and back, without losing a digit.

A number with a fraction or an exponent becomes the `Decimal` that its text says, any other an `int` of any size.
msgspec does the work; it is loaded when the first text comes.
"""

import logging
import re
from decimal import Decimal, DecimalException
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from capillary_async.codec.unstructuring import exact
from capillary_async.errors import DecodeError

if TYPE_CHECKING:
    import msgspec

_LOGGER: Final = logging.getLogger("capillary_async")
# Every escape of a text; of two that are one character together, both.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_LARGEST_TO_MEND: Final = 8 * 2**20
# As many bytes tell a web page.
_HEAD: Final = 64
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decoder_of(into: Any) -> "msgspec.json.Decoder[Any]":
    """Return a decoder for a type that msgspec knows, in which numbers without a type of their own stay exact."""
    import msgspec  # noqa: PLC0415

    return msgspec.json.Decoder(into, float_hook=Decimal)


_general_decoder = cache(lambda: decoder_of(Any))


@cache
def encoder() -> "msgspec.json.Encoder":
    """Return the encoder of everything that is JSON already, apart from its text."""
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
        error = _refusal(problem, bytes(body[:_HEAD]).strip())
    mended = _mended(body)
    if mended is not None:
        return decode_json(mended)
    # Raised out here, the error has no context, and so holds neither the body nor a frame that does.
    del body
    raise error


def _mended(body: bytes | bytearray) -> bytes | None:
    """Put U+FFFD for each half of a character (a lone surrogate), or return `None` where there is none.

    Names and messages are cut in the API's own data, in the middle of an emoji. The rest of the answer is good, and
    another request brings the same.
    """
    if b"\\u" not in body or len(body) > _LARGEST_TO_MEND:
        return None
    mended = _ESCAPE.sub(lambda escape: b"\\ufffd" if escape["half"] else escape[0], body)
    if mended == body:
        return None
    _LOGGER.warning("an answer holds half of a character; U+FFFD stands in its place")
    return mended


def _refusal(problem: Exception, head: bytes) -> DecodeError:
    if isinstance(problem, RecursionError):
        return DecodeError("the answer is nested too deeply")
    if isinstance(problem, DecimalException) or str(problem).startswith("Integer value out of range"):
        return DecodeError("the answer holds a number that is too long")
    reason = "bad UTF-8" if isinstance(problem, UnicodeError) else str(problem)
    if head.startswith(b"<"):
        reason = "it is a web page (HTML); check the base URL, and the proxy"
    elif not head:
        reason = "it is empty"
    return DecodeError(f"the answer is not a JSON document: {reason}", retryable=True)


def encode_json(value: Any) -> bytes:
    """Encode a value, models included, as JSON.

    Models become objects with `snake_case` keys, `Decimal`s become numbers with the digits they have, dates and
    date-times ISO 8601 texts.

    Raises:
        TypeError: A type that JSON cannot say.
        ValueError: A number that is NaN or infinite.
    """
    return encoder().encode(exact(value))


def to_json(value: Any, *, by_alias: bool = False) -> str:
    """Return a value as a JSON document. Nothing is lost: every `Decimal` is a number with the digits it has.

    Args:
        value: A model, a list of models, a page, an outcome, or anything inside one.
        by_alias: Whether the keys of models are the API's own, with `extra` among them.

    Raises:
        TypeError: A type that JSON cannot say.
        ValueError: A number is NaN or infinite.
    """
    return encoder().encode(exact(value, by_alias=by_alias)).decode()


def to_builtins(value: Any) -> Any:
    """Return a value, models included, as dicts, lists, texts, numbers, booleans and `None`.

    As `encode_json` would write it, but `Decimal`s stay `Decimal`s.
    """
    import msgspec  # noqa: PLC0415

    return msgspec.to_builtins(exact(value), builtin_types=(Decimal,))


def json_cell(value: Any) -> str | None:
    """Return a value as JSON, for the cell of a table; `None` for `None`."""
    return None if value is None else encode_json(value).decode()
