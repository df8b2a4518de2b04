"""One request on the wire, and its answer: what is left when timeouts, queueing and URLs are dealt with elsewhere.

* Nothing leaves the base URL. The origin is checked again on the very request that aiohttp is about to
  send, redirects are not followed, and cookies, `.netrc` and proxies from the environment are not used.
* What is counted is what was sent. aiohttp repeats a GET by itself, once, when a kept-alive connection
  breaks, and has no public switch for that. So the broken connection becomes an error that aiohttp lets
  through, and repeating is left to the retry policy, its budget and the rate limit.

Both rules are kept where aiohttp cannot get past them: by the classes of requests and answers of the client's
own session, and by a middleware, which costs each call three coroutines more, in a session that was given.
"""

import ssl
import sys
from collections.abc import Coroutine, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import attrs
import yarl
from aiohttp.http import HttpProcessingError

from capillary_async.codec import encode_json
from capillary_async.errors import ConfigurationError, TransportError
from capillary_async.options import VERSION, ClientOptions, Secret, reveal_url
from capillary_async.pipeline.body import read_answer
from capillary_async.pipeline.direct_http import DirectHttp
from capillary_async.pipeline.no_connection import no_connection, refused_by_proxy
from capillary_async.pipeline.request import Request, revealed
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.token import TOKEN_HEADER
from capillary_async.pipeline.urls import BaseUrl

_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=None)  # who calls counts from its own moment
# Of all the ways to fail, aiohttp repeats just these two by itself.
_REPEATED: Final = (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)
_NO_FAKE: Final = "Connection refused: "  # the beginning of aioresponses' error
# aiohttp 3.14 gave its answers an argument that libraries which fake them do not know yet.
_UNFIT_FAKE: Final = (
    "the library that fakes answers in this test does not fit the installed aiohttp, as aioresponses 0.7.9 does not "
    "fit 3.14; use the pytest fixture capillary_aioresponses, or set capillary_fix_aioresponses = true"
)


@attrs.frozen(eq=False)
class HttpConnection:
    """An open session, and how requests travel over it.

    Attributes:
        session: Carries them.
        is_own: Whether the session is closed with the client.
        base: Where they go.
        options: Limits, proxy and certificates.
        headers: What every request carries and the session does not add, credentials among them.
        request_kwargs: How the session is to treat every request.
        direct: A way around the session, if there is one.
    """

    session: aiohttp.ClientSession
    is_own: bool
    base: BaseUrl
    options: ClientOptions
    headers: Mapping[str, str | Secret]
    request_kwargs: Mapping[str, Any] = attrs.field(repr=False)  # a proxy's password may stand in it
    direct: DirectHttp | None = None

    @classmethod
    def open(
        cls,
        base: BaseUrl,
        options: ClientOptions,
        given: aiohttp.ClientSession | None,
        credentials: Mapping[str, Secret],
    ) -> "HttpConnection":
        """Open a session in the running loop, or take the one given.

        Raises:
            ConfigurationError: The session given would add credentials or proxies of its own, or
                the certificates cannot be read.
        """
        headers = _common_headers(options)
        session = _open_session(base, options, headers) if given is None else _check_session(given, options)
        request_kwargs: dict[str, Any] = {"allow_redirects": False}
        if options.proxy is not None:
            request_kwargs |= {
                "proxy": reveal_url(options.proxy),
                "middlewares": (OriginCheck(base),),
            }  # connecting asks the proxy, too
        if given is None:
            direct = None
            if options.proxy is None:
                direct = DirectHttp.around(session, base, options.max_response_bytes, credentials)
            return cls(session, True, base, options, credentials, request_kwargs, direct)  # noqa: FBT003  (is_own)
        request_kwargs |= {"timeout": _NO_TIMEOUT, "auto_decompress": False, "raise_for_status": False}
        # The session's own run as they would without this client; what they make of a request is checked after them.
        request_kwargs["middlewares"] = (*_middlewares_of(given), OriginCheck(base))
        return cls(session, False, base, options, {**headers, **credentials}, request_kwargs)  # noqa: FBT003  (likewise)

    @property
    def connections(self) -> int:
        """How many requests can run at once; more would queue inside aiohttp, at the cost of their own time."""
        return min(self.options.max_connections, _connection_limit(self.session) or self.options.max_connections)

    async def close(self) -> None:
        """Close the session, unless it was given."""
        if self.is_own:
            await self.session.close()

    def exchange(self, request: Request[Any], url: str) -> Coroutine[Any, Any, HttpResponse]:
        """Send a request and read the whole answer.

        Raises:
            ConfigurationError: The session is closed, or the request would leave the base URL.
            DecodeError: The answer is too large, or its encoding is broken.
            Exception: Whatever aiohttp raises.
        """
        if self.session.closed:
            raise ConfigurationError("the client's session is closed")
        if self.direct is not None and self.direct.is_usable:
            return self.direct.exchange(request, url)
        return self._exchange_in_session(request, url)

    async def _exchange_in_session(self, request: Request[Any], url: str) -> HttpResponse:
        request.call.attempts += 1
        response = await self.session.request(
            request.method,
            yarl.URL(url, encoded=True),
            data=None if request.body is None else encode_json(revealed(request.body)),
            headers=revealed({**self.headers, **request.headers}),
            **self.request_kwargs,
        )
        try:
            cap = self.options.max_response_bytes
            return await read_answer(response.status, response.headers, response.content, cap, request.call)
        finally:
            if not response.closed:  # one that was read to its end has given its connection back
                response.release()

    @staticmethod
    def explain(error: Exception) -> TransportError | None:
        """Say in words of our own what went wrong on the network; the error's words may hold URLs and headers.

        Returns:
            `None` if it was not on the network.
        """
        if isinstance(error, aiohttp.ClientConnectorError):
            return _without_connection(error)
        if isinstance(error, aiohttp.ClientHttpProxyError):
            return refused_by_proxy(error.status)
        if isinstance(error, HttpProcessingError):
            error = aiohttp.ClientPayloadError()
        if str(error).startswith(_NO_FAKE) and is_session_patched():
            return _without_fake_answer(str(error))
        if isinstance(error, aiohttp.ClientError | OSError | EOFError):
            return TransportError(f"the connection broke or the answer was malformed ({type(error).__name__})")
        if isinstance(error, TypeError) and "ClientResponse.__init__" in str(error):
            return TransportError(f"the request failed (TypeError): {_UNFIT_FAKE}", retryable=False)
        return None


