"""A client checks its settings, and its parts work together."""

import copy
import importlib
import itertools
import os
import pickle
import pkgutil
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from capillary_async import (
    AccessToken,
    BasicAuth,
    CapillaryClient,
    ClientOptions,
    ConfigurationError,
    DeadlineExceeded,
    OAuth,
    RateLimit,
    RateLimitedError,
    Region,
    RetryPolicy,
    ServerError,
    pipeline,
)
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.request import CallInfo, Request
from capillary_async.pipeline.responses import HttpResponse
from capillary_async.pipeline.token import TOKEN_HEADER
from capillary_async.sandbox import Answer, Sandbox
from tests.fakes import outcomes
from tests.faults.virtual import answering, data, refusal, run_virtually

BASIC = BasicAuth("store.server", "server123")
HURRIED = RetryPolicy(base=0.001, throttled_base=0.001)

# A valid value for each variable; no error may show these values.
VALUES = {
    "CAPILLARY_BASE_URL": "https://planted-host.example.com",
    "CAPILLARY_REGION": "EU",
    "CAPILLARY_TILL": "planted-till",
    "CAPILLARY_PASSWORD": "planted-password",
    "CAPILLARY_PASSWORD_MD5": "8a16a6b70505eb1f1ff7cdc0cd5559a7",
    "CAPILLARY_KEY": "planted-key",
    "CAPILLARY_SECRET": "planted-secret",
    "CAPILLARY_ACCESS_TOKEN": "planted-token",
}
WAYS: dict[tuple[str, ...], Auth] = {
    ("CAPILLARY_TILL", "CAPILLARY_PASSWORD"): BasicAuth("planted-till", "planted-password"),
    ("CAPILLARY_TILL", "CAPILLARY_PASSWORD_MD5"): BasicAuth.from_md5(
        "planted-till", "8a16a6b70505eb1f1ff7cdc0cd5559a7"
    ),
    ("CAPILLARY_KEY", "CAPILLARY_SECRET"): OAuth("planted-key", "planted-secret"),
    ("CAPILLARY_ACCESS_TOKEN",): AccessToken("planted-token"),
}
LOGINS = [name for name in VALUES if name not in ("CAPILLARY_BASE_URL", "CAPILLARY_REGION")]


COMBINATIONS = [names for count in range(7) for names in itertools.combinations(LOGINS, count)]


class Given(CapillaryClient):
    """Records the arguments from which a client would be made."""

    def __init__(self, base_url: Region | str, auth: Auth, *, options: ClientOptions, **_: Any) -> None:
        self.given = base_url, auth, options


def environ(*names: str) -> dict[str, str]:
    """Set these environment variables beside unrelated ones."""
    return {"HOME": "/", **{name: VALUES[name] for name in names}}


def shown(error: BaseException) -> str:
    """Return what an error tracker would print of this package's frames."""
    tracked = traceback.TracebackException.from_exception(error, capture_locals=True)
    own = [frame for frame in tracked.stack if os.sep + "capillary_async" + os.sep in frame.filename]
    return "".join([*tracked.format_exception_only(), *traceback.StackSummary.from_list(own).format()])


def transports() -> Iterator[type[Any]]:
    """Return the name of every pipeline class that sends requests."""
    for info in pkgutil.iter_modules(pipeline.__path__):
        if info.name in ("http", "tracing"):
            continue  # imported only where they are used
        module = importlib.import_module(f"{pipeline.__name__}.{info.name}")
        for kind in vars(module).values():
            is_own = isinstance(kind, type) and kind.__module__ == module.__name__
            if is_own and hasattr(kind, "send") and not getattr(kind, "_is_protocol", False):
                yield kind


TRANSPORTS = {*transports()}


