"""The aiohttp session that carries the requests: one of the client's own, or the user's."""

import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp

from capillary_async.auth import TOKEN_HEADER
from capillary_async.errors import ConfigurationError
from capillary_async.options import ClientOptions


class SilentConnector(aiohttp.TCPConnector):
    """Reuses a connection only if nothing came over it that nobody asked for.

    aiohttp would hand such an answer to the next request, and from then on each request would get
    the answer to the one before: another customer's data.
    """

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Return a connection on which nothing waits to be read."""
        while True:
            connection = await super().connect(*args, **kwargs)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()


def open_session(options: ClientOptions, headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """Open a session in the running loop that takes nothing from the environment and keeps no cookies.

    Args:
        options: Limits and certificates.
        headers: What every request carries; aiohttp copies them faster than it takes them with each request.

    Raises:
        ConfigurationError: The certificates cannot be read.
    """
    connector = SilentConnector(limit=options.max_connections, ssl=_trust(options.ca_file))
    return aiohttp.ClientSession(
        connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
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
