"""The sandbox's sockets: receive HTTP requests, and send the answers of a function."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from capillary_async.sandbox.answers import Answer
from capillary_async.sandbox.log import LoggedRequest

# Cloudflare, in front of the real API, sets such a cookie on every answer.
_COOKIE: Final = "_cfuvid=sandbox; HttpOnly; Secure; Path=/"
# When the sandbox closes, running requests wait only for scripted delays, so they need not end.
_PATIENCE: Final = 0.05


class _NotOurs(logging.Filter):
    """Suppresses the traceback that aiohttp logs for a request that is not HTTP; such a request gets a 400."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the record."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError)


_LOGGER: Final = logging.getLogger("capillary_async.sandbox")
_LOGGER.addFilter(_NotOurs())


@attrs.define(eq=False)
class Sockets:
    """Listens on a port, and sends the answers of a function."""

    _answer: Callable[[LoggedRequest], Awaitable[Answer]]
    _clock: Callable[[], float]
    _runner: web.ServerRunner = attrs.field(init=False)
    _answered: int = attrs.field(default=0, init=False)

    async def open(self, host: str, port: int) -> int:
        """Start to listen, and return the port; for 0 a free port is chosen.

        Raises:
            OSError: The port is taken.
        """
        self._runner = web.ServerRunner(
            web.Server(self._handle, access_log=None, logger=_LOGGER), shutdown_timeout=_PATIENCE
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError:
            await self.close()
            raise
        return site.port

    async def close(self) -> None:
        """Stop listening, and drop every connection."""
        await self._runner.cleanup()

    @property
    def connections(self) -> int:
        """Number of open connections."""
        return 0 if self._runner.server is None else len(self._runner.server.connections)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        url = request.rel_url
        arrived = LoggedRequest(
            method=request.method,
            path=url.path,
            raw=request.raw_path,
            query=url.query,
            headers=request.headers,
            time=self._clock(),
            body=await request.read() if request.method == "POST" else b"",
        )
        answer = await self._answer(arrived)
        self._answered += 1
        headers = {"Set-Cookie": _COOKIE, "X-Cap-Requestid": f"sandbox-{self._answered}", **answer.headers}
        if answer.abort:
            _hang_up(request, lambda transport: transport.abort())
        elif answer.cut_at is not None:
            return await _send_part(request, answer, answer.cut_at, headers)
        response = web.Response(status=answer.status, body=answer.body, headers=headers)
        if headers.get("Connection") == "close":
            response.force_close()
        return response


async def _send_part(
    request: web.BaseRequest, answer: Answer, length: int, headers: dict[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_length = max(len(answer.body), length + 1)
    await response.prepare(request)
    await response.write(answer.body[:length])
    # `abort` may discard data that was not sent yet.
    _hang_up(request, lambda transport: transport.close())
    return response


def _hang_up(request: web.BaseRequest, how: Callable[[asyncio.Transport], Any]) -> None:
    if request.transport is not None:
        how(request.transport)
