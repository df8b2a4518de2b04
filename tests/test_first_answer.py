"""A script gets its first answer soon, because only the parts that it uses are imported."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys
from capillary_async import BasicAuth, CapillaryClient

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%b" % (len(BODY), BODY))
    writer.close()

async def main():
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with CapillaryClient(f"http://127.0.0.1:{port}", BasicAuth("till", "password")) as client:
            assert await CALL

asyncio.run(main())
print(*sys.modules)
"""
GET = ('b\'{"id": 7, "profiles": [{"firstName": "A"}]}\'', "client.customers.get(7)")
LIST = (
    'b\'{"data": [{"eventLogId": 1, "targetValue": 2.5}], "pagination": {"total": 1}}\'',
    "client.targets.list_events(7, 1).collect()",
)
# What neither of the two scripts needs, with all that is below it.
UNUSED = (
    *("cattrs", "dataclasses", "opentelemetry", "pyarrow", "redis", "sqlite3", "zoneinfo"),
    *(f"capillary_async.{part}" for part in ("bulk", "cli", "jobs", "sandbox", "sync", "tables", "telemetry")),
    *(f"capillary_async.api.{group}" for group in ("ledger", "promotions", "user_groups")),
    *(f"capillary_async.models.{group}" for group in ("ledger", "promotions", "pickling")),
    *(f"capillary_async.pipeline.{limit}" for limit in ("shared_limit", "file_limit", "redis_limit")),
    *("capillary_async.codec.mismatch", "capillary_async.paging.arrow"),
)


def modules_after(body: str, call: str) -> set[str]:
    """Return the modules that a new interpreter imported until the answer to a call."""
    script = SCRIPT.replace("BODY", body).replace("CALL", call)
    # Coverage would import modules of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("body", "call", "others"),
    [
        (*GET, ("api.targets", "models.targets", "models.progress", "paging.pager", "paging.walk")),
        (*LIST, ("api.customers", "models.customers", "models.points", "models.transactions")),
    ],
    ids=("customers.get", "targets.list_events"),
)
def test_the_first_answer_imports_only_what_it_needs(body: str, call: str, others: tuple[str, ...]) -> None:
    """Every import delays the first answer of each script and each command."""
    imported = modules_after(body, call)

    unused = {*UNUSED, *(f"capillary_async.{other}" for other in others)}
    assert {name for name in imported for part in unused if name == part or name.startswith(f"{part}.")} == set()
