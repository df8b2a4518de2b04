"""Processes that share a rate limit keep it together."""

import json
import pickle
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import attrs
import pytest

from capillary_async.errors import ConfigurationError
from capillary_async.options import ClientOptions, RateLimit
from capillary_async.pipeline.file_limit import FileLimit
from capillary_async.pipeline.limit import LocalLimit
from capillary_async.pipeline.redis_limit import RedisLimit
from capillary_async.pipeline.shared_limit import SharedRateLimit, limit_of
from tests.pipeline.redis_server import running
from tests.pipeline.windows import most_in_a_window

KNOWN_ADDRESSES = r"^url must start with redis://, rediss://, valkey://, valkeys:// and a server, or with file:///$"


class TestSharedRateLimit:
    """The value that users write."""

    def test_it_is_a_rate_limit(self) -> None:
        """It goes where one goes, also into a worker's pickled options."""
        limit = SharedRateLimit(1000, 30.0, url="redis://localhost/0", name="prod")

        assert isinstance(limit, RateLimit)
        assert (limit.limit, limit.per, limit.name) == (1000, 30.0, "prod")
        assert pickle.loads(pickle.dumps(limit)) == limit

    def test_its_window_is_a_minute_unless_said(self) -> None:
        """The API counts calls a minute."""
        assert SharedRateLimit(1000, url="redis://localhost", name="prod").per == 60.0

    def test_its_password_shows_nowhere(self) -> None:
        """Servers' addresses may hold one, and options are printed."""
        limit = SharedRateLimit(1000, url="redis://till:hunter2@localhost", name="prod")

        for shown in (repr(limit), str(attrs.asdict(limit)), repr(limit_of(limit))):
            assert "hunter2" not in shown
        with pytest.raises(TypeError, match="Secret"):
            pickle.dumps(ClientOptions(rate_limit=limit))

    @pytest.mark.parametrize(
        ("url", "argument"),
        [
            ("", "url"),
            ("http://localhost", "url"),
            ("redis://", "url"),
            ("file:///", "url"),
            ("file:", "url"),
            ("file://elsewhere/run/limits", "url"),
            ("/run/limits", "url"),
            ("redis://localhost:sixteen/0", "url"),
            ("redis://localhost:0/0", "url"),
            ("redis://[::1", "url"),
            ("redis://localhost/first", "url"),
            (None, "url"),
            (5, "url"),
        ],
    )
    def test_an_address_that_cannot_work_is_refused(self, url: Any, argument: str) -> None:
        """At once, and not in the first call."""
        with pytest.raises(ValueError, match=f"^{argument} must") as caught:
            SharedRateLimit(1000, url=url, name="prod")

        assert caught.value.__context__ is None

    @pytest.mark.parametrize(
        ("url", "name", "limit"),
        [
            ("redis://:{}@localhost:x/0", "prod", 1000),
            ("http://:{}@localhost/0", "prod", 1000),
            ("redis://:{}@localhost/0", "a b", 1000),
            ("redis://:{}@localhost/0", "prod", 0),
            ("redis://:{}@localhost/0?socket_timeout=x", "prod", 1000),
        ],
    )
    def test_a_refused_address_shows_no_password(self, url: str, name: str, limit: int) -> None:
        """Error trackers print the locals of every frame, and the half-built object among them."""
        with pytest.raises((ValueError, ConfigurationError)) as caught:
            limit_of(SharedRateLimit(limit, url=url.format("hunter2"), name=name))

        whole = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [frame.locals for frame in whole.stack if frame.filename != __file__]

        assert ours
        assert "hunter2" not in f"{caught.value} {ours}"

    def test_an_unknown_address_is_told_of_those_that_are_known(self) -> None:
        """A guess at the scheme is how one starts."""
        with pytest.raises(ValueError, match=KNOWN_ADDRESSES):
            SharedRateLimit(1000, url="http://localhost", name="prod")

    @pytest.mark.parametrize("url", ["file:///x", "file://localhost/run/limits", "redis://localhost"])
    def test_an_address_that_works_is_taken(self, url: str) -> None:
        """A file's URL may name the machine that it is on."""
        assert SharedRateLimit(1000, url=url, name="prod").url == url

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "../up", "n" * 101, "a\n"])
    def test_a_name_that_is_no_name_is_refused(self, name: str) -> None:
        """It becomes part of a file's name."""
        with pytest.raises(ValueError, match=r"^name must"):
            SharedRateLimit(1000, url="redis://localhost", name=name)

    def test_its_numbers_are_checked_as_ever(self) -> None:
        """No limit is not a limit of none."""
        with pytest.raises(ValueError, match=r"^limit must"):
            SharedRateLimit(0, url="redis://localhost", name="prod")
        with pytest.raises(ValueError, match=r"^per must"):
            SharedRateLimit(1, per=-1.0, url="redis://localhost", name="prod")

    async def test_the_file_is_named_after_both(self, tmp_path: Path) -> None:
        """Several limits may share an address, and a path may hold any character."""
        limit = limit_of(SharedRateLimit(1000, url=f"file://{tmp_path}/my%20limits", name="prod"))

        limit.take()
        await limit.close()

        assert isinstance(limit, FileLimit)
        assert (tmp_path / "my limits.prod").exists()

    @pytest.mark.parametrize("scheme", ["redis", "rediss", "valkey", "valkeys"])
    def test_a_server_has_many_names(self, scheme: str) -> None:
        """Valkey speaks what Redis speaks."""
        pytest.importorskip("redis")

        limit = limit_of(SharedRateLimit(1000, url=f"{scheme}://localhost:6379/0", name="prod"))

        assert isinstance(limit, RedisLimit)

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is optional, so this is the first that a user hears of it."""
        monkeypatch.setitem(sys.modules, "redis.asyncio", None)

        message = "^a rate limit that is shared over Redis needs the package redis"
        with pytest.raises(ConfigurationError, match=message) as caught:
            limit_of(SharedRateLimit(1000, url="redis://localhost", name="prod"))

        assert caught.value.__context__ is None

    def test_an_option_that_makes_no_sense_is_an_error_of_ours(self) -> None:
        """The library's own would be a `ValueError` in the middle of building a client."""
        pytest.importorskip("redis")
        with pytest.raises(ConfigurationError, match=r"^the address .* holds what redis does not take"):
            limit_of(SharedRateLimit(1000, url="redis://localhost/0?socket_timeout=soon", name="prod"))


