"""The memory that the answers of a job are read into."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

# asyncio reads with `recv` into blocks of this size, too.
_SCRIPT = """
import asyncio, resource, socket, sys
from capillary_async import AccessToken, CapillaryClient
from capillary_async.jobs import BulkJob

def read(times):
    here, there = socket.socketpair()
    with here, there:
        for _ in range(times):
            here.send(b"x")
            there.recv(2**18)

async def page_faults(client, key: int) -> dict[str, int]:
    read(10)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    read(1000)
    print(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)
    return {"id": key}

async def main():
    job = BulkJob.create(sys.argv[1], page_faults, [1])
    async with CapillaryClient("https://example.com", AccessToken("t")) as client:
        await job.run(client)

asyncio.run(main())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc maps such blocks anew for each read")
def test_a_job_lets_each_read_use_the_same_memory(tmp_path: Path) -> None:
    """Without that, a read has two page faults and three system calls more."""
    command = [sys.executable, "-c", _SCRIPT, str(tmp_path / "job")]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert int(done.stdout) < 500
