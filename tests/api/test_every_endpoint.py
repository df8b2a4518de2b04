"""Facts about each endpoint: authentication, errors, logs and callbacks."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from capillary_async import (
    AccessDeniedError,
    AccessToken,
    ApiErrorDetail,
    AuthenticationError,
    BasicAuth,
    CallInfo,
    CapillaryClient,
    CapillaryError,
    ClientOptions,
    Customer,
    CustomerMergedError,
    DeadlineExceeded,
    DecodeError,
    InvalidRequestError,
    NotFoundError,
    OAuth,
    RateLimit,
    RateLimitedError,
    ResponseError,
    RetryPolicy,
    ServerError,
    TransportError,
    UnexpectedResponseError,
)
from capillary_async.codec.struct_rows import StructRows
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.token import TOKEN_HEADER, TOKEN_PATH
from capillary_async.sandbox import Answer, Sandbox
from tests.api.asking import CALLS, ONCE, CallContext, open_client
from tests.fakes import outcomes

MD5 = "8a16a6b70505eb1f1ff7cdc0cd5559a7"
BASIC = "Basic c3RvcmUuc2VydmVyOjhhMTZhNmI3MDUwNWViMWYxZmY3Y2RjMGNkNTU1OWE3"
HURRIED = ClientOptions(retry=RetryPolicy(base=0.001, throttled_base=0.001))

# Every documented code, and the class of its error.
CODES: dict[int, type[ResponseError]] = {
    **dict.fromkeys((401, 498, 320001), AuthenticationError),
    **dict.fromkeys((403, 1044, 4000), AccessDeniedError),
    **dict.fromkeys((8015, 8065, 1619, 1645, 310011, 310018, 310019), NotFoundError),
    8069: CustomerMergedError,
    **dict.fromkeys((8003, 8011, 8012, 8013, 8045, 310130), InvalidRequestError),
    **dict.fromkeys((1620, 1632, 1635, 1644, 1647), InvalidRequestError),
    **dict.fromkeys((1099, 4001), ServerError),
}
STATUSES: dict[int, type[ResponseError]] = {
    **dict.fromkeys((404, 405, 409, 410), UnexpectedResponseError),
    **dict.fromkeys((401, 498), AuthenticationError),
    403: AccessDeniedError,
    429: RateLimitedError,
    **dict.fromkeys((461, 500, 502, 503, 504, 520, 521, 522, 523, 524), ServerError),
}


def v3(code: int) -> Any:
    """Refuse as `/v3` does."""
    return {"data": None, "errors": [{"code": code, "message": "no"}], "warnings": None}


def v2(code: int) -> Any:
    """Refuse as `/v2` does."""
    return {"errors": [{"status": False, "code": code, "message": "no"}]}


def tracker(code: int) -> Any:
    """Refuse as the tracker endpoints do."""
    return {"pagination": {"limit": 0, "offset": 0, "total": 0}, "warnings": [], **v2(code)}


def envelope(code: int) -> Any:
    """Refuse in the old envelope."""
    return {"response": {"status": {"success": "true", "code": str(code), "message": "no"}}}


def number_envelope(code: int) -> Any:
    """Refuse in the old envelope, with a number."""
    return {"response": {"status": {"success": "true", "code": code, "message": "no"}}}


async def tokens_of(sandbox: Sandbox) -> str:
    """Return a token that the sandbox issued."""
    async with open_client(sandbox, OAuth(sandbox.key, sandbox.secret)) as client:
        await client.customers.get(1)
    token = sandbox.requests[-1].headers[TOKEN_HEADER]
    sandbox.forget_requests()
    return token


async def refused(client: CapillaryClient, call: CallContext) -> CapillaryError:
    """Return the error of a call."""
    with pytest.raises(CapillaryError) as caught:
        await call(client)
    return caught.value


@pytest.mark.parametrize("name", CALLS)
class TestEach:
    """For each endpoint."""

    @pytest.mark.parametrize("kind", ["password", "md5", "oauth", "attribution", "token"])
    async def test_every_kind_of_authentication_works(self, sandbox: Sandbox, name: str, kind: str) -> None:
        """An organisation may support only one kind."""
        auths: dict[str, Auth] = {
            "password": BasicAuth("store.server", "server123"),
            "md5": BasicAuth.from_md5("store.server", MD5),
            "oauth": OAuth(sandbox.key, sandbox.secret),
            "attribution": OAuth(sandbox.key, sandbox.secret, ("STORE_CODE", "s1")),
            "token": AccessToken(await tokens_of(sandbox)),
        }

        async with open_client(sandbox, auths[kind]) as client:
            answer = await CALLS[name][1](client)

        assert answer
        for request in sandbox.requests[kind in ("oauth", "attribution") :]:
            assert request.status == 200
            assert request.headers.get("Authorization") == (BASIC if kind in ("password", "md5") else None)
            assert (TOKEN_HEADER in request.headers) == (kind not in ("password", "md5"))
            is_attributed = kind == "attribution"
            assert request.headers.get("X-CAP-API-ATTRIBUTION-ENTITY-TYPE") == ("STORE_CODE" if is_attributed else None)
            assert request.headers.get("X-CAP-API-ATTRIBUTION-ENTITY-CODE") == ("s1" if is_attributed else None)

    async def test_a_token_is_requested_once(self, sandbox: Sandbox, name: str) -> None:
        """The token request needs only key and secret."""
        async with open_client(sandbox, OAuth(sandbox.key, sandbox.secret)) as client:
            await CALLS[name][1](client)
            await CALLS[name][1](client)

        first, *others = sandbox.requests
        assert (first.method, first.path) == ("POST", TOKEN_PATH)
        assert json.loads(first.body) == {"key": sandbox.key, "secret": sandbox.secret}
        assert not {"Authorization", TOKEN_HEADER} & set(first.headers)
        assert TOKEN_PATH not in [request.path for request in others]

    @pytest.mark.parametrize("rejection", ["498", "401"])
    @pytest.mark.parametrize("error_status", ["ok", "4xx"])
    async def test_a_token_that_is_refused_is_replaced(
        self, sandbox: Sandbox, name: str, rejection: str, error_status: Any
    ) -> None:
        """The refusal is in the old envelope, with any HTTP status."""
        sandbox.error_status = error_status
        async with open_client(sandbox, OAuth(sandbox.key, sandbox.secret)) as client:
            await CALLS[name][1](client)
            if rejection == "498":
                sandbox.expire_tokens()
            else:
                sandbox.revoke(sandbox.requests[-1].headers[TOKEN_HEADER])

            assert await CALLS[name][1](client)

        assert sandbox.tokens_issued == 2

    @pytest.mark.parametrize("form", [v3, v2, tracker, envelope, number_envelope])
    @pytest.mark.parametrize("status", [200, 404])
    async def test_a_refusal_has_all_attributes(
        self, sandbox: Sandbox, client: CapillaryClient, name: str, form: Callable[[int], Any], status: int
    ) -> None:
        """The error must have all attributes for every documented form and endpoint."""
        sandbox.script("/", Answer(status=status, body=form(8015), headers={"X-Cap-Requestid": "r-1"}))

        error = await refused(client, CALLS[name][1])

        assert type(error) is NotFoundError
        assert (error.status, error.codes, error.request_id) == (status, (8015,), "r-1")
        assert error.errors == (ApiErrorDetail(8015, "no"),)
        assert (error.path, error.attempts) == (CALLS[name][0], 1)
        assert str(error) == f"the API answered HTTP {status}, 8015: no ({CALLS[name][0]})"

    @pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[", b'{"data":[]} x', b"7", b'"text"', b"[]"])
    async def test_a_foreign_answer_with_200_is_a_decode_error(
        self, sandbox: Sandbox, client: CapillaryClient, name: str, body: bytes
    ) -> None:
        """A page that is not the API's must never be read as data."""
        sandbox.script("/", Answer(body=body))
        if name == "fetch" and body in (b"7", b'"text"', b"[]"):
            pytest.skip("`fetch` takes any document")

        error = await refused(client, CALLS[name][1])

        assert type(error) is DecodeError
        assert (error.path, error.attempts) == (CALLS[name][0], 1)

    async def test_a_dropped_connection_is_a_transport_error(
        self, sandbox: Sandbox, client: CapillaryClient, name: str
    ) -> None:
        """`attempts` must be the number of requests that the server saw."""
        sandbox.script("/", Answer(abort=True))

        error = await refused(client, CALLS[name][1])

        assert type(error) is TransportError
        assert (error.path, error.attempts, sandbox.request_count) == (CALLS[name][0], 1, 1)

    async def test_three_faults_in_succession_are_retried(self, sandbox: Sandbox, name: str) -> None:
        """The client must recover from three different faults in succession."""
        seen: list[CallInfo] = []
        sandbox.script("/", Answer(status=503), Answer(abort=True), Answer.throttled("0"), times=3)

        async with open_client(sandbox, options=HURRIED, on_call=seen.append) as client:
            assert await CALLS[name][1](client)

        assert seen[0].attempts == 4
        assert sum(info.attempts for info in seen) == sandbox.request_count

    async def test_on_call_receives_each_call(self, sandbox: Sandbox, name: str) -> None:
        """Metrics use `on_call`, and it must not hold personal data."""
        seen: list[CallInfo] = []

        async with open_client(sandbox, on_call=seen.append) as client:
            await CALLS[name][1](client)

        info = seen[0]
        assert (info.path, info.status, info.codes, info.error) == (CALLS[name][0], 200, (), None)
        assert (info.request_id, info.attempts, info.rate_limit_wait) == ("sandbox-1", 1, 0.0)
        assert 0 < info.seconds < 5
        assert info.response_bytes > 10


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("code", "expected"), CODES.items())
async def test_every_documented_code_has_its_class(
    sandbox: Sandbox, client: CapillaryClient, code: int, expected: type[ResponseError], status: int
) -> None:
    """Users decide by the class, without a table of codes."""
    sandbox.script("/", Answer(status=status, body=v3(code)))

    error = await refused(client, CALLS["customers.get"][1])

    assert type(error) is expected
    assert (error.status, error.codes, error.attempts) == (status, (code,), 1)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html></html>"])