class TestSetUp:
    """The constructor's arguments."""

    @pytest.mark.parametrize("base_url", ["http://eu.example.com", "https://u:p@eu.example.com", "", None, 5])
    def test_a_wrong_base_url_is_refused(self, base_url: Any) -> None:
        """The message must name the argument."""
        with pytest.raises(ConfigurationError, match=r"^base_url "):
            CapillaryClient(base_url, BASIC)

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *(("auth", value) for value in (None, "token", ("till", "password"), {"key": "secret"}, BasicAuth)),
            *(("options", value) for value in (None, {"deadline": 5})),
            *(("on_call", value) for value in (5, "print")),
            *(("on_event", value) for value in (5, "print")),
        ],
    )
    def test_an_argument_of_the_wrong_kind_is_refused(self, argument: str, value: Any) -> None:
        """Not every caller has a type checker."""
        arguments: dict[str, Any] = {"auth": BASIC, argument: value}

        with pytest.raises(ConfigurationError, match=rf"^{argument} must be "):
            CapillaryClient(Region.EU, **arguments)

    @pytest.mark.parametrize("name", ["on_call", "on_event"])
    def test_a_coroutine_function_as_listener_is_refused(self, name: str) -> None:
        """The client does not await listeners, and Python would warn at every call."""

        async def listen(told: object) -> None:
            raise NotImplementedError

        arguments: dict[str, Any] = {name: listen}
        with pytest.raises(ConfigurationError, match=name):
            CapillaryClient(Region.EU, BASIC, **arguments)

    @pytest.mark.parametrize(
        ("base_url", "text"),
        [
            (Region.EU, "CapillaryClient('https://eu.api.capillarytech.com')"),
            ("HTTPS://EU.example.com/p/", "CapillaryClient('https://eu.example.com/p')"),
        ],
    )
    def test_the_repr_has_only_the_base_url(self, base_url: Region | str, text: str) -> None:
        """The repr is logged, so it must not hold a secret."""
        assert repr(CapillaryClient(base_url, BASIC)) == text

    def test_creating_a_client_opens_nothing(self) -> None:
        """A client can be created at import and dropped without a warning."""
        CapillaryClient(Region.EU, OAuth("k", "s"), options=ClientOptions(coalesce=True, rate_limit=RateLimit(5)))


