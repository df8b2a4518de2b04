"""Requests travel around aiohttp's session where it has nothing to do, and through it where it has."""

import asyncio
import functools
import gzip
from typing import Any

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from msgspec.structs import replace

from capillary_async import CapillaryClient, ClientOptions, OAuth
from capillary_async.errors import ConfigurationError, TransportError
from capillary_async.pipeline import direct_http
from capillary_async.pipeline.direct_http import DirectHttp
from capillary_async.pipeline.request import CallContext
from capillary_async.pipeline.urls import BaseUrl
from capillary_async.sandbox import Sandbox
from tests.faults.wire import Asked, HttpConnection, RawServer, answer, chunked
from tests.pipeline.opening import Server, error_of, opened, request

# The method of `ClientSession` that tools replace.
REPLACED = "_request"


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return which way each request took."""
    taken: list[str] = []
    around, through = DirectHttp.exchange, aiohttp.ClientSession.request

    async def exchange(direct: DirectHttp, *arguments: Any) -> Any:
        taken.append("around")
        return await around(direct, *arguments)

    def session_request(session: aiohttp.ClientSession, *arguments: Any, **named: Any) -> Any:
        taken.append("through")
        return through(session, *arguments, **named)

    monkeypatch.setattr(DirectHttp, "exchange", exchange)
    monkeypatch.setattr(aiohttp.ClientSession, "request", session_request)
    return taken


async def call(server: Server, session: aiohttp.ClientSession | None = None, **options: Any) -> Any:
    """Send a request over a transport of its own."""
    async with opened(server.base_url, session, **options) as transport:
        return (await transport.send(request())).document


class TestWhich:
    """Which way a request takes."""

    async def test_a_request_of_ones_own_session_goes_around_it(self, server: Server, ways: list[str]) -> None:
        """It costs a quarter less."""
        await call(server)

        assert ways == ["around"]

    async def test_a_session_that_was_given_carries_them(self, server: Server, ways: list[str]) -> None:
        """Its middlewares, traces and headers are the user's wish."""
        async with aiohttp.ClientSession() as session:
            await call(server, session)

        assert ways == ["through"]

    async def test_a_proxy_is_the_sessions_work(self, server: Server, ways: list[str]) -> None:
        """It asks the proxy, and keeps its answers apart."""
        async with opened("http://127.0.0.1:1", proxy=server.base_url) as transport:
            await transport.send(request())

        assert ways == ["through"]

    @pytest.mark.parametrize("is_first", [True, False])
    async def test_a_tool_that_replaces_its_method_sees_them(
        self,
        monkeypatch: pytest.MonkeyPatch,
        server: Server,
        is_first: bool,  # noqa: FBT001
    ) -> None:
        """As aioresponses and vcrpy do, before a client opens or after it."""
        genuine, seen = getattr(aiohttp.ClientSession, REPLACED), list[str]()

        @functools.wraps(genuine)
        async def replacement(session: aiohttp.ClientSession, method: str, url: Any, **named: Any) -> Any:
            seen.append(method)
            return await genuine(session, method, url, **named)

        if is_first:
            monkeypatch.setattr(aiohttp.ClientSession, REPLACED, replacement)
        async with opened(server.base_url) as transport:
            monkeypatch.setattr(aiohttp.ClientSession, REPLACED, replacement)
            await transport.send(request())
            monkeypatch.undo()
            await transport.send(request())

        assert seen == ["GET"]

    async def test_a_tool_that_adds_traces_sees_them(
        self, monkeypatch: pytest.MonkeyPatch, server: Server, ways: list[str]
    ) -> None:
        """As OpenTelemetry's instrumentation of aiohttp does."""
        genuine = aiohttp.ClientSession.__init__

        def traced(session: aiohttp.ClientSession, **named: Any) -> None:
            genuine(session, **named, trace_configs=[aiohttp.TraceConfig()])

        monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)

        await call(server)

        assert ways == ["through"]

    async def test_another_aiohttp_is_used_by_its_session(
        self, monkeypatch: pytest.MonkeyPatch, server: Server, ways: list[str]
    ) -> None:
        """What is called here may be called otherwise in a later version."""

        def changed(self: ResponseHandler, settings: object) -> None: ...

        used = tuple(
            (changed, names) if function is ResponseHandler.set_response_params else (function, names)
            for function, names in direct_http.CALLED
        )
        monkeypatch.setattr(direct_http, "CALLED", used)

        await call(server)

        assert ways == ["through"]


