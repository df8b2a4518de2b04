"""OpenTelemetry sees each call and each attempt, and never for whom."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import aiohttp
import attrs
import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, StatusCode

from capillary_async import BasicAuth, CapillaryClient, ClientOptions, Customer, NotFoundError, OAuth, RetryPolicy
from capillary_async.pipeline.token import TOKEN_PATH
from capillary_async.sandbox import Answer, Sandbox
from tests.api.asking import ONCE, open_client
from tests.fakes import outcomes
from tests.otel import Collected, collected

PATH = "/v2/customers/{customerId}"
LOOKUP = "/v2/customers/lookup"
QUICK = ClientOptions(retry=RetryPolicy(base=0.001))
DURATION = "http.client.request.duration"
EMAIL = "customer.6@example.com"


@pytest.fixture
def otel() -> Iterator[Collected]:
    """Collect spans and metrics."""
    found = collected()
    found.spans.clear()
    yield found
    found.spans.clear()


@pytest.fixture
def aiohttp_instrumented() -> Iterator[None]:
    """Switch aiohttp's own instrumentation on, as auto-instrumentation does."""
    AioHttpClientInstrumentor().instrument()
    yield
    AioHttpClientInstrumentor().uninstrument()


class TestSpans:
    """One INTERNAL span a call, one CLIENT span an attempt below it."""

    async def test_an_attempt_is_below_its_call(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """A trace shows which request belongs to what."""
        async with open_client(capillary_sandbox) as client:
            with trace.get_tracer("service").start_as_current_span("service") as service:
                await client.customers.get(6)

        (attempt,), (call,) = otel.of_kind(SpanKind.CLIENT), otel.of_kind(SpanKind.INTERNAL)
        assert attempt.parent == call.context
        assert call.parent == service.get_span_context()
        assert (call.name, attempt.name) == (f"capillary GET {PATH}", f"GET {PATH}")

    async def test_an_attempt_has_the_attributes_of_the_conventions(
        self, capillary_sandbox: Sandbox, otel: Collected
    ) -> None:
        """Dashboards for HTTP clients work without settings."""
        async with open_client(capillary_sandbox) as client:
            await client.customers.find_id("email", EMAIL)

        (attempt,) = otel.of_kind(SpanKind.CLIENT)
        assert dict(attempt.attributes or {}) == {
            "http.request.method": "GET",
            "server.address": "127.0.0.1",
            "server.port": int(capillary_sandbox.base_url.rsplit(":", 1)[1]),
            "url.full": f"{capillary_sandbox.base_url}{LOOKUP}?REDACTED",
            "url.template": LOOKUP,
            "http.response.status_code": 200,
        }
        assert attempt.status.status_code is StatusCode.UNSET

    async def test_a_url_without_a_query_has_none(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """There is nothing to hide then."""
        async with open_client(capillary_sandbox) as client:
            await client.fetch("/v3/users/6/targetGroups")

        (attempt,) = otel.of_kind(SpanKind.CLIENT)
        assert (attempt.attributes or {})[
            "url.full"
        ] == f"{capillary_sandbox.base_url}/v3/users/{{value1}}/targetGroups"

    async def test_a_retry_is_a_span_of_its_own(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """With its number, and the reason on the one before."""
        capillary_sandbox.script("/", Answer(status=503))

        async with open_client(capillary_sandbox, options=QUICK) as client:
            await client.customers.get(6)

        first, second = (span.attributes or {} for span in otel.of_kind(SpanKind.CLIENT))
        assert (first["http.response.status_code"], first["error.type"]) == (503, "503")
        assert "http.request.resend_count" not in first
        assert second["http.request.resend_count"] == 1
        assert [span.status.status_code for span in otel.own] == [StatusCode.ERROR, StatusCode.UNSET, StatusCode.UNSET]

    async def test_an_attempt_without_an_answer_names_the_error(
        self, capillary_sandbox: Sandbox, otel: Collected
    ) -> None:
        """By its class; its text is for people."""
        capillary_sandbox.script("/", Answer(abort=True))

        async with open_client(capillary_sandbox) as client:
            await outcomes(client.customers.get(6))

        for span in otel.own:
            assert (span.attributes or {})["error.type"] == "capillary_async.errors.TransportError"
            assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
            assert not span.events

    async def test_a_refusal_fails_the_call(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """With the class that the caller gets, and the API's code."""
        async with open_client(capillary_sandbox) as client:
            await outcomes(client.customers.get(404))

        (call,) = otel.of_kind(SpanKind.INTERNAL)
        assert dict(call.attributes or {}) == {
            "url.template": PATH,
            "capillary.attempts": 1,
            "capillary.rate_limit_wait": 0.0,
            "capillary.codes": (8015,),
            "error.type": "capillary_async.errors.NotFoundError",
        }

    async def test_a_token_is_fetched_below_the_call_that_needs_it(
        self, capillary_sandbox: Sandbox, otel: Collected
    ) -> None:
        """It is a request like any other."""
        auth = OAuth(capillary_sandbox.key, capillary_sandbox.secret)

        async with open_client(capillary_sandbox, auth) as client:
            await client.customers.get(6)

        token, attempt = otel.of_kind(SpanKind.CLIENT)
        (call,) = otel.of_kind(SpanKind.INTERNAL)
        assert (token.name, token.parent) == (f"POST {TOKEN_PATH}", call.context)
        assert "http.request.resend_count" not in (attempt.attributes or {})

    async def test_each_page_of_a_listing_is_a_call(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """Nothing runs between two pages, so nothing lies above them."""
        async with open_client(capillary_sandbox) as client:
            await client.user_groups.list_members(93257, page_size=10).collect(limit=30)

        assert len(otel.of_kind(SpanKind.INTERNAL)) == capillary_sandbox.request_count
        assert trace.get_current_span() is trace.INVALID_SPAN

    async def test_a_call_that_is_cancelled_ends_its_spans(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """A span that never ends is never exported."""
        capillary_sandbox.latency = 5.0

        async with open_client(capillary_sandbox, options=attrs.evolve(ONCE, deadline=0.05)) as client:
            await outcomes(client.customers.get(6))

        assert len(otel.own) == 2

    async def test_calls_that_share_an_answer_have_a_span_each(
        self, capillary_sandbox: Sandbox, otel: Collected
    ) -> None:
        """The attempt is below the first."""
        async with open_client(capillary_sandbox, options=attrs.evolve(ONCE, coalesce=True)) as client:
            await outcomes(*(client.customers.get(6) for _ in range(3)))

        assert len(otel.of_kind(SpanKind.INTERNAL)) == 3
        assert len(otel.of_kind(SpanKind.CLIENT)) == 1


class FailingProcessor(SpanProcessor):
    """A part of a user's own that fails when it is told of a span."""

    def __init__(self) -> None:
        self.is_on = True

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        """Fail."""
        if self.is_on:
            raise RuntimeError("the collector is down")

    def on_end(self, span: Any) -> None:
        """Fail."""
        self.on_start(span)


async def test_a_collector_that_fails_costs_no_answer(
    capillary_sandbox: Sandbox, otel: Collected, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, as with any other listener."""
    processor = FailingProcessor()
    cast("TracerProvider", trace.get_tracer_provider()).add_span_processor(processor)

    async with open_client(capillary_sandbox) as client:
        customer, refusal = await outcomes(client.customers.get(6), client.customers.get(404))
    processor.is_on = False

    assert isinstance(customer, Customer)
    assert isinstance(refusal, NotFoundError)
    assert {record.getMessage() for record in caplog.records if record.name == "capillary_async"} == {
        "OpenTelemetry failed"
    }


class TestPropagation:
    """The trace goes on in the server."""

    async def test_a_request_carries_the_attempts_trace(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """In the header of the W3C."""
        async with open_client(capillary_sandbox) as client:
            await client.customers.get(6)

        (attempt,) = otel.of_kind(SpanKind.CLIENT)
        assert attempt.context is not None
        sent = f"00-{attempt.context.trace_id:032x}-{attempt.context.span_id:016x}-{attempt.context.trace_flags:02x}"
        assert capillary_sandbox.requests[0].headers["Traceparent"] == sent

    async def test_headers_of_the_request_are_not_replaced(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """What a program keeps with its traces does not reach authentication."""
        token = context.attach(baggage.set_baggage("Authorization", "somebody"))
        try:
            async with open_client(capillary_sandbox) as client:
                assert (await client.customers.get(6)).extra is not None
        finally:
            context.detach(token)

    async def test_the_span_is_gone_after_the_call(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """The caller's own spans go on where they were."""
        async with open_client(capillary_sandbox) as client:
            before = context.get_current()
            await client.customers.get(6)
            await outcomes(client.customers.get(404))

            assert context.get_current() == before


class TestMetrics:
    """The histogram of the conventions."""

    async def test_attempts_are_counted_and_timed(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """In seconds, by method, place, template and status."""
        path = "/v2/userGroup2/search"
        port = int(capillary_sandbox.base_url.rsplit(":", 1)[1])

        async with open_client(capillary_sandbox) as client:
            await client.user_groups.search("fleet").first()

        (point,) = [point for point in otel.points(DURATION, path) if (point.attributes or {})["server.port"] == port]
        assert dict(point.attributes or {}) == {
            "http.request.method": "GET",
            "server.address": "127.0.0.1",
            "server.port": port,
            "url.template": path,
            "http.response.status_code": 200,
        }
        assert point.count == 1
        assert 0 < point.sum < 5
        assert point.explicit_bounds[0] == 0.005


@pytest.mark.usefixtures("aiohttp_instrumented")
class TestSuppression:
    """aiohttp's own spans hold whole URLs: a customer's phone number, in every trace store."""

    async def test_no_span_of_aiohttps_is_made(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """Of a session of the client's own."""
        async with open_client(capillary_sandbox) as client:
            await client.customers.find_id("email", EMAIL)

        assert otel.own
        assert not otel.others
        assert not [text for text in otel.texts() if EMAIL in text or "customer.6" in text]

    async def test_nor_in_a_session_that_was_given(self, capillary_sandbox: Sandbox, otel: Collected) -> None:
        """It has aiohttp's listeners, for the user's other requests."""
        auth = BasicAuth(capillary_sandbox.till, capillary_sandbox.password)
        async with aiohttp.ClientSession() as session:
            async with CapillaryClient(capillary_sandbox.base_url, auth, session=session) as client:
                await client.customers.find_id("email", EMAIL)
            assert not otel.others

            await session.get(f"{capillary_sandbox.base_url}/v2/other")

        assert [span.name for span in otel.others] == ["GET"]


def test_nothing_of_opentelemetry_is_loaded_for_nobody() -> None:
    """A program that has it installed and does not use it does not wait for it."""
    code = (
        "import asyncio, sys\n"
        "from capillary_async import AccessToken, CapillaryClient\n"
        "async def main():\n"
        "    async with CapillaryClient('http://127.0.0.1:1', AccessToken('t')) as client:\n"
        "        try: await client.customers.get(6)\n"
        "        except Exception: pass\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
