"""Carry requests over HTTP; the only module that knows aiohttp.

What production does to a client ends here: connections that break, answers that trickle, redirects,
bombs. Three rules keep it honest.

* Nothing leaves the base URL. URLs are built here from a template and strictly encoded values, the
  origin is checked again on the very request that aiohttp is about to send, redirects are not
  followed, and cookies, `.netrc` and proxies from the environment are not used.
* What is counted is what was sent. aiohttp repeats a GET by itself, once, when a kept-alive
  connection breaks, and has no public switch for that. The middleware below sees each of these
  requests; it counts them and turns the broken connection into an error that aiohttp lets through,
  so that repeating is left to the retry policy, its budget and the rate limit.
* No aiohttp exception gets out, not even as `__context__`: they hold URLs and headers. They are
  turned into a reason first, and the error is raised after their handler has ended.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import os
import re
import ssl
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import attrs

from capillary_async.converter import encode_json
from capillary_async.errors import (
    CapillaryError,
    ConfigurationError,
    DeadlineExceeded,
    DecodeError,
    TransportError,
)
from capillary_async.options import ClientOptions, Region, Secret
from capillary_async.protocol import Moment, running_time
from capillary_async.replies import Answer, inflate, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    import aiohttp
    from yarl import URL

    from capillary_async.protocol import Call, Request, Response

_NAME: Final = re.compile(r"\{(\w+)\}")


@attrs.frozen
class BaseUrl:
    """Where every request goes: scheme, host, port and an optional path before the API's own.

    Attributes:
        text: The URL without a slash at its end.
    """

    text: str
    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, base_url: Region | str) -> BaseUrl:
        """Check a base URL.

        Raises:
            ConfigurationError: It is neither https, nor http to this machine, or has parts it must not have.
        """
        text = base_url.base_url if isinstance(base_url, Region) else base_url
        problem = _problem_of(text)
        if problem:
            raise ConfigurationError(f"base_url {problem}")
        parts = urlsplit(text)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(text.rstrip("/"), parts.scheme, (parts.hostname or "").lower(), port)

    def is_origin_of(self, url: URL) -> bool:
        """Whether `url` leads to the same scheme, host and port."""
        return url.scheme == self.scheme and url.host == self.host and url.port == self.port


def _problem_of(text: object) -> str | None:  # noqa: PLR0911  (one line a rule)
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return "must be a text of ASCII characters without spaces or backslashes"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "must start with https:// and name a host"
    if "@" in parts.netloc:
        return "must not hold a user name or a password"
    if "?" in text or "#" in text:
        return "must not have a query or a fragment"
    if port == 0 or "%" in text or any(part in (".", "..") for part in parts.path.split("/")) or "//" in parts.path:
        return "must have a plain path and a port above 0"
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return "must be https; plain http is for this machine only"
    return None


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def target(base: BaseUrl, request: Request[Any], zone: tzinfo) -> str:
    """Build the URL of a request; every value is encoded so strictly that it can only be a value.

    Args:
        base: What it starts with.
        request: The request.
        zone: The cluster's time zone, for dates.

    Raises:
        ValueError: A path value is empty or a dot segment, which no encoding makes harmless.
    """
    path = _NAME.sub(lambda name: _segment(name[1], request.path_values[name[1]]), request.path)
    if not request.query:
        return base.text + path
    parts: list[str] = []
    for name, value in request.query:
        written = value.text(zone) if isinstance(value, Moment) else value
        parts.append(f"{quote(name, safe='')}={quote(written, safe='')}")
    return f"{base.text}{path}?{'&'.join(parts)}"


def _segment(name: str, value: int | str) -> str:
    if isinstance(value, int):
        return str(int(value))
    if value in ("", ".", "..") or not value.isprintable():
        raise ValueError(f"{name} must be a text that can stand in a path")
    return quote(value, safe="")


@attrs.define(eq=False)
class HttpTransport:
    """Sends requests over a session, one connection each, and reads the answers.

    Args:
        base: Where they go.
        zone: The cluster's time zone.
        options: Timeouts, limits, proxy and certificates.
        session: A session to use and not to close; `None` to open one.
    """

    _base: BaseUrl
    _zone: tzinfo
    _options: ClientOptions
    _given: aiohttp.ClientSession | None = None
    _session: aiohttp.ClientSession | None = attrs.field(default=None, init=False)
    _slots: asyncio.Semaphore = attrs.field(init=False)
    _headers: Mapping[str, str] = attrs.field(init=False, repr=False)
    _no_timeout: aiohttp.ClientTimeout = attrs.field(init=False)

    async def open(self) -> None:
        """Open the session inside the running loop.

        Raises:
            ConfigurationError: The session given would add credentials or proxies of its own, or
                the certificates cannot be read.
        """
        import aiohttp  # noqa: PLC0415

        self._no_timeout = aiohttp.ClientTimeout(total=None, sock_connect=None)  # ours counts from the slot
        self._headers = _standing_headers(self._options)
        self._slots = asyncio.Semaphore(self._options.max_connections)
        self._session = _own_session(self._options) if self._given is None else _fit(self._given)

    async def close(self) -> None:
        """Close the session, unless it was given."""
        session, self._session = self._session, None
        if session is not None and session is not self._given:
            await session.close()

    async def send(self, request: Request[Any], /) -> Response:
        """Carry one request.

        Raises:
            TransportError: No usable answer arrived.
            ResponseError: The API refused.
            DecodeError: The answer is not one JSON document, or is too large.
        """
        deadline = request.call.deadline
        await self._take_slot(deadline)
        try:
            now = running_time()
            outcome = await self._attempt(request, min(now + self._options.attempt_timeout, deadline))
        finally:
            self._slots.release()
        if isinstance(outcome, CapillaryError):
            raise outcome
        return read(outcome)

    async def _take_slot(self, deadline: float) -> None:
        """Queue for a connection here, where queueing costs the attempt none of its time."""
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            async with asyncio.timeout_at(None if deadline == math.inf else deadline):
                await self._slots.acquire()
                return
        except TimeoutError:
            pass
        raise DeadlineExceeded("the deadline passed while waiting for a connection")

    async def _attempt(self, request: Request[Any], ends_at: float) -> Answer | CapillaryError:
        """Send once and read the answer.

        What went wrong is returned, not raised, so that nothing of aiohttp's hangs on it.
        """
        import aiohttp  # noqa: PLC0415  (loaded with the first session, not with the package)

        try:
            async with asyncio.timeout_at(ends_at):
                return await self._exchange(request)
        except CapillaryError as error:
            return error
        except TimeoutError:
            return self._too_late(request)
        except asyncio.CancelledError as cancelled:
            # The same exception without aiohttp's frames, whose locals hold the headers.
            raise cancelled.with_traceback(None)  # noqa: B904
        except aiohttp.ClientConnectorError as error:
            return TransportError(f"no connection ({type(error).__name__}, {_os_reason(error.os_error)})")
        except (aiohttp.ClientError, OSError, EOFError, ValueError) as error:
            return TransportError(f"the connection broke or the answer was malformed ({type(error).__name__})")

    def _too_late(self, request: Request[Any]) -> TransportError:
        if running_time() >= request.call.deadline:
            return DeadlineExceeded("the deadline passed while waiting for the answer")
        return TransportError(f"no complete answer within {self._options.attempt_timeout:g} s")

    async def _exchange(self, request: Request[Any]) -> Answer:
        if self._session is None:
            raise ConfigurationError("the client is closed")
        import yarl  # noqa: PLC0415  (comes with aiohttp)

        async with self._session.request(
            request.method,
            yarl.URL(target(self._base, request, self._zone), encoded=True),
            data=None if request.body is None else encode_json(_revealed(request.body)),
            headers={**self._headers, **_revealed(request.headers)},
            allow_redirects=False,
            auto_decompress=False,
            proxy=self._options.proxy,
            timeout=self._no_timeout,
            middlewares=(_Departure(self._base, request.call),),
        ) as response:
            cap = self._options.max_response_bytes
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = inflate(await _read(response, cap), headers.get("content-encoding", ""), cap)
            call = request.call
            call.status, call.request_id, call.size = response.status, headers.get("x-cap-requestid"), len(body)
            return Answer(response.status, headers, body)


@attrs.define(eq=False)
class _Departure:
    """aiohttp middleware that sees each request just before it is sent, aiohttp's own repeats included."""

    _base: BaseUrl
    _call: Call

    async def __call__(self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> Any:
        import aiohttp  # noqa: PLC0415

        if not self._base.is_origin_of(request.url):
            raise ConfigurationError("the request would leave the client's base URL")
        request.headers.popall("Cookie", None)  # a session that was given may have a jar
        self._call.attempts += 1
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            # Of all the ways to fail, aiohttp repeats just these two by itself.
            broken = aiohttp.ClientError(type(error).__name__)
        raise broken


async def _read(response: aiohttp.ClientResponse, cap: int) -> bytes:
    """Read a body chunk by chunk, and stop at the cap."""
    first = await response.content.readany()
    if response.content.at_eof() and len(first) <= cap:
        return first
    chunks, size = [first], len(first)
    while size <= cap and (chunk := await response.content.readany()):
        chunks.append(chunk)
        size += len(chunk)
    if size > cap:
        raise DecodeError("the answer is larger than max_response_bytes allows")
    return b"".join(chunks)


def _revealed(values: Mapping[str, str | Secret]) -> dict[str, str]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}


