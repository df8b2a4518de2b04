"""Put an answer's body together from the pieces that arrive, decompressed, and never more of it than allowed.

aiohttp's decoder is not used, because it accepts a gzip stream that was cut, and bytes behind its end. Each piece is
inflated as it comes, into one buffer. So a body takes no more memory than it is long: not twice that, as joined parts
do, and nothing for its compressed form.
"""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from capillary_async.errors import DecodeError
from capillary_async.pipeline.request import CallContext
from capillary_async.pipeline.responses import HttpResponse, request_id

_GZIP: Final = zlib.MAX_WBITS | 16
# Servers send one member; each costs a decompressor, and a hostile body could hold millions.
_MOST_MEMBERS: Final = 16
_STEP: Final = 2**18  # bytes to inflate at once, so that a bomb is noticed before it fills the memory


class Body:
    """An answer's body while it arrives.

    Args:
        encoding: The answer's `Content-Encoding`.
        cap: The most bytes that it may have, compressed as well as decompressed.

    Raises:
        DecodeError: The encoding is unknown or stacked.
    """

    def __init__(self, encoding: str, cap: int) -> None:
        self._encoding = encoding.strip().lower()
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise DecodeError("the answer's content encoding is not one that was asked for", retryable=True)
        self._is_plain = self._encoding in ("", "identity")
        self._cap = cap
        self._arrived = 0
        self._content: bytes | bytearray = b""
        self._inflater: Any = None
        self._members = 0

    def feed(self, piece: bytes | bytearray) -> None:
        """Take the next piece.

        Raises:
            DecodeError: The data is broken, or too long.
        """
        self._arrived += len(piece)
        if self._arrived > self._cap:
            raise DecodeError("the answer is larger than max_response_bytes allows")
        if self._is_plain:
            self._add(piece)
            return
        while piece:
            piece = self._inflate(piece)

    def end(self) -> bytes | bytearray:
        """Return the whole body.

        Raises:
            DecodeError: The compressed data was cut off.
        """
        if self._inflater is not None:
            raise DecodeError("the answer's compressed data is cut off", retryable=True)
        return self._content

    def _add(self, piece: bytes | bytearray) -> None:
        if len(self._content) + len(piece) > self._cap:
            raise DecodeError("the answer is larger than max_response_bytes allows")
        if not self._content:
            self._content = piece  # most bodies come in one, which needs no copy
            return
        if isinstance(self._content, bytes):
            self._content = bytearray(self._content)
        self._content += piece

    def _inflate(self, piece: bytes | bytearray) -> bytes:
        """Inflate up to the end of the piece or of a gzip member; return what is left of the piece."""
        inflater = self._inflater
        if inflater is None:
            inflater = self._inflater = self._new_inflater(piece)
        while True:
            part: bytes | None = None
            with suppress(zlib.error):
                part = inflater.decompress(piece, _STEP)
            if part is None:  # raised here, so that zlib's error does not hang on this one
                raise DecodeError("the answer's compressed data is broken", retryable=True)
            self._add(part)
            if inflater.eof:
                self._inflater = None
                return bytes(inflater.unused_data)
            piece = inflater.unconsumed_tail
            if not piece and len(part) < _STEP:
                return b""

    def _new_inflater(self, piece: bytes | bytearray) -> Any:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise DecodeError("the answer's compressed data has too many parts")
        if self._encoding != "deflate":
            return zlib.decompressobj(_GZIP)
        # The name means a zlib stream, but some servers send the bare data; no encoder begins that like a stream.
        is_stream = piece[0] & 15 == zlib.DEFLATED
        return zlib.decompressobj(zlib.MAX_WBITS if is_stream else -zlib.MAX_WBITS)


class Stream(Protocol):
    """Where a body comes from, as aiohttp reads it from a connection."""

    total_bytes: int

    async def readany(self) -> bytes:
        """Wait for the next piece, whatever its size."""
        ...

    def read_nowait(self) -> bytes:
        """Return what has arrived."""
        ...

    def is_eof(self) -> bool:
        """Whether all has arrived."""
        ...

    def at_eof(self) -> bool:
        """Whether all has been read."""
        ...


async def read_answer(
    status: int, headers: Mapping[str, str], content: Stream, cap: int, call: CallContext
) -> HttpResponse:
    """Read an answer to its end, undo its encoding, and write down in `call` what came.

    Raises:
        DecodeError: It is too large or broken, and the status does not say already that the API refused.
    """
    call.status, call.request_id, call.size = status, request_id(headers), 0
    encoding = headers.get("content-encoding", "")
    body: bytes | bytearray = b""
    if content.is_eof() and not encoding and content.total_bytes <= cap:  # as with most answers
        body = content.read_nowait()
    else:
        try:
            body = await _put_together(content, Body(encoding, cap))
        except DecodeError:
            if 200 <= status < 300:
                raise
    call.size = len(body)
    return HttpResponse(status, headers, body)


async def _put_together(content: Stream, body: Body) -> bytes | bytearray:
    while not content.at_eof():
        body.feed(await content.readany())
    return body.end()
