"""Each framework's service, started as its users start it, with the real client against the sandbox.

Those whose frameworks are not installed are skipped; `make examples` installs them all.
"""

import asyncio
import json
import os
import re
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from capillary_async.sandbox import Answer, Sandbox
from tests.examples.running import Service, address_of, running

MOBILE = "999565345001"
CUSTOMER = 565345001
UVICORN = ("--host", "127.0.0.1", "--port", "0", "--timeout-graceful-shutdown", "10")
SERVICES = {
    "aiohttp": ("aiohttp_service",),
    "starlette": ("uvicorn", "starlette_service:app", "--loop", "asyncio", *UVICORN),
    "fastapi": ("uvicorn", "fastapi_service:app", "--loop", "uvloop", *UVICORN),
    "litestar": ("uvicorn", "litestar_service:app", "--loop", "uvloop", *UVICORN),
    "django": ("uvicorn", "django_service:application", "--loop", "asyncio", *UVICORN),
}
LIGHT = frozenset(("aiohttp", "fastapi", "starlette", "uvicorn", "uvloop"))
# What a path of the service's gets, and what the sandbox has to do for it.
ANSWERS: tuple[tuple[str, int, Answer | None], ...] = (
    (f"/customers/{CUSTOMER}/tier", 200, None),
    ("/customers/565345404/tier", 404, None),
    ("/customers/565345409/tier", 409, None),
    ("/customers/565345403/tier", 403, None),
    (f"/customers/{CUSTOMER}/tier", 503, Answer.html(502)),
    (f"/customers/{CUSTOMER}/tier", 504, Answer(delay=5.0)),
    (f"/customers/{CUSTOMER}/tier", 502, Answer(body='{"id": []}')),
    (f"/customers/{CUSTOMER}/tier", 502, Answer(status=401, body="{}")),
)


def needs(*modules: str) -> None:
    """Skip a test if its framework is not installed, or not one of those that start fast."""
    if os.environ.get("EXAMPLES") != "all" and not LIGHT.issuperset(modules):
        pytest.skip("`make examples` runs it")
    for module in modules:
        if not find_spec(module):
            pytest.skip(f"{module} is not installed; `make examples` installs it")


def command_of(framework: str) -> tuple[str, ...]:
    """Return the command that starts a framework's service, or skip the test."""
    command = SERVICES[framework]
    needs(framework, *{"uvicorn", "uvloop"} & set(command))
    return command


@pytest.fixture(params=SERVICES)
def command(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Return the command that starts a service."""
    return command_of(request.param)


async def test_each_error_has_its_status_and_no_span_names_a_customer(
    command: tuple[str, ...], capillary_sandbox: Sandbox, tmp_path: Path
) -> None:
    """Refusals are errors of the caller, and a 503 has a `Retry-After`."""
    spans = tmp_path / "spans.jsonl"
    traced = ("tests.examples.traced", str(spans), *command)
    async with (
        running(capillary_sandbox, *traced, cwd=tmp_path, PORT="0") as service,
        aiohttp.ClientSession(await address_of(service)) as session,
    ):
        for path, status, answer in ANSWERS:
            script = answer and capillary_sandbox.script("/v2/customers", answer, times=None)
            async with session.get(path) as response:
                said = await response.text()
            capillary_sandbox.clear_scripts()

            assert (response.status, path, script) == (status, path, script), said
            assert ("Retry-After" in response.headers) == (status == 503)
        if "fastapi_service:app" in command:
            async with session.get(f"/customers/{CUSTOMER}/events/7") as response:
                assert {"event_log_id", "target_value"} <= set((await response.json())[0])
        async with session.post("/tiers", json={"mobile": MOBILE}) as response:
            assert set(await response.json()) == {"tier", "points"}
        assert await service.stop() in {0, -signal.SIGTERM}

    check_that_nobody_is_in(spans, service)


def check_that_nobody_is_in(spans: Path, service: Service) -> None:
    """Check that neither spans nor the log contain data of customers or callers."""
    for span in spans_in(spans):
        # The paths of the service's own callers are its own affair; a number of a person is in none of them.
        own_paths = {} if span["kind"] != "SpanKind.SERVER" else {"url.path": "", "url.full": "", "http.target": ""}
        written = json.dumps({**span, "attributes": {**span["attributes"], **own_paths}})
        assert re.findall(f"{MOBILE}|{CUSTOMER}|565345...|server123|c3RvcmU", written) == []
    assert MOBILE.encode() not in service.said
    assert b"server123" not in service.said
    assert b"Traceback" not in service.said


def spans_in(file: Path) -> list[dict[str, Any]]:
    """Read the spans of a service; there are some if OpenTelemetry is installed."""
    text, spans = file.read_text("utf-8").strip() if file.exists() else "", list[dict[str, Any]]()
    while text:
        span, end = json.JSONDecoder().raw_decode(text)
        spans.append(span)
        text = text[end:].lstrip()
    assert not find_spec("opentelemetry.instrumentation.aiohttp_client") or {"SpanKind.CLIENT"} <= {
        span["kind"] for span in spans
    }
    return spans


class Hold:
    """Replaces the sandbox's `sleep`: answers wait until the test releases them."""

    def __init__(self, expected: int) -> None:
        self._waiting = 0
        self._expected = expected
        self.all_wait = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, _: float) -> None:
        """Wait until the test releases the answers."""
        self._waiting += 1
        if self._waiting >= self._expected:
            self.all_wait.set()
        await self.let_go.wait()


async def status_of(session: aiohttp.ClientSession, customer_id: int) -> int:
    """Request a customer's tier, and return the status."""
    async with session.get(f"/customers/{customer_id}/tier") as response:
        await response.read()
        return response.status


def hold(sandbox: Sandbox, expected: int) -> Hold:
    """Make the sandbox delay its next answers until the test releases them."""
    sandbox.latency = 1.0
    sandbox.sleep = held = Hold(expected)
    return held


async def test_a_stopped_service_answers_its_last_callers(
    command: tuple[str, ...], capillary_sandbox: Sandbox, tmp_path: Path
) -> None:
    """A rollout restarts services under load."""
    held = hold(capillary_sandbox, 10)
    async with (
        running(capillary_sandbox, *command, cwd=tmp_path, PORT="0") as service,
        aiohttp.ClientSession(await address_of(service)) as session,
    ):
        calls = [asyncio.create_task(status_of(session, number)) for number in range(101, 111)]
        await asyncio.wait_for(held.all_wait.wait(), 20)
        stopping = asyncio.create_task(service.stop())
        held.let_go.set()

        assert [await call for call in calls] == [200] * 10
        assert await stopping in {0, -signal.SIGTERM}
    assert b"Traceback" not in service.said
    assert capillary_sandbox.in_flight == 0


async def test_disconnecting_callers_cause_no_error(
    command: tuple[str, ...], capillary_sandbox: Sandbox, tmp_path: Path
) -> None:
    """Callers disconnect at any moment, and the log must have no error."""
    held = hold(capillary_sandbox, 20)
    async with (
        running(capillary_sandbox, *command, cwd=tmp_path, PORT="0") as service,
        aiohttp.ClientSession(await address_of(service)) as session,
    ):
        leaving = [asyncio.create_task(status_of(session, number)) for number in range(1, 21)]
        await asyncio.wait_for(held.all_wait.wait(), 20)
        for call in leaving:
            call.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        held.let_go.set()

        assert await status_of(session, 101) == 200
        await service.stop()
    assert b"Traceback" not in service.said
