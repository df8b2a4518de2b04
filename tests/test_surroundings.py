"""A client works with frozen clocks, custom sessions and slim containers."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import aiohttp
import attrs
import pytest
import time_machine
from freezegun import freeze_time

from capillary_async import (
    BasicAuth,
    CapillaryClient,
    ClientOptions,
    ConfigurationError,
    SharedRateLimit,
)
from capillary_async.sandbox import Answer, Sandbox
from tests.fakes import outcomes

MOMENT = "2020-02-29 12:00:00"


def client_of(sandbox: Sandbox, **options: Any) -> CapillaryClient:
    """Return a client of the sandbox that is not open yet."""
    auth = BasicAuth(sandbox.till, sandbox.password)
    return CapillaryClient(sandbox.base_url, auth, options=ClientOptions(**options))


async def events_of(sandbox: Sandbox) -> list[datetime | None]:
    """Decode an answer with many date-times."""
    async with client_of(sandbox) as client:
        return [event.event_date for event in await client.targets.list_events(1, 79197).collect()]


async def test_a_frozen_clock_does_not_break_decoding() -> None:
    """Two packages freeze the time in tests by replacing Python's classes."""
    async with Sandbox() as sandbox:
        expected = await events_of(sandbox)
        with time_machine.travel(datetime(2020, 2, 29, tzinfo=UTC), tick=True):
            travelled = await events_of(sandbox)
        with freeze_time(MOMENT, tick=True, real_asyncio=True):
            frozen = await events_of(sandbox)

    assert travelled == frozen == expected


def test_the_package_can_be_imported_under_a_frozen_clock() -> None:
    """Parts of the package are imported on first use, which may be under a frozen clock."""
    program = (
        "from freezegun import freeze_time\n"
        "with freeze_time('2020-02-29'):\n"
        "    from datetime import UTC\n"
        "    from capillary_async.codec import Converter\n"
        "    from capillary_async.models import TargetEvent\n"
        "    rows = [{'eventLogId': n, 'eventDate': '2025-01-09 12:00:12'} for n in range(3)]\n"
        "    frozen = Converter(UTC).structure(rows, tuple[TargetEvent, ...])\n"
        "assert Converter(UTC).structure(rows, tuple[TargetEvent, ...]) == frozen\n"
        "print(frozen[0].event_date, frozen[0].to_json())\n"
    )

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.stdout.startswith("2025-01-09 12:00:12+00:00")


async def test_a_frozen_date_is_a_valid_argument() -> None:
    """Tests get dates from `datetime.now()`."""
    async with Sandbox() as sandbox, client_of(sandbox) as client:
        with freeze_time(MOMENT, tick=True, real_asyncio=True):
            await client.targets.get_active(1, tracking_date=datetime.now(UTC))

        assert sandbox.requests[-1].query["trackingDate"].startswith("15829776")


async def test_the_middlewares_of_a_session_run() -> None:
    """Users add middlewares for logging and signatures."""
    seen: list[str] = []

    async def note(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        seen.append(request.url.path)
        return await handler(request)

    async with Sandbox() as sandbox, aiohttp.ClientSession(middlewares=(note,)) as session:
        auth = BasicAuth(sandbox.till, sandbox.password)
        async with CapillaryClient(sandbox.base_url, auth, session=session) as client:
            await client.customers.get(5)

    assert seen == ["/v2/customers/5"]


async def test_a_middleware_cannot_change_the_host() -> None:
    """The client checks the request after the middleware changed it."""

    async def redirect(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        request.url = request.url.with_host("localhost.evil.example")
        return await handler(request)

    async with Sandbox() as sandbox, aiohttp.ClientSession(middlewares=(redirect,)) as session:
        auth = BasicAuth(sandbox.till, sandbox.password)
        async with CapillaryClient(sandbox.base_url, auth, session=session) as client:
            with pytest.raises(ConfigurationError, match="would leave"):
                await client.customers.get(5)

        assert sandbox.request_count == 0


async def test_ca_file_beside_a_given_session_is_refused() -> None:
    """A session has its own certificates, so the option would have no effect."""
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        auth = BasicAuth(sandbox.till, sandbox.password)
        options = ClientOptions(ca_file="/etc/ssl/own.pem")

        with pytest.raises(ConfigurationError, match="ca_file does nothing for a session of your own"):
            async with CapillaryClient(sandbox.base_url, auth, options=options, session=session):
                pass


async def test_coalesced_callers_have_separate_results() -> None:
    """One caller may change its result."""
    async with Sandbox() as sandbox, client_of(sandbox, coalesce=True) as client:
        sandbox.script("/", Answer(body={"data": [{"a": [1]}]}, delay=0.05))

        shared: list[Any] = await outcomes(client.fetch("/v2/things"), client.fetch("/v2/things"))
        shared[0]["data"][0]["a"].append(2)

        assert sandbox.request_count == 1
        assert shared[1] == {"data": [{"a": [1]}]}


@pytest.mark.parametrize(
    "options",
    [
        ClientOptions(proxy="http://user:pssst@proxy.example:1"),
        ClientOptions(rate_limit=SharedRateLimit(1, url="redis://user:pssst@r.example", name="x")),
    ],
)
def test_copies_of_options_show_no_password(options: ClientOptions) -> None:
    """Options are printed and sent to other processes."""
    assert "pssst" not in repr(attrs.asdict(options))

    try:
        pickled = pickle.dumps(options)
    except TypeError:
        return
    assert b"pssst" not in pickled


@pytest.mark.parametrize("region", ["EU", "APAC"])
def test_a_region_needs_no_time_zones_of_the_system(region: str) -> None:
    """Slim containers have no time zones; the package depends on tzdata, and EU needs none."""
    missing = "sys.modules['tzdata'] = None;" if region == "EU" else ""
    program = (
        f"import sys, zoneinfo; {missing} zoneinfo.reset_tzpath(());"
        "from capillary_async import CapillaryClient, BasicAuth, Region;"
        f"print(CapillaryClient(Region.{region}, BasicAuth('a', 'b')), Region.{region}.timezone)"
    )

    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
