"""A bug arrives with the frames that explain it; an error that says all there is to say arrives without."""

import asyncio
import traceback
from datetime import UTC
from types import FunctionType
from typing import Any

import pytest

from capillary_async import AccessToken, CapillaryClient, ClientOptions, OAuth, TransportError
from capillary_async.codec import Converter
from capillary_async.pipeline.direct_http import DirectHttp
from capillary_async.pipeline.dispatch import Dispatcher
from capillary_async.pipeline.http import HttpConnection
from capillary_async.pipeline.http_transport import HttpTransport
from capillary_async.pipeline.lifecycle import ClientLifecycle, TransportStack
from capillary_async.pipeline.request import Request, Response
from capillary_async.pipeline.telemetry import Telemetry
from capillary_async.pipeline.urls import BaseUrl
from capillary_async.sandbox import Sandbox
from tests.pipeline.opening import no_way_around

TOKEN = "token.eyJhbGciOi.c2lnbmF0dXJl"


def frames_of(error: BaseException) -> list[str]:
    """Name the functions that a traceback shows, without the test's own."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert TOKEN not in "".join(map(str, (frame.locals for frame in shown.stack)))
    return [frame.name for frame in shown.stack][1:]


def raising(error: BaseException) -> Any:
    """Return a method that raises."""

    async def broken(*_: object, **__: object) -> Response:
        raise error

    return broken


async def get(error: BaseException) -> None:
    """Make a call over a transport that fails."""

    class Failing:
        send = raising(error)

    async def nothing() -> None: ...

    stack = TransportStack(Failing(), Failing(), nothing)
    lifecycle = ClientLifecycle(stack)
    await lifecycle.open()
    telemetry = Telemetry(BaseUrl.of("https://x.example.com"))
    await Dispatcher(lifecycle, stack, Converter(UTC), ClientOptions(), telemetry, "").get(Request[Any]("/x"))


@pytest.mark.parametrize("error", [AttributeError("nothing"), asyncio.CancelledError(), KeyError(1)])
async def test_a_bug_in_a_transport_keeps_its_frames(error: BaseException) -> None:
    """And a cancellation is the caller's own: both are looked for where they came from."""
    with pytest.raises(type(error)) as caught:
        await get(error)

    assert frames_of(caught.value)[-1] == "broken"


async def test_an_error_of_ours_has_no_frames_and_no_context() -> None:
    """The frames below hold the customer's data, which tools that report errors collect."""
    error = TransportError("no answer")
    error.__context__ = KeyError("somebody")

    with pytest.raises(TransportError) as caught:
        await get(error)

    assert "broken" not in frames_of(caught.value)
    assert caught.value.__context__ is caught.value.__cause__ is None


@pytest.mark.parametrize("target", [HttpTransport, HttpConnection])
@pytest.mark.parametrize("auth", [AccessToken(TOKEN), OAuth("key", "secret")])
async def test_a_bug_below_authentication_arrives_with_its_frames(
    monkeypatch: pytest.MonkeyPatch, target: type[Any], auth: AccessToken | OAuth
) -> None:
    """From every depth of the pipeline."""
    method = "send" if target is HttpTransport else "exchange"
    async with CapillaryClient("http://127.0.0.1:1", auth) as client:
        monkeypatch.setattr(target, method, raising(AttributeError("nothing")))

        with pytest.raises(AttributeError) as caught:
            await client.customers.get(1)

    assert frames_of(caught.value)[-1] == "broken"


async def test_a_bug_that_aiohttp_calls_keeps_our_frames_and_shows_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """Aiohttp's frames hold the token as it is sent."""

    def is_origin_of(*_: object) -> bool:
        return nothing  # type: ignore[name-defined,no-any-return]  # noqa: F821

    monkeypatch.setattr(DirectHttp, "around", no_way_around)
    ours = FunctionType(is_origin_of.__code__, {"__name__": "capillary_async.pipeline.urls"})
    async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, AccessToken(TOKEN)) as client:
        monkeypatch.setattr(BaseUrl, "is_origin_of", ours)

        with pytest.raises(NameError) as caught:
            await client.customers.get(1)

    assert frames_of(caught.value)[-2:] == ["__call__", "is_origin_of"]


@pytest.mark.parametrize("way", ["direct", "session"])
async def test_what_aiohttp_raises_is_said_in_words_of_ours(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Whatever it is, it has seen the headers."""
    if way == "session":
        monkeypatch.setattr(DirectHttp, "around", no_way_around)
    place = "client_reqrep.ClientRequest.send" if way == "session" else "client_proto.ResponseHandler.read"
    async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, AccessToken(TOKEN)) as client:
        monkeypatch.setattr(f"aiohttp.{place}", raising(ZeroDivisionError(TOKEN)))

        with pytest.raises(TransportError, match=r"^(the request failed|the connection)") as caught:
            await client.customers.get(1)

    assert TOKEN not in str(caught.value)
