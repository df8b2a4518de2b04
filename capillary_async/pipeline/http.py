"""Send one request over an aiohttp session or around it, and read its answer."""

from collections.abc import Coroutine, Mapping
from typing import Any

import aiohttp
import yarl

from capillary_async.codec import encode_json
from capillary_async.errors import ConfigurationError
from capillary_async.options import ClientOptions, Secret, reveal_url
from capillary_async.pipeline.body import read_answer
from capillary_async.pipeline.direct_http import DirectHttp
from capillary_async.pipeline.request import InternalValue, Request, reveal_all
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.sessions import NO_TIMEOUT, OriginCheck, check_session, common_headers, open_session
from capillary_async.pipeline.urls import BaseUrl


class HttpConnection(InternalValue, frozen=True):
    """An open session, and how requests travel over it.

    Attributes:
        session: Sends the requests.
        options: Limits.
        headers: What every request carries, credentials among them.
        request_kwargs: How the session is to treat every request.
        is_own: Whether the session is closed with the client.
        direct: A way around the session, if there is one.
    """

    session: aiohttp.ClientSession
    options: ClientOptions
    headers: Mapping[str, str | Secret]
    request_kwargs: Mapping[str, Any]  # a proxy's password may stand in it
    is_own: bool = False
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
        headers: dict[str, str | Secret] = {**common_headers(options), **credentials}
        direct = None
        if given is None:
            session = open_session(options)
            if options.proxy is None:
                direct = DirectHttp.around(session, base, options.max_response_bytes, headers)
        else:
            check_session(given, options)
            session = given
        request_kwargs = {
            "allow_redirects": False,
            "auto_decompress": False,
            "raise_for_status": False,
            "timeout": NO_TIMEOUT,
            "proxy": None if options.proxy is None else reveal_url(options.proxy),
            # The session's own middlewares run first. What they make of a request is checked after them.
            "middlewares": (*_middlewares_of(session), OriginCheck(base)),
        }
        return cls(session, options, headers, request_kwargs, is_own=given is None, direct=direct)

    @property
    def connections(self) -> int:
        """How many requests can run at once; more would queue inside aiohttp, at the cost of their own time."""
        connector = self.session.connector
        limits = () if connector is None else (connector.limit, connector.limit_per_host)  # 0 is no limit
        return min([self.options.max_connections, *filter(None, limits)])

    async def close(self) -> None:
        """Close the session, unless it was given."""
        if self.direct is not None:
            self.direct.close()
        if self.is_own:
            await self.session.close()

    def exchange(self, request: Request[Any], url: str) -> Coroutine[Any, Any, HttpResponse]:
        """Send a request and read the whole answer.

        Raises:
            ConfigurationError: The session is closed, or the request would leave the base URL.
            DecodeError: The answer is too large, or its encoding is broken.
            Exception: Whatever aiohttp raises.
        """
        if self.direct is not None and self.direct.is_usable:
            return self.direct.exchange(request, url)
        return self._exchange_in_session(request, url)

    async def _exchange_in_session(self, request: Request[Any], url: str) -> HttpResponse:
        if self.session.closed:  # by its owner, if it was given
            raise ConfigurationError("the client's session is closed")
        request.call.attempts += 1
        response = await self.session.request(
            request.method,
            yarl.URL(url, encoded=True),
            data=None if request.body is None else encode_json(reveal_all(request.body)),
            headers=reveal_all({**self.headers, **request.headers}),
            **self.request_kwargs,
        )
        try:
            cap = self.options.max_response_bytes
            return await read_answer(response.status, response.headers, response.content, cap, request.call)
        finally:
            if not response.closed:  # one that was read to its end has given its connection back
                response.release()


def _middlewares_of(session: aiohttp.ClientSession) -> tuple[aiohttp.ClientMiddlewareType, ...]:
    # There is no public attribute, and middlewares of a request replace those of its session.
    return tuple(getattr(session, "_middlewares", ()))
