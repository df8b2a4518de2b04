"""What holds for every test."""

from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp.abc import AbstractStreamWriter
from hypothesis import HealthCheck, settings

# A property is about inputs, not about how busy the machine is.
settings.register_profile("any-machine", deadline=None)
# While mutants are tested: the same few inputs each time, and the tests run more than once in a process.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.differing_executors],
)
settings.load_profile("any-machine")


@pytest.fixture(scope="session", autouse=True)
def _aioresponses_knows_aiohttp() -> Iterator[None]:
    """Give aioresponses (0.7.9 and older) the argument that `ClientResponse` wants since aiohttp 3.14."""
    sent_already = cast("AbstractStreamWriter", SimpleNamespace(output_size=0))
    response_class = partial(aiohttp.ClientResponse, stream_writer=sent_already)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aioresponses.core.ClientResponse", response_class)
        yield
