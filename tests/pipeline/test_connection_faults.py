"""What breaks, and what takes too long."""

import asyncio
import json
import math
import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from capillary_async.errors import (
    ConfigurationError,
    DeadlineExceeded,
    TransportError,
)
from capillary_async.options import ClientOptions, Secret
from capillary_async.pipeline.request import CallContext, Response
from tests.fakes import outcomes
from tests.faults.wire import Asked, HttpConnection, RawServer, answer
from tests.pipeline.opening import GOOD, admitted, error_of, opened, request

pytestmark = pytest.mark.usefixtures("way")


class TestTime:
    """An attempt's time is its own: neither queueing nor a trickle changes it."""

    @pytest.mark.parametrize("is_given", [False, True])
    async def test_queueing_for_a_connection_costs_an_attempt_nothing(self, is_given: bool) -> None:  # noqa: FBT001
        """Bare aiohttp lets most of these calls time out before they have begun."""

        async def slow(wire: HttpConnection, _: Asked) -> None:
            await asyncio.sleep(0.04)
            await wire.send(GOOD)

        connector = aiohttp.TCPConnector(limit=100, limit_per_host=5) if is_given else None
        session = aiohttp.ClientSession(connector=connector) if is_given else None
        with RawServer(slow) as server:
            async with admitted(server.base_url, session, max_connections=100 if is_given else 5) as transport:
                calls = [CallContext(options=ClientOptions(attempt_timeout=0.3)) for _ in range(60)]
                answers = await outcomes(*(transport.send(request(call=call)) for call in calls))
            if session is not None:
                await session.close()

            assert all(isinstance(found, Response) for found in answers)
            assert server.connections == 5

    async def test_a_trickle_ends_with_the_attempt(self) -> None:
        """Each byte comes in time; the answer never does."""

        async def trickle(wire: HttpConnection, _: Asked) -> None:
            for byte in answer(b" " * 1000):
                await wire.send(bytes((byte,)))
                await asyncio.sleep(0.005)

        with RawServer(trickle) as server:
            async with opened(server.base_url) as transport:
                call = CallContext(options=ClientOptions(attempt_timeout=0.1))
                error = await error_of(transport.send(request(call=call)))

        assert type(error) is TransportError
        assert str(error) == "no complete answer within 0.1 s"
        assert error.retryable

    async def test_silence_ends_with_the_deadline(self) -> None:
        """Whichever of the two comes first."""
        with RawServer(lambda wire, _: wire.stall()) as server:
            async with opened(server.base_url) as transport:
                soon = asyncio.get_running_loop().time() + 0.05
                error = await error_of(transport.send(request(call=CallContext(soon))))

        assert isinstance(error, DeadlineExceeded)
        assert not error.retryable

    async def test_a_deadline_passes_in_the_queue_too(self) -> None:
        """The request was not sent, and is not counted."""
        call = CallContext()

        with RawServer(lambda wire, _: wire.stall()) as server:
            async with admitted(server.base_url, max_connections=1) as transport:
                first = asyncio.create_task(transport.send(request()))
                await asyncio.sleep(0)
                call.deadline = asyncio.get_running_loop().time() + 0.05
                error = await error_of(transport.send(request(call=call)))
                first.cancel()
                await asyncio.wait([first])

        assert isinstance(error, DeadlineExceeded)
        assert "waiting for a connection" in str(error)
        assert call.attempts == 0

    async def test_who_leaves_the_queue_leaves_the_place_to_the_next(self) -> None:
        """A place that is lost with each of them would stop the client in the end."""
        goes_on = asyncio.Event()
        loop = asyncio.get_running_loop()

        async def wait(wire: HttpConnection, _: Asked) -> None:
            await goes_on.wait()
            await wire.send(GOOD)

        with RawServer(wait) as server:
            async with admitted(server.base_url, max_connections=2) as transport:
                calls = [asyncio.create_task(transport.send(request())) for _ in range(10)]
                late = asyncio.create_task(transport.send(request(call=CallContext(loop.time() + 0.01))))
                await asyncio.wait([late])
                for call in calls[::2]:
                    call.cancel()
                server.run(goes_on.set)
                found = await outcomes(*calls[1::2])
                again = await outcomes(*(transport.send(request()) for _ in range(4)))

        assert all(isinstance(answered, Response) for answered in found + again)


