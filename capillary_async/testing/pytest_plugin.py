"""The fixtures that need the client; `capillary_async.sandbox.pytest_plugin` loads this module.

Heavy imports are inside the fixtures, because pytest imports this module in every test run of every environment with
the package.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from capillary_async.sandbox.pytest_plugin import offer

if TYPE_CHECKING:
    from capillary_async.client import CapillaryClient
    from capillary_async.options import ClientOptions
    from capillary_async.sandbox.server import Sandbox


async def capillary_client(
    capillary_sandbox: "Sandbox", capillary_client_options: "ClientOptions"
) -> "AsyncIterator[CapillaryClient]":
    """Open a client for this test's sandbox, and close it after the test."""
    from capillary_async.client import CapillaryClient  # noqa: PLC0415  (see the module's docstring)
    from capillary_async.pipeline.auth import BasicAuth  # noqa: PLC0415

    auth = BasicAuth(capillary_sandbox.till, capillary_sandbox.password)
    async with CapillaryClient(capillary_sandbox.base_url, auth, options=capillary_client_options) as client:
        yield client


@pytest.fixture
def capillary_client_options() -> "ClientOptions":
    """The options of `capillary_client`; override this fixture to change them."""
    from capillary_async.options import ClientOptions  # noqa: PLC0415

    return ClientOptions()


@pytest.fixture
def capillary_aioresponses() -> Iterator[Any]:
    """Run an `aioresponses` that works with the installed aiohttp (needs the package aioresponses)."""
    core = pytest.importorskip("aioresponses")
    from capillary_async.testing.aioresponses_fix import fixed_aioresponses  # noqa: PLC0415

    with fixed_aioresponses(), core.aioresponses() as answers:
        yield answers


@pytest.fixture
def capillary_cassette(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Record the test's requests without personal data and credentials, and play them in later runs (needs vcrpy).

    The file is `cassettes/<module>/<test>.yaml` beside the test; delete it to record again.
    """
    pytest.importorskip("vcr")
    from capillary_async.testing.cassettes import cassette  # noqa: PLC0415

    node = request.node
    name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in node.name)
    file = node.path.parent / "cassettes" / node.path.stem / f"{name}.yaml"
    with cassette(file, record_mode=request.config.getini("capillary_record_mode")) as recorded:
        yield recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    parser.addini(
        "capillary_fix_aioresponses",
        "Make aioresponses (0.7.9 and older) work on aiohttp 3.14 and newer, in the whole run.",
        type="bool",
        default=False,
    )
    parser.addini(
        "capillary_record_mode",
        'When capillary_cassette records: "once" (when there is no file yet), "all" (always) or "none".',
        default="once",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the asynchronous fixture, and fix aioresponses if the options ask for it."""
    offer(config, capillary_client)
    if config.getini("capillary_fix_aioresponses"):
        from capillary_async.testing.aioresponses_fix import fixed_aioresponses  # noqa: PLC0415

        fix = ExitStack()
        fix.enter_context(fixed_aioresponses())
        config.add_cleanup(fix.close)
