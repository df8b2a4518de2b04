"""A real Redis or Valkey server of the tests' own, on a free port of this machine."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import attrs
import pytest

_PROGRAM: Final = shutil.which("redis-server") or shutil.which("valkey-server")
_PATIENCE: Final = 10.0


@attrs.define(eq=False)
class RedisServer:
    """A server that keeps nothing on disk.

    Attributes:
        directory: Where it may write.
        arguments: Of its command line.
        speaks_tls: Whether it takes TLS connections alone.
        port: Where it listens.
    """

    directory: Path
    arguments: tuple[str, ...] = ()
    speaks_tls: bool = False
    port: int = attrs.field(init=False)
    _process: "subprocess.Popen[bytes] | None" = attrs.field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]

    def url(self, credentials: str = "", path: str = "", scheme: str = "redis") -> str:
        """Say where it is."""
        return f"{scheme}://{credentials}127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        if _PROGRAM is None:
            pytest.skip("neither redis-server nor valkey-server is on this machine")
        ports = {"--port": 0, "--tls-port": self.port} if self.speaks_tls else {"--port": self.port}
        options = {"--bind": "127.0.0.1", "--save": "", "--appendonly": "no", **ports}
        command = [_PROGRAM, *(str(part) for pair in options.items() for part in pair), *self.arguments]
        self._process = subprocess.Popen(
            command, cwd=self.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        ends_at = time.monotonic() + _PATIENCE
        while time.monotonic() < ends_at:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0):
                return
            time.sleep(0.01)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        """End it, and all it knows."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    @contextmanager
    def hanging(self) -> Generator[None]:
        """Let it answer nothing for a while; it still takes connections."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextmanager
def running(directory: Path, *arguments: str, speaks_tls: bool = False) -> Generator[RedisServer]:
    """Run a server; the test is skipped where there is none."""
    server = RedisServer(directory, arguments, speaks_tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()
