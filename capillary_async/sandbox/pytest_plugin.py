"""A pytest plugin: the fixture `capillary_sandbox` is a running `Sandbox`, a new one for each test.

It works with pytest-asyncio in both of its modes, and with anyio's plugin. Two marks configure settings and faults:

```python
@pytest.mark.capillary_sandbox(page_cap=40, latency=0.05)  # any setting of `Sandbox`
@pytest.mark.capillary_fault("/v3/users", status=503, times=2)  # any field of `Answer`, or `Answer`s
async def test_it(capillary_sandbox): ...
```

Loading the plugin takes almost no time if no test uses the fixture.
"""

import sys
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from capillary_async.sandbox.server import Sandbox

# The fixtures that need the client. They are in another module, because the sandbox does not import the client.
pytest_plugins: tuple[str, ...] = ("capillary_async.testing.pytest_plugin",)


async def capillary_sandbox(request: pytest.FixtureRequest) -> "AsyncIterator[Sandbox]":
    """Run a sandbox in the test's event loop, and stop it after the test."""
    from capillary_async.sandbox.server import Sandbox  # noqa: PLC0415  (see the module's docstring)

    async with Sandbox(**_settings(request.node)) as sandbox:
        for mark in _marks(request.node, "capillary_fault"):
            _script(sandbox, *mark.args, **mark.kwargs)
        yield sandbox


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


def offer(config: pytest.Config, function: Callable[..., Any]) -> None:
    """Register an asynchronous function as a fixture; all other plugins must be loaded before."""
    # In strict mode pytest-asyncio runs only fixtures of its decorator. Without pytest-asyncio, anyio's plugin runs
    # fixtures of pytest's decorator.
    asyncio_plugin = sys.modules.get("pytest_asyncio")
    make = pytest.fixture if asyncio_plugin is None else asyncio_plugin.fixture
    plugin = ModuleType(f"{function.__module__}.{function.__name__}")
    vars(plugin)[function.__name__] = make(function)
    config.pluginmanager.register(plugin)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks, and register the fixture."""
    config.addinivalue_line("markers", "capillary_sandbox(**settings): how this test's capillary_sandbox is set up")
    config.addinivalue_line(
        "markers",
        'capillary_fault(path="/", *answers, times=1, **fields): what its next requests to a path get instead',
    )
    offer(config, capillary_sandbox)
