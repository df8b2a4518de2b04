"""Both ways of authentication, and each refusal."""

import json
from typing import Any

import pytest

from capillary_async.sandbox import Sandbox
from tests.sandbox.asking import Asker, Clock, Heard, asking, basic

HEADER = "X-CAP-API-OAUTH-TOKEN"


async def token_of(ask: Asker) -> str:
    """Request a token and return it."""
    answer = await ask.token(ask.sandbox.key, ask.sandbox.secret)
    token: str = answer.json["data"]["accessToken"]
    return token


async def with_token(ask: Asker, token: str) -> Heard:
    """Send a request with a token."""
    return await ask.send("GET", "/v3/users/1/enrolledTargets", headers={HEADER: token})


def envelope(code: Any, message: str) -> dict[str, Any]:
    """Return the old envelope, which has `success` "true" for failures."""
    return {"response": {"status": {"success": "true", "code": code, "message": message}}}


async def test_basic_is_that_of_the_documented_example(ask: Asker) -> None:
    """The document's example is the till `store.server` with the password `server123`."""
    assert basic(ask.sandbox) == {
        "Authorization": "Basic c3RvcmUuc2VydmVyOjhhMTZhNmI3MDUwNWViMWYxZmY3Y2RjMGNkNTU1OWE3",
    }
    assert (await ask.customer(1)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic c3RvcmUuc2VydmVyOnNlcnZlcjEyMw=="},
        {"Authorization": "Basic"},
        {"Authorization": "Bearer x"},
    ],
)
async def test_anything_else_is_unauthorized(ask: Asker, headers: dict[str, str]) -> None:
    """Also a password that is sent in plain text must be refused."""
    answer = await ask.send("GET", "/v3/users/1/enrolledTargets", headers=headers)

    assert (answer.status, answer.json) == (401, envelope("401", "Unauthorized"))


async def test_basic_can_be_switched_off(ask: Asker) -> None:
    """An organisation can disable Basic."""
    ask.sandbox.basic = False

    assert (await ask.customer(1)).status == 401
    assert (await with_token(ask, await token_of(ask))).status == 200


async def test_a_key_and_secret_get_a_token() -> None:
    """The answer must have the documented form."""
    async with asking(Sandbox(token_ttl=1200)) as ask:
        answer = await ask.token(ask.sandbox.key, ask.sandbox.secret)

        assert answer.json["errors"] is None
        assert answer.json["data"]["ttlSeconds"] == 1200
        assert (await with_token(ask, answer.json["data"]["accessToken"])).status == 200
        assert ask.sandbox.tokens_issued == 1


async def test_every_token_is_different(ask: Asker) -> None:
    """A test must be able to distinguish a new token from an old one."""
    assert len({await token_of(ask) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "body",
    [
        '{"key": "sandbox-key", "secret": "wrong"}',
        '{"key": 1, "secret": 2}',
        '{"key": "sandbox-key"}',
        "[]",
        "no json",
        "",
    ],
)
async def test_a_wrong_key_or_secret_gets_no_token(ask: Asker, body: str) -> None:
    """The refusal has a code but no `warnings`, as documented."""
    answer = await ask.send("POST", "/v3/oauth/token/generate", headers={}, data=body)

    assert answer.status == 401
    assert answer.json == {"data": None, "errors": [{"code": 320001, "message": "Invalid client key and secret"}]}
    assert ask.sandbox.tokens_issued == 0


async def test_a_token_expires() -> None:
    """The test controls the clock, so it need not wait for the expiry."""
    clock = Clock()
    async with asking(Sandbox(clock=clock, token_ttl=300)) as ask:
        token = await token_of(ask)

        clock.now += 299.9
        before = await with_token(ask, token)
        clock.now += 0.1
        after = await with_token(ask, token)

    assert before.status == 200
    assert after.status == 498
    assert after.json["response"]["status"]["code"] == "498"
    assert after.json["response"]["status"]["message"].startswith("Token expired at ")


async def test_all_tokens_can_be_made_to_expire(ask: Asker) -> None:
    """Tests need this to try many callers that renew a token together."""
    old = await token_of(ask)
    ask.sandbox.expire_tokens()

    assert (await with_token(ask, old)).status == 498
    assert (await with_token(ask, await token_of(ask))).status == 200


async def test_a_token_can_be_revoked(ask: Asker) -> None:
    """A revoked token is invalid (401), not expired (498)."""
    token, other = await token_of(ask), await token_of(ask)
    ask.sandbox.revoke(token)

    answer = await with_token(ask, token)

    assert (answer.status, answer.json) == (401, envelope("401", "Invalid token"))
    assert (await with_token(ask, other)).status == 200


async def test_the_envelopes_code_can_be_a_number(ask: Asker) -> None:
    """Documents show a string, integrations see both, and the HTTP status may be 200."""
    ask.sandbox.envelope_code = "number"
    ask.sandbox.error_status = "ok"

    answer = await with_token(ask, "made up")

    assert (answer.status, answer.json) == (200, envelope(401, "Invalid token"))


async def test_a_scope_can_be_missing(ask: Asker) -> None:
    """The refusal is a 403 in the old envelope."""
    ask.sandbox.denial = "scope"

    answer = await with_token(ask, await token_of(ask))

    assert answer.status == 403
    assert answer.json["response"]["status"]["code"] == "403"


async def test_an_access_group_can_deny(ask: Asker) -> None:
    """The refusal is a 403 with code 4000."""
    ask.sandbox.denial = "access group"

    answer = await ask.customer(1)

    assert (answer.status, answer.codes) == (403, [4000])


async def test_tokens_need_a_post(ask: Asker) -> None:
    """All other endpoints accept only GET."""
    assert (await ask.send("GET", "/v3/oauth/token/generate")).status == 405
    assert (await ask.send("POST", "/v2/customers/1")).status == 405


async def test_the_log_has_the_body_of_a_post(ask: Asker) -> None:
    """Tests need to check a client's token request."""
    await token_of(ask)

    seen = ask.sandbox.requests[-1]
    assert (seen.method, seen.path) == ("POST", "/v3/oauth/token/generate")
    assert json.loads(seen.body) == {"key": ask.sandbox.key, "secret": ask.sandbox.secret}
