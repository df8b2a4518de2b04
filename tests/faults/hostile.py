"""Hostile input and environments that try to change the target or the headers of a request.

The server records every request byte for byte. A second server represents all other hosts; no request may reach it.
"""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
import attrs

from capillary_async import (
    AccessToken,
    BasicAuth,
    CapillaryClient,
    CapillaryError,
    ClientOptions,
    ConfigurationError,
    OAuth,
)
from capillary_async.pipeline.request import Request
from capillary_async.pipeline.token import TOKEN_HEADER, TOKEN_PATH
from tests.faults.lookups import AUTH, PATIENT
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer

_HEADERS: Final = {"host", "accept", "content-type", "accept-encoding", "user-agent", "authorization", "traceparent"}
_GOOD: Final = b'{"entity": 7, "data": []}'

# Texts with a special meaning in URLs, headers, shells or databases, and texts that look like other texts.
TEXTS: Final = (
    "../admin", "..", ".", "%2e%2e", "%2E%2E/x", "a/../../b", "/", "//evil.example.com", "\\\\evil\\x", "a/b", "a%2fb",
    "?x=1", "#top", "a&source=OTHER", "a=b", "a;b", "a,b", "a b", " ", "", "a+b", "%", "%00", "%zz", "%25", "%252e",
    "\x00", "\r\nX-Evil: 1", "\nHost: evil", "\t", "\x7f", "\x85", "\u2028", "\u200b", "\ufeff", "é",
    "\uff0e\uff0e\uff0f", "\U0001d518", "\u202e",
    "\ud800", "@evil.example.com", "user:word@evil", "http://evil.example.com/", "javascript:1", "'; DROP TABLE x --",
    "{customerId}", "{0}", "%(x)s", "${x}", "$(x)", "`x`", "<b>", '"', "'", "|", "~", "^", "[::1]", "*", "a" * 2000,
)  # fmt: skip
_PIECES: Final = (
    "..",
    "/",
    "\\",
    "%2f",
    "%",
    "?",
    "#",
    "&",
    "=",
    "@",
    ":",
    ";",
    "\r\n",
    "\x00",
    " ",
    ".",
    "a",
    "é",
    "{x}",
)

BASE_URLS: Final[tuple[Any, ...]] = (
    "http://example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://127.0.0.1@example.com",
    "http://example.com#@127.0.0.1", "http://127.0.0.1\\@example.com", "https://user:word@example.com",
    "https://@example.com", "https://example.com?x", "https://example.com/?", "https://example.com#", "https://example.com/../x",
    "https://example.com/%2e%2e", "https://example.com//x", "https://", "https:///x", "//example.com", "example.com",
    "", "ftp://127.0.0.1", "file:///etc/passwd", "javascript:1", "https://exa mple.com", " https://example.com",
    "https://example.com\n", "https://example.com\r\nX: y", "https://example.com:0", "https://example.com:99999",
    "https://example.com:x", "https://[::1", "https://[::1%25lo]", "http://0x7f.1", "http://2130706433", "http://127.1",
    "http://0.0.0.0", "http://[::]", "http://[::ffff:10.0.0.1]", "http://\uff4c\uff4fcalhost",
    "http://localhost\u3002example.com",
    "http://169.254.169.254", "https://exam\u200bple.com", "https://*.example.com", None, 7, b"https://example.com",
)  # fmt: skip

