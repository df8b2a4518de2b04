"""Measure throughput and latency of each service under load: `python examples/load.py`; needs wrk.

Each service runs in its own process (gunicorn: two), as in production, and so does the sandbox. wrk has 64 connections
and requests another customer each time, so that no two calls share an answer. The floor is the sandbox without a
service, because each call of a service needs one answer of the sandbox.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

HERE = Path(__file__).parent
README = HERE / "README.md"
SECONDS, CONNECTIONS, LATENCY = 5, 64, 0.05
UVICORN = ("uvicorn", "--host", "127.0.0.1", "--port", "0", "--no-access-log", "--loop")
SERVICES: dict[str, tuple[str, ...]] = {
    "aiohttp": ("aiohttp_service",),
    "Starlette, uvicorn": (*UVICORN, "asyncio", "starlette_service:app"),
    "Starlette, uvicorn, uvloop": (*UVICORN, "uvloop", "starlette_service:app"),
    "FastAPI, uvicorn, uvloop": (*UVICORN, "uvloop", "fastapi_service:app"),
    "Litestar, uvicorn, uvloop": (*UVICORN, "uvloop", "litestar_service:app"),
    "Django, uvicorn, uvloop": (*UVICORN, "uvloop", "django_service:application"),
    "FastAPI, gunicorn with two workers, uvloop": (
        *("gunicorn", "--workers", "2", "--bind", "127.0.0.1:0"),
        *("--worker-class", "uvicorn_worker.UvicornWorker", "fastapi_service:app"),
    ),
}
# All ids end in 001, so all customers exist.
REQUESTS = """
local number = 0
request = function()
  number = number + 1
  return wrk.format("GET", string.format(wrk.headers["Path"] or "/customers/%d001/tier", number))
end
"""
TILL, PASSWORD = "store.server", "server123"
FIGURES = re.compile(r"(?m)^\s+50%\s+(\S+)|^\s+99%\s+(\S+)|^Requests/sec:\s+(\S+)|(Non-2xx.*|Socket errors.*)")
ANSWERED = re.compile(r"(\d+) requests in")


class Running(NamedTuple):
    """A running server: its URL and its process."""

    url: str
    pid: int

    def cpu(self) -> float:
        """Return the CPU seconds of the process and its workers."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        return sum(_cpu_of(pid) for pid in (str(self.pid), *children))


def _cpu_of(pid: str) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def started(*command: str, **variables: str) -> Iterator[Running]:
    """Run `python -m command`, and yield it when it prints its URL."""
    path = os.pathsep.join([str(HERE), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "PORT": "0", **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
            line = process.stdout.readline()
            if not line:
                raise SystemExit(f"{command[0]} ended: {said}")
            said += line
        yield Running(found[0], process.pid)
    finally:
        process.terminate()
        process.communicate()


def load(server: Running, *headers: str, seconds: int = SECONDS) -> dict[str, str]:
    """Run wrk; return its figures, and the CPU time of the server for each answer."""
    before = server.cpu()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(REQUESTS)
        script.flush()
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", script.name]
        done = subprocess.run(["wrk", *options, *headers, server.url], capture_output=True, text=True, check=True)
    p50, p99, rate, trouble = (
        next(filter(None, parts), "") for parts in zip(*FIGURES.findall(done.stdout), strict=True)
    )
    answers = int(ANSWERED.findall(done.stdout)[0])
    cpu = f"{(server.cpu() - before) / answers * 1000:.2f} ms"
    return {"rate": f"{float(rate):,.0f}", "cpu": cpu, "p50": p50, "p99": p99, "trouble": trouble}


def measure(sandbox: Running) -> Iterator[tuple[str, dict[str, str]]]:
    """Measure the floor and each service with one sandbox."""
    digest = md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
    login = f"Authorization: Basic {b64encode(f'{TILL}:{digest}'.encode()).decode()}"
    path = "Path: /v2/customers/%d001?source=INSTORE&embed=points"
    yield "no service: the sandbox itself", load(sandbox, "-H", login, "-H", path)
    variables = {"CAPILLARY_BASE_URL": sandbox.url, "CAPILLARY_TILL": TILL, "CAPILLARY_PASSWORD": PASSWORD}
    for name, command in SERVICES.items():
        with started(*command, **variables, CAPILLARY_RATE="1000000/1") as service:
            with urlopen(f"{service.url}/customers/1/tier"):  # gunicorn listens before its workers are ready
                load(service, seconds=1)  # loads and connects everything
            yield name, load(service)


def table(latency: float) -> list[str]:
    """Measure all services with a sandbox of this latency; return the rows of a table."""
    rows = [
        "| service | CPU an answer | answers/s | half within | 99 % within | errors |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    with started("capillary_async", "sandbox", "--port", "0", "--latency", str(latency)) as sandbox:
        for name, found in measure(sandbox):
            figures = (name, *(found[key] for key in ("cpu", "rate", "p50", "p99")), found["trouble"] or "none")
            rows.append(f"| {' | '.join(figures)} |")
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure, and write the tables into README.md."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed; most distributions have a package wrk")
    names = ("aiohttp", "starlette", "fastapi", "litestar", "django", "uvicorn", "gunicorn", "uvloop")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    lines = [
        f"Python {sys.version.split()[0]}, {versions}.",
        f"Two cores for wrk, the service and the sandbox together; {CONNECTIONS} connections, {SECONDS} s.",
        *("", "An API without latency: the cost of a call.", "", *table(0.0)),
        *("", f"An API with a latency of {LATENCY * 1000:.0f} ms: the latency for callers.", "", *table(LATENCY)),
    ]
    head, mark, _ = README.read_text("utf-8").partition("<!-- load.py writes what follows -->\n")
    README.write_text(head + mark + "\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
