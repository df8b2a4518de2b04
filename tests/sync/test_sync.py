"""The blocking client behaves as the async client, without an event loop of the caller."""

import asyncio
import inspect
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

import capillary_async
from capillary_async import (
    AccessToken,
    BasicAuth,
    ClientOptions,
    ConfigurationError,
    Customer,
    DeadlineExceeded,
    NotFoundError,
    Region,
)
from capillary_async.sandbox import Sandbox
from capillary_async.sync import CapillaryClient, lookup_many
from tools.sync_stub import STUB, Stub

GROUP = 93257


def loop_threads() -> int:
    """Count the threads of clients; a worker thread of anyio may end a moment later."""
    return [thread.name for thread in threading.enumerate()].count("capillary_async")


class TestCalls:
    """Calls block until the answer arrives."""

    def test_a_call_returns_its_answer(self, client: CapillaryClient) -> None:
        """The result must not be an awaitable."""
        customer = client.customers.get(6)

        assert type(customer) is Customer
        assert customer.id == 6

    def test_a_call_raises_its_error(self, client: CapillaryClient) -> None:
        """The errors are those of the async client."""
        with pytest.raises(NotFoundError) as caught:
            client.customers.get(404)

        assert caught.value.codes == (8015,)

    def test_fetch_and_paginate_reach_any_endpoint(self, client: CapillaryClient) -> None:
        """Both methods must be mirrored."""
        path = "/v3/users/6/trackedTargetEvents/79193"

        assert client.fetch("/v3/users/6/targetGroups", into=dict[str, Any])["data"]
        assert client.paginate(path, key="eventLogId").collect()

    def test_a_wrong_argument_is_refused_before_a_request(self, client: CapillaryClient, server: Sandbox) -> None:
        """The check must also run in the blocking client."""
        with pytest.raises(ValueError, match="customer_id"):
            client.customers.get(-1)

        assert not server.requests

    def test_threads_share_a_client(self, client: CapillaryClient, server: Sandbox) -> None:
        """A web server opens one client for all its threads."""
        server.latency = 0.05

        with ThreadPoolExecutor(8) as executor:
            ids = [customer.id for customer in executor.map(client.customers.get, range(1, 9))]

        assert ids == list(range(1, 9))

    def test_calls_work_in_a_thread_with_a_running_loop(self, client: CapillaryClient) -> None:
        """The cells of notebooks run in such a thread."""

        async def cell() -> int:
            return client.customers.get(6).id or 0

        assert asyncio.run(cell()) == 6

    def test_ctrl_c_cancels_the_request(self, client: CapillaryClient, server: Sandbox) -> None:
        """The request must not continue in the other thread."""

        def interrupt(number: int, frame: object) -> None:
            raise KeyboardInterrupt

        server.latency = 30.0
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(KeyboardInterrupt):
                client.customers.get(6)
        finally:
            signal.signal(signal.SIGALRM, before)
        server.latency = 0.0

        assert client.customers.get(6).id == 6