def _without_fake_answer(text: str) -> TransportError:
    """Return the error for a request that aioresponses has no answer for; its own error ends with method and URL."""
    method, _, url = text.removeprefix(_NO_FAKE).partition(" ")
    names = ", ".join(dict.fromkeys(name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)))
    request = f"{method} with the query parameters {names}" if names else f"{method} without query parameters"
    return TransportError(
        f"no fake answer of this test matches {request}; aioresponses compares whole URLs, so register the URL with"
        " these parameters, or a pattern such as re.compile(...)",
        retryable=False,
    )


def _without_connection(error: aiohttp.ClientConnectorError) -> TransportError:
    host = f"[{error.host}]" if ":" in error.host else error.host
    proxy = "the proxy " if isinstance(error, aiohttp.ClientProxyConnectionError) else ""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):  # it has no `os_error`
        return no_connection(f"{proxy}{host}:{error.port}", error.certificate_error)
    return no_connection(f"{proxy}{host}:{error.port}", error.os_error)


@attrs.define(eq=False)
class OriginCheck:
    """aiohttp middleware that sees each request of a session that was given, just before it is sent."""

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


def _common_headers(options: ClientOptions) -> dict[str, str]:
    """Build what every request carries; the documentation lists the first two as mandatory."""
    headers = {"Accept": "application/json", "Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    library = f"capillary_async/{VERSION} python/{sys.version_info.major}.{sys.version_info.minor}"
    headers["User-Agent"] = " ".join(
        filter(None, (library, f"aiohttp/{aiohttp.__version__}", options.user_agent_suffix))
    )
    return headers


def _unretryable(error: Exception) -> aiohttp.ClientError:
    """Return an error for the same reason that aiohttp lets through."""
    return aiohttp.ClientError(type(error).__name__)


class QuietConnector(aiohttp.TCPConnector):
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


class NoImplicitRetryResponse(aiohttp.ClientResponse):
    """An answer whose request aiohttp does not repeat when it fails to come."""

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        """Wait until the answer begins."""
        try:
            return await super().start(connection)
        except _REPEATED as error:
            broken = _unretryable(error)
        raise broken


def _request_class(base: BaseUrl) -> type[aiohttp.ClientRequest]:
    """Return the class of requests that go to one place and carry what the session gives them, no more.

    aiohttp's own collects its headers one by one, adds those that are missing and looks for cookies and logins. Here
    all that every request carries is settled when the session opens.
    """

    class OriginCheckedRequest(aiohttp.ClientRequest):
        def update_host(self, url: yarl.URL) -> None:
            """See where the request goes; aiohttp asks for each one that it is about to send."""
            if not base.is_origin_of(url):
                raise ConfigurationError("the request would leave the client's base URL")

        def update_headers(self, headers: Any) -> None:
            """Take the copy that the session made for this request."""
            self.headers = headers

        def update_auto_headers(self, skip_auto_headers: object) -> None:
            """Add nothing."""

    return OriginCheckedRequest


def _open_session(base: BaseUrl, options: ClientOptions, headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """Open a session in the running loop that takes nothing from the environment and keeps no cookies.

    Args:
        base: The only place where its requests go.
        options: Limits and certificates.
        headers: What every request carries; aiohttp copies them faster than it takes them with each request.

    Raises:
        ConfigurationError: The certificates cannot be read.
    """
    return aiohttp.ClientSession(
        connector=QuietConnector(limit=options.max_connections, ssl=_trust(options.ca_file)),
        headers={"Host": yarl.URL(base.text).host_port_subcomponent or base.host, **headers},
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        timeout=_NO_TIMEOUT,
        auto_decompress=False,
        request_class=_request_class(base),
        response_class=NoImplicitRetryResponse,
    )


def _middlewares_of(session: aiohttp.ClientSession) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    # There is no public attribute, and middlewares of a request replace those of its session.
    return tuple(getattr(session, "_middlewares", ()))


def _check_session(session: aiohttp.ClientSession, options: ClientOptions) -> aiohttp.ClientSession:
    """Accept a session of the user's, unless it would send more than the client asks for.

    Raises:
        ConfigurationError: It is closed, or brings credentials or proxies of its own; or `ca_file` is given, which a
            session that is open already cannot take.
    """
    if options.ca_file is not None:
        raise ConfigurationError("ca_file does nothing for a session of your own; give it to the session's connector")
    if session.closed:
        raise ConfigurationError("session is closed")
    if session.trust_env:
        raise ConfigurationError("session must not take proxies and passwords from the environment (trust_env)")
    if session.auth is not None or "Authorization" in session.headers or TOKEN_HEADER in session.headers:
        raise ConfigurationError("session must not bring credentials of its own")
    return session


def _connection_limit(session: aiohttp.ClientSession) -> int | None:
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