def test_a_limit_that_is_not_shared_is_kept_in_the_process() -> None:
    """Nobody else needs to be asked."""
    assert type(limit_of(RateLimit(10))) is LocalLimit


# What each process runs: callers that want permits all the time, after some seconds of rest. It prints when it began
# each request, by the clock that all processes of a machine have in common.
_PROCESS = """
import asyncio, json, sys, time
from capillary_async.options import ClientOptions, RateLimit
from capillary_async.pipeline.admission import Admission
from capillary_async.pipeline.request import Request, Response
from capillary_async.pipeline.shared_limit import SharedRateLimit, limit_of

url, limit, per, callers, rest = sys.argv[1], *map(float, sys.argv[2:])
starts = []

class Inner:
    async def send(self, request, /):
        starts.append(time.monotonic())
        return Response({})

async def main():
    admission = Admission(Inner(), limit_of(SharedRateLimit(int(limit), per, url=url, name="x")))
    admission.open(1000)
    print("ready", flush=True)
    ends_at = float(sys.stdin.readline())
    async def call():
        while time.monotonic() < ends_at:
            await admission.send(Request("/x"))
    await asyncio.sleep(rest)
    tasks = [asyncio.create_task(call()) for _ in range(int(callers))]
    await asyncio.sleep(ends_at - time.monotonic())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await admission.close()

asyncio.run(main())
print(json.dumps(starts))
"""


class Processes:
    """Processes that press a limit together."""

    def __init__(
        self, url: str, limit: RateLimit, *, count: int, callers: int, seconds: float, rest: float = 0.0
    ) -> None:
        self.limit, self._url, self._callers, self._rest = limit, url, callers, rest
        self._all = [self._start() for _ in range(count)]
        self._wait_for(*self._all)
        self._ends_at = time.monotonic() + 2.0 + seconds
        self._go_on(*self._all)

    def _start(self) -> "subprocess.Popen[str]":
        numbers = (self.limit.limit, self.limit.per, self._callers, self._rest)
        command = [sys.executable, "-c", _PROCESS, self._url, *map(str, numbers)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    @staticmethod
    def _wait_for(*processes: "subprocess.Popen[str]") -> None:
        """Wait until each process is ready, however slow the machine is."""
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()

    def _go_on(self, *processes: "subprocess.Popen[str]") -> None:
        """Let processes begin, all at the same time."""
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{self._ends_at}\n")
            process.stdin.flush()

    def add(self) -> None:
        """Have one more join."""
        late = self._start()
        self._all.append(late)
        self._wait_for(late)
        self._go_on(late)

    def stop_for(self, seconds: float) -> None:
        """Let all of them stand still."""
        for process in self._all:
            process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        for process in self._all:
            process.send_signal(signal.SIGCONT)

    def starts(self) -> list[float]:
        """Wait for their end, and return when each request of all of them began."""
        return sorted(start for process in self._all for start in json.loads(process.communicate()[0]))


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop processes")
class TestProcesses:
    """Real processes on a real clock; short, because they take real time."""

    @pytest.mark.parametrize("kind", ["file", "redis"])
    def test_four_processes_at_200_a_second(self, tmp_path: Path, kind: str) -> None:
        """The worst second had 203 to 205."""
        if kind == "redis":
            pytest.importorskip("redis")
            with running(tmp_path) as server:
                starts = Processes(server.url(), RateLimit(200, per=1.0), count=4, callers=50, seconds=1.5).starts()
        else:
            url = f"file://{tmp_path}/limit"
            starts = Processes(url, RateLimit(200, per=1.0), count=4, callers=50, seconds=1.5).starts()

        assert most_in_a_window(starts, 1.0) <= 200
        assert len(starts) >= 0.9 * 200 * (starts[-1] - starts[0])

    def test_processes_that_were_stopped_send_no_burst(self, tmp_path: Path) -> None:
        """Each had a permit in hand when it was stopped, and used it when it went on: 40 of 20."""
        processes = Processes(f"file://{tmp_path}/limit", RateLimit(20, per=1.0), count=8, callers=5, seconds=2.0)
        time.sleep(0.3)
        processes.stop_for(1.2)

        assert most_in_a_window(processes.starts(), 1.0) <= 20

    def test_processes_that_rested_send_no_burst(self, tmp_path: Path) -> None:
        """Each had credit of its own: 61 and 62 of 60."""
        url = f"file://{tmp_path}/limit"
        processes = Processes(url, RateLimit(60, per=1.0), count=8, callers=20, seconds=1.5, rest=1.2)

        assert most_in_a_window(processes.starts(), 1.0) <= 60

    def test_a_file_that_is_removed_meanwhile(self, tmp_path: Path) -> None:
        """Those that had it open went on with it, and others began a new one: 165 of 80."""
        processes = Processes(f"file://{tmp_path}/limit", RateLimit(80, per=1.0), count=2, callers=20, seconds=1.0)
        for _ in range(2):
            time.sleep(0.3)
            (tmp_path / "limit.x").unlink(missing_ok=True)
            processes.add()

        assert most_in_a_window(processes.starts(), 1.0) <= 80
