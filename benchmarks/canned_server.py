"""Serve listings of target events, and a customer, faster than any client requests them.

An asyncio protocol with prepared answers.

`python benchmarks/canned_server.py` prints the port. The server runs in a separate process, so that a benchmark
measures only the client.
"""

import asyncio
import gzip
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from samples import customer, events, page

Write = Callable[[bytes], bytes]
_QUERY = re.compile(rb"^GET [^ ?]*(?:\?([^ ]*))? ")


class Canned(asyncio.Protocol):
    """Answers `limit` and `offset` (in records) over a list of `total` rows, after `latency` seconds."""

    def __init__(self, total: int, latency: float, write: Write, answers: dict[tuple[int, int], bytes]) -> None:
        self._total = total
        self._latency = latency
        self._in_form = write
        self._answers = answers
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each complete request."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head, self._read = self._read[:end], self._read[end + 4 :]
            answer = self._answer(head)
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._write, answer)
            else:
                self._transport.write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _answer(self, head: bytes) -> bytes:
        if head.startswith(b"GET /v2/customers/"):
            return self._in_form(customer())
        query = _QUERY.match(head)
        pairs = dict(pair.split(b"=", 1) for pair in query[1].split(b"&")) if query and query[1] else {}
        place = int(pairs.get(b"limit", b"100")), int(pairs.get(b"offset", b"0"))
        if place not in self._answers:
            self._answers[place] = self._in_form(_page(self._total, *place))
        return self._answers[place]


def _page(total: int, limit: int, offset: int) -> bytes:
    return page(events(min(limit, max(total - offset, 0)), first=offset), limit=limit, offset=offset, total=total)


def _plain(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def _with_14_headers(body: bytes) -> bytes:
    # Two of the 14 are in every answer. The others are as long as those of a gateway.
    more = b"".join(b"X-Gateway-%d: %b\r\n" % (number, b"0123456789abcdef" * 2) for number in range(12))
    head, _, rest = _plain(body).partition(b"\r\n\r\n")
    return b"%b\r\n%b\r\n%b" % (head, more, rest)


def _in_chunks(body: bytes) -> bytes:
    packed = gzip.compress(body)
    half = len(packed) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (packed[:half], packed[half:], b""))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks


PLAIN = "few headers"
FORMS: Mapping[str, Write] = {PLAIN: _plain, "14 headers": _with_14_headers, "gzip + chunks": _in_chunks}


@contextmanager
def serving(total: int, latency: float = 0.0, form: str = PLAIN) -> Generator[str]:
    """Run the server in another process; yield its base URL. `form` is a key of `FORMS`."""
    command = [sys.executable, str(Path(__file__)), str(total), str(latency), form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


async def _serve(total: int, latency: float, form: str) -> None:
    answers: dict[tuple[int, int], bytes] = {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Canned(total, latency, FORMS[form], answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