class TestAround:
    """What the session would do is done."""

    async def test_a_connection_is_used_again(self, server: Server) -> None:
        """The pool is aiohttp's."""
        async with opened(server.base_url) as transport:
            for _ in range(3):
                await transport.send(request())

        assert server.raw.connections == 1

    async def test_a_server_that_closes_is_obeyed(self, server: Server) -> None:
        """It says so in its answer."""
        server.answers[:] = [answer(b'{"a": 1}', headers={"Connection": "close"})]
        async with opened(server.base_url) as transport:
            for _ in range(3):
                await transport.send(request())

        assert server.raw.connections == 3

    async def test_answers_come_in_every_form(self, server: Server) -> None:
        """Packed, in chunks, behind hints, and under many headers."""
        packed = answer(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})
        hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
        many = answer(b'{"a": 1}', headers={f"X-Header-{n}": "value" * 10 for n in range(14)})
        server.answers[:] = [packed, chunked(b'{"a": 1}'), hints + answer(b'{"a": 1}'), many]
        async with opened(server.base_url) as transport:
            found = [(await transport.send(request())).document for _ in range(4)]

        assert found == [{"a": 1}] * 4
        assert server.raw.connections == 1

    @pytest.mark.parametrize("hint", [b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
    async def test_a_call_that_left_closes_its_connection(self, hint: bytes) -> None:
        """The answer that it did not wait for must not be taken for that of the next request."""

        async def handle(wire: HttpConnection, asked: Asked) -> None:
            if wire.served == 1 and server.connections == 1:
                await wire.send(hint)
                await wire.stall()
            await wire.send(answer(b'{"a": 2}'))

        with RawServer(handle) as server:
            async with opened(server.base_url, max_connections=1) as transport:
                left = asyncio.create_task(transport.send(request()))
                await asyncio.sleep(0.05)
                left.cancel()
                await asyncio.wait([left])
                found = await transport.send(request())

        assert found.document == {"a": 2}
        assert server.connections == 2

    async def test_nothing_leaves_the_base_url(self, server: Server) -> None:
        """The origin is compared with the key of the connection that is about to be used."""
        async with opened(server.base_url) as transport:
            session: Any = aiohttp.ClientSession()
            direct = DirectHttp.around(session, BaseUrl.of(server.base_url), 1000)
            assert direct is not None
            led_astray = replace(direct, _origin=("elsewhere.example.com", 443, True))

            with pytest.raises(ConfigurationError, match="would leave the client's base URL"):
                await led_astray.exchange(request(), server.base_url + "/x")
            await session.close()
            await transport.send(request())

        assert len(server.seen) == 1

    async def test_a_malformed_head_is_said_as_ever(self, server: Server) -> None:
        """In the words that the session's way has."""
        server.answers[:] = [b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"]
        call_context = CallContext()
        async with opened(server.base_url) as transport:
            error = await error_of(transport.send(request(call=call_context)))

        assert isinstance(error, TransportError)
        assert error.retryable
        assert "the answer was malformed" in str(error)

    async def test_credentials_and_bodies_travel(self, ways: list[str]) -> None:
        """A request for a token has a body."""
        async with Sandbox() as sandbox:
            auth = OAuth(sandbox.key, sandbox.secret)
            async with CapillaryClient(sandbox.base_url, auth, options=ClientOptions(language="zh")) as client:
                assert (await client.customers.get(5)).id == 5

        assert ways == ["around", "around"]