@pytest.mark.parametrize(("status", "expected"), STATUSES.items())
async def test_every_documented_status_has_its_class(
    sandbox: Sandbox, client: CapillaryClient, status: int, expected: type[ResponseError], body: bytes
) -> None:
    """Blank pages and the gateway's HTML have only a status."""
    sandbox.script("/", Answer(status=status, body=body))

    error = await refused(client, CALLS["customers.get"][1])

    assert type(error) is expected
    assert (error.status, error.codes) == (status, ())


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"", InvalidRequestError), (b"{}", InvalidRequestError), (b"<html>", UnexpectedResponseError)],
)
async def test_a_blank_400_says_that_the_customer_id_is_wrong(
    sandbox: Sandbox, client: CapillaryClient, body: bytes, expected: type[ResponseError]
) -> None:
    """The customer page documents this answer, which has no code."""
    sandbox.script("/", Answer(status=400, body=body))

    assert type(await refused(client, CALLS["customers.get"][1])) is expected


async def test_a_500_with_a_business_code_is_not_retried(sandbox: Sandbox) -> None:
    """A retry would get the same refusal and use the retry budget."""
    sandbox.script("/", Answer(status=500, body=v3(310126)), times=None)

    async with open_client(sandbox, options=HURRIED) as client:
        error = await refused(client, CALLS["customers.get"][1])

    assert (type(error), error.attempts, sandbox.request_count) == (ServerError, 1, 1)


