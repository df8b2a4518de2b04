"""Something else answers in the API's place, or refuses most requests: no key loses its outcome by it.

The whole client, but for its sockets, in virtual time.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from capillary_async import BasicAuth, ClientOptions
from capillary_async.errors import TransportError
from capillary_async.jobs import BulkJob, JobOptions, JobStatus
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.request import Request
from capillary_async.pipeline.responses import HttpResponse
from tests.faults.virtual import answering
from tests.jobs.virtual import run_virtually

JSON: Final = {"content-type": "application/json"}
HTML: Final = {"content-type": "text/html"}
PAGE: Final = b"<html><h1>Sorry</h1></html>"
GATEWAYS: Final = {
    "404 of an API gateway": HttpResponse(404, JSON, b'{"message":"Not Found"}'),
    "404 of a framework": HttpResponse(404, JSON, b'{"status":404,"error":"Not Found","path":"/v2/customers"}'),
    "404 in HTML": HttpResponse(404, HTML, PAGE),
    "400 without a word": HttpResponse(400, {}, b""),
    "403 of a firewall": HttpResponse(403, HTML, PAGE),
    "405": HttpResponse(405, JSON, b'{"message":"Method Not Allowed"}'),
    "408": HttpResponse(408, {}, b""),
    "413": HttpResponse(413, HTML, PAGE),
    "421": HttpResponse(421, {}, b""),
    "425": HttpResponse(425, {}, b""),
    "499": HttpResponse(499, {}, b""),
    "a log-in page as 200": HttpResponse(200, HTML, PAGE),
    "502 in HTML": HttpResponse(502, HTML, PAGE),
    "503": HttpResponse(503, JSON, b'{"message":"no healthy upstream"}'),
    "429": HttpResponse(429, {}, b""),
}
# Two look most like the API's own word, and two slow the run down, so these are tried with more keys.
LONG: Final = ("404 of an API gateway", "400 without a word", "429", "503")
OPTIONS: Final = JobOptions(batch=2000)
BEGIN, END = 5.0, 305.0

Respond = Callable[[Request[object]], Awaitable[HttpResponse]]


def answer(request: Request[object]) -> HttpResponse:
    """Answer as the API does: customers whose id ends in 99 do not exist, those with 98 are called wrong."""
    customer_id = int(request.path_values["customerId"])
    if customer_id % 100 == 99:
        return HttpResponse(404, JSON, b'{"errors":[{"code":8015,"message":"no such customer","status":false}]}')
    if customer_id % 100 == 98:
        return HttpResponse(400, {}, b"")
    return HttpResponse(200, JSON, b'{"id":%d,"profiles":[]}' % customer_id)


def look_up(directory: Path, keys: int, respond: Respond) -> tuple[JobStatus, float, int]:
    """Look customers up; return how the job stands, the virtual seconds, and the requests."""
    job = BulkJob.create(directory, "customers", range(1, keys + 1), options=OPTIONS)

    async def run() -> tuple[JobStatus, float, int]:
        options = ClientOptions(deadline=None)
        async with answering(respond, BasicAuth("till", "secret"), options) as server:
            began = loop_time()
            status = await job.run(server.client)
            return status, loop_time() - began, len(server.http.starts)

    return run_virtually(run())


def refusing(gateway: HttpResponse) -> Respond:
    """Answer, but for five minutes in the middle."""
    began: list[float] = []

    async def respond(request: Request[object]) -> HttpResponse:
        began.append(loop_time()) if not began else None
        await asyncio.sleep(0.05)
        is_refusing = BEGIN <= loop_time() - began[0] < END
        return gateway if is_refusing else answer(request)

    return respond


@pytest.mark.parametrize("name", GATEWAYS)
def test_five_minutes_of_a_gateway_cost_no_key_its_outcome(tmp_path: Path, name: str) -> None:
    """It refused 480 to 515 keys of 2,000 for good, or all of them."""
    keys = 20_000 if name in LONG else 8_000

    status, seconds, requests = look_up(tmp_path / "job", keys, refusing(GATEWAYS[name]))

    assert (status.found, status.not_found, status.invalid) == (keys * 98 // 100, keys // 100, keys // 100)
    assert (status.failed, status.pending) == (0, 0)
    assert 300 < seconds < 700
    assert requests < keys * 1.06


@pytest.mark.parametrize("name", ["404 of an API gateway", "408", "499", "a log-in page as 200", "502 in HTML"])
def test_a_gateway_that_refuses_every_fourth_request_costs_no_key_its_outcome(tmp_path: Path, name: str) -> None:
    """One of four machines behind it is broken."""
    chance = random.Random(1)

    async def respond(request: Request[object]) -> HttpResponse:
        await asyncio.sleep(0.05)
        return GATEWAYS[name] if chance.random() < 0.25 else answer(request)

    status, _, _ = look_up(tmp_path / "job", 2_000, respond)

    assert (status.found, status.not_found, status.failed) == (1960, 20, 0)


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_connections_that_are_reset_cost_no_key_its_outcome(tmp_path: Path, share: float) -> None:
    """Of 1,000 keys 121 were lost at 30 %."""
    chance = random.Random(2)

    async def respond(request: Request[object]) -> HttpResponse:
        await asyncio.sleep(0.05)
        if chance.random() < share:
            raise TransportError("the connection broke")
        return answer(request)

    status, _, _ = look_up(tmp_path / "job", 1_000, respond)

    assert (status.found, status.not_found, status.failed) == (980, 10, 0)


@pytest.mark.parametrize("status_code", [503, 429])
@pytest.mark.parametrize("keys", [300, 3_000])
def test_a_gateway_that_lets_fifty_a_second_through_costs_no_key_and_little_time(
    tmp_path: Path, status_code: int, keys: int
) -> None:
    """Nginx' `limit_req`: 252 of 300 keys ended as failed with 503, and it took 30 s with 429."""
    last = [-1.0]

    async def respond(request: Request[object]) -> HttpResponse:
        now = loop_time()
        is_let_through = now - last[0] >= 0.02
        last[0] = now if is_let_through else last[0]
        await asyncio.sleep(0.005)
        return answer(request) if is_let_through else HttpResponse(status_code, HTML, PAGE)

    status, seconds, _ = look_up(tmp_path / "job", keys, respond)

    assert (status.found, status.failed) == (keys * 98 // 100, 0)
    assert seconds < 1.5 * keys / 50
