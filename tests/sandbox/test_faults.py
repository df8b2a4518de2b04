"""Scripted faults, limits and latency."""

from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest

from capillary_async.sandbox import Answer, LoggedRequest, Sandbox
from tests.sandbox.asking import Asker, Clock, asking


async def test_a_script_answers_the_next_requests(ask: Asker) -> None:
    """After a script's answers, the sandbox must answer normally again."""
    script = ask.sandbox.script("/v2/customers", Answer(status=503, body={"message": "soon"}), times=2)

    heard = [await ask.customer(1) for _ in range(3)]

    assert [answer.status for answer in heard] == [503, 503, 200]
    assert heard[0].text == '{"message":"soon"}'
    assert (script.hits, script.remaining) == (2, 0)


async def test_a_script_answers_only_what_it_matches(ask: Asker) -> None:
    """A match is the beginning of the path or a function of the request."""
    ask.sandbox.script("/v3", Answer(status=500))
    ask.sandbox.script(lambda request: request.query.get("slabHistory") == "true", Answer(status=502))

    assert (await ask.customer(1)).status == 200
    assert (await ask.customer(1, slabHistory="true")).status == 502
    assert (await ask.events(1, 7)).status == 500


async def test_answers_of_a_script_are_used_in_turn(ask: Asker) -> None:
    """The answers repeat until the script is cancelled."""
    script = ask.sandbox.script("/", Answer(status=500), Answer.html(502), times=None)

    statuses = [(await ask.customer(1)).status for _ in range(5)]
    script.cancel()

    assert statuses == [500, 502, 500, 502, 500]
    assert (await ask.customer(1)).status == 200


async def test_scripts_can_be_cleared(ask: Asker) -> None:
    """A test may need several phases."""
    ask.sandbox.script("/", Answer(status=500), times=None)
    ask.sandbox.clear_scripts()

    assert (await ask.customer(1)).status == 200


@pytest.mark.parametrize(("answers", "times"), [([], 1), ([Answer()], -1)])
async def test_a_wrong_script_is_refused(ask: Asker, answers: list[Answer], times: int) -> None:
    """A script that does nothing would make a test that proves nothing."""
    with pytest.raises(ValueError, match=r"answer|times"):
        ask.sandbox.script("/", *answers, times=times)


@pytest.mark.parametrize("wrong", [{"status": 99}, {"status": 600}, {"delay": -1}, {"cut_at": -1}])
def test_a_wrong_answer_is_refused(wrong: dict[str, Any]) -> None:
    """The error must come when the answer is created, not when it is sent."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Answer(**wrong)


async def test_the_gateway_answers_with_html(ask: Asker) -> None:
    """Cloudflare is in front of the real API."""
    ask.sandbox.script("/", Answer.html(521))

    answer = await ask.customer(1)

    assert answer.status == 521
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_connection_can_be_dropped(ask: Asker) -> None:
    """Clients must handle a connection that closes without an answer."""
    ask.sandbox.script("/", Answer(abort=True), times=2)

    with pytest.raises(aiohttp.ClientConnectionError):
        await ask.customer(1)

    # aiohttp retries a GET once on a reused connection, so there may be two requests.
    assert {request.status for request in ask.sandbox.requests} == {0}


async def test_a_body_can_be_cut(ask: Asker) -> None:
    """Clients must handle a body shorter than its `Content-Length`."""
    ask.sandbox.script("/", Answer(cut_at=20, through=True))

    with pytest.raises(aiohttp.ClientPayloadError):
        await ask.customer(1)


async def test_a_script_can_keep_the_normal_answer() -> None:
    """A script may add only a delay or a header."""
    clock = Clock()
    async with asking(Sandbox(clock=clock, sleep=clock.sleep)) as ask:
        ask.sandbox.script("/", Answer(through=True, delay=7.0, headers={"X-Extra": "yes"}))

        answer = await ask.customer(1)

    assert (answer.status, answer.json["id"]) == (200, 1)
    assert answer.headers["X-Extra"] == "yes"
    assert answer.headers["Content-Type"].startswith("application/json")
    assert clock.slept == [7.0]


async def test_latency_comes_before_every_answer() -> None:
    """Latency, jitter and a script's delay add up."""
    clock = Clock()
    async with asking(Sandbox(clock=clock, sleep=clock.sleep, latency=0.5, jitter=0.25)) as ask:
        ask.sandbox.script("/v3", Answer(delay=10))
        await ask.customer(1)
        await ask.customer(1)
        await ask.events(1, 7)

    assert all(0.5 <= seconds <= 0.75 for seconds in clock.slept[:2])
    assert clock.slept[0] != clock.slept[1]
    assert 10.5 <= clock.slept[2] <= 10.75