@pytest.mark.parametrize(
    ("auth", "advice"),
    [
        (BasicAuth("my.till", "wrong"), "check the till my.till and its password (CAPILLARY_TILL, CAPILLARY_PASSWORD"),
        (OAuth("key", "wrong"), "check the client key and its secret (CAPILLARY_KEY, CAPILLARY_SECRET)"),
        (AccessToken("wrong"), "get a new one (CAPILLARY_ACCESS_TOKEN)"),
    ],
)
async def test_a_refused_login_says_what_to_check(sandbox: Sandbox, auth: Auth, advice: str) -> None:
    """Many users see this error first, and it must not hold a secret."""
    async with open_client(sandbox, auth) as client:
        error = await refused(client, CALLS["customers.get"][1])

    assert type(error) is AuthenticationError
    assert advice in str(error)
    assert "wrong" not in str(error)


async def test_a_real_498_renews_the_token(sandbox: Sandbox) -> None:
    """`/v3` sends 498 as HTTP status, with an answer in its own form."""
    async with open_client(sandbox, OAuth(sandbox.key, sandbox.secret)) as client:
        sandbox.script("/v3/users", Answer(status=498, body=v3(498)))

        assert await client.targets.get_active(6)

    assert sandbox.tokens_issued == 2


async def test_the_error_has_the_retry_after(sandbox: Sandbox, client: CapillaryClient) -> None:
    """A caller with its own queue needs the time."""
    sandbox.script("/", Answer.throttled("7"))

    error = await refused(client, CALLS["customers.get"][1])

    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 7.0


