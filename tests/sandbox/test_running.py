"""Starting and stopping a sandbox, and its settings."""

import asyncio
import inspect
from typing import Any

import aiohttp
import attrs
import pytest

from capillary_async.sandbox import Answer, LoggedRequest, Paging, Sandbox
from tests.sandbox.asking import asking, basic


def test_its_address_is_known_once_it_listens() -> None:
    """A base URL with port 0 would fail later with a refused connection."""
    with pytest.raises(RuntimeError, match="async with Sandbox"):
        _ = Sandbox().base_url


async def test_it_listens_on_a_free_port_of_this_machine() -> None:
    """Other machines must not reach it, and two sandboxes must run side by side."""
    async with Sandbox() as one, Sandbox() as other:
        assert one.base_url == f"http://127.0.0.1:{one.port}"
        assert one.port != other.port


async def test_it_can_listen_on_an_ipv6_address() -> None:
    """A URL has an IPv6 address in brackets."""
    sandbox = Sandbox(host="::1", port=8080)

    assert sandbox.base_url == "http://[::1]:8080"


@pytest.mark.parametrize(("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("", "127.0.0.1")])
def test_a_sandbox_on_all_addresses_is_reached_by_loopback(host: str, reached: str) -> None:
    """The client refuses plain http to 0.0.0.0."""
    assert Sandbox(host=host, port=8080).base_url == f"http://{reached}:8080"


async def test_it_cannot_be_started_twice() -> None:
    """The second start would lose the first one's sockets."""
    async with Sandbox() as sandbox:
        with pytest.raises(RuntimeError, match="already running"):
            await sandbox.start()


async def test_a_used_port_is_an_error() -> None:
    """A failed start must not leak sockets."""
    async with Sandbox() as one:
        other = Sandbox(port=one.port)

        with pytest.raises(OSError, match=str(one.port)):
            await other.start()
        await other.close()


async def test_it_can_be_started_again_on_its_port() -> None:
    """Tests need a server that goes away and comes back."""
    sandbox = Sandbox()
    async with sandbox:
        before = sandbox.base_url
    async with asking(sandbox) as ask:
        assert sandbox.base_url == before
        assert (await ask.customer(1)).status == 200


async def test_closing_does_not_wait_for_idle_connections() -> None:
    """Aiohttp keeps idle connections for more than a minute."""
    async with aiohttp.ClientSession() as session:
        async with asyncio.timeout(5), Sandbox() as sandbox:
            async with session.get(sandbox.base_url + "/v2/customers/1", headers=basic(sandbox)) as response:
                await response.read()
            assert sandbox.connections == 1
        assert sandbox.connections == 0


async def test_closing_does_not_wait_for_answers_that_are_due_much_later() -> None:
    """A scripted delay may be an hour."""
    async with aiohttp.ClientSession() as session:
        async with asyncio.timeout(5), Sandbox() as sandbox:
            arrived = asyncio.Event()

            def arrives(_: LoggedRequest) -> bool:
                arrived.set()
                return True

            sandbox.script(arrives, Answer(delay=3600))
            request = asyncio.create_task(session.get(sandbox.base_url + "/v2/customers/1"))
            await arrived.wait()

        with pytest.raises(aiohttp.ClientConnectionError):
            await request
        assert sandbox.in_flight == 0


async def test_it_serves_until_it_is_cancelled() -> None:
    """The command line runs it this way."""
    sandbox = Sandbox()
    serving = asyncio.create_task(sandbox.serve_forever())
    while not sandbox.port:  # noqa: ASYNC110  (there is no event for the start)
        await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving

    with pytest.raises(OSError, match=str(sandbox.port)):
        await asyncio.open_connection("127.0.0.1", sandbox.port)


async def test_peak_is_the_largest_number_of_waiting_requests() -> None:
    """Tests check limits of connections and concurrency by it."""
    together = asyncio.Barrier(8)

    async def wait(_: float) -> None:
        await together.wait()

    async with asking(Sandbox(latency=1.0, sleep=wait)) as ask:
        requests = [asyncio.create_task(ask.customer(number)) for number in range(1, 8)]
        await together.wait()
        await asyncio.gather(*requests)

        assert (ask.sandbox.peak, ask.sandbox.in_flight, ask.sandbox.request_count) == (7, 0, 7)
        ask.sandbox.forget_requests()
        assert ask.sandbox.peak == 0


def test_customer_ids_cost_nothing() -> None:
    """A million ids must be a range, not a list."""
    ids = Sandbox(customers=1_000_000).customer_ids()

    assert (ids[0], ids[-1], len(ids)) == (1, 1_000_000, 1_000_000)


WRONG: list[tuple[str, Any]] = [
    ("customers", -1),
    ("customers", 1.5),
    ("customers", True),
    ("seed", -1),
    ("port", 65_536),
    ("port", True),
    ("timezone", "Mars/Olympus"),
    ("timezone", "../etc"),
    ("log_size", -1),
    ("token_ttl", -1),
    ("denial", "mood"),
    ("envelope_code", "roman"),
    ("error_status", "maybe"),
    ("latency", -0.1),
    ("latency", float("nan")),
    ("jitter", float("inf")),
    ("rate_limit", (0, 60.0)),
    ("rate_limit", (10, 0.0)),
    ("rate_limit", (10,)),
    ("retry_after", "soon"),
    ("offset_unit", "rows"),
    ("total_unit", "rows"),
    ("echo", "loud"),
    ("page_cap", 0),
    ("page_cap", True),
    ("no_events", "nothing"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named(name: str, value: Any) -> None:
    """Settings are checked at creation and when they are changed."""
    with pytest.raises(ValueError, match=name):
        Sandbox(**{name: value})
    with pytest.raises((ValueError, AttributeError), match=name):
        setattr(Sandbox(), name, value)


@pytest.mark.parametrize("settings", [{"rows": {"evnts": 1}}, {"paging": {"evnts": Paging()}}])
def test_a_mistyped_kind_of_listing_is_refused(settings: dict[str, Any]) -> None:
    """A setting without effect would make a test that proves nothing."""
    with pytest.raises(ValueError, match="evnts"):
        Sandbox(**settings)
    with pytest.raises(ValueError, match="evnts"):
        getattr(Sandbox(), next(iter(settings)))["evnts"] = 1


@pytest.mark.parametrize("name", ["seed", "host", "timezone", "log_size"])
def test_settings_of_the_data_cannot_be_changed(name: str) -> None:
    """A change would make data inconsistent with earlier answers."""
    sandbox = Sandbox()

    with pytest.raises(AttributeError, match=f"{name} cannot be changed"):
        setattr(sandbox, name, {"seed": 5, "host": "::1", "timezone": "Asia/Kolkata", "log_size": 1}[name])


def test_every_setting_is_described() -> None:
    """The command line's help uses these descriptions."""
    described = inspect.getdoc(Sandbox) or ""

    public = [field.name for field in attrs.fields(Sandbox) if not field.name.startswith("_")]
    assert [name for name in public if f"\n    {name}: " not in described] == []


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
)
async def test_a_malformed_request_logs_no_traceback(raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """The mistake is the client's, and the answer says so."""
    async with Sandbox() as sandbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        writer.write(raw)
        answer = await reader.readline()
        writer.close()

    assert answer.split()[1] == b"400"
    assert caplog.text == ""