class TestFromEnv:
    """Environment variables; errors name the variable but never show a value."""

    @pytest.mark.parametrize("place", ["CAPILLARY_BASE_URL", "CAPILLARY_REGION"])
    @pytest.mark.parametrize("names", WAYS)
    def test_each_set_of_credentials_is_enough(self, names: tuple[str, ...], place: str) -> None:
        """Each set of credentials must work with the base URL and with the region."""
        options = ClientOptions(deadline=5)

        made = Given.from_env(environ(*names, place), options=options)

        where = Region.EU if place == "CAPILLARY_REGION" else VALUES[place]
        assert made.given == (where, WAYS[names], options)

    @pytest.mark.parametrize("names", COMBINATIONS)
    def test_any_other_combination_is_refused(self, names: tuple[str, ...]) -> None:
        """With one and a half sets of credentials, the intended one is unknown."""
        variables = environ(*names, "CAPILLARY_REGION")
        if names in WAYS:
            CapillaryClient.from_env(variables)
            return

        with pytest.raises(ConfigurationError, match="one way to authenticate") as caught:
            CapillaryClient.from_env(variables)

        message = str(caught.value)
        assert message.endswith("; " + ("these are set: " + ", ".join(names) if names else "none is set"))
        assert "planted" not in shown(caught.value)

    @pytest.mark.parametrize(
        ("places", "message"),
        [
            ({}, "set CAPILLARY_BASE_URL, or CAPILLARY_REGION to one of EU, APAC, APAC2, SEA, US, USHC, CHINA"),
            ({"CAPILLARY_REGION": "planted"}, "CAPILLARY_REGION must be one of EU, APAC, APAC2, SEA, US, USHC, CHINA"),
            (
                {"CAPILLARY_REGION": "EU", "CAPILLARY_BASE_URL": "https://planted.example.com"},
                "set CAPILLARY_BASE_URL or CAPILLARY_REGION, not both",
            ),
            (
                {"CAPILLARY_BASE_URL": "https://u:planted@eu.example.com"},
                "base_url must not hold a user name or a password",
            ),
            ({"CAPILLARY_BASE_URL": "http://planted.example.com"}, "base_url must be https"),
        ],
    )
    def test_a_base_url_and_a_region_are_refused_together(self, places: Mapping[str, str], message: str) -> None:
        """A URL and a region may contradict each other."""
        with pytest.raises(ConfigurationError) as caught:
            CapillaryClient.from_env({**environ("CAPILLARY_ACCESS_TOKEN"), **places})

        assert str(caught.value).startswith(message)
        assert "planted" not in str(caught.value)

    @pytest.mark.parametrize("name", ["eu", " EU ", "Apac2"])
    def test_a_region_may_be_written_in_any_case(self, name: str) -> None:
        """Users type the name by hand."""
        variables = {**environ("CAPILLARY_ACCESS_TOKEN"), "CAPILLARY_REGION": name}

        assert name.strip().lower() in repr(CapillaryClient.from_env(variables))

    def test_an_empty_variable_is_not_set(self) -> None:
        """Containers remove a variable by setting it to an empty text."""
        variables = dict.fromkeys(VALUES, "") | environ("CAPILLARY_ACCESS_TOKEN", "CAPILLARY_BASE_URL")

        assert "planted-host" in repr(CapillaryClient.from_env(variables))

    @pytest.mark.parametrize(
        ("name", "value"),
        [("CAPILLARY_ACCESS_TOKEN", "planted\nX-Other: 1"), ("CAPILLARY_PASSWORD_MD5", "planted")],
    )
    def test_a_wrong_value_is_not_shown(self, name: str, value: str) -> None:
        """The frames of a traceback must not show it either."""
        others = () if name == "CAPILLARY_ACCESS_TOKEN" else ("CAPILLARY_TILL",)
        variables = {**environ(*others, "CAPILLARY_REGION"), name: value}

        with pytest.raises(ConfigurationError, match=r"token|password_md5") as caught:
            CapillaryClient.from_env(variables)

        assert "planted\n" not in shown(caught.value)
        assert "'planted'" not in shown(caught.value)

    def test_the_default_environment_is_that_of_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is the default of `environ`."""
        for name in VALUES:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("CAPILLARY_REGION", "SEA")
        monkeypatch.setenv("CAPILLARY_ACCESS_TOKEN", "t")

        assert "sea.api" in repr(CapillaryClient.from_env())


class TestStack:
    """The order of the transports."""

    async def test_a_retry_uses_the_newest_token(self) -> None:
        """The token may expire while the client waits before a retry."""
        async with (
            Sandbox() as sandbox,
            CapillaryClient(
                sandbox.base_url, OAuth(sandbox.key, sandbox.secret), options=ClientOptions(retry=HURRIED)
            ) as client,
        ):
            await client.customers.get(6)
            sandbox.expire_tokens()
            sandbox.script("/v2", Answer(status=503))
            await client.customers.get(6)

            statuses = [(request.path[:4], request.status) for request in sandbox.requests]

        assert statuses == [("/v3/", 200), ("/v2/", 200), ("/v2/", 503), ("/v2/", 498), ("/v3/", 200), ("/v2/", 200)]

    async def test_a_token_is_fetched_again_when_its_server_is_busy(self) -> None:
        """The token request is the only POST that is safe to retry."""
        async with (
            Sandbox() as sandbox,
            CapillaryClient(
                sandbox.base_url, OAuth(sandbox.key, sandbox.secret), options=ClientOptions(retry=HURRIED)
            ) as client,
        ):
            sandbox.script("/v3/oauth", Answer(status=503), Answer(abort=True), Answer(), times=3)

            assert (await client.customers.get(6)).id == 6

            assert [request.path for request in sandbox.requests].count("/v3/oauth/token/generate") == 4

    def test_retries_need_permits_of_the_rate_limit(self) -> None:
        """The API counts retries too."""
        answers = [refusal(503), refusal(503), data(b"{}")]

        async def respond(_: Request[Any]) -> HttpResponse:
            return answers.pop(0)

        async def main() -> list[float]:
            options = ClientOptions(retry=HURRIED, rate_limit=RateLimit(2, per=60.0))
            async with answering(respond, BASIC, options) as server:
                await server.client.fetch("/v2/x")
                return server.http.starts

        first, _, third = run_virtually(main())
        assert third - first > 60.0

    async def test_calls_that_share_an_answer_share_its_retries(self) -> None:
        """Coalescing is above retry."""
        seen: list[CallInfo] = []
        options = ClientOptions(retry=HURRIED, coalesce=True)
        async with (
            Sandbox(latency=0.01) as sandbox,
            CapillaryClient(sandbox.base_url, BASIC, options=options, on_call=seen.append) as client,
        ):
            sandbox.script("/", Answer(status=503), times=2)

            found = await outcomes(*(client.customers.get(6) for _ in range(50)))

            assert sandbox.request_count == sum(info.attempts for info in seen) == 3
        assert len({id(customer) for customer in found}) == 50

    async def test_a_throttled_answer_holds_back_all_calls(self) -> None:
        """Calls that already wait for the rate limit must wait longer too."""
        options = ClientOptions(retry=RetryPolicy(throttled_base=0.001), rate_limit=RateLimit(1000, per=1.0))
        async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
            sandbox.script("/", Answer.throttled("0.3"))

            await outcomes(*(client.customers.get(number) for number in range(1, 40)))

            times = [request.time for request in sandbox.requests]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert max(gaps) > 0.15

    async def test_a_deadline_covers_waits_and_attempts(self) -> None:
        """A wait that would pass the deadline must not start."""
        options = ClientOptions(deadline=0.3)
        async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
            sandbox.script("/", Answer.throttled("100"))
            with pytest.raises(RateLimitedError) as caught:
                await client.customers.get(6)
            sandbox.script("/", Answer(delay=5))

            assert caught.value.attempts == 1
        async with Sandbox(latency=5) as sandbox, CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
            with pytest.raises(DeadlineExceeded):
                await client.customers.get(6)

    async def test_an_outage_costs_at_most_35_retries(self) -> None:
        """Without a budget, 200 calls at once would send 800 requests."""
        options = ClientOptions(retry=RetryPolicy(base=0.001))
        async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
            sandbox.script("/", Answer(status=503), times=None)

            failures = await outcomes(*(client.customers.get(number) for number in range(1, 201)))

            assert all(isinstance(failure, ServerError) for failure in failures)
            assert sandbox.request_count <= 235

    async def test_a_large_failed_answer_is_retried_with_one_connection(self) -> None:
        """The failed answer must release the only connection before the retry."""
        options = ClientOptions(retry=HURRIED, max_connections=1, deadline=5)
        async with Sandbox() as sandbox, CapillaryClient(sandbox.base_url, BASIC, options=options) as client:
            sandbox.script("/", Answer(status=503, body=b" " * 2_000_000))

            assert (await client.customers.get(6)).id == 6

    async def test_no_more_connections_are_open_than_allowed(self) -> None:
        """A firewall may limit the number of connections."""
        options = ClientOptions(max_connections=3)
        async with (
            Sandbox(latency=0.01) as sandbox,
            CapillaryClient(sandbox.base_url, BASIC, options=options) as client,
        ):
            await outcomes(*(client.customers.get(number) for number in range(1, 30)))

            assert (sandbox.peak, sandbox.connections) == (3, 3)


async def test_a_token_header_never_follows_a_redirect() -> None:
    """Aiohttp sends a session's headers to the target of a redirect."""
    async with Sandbox() as elsewhere, Sandbox() as sandbox:
        moved = Answer(status=302, headers={"Location": elsewhere.base_url + "/v2/customers/6?source=INSTORE"})
        async with CapillaryClient(sandbox.base_url, OAuth(sandbox.key, sandbox.secret)) as client:
            sandbox.script("/v2", moved)

            (error,) = await outcomes(client.customers.get(6))

        assert getattr(error, "status", None) == 302
        assert elsewhere.request_count == 0
        assert TOKEN_HEADER in sandbox.requests[-1].headers


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_each_name_of_this_machine_works(host: str) -> None:
    """The check before sending compares host names."""
    try:
        sandbox = Sandbox(host=host.strip("[]"))
        await sandbox.start()
    except OSError:
        pytest.skip(f"this machine has no {host}")
    client = CapillaryClient(f"http://{host}:{sandbox.port}", BASIC)

    async with client:
        assert (await client.customers.get(6)).id == 6
    await sandbox.close()