class TestRefusedCredentials:
    """Wrong credentials are not retried, because retries may lock the account."""

    @pytest.mark.parametrize("error_status", ["ok", "4xx"])
    async def test_a_wrong_password_is_not_retried(self, sandbox: Sandbox, error_status: Any) -> None:
        """The error has the code of the old envelope."""
        sandbox.error_status = error_status

        async with open_client(sandbox, BasicAuth("store.server", "other"), options=HURRIED) as client:
            error = await refused(client, CALLS["customers.get"][1])

        assert isinstance(error, AuthenticationError)
        assert (error.codes, error.attempts, sandbox.request_count) == ((401,), 1, 1)

    @pytest.mark.parametrize("error_status", ["ok", "4xx"])
    async def test_a_wrong_key_is_not_retried(self, sandbox: Sandbox, error_status: Any) -> None:
        """The call was never sent; its `attempts` counts the token request."""
        seen: list[CallInfo] = []
        sandbox.error_status = error_status

        async with open_client(sandbox, OAuth("other", "pair"), options=HURRIED, on_call=seen.append) as client:
            error = await refused(client, CALLS["customers.get"][1])

        assert isinstance(error, AuthenticationError)
        assert (error.codes, error.attempts, error.path) == ((320001,), 1, CALLS["customers.get"][0])
        assert [request.path for request in sandbox.requests] == [TOKEN_PATH]
        assert (seen[0].status, seen[0].codes) == (error.status, (320001,))
        assert seen[0].request_id == error.request_id == "sandbox-1"

    async def test_a_given_access_token_is_not_replaced(self, sandbox: Sandbox) -> None:
        """The client cannot get another token."""
        async with open_client(sandbox, AccessToken("unknown"), options=HURRIED) as client:
            error = await refused(client, CALLS["customers.get"][1])

        assert isinstance(error, AuthenticationError)
        assert sandbox.request_count == 1

    @pytest.mark.parametrize("denial", ["scope", "access group"])
    async def test_a_missing_right_is_final(self, sandbox: Sandbox, denial: Any) -> None:
        """A new token would have the same rights."""
        sandbox.denial = denial

        async with open_client(sandbox, OAuth(sandbox.key, sandbox.secret), options=HURRIED) as client:
            error = await refused(client, CALLS["customers.get"][1])

        assert isinstance(error, AccessDeniedError)
        assert (error.attempts, sandbox.tokens_issued) == (2, 1)  # the token request counts