def _os_reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__


def _standing_headers(options: ClientOptions) -> dict[str, str]:
    """Build what every request carries; the documentation lists the first two as mandatory."""
    headers = {"Accept": "application/json", "Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    headers["User-Agent"] = "capillary_async"
    if options.language is not None:
        headers["language"] = options.language
    return headers


def _own_session(options: ClientOptions) -> aiohttp.ClientSession:
    import aiohttp  # noqa: PLC0415

    connector = _connector_class()(limit=options.max_connections, ssl=_trust(options.ca_file))
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


@cache
def _connector_class() -> type[aiohttp.TCPConnector]:
    """Make the connector's class, which can only be done when aiohttp is loaded."""
    import aiohttp  # noqa: PLC0415

    class SilentConnector(aiohttp.TCPConnector):
        """Reuses a connection only if nothing came over it that nobody asked for.

        aiohttp would hand such an answer to the next request, and from then on each request would get
        the answer to the one before: another customer's data.
        """

        async def connect(self, *args: Any, **kwargs: Any) -> Any:
            while True:
                connection = await super().connect(*args, **kwargs)
                if connection.protocol is None or not connection.protocol.should_close:
                    return connection
                connection.close()

    return SilentConnector


def _trust(ca_file: str | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        pass
    raise ConfigurationError("ca_file cannot be read as a PEM file of certificates")


def _fit(session: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """Accept a session of the user's, unless it would send more than the client asks for."""
    if session.closed:
        raise ConfigurationError("session is closed")
    if session.trust_env:
        raise ConfigurationError("session must not take proxies and passwords from the environment (trust_env)")
    if session.auth is not None or "Authorization" in session.headers:
        raise ConfigurationError("session must not bring credentials of its own")
    return session
