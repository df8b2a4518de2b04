"""Malformed bodies, and unusual bodies that are valid.

For half of the lookups of a kind every answer has this body, for the others only the first answer. A retry must heal
what it can heal, and no malformed body may be returned as data.
"""

import asyncio
import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

import attrs

from capillary_async import (
    CapillaryClient,
    DecodeError,
    ResponseError,
    ServerError,
    TransportError,
    UnexpectedResponseError,
)
from tests.faults.lookups import AUTH, PATIENT, Ending, document_of, entity_of, find_with, look_up_all
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import HEAD_END, Asked, HttpConnection, RawServer, answer, chunked, zipped

MIB: Final = 2**20
CAP: Final = MIB


@attrs.frozen
class Kind:
    """An answer, and the right end of a lookup.

    Attributes:
        answer: The bytes of the answer.
        entity: The id in the answer; `None` if the answer is malformed.
        error: The right error of a malformed answer.
        heals: Whether the client should send the request again.
    """

    answer: bytes
    entity: int | None = None
    error: type[Exception] = DecodeError
    heals: bool = True


_GOOD: Final = document_of("any")
_ID: Final = entity_of("any")
_GZIPPED: Final = gzip.compress(_GOOD, mtime=0)
_HTML: Final = b"<!DOCTYPE html><html><body>Just a moment...</body></html>"


def _entity(text: str) -> bytes:
    return answer(b'{"entity": %b}' % text.encode())


def _flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def _without_length(body: bytes) -> bytes:
    return answer(body, headers={"Content-Length": "", "Connection": "close"})


COMPRESSED: Final[dict[str, Kind]] = {
    "gzip": Kind(zipped(_GOOD), _ID),
    "gzip in chunks": Kind(chunked(_GZIPPED, 7).replace(HEAD_END, b"\r\nContent-Encoding: gzip" + HEAD_END, 1), _ID),
    "gzip of two members": Kind(
        answer(gzip.compress(_GOOD[:9], mtime=0) + gzip.compress(_GOOD[9:], mtime=0), encoding="gzip"), _ID
    ),
    "gzip without an end": Kind(answer(_GZIPPED[:-12], encoding="gzip")),
    "gzip without a trailer": Kind(answer(_GZIPPED[:-8], encoding="gzip")),
    "gzip with a wrong checksum": Kind(answer(_flipped(_GZIPPED, -8), encoding="gzip")),
    "gzip with a wrong length": Kind(answer(_flipped(_GZIPPED, -1), encoding="gzip")),
    "gzip with junk after it": Kind(answer(_GZIPPED + b"junk", encoding="gzip")),
    "gzip with zeros after it": Kind(answer(_GZIPPED + bytes(64), encoding="gzip")),
    "gzip of a cut document": Kind(zipped(_GOOD[:-2])),
    "invalid gzip": Kind(answer(_GOOD, encoding="gzip")),
    "gzip of nothing": Kind(answer(b"", encoding="gzip")),
    "gzip twice": Kind(answer(gzip.compress(_GZIPPED), encoding="gzip, gzip")),
    "gzip twice, in two headers": Kind(
        answer(gzip.compress(_GZIPPED), headers={"Content-Encoding": "gzip", "content-encoding": "gzip"})
    ),
    "gzip without Content-Encoding": Kind(answer(_GZIPPED)),
    "gzip of 4 times the cap": Kind(zipped(bytes(4 * CAP)), heals=False),
    "gzip of a byte more than the cap": Kind(zipped(_GOOD.ljust(CAP + 1)), heals=False),
    "gzip of exactly the cap": Kind(zipped(_GOOD.ljust(CAP)), _ID),
    "deflate": Kind(answer(zlib.compress(_GOOD), encoding="deflate"), _ID),
    "an encoding called br": Kind(answer(b"\x0b\x02\x80" + _GOOD, encoding="br")),
    "an encoding called zstd": Kind(answer(b"\x28\xb5\x2f\xfd" + _GOOD, encoding="zstd")),
    "an encoding called identity": Kind(answer(_GOOD, encoding="identity"), _ID),
}

