"""Decode and encode JSON without losing a digit.

A number with a fraction or an exponent becomes a `Decimal` with the same digits, any other number an `int` of any size.
msgspec does the work.
"""

import logging
import re
from decimal import Decimal, DecimalException
from typing import Any, Final

import msgspec

from capillary_async.codec.unstructuring import exact
from capillary_async.errors import DecodeError

_LOGGER: Final = logging.getLogger("capillary_async")
# An escape in a string. A surrogate pair, which is two escapes for one character, is one match.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_LARGEST_TO_REPAIR: Final = 8 * 2**20
# Enough bytes to recognise a web page.
_HEAD: Final = 64
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decoder_of(into: Any) -> msgspec.json.Decoder[Any]:
    """Return a msgspec decoder for a type; numbers without a declared type become an exact `int` or `Decimal`."""
    return msgspec.json.Decoder(into, float_hook=Decimal)


_GENERAL_DECODER: Final = decoder_of(Any)
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")  # decimals become numbers


def decode_json(body: bytes | bytearray) -> Any:
    """Decode one complete JSON document.

    A byte order mark before it is skipped, as RFC 8259 allows.

    Raises:
        DecodeError: The body is not one JSON document. The error is `retryable` if the body is not JSON, such as a
            cut answer or a gateway's page. It is not retryable if the body is JSON beyond the limits: nested too
            deeply, or with a number that is too long.
    """
    has_mark = body.startswith(_BYTE_ORDER_MARK)
    try:
        # A view, not a slice, because a slice would copy the answer, which may be large.
        return _GENERAL_DECODER.decode(memoryview(body)[len(_BYTE_ORDER_MARK) :] if has_mark else body)
    except MemoryError:
        raise
    except Exception as cause:  # noqa: BLE001  (msgspec's errors, UnicodeError, ArithmeticError, RecursionError)
        error = _refusal(cause, bytes(body[:_HEAD]).strip())
    repaired = _repaired(body)
    if repaired is not None:
        return decode_json(repaired)
    # Raised outside the `except` block, the error has no context and therefore no frame that holds the body.
    del body
    raise error


def _repaired(body: bytes | bytearray) -> bytes | None:
    """Replace each lone surrogate (half of a character) by U+FFFD; return `None` if the body has none.

    The API cuts names and messages at a fixed length, sometimes in the middle of an emoji. The rest of the answer is
    correct, and another request would return the same answer.
    """
    if b"\\u" not in body or len(body) > _LARGEST_TO_REPAIR:
        return None
    repaired = _ESCAPE.sub(lambda escape: b"\\ufffd" if escape["half"] else escape[0], body)
    if repaired == body:
        return None
    _LOGGER.warning("an answer contains half of a character; it was replaced by U+FFFD")
    return repaired


def _refusal(cause: Exception, head: bytes) -> DecodeError:
    if isinstance(cause, RecursionError):
        return DecodeError("the answer is nested too deeply")
    if isinstance(cause, DecimalException) or str(cause).startswith("Integer value out of range"):
        return DecodeError("the answer holds a number that is too long")
    reason = "bad UTF-8" if isinstance(cause, UnicodeError) else str(cause)
    if head.startswith(b"<"):
        reason = "it is a web page (HTML); check the base URL, and the proxy"
    elif not head:
        reason = "it is empty"
    return DecodeError(f"the answer is not a JSON document: {reason}", retryable=True)


def encode_json(value: Any) -> bytes:
    """Encode a value, models included, as JSON.

    Models become objects with `snake_case` keys, `Decimal`s numbers with all their digits, dates and date-times
    ISO 8601 strings.

    Raises:
        TypeError: JSON has no form for the type.
        ValueError: A number is NaN or infinite.
    """
    return ENCODER.encode(exact(value))


def to_json(value: Any, *, by_alias: bool = False) -> str:
    """Return a value as a JSON document without loss: every `Decimal` is a number with all its digits.

    Args:
        value: A model, a list of models, a page, an outcome, or a part of one.
        by_alias: Whether models have the API's keys, with the items of `extra` beside them.

    Raises:
        TypeError: JSON has no form for the type.
        ValueError: A number is NaN or infinite.
    """
    return ENCODER.encode(exact(value, by_alias=by_alias)).decode()


def json_cell(value: Any) -> str | None:
    """Return a value as JSON for the cell of a table; return `None` for `None`."""
    return None if value is None else encode_json(value).decode()
