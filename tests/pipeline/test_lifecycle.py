"""A client works inside its block and its loop, and leaves nothing behind."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from capillary_async import (
    BasicAuth,
    CapillaryClient,
    CapillaryError,
    ClientOptions,
    ConfigurationError,
    OAuth,
    RateLimit,
    RetryPolicy,
)
from capillary_async.pipeline.auth import Auth
from capillary_async.sandbox import Answer, Sandbox
from tests.fakes import outcomes

EVERYTHING = ClientOptions(rate_limit=RateLimit(10_000, per=1.0), coalesce=True, max_connections=10)
BASIC = BasicAuth("store.server", "server123")


@pytest.fixture(scope="module", autouse=True)
def _older_objects() -> None:
    """Freeze what other tests made, because each test here collects garbage and would scan all of it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """Run a sandbox, and see that no client leaves a task or a connection behind."""
    is_over = asyncio.Event()

    async def sleep(seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await is_over.wait()

    async with Sandbox(sleep=sleep) as running:
        yield running
        assert tasks() == []
        is_over.set()  # a server notices that a client has gone only when it answers
        await until(lambda: running.connections == 0)
        assert running.connections == 0
        gc.collect()  # what was left open would complain now, and a warning is a failure


def tasks() -> list[str]:
    """Return the tasks of the loop, without the one that asks and those of the sandbox's server."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return [repr(task) for task in others if "RequestHandler" not in repr(task)]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the other side of a socket has to do first."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.001)


async def refusal_of(call: Awaitable[object]) -> str:
    """Return the message of the configuration error that a call comes to."""
    with pytest.raises(ConfigurationError) as caught:
        await call
    return str(caught.value)


class TestOutside:
    """Used where it cannot work, a client says so."""

    async def test_before_the_block(self, sandbox: Sandbox) -> None:
        """Forgetting `async with` is the first mistake that everybody makes."""
        client = CapillaryClient(sandbox.base_url, BASIC)

        assert "async with" in await refusal_of(client.customers.get(6))
        assert "async with" in await refusal_of(client.targets.list_events(6, 79193).collect())
        assert "async with" in await refusal_of(client.fetch("/v2/x"))
        assert sandbox.request_count == 0

    async def test_after_the_block(self, sandbox: Sandbox) -> None:
        """A pager that outlives its client, for instance."""
        async with CapillaryClient(sandbox.base_url, BASIC) as client:
            rows = aiter(client.targets.list_events(6, 79197, page_size=50))
            await anext(rows)
            waiting = client.customers.get(6)

        assert "async with" in await refusal_of(waiting)
        await outcomes(*(anext(rows) for _ in range(49)))
        assert "async with" in await refusal_of(anext(rows))

    def test_in_another_loop(self) -> None:
        """Sockets belong to the loop that opened them; aiohttp would hang or fail oddly."""
        refused: list[str] = []

        async def other(client: CapillaryClient) -> None:
            refused.append(await refusal_of(client.customers.get(6)))

        async def main() -> None:
            async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, BASIC) as client:
                thread = threading.Thread(target=lambda: asyncio.run(other(client)))
                thread.start()
                await asyncio.to_thread(thread.join)
                assert (await client.customers.get(6)).id == 6

        asyncio.run(main())
        assert "another event loop" in refused[0]

    async def test_twice_at_a_time(self, sandbox: Sandbox) -> None:
        """The inner block's end would be the outer one's, too."""
        async with CapillaryClient(sandbox.base_url, BASIC) as client:
            with pytest.raises(ConfigurationError, match="open already"):
                await client.__aenter__()

            assert (await client.customers.get(6)).id == 6

    async def test_again_afterwards(self, sandbox: Sandbox) -> None:
        """One client after the other is as good as two."""
        client = CapillaryClient(sandbox.base_url, OAuth(sandbox.key, sandbox.secret), options=EVERYTHING)

        for _ in range(2):
            async with client:
                assert (await client.customers.get(6)).id == 6

        assert sandbox.tokens_issued == 1

    def test_again_in_another_loop(self) -> None:
        """A script that runs `asyncio.run` twice has two, and calls of the first were cancelled while they waited."""
        sandboxes: list[Sandbox] = []

        async def main(client: CapillaryClient | None) -> CapillaryClient:
            async with Sandbox(port=sandboxes[0].port if sandboxes else 0) as sandbox:
                sandboxes.append(sandbox)
                options = ClientOptions(rate_limit=RateLimit(1, per=0.2), coalesce=True)
                client = client or CapillaryClient(
                    sandbox.base_url, OAuth("sandbox-key", "sandbox-secret"), options=options
                )
                async with client:
                    calls = [asyncio.create_task(client.customers.get(number)) for number in (6, 7, 8)]
                    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait(calls)
                async with client:
                    sandbox.expire_tokens()
            return client

        client = asyncio.run(main(None))
        asyncio.run(asyncio.wait_for(main(client), 5))

    async def test_an_entry_that_failed_can_be_tried_again(self, sandbox: Sandbox) -> None:
        """Nothing stays half open."""
        session = aiohttp.ClientSession()
        client = CapillaryClient(sandbox.base_url, BASIC, session=session)
        await session.close()

        for _ in range(2):
            with pytest.raises(ConfigurationError, match="session is closed"):
                await client.__aenter__()


class TestLeaving:
    """The end of the block is the end of everything."""

    @pytest.mark.parametrize("options", [ClientOptions(), EVERYTHING])
    @pytest.mark.parametrize("auth", [BASIC, OAuth("sandbox-key", "sandbox-secret")])
    async def test_calls_under_way_are_cancelled(self, sandbox: Sandbox, auth: Auth, options: ClientOptions) -> None:
        """Those on the wire, those that wait for a token, a connection or a retry."""
        sandbox.latency = 30
        async with CapillaryClient(sandbox.base_url, auth, options=options) as client:
            calls = [asyncio.create_task(client.customers.get(number)) for number in range(1, 30)]
            calls.append(asyncio.create_task(client.customers.get(1)))
            await until(lambda: sandbox.in_flight > 0)

        assert all(call.cancelled() for call in calls)

    async def test_a_wait_before_a_retry_is_cancelled(self, sandbox: Sandbox) -> None:
        """It may be five minutes long."""
        sandbox.script("/", Answer.throttled("100"), times=None)
        async with CapillaryClient(sandbox.base_url, BASIC, options=ClientOptions(deadline=None)) as client:
            call = asyncio.create_task(client.customers.get(6))
            await until(lambda: sandbox.request_count > 0)
            await asyncio.sleep(0.01)

        assert call.cancelled()

    async def test_a_wait_for_the_rate_limit_is_cancelled(self, sandbox: Sandbox) -> None:
        """Its timer, too, must not outlive the block."""
        options = ClientOptions(rate_limit=RateLimit(1, per=100.0), deadline=None)
        async with CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
            await client.customers.get(6)
            call = asyncio.create_task(client.customers.get(6))
            await asyncio.sleep(0.01)

        assert call.cancelled()

    async def test_pages_asked_for_ahead_are_cancelled(self, sandbox: Sandbox) -> None:
        """They run in tasks of the client's own."""
        async with (
            CapillaryClient(sandbox.base_url, BASIC) as client,
            client.targets.list_events(6, 79197, page_size=10).prefetch(4) as events,
        ):
            await anext(events)
            sandbox.latency = 30

    async def test_a_token_that_is_being_renewed_is_not_waited_for(self, sandbox: Sandbox) -> None:
        """Nobody waits for it, and it has a task of its own."""
        sandbox.token_ttl = 1.0
        async with CapillaryClient(sandbox.base_url, OAuth(sandbox.key, sandbox.secret)) as client:
            await client.customers.get(6)
            sandbox.script("/v3/oauth", Answer(delay=30))
            while sandbox.requests[-1].path.startswith("/v2"):
                await client.customers.get(6)
                await asyncio.sleep(0.005)

    async def test_the_blocks_own_error_arrives_as_itself(self, sandbox: Sandbox) -> None:
        """Not in a group, and not replaced by what closing meets."""

        async def block() -> None:
            async with CapillaryClient(sandbox.base_url, BASIC) as client:
                await client.customers.get(6)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await block()

    async def test_who_cancels_the_block_gets_it_back(self, sandbox: Sandbox) -> None:
        """Also in the middle of leaving it."""
        sandbox.latency = 30

        async def block() -> None:
            async with CapillaryClient(sandbox.base_url, OAuth(sandbox.key, sandbox.secret)) as client:
                await asyncio.gather(*(client.customers.get(number) for number in range(1, 10)))

        task = asyncio.create_task(block())
        await until(lambda: sandbox.in_flight > 0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

        assert task.cancelled()

    async def test_a_session_that_was_given_stays_open(self, sandbox: Sandbox) -> None:
        """Calls end; the session is its owner's to close."""
        sandbox.latency = 30
        async with aiohttp.ClientSession() as session:
            async with CapillaryClient(sandbox.base_url, BASIC, session=session) as client:
                call = asyncio.create_task(client.customers.get(6))
                await until(lambda: sandbox.in_flight > 0)

            assert call.cancelled()
            assert not session.closed

    async def test_a_call_that_was_never_awaited_is_no_ones_fault(self, sandbox: Sandbox) -> None:
        """Closing the coroutine is all there is to do."""
        async with CapillaryClient(sandbox.base_url, BASIC) as client:
            client.customers.get(6).close()

        assert sandbox.request_count == 0


class TestCancelling:
    """Cancelled at any moment, a call gives back all that it holds."""

    @pytest.mark.parametrize("auth", [BASIC, OAuth("sandbox-key", "sandbox-secret")])
    @pytest.mark.parametrize("options", [ClientOptions(max_connections=2), EVERYTHING])
    async def test_the_client_goes_on_as_if_nothing_had_been(
        self, sandbox: Sandbox, auth: Auth, options: ClientOptions
    ) -> None:
        """At each of the first steps of the loop, and a few times on the wire."""
        sandbox.latency = 0.002
        async with CapillaryClient(sandbox.base_url, auth, options=options) as client:
            for steps in range(40):
                calls = [asyncio.create_task(client.customers.get(number)) for number in (6, 7, 8, 6)]
                for _ in range(steps):
                    await asyncio.sleep(0)
                for call in calls[steps % 2 :: 2]:
                    call.cancel()
                found = await outcomes(*calls)

                for number, outcome in zip((6, 7, 8, 6), found, strict=True):
                    assert isinstance(outcome, asyncio.CancelledError) or getattr(outcome, "id", None) == number

            assert [
                getattr(found, "id", found) for found in await outcomes(*map(client.customers.get, range(1, 9)))
            ] == [*range(1, 9)]
            assert sandbox.connections <= options.max_connections

    async def test_a_timeout_of_the_callers_own_is_a_timeout(self, sandbox: Sandbox) -> None:
        """And the connection is not returned with half an answer in it."""
        async with CapillaryClient(sandbox.base_url, BASIC, options=ClientOptions(max_connections=1)) as client:
            for delay in (0.001, 0.002, 0.003):
                sandbox.script("/", Answer(through=True, delay=0.01))
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(delay):
                        await client.customers.get(7)
                assert (await client.customers.get(6)).id == 6

    async def test_break_leaves_nothing_behind(self, sandbox: Sandbox) -> None:
        """Plain iteration holds nothing between two rows; reading ahead ends with its block."""
        async with CapillaryClient(sandbox.base_url, BASIC) as client:
            pager = client.targets.list_events(6, 79197, page_size=10)
            async for _ in pager:
                break
            async for _ in pager.pages():
                break
            async with pager.prefetch(4) as events:
                async for _ in events:
                    break

            assert tasks() == []
            assert sandbox.in_flight == 0


def run_debugged(main: Coroutine[Any, Any, None]) -> list[str]:
    """Run in a loop that watches for mistakes, and return what it complains of."""
    complaints: list[str] = []
    with asyncio.Runner(debug=True) as runner:
        runner.get_loop().set_exception_handler(lambda _, context: complaints.append(str(context)))
        runner.run(main)
        gc.collect()
    return complaints


def test_the_loop_has_nothing_to_complain_of() -> None:
    """Errors that nobody looked at, callbacks of closed transports, tasks destroyed while they wait."""

    async def main() -> None:
        options = ClientOptions(retry=RetryPolicy(base=0.001), coalesce=True)
        async with Sandbox() as sandbox:
            sandbox.script(
                "/v2",
                Answer(abort=True),
                Answer(status=503),
                Answer(body=b"{"),
                Answer(),
                times=40,
            )
            async with CapillaryClient(sandbox.base_url, OAuth("sandbox-key", "wrong"), options=options) as client:
                await outcomes(*(client.customers.get(number) for number in range(1, 10)))
            async with CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
                failures = await outcomes(*(client.customers.get(number) for number in range(1, 40)))
                assert any(isinstance(failure, CapillaryError) for failure in failures)

    assert run_debugged(main()) == []


class TestEnteringWhileLeaving:
    """A client that one task leaves and another enters."""

    async def test_it_is_refused_until_the_client_was_left(self, sandbox: Sandbox) -> None:
        """The one who left hung for ever, and the session of the other was never closed."""
        sandbox.latency = 5.0
        client = CapillaryClient(sandbox.base_url, BASIC)
        await client.__aenter__()
        call = asyncio.create_task(client.customers.get(1))
        await asyncio.sleep(0.05)

        leaving = asyncio.create_task(client.__aexit__(None, None, None))
        await asyncio.sleep(0)
        with pytest.raises(ConfigurationError, match=r"^the client is open already"):
            await client.__aenter__()
        await asyncio.wait_for(leaving, 2.0)
        await outcomes(call)

        sandbox.latency = 0.0
        async with client:
            assert (await client.customers.get(1)).id == 1

    async def test_an_entry_that_is_cancelled_leaves_it_closed(self, sandbox: Sandbox) -> None:
        """And it can be entered again."""
        client = CapillaryClient(sandbox.base_url, BASIC)
        entering = asyncio.create_task(client.__aenter__())
        entering.cancel()
        await outcomes(entering)

        async with client:
            assert (await client.customers.get(1)).id == 1
