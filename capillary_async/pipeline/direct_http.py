"""Exchange requests over aiohttp's connections without its `ClientSession`, which costs a quarter of a call.

The connector (limits, DNS cache, TLS, happy eyeballs) and the parser are aiohttp's. Where requests go, and the header
lines that all of them carry, are known when the client opens. A call only writes the head and reads the answer.

`ClientSession` is used where it has work to do: for a session that was given, for proxies, for traces, and if a tool
such as aioresponses or vcrpy has replaced its `_request`. It is also used if aiohttp's classes are not as this module
expects them, which is checked when a client opens.
"""

import asyncio
import inspect
from collections.abc import Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, Final

import aiohttp
import yarl
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from msgspec import field

from capillary_async.codec import encode_json
from capillary_async.errors import ConfigurationError
from capillary_async.options import Secret
from capillary_async.pipeline.body import read_answer
from capillary_async.pipeline.idle_connections import IdleConnections, OpenConnection
from capillary_async.pipeline.request import InternalState, ProcessBound, Request, reveal_all
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.sessions import NO_TIMEOUT
from capillary_async.pipeline.urls import BaseUrl

# What is called here, and the names of its parameters.
CALLED: Final[tuple[tuple[Any, frozenset[str]], ...]] = (
    (aiohttp.ClientRequest, frozenset(("method", "url", "loop"))),
    (aiohttp.TCPConnector.connect, frozenset(("req", "traces", "timeout"))),
    (ResponseHandler.set_response_params, frozenset(("read_until_eof", "auto_decompress"))),
    (ResponseHandler.read, frozenset(())),
)
# Tools replace the method `_request` of `ClientSession`. Their functions come from other files than the class. The
# dictionary is a view: it has what a tool puts in from that moment on.
_SESSION_METHODS: Final = aiohttp.ClientSession.__dict__
_PATCHED_METHOD: Final = "_request"
_AIOHTTP_FILE: Final = aiohttp.ClientSession.request.__code__.co_filename
_NO_HEADERS: Final[Mapping[str, str | Secret]] = MappingProxyType({})


def is_session_patched() -> bool:
    """Say whether a tool has replaced `ClientSession._request`."""
    code = getattr(_SESSION_METHODS.get(_PATCHED_METHOD), "__code__", None)
    return code is None or code.co_filename != _AIOHTTP_FILE


@cache
def _is_as_expected(called: tuple[tuple[Any, frozenset[str]], ...]) -> bool:
    """Say whether aiohttp's classes are called as they are called here."""
    try:
        return all(names <= inspect.signature(function).parameters.keys() for function, names in called)
    except (TypeError, ValueError):
        return False


class _ConnectionRequest(ProcessBound, aiohttp.ClientRequest):
    """A request to a base URL that is never sent: what the connector connects for."""

    @cached_property
    def connection_key(self) -> ConnectionKey:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Which connections will do; it never changes."""
        return super().connection_key


class DirectHttp(InternalState):
    """Exchanges requests over a session's connector.

    Args:
        session: Whose connector it is.
        connect_for: What the connector connects for.
        origin: Host, port and whether TLS is spoken, as the key of a connection has them.
        prefix: Length of the part of a URL before its path.
        fixed_lines: The head's lines that every request carries, credentials among them.
        cap: Largest number of bytes of an answer.
        session_request: `ClientSession._request` when the client opened.
    """

    _session: aiohttp.ClientSession
    _connect_for: _ConnectionRequest
    _origin: tuple[str, int | None, bool]
    _prefix: int
    _fixed_lines: Secret
    _cap: int
    _session_request: Any
    _idle: IdleConnections = field(default_factory=IdleConnections)

    @classmethod
    def around(
        cls,
        session: aiohttp.ClientSession,
        base: BaseUrl,
        cap: int,
        headers: Mapping[str, str | Secret] = _NO_HEADERS,
    ) -> "DirectHttp | None":
        """Return a way around a session of the client's own; `None` if there is none.

        Args:
            session: The session.
            base: Where all requests go.
            cap: Largest number of bytes of an answer.
            headers: What every request carries.
        """
        if session.trace_configs or is_session_patched() or not _is_as_expected(CALLED):
            return None
        url = yarl.URL(base.text)
        connect_for = _ConnectionRequest("GET", url, loop=asyncio.get_running_loop())
        origin = (base.host, base.port, base.scheme == "https")
        fixed_lines = Secret(_lines({"Host": url.host_port_subcomponent or base.host, **headers}))
        return cls(
            session,
            connect_for,
            origin,
            len(str(url.origin())),
            fixed_lines,
            cap,
            _SESSION_METHODS[_PATCHED_METHOD],
        )

    @property
    def is_usable(self) -> bool:
        """Whether no tool has replaced `ClientSession._request` since the client opened."""
        return _SESSION_METHODS.get(_PATCHED_METHOD) is self._session_request

    async def exchange(self, request: Request[Any], url: str) -> HttpResponse:
        """See `HttpConnection.exchange`."""
        call, can_stay = request.call, False
        call.attempts += 1
        used = self._idle.take() or await self._connect()
        try:
            used.transport.write(self._encode_request(request, url))
            message, content = await used.protocol.read()
            while message.code < 200 and message.code != 101:  # a hint, before the answer
                message, content = await used.protocol.read()
            response = await read_answer(message.code, message.headers, content, self._cap, call)
            can_stay = not message.should_close and content.at_eof()
            return response
        finally:
            if can_stay:
                self._idle.put(used)
            else:
                used.connection.close()  # the answer may still come, and must not be taken for that of another request

    async def _connect(self) -> OpenConnection:
        key = self._connect_for.connection_key
        if (key.host, key.port, key.is_ssl) != self._origin:
            raise ConfigurationError("the request would leave the client's base URL")
        connector: Any = self._session.connector
        self._idle.wanted += 1
        try:
            connection: aiohttp.connector.Connection = await connector.connect(self._connect_for, [], NO_TIMEOUT)
        finally:
            self._idle.wanted -= 1
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            connection.close()
            raise aiohttp.ServerDisconnectedError
        protocol.set_response_params(read_until_eof=True, auto_decompress=False)
        return OpenConnection(connection, protocol, transport)

    def close(self) -> None:
        """Close the connections that carry no request."""
        self._idle.close()

    def _encode_request(self, request: Request[Any], url: str) -> bytes:
        """Return a request as it travels; the secrets in it are in no variable."""
        first_line = f"{request.method} {url[self._prefix :]} HTTP/1.1\r\n"
        if request.body is None:
            own_lines = _lines(request.headers) if request.headers else ""
            return f"{first_line}{self._fixed_lines.reveal()}{own_lines}\r\n".encode()
        own = {**request.headers, "Content-Length": len(encode_json(reveal_all(request.body)))}
        return f"{first_line}{self._fixed_lines.reveal()}{_lines(own)}\r\n".encode() + encode_json(
            reveal_all(request.body)
        )


def _lines(headers: Mapping[str, Any]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in reveal_all(headers).items()])
