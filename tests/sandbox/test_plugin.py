"""The pytest plugin that the package installs, in test runs of its own."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

pytest_plugins = ["pytester"]

TEST = """
    import aiohttp
    import pytest

    @pytest.mark.{mark}
    async def test_it(capillary_sandbox):
        async with aiohttp.ClientSession() as session:
            async with session.get(capillary_sandbox.base_url + "/v2/customers/1") as response:
                assert response.status == 401
        assert capillary_sandbox.request_count == 1

    @pytest.mark.{mark}
    async def test_another(capillary_sandbox):
        assert capillary_sandbox.request_count == 0
"""
ASYNCIO = ("-o", "asyncio_default_fixture_loop_scope=function")


@pytest.mark.parametrize(
    ("mark", "options"),
    [
        ("asyncio", ("--asyncio-mode=strict", *ASYNCIO)),
        ("asyncio", ("--asyncio-mode=auto", *ASYNCIO)),
        ("anyio", ("-p", "no:asyncio")),
    ],
)
def test_the_fixture_is_a_new_sandbox_for_each_test(
    pytester: pytest.Pytester, mark: str, options: Sequence[str]
) -> None:
    """Whoever runs asynchronous tests, and in whichever mode."""
    pytester.makepyfile(TEST.format(mark=mark))
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")

    result = pytester.runpytest_subprocess("-W", "error", *options)

    result.assert_outcomes(passed=2)


def test_a_run_that_needs_no_sandbox_does_not_load_it() -> None:
    """Everybody who has the package installed has the plugin in every test run."""
    code = "import sys, capillary_async.sandbox.pytest_plugin; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.split())
    assert not loaded & {"aiohttp", "pytest_asyncio", "attrs", "capillary_async.sandbox.server"}


def test_the_package_names_what_it_has() -> None:
    """Names load when they are first asked for, and a wrong one is an `AttributeError` as ever."""
    code = (
        "import capillary_async.sandbox as sandbox\n"
        "assert all(getattr(sandbox, name) is not None for name in sandbox.__all__)\n"
        "assert not hasattr(sandbox, 'Sandpit')\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
