"""The memory that answers are read into."""

import platform
import subprocess
import sys

import pytest

# asyncio reads with `recv` into blocks of this size, too.
_SCRIPT = """
import asyncio, resource, socket
from capillary_async import AccessToken, CapillaryClient

def page_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def read(times):
    here, there = socket.socketpair()
    with here, there:
        for _ in range(times):
            here.send(b"x")
            there.recv(2**18)

async def main():
    async with CapillaryClient("https://example.com", AccessToken("t")):
        read(10)
        before = page_faults()
        read(1000)
        print(page_faults() - before)

asyncio.run(main())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc maps such blocks anew for each read")
def test_an_open_client_lets_each_read_use_the_same_memory() -> None:
    """Without that, a read has two page faults and three system calls more."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)

    assert int(done.stdout) < 500