JSON: Final[dict[str, Kind]] = {
    "bad UTF-8": Kind(answer(_GOOD.replace(b"...", b"\xff\xc0\x80", 1))),
    "UTF-16": Kind(answer(_GOOD.decode().encode("utf-16"))),
    "half a surrogate pair": Kind(answer(_GOOD.replace(b"......", rb"\ud800", 1)), _ID),
    "a byte order mark": Kind(answer(b"\xef\xbb\xbf" + _GOOD), _ID),
    "two byte order marks": Kind(answer(b"\xef\xbb\xbf" * 2 + _GOOD)),
    "NaN": Kind(_entity("NaN")),
    "Infinity": Kind(_entity("Infinity")),
    "-Infinity": Kind(_entity("-Infinity")),
    "2^64": Kind(_entity(str(2**64)), 2**64),
    "an id in quotes": Kind(_entity('"564703252"'), 564703252),
    "an id with a fraction": Kind(_entity("3.7"), heals=False),
    "1e400": Kind(_entity("1e400"), heals=False),
    "1e-999999999": Kind(_entity("1e-999999999"), heals=False),
    "1e99999999999999999999": Kind(_entity("1e99999999999999999999"), heals=False),
    "5,000 digits": Kind(_entity("7" * 5_000), heals=False),
    "5,000 decimal places": Kind(_entity("0." + "7" * 5_000), heals=False),
    "100,000 levels of lists": Kind(_entity("[" * 100_000 + "]" * 100_000), heals=False),
    "100,000 levels of objects": Kind(_entity('{"a":' * 100_000 + "1" + "}" * 100_000), heals=False),
    "null": Kind(answer(b"null")),
    "an id that is null": Kind(_entity("null"), heals=False),
    "a list": Kind(answer(b"[]"), heals=False),
    "a text": Kind(answer(b'"entity"'), heals=False),
    "a number": Kind(answer(b"306"), heals=False),
    "an object without the id": Kind(answer(b"{}"), heals=False),
    "junk after the document": Kind(answer(_GOOD + b"junk")),
    "two documents": Kind(answer(_GOOD + _GOOD)),
    "a zero byte after the document": Kind(answer(_GOOD + b"\x00")),
    "spaces around the document": Kind(answer(b"\r\n\t " + _GOOD + b" \n"), _ID),
    "a cut document": Kind(answer(_GOOD[:-2])),
    "single quotes": Kind(answer(_GOOD.replace(b'"', b"'"))),
}

REST: Final[dict[str, Kind]] = {
    "HTML as 200": Kind(answer(_HTML, headers={"Content-Type": "text/html"})),
    "HTML as 502": Kind(answer(_HTML, status=502, headers={"Content-Type": "text/html"}), error=ServerError),
    "HTML as 521": Kind(answer(_HTML, status=521, headers={"Content-Type": "text/html"}), error=ServerError),
    "data as 500": Kind(answer(_GOOD, status=500), error=ServerError),
    "data as 302": Kind(answer(_GOOD, status=302), error=ResponseError, heals=False),
    "an empty 200": Kind(answer(b"")),
    "an empty 204": Kind(answer(b"", status=204, headers={"Content-Length": ""}), heals=False),
    "an empty 400": Kind(answer(b"", status=400), error=UnexpectedResponseError, heals=False),
    "{} as 400": Kind(answer(b"{}", status=400), error=UnexpectedResponseError, heals=False),
    "no length, ended by a close": Kind(_without_length(_GOOD), _ID),
    "no length, cut by a close": Kind(_without_length(_GOOD[:-2])),
    "status 99": Kind(answer(_GOOD, status=99), error=TransportError),
    "a header without a colon": Kind(answer(_GOOD).replace(b"\r\n", b"\r\nnonsense\r\n", 1), error=TransportError),
    "a header of 100,000 bytes": Kind(answer(_GOOD, headers={"X-Long": "x" * 100_000}), error=TransportError),
    "two lengths": Kind(answer(_GOOD, headers={"content-length": str(len(_GOOD) - 5)}), error=TransportError),
    "exactly the cap": Kind(answer(_GOOD.ljust(CAP)), _ID),
    "a byte more than the cap": Kind(answer(_GOOD.ljust(CAP + 1)), heals=False),
    "4 times the cap": Kind(answer(bytes(4 * CAP)), heals=False),
    "endless chunks": Kind(chunked(bytes(4 * CAP), MIB)[: -len(b"0" + HEAD_END)], heals=False),
}

KINDS: Final = COMPRESSED | JSON | REST


@attrs.define(eq=False)
class BodyServer:
    """Sends the answer of one kind to each lookup, always or only the first time."""

    kind: Kind
    seen: Counter[str] = attrs.field(factory=Counter[str])

    async def handle(self, wire: HttpConnection, asked: Asked) -> None:
        """Send the answer of the key's kind."""
        key = asked.query["identifierValue"]
        self.seen[key] += 1
        is_spoilt = self.seen[key] == 1 or is_always(key)
        await wire.send(self.kind.answer if is_spoilt else answer(document_of(key)))
        if is_spoilt and b"Connection: close" in self.kind.answer:
            wire.close()


def is_always(key: str) -> bool:
    """Return whether every answer for the key is of the kind."""
    return key.startswith("always")


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    for name, kind in KINDS.items():
        yield asyncio.run(_row(name, kind, scale.of(10, 1)))


async def _row(name: str, kind: Kind, count: int) -> Row:
    row = Row(name)
    server = BodyServer(kind)
    keys = [f"{when} {number}" for number in range(count) for when in ("always", "at first")]
    options = attrs.evolve(PATIENT, max_response_bytes=CAP)
    with RawServer(server.handle) as raw:
        async with CapillaryClient(raw.base_url, AUTH, options=options) as client:
            for ending in await look_up_all(find_with(client), keys, concurrency=4):
                row.injected += 1
                _judge(row, kind, ending)
    return row.finish()


def _judge(row: Row, kind: Kind, ending: Ending) -> None:
    row.seconds = max(row.seconds, ending.seconds)
    if kind.entity is not None:
        right: int | None = kind.entity
    else:
        right = entity_of(ending.key) if kind.heals and not is_always(ending.key) else None
    if ending.error is None:
        row.healed += ending.value == right
        row.wrong += ending.value != right
    elif right is None and isinstance(ending.error, kind.error):
        row.refused += 1
    else:
        row.lost += 1
        row.messages.append(f"{ending.key}: {ending.error!r}")