class TestTelling:
    """The callbacks and logs of a call."""

    async def test_on_call_receives_failed_calls(self, sandbox: Sandbox) -> None:
        """`CallInfo` has the error."""
        seen: list[CallInfo] = []

        async with open_client(sandbox, on_call=seen.append) as client:
            await refused(client, lambda client: client.customers.get(404))

        (info,) = seen
        assert (info.status, info.codes, info.error) == (404, (8015,), NotFoundError)

    @pytest.mark.parametrize("customer_id", [6, 404])
    async def test_a_failing_listener_does_not_change_the_result(
        self, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, customer_id: int
    ) -> None:
        """An error in a callback must not lose the answer."""

        def fail(info: CallInfo) -> None:
            raise RuntimeError("metrics are down")

        async with open_client(sandbox, on_call=fail) as client:
            (outcome,) = await outcomes(client.customers.get(customer_id))

        assert isinstance(outcome, Customer if customer_id == 6 else NotFoundError)

        (record,) = [record for record in caplog.records if record.name == "capillary_async"]
        assert (record.levelno, record.getMessage()) == (logging.ERROR, "on_call failed")
        assert record.exc_info is not None

    async def test_calls_are_logged_without_personal_data(
        self, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The log has one DEBUG line for each call, on the package's logger."""
        caplog.set_level(logging.DEBUG, "capillary_async")

        async with open_client(sandbox) as client:
            await client.customers.find_id("email", "customer.987654@example.com")
            await client.customers.get(987654)

        records = [record for record in caplog.records if record.name == "capillary_async"]
        assert [record.levelno for record in records] == [logging.DEBUG] * 2
        assert "/v2/customers/{customerId}" in records[1].getMessage()
        assert "987654" not in caplog.text
        assert "example.com" not in caplog.text

    async def test_nothing_is_logged_by_default(self, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
        """A library must be silent by default."""
        caplog.set_level(logging.INFO)

        async with open_client(sandbox) as client:
            await client.customers.get(6)
            await refused(client, lambda client: client.customers.get(404))

        assert not [record for record in caplog.records if record.name.startswith("capillary_async")]

    async def test_call_info_has_the_wait_for_the_rate_limit(self, sandbox: Sandbox) -> None:
        """The wait explains a slow call on a fast server."""
        # Of 300 an hour, four may start at once: for a token, for two customers, and for one with the old token.
        options = ClientOptions(rate_limit=RateLimit(300, per=3600.0), deadline=5.0)

        async with open_client(sandbox, OAuth(sandbox.key, sandbox.secret), options=options) as client:
            await client.customers.get(6)
            await client.customers.get(6)
            sandbox.expire_tokens()
            with pytest.raises(DeadlineExceeded):
                await client.customers.get(6)


def test_the_client_of_these_tests_does_not_retry() -> None:
    """The other tests count requests, so this client must never retry."""
    assert ONCE.retry.attempts == 1


async def test_every_page_but_the_first_is_decoded_without_dicts(
    sandbox: Sandbox, client: CapillaryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways give the same models, so only this test notices if the fast way is never used."""
    pages: list[int] = []
    models = StructRows.models

    def counted(rows: StructRows) -> list[Any]:
        pages.append(len(rows))
        return models(rows)

    monkeypatch.setattr(StructRows, "models", counted)

    events = await client.targets.list_events(1, 7, page_size=10).collect()
    again = await client.targets.list_events(1, 7, page_size=10).collect()

    assert again == events
    assert sum(pages) >= len(events)


async def test_coalesced_callers_may_use_different_types(sandbox: Sandbox) -> None:
    """Rows that were decoded for one caller's model must be dicts for another caller."""
    options = ClientOptions(coalesce=True)
    async with CapillaryClient(sandbox.base_url, BasicAuth(sandbox.till, sandbox.password), options=options) as client:
        path, query = "/v3/users/1/trackedTargetEvents/7", {"limit": 100, "offset": 0}
        for _ in range(2):
            listed, fetched = await asyncio.gather(
                client.targets.list_events(1, 7, page_size=100).first(), client.fetch(path, query)
            )

            assert listed is not None
            assert fetched["data"][0]["eventLogId"] == listed.event_log_id


async def test_a_bad_row_is_skipped_on_a_page_of_a_learned_form(sandbox: Sandbox, client: CapillaryClient) -> None:
    """The rows are then structured one by one, from dicts."""
    rows = [{"eventLogId": 1, "targetValue": 1}, {"eventLogId": 2, "targetValue": 3}]
    bad = [{"eventLogId": 3, "targetValue": "x"}, {"eventLogId": 4, "targetValue": 4}]
    pagination = {"limit": 100, "offset": 0, "total": 2}
    pager = client.targets.list_events(1, 7)
    sandbox.script("/", Answer(body={"data": rows, "pagination": pagination}))
    assert len(await pager.collect()) == 2
    sandbox.script("/", Answer(body={"data": bad, "pagination": pagination}), times=None)

    pages = pager.pages(on_bad_row="skip")
    events = [event.event_log_id async for page in pages for event in page.items]

    assert events == [4]
    assert [row.location for row in pages.report.bad_rows] == ["data[0].targetValue"]
