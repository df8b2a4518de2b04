"""Fixtures that run commands against a sandbox in another thread, because a command runs an event loop."""

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from anyio.from_thread import start_blocking_portal

from capillary_async.cli.app import run
from capillary_async.sandbox import Sandbox


@attrs.frozen
class Done:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str


Capillary = Callable[..., Done]


@pytest.fixture
def server() -> Iterator[Sandbox]:
    """Serve a sandbox."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Sandbox()) as sandbox:
        yield sandbox


@pytest.fixture
def environment(server: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Set the environment variables for the sandbox."""
    for rival in ("REGION", "PASSWORD_MD5", "KEY", "SECRET", "ACCESS_TOKEN"):
        monkeypatch.delenv(f"CAPILLARY_{rival}", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CAPILLARY_BASE_URL", server.base_url)
    monkeypatch.setenv("CAPILLARY_TILL", server.till)
    monkeypatch.setenv("CAPILLARY_PASSWORD", server.password)
    return monkeypatch


@pytest.fixture
def capillary(environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Capillary:
    """Run a command in this process."""

    def call(*arguments: str) -> Done:
        code = run(arguments)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call
