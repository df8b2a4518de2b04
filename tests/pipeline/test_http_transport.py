"""What goes over the wire, over which session, and how much of it."""

import gzip
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

import capillary_async
from capillary_async import AccessToken, CapillaryClient
from capillary_async.errors import (
    AuthenticationError,
    ConfigurationError,
    DecodeError,
    ResponseError,
    ServerError,
)
from capillary_async.options import Secret
from capillary_async.pipeline.request import CallContext
from capillary_async.pipeline.token import TOKEN_HEADER
from capillary_async.pipeline.urls import BaseUrl
from tests.faults.wire import Asked, HttpConnection, RawServer, answer, chunked
from tests.pipeline.opening import GOOD, ROUTE, Server, error_of, opened, request, transport_to

LIBRARY = (
    f"capillary_async/{capillary_async.__version__} python/{sys.version_info.major}.{sys.version_info.minor}"
    f" aiohttp/{aiohttp.__version__}"
)

pytestmark = pytest.mark.usefixtures("way")


class TestExchange:
    """What goes over the wire, byte for byte."""

    async def test_a_request_carries_what_the_documentation_asks_for(self, server: Server) -> None:
        """Accept and Content-Type are mandatory there, also for a GET."""
        async with opened(server.base_url, user_agent_suffix="shop/1.4") as transport:
            await transport.send(
                request(ROUTE, path_values={"id": 7}, query=(("q", "a b"),), headers={"T": Secret("s")})
            )

        (asked,) = server.seen
        assert (asked.method, asked.target) == ("GET", "/v2/customers/7/trackers?q=a%20b")
        expected = {
            "host": server.base_url.removeprefix("http://"),
            "accept": "application/json",
            "content-type": "application/json",
            "accept-encoding": "gzip, deflate",
            "user-agent": f"{LIBRARY} shop/1.4",
            "t": "s",
        }
        # Another test of the same process may have switched tracing on.
        assert {name: value for name, value in asked.headers.items() if name != "traceparent"} == expected
        assert next(iter(asked.headers)) == "host"  # as RFC 9110 asks for

    @pytest.mark.parametrize("is_given", [False, True])
    async def test_credentials_travel_with_every_request_and_are_never_repeated(
        self,
        server: Server,
        is_given: bool,  # noqa: FBT001
    ) -> None:
        """They stand in no request, and a refusal may hold them."""
        server.answers[:] = [answer(b'{"errors":[{"code":1,"message":"open-sesame is unknown"}]}', status=401)]
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession()) if is_given else None
            client = CapillaryClient(server.base_url, AccessToken("open-sesame"), session=session)
            await stack.enter_async_context(client)

            with pytest.raises(AuthenticationError) as caught:
                await client.fetch("/v2/x")

        assert server.seen[0].headers[TOKEN_HEADER.lower()] == "open-sesame"
        assert caught.value.errors[0].message == "... is unknown"

    async def test_a_post_carries_json(self, server: Server) -> None:
        """Secrets in it are revealed on the way out, and not before."""
        body = {"key": Secret("k"), "secret": Secret('"ü')}

        async with opened(server.base_url + "/prefix") as transport:
            await transport.send(request(method="POST", body=body))

        (asked,) = server.seen
        assert (asked.method, asked.target, asked.headers["content-length"]) == (
            "POST",
            "/prefix/x",
            str(len(asked.body)),
        )
        assert json.loads(asked.body) == {"key": "k", "secret": '"ü'}

    async def test_an_answer_is_noted_in_its_call(self, server: Server) -> None:
        """Metrics are made from it."""
        server.answers[0] = answer(b'{"errors":[{"code":8015}]}', status=404, headers={"X-Cap-Requestid": "r-1"})
        call = CallContext()

        async with opened(server.base_url) as transport:
            await error_of(transport.send(request(call=call)))

        assert (call.attempts, call.status, call.request_id, call.size) == (1, 404, "r-1", 26)

    async def test_cookies_are_not_sent_back(self, server: Server) -> None:
        """The gateway sets one with every answer."""
        server.answers[0] = answer(b"{}", headers={"Set-Cookie": "_cfuvid=x; Path=/"})
        jar = aiohttp.CookieJar(unsafe=True)

        async with opened(server.base_url) as transport:
            await transport.send(request())
            await transport.send(request())
        async with aiohttp.ClientSession(cookie_jar=jar) as session, opened(server.base_url, session) as transport:
            await transport.send(request())
            await transport.send(request())

        assert len(jar) == 1
        assert not [asked for asked in server.seen if "cookie" in asked.headers]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_redirects_are_not_followed(self, server: Server, status: int) -> None:
        """The token header would go wherever an answer says."""
        with RawServer(lambda wire, _: wire.send(GOOD)) as other:
            for location in ("/y", other.base_url + "/y", "//evil.example/y"):
                server.answers[0] = answer(b"", status=status, headers={"Location": location})
                async with opened(server.base_url) as transport:
                    error = await error_of(transport.send(request(headers={"T": Secret("s")})))

                assert type(error) is ResponseError
                assert error.status == status
                assert not error.retryable

            assert other.connections == 0
        assert len(server.seen) == 3

    async def test_the_environment_has_no_say(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A proxy or a password from there would see or replace the credentials."""
        (tmp_path / "netrc").write_text("default login user password word\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")

        async with opened(server.base_url) as transport:
            await transport.send(request())

        assert "authorization" not in server.seen[0].headers

    async def test_a_proxy_of_the_options_is_used(self, server: Server) -> None:
        """It sees the whole URL, as proxies do."""
        proxy = server.base_url.replace("http://", "http://user:word@")

        async with opened("http://127.0.0.1:1", proxy=proxy) as transport:
            await transport.send(request())

        assert server.seen[0].target == "http://127.0.0.1:1/x"
        assert server.seen[0].headers["proxy-authorization"] == "Basic dXNlcjp3b3Jk"

    async def test_compressed_answers_are_inflated(self, server: Server) -> None:
        """The client asks for them."""
        server.answers[:] = [
            answer(gzip.compress(b'{"a":2}'), encoding="gzip"),
            chunked(b'{"a":"' + b"x" * 1000 + b'"}'),
        ]

        async with opened(server.base_url) as transport:
            calls = [CallContext(), CallContext()]
            first, _ = [await transport.send(request(call=call)) for call in calls]

        assert first.document == {"a": 2}
        assert [call.size for call in calls] == [7, 1008]

    @pytest.mark.parametrize("is_given", [False, True])
    async def test_a_request_that_would_leave_the_base_url_is_stopped(self, server: Server, is_given: bool) -> None:  # noqa: FBT001
        """The check stands between aiohttp and the connection, whatever becomes of the code above."""
        elsewhere = replace(BaseUrl.of(server.base_url), host="127.0.0.2")
        session = aiohttp.ClientSession() if is_given else None
        transport = transport_to(elsewhere, session)
        await transport.open()

        error = await error_of(transport.send(request()))
        await transport.close()
        if session is not None:
            await session.close()

        assert isinstance(error, ConfigurationError)
        assert server.seen == []


class TestSessionGiven:
    """A session of the user's is used as it is, or refused; it stays the user's."""

    async def test_it_is_used_and_left_open(self, server: Server) -> None:
        """Web backends have one session for everything."""
        async with aiohttp.ClientSession(headers={"X-App": "app"}) as session:
            async with opened(server.base_url, session) as transport:
                await transport.send(request())

            assert not session.closed
        assert server.seen[0].headers["x-app"] == "app"

    async def test_its_own_settings_do_not_change_what_an_answer_means(self, server: Server) -> None:
        """A session may raise for a status by itself; the body would be lost with it."""
        server.answers[0] = answer(b'{"errors":[{"code":8015,"message":"none"}]}', status=404)

        async with (
            aiohttp.ClientSession(raise_for_status=True, timeout=aiohttp.ClientTimeout(total=1e-9)) as session,
            opened(server.base_url, session) as transport,
        ):
            error = await error_of(transport.send(request()))

        assert isinstance(error, ResponseError)
        assert error.codes == (8015,)

    @pytest.mark.parametrize(
        "settings",
        [
            {"trust_env": True},
            {"headers": {"Authorization": "Basic x"}},
            {"headers": {"authorization": "Basic x"}},
            {"headers": {"x-cap-api-oauth-token": "x"}},
        ],
    )
    async def test_credentials_of_its_own_are_refused(self, server: Server, settings: Mapping[str, Any]) -> None:
        """They would go out beside the client's, or in place of them."""
        async with aiohttp.ClientSession(**settings) as session:
            with pytest.raises(ConfigurationError, match=r"^session must not"):
                async with opened(server.base_url, session):
                    pass

    async def test_a_login_of_its_own_is_refused(self, server: Server) -> None:
        """It would replace the client's authentication."""
        with pytest.warns(DeprecationWarning, match="auth"):
            session = aiohttp.ClientSession(auth=aiohttp.BasicAuth("user", "word"))

        async with session:
            with pytest.raises(ConfigurationError, match="credentials"):
                async with opened(server.base_url, session):
                    pass

    async def test_a_closed_one_is_refused(self, server: Server) -> None:
        """Now, and when it is closed while the client is open."""
        session = aiohttp.ClientSession()

        async with opened(server.base_url, session) as transport:
            await session.close()
            error = await error_of(transport.send(request()))
        with pytest.raises(ConfigurationError, match="session is closed"):
            async with opened(server.base_url, session):
                pass

        assert isinstance(error, ConfigurationError)


class TestSize:
    """An answer is never larger than the cap, and too large a refusal is still a refusal."""

    @pytest.mark.parametrize("write", [answer, chunked])
    async def test_an_answer_may_be_as_large_as_the_cap(self, server: Server, write: Callable[[bytes], bytes]) -> None:
        """One byte more is too much, and ends the connection."""
        server.answers[:] = [write(b'"' + b"x" * 998 + b'"'), write(b'"' + b"x" * 999 + b'"'), GOOD]

        async with opened(server.base_url, max_response_bytes=1000, max_connections=1) as transport:
            call = CallContext()
            await transport.send(request(call=call))
            error = await error_of(transport.send(request()))
            await transport.send(request())

        assert call.size == 1000
        assert isinstance(error, DecodeError)
        assert not error.retryable

    async def test_an_answer_without_end_is_not_waited_for(self) -> None:
        """Reading stops at the cap."""

        async def flood(wire: HttpConnection, _: Asked) -> None:
            await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                await wire.send(b" " * 2**16)

        with RawServer(flood) as server:
            async with opened(server.base_url, max_response_bytes=2**20) as transport:
                error = await error_of(transport.send(request()))

        assert isinstance(error, DecodeError)

    @pytest.mark.parametrize("body", [b"<html>" + b" " * 2**21, b'{"errors":[{"code":4001}]}' + b" " * 2**21])
    async def test_a_refusal_of_2_mb_frees_its_connection(self, server: Server, body: bytes) -> None:
        """A retry that finds the only connection still busy with it would wait for ever."""
        server.answers[:] = [answer(body, status=503), GOOD]

        async with opened(server.base_url, max_connections=1) as transport:
            error = await error_of(transport.send(request()))
            response = await transport.send(request())

        assert isinstance(error, ServerError)
        assert response.document == {"a": 1}

    @pytest.mark.parametrize(
        "refusal",
        [
            answer(b" " * 5000, status=503),
            answer(b"no gzip", status=503, encoding="gzip"),
            answer(b"{}", status=503, encoding="br"),
        ],
    )
    async def test_a_refusal_whose_body_cannot_be_read_is_still_one(self, server: Server, refusal: bytes) -> None:
        """The status says enough, and that another attempt may help."""
        server.answers[0] = refusal

        async with opened(server.base_url, max_response_bytes=1000) as transport:
            error = await error_of(transport.send(request()))

        assert isinstance(error, ServerError)
        assert error.retryable
