"""Workers with a queue, and services with several processes; `make examples` runs all of them."""

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from capillary_async.sandbox import Sandbox
from tests.examples.running import EXAMPLES, address_of, running
from tests.examples.test_services import CUSTOMER, needs, status_of

GUNICORN = ("gunicorn", "--workers", "2", "--bind", "127.0.0.1:0")
SEVERAL = {
    "fastapi": (*GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker", "fastapi_service:app"),
    "aiohttp": (*GUNICORN, "--worker-class", "aiohttp.GunicornWebWorker", "aiohttp_service:make_app"),
}
LIMIT, PERIOD, CALLS = 20, 3, 30


def busiest(times: Sequence[float]) -> int:
    """Count the requests of the busiest period, without those that the first connections may need."""
    return max(sum(start <= time < start + PERIOD - 0.5 for time in times) for start in times)


async def ask_everybody(sandbox: Sandbox, command: tuple[str, ...], cwd: Path, **variables: str) -> list[int]:
    """Request many customers at once from a service with two processes."""
    needs("gunicorn", "uvicorn_worker", "fastapi")
    async with (
        running(
            sandbox, *command, cwd=cwd, CAPILLARY_RATE=f"{LIMIT}/{PERIOD}", CAPILLARY_DEADLINE="20", **variables
        ) as service,
        aiohttp.ClientSession(await address_of(service), connector=aiohttp.TCPConnector(force_close=True)) as session,
    ):
        await service.hear(re.compile(b"(?s)(Booting worker.*){2}"))
        statuses = await asyncio.gather(*(status_of(session, number) for number in range(101, 101 + CALLS)))
        assert await service.stop() == 0, service.said.decode()
    assert b"Traceback" not in service.said
    return statuses


@pytest.mark.parametrize("framework", SEVERAL)
async def test_two_processes_keep_one_limit(framework: str, capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """The API limits the key, not the process."""
    url = f"file://{tmp_path}/limits"

    statuses = await ask_everybody(capillary_sandbox, SEVERAL[framework], tmp_path, CAPILLARY_LIMIT_URL=url)

    assert statuses == [200] * CALLS
    assert busiest([request.time for request in capillary_sandbox.requests]) <= LIMIT


async def test_celery_has_one_client_in_each_process(capillary_sandbox: Sandbox, tmp_path: Path) -> None:
    """Celery's tasks are plain functions in forked processes."""
    needs("celery")
    celery: Any = import_module("celery")
    (tmp_path / "queue").mkdir()
    (tmp_path / "results").mkdir()
    variables = {
        "BROKER_URL": "filesystem://",
        "BROKER_FOLDER": str(tmp_path / "queue"),
        "RESULT_URL": f"file://{tmp_path}/results",
    }
    folders = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), variables["BROKER_FOLDER"])
    app = celery.Celery("test", broker=variables["BROKER_URL"], backend=variables["RESULT_URL"])
    app.conf.broker_transport_options = folders
    command = ("celery", "--app", "celery_worker", "worker", "--concurrency", "2", "--loglevel", "INFO")

    async with running(capillary_sandbox, *command, cwd=tmp_path, **variables) as worker:
        await worker.hear(re.compile(b" ready"))
        tasks = [app.send_task("celery_worker.find_tier", [number]) for number in (CUSTOMER, 101, 102, 103)]
        found = [await asyncio.to_thread(task.get, timeout=20) for task in tasks]
        refused = app.send_task("celery_worker.find_tier", [404])
        error = await asyncio.to_thread(refused.get, timeout=20, propagate=False)
        code = await worker.stop()

    assert [set(tier) for tier in found] == [{"tier", "points"}] * 4
    assert type(error).__name__ == "NotFoundError"
    assert code == 0


@asynccontextmanager
async def redis(folder: Path) -> AsyncGenerator[str]:
    """Run a Redis server on a socket in a folder."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        pytest.skip("there is no redis-server; a distribution's package redis-server has one")
    socket = folder / "redis.sock"
    process = await asyncio.create_subprocess_exec(
        *(server, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await process.stdout.readuntil(b"eady to accept connections")
        yield f"unix://{socket}"
    finally:
        process.kill()
        await process.communicate()


async def test_taskiq_has_one_client_for_all_tasks(
    capillary_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All tasks of a process share an event loop."""
    needs("taskiq", "taskiq_redis")
    async with redis(tmp_path) as url:
        monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        monkeypatch.setenv("BROKER_URL", url)
        module: Any = import_module("taskiq_worker")
        command = ("taskiq", "worker", "taskiq_worker:broker", "--workers", "1")
        async with running(capillary_sandbox, *command, cwd=tmp_path, BROKER_URL=url) as worker:
            await worker.hear(re.compile(b"Listening started"))
            await module.broker.startup()
            tasks = [await module.find_tier.kiq(number) for number in (CUSTOMER, 101, 102, 404)]
            *found, refused = [await task.wait_result(timeout=20) for task in tasks]
            await module.broker.shutdown()
            code = await worker.stop()

    assert [result.return_value["points"] is not None for result in found] == [True] * 3
    assert "NotFoundError" in repr(refused.error)
    assert code == 0
