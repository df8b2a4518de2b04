"""A server on raw sockets, in a separate thread, that can break HTTP at any byte."""

import asyncio
import gzip
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

import attrs

HEAD_END: Final = b"\r\n\r\n"
_DROP_NOW: Final = struct.pack("ii", 1, 0)


@attrs.frozen
class Asked:
    """One received request.

    Attributes:
        target: The request target, unchanged.
        headers: The headers, with lower-case names.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The encoded path."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The decoded query."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@attrs.define(eq=False)
class HttpConnection:
    """The server's side of a connection.

    Attributes:
        served: Number of received requests.
    """

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    served: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the server's side is open."""
        return not self._writer.is_closing()

    async def read(self) -> Asked:
        """Wait for the next request.

        Raises:
            EOFError: The client closed the connection.
        """
        head = (await self._reader.readuntil(HEAD_END)).decode("latin-1")
        start, *lines = head[: -len(HEAD_END)].split("\r\n")
        method, target, _ = start.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        self.served += 1
        return Asked(method, target, headers, body)

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)
        await self._writer.drain()

    async def stall(self) -> None:
        """Send nothing until the client closes the connection."""
        while await self._reader.read(2**16):
            pass
        self.close()

    def close(self) -> None:
        """Close the connection after all sent bytes."""
        self._writer.close()

    def reset(self) -> None:
        """Reset the connection."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP_NOW)
        self._writer.transport.abort()


Handler = Callable[[HttpConnection, Asked], Awaitable[None]]


class RawServer:
    """Listens on this machine and passes each request to a handler; a context manager.

    The handler runs in the server's thread and event loop, so that the client's loop does not hide races. Read its
    records after the calls have ended.

    Attributes:
        connections: Number of accepted connections.
        open_connections: Number of open connections.
    """

    def __init__(self, handler: Handler) -> None:
        self.connections = 0
        self.open_connections = 0
        self._handler = handler
        self._failure: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), name="raw server")

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_listening.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._end.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    @property
    def base_url(self) -> str:
        """The base URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, function: Callable[[], object]) -> None:
        """Schedule a function in the server's event loop."""
        self._loop.call_soon_threadsafe(function)

    async def _listen(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20, backlog=1024)
        self.port = int(server.sockets[0].getsockname()[1])
        self._is_listening.set()
        await self._end.wait()
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        await _take_steps()  # new connections have no task yet, and a closed server drops them
        server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await _take_steps()  # transports end one step after their tasks

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open_connections += 1
        wire = HttpConnection(reader, writer)
        try:
            while wire.is_open:
                await self._handler(wire, await wire.read())
        except (EOFError, OSError, asyncio.CancelledError):
            writer.transport.abort()  # the client closed the connection, or the server ends
        except Exception as error:  # noqa: BLE001  (raised where the server is left)
            writer.transport.abort()
            self._failure = error
        finally:
            if not writer.transport.is_closing():
                writer.transport.abort()  # the client closed the connection during the answer
            self._tasks.discard(task)
            self.open_connections -= 1


async def _take_steps() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def answer(body: bytes, *, status: int = 200, encoding: str = "", headers: Mapping[str, str] | None = None) -> bytes:
    """Write an answer with its length.

    Args:
        body: The body, as it is sent.
        status: HTTP status.
        encoding: The content encoding of the body.
        headers: Other headers, which replace the usual ones.
    """
    usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if encoding:
        usual["Content-Encoding"] = encoding
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**usual, **(headers or {})}.items() if value)
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + body


def chunked(body: bytes, size: int = 100) -> bytes:
    """Write an answer in chunks."""
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    written = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
    return answer(written, headers={"Content-Length": "", "Transfer-Encoding": "chunked"})


def zipped(body: bytes) -> bytes:
    """Write a compressed answer."""
    return answer(gzip.compress(body, mtime=0), encoding="gzip")