async def test_a_rate_limit_counts_a_sliding_window() -> None:
    """Refused requests must not count."""
    clock = Clock()
    async with asking(Sandbox(clock=clock, rate_limit=(2, 60.0))) as ask:
        statuses: list[int] = []
        for moment in (0, 10, 20, 59, 60, 61, 70, 71):
            clock.now = moment
            statuses.append((await ask.customer(1)).status)

    assert statuses == [200, 200, 429, 429, 200, 429, 200, 429]


async def test_a_429_has_a_retry_after() -> None:
    """Servers send seconds, a date, or no `Retry-After`."""
    clock = Clock()
    async with asking(Sandbox(clock=clock, rate_limit=(1, 60.0))) as ask:
        await ask.customer(1)
        clock.now = 12.5
        in_seconds = await ask.customer(1)
        ask.sandbox.retry_after = "date"
        as_date = await ask.customer(1)
        ask.sandbox.retry_after = None
        silent = await ask.customer(1)
        ask.sandbox.rate_limit = None
        lifted = await ask.customer(1)

    assert in_seconds.headers["Retry-After"] == "48"
    assert parsedate_to_datetime(as_date.headers["Retry-After"]).tzinfo is not None
    assert "Retry-After" not in silent.headers
    assert (silent.status, lifted.status) == (429, 200)


async def test_the_log_has_each_request_unchanged(ask: Asker) -> None:
    """Tests check what the client sends."""
    await ask.send("GET", "/v2/customers/abc%2Fdef?source=IN%20STORE&embed=points&embed=mlp")

    seen = ask.sandbox.requests[-1]
    assert (seen.method, seen.path, seen.status) == ("GET", "/v2/customers/abc/def", 400)
    assert seen.raw == "/v2/customers/abc%2Fdef?source=IN%20STORE&embed=points&embed=mlp"
    assert seen.query["source"] == "IN STORE"
    assert seen.query.getall("embed") == ["points", "mlp"]
    assert seen.headers["authorization"].startswith("Basic ")


async def test_the_log_is_bounded_and_the_count_is_not() -> None:
    """A million requests must fit into memory."""
    async with asking(Sandbox(log_size=3)) as ask:
        for number in range(1, 6):
            await ask.customer(number)

        assert [request.path for request in ask.sandbox.requests] == [f"/v2/customers/{n}" for n in (3, 4, 5)]
        assert ask.sandbox.request_count == 5

        ask.sandbox.forget_requests()
        assert (ask.sandbox.requests, ask.sandbox.request_count) == ([], 0)


async def test_the_log_can_be_switched_off() -> None:
    """A sandbox without a log is faster."""
    async with asking(Sandbox(log_size=0)) as ask:
        await ask.customer(1)

        assert (ask.sandbox.requests, ask.sandbox.request_count) == ([], 1)


async def test_a_log_entry_shows_no_secret(ask: Asker) -> None:
    """Failing tests print log entries."""
    await ask.token(ask.sandbox.key, ask.sandbox.secret)
    await ask.customer(1)

    text = repr(ask.sandbox.requests)
    assert ask.sandbox.secret not in text
    assert "Basic" not in text
    assert ask.sandbox.password not in repr(ask.sandbox)


async def test_every_answer_has_a_correlation_id_and_a_cookie(ask: Asker) -> None:
    """The real API sends both."""
    first, second = await ask.customer(1), await ask.customer(1)

    assert first.headers["X-Cap-Requestid"] != second.headers["X-Cap-Requestid"]
    assert first.headers["Set-Cookie"].startswith("_cfuvid=")


async def test_an_unknown_path_is_a_404(ask: Asker) -> None:
    """The gateway answers such paths."""
    answer = await ask.get("/v2/nothing")

    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_the_first_fitting_script_answers(ask: Asker) -> None:
    """Tests add scripts in the order in which they should apply."""
    asked: list[LoggedRequest] = []

    def remember(request: LoggedRequest) -> bool:
        asked.append(request)
        return True

    ask.sandbox.script("/v2", Answer(status=500))
    ask.sandbox.script(remember, Answer(status=502))

    assert [(await ask.customer(1)).status for _ in range(3)] == [500, 502, 200]
    assert len(asked) == 1
