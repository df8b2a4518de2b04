"""A pytest plugin. Its fixtures are a running sandbox, a client of it, an `aioresponses` and a cassette.

The fixtures work with pytest-asyncio in both of its modes, and with anyio's plugin. Two marks configure the sandbox:

```python
@pytest.mark.capillary_sandbox(page_cap=40, latency=0.05)  # any setting of `Sandbox`
@pytest.mark.capillary_fault("/v3/users", status=503, times=2)  # any field of `Answer`, or `Answer`s
async def test_it(capillary_sandbox): ...
```

pytest loads this module in every test run of every environment with the package. Therefore each fixture imports what it
needs. The client is imported by name: the server and its plugin share no code with it.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from capillary_async.sandbox.server import Sandbox


async def capillary_sandbox(request: pytest.FixtureRequest) -> "AsyncIterator[Sandbox]":
    """Run a sandbox in the test's event loop, and stop it after the test."""
    from capillary_async.sandbox.server import Sandbox  # noqa: PLC0415  (see the module's docstring)

    async with Sandbox(**_settings(request.node)) as sandbox:
        for mark in _marks(request.node, "capillary_fault"):
            _script(sandbox, *mark.args, **mark.kwargs)
        yield sandbox


async def capillary_client(capillary_sandbox: "Sandbox", capillary_client_options: Any) -> AsyncIterator[Any]:
    """Open a `CapillaryClient` for this test's sandbox, and close it after the test."""
    package = import_module("capillary_async")
    auth = package.BasicAuth(capillary_sandbox.till, capillary_sandbox.password)
    async with package.CapillaryClient(capillary_sandbox.base_url, auth, options=capillary_client_options) as client:
        yield client


@pytest.fixture
def capillary_client_options() -> Any:
    """The `ClientOptions` of `capillary_client`; override this fixture to change them."""
    return import_module("capillary_async").ClientOptions()


@pytest.fixture
def capillary_aioresponses() -> Iterator[Any]:
    """Run an `aioresponses` that works with the installed aiohttp (needs the package aioresponses)."""
    core = pytest.importorskip("aioresponses")
    from capillary_async.sandbox.aioresponses_fix import fixed_aioresponses  # noqa: PLC0415

    with fixed_aioresponses(), core.aioresponses() as answers:
        yield answers


@pytest.fixture
def capillary_cassette(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Record the test's requests without personal data and credentials, and play them in later runs (needs vcrpy).

    The file is `cassettes/<module>/<test>.yaml` beside the test; delete it to record again.
    """
    pytest.importorskip("vcr")
    from capillary_async.sandbox.cassettes import cassette  # noqa: PLC0415

    node = request.node
    name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in node.name)
    file = node.path.parent / "cassettes" / node.path.stem / f"{name}.yaml"
    with cassette(file, record_mode=request.config.getini("capillary_record_mode")) as recorded:
        yield recorded


def _marks(node: Any, name: str) -> list[pytest.Mark]:
    """Return the marks of a test; marks of the module and the class are first."""
    return list(node.iter_markers(name))[::-1]


def _settings(node: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for mark in _marks(node, "capillary_sandbox"):
        settings |= mark.kwargs
    return settings


def _script(sandbox: "Sandbox", path: str = "/", *answers: Any, times: int | None = 1, **fields: Any) -> None:
    from capillary_async.sandbox.answers import Answer  # noqa: PLC0415

    sandbox.script(path, *(answers or (Answer(**fields),)), times=times)


def _offer(config: pytest.Config, function: Callable[..., Any]) -> None:
    """Register an asynchronous function as a fixture; all other plugins must be loaded before."""
    # In strict mode pytest-asyncio runs only fixtures of its decorator. Without pytest-asyncio, anyio's plugin runs
    # fixtures of pytest's decorator.
    asyncio_plugin = sys.modules.get("pytest_asyncio")
    make = pytest.fixture if asyncio_plugin is None else asyncio_plugin.fixture
    plugin = ModuleType(f"{function.__module__}.{function.__name__}")
    vars(plugin)[function.__name__] = make(function)
    config.pluginmanager.register(plugin)


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
    """Declare the marks, register the asynchronous fixtures, and fix aioresponses if the options ask for it."""
    config.addinivalue_line("markers", "capillary_sandbox(**settings): the settings of this test's capillary_sandbox")
    config.addinivalue_line(
        "markers",
        'capillary_fault(path="/", *answers, times=1, **fields): scripted answers to the next requests for a path',
    )
    _offer(config, capillary_sandbox)
    _offer(config, capillary_client)
    if config.getini("capillary_fix_aioresponses"):
        from capillary_async.sandbox.aioresponses_fix import fixed_aioresponses  # noqa: PLC0415

        fix = ExitStack()
        fix.enter_context(fixed_aioresponses())
        config.add_cleanup(fix.close)
