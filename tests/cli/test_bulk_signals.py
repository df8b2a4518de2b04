"""A bulk job in its own process that is stopped by signals, as by a shell or a service manager."""

import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from capillary_async.sandbox import Answer, Sandbox
from capillary_async.sandbox.log import LoggedRequest

RULE = 79196
USERS = range(1, 151)


class RequestCounter:
    """A script of the sandbox that signals when n requests have arrived; the sandbox runs in a thread."""

    def __init__(self, requests: int) -> None:
        self._left = requests
        self._rings = threading.Event()

    def __call__(self, _: LoggedRequest) -> bool:
        """Count a request, and let the sandbox answer it."""
        self._left -= 1
        if self._left <= 0:
            self._rings.set()
        return False

    async def wait(self) -> None:
        """Wait until n requests have arrived."""
        assert await asyncio.to_thread(self._rings.wait, 30)


async def start(*arguments: str, cwd: Path) -> asyncio.subprocess.Process:
    """Start the command in a process."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "capillary_async", "bulk", *arguments)
    return await asyncio.create_subprocess_exec(*command, cwd=cwd, stdout=pipe, stderr=pipe)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Create a directory with a file of keys."""
    lines = ["user_id,target_rule_id", *(f"{user_id},{RULE}" for user_id in USERS)]
    (tmp_path / "keys.csv").write_text("\n".join(lines), "utf-8")
    return tmp_path


@pytest.mark.usefixtures("environment")
async def test_a_stopped_job_resumes_and_has_each_row_once(server: Sandbox, place: Path) -> None:
    """This is the main promise of a job."""
    server.latency = 0.01
    run = ("run", "job", "--lookup", "events", "--keys", "keys.csv", "--concurrency", "8", "--export", "jsonl")
    asked: list[set[str]] = []

    for command, number in ((run, signal.SIGINT), (("resume", "job"), signal.SIGTERM)):
        timeout = RequestCounter(40)
        server.script(timeout, Answer())
        process = await start(*command, cwd=place)
        await timeout.wait()
        process.send_signal(number)
        _, err = await process.communicate()
        assert process.returncode == 4
        assert err.decode() == f"capillary: stopped by {number.name}; continue with: capillary bulk resume job\n"
        asked.append({request.path for request in server.requests})
        server.forget_requests()
    process = await start("resume", "job", cwd=place)
    await process.communicate()
    asked.append({request.path for request in server.requests})

    assert process.returncode == 0
    assert sum(len(paths) for paths in asked) == len(set[str]().union(*asked)) == len(USERS)
    lines = (place / "job/output.jsonl").read_text("utf-8").splitlines()
    written = [(row["customer_id"], row["event_log_id"]) for row in map(json.loads, lines)]
    assert sorted(written) == sorted((user, event) for user in USERS for event in server.event_ids(user, RULE))


@pytest.mark.usefixtures("environment")
async def test_a_second_signal_stops_at_once(server: Sandbox, place: Path) -> None:
    """Users do not want to wait 20 seconds."""
    timeout = RequestCounter(1)
    server.script(timeout, Answer())
    server.script("/", Answer(delay=60.0), times=None)

    process = await start("run", "job", "--lookup", "events", "--keys", "keys.csv", cwd=place)
    await timeout.wait()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    _, err = await asyncio.wait_for(process.communicate(), 15)

    assert process.returncode == 4
    assert err.decode().startswith("capillary: stopped at once by SIG")


@pytest.mark.parametrize("unbuffered", ["", "1"])
async def test_a_closed_pipe_does_not_stop_the_job(
    environment: pytest.MonkeyPatch, place: Path, unbuffered: str
) -> None:
    """`capillary bulk run … | head -1` must still write the export."""
    environment.setenv("PYTHONUNBUFFERED", unbuffered)
    reader, writer = os.pipe()
    arguments = ("run", "job", "--lookup", "events", "--keys", "keys.csv", "--export", "jsonl")
    with os.fdopen(writer) as out:
        command = (sys.executable, "-m", "capillary_async", "bulk", *arguments)
        process = await asyncio.create_subprocess_exec(*command, cwd=place, stdout=out, stderr=asyncio.subprocess.PIPE)

    first = await asyncio.to_thread(os.read, reader, 100)
    os.close(reader)
    _, err = await process.communicate()

    assert first.startswith(b"job: 150 keys")
    assert (process.returncode, err) == (0, b"")
    assert (place / "job/output.jsonl").is_file()