HEADER_TEXTS: Final = ("a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "\x7f", "é", "")


@attrs.define(eq=False)
class TwoServers:
    """A server that records its requests, and a second one that no request may reach.

    Attributes:
        raw: The server.
        elsewhere: The second server.
        asked: The recorded requests.
        replies: The server's answers, by path; other paths get a good answer.
    """

    raw: RawServer
    elsewhere: RawServer
    asked: list[Asked]
    replies: dict[str, bytes] = attrs.field(factory=dict[str, bytes])


@asynccontextmanager
async def surrounded() -> AsyncGenerator[TwoServers]:
    """Run the two servers."""
    asked: list[Asked] = []

    async def handle(wire: HttpConnection, request: Asked) -> None:
        asked.append(request)
        await wire.send(around.replies.get(request.path, answer(_GOOD)))

    async def answer_elsewhere(wire: HttpConnection, _asked: Asked) -> None:
        await wire.send(answer(_GOOD))

    with RawServer(handle) as raw, RawServer(answer_elsewhere) as elsewhere:
        around = TwoServers(raw, elsewhere, asked)
        yield around


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    texts = [*TEXTS, *_random_texts(scale.random_of("hostile"), scale.of(1000, 50))]
    yield asyncio.run(_texts("ids in paths", texts, _send_in_path, _is_one_segment))
    yield asyncio.run(_texts("paths", texts, _send_as_path, _are_its_segments))
    yield asyncio.run(_texts("values in queries", texts, _send_in_query, _is_the_value))
    yield asyncio.run(_texts("names in queries", texts, _send_as_name, _is_the_name))
    yield asyncio.run(_tokens([*TEXTS, *HEADER_TEXTS]))
    yield _refused("base URLs", [partial(CapillaryClient, url, AUTH) for url in BASE_URLS])
    yield _refused("texts for headers", [build for text in HEADER_TEXTS for build in _headers_with(text)])
    yield asyncio.run(_redirects())
    yield asyncio.run(_environment())
    yield asyncio.run(_cookies())
    yield asyncio.run(_sessions())


def _random_texts(random: Random, count: int) -> Iterator[str]:
    for _ in range(count):
        yield "".join(random.choices(_PIECES, k=random.randrange(1, 8)))


Send = Callable[[CapillaryClient, str], Awaitable[Any]]
IsHarmless = Callable[[str, str], bool]


async def _texts(name: str, texts: list[str], send: Send, is_harmless: IsHarmless) -> Row:
    """Use each text as an argument; it is sent correctly or refused before a request."""
    row = Row(f"hostile {name}")
    async with surrounded() as around, CapillaryClient(around.raw.base_url, AUTH, options=PATIENT) as client:
        for text in texts:
            around.asked.clear()
            row.injected += 1
            try:
                await send(client, text)
            except ValueError:
                row.refused += 1
                row.check(f"sent and refused: {text!r}", holds=not around.asked)
            else:
                row.healed += 1
                is_well = len(around.asked) == 1 and is_harmless(around.asked[0].target, text)
                row.wrong += not is_well
                row.check(f"{text!r} became {around.asked!r}", holds=is_well)
            _look_at_heads(row, around)
    return row.finish()


def _look_at_heads(row: Row, around: TwoServers) -> None:
    for asked in around.asked:
        is_plain = asked.target.isascii() and asked.target.isprintable() and " " not in asked.target
        row.check(f"odd target {asked.target!r}", holds=is_plain and asked.target.startswith("/v2/"))
        row.check(f"odd headers {sorted(asked.headers)}", holds=set(asked.headers) <= _HEADERS)
        row.check(f"odd host {asked.headers['host']}", holds=asked.headers["host"] in around.raw.base_url)
    row.check("the second server was called", holds=not around.elsewhere.connections)


def _send_in_path(client: CapillaryClient, text: str) -> Awaitable[Any]:
    return client.customers.endpoint_client.get(Request("/v2/customers/{customerId}", {"customerId": text}, into=dict))


def _is_one_segment(target: str, text: str) -> bool:
    segment = target.removeprefix("/v2/customers/")
    return unquote(segment, errors="strict") == text and not set(segment) & set("/?#\\") and segment not in (".", "..")


def _send_as_path(client: CapillaryClient, text: str) -> Awaitable[Any]:
    return client.fetch(f"/v2/customers/{text}")


def _are_its_segments(target: str, text: str) -> bool:
    segments = target.split("/")
    is_same = [unquote(segment, errors="strict") for segment in segments] == f"/v2/customers/{text}".split("/")
    return is_same and not {".", ".."}.intersection(segments) and not set(target) & set("?#\\")


def _send_in_query(client: CapillaryClient, text: str) -> Awaitable[Any]:
    return client.customers.find_id("externalId", text)


def _is_the_value(target: str, text: str) -> bool:
    asked = [("source", "INSTORE"), ("identifierName", "externalId"), ("identifierValue", text)]
    return urlsplit(target).path == "/v2/customers/lookup" and _query_of(target) == asked


def _send_as_name(client: CapillaryClient, text: str) -> Awaitable[Any]:
    return client.fetch("/v2/customers", {"source": "INSTORE", text: text})


def _is_the_name(target: str, text: str) -> bool:
    return urlsplit(target).path == "/v2/customers" and _query_of(target) == [("source", "INSTORE"), (text, text)]


def _query_of(target: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing=True, errors="strict")


async def _tokens(texts: list[str]) -> Row:
    """Let the server grant tokens with line breaks and other characters that a header must not have."""
    row = Row("hostile tokens from the server")
    for text in texts:
        async with surrounded() as around:
            granted = json.dumps({"data": {"accessToken": text, "ttlSeconds": 300}}).encode()
            around.replies[TOKEN_PATH] = answer(granted)
            async with CapillaryClient(around.raw.base_url, OAuth("a key", "a secret"), options=PATIENT) as client:
                row.injected += 1
                try:
                    await client.targets.get_active(1)
                except CapillaryError:
                    row.refused += 1
                    row.check(f"sent with {text!r}", holds={asked.path for asked in around.asked} == {TOKEN_PATH})
                else:
                    row.healed += 1
                    *_, last = around.asked
                    row.check(f"{text!r} was changed", holds=last.headers[TOKEN_HEADER.lower()] == text.strip())
                    row.check("odd headers", holds=set(last.headers) <= _HEADERS | {TOKEN_HEADER.lower()})
    return row.finish()


def _headers_with(text: str) -> list[Callable[[], object]]:
    return [
        lambda: BasicAuth(text, "a password"),
        lambda: AccessToken(text),
        lambda: OAuth("a key", "a secret", ("STORE_CODE", text)),
        lambda: ClientOptions(language=text),
    ]


def _refused(name: str, builds: list[Callable[[], object]]) -> Row:
    """Create clients and requests with invalid values."""
    row = Row(f"hostile {name}", len(builds))
    for number, build in enumerate(builds):
        try:
            build()
        except (ConfigurationError, ValueError):
            row.refused += 1
        else:
            row.lost += 1
            row.messages.append(f"number {number} was taken")
    return row.finish()


async def _redirects() -> Row:
    """Redirect calls and token requests, to the same server and to the second one."""
    row = Row("redirects of calls with a token, and of its own")
    async with surrounded() as around:
        places = (
            f"{around.elsewhere.base_url}/x",
            around.elsewhere.base_url.removeprefix("http:"),
            f"{around.raw.base_url}/v2/other",
            "/v2/other",
            "other",
            "",
        )
        for status in (101, 300, 301, 302, 303, 305, 307, 308):
            for place in places:
                for redirected in (TOKEN_PATH, "/v3/users/1/enrolledTargets"):
                    await _redirect(row, around, redirected, status, place)
        row.check("the second server was called", holds=not around.elsewhere.connections)
    return row.finish()


async def _redirect(row: Row, around: TwoServers, redirected: str, status: int, place: str) -> None:
    around.asked.clear()
    around.replies.clear()
    around.replies[TOKEN_PATH] = answer(b'{"data": {"accessToken": "token", "ttlSeconds": 300}}')
    around.replies[redirected] = answer(b"", status=status, headers={"Location": place, "Refresh": f"0; url={place}"})
    row.injected += 1
    async with CapillaryClient(around.raw.base_url, OAuth("a key", "a secret"), options=PATIENT) as client:
        try:
            await client.targets.get_active(1)
        except CapillaryError:
            row.refused += 1
        else:
            row.wrong += 1
    paths = {asked.path for asked in around.asked}
    row.check(f"went on to {paths}", holds=paths <= {TOKEN_PATH, "/v3/users/1/enrolledTargets"})


async def _environment() -> Row:
    """Set proxies and passwords in environment variables and .netrc."""
    row = Row("proxies and .netrc of the environment", 2)
    async with surrounded() as around:
        with _evil_environment(around.elsewhere.base_url):
            for auth in (AUTH, AccessToken("token")):
                async with CapillaryClient(around.raw.base_url, auth, options=PATIENT) as client:
                    row.healed += await client.customers.find_id("mobile", "1") == 7
        basic, token = around.asked
        row.check("another password", holds="evil" not in repr(around.asked) and basic.headers != token.headers)
        row.check("a password beside a token", holds="authorization" not in token.headers)
        row.check("a proxy was asked", holds=not around.elsewhere.connections)
    return row.finish()


@contextmanager
def _evil_environment(proxy: str) -> Generator[None]:
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    with TemporaryDirectory() as folder:
        netrc = Path(folder, "netrc")
        netrc.write_text("machine 127.0.0.1 login evil password evil\ndefault login evil password evil\n")
        netrc.chmod(0o600)
        with patch.dict(os.environ, {**dict.fromkeys(names, proxy), "NETRC": str(netrc), "no_proxy": ""}):
            yield


async def _cookies() -> Row:
    """Let the server set cookies, also in a session that keeps cookies."""
    row = Row("cookies", 6)
    async with surrounded() as around, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        cookies = {"Set-Cookie": "_cfuvid=1; Path=/", "set-cookie": "a=b"}
        around.replies["/v2/customers/lookup"] = answer(_GOOD, headers=cookies)
        for given in (None, session):
            async with CapillaryClient(around.raw.base_url, AUTH, options=PATIENT, session=given) as client:
                for _ in range(3):
                    row.healed += await client.customers.find_id("mobile", "1") == 7
        row.check("a cookie came back", holds=all("cookie" not in asked.headers for asked in around.asked))
        row.check("the session kept none", holds=len(session.cookie_jar) > 0)
    return row.finish()


async def _sessions() -> Row:
    """Use given sessions with their own credentials or proxies."""
    row = Row("sessions with credentials or proxies")
    async with surrounded() as around:
        for is_trusting, headers in ((True, {}), (False, {"Authorization": "evil"}), (False, {TOKEN_HEADER: "evil"})):
            row.injected += 1
            async with aiohttp.ClientSession(trust_env=is_trusting, headers=headers) as session:
                try:
                    async with CapillaryClient(around.raw.base_url, AUTH, session=session) as client:
                        await client.customers.find_id("mobile", "1")
                except ConfigurationError:
                    row.refused += 1
                else:
                    row.lost += 1
        row.check("something was sent", holds=not around.asked)
    return row.finish()
