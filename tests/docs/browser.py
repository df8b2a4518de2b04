"""A headless Chromium, controlled by its own protocol: open pages, and collect their console errors."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
import attrs

BROWSER: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
)
_SECONDS: Final = 30.0
_ERROR_EVENTS: Final = ("Runtime.exceptionThrown", "Log.entryAdded")


@attrs.define(eq=False)
class Tab:
    """A tab of the browser.

    Attributes:
        messages: Errors on the console, and uncaught exceptions.
        requests: The URLs that the pages requested.
    """

    _socket: aiohttp.ClientWebSocketResponse
    messages: list[str] = attrs.field(factory=list[str])
    requests: list[str] = attrs.field(factory=list[str])
    _session_id: str = ""
    _number: int = 0
    _loaded: int = 0

    async def attach(self) -> None:
        """Make a tab, and listen to it."""
        target = await self._call("Target.createTarget", url="about:blank")
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session_id = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self._call(f"{domain}.enable")

    async def set_width(self, pixels: int) -> None:
        """Make the tab as wide as a screen."""
        await self._call(
            "Emulation.setDeviceMetricsOverride", width=pixels, height=900, deviceScaleFactor=1, mobile=pixels < 600
        )

    async def open(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        before = self._loaded
        await self._call("Page.navigate", url=url)
        while self._loaded == before:
            await self._receive()

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript; a promise is awaited."""
        answer = await self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return answer["result"].get("value")

    async def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        await self._socket.send_json(message | ({"sessionId": self._session_id} if self._session_id else {}))
        while True:
            answer = await self._receive()
            if answer.get("id") == self._number:
                return answer["result"]

    async def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json(timeout=_SECONDS)
        method, params = message.get("method", ""), message.get("params", {})
        is_error = method != "Log.entryAdded" or params["entry"]["level"] == "error"
        if method in _ERROR_EVENTS and is_error:
            self.messages.append(str(params))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.messages.append(str(params["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded += 1
        return message


@asynccontextmanager
async def open_tab() -> AsyncGenerator[Tab]:
    """Start the browser with one tab, and end the browser after the block."""
    assert BROWSER is not None
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            *(BROWSER, *_FLAGS, f"--user-data-dir={profile}", "about:blank"),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            url = await asyncio.wait_for(_address(process), _SECONDS)
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(url, max_msg_size=0, heartbeat=None) as socket,
            ):
                page = Tab(socket)
                await page.attach()
                yield page
        finally:
            process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Read the browser's address from its output."""
    assert process.stderr is not None
    async for line in process.stderr:
        if b"DevTools listening on " in line:
            return line.decode().rpartition(" ")[2].strip()
    raise RuntimeError("the browser did not start")


def url_of(page: Path) -> str:
    """Return the address of a file."""
    return page.absolute().as_uri()