class TestListings:
    """Pagers are iterators."""

    def test_rows_of_all_pages_are_in_order(self, client: CapillaryClient, server: Sandbox) -> None:
        """The order must be that of the async client."""
        events = client.targets.list_events(1, 7, page_size=5)

        assert [event.event_log_id for event in events] == server.event_ids(1, 7)
        assert events.collect() == list(events)

    def test_a_break_sends_no_further_request(self, client: CapillaryClient, server: Sandbox) -> None:
        """Nobody would read the page."""
        for _ in client.user_groups.list_members(GROUP, page_size=10):
            break

        assert server.request_count == 1

    def test_a_received_row_needs_no_other_thread(
        self, client: CapillaryClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A change of threads takes longer than everything else for a row."""
        rows = iter(client.user_groups.list_members(GROUP, page_size=10))
        next(rows)
        monkeypatch.setattr(rows, "loop", None)

        assert [next(rows) for _ in range(9)]

    def test_pages_have_cursors(self, client: CapillaryClient) -> None:
        """Another process can resume with them."""
        members = client.user_groups.list_members(GROUP, page_size=10)

        page = next(iter(members.pages()))

        assert [*page.items, *members.resume(page.cursor)] == list(members)

    def test_pages_are_read_ahead(self, client: CapillaryClient, server: Sandbox) -> None:
        """The end of the block must cancel the running requests."""
        members = client.user_groups.list_members(GROUP, page_size=10)

        with members.prefetch(4) as rows:
            ahead = list(rows)
            assert rows.report.rows == len(ahead)

        assert ahead == members.collect()

    def test_batches_are_closed_on_a_break(self, client: CapillaryClient) -> None:
        """Python warns about an async generator that is not closed."""
        for batch in client.targets.list_events(1, 7, page_size=5).arrow_batches(rows=5):
            assert batch.num_rows == 5
            break

    def test_all_batches_arrive(self, client: CapillaryClient, server: Sandbox) -> None:
        """The batches must be those of the async pager."""
        batches = list(client.targets.list_events(1, 7).arrow_batches(rows=5))

        assert sum(batch.num_rows for batch in batches) == len(server.event_ids(1, 7))


class TestLookups:
    """`lookup_many` without an event loop."""

    def test_a_method_runs_in_the_clients_loop(self, client: CapillaryClient) -> None:
        """A call must not need a thread."""
        before = loop_threads()

        with lookup_many(client.customers.get, [*range(1, 9), 404], concurrency=5) as outcomes:
            found = {outcome.key: outcome.ok for outcome in outcomes}
            assert loop_threads() == before

        assert found == {**dict.fromkeys(range(1, 9), True), 404: False}

    def test_arguments_can_be_bound(self, client: CapillaryClient) -> None:
        """The async `lookup_many` accepts `functools.partial`, too."""
        get = partial(client.customers.get, slab_history=True)

        with lookup_many(get, [6], order="input") as outcomes:
            (outcome,) = outcomes

        assert outcome.unwrap().slab_history is not None

    def test_any_function_runs_in_threads(self, client: CapillaryClient) -> None:
        """The function may call the client several times."""

        def tier(customer_id: int) -> tuple[int | None, str]:
            return client.customers.get(customer_id).id, threading.current_thread().name

        with lookup_many(tier, range(1, 9), concurrency=4) as outcomes:
            found = [outcome.unwrap() for outcome in outcomes]

        assert {key for key, _ in found} == set(range(1, 9))
        assert threading.current_thread().name not in {name for _, name in found}

    def test_a_break_ends_the_running_calls(self, client: CapillaryClient) -> None:
        """The thread of the lookup must end, too."""
        before = loop_threads()

        with lookup_many(lambda key: key, range(1000), concurrency="auto") as outcomes:
            next(iter(outcomes))

        assert loop_threads() == before

    def test_a_wrong_function_is_refused_by_name(self) -> None:
        """The message must be that of the async `lookup_many`."""
        wrong: Any = 5
        with pytest.raises(ValueError, match="fn must be"):
            lookup_many(wrong, [1])


class TestLifetime:
    """A client has one thread with an event loop while it is open."""

    def test_open_and_close_work_without_a_with_block(self, unopened: CapillaryClient) -> None:
        """Some frameworks have only callbacks."""
        before = loop_threads()

        client = unopened.open()
        assert client.customers.get(6).id == 6
        client.close()

        assert loop_threads() == before

    def test_a_client_can_be_opened_again(self, unopened: CapillaryClient) -> None:
        """The async client can be opened again, too."""
        for _ in range(2):
            with unopened as client:
                assert client.customers.get(6)

    def test_a_call_of_a_closed_client_is_an_error(self, unopened: CapillaryClient) -> None:
        """The message must show the blocking form of `with`."""
        with pytest.raises(ConfigurationError, match="use it inside `with CapillaryClient"):
            unopened.customers.get(6)
        with pytest.raises(ConfigurationError, match="use it inside `with CapillaryClient"):
            unopened.targets.list_events(1, 7).first()

    def test_a_second_open_is_refused(self, client: CapillaryClient) -> None:
        """The first close would end the client for both users."""
        with pytest.raises(ConfigurationError, match="open already"):
            client.open()

    def test_a_client_that_cannot_open_leaves_no_thread(self) -> None:
        """The certificates of this client cannot be read."""
        before = loop_threads()

        with pytest.raises(ConfigurationError, match="ca_file"):
            CapillaryClient(Region.EU, AccessToken("t"), options=ClientOptions(ca_file="/nowhere")).open()

        assert loop_threads() == before

    def test_from_env_makes_a_blocking_client(self, server: Sandbox) -> None:
        """The variables are those of the async client."""
        environ = {
            "CAPILLARY_BASE_URL": server.base_url,
            "CAPILLARY_TILL": server.till,
            "CAPILLARY_PASSWORD": server.password,
        }

        with CapillaryClient.from_env(environ) as client:
            assert client.base_url == server.base_url
            assert client.customers.get(6).id == 6

    def test_a_variant_shares_the_thread(self, client: CapillaryClient, server: Sandbox) -> None:
        """A variant that is closed must not stop the other clients."""
        hurried = client.with_options(deadline=0.1)
        server.latency = 1.0

        with pytest.raises(DeadlineExceeded):
            hurried.customers.get(6)
        for act in (hurried.open, hurried.close):
            with pytest.raises(ConfigurationError, match="cannot be opened or closed"):
                act()
        server.latency = 0.0

        assert type(hurried) is CapillaryClient
        assert client.customers.get(6).id == 6

    def test_a_session_cannot_be_given(self) -> None:
        """The session would belong to another event loop."""
        arguments: dict[str, Any] = {"session": None}
        with pytest.raises(TypeError, match="session"):
            CapillaryClient(Region.EU, BasicAuth("till", "password"), **arguments)

    def test_a_client_is_not_pickled(self, unopened: CapillaryClient) -> None:
        """Threads and sockets cannot be pickled."""
        with pytest.raises(TypeError, match="open one client in each process"):
            pickle.dumps(unopened)


def run_script(server: Sandbox, *lines: str) -> str:
    """Run lines in a new interpreter, with `client` for the sandbox; return the printed text."""
    setup = (
        "import os, sys",
        "from capillary_async import BasicAuth, ConfigurationError",
        "from capillary_async.sync import CapillaryClient",
        f"AUTH = BasicAuth({server.till!r}, {server.password!r})",
        f"client = CapillaryClient({server.base_url!r}, AUTH)",
    )
    code = "\n".join([*(() if lines[0].startswith("from gevent") else setup), *lines])
    code = code.replace("SETUP", "\n".join(setup))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


class TestEnvironments:
    """Forks, greenlets, and programs that do not close the client."""

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_call_after_a_fork_is_an_error(self, server: Sandbox) -> None:
        """The forked client has no thread, so a call would wait forever."""
        said = run_script(
            server,
            "with client:",
            "    client.customers.get(6)",
            "    if not (child := os.fork()):",
            "        try: client.customers.get(6)",
            "        except ConfigurationError as error: print(error, flush=True)",
            "        client.close()",
            "        with CapillaryClient(client.base_url, AUTH) as own: print(own.customers.get(6).id, flush=True)",
            "        os._exit(0)",
            "    os.waitpid(child, 0)",
        )

        assert said == "the client was opened before this process was forked; open one in each process\n6\n"

    def test_green_threads_are_refused(self, server: Sandbox) -> None:
        """Greenlets share one thread, which the event loop would block."""
        pytest.importorskip("gevent")
        said = run_script(
            server,
            "from gevent import monkey; monkey.patch_all()",
            "SETUP",
            "try: client.open()",
            "except ConfigurationError as error: print(error)",
        )

        assert "does not work under gevent" in said

    def test_a_program_without_close_ends(self, server: Sandbox) -> None:
        """The program must not hang at exit."""
        assert run_script(server, "client.open()", "print(client.customers.get(6).id)").startswith("6\n")


def groups() -> Iterator[tuple[str, str]]:
    """Return the names of all methods of the async client's groups."""
    client = capillary_async.CapillaryClient(Region.EU, AccessToken("t"))
    for group in (name for name in vars(client) if not name.startswith("_")):
        for method in dir(getattr(client, group)):
            if not method.startswith("_") and method != "endpoint_client":
                yield group, method


class TestMirror:
    """The blocking classes have all methods of the async classes."""

    @pytest.mark.parametrize(("group", "method"), [*groups()])
    def test_every_method_of_a_group_is_mirrored(self, group: str, method: str) -> None:
        """The signature and the docstring must be the same, and no method is a coroutine function."""
        awaited = getattr(getattr(capillary_async.CapillaryClient(Region.EU, AccessToken("t")), group), method)
        blocking = getattr(getattr(CapillaryClient(Region.EU, AccessToken("t")), group), method)

        assert inspect.signature(blocking) == inspect.signature(awaited)
        assert inspect.getdoc(blocking) == inspect.getdoc(awaited)
        assert not inspect.iscoroutinefunction(blocking)

    def test_the_stub_is_current(self) -> None:
        """`make sync` writes it."""
        assert STUB.read_text("utf-8") == Stub().text()
