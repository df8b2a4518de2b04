"""The aiohttp session that carries the requests: one of the client's own, or the user's."""

import ssl
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import yarl

from capillary_async.auth import TOKEN_HEADER
from capillary_async.errors import ConfigurationError
from capillary_async.options import ClientOptions
from capillary_async.transport.urls import BaseUrl

NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=None)  # who calls counts from its own moment
# Of all the ways to fail, aiohttp repeats just these two by itself.
REPEATED: Final = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)


def once(error: Exception) -> aiohttp.ClientError:
    """Return an error for the same reason that aiohttp lets through."""
    return aiohttp.ClientError(type(error).__name__)


class SilentConnector(aiohttp.TCPConnector):
    """Reuses a connection only if nothing came over it that nobody asked for.

    aiohttp would hand such an answer to the next request, and from then on each request would get
    the answer to the one before: another customer's data.
    """

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Return a connection on which nothing waits to be read."""
        while True:
            connection = await super().connect(*args, **kwargs)
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                return connection
            connection.close()


class OnceResponse(aiohttp.ClientResponse):
    """An answer whose request aiohttp does not repeat when it fails to come."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Wait until the answer begins."""
        try:
            return await super().start(connection)
        except REPEATED as error:
            broken = once(error)
        raise broken


def requests_to(base: BaseUrl) -> type[aiohttp.ClientRequest]:
    """Return the class of requests that go to one place and carry what the session gives them, no more.

    aiohttp's own collects its headers one by one, adds those that are missing and looks for cookies and logins. Here
    all that every request carries is settled when the session opens.
    """

    class Departure(aiohttp.ClientRequest):
        def update_host(self, url: yarl.URL) -> None:
            """See where the request goes; aiohttp asks for each one that it is about to send."""
            if not base.is_origin_of(url):
                raise ConfigurationError("the request would leave the client's base URL")

        def update_headers(self, headers: Any) -> None:
            """Take the copy that the session made for this request."""
            self.headers = headers

        def update_auto_headers(self, skip_auto_headers: object) -> None:
            """Add nothing."""

    return Departure


def open_session(base: BaseUrl, options: ClientOptions, headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """Open a session in the running loop that takes nothing from the environment and keeps no cookies.

    Args:
        base: The only place where its requests go.
        options: Limits and certificates.
        headers: What every request carries; aiohttp copies them faster than it takes them with each request.

    Raises:
        ConfigurationError: The certificates cannot be read.
    """
    return aiohttp.ClientSession(
        connector=SilentConnector(limit=options.max_connections, ssl=_trust(options.ca_file)),
        headers={"Host": yarl.URL(base.text).host_port_subcomponent or base.host, **headers},
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        timeout=NO_TIMEOUT,
        auto_decompress=False,
        request_class=requests_to(base),
        response_class=OnceResponse,
    )


def fit_session(session: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """Accept a session of the user's, unless it would send more than the client asks for.

    Raises:
        ConfigurationError: It is closed, or brings credentials or proxies of its own.
    """
    if session.closed:
        raise ConfigurationError("session is closed")
    if session.trust_env:
        raise ConfigurationError("session must not take proxies and passwords from the environment (trust_env)")
    if session.auth is not None or "Authorization" in session.headers or TOKEN_HEADER in session.headers:
        raise ConfigurationError("session must not bring credentials of its own")
    return session


def connections_of(session: aiohttp.ClientSession) -> int | None:
    """Say how many requests a session can carry at once, or `None` when it has no limit."""
    connector = session.connector
    limits = () if connector is None else (connector.limit, connector.limit_per_host)
    return min(filter(None, limits), default=None)


def _trust(ca_file: str | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        pass
    raise ConfigurationError("ca_file cannot be read as a PEM file of certificates")
