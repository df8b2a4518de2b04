"""aiohttp sessions: the client's own, and one that the user gives.

* Nothing leaves the base URL. The origin is checked again on the very request that aiohttp is about to send, redirects
  are not followed, and cookies, `.netrc` and proxies from the environment are not used.
* Attempts are counted as they are sent. aiohttp repeats a GET by itself when a kept-alive connection breaks, and has no
  public switch for that. So the broken connection becomes an error that aiohttp does not catch. Repeating is the work
  of the retry policy, its budget and the rate limit.

A middleware does both.
"""

import ssl
import sys
from typing import Any, Final

import aiohttp

from capillary_async.errors import ConfigurationError
from capillary_async.options import VERSION, ClientOptions
from capillary_async.pipeline.request import InternalState
from capillary_async.pipeline.token import TOKEN_HEADER
from capillary_async.pipeline.urls import BaseUrl

NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=None)  # attempts have timeouts of their own
# Of all the ways to fail, aiohttp repeats just these two by itself.
_REPEATED: Final = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)


def common_headers(options: ClientOptions) -> dict[str, str]:
    """Build what every request carries; the documentation lists the first two as mandatory."""
    headers = {"Accept": "application/json", "Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    library = f"capillary_async/{VERSION} python/{sys.version_info.major}.{sys.version_info.minor}"
    headers["User-Agent"] = " ".join(
        filter(None, (library, f"aiohttp/{aiohttp.__version__}", options.user_agent_suffix))
    )
    return headers


class OriginCheck(InternalState):
    """aiohttp middleware that sees each request just before it is sent."""

    _base: BaseUrl

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Check the origin, and keep aiohttp from repeating the request by itself."""
        if not self._base.is_origin_of(request.url):
            raise ConfigurationError("the request would leave the client's base URL")
        request.headers.popall("Cookie", None)  # a session that was given may have a jar
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except _REPEATED as error:
            broken = _unretryable(error)
        raise broken


def _unretryable(error: Exception) -> aiohttp.ClientError:
    """Return an error for the same reason, of a class that aiohttp does not catch."""
    return aiohttp.ClientError(type(error).__name__)


class QuietConnector(aiohttp.TCPConnector):
    """Reuses a connection only if nothing unasked came over it.

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


def open_session(options: ClientOptions) -> aiohttp.ClientSession:
    """Open a session in the running loop that takes nothing from the environment and keeps no cookies.

    Raises:
        ConfigurationError: The certificates cannot be read.
    """
    return aiohttp.ClientSession(
        connector=QuietConnector(limit=options.max_connections, ssl=_trust(options.ca_file)),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


def check_session(session: aiohttp.ClientSession, options: ClientOptions) -> None:
    """Check that a session of the user's sends no more than the client asks for.

    Raises:
        ConfigurationError: The session is closed, or brings credentials or proxies of its own; or `ca_file` is given,
            which a session that is open already cannot take.
    """
    if options.ca_file is not None:
        raise ConfigurationError("ca_file does nothing for a session of your own; give it to the session's connector")
    if session.closed:
        raise ConfigurationError("session is closed")
    if session.trust_env:
        raise ConfigurationError("session must not take proxies and passwords from the environment (trust_env)")
    if session.auth is not None or "Authorization" in session.headers or TOKEN_HEADER in session.headers:
        raise ConfigurationError("session must not bring credentials of its own")


def _trust(ca_file: str | None) -> ssl.SSLContext | bool:
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        pass
    raise ConfigurationError("ca_file cannot be read as a PEM file of certificates")
