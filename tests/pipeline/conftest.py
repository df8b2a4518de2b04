"""A server for each test."""

from collections.abc import Iterator

import pytest

from capillary_async.pipeline.direct_http import DirectHttp
from tests.faults.wire import Asked, HttpConnection, RawServer
from tests.pipeline.opening import GOOD, Server, no_way_around


@pytest.fixture(params=["direct", "session"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let requests travel around aiohttp's session, and through it: both must come to the same."""
    if request.param == "session":
        monkeypatch.setattr(DirectHttp, "around", no_way_around)
    return str(request.param)


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server; the last of its answers is given for ever."""
    seen: list[Asked] = []
    answers = [GOOD]

    async def handle(wire: HttpConnection, asked: Asked) -> None:
        seen.append(asked)
        await wire.send(answers.pop(0) if len(answers) > 1 else answers[0])

    with RawServer(handle) as raw:
        yield Server(raw, seen, answers)
