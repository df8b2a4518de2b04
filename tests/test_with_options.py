"""`with_options`: a client with the same session, token and limits, and other options for its calls."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from capillary_async import (
    BasicAuth,
    CapillaryClient,
    ClientOptions,
    ConfigurationError,
    DeadlineExceeded,
    OAuth,
    RateLimit,
    RetryPolicy,
    ServerError,
    TransportError,
    bulk_priority,
)
from capillary_async.sandbox import Answer, Sandbox
from capillary_async.telemetry import CallEnded, Event
from tests.fakes import outcomes

GROUP = 93257
ONCE = RetryPolicy(attempts=1)


@pytest.fixture
async def client(capillary_sandbox: Sandbox) -> AsyncIterator[CapillaryClient]:
    """Open a client that fetches a token."""
    auth = OAuth(capillary_sandbox.key, capillary_sandbox.secret)
    options = ClientOptions(retry=RetryPolicy(base=0.001))
    async with CapillaryClient(capillary_sandbox.base_url, auth, options=options) as opened:
        yield opened


class TestSharing:
    """The resources that a variant shares with its client."""

    async def test_the_token_is_shared(self, capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
        """Each variant would otherwise send another token request."""
        for caller in (client, client.with_options(deadline=5.0), client.with_options(deadline=6.0)):
            await caller.customers.get(6)

        assert capillary_sandbox.tokens_issued == 1

    async def test_connections_are_shared(self, capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
        """A variant is cheap, so a web handler may create one for each request."""
        for _ in range(5):
            await client.with_options(deadline=5.0).customers.get(6)

        assert capillary_sandbox.connections == 1

    async def test_the_rate_limit_is_shared(self, capillary_sandbox: Sandbox) -> None:
        """The API counts calls for the key, not for the variant."""
        auth = BasicAuth(capillary_sandbox.till, capillary_sandbox.password)
        options = ClientOptions(rate_limit=RateLimit(1, per=60.0))
        async with CapillaryClient(capillary_sandbox.base_url, auth, options=options) as client:
            await client.customers.get(6)

            (error,) = await outcomes(client.with_options(deadline=1.0).customers.get(6))

        assert isinstance(error, DeadlineExceeded)

    async def test_listing_traits_are_shared(self, capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
        """A variant's first listing needs no more requests than the client's second."""
        costs: list[int] = []
        for caller in (client, client, client.with_options(deadline=5.0)):
            before = capillary_sandbox.request_count
            await caller.targets.list_events(1, 7, page_size=50).collect()
            costs.append(capillary_sandbox.request_count - before)

        assert costs[0] > costs[1] == costs[2]

    async def test_listeners_are_shared(self, capillary_sandbox: Sandbox) -> None:
        """Metrics must count all calls."""
        events: list[Event] = []
        auth = OAuth(capillary_sandbox.key, capillary_sandbox.secret)
        async with CapillaryClient(capillary_sandbox.base_url, auth, on_event=events.append) as client:
            await client.with_options(deadline=5.0).customers.get(6)

        assert [type(event) for event in events].count(CallEnded) == 1

    async def test_it_opens_and_closes_with_its_client(self, client: CapillaryClient) -> None:
        """Closing a variant would close the session of the others."""
        variant = client.with_options(deadline=5.0)

        for attempt in (variant.open(), variant.aclose(), variant.__aenter__()):
            with pytest.raises(ConfigurationError, match="cannot be opened or closed"):
                await attempt
        assert await client.customers.get(6)

    async def test_it_can_be_made_before_the_client_is_open(self, capillary_sandbox: Sandbox) -> None:
        """Programs create both at the top of a module."""
        client = CapillaryClient(capillary_sandbox.base_url, OAuth(capillary_sandbox.key, capillary_sandbox.secret))
        variant = client.with_options(deadline=5.0)

        (early,) = await outcomes(variant.customers.get(6))
        async with client:
            customer = await variant.customers.get(6)

        assert isinstance(early, ConfigurationError)
        assert (customer.id, variant.base_url, variant.account) == (6, client.base_url, client.account)


class TestOptions:
    """The options that a variant can change."""

    async def test_a_variant_has_its_own_deadline(self, capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
        """A checkout page needs a shorter deadline than a report."""
        capillary_sandbox.latency = 1.0
        began = time.monotonic()

        (error,) = await outcomes(client.with_options(deadline=0.1).customers.get(6))

        assert isinstance(error, DeadlineExceeded)
        assert time.monotonic() - began < 0.9

    async def test_a_variant_can_have_no_deadline(self, client: CapillaryClient) -> None:
        """`None` means no deadline, not "unchanged"."""
        variant = client.with_options(deadline=0.001).with_options(deadline=None)

        assert (await variant.customers.get(6)).id == 6

    async def test_a_variant_has_its_own_attempt_timeout(
        self, capillary_sandbox: Sandbox, client: CapillaryClient
    ) -> None:
        """The timeout is for one attempt; a retry may be faster."""
        capillary_sandbox.latency = 1.0

        (error,) = await outcomes(client.with_options(attempt_timeout=0.05, retry=ONCE).customers.get(6))

        assert type(error) is TransportError
        assert "0.05 s" in str(error)

    async def test_a_variant_has_its_own_retry_policy(
        self, capillary_sandbox: Sandbox, client: CapillaryClient
    ) -> None:
        """A caller with its own retries needs none in the client."""
        await client.customers.get(6)
        capillary_sandbox.script("/", Answer(status=503), times=2)

        (error,) = await outcomes(client.with_options(retry=ONCE).customers.get(6))

        assert isinstance(error, ServerError)
        assert error.attempts == 1
        assert (await client.customers.get(6)).id == 6

    @pytest.mark.parametrize("coalesce", [True, False])
    async def test_a_variant_can_coalesce(self, capillary_sandbox: Sandbox, *, coalesce: bool) -> None:
        """Only some callers may want coalescing."""
        auth = OAuth(capillary_sandbox.key, capillary_sandbox.secret)
        options = ClientOptions(coalesce=not coalesce)
        async with CapillaryClient(capillary_sandbox.base_url, auth, options=options) as client:
            await client.customers.get(6)
            before = capillary_sandbox.request_count
            variant = client.with_options(coalesce=coalesce)

            await outcomes(*(variant.customers.get(6) for _ in range(4)))

        assert capillary_sandbox.request_count - before == (1 if coalesce else 4)

    async def test_a_variant_has_its_own_language(self, capillary_sandbox: Sandbox, client: CapillaryClient) -> None:
        """A page is shown in its reader's language."""
        chinese = client.with_options(language="zh")
        for caller in (client, chinese, chinese.with_options(language=None)):
            await caller.customers.get(6)

        *_, untranslated, translated, again = capillary_sandbox.requests
        assert [request.headers.get("language") for request in (untranslated, translated, again)] == [None, "zh", None]

    @pytest.mark.parametrize(
        ("priority", "expected"), [("bulk", ["first", "client", "variant"]), ("normal", ["first", "variant", "client"])]
    )
    async def test_a_variant_has_its_own_priority(
        self, capillary_sandbox: Sandbox, priority: Any, expected: list[str]
    ) -> None:
        """The option takes precedence over `bulk_priority()` around the call."""
        order: list[str] = []
        auth = BasicAuth(capillary_sandbox.till, capillary_sandbox.password)
        capillary_sandbox.latency = 0.02
        async with CapillaryClient(
            capillary_sandbox.base_url, auth, options=ClientOptions(max_connections=1)
        ) as client:
            variant = client.with_options(priority=priority)

            async def call(caller: CapillaryClient, name: str) -> None:
                await caller.customers.get(6)
                order.append(name)

            if priority == "bulk":
                await outcomes(call(client, "first"), call(variant, "variant"), call(client, "client"))
            else:
                with bulk_priority():
                    await outcomes(call(client, "first"), call(client, "client"), call(variant, "variant"))

        assert order == expected

    async def test_a_variant_does_not_change_its_client(
        self, capillary_sandbox: Sandbox, client: CapillaryClient
    ) -> None:
        """Both are used at the same time."""
        client.with_options(deadline=0.001, retry=ONCE, language="zh")

        assert (await client.customers.get(6)).id == 6
        assert "language" not in capillary_sandbox.requests[-1].headers

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("deadline", 0),
            ("attempt_timeout", -1),
            ("retry", 3),
            ("coalesce", 1),
            ("language", ""),
            ("priority", "low"),
        ],
    )
    async def test_a_wrong_value_is_refused_by_name(self, client: CapillaryClient, name: str, value: Any) -> None:
        """The error must come before the first call."""
        arguments: dict[str, Any] = {name: value}
        with pytest.raises(ValueError, match=name):
            client.with_options(**arguments)
