"""The pytest plugin of the package works in separate test runs."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

pytest_plugins = ["pytester"]

EACH_ITS_OWN = """
    import aiohttp
    import pytest
    from capillary_async import ClientOptions

    @pytest.fixture
    def capillary_client_options():
        return ClientOptions(deadline=9.0)

    @pytest.mark.{mark}
    async def test_it(capillary_sandbox):
        async with aiohttp.ClientSession() as session:
            async with session.get(capillary_sandbox.base_url + "/v2/customers/1") as response:
                assert response.status == 401
        assert capillary_sandbox.request_count == 1

    @pytest.mark.{mark}
    async def test_another(capillary_sandbox):
        assert capillary_sandbox.request_count == 0

    @pytest.mark.{mark}
    async def test_a_client(capillary_client, capillary_sandbox):
        assert (await capillary_client.customers.get(7)).id == 7
        assert capillary_sandbox.request_count == 1

    @pytest.mark.{mark}
    async def test_another_client(capillary_client, capillary_sandbox):
        assert capillary_client.base_url == capillary_sandbox.base_url
        assert capillary_sandbox.request_count == 0
"""
FAULTS = """
    import pytest
    from capillary_async import AccessDeniedError, ClientOptions, RateLimitedError, RetryPolicy, ServerError
    from capillary_async.sandbox import Answer

    pytestmark = [pytest.mark.asyncio, pytest.mark.capillary_sandbox(page_cap=3, denial="scope")]

    @pytest.fixture
    def capillary_client_options():
        return ClientOptions(retry=RetryPolicy(attempts=1))

    async def test_a_setting_of_the_module(capillary_client):
        with pytest.raises(AccessDeniedError):
            await capillary_client.customers.get(7)

    @pytest.mark.capillary_sandbox(denial=None)
    async def test_a_setting_of_the_test_comes_last(capillary_client, capillary_sandbox):
        assert capillary_sandbox.page_cap == 3
        assert (await capillary_client.customers.get(7)).id == 7

    @pytest.mark.capillary_sandbox(denial=None)
    @pytest.mark.capillary_fault("/v2", status=502, times=2)
    @pytest.mark.capillary_fault("/v3", Answer.throttled("30"))
    async def test_faults(capillary_client):
        for _ in range(2):
            with pytest.raises(ServerError):
                await capillary_client.customers.get(7)
        assert (await capillary_client.customers.get(7)).id == 7
        with pytest.raises(RateLimitedError) as caught:
            await capillary_client.targets.get_active(7)
        assert caught.value.retry_after == 30
"""
LOOPS = """
    import pytest

    async def test_its_url(capillary_sandbox):
        capillary_sandbox.base_url

    async def test_its_client(capillary_client):
        await capillary_client.customers.get(7)

    def test_no_loop_at_all(capillary_sandbox):
        capillary_sandbox.base_url
"""
CANNED = """
    import pytest
    from aioresponses import aioresponses
    from capillary_async import AccessToken, CapillaryClient, Region

    URL = "https://eu.api.capillarytech.com/v2/customers/lookup?source=INSTORE&identifierName=email&identifierValue=a"

    async def ask(answers):
        answers.get(URL, payload={"entity": 306})
        async with CapillaryClient(Region.EU, AccessToken("t")) as client:
            return await client.customers.find_id("email", "a")
"""
OWN = """
    async def test_it():
        with aioresponses() as answers:
            assert await ask(answers) == 306
"""
FIXTURE = """
    async def test_it(capillary_aioresponses):
        assert await ask(capillary_aioresponses) == 306
"""
OTHER_URL = """
    async def test_it(capillary_aioresponses):
        async with CapillaryClient(Region.EU, AccessToken("t")) as client:
            await client.customers.find_id("email", "somebody@example.com")
"""
ASYNCIO = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
AUTO = (*ASYNCIO, "--asyncio-mode=auto")


@pytest.mark.parametrize(
    ("mark", "options"),
    [("asyncio", (*ASYNCIO, "--asyncio-mode=strict")), ("asyncio", AUTO), ("anyio", ("-p", "no:asyncio"))],
)
def test_each_test_has_a_sandbox_and_a_client_of_its_own(
    pytester: pytest.Pytester, mark: str, options: Sequence[str]
) -> None:
    """The fixtures must work with every async plugin and mode."""
    pytester.makepyfile(EACH_ITS_OWN.format(mark=mark))
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")

    result = pytester.runpytest_inprocess("-W", "error", *options)

    result.assert_outcomes(passed=4)


def test_marks_configure_the_sandbox_and_its_faults(pytester: pytest.Pytester) -> None:
    """A mark documents the fault directly above its test."""
    pytester.makepyfile(FAULTS)

    result = pytester.runpytest_inprocess("-W", "error", "--strict-markers", *ASYNCIO)

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(("fixtures", "tests"), [("function", "session"), ("session", "function")])
def test_a_sandbox_in_another_loop_fails_at_once_with_the_reason(
    pytester: pytest.Pytester, fixtures: str, tests: str
) -> None:
    """The sandbox would accept the connection but never answer, so the client would wait."""
    pytester.makepyfile(LOOPS)
    scopes = (f"asyncio_default_fixture_loop_scope={fixtures}", "-o", f"asyncio_default_test_loop_scope={tests}")

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--asyncio-mode=auto", "-o", *scopes)

    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        ["*RuntimeError: the sandbox was started in an event loop that is not running*"] * 2, consecutive=False
    )
    assert result.duration < 20


@pytest.mark.parametrize(
    ("code", "options"), [(FIXTURE, ()), (OWN, ("-o", "capillary_fix_aioresponses=true"))], ids=["fixture", "setting"]
)
def test_aioresponses_is_fixed_on_request(pytester: pytest.Pytester, code: str, options: Sequence[str]) -> None:
    """Aioresponses 0.7.9 omits an argument that aiohttp requires."""
    pytester.makepyfile(CANNED + code)

    result = pytester.runpytest_subprocess("-W", "error", *AUTO, *options)

    result.assert_outcomes(passed=1)


def test_a_request_without_a_fake_answer_is_described(pytester: pytest.Pytester) -> None:
    """The error of aioresponses says only "connection refused". Values are left out, because they may be personal."""
    pytester.makepyfile(CANNED + OTHER_URL)

    result = pytester.runpytest_subprocess(*AUTO)

    result.assert_outcomes(failed=1)
    wanted = "matches GET with the query parameters identifierName, identifierValue, source; aioresponses compares*"
    result.stdout.fnmatch_lines([f"*TransportError: no fake answer of this test {wanted}(/v2/customers/lookup)"])
    result.stdout.no_fnmatch_line("*TransportError*somebody@example.com*")


def test_an_incompatible_aioresponses_is_named(pytester: pytest.Pytester) -> None:
    """Users would otherwise see the incompatibility as an error of this package."""
    pytester.makepyfile(CANNED + OWN)

    result = pytester.runpytest_subprocess(*AUTO)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*TransportError: the request failed (TypeError)*aioresponses 0.7.9*"])


def test_a_run_that_needs_no_sandbox_does_not_load_it() -> None:
    """The plugin is loaded in every test run of every environment with the package."""
    code = "import sys, capillary_async.sandbox.pytest_plugin\nprint(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert not loaded & {"aiohttp", "pytest_asyncio", "attrs", "vcr", "hypothesis", "capillary_async.sandbox.server"}