async def test_a_deadline_in_the_far_future_is_none() -> None:
    """Without one, nothing sets a timer for it."""
    with RawServer(lambda wire, _: wire.send(GOOD)) as server:
        async with opened(server.base_url, max_connections=1) as transport:
            found = await outcomes(*(transport.send(request(call=CallContext(math.inf))) for _ in range(5)))

    assert all(isinstance(response, Response) for response in found)


class TestFaults:
    """Whatever breaks has a name of ours, and what aiohttp knew of it stays with aiohttp."""

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"HTTP/1.1 200",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
            b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a":1}',
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n{}",
            b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n{",
        ],
    )
    @pytest.mark.parametrize("is_reset", [False, True])
    async def test_a_broken_answer_is_a_transport_error(self, data: bytes, is_reset: bool) -> None:  # noqa: FBT001
        """The library underneath calls malformed answers "400"; nobody may mistake that for the API's word."""
        asked_for: list[Asked] = []

        async def break_off(wire: HttpConnection, asked: Asked) -> None:
            asked_for.append(asked)
            await wire.send(data)
            await asyncio.sleep(0.005)  # so that a reset does not overtake the data
            wire.reset() if is_reset else wire.close()

        call = CallContext()
        with RawServer(break_off) as server:
            async with opened(server.base_url) as transport:
                error = await error_of(transport.send(request("/x/{id}", path_values={"id": 7654321}, call=call)))

        assert type(error) is TransportError
        assert error.retryable
        assert "7654321" not in str(error)
        assert len(asked_for) == call.attempts == 1

    @pytest.mark.parametrize("is_given", [False, True])
    async def test_a_stale_connection_is_not_asked_twice_in_secret(self, is_given: bool) -> None:  # noqa: FBT001
        """The library underneath repeats a GET by itself; the server must see what the client reports, and no more."""
        seen: list[str] = []

        async def answer_once(wire: HttpConnection, asked: Asked) -> None:
            seen.append(asked.target)
            if wire.served > 1:
                wire.reset()
            else:
                await wire.send(GOOD)

        second, third = CallContext(), CallContext()
        session = aiohttp.ClientSession() if is_given else None
        with RawServer(answer_once) as server:
            async with opened(server.base_url, session) as transport:
                await transport.send(request("/first"))
                error = await error_of(transport.send(request("/second", call=second)))
                await transport.send(request("/third", call=third))
            if session is not None:
                await session.close()

        assert type(error) is TransportError
        assert seen == ["/first", "/second", "/third"]
        assert (second.attempts, third.attempts) == (1, 1)

    async def test_an_answer_that_nobody_asked_for_is_nobodys(self) -> None:
        """Handed to the next request, it would be another customer's data."""

        async def answer_twice(wire: HttpConnection, asked: Asked) -> None:
            await wire.send(answer(json.dumps(asked.target).encode()))
            await asyncio.sleep(0.01)
            if wire.served == 1 and asked.target == "/first":
                await wire.send(answer(b'"unasked"'))

        with RawServer(answer_twice) as server:
            async with opened(server.base_url, max_connections=1) as transport:
                first = await transport.send(request("/first"))
                await asyncio.sleep(0.05)
                second = await transport.send(request("/second"))

        assert (first.document, second.document) == ("/first", "/second")

    async def test_a_refused_connection_says_so(self) -> None:
        """The system's words name nobody."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            async with opened(f"http://127.0.0.1:{port}") as transport:
                error = await error_of(transport.send(request()))

        assert type(error) is TransportError
        assert str(error) == f"no connection to 127.0.0.1:{port}: Connection refused"
        assert error.retryable

    @pytest.mark.parametrize(
        ("failure", "is_retryable"),
        [
            (OSError(None, "no"), True),
            (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), True),
            (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), False),
        ],
    )
    async def test_an_unknown_host_says_so(self, failure: OSError, is_retryable: bool) -> None:  # noqa: FBT001
        """The usual cause is a typo; only where DNS could not tell is there a reason to ask again."""

        class Nowhere(AbstractResolver):
            async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
                raise failure

            async def close(self) -> None:
                pass

        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Nowhere())) as session,
            opened("https://tenant.example.com", session) as transport,
        ):
            error = await error_of(transport.send(request()))

        assert str(error) == (
            "no connection to tenant.example.com:443: the host was not found; check the base URL, and the network's DNS"
        )
        assert error.retryable is is_retryable

    async def test_a_port_that_speaks_no_tls_says_so(self) -> None:
        """A base URL with https and the port of http is a common mistake."""

        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(GOOD)
            writer.close()

        async with await asyncio.start_server(greet, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            async with opened(f"https://127.0.0.1:{port}") as transport:
                error = await error_of(transport.send(request()))

        assert str(error).startswith(f"no connection to 127.0.0.1:{port}: TLS failed (")
        assert str(error).endswith("it speaks no TLS there, check the base URL and the port")

    async def test_an_untrusted_certificate_is_final(self) -> None:
        """No retry makes it trusted."""

        class Untrusted(aiohttp.TCPConnector):
            async def connect(self, req: Any, *args: Any, **kwargs: Any) -> Any:
                problem = ssl.SSLCertVerificationError(1, "certificate verify failed for tenant.example.com")
                raise aiohttp.ClientConnectorCertificateError(req.connection_key, problem)

        async with (
            aiohttp.ClientSession(connector=Untrusted()) as session,
            opened("https://tenant.example.com", session) as transport,
        ):
            error = await error_of(transport.send(request()))

        assert type(error) is TransportError
        assert str(error) == (
            "no connection to tenant.example.com:443: its certificate is not trusted (certificate verify failed for"
            " tenant.example.com); if its authority is your own, give the authority's certificate as ca_file"
        )
        assert not error.retryable

    async def test_a_dead_proxy_is_named_with_its_port(self) -> None:
        """The API is well, and who looks for the fault there loses an hour."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            async with opened("https://tenant.example.com", proxy=f"http://user:pssst@127.0.0.1:{port}") as transport:
                error = await error_of(transport.send(request()))

        assert str(error) == f"no connection to the proxy 127.0.0.1:{port}: Connection refused"
        assert error.retryable

    @pytest.mark.parametrize(
        ("status", "said", "is_retryable"),
        [
            (407, "the proxy wants other credentials (HTTP 407)", False),
            (403, "the proxy does not connect (HTTP 403)", False),
            (502, "the proxy does not connect (HTTP 502)", True),
        ],
    )
    async def test_a_proxy_that_refuses_says_so(self, status: int, said: str, is_retryable: bool) -> None:  # noqa: FBT001
        """A wrong password of a proxy does not get right by asking again."""

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            async with opened("https://tenant.example.com", proxy=f"http://user:pssst@127.0.0.1:{port}") as transport:
                error = await error_of(transport.send(request()))

        assert (str(error), error.retryable) == (said, is_retryable)

    async def test_whatever_else_fails_has_seen_the_headers(self) -> None:
        """Also a fault of aiohttp's, or in a part that the user brought, is turned into words of ours."""

        class Faulty(aiohttp.TCPConnector):
            async def connect(self, req: Any, *args: Any, **kwargs: Any) -> Any:
                raise KeyError(dict(req.headers))

        async with (
            aiohttp.ClientSession(connector=Faulty()) as session,
            opened("https://tenant.example.com", session) as transport,
        ):
            error = await error_of(transport.send(request(headers={"T": Secret("planted")})))

        assert str(error) == "the request failed (KeyError)"
        assert error.__context__ is None
        assert not error.retryable

    @pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
    async def test_certificates_that_cannot_be_read_are_refused(self, content: str | None, tmp_path: Path) -> None:
        """At once, and by the option's name."""
        path = tmp_path / "ca.pem"
        if content is not None:
            path.write_text(content)

        with pytest.raises(ConfigurationError, match="ca_file") as caught:
            async with opened("https://tenant.example.com", ca_file=str(path)):
                pass

        assert caught.value.__context__ is None

    async def test_certificates_of_a_file_are_trusted(self, tmp_path: Path) -> None:
        """The system's own are as good as any for this."""
        authorities = ssl.create_default_context().get_ca_certs(binary_form=True)
        path = tmp_path / "ca.pem"
        path.write_text("".join(map(ssl.DER_cert_to_PEM_cert, authorities[:1])))

        if authorities:
            async with opened("https://tenant.example.com", ca_file=str(path)):
                pass


WITHOUT_FILES = """
import asyncio, resource
from capillary_async import BasicAuth, CapillaryClient, ClientOptions, RetryPolicy, TransportError

async def main():
    options = ClientOptions(retry=RetryPolicy(attempts=1))
    async with CapillaryClient("http://127.0.0.1:1", BasicAuth("till", "password"), options=options) as client:
        get = client.customers.get
        get(1).close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        try:
            await get(1)
        except TransportError as error:
            print(error)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_process_without_free_descriptors_is_told_so() -> None:
    """What explains the error must be loaded already, because a module is a file, too."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", WITHOUT_FILES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    assert done.stdout.startswith("no connection to 127.0.0.1:1: Too many open files")