class TestProcesses:
    """A client cannot be used in another process, because it holds sockets."""

    async def test_clients_and_pagers_are_not_pickled(self, capillary_sandbox: Sandbox) -> None:
        """The error must tell the user of a process pool what to do instead."""
        async with CapillaryClient(capillary_sandbox.base_url, BASIC) as client:
            members = client.user_groups.list_members(93257)
            pages = members.pages()
            await anext(pages)
            held: list[object] = [client, client.customers, client.customers.get, members, pages, aiter(members)]

            for value in [*held, members.prefetch(2), client.with_options(deadline=1.0)]:
                for travel in (pickle.dumps, copy.deepcopy):
                    with pytest.raises(TypeError, match="open one client in each process"):
                        travel(value)

    @pytest.mark.parametrize("kind", sorted(TRANSPORTS, key=repr))
    def test_no_transport_is_pickled(self, kind: type[Any]) -> None:
        """A process pool may get a part of a client."""
        with pytest.raises(TypeError, match="open one client in each process"):
            pickle.dumps(object.__new__(kind))

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
    def test_a_client_used_after_a_fork_says_so(self) -> None:
        """Two processes must not read from the same sockets."""
        code = (
            "import asyncio, os\n"
            "from capillary_async import AccessToken, CapillaryClient, ConfigurationError, Region\n"
            "client = CapillaryClient(Region.EU, AccessToken('t'))\n"
            "async def use():\n"
            "    try: await client.customers.get(6)\n"
            "    except ConfigurationError as error: print(error, flush=True)\n"
            "async def main():\n"
            "    async with client:\n"
            "        if not (child := os.fork()):\n"
            "            asyncio.run(use())\n"
            "            os._exit(0)\n"
            "        os.waitpid(child, 0)\n"
            "asyncio.run(main())\n"
        )

        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

        assert done.stdout.startswith("the client was opened before this process was forked; open one client in each")

    async def test_open_and_aclose_work_without_a_block(self, capillary_sandbox: Sandbox) -> None:
        """Frameworks with start-up and shutdown callbacks cannot use `async with`."""
        client = CapillaryClient(capillary_sandbox.base_url, BASIC)

        assert await client.open() is client
        assert (await client.customers.get(6)).id == 6
        await client.aclose()

        with pytest.raises(ConfigurationError, match="not open"):
            await client.customers.get(6)
