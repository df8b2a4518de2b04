"""The output of `-v` and of `--errors json`."""

import json

import pytest

from capillary_async.sandbox import Answer, Sandbox
from tests.cli.conftest import Capillary

LOOKUP = ("customer", "565345", "--format", "json")


def test_verbose_prints_a_line_for_each_request(capillary: Capillary, server: Sandbox) -> None:
    """The lines show which request is slow, without data of customers."""
    server.script("/", Answer(status=503), times=1)

    done = capillary(*LOOKUP, "-v")

    lines = done.err.splitlines()
    assert [line.rpartition(",")[0] for line in lines] == [
        "capillary: GET /v2/customers/{customerId} 503, attempt 1",
        "capillary: GET /v2/customers/{customerId} 200, attempt 2",
    ]
    assert all(line.endswith(" ms") for line in lines)
    assert json.loads(done.out)["id"] == 565345


def test_verbose_twice_prints_retries_waits_and_tokens(
    capillary: Capillary, server: Sandbox, environment: pytest.MonkeyPatch
) -> None:
    """Waits between requests also take time."""
    for name in ("TILL", "PASSWORD"):
        environment.delenv(f"CAPILLARY_{name}")
    environment.setenv("CAPILLARY_KEY", server.key)
    environment.setenv("CAPILLARY_SECRET", server.secret)
    server.script("/v2", Answer(status=503), times=1)

    done = capillary(*LOOKUP, "-vv", "--rate", "1/0.05")

    assert "retry in" in done.err
    assert "because attempt 1 ended with 503" in done.err
    assert "new access token in" in done.err
    assert "for the rate limit" in done.err
    assert server.secret not in done.err


def test_nothing_is_printed_on_standard_error_by_default(capillary: Capillary) -> None:
    """Scripts treat any text there as a problem."""
    assert capillary(*LOOKUP).err == ""


def test_an_error_can_be_json(capillary: Capillary, server: Sandbox) -> None:
    """Programs need no regular expression."""
    body = {"errors": [{"code": 8015, "message": "Customer not found"}]}
    server.script("/", Answer(status=400, body=body, headers={"X-Cap-Requestid": "r-1"}))

    done = capillary(*LOOKUP, "--errors", "json")

    assert json.loads(done.err) == {
        "error": "NotFoundError",
        "code": 8015,
        "codes": [8015],
        "status": 400,
        "message": "the API answered HTTP 400, 8015: Customer not found (/v2/customers/{customerId})",
        "path": "/v2/customers/{customerId}",
        "attempts": 1,
        "request_id": "r-1",
        "next_step": "check the id and --source",
        "cursor": None,
        "exit_code": 5,
    }
    assert (done.code, done.out) == (5, "")


def test_the_error_of_a_broken_listing_has_the_cursor_as_a_key(capillary: Capillary, server: Sandbox) -> None:
    """Programs resume with the cursor."""
    answered = [0]

    def is_late(_: object) -> bool:
        answered[0] += 1
        return answered[0] > 2

    server.script(is_late, Answer(status=400, body="{}"), times=None)

    done = capillary("events", "1", "79197", "--page-size", "20", "--format", "jsonl", "--errors=json")

    error = json.loads(done.err.splitlines()[-1])
    assert error["cursor"]
    assert error["next_step"] == f"continue with --resume {error['cursor']}"


@pytest.mark.parametrize("words", [("customer", "x"), ("customer", "5", "--no-such"), ("frobnicate",)])
def test_a_wrong_argument_is_json_too(capillary: Capillary, words: tuple[str, ...]) -> None:
    """Programs that read JSON cannot read other lines."""
    error = json.loads(capillary(*words, "--errors", "json").err)

    assert (error["exit_code"], error["code"], error["cursor"]) == (2, None, None)
    assert error["next_step"]
