"""Each kind of authentication proves who is calling, and a token is fetched as seldom as it can be."""

import asyncio
import hashlib
import pickle
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest

from capillary_async.errors import (
    AccessDeniedError,
    ApiErrorDetail,
    AuthenticationError,
    CapillaryError,
    ConfigurationError,
    DeadlineExceeded,
    DecodeError,
    TransportError,
)
from capillary_async.options import Secret
from capillary_async.pipeline.auth import AccessToken, Auth, BasicAuth, OAuth
from capillary_async.pipeline.request import CallContext, Request, Response, reveal_all
from capillary_async.pipeline.token import TOKEN_HEADER, TOKEN_PATH, TokenTransport
from tests.fakes import VirtualClock, outcomes
from tests.faults.virtual import run_virtually

PASSWORD = "server123"
MD5 = "8a16a6b70505eb1f1ff7cdc0cd5559a7"
HEADER = "Basic c3RvcmUuc2VydmVyOjhhMTZhNmI3MDUwNWViMWYxZmY3Y2RjMGNkNTU1OWE3"
KEY, SECRET, TOKEN = "key-of-a-client", "secret-of-a-client", "token-made-elsewhere"
LIFE = 300.0


@attrs.define
class Tokens:
    """Grants tokens `token-1`, `token-2` and so on, each after a second."""

    clock: VirtualClock
    life: Any = 300
    seconds: float = 1.0
    failures: list[CapillaryError] = attrs.field(factory=list[CapillaryError])
    requests: list[Request[Any]] = attrs.field(factory=list[Request[Any]])

    async def send(self, request: Request[Any], /) -> Response:
        """Grant the next token, or fail as told."""
        self.requests.append(request)
        number = len(self.requests)
        await self.clock.sleep(self.seconds)
        if self.failures:
            raise self.failures.pop(0)
        return Response({"data": {"accessToken": f"token-{number}", "ttlSeconds": self.life}, "errors": None})


def refusal(status: int, *codes: int) -> AuthenticationError:
    """Say what a refused token comes to."""
    return AuthenticationError("refused", status=status, errors=tuple(ApiErrorDetail(code, "no") for code in codes))


@attrs.define
class Api:
    """Answers those requests whose token it takes, each after as many seconds as its path says."""

    clock: VirtualClock
    refused: set[str] = attrs.field(factory=set[str])
    refuse: Callable[[], CapillaryError] = attrs.field(default=lambda: refusal(401))
    seen: list[str] = attrs.field(factory=list[str])
    headers: list[dict[str, Any]] = attrs.field(factory=list[dict[str, Any]])

    async def send(self, request: Request[Any], /) -> Response:
        """Look at the token when the request arrives."""
        token: str = request.headers[TOKEN_HEADER].reveal()
        self.seen.append(token)
        self.headers.append(dict(request.headers))
        is_refused = token in self.refused
        await self.clock.sleep(request.path_values.get("seconds", 0.0))  # type: ignore[arg-type]
        if is_refused:
            raise self.refuse()
        return Response({"token": token})


@attrs.define
class Scene:
    """A token transport between an API and a server of tokens, all on one clock."""

    clock: VirtualClock
    tokens: Tokens
    api: Api
    transport: TokenTransport
    draw: float = 0.0

    async def call(self, seconds: float = 0.0, deadline: float = float("inf")) -> str:
        """Make a call and return the token that it was answered with."""
        request = Request[Any]("/x/{seconds}", {"seconds": seconds}, call=CallContext(deadline))  # type: ignore[dict-item]
        return str((await self.transport.send(request)).document["token"])

    async def renewed(self) -> bool:
        """Make a call, and say whether that started a renewal."""
        before = len(self.tokens.requests)
        await self.call()
        return len(self.tokens.requests) > before


@pytest.fixture
def scene() -> Scene:
    """Set the scene."""
    clock = VirtualClock()
    tokens, api = Tokens(clock), Api(clock)
    credentials = {"key": Secret(KEY), "secret": Secret(SECRET)}
    transport = TokenTransport(api, tokens, credentials, {"X-Extra": "1"}, clock.time, lambda: built.draw)
    built = Scene(clock, tokens, api, transport)
    return built


COMPLAINTS = {
    "password": "password must be a text that is not empty",
    "till": "till must be printable ASCII characters without a colon, and at least one",
    "password_md5": "password_md5 must be the 32 hexadecimal digits of an MD5",
    "attribution": "attribution must be one of TILL, STORE_CODE, STORE_NAME, STORE_EXTERNAL_ID, STORE_EXTERNAL_ID_1, "
    "STORE_EXTERNAL_ID_2, and a text of printable ASCII characters",
    **{name: f"{name} must be printable ASCII characters, and at least one" for name in ("token", "key", "secret")},
}


class TestKinds:
    """What each kind of authentication is made from."""

    async def headers_of(self, auth: Auth) -> dict[str, str]:
        """Return what it adds to a request."""
        seen: list[Request[Any]] = []

        class Recorder:
            async def send(self, request: Request[Any], /) -> Response:
                seen.append(request)
                return Response({"data": {"accessToken": "granted", "ttlSeconds": 5}})

        if isinstance(auth, OAuth):
            await auth.wrap(Recorder(), Recorder()).send(Request("/x"))
            return reveal_all({**auth.headers, **seen[-1].headers})
        return reveal_all(auth.headers)

    @pytest.mark.parametrize(
        "auth",
        [
            BasicAuth("store.server", PASSWORD),
            BasicAuth.from_md5("store.server", MD5),
            BasicAuth.from_md5("store.server", f" {MD5.upper()}\n"),
        ],
    )
    async def test_basic_is_the_documented_example(self, auth: BasicAuth) -> None:
        """The documentation gives till, password, and the header that they make."""
        assert await self.headers_of(auth) == {"Authorization": HEADER}
        assert auth == BasicAuth("store.server", PASSWORD)

    async def test_any_text_can_be_a_password(self) -> None:
        """Its bytes are what is hashed, also those that a process found in its environment and are no UTF-8."""
        digest = hashlib.md5(b"p\xc3\xa4ss \xff").hexdigest()

        assert BasicAuth("t", "päss \udcff") == BasicAuth.from_md5("t", digest)

    async def test_a_token_travels_without_authorization(self) -> None:
        """The documentation insists on it."""
        assert await self.headers_of(AccessToken(TOKEN)) == {TOKEN_HEADER: TOKEN}

    async def test_oauth_travels_as_a_token(self) -> None:
        """Key and secret go to the token endpoint alone."""
        assert await self.headers_of(OAuth(KEY, SECRET)) == {TOKEN_HEADER: "granted"}

    async def test_a_token_is_asked_for_by_its_own_way(self) -> None:
        """It has retries of its own."""
        asked: list[tuple[str, dict[str, str] | None]] = []

        @attrs.frozen
        class Over:
            name: str

            async def send(self, request: Request[Any], /) -> Response:
                body = request.body and {name: value.reveal() for name, value in request.body.items()}
                asked.append((self.name, body))
                if len(asked) == 4:
                    raise refusal(401)
                return Response({"data": {"accessToken": "granted", "ttlSeconds": 300}})

        transport = OAuth(KEY, SECRET).wrap(Over("calls"), Over("tokens"))
        for _ in range(3):
            await transport.send(Request("/x"))

        fetch = ("tokens", {"key": KEY, "secret": SECRET})
        calls = ("calls", None)
        assert asked == [fetch, calls, calls, calls, fetch, calls]

    async def test_attribution_travels_with_each_call(self) -> None:
        """It books the call to a till or a store."""
        headers = await self.headers_of(OAuth(KEY, SECRET, ("STORE_CODE", "s 1")))

        assert headers["X-CAP-API-ATTRIBUTION-ENTITY-TYPE"] == "STORE_CODE"
        assert headers["X-CAP-API-ATTRIBUTION-ENTITY-CODE"] == "s 1"

    @pytest.mark.parametrize(
        ("make", "arguments", "named"),
        [
            *((BasicAuth, ("t", bad), "password") for bad in ("", None, 5, b"x", "\ud800")),
            *((BasicAuth, (bad, "p"), "till") for bad in ("", " ", "a:b", "a\n", "\r\nX: 1", "tür", None, 5, " t")),
            *(
                (BasicAuth.from_md5, ("t", bad), "password_md5")
                for bad in ("", MD5[1:], MD5 + "0", "g" * 32, None, 5, PASSWORD)
            ),
            *((AccessToken, (bad,), "token") for bad in ("", " ", "a\nb", "ä", None, 5, b"x", "t ")),
            *((OAuth, (bad, "s"), "key") for bad in ("", "a\n", None, 5)),
            *((OAuth, ("k", bad), "secret") for bad in ("", "a\n", None, 5)),
            *(
                (OAuth, ("k", "s", bad), "attribution")
                for bad in ((), ("TILL",), ("SHOP", "1"), ("TILL", ""), ("TILL", 1), ("TILL", "a\r\nb"), "TI", 5)
            ),
        ],
    )
    def test_what_cannot_travel_is_refused_by_name(
        self, make: Callable[..., Auth], arguments: tuple[Any, ...], named: str
    ) -> None:
        """A line break in a header would let its rest be another header."""
        with pytest.raises(ConfigurationError) as caught:
            make(*arguments)

        assert str(caught.value) == COMPLAINTS[named]
        assert caught.value.__context__ is None

    @pytest.mark.parametrize("make", [lambda: BasicAuth("a:b", PASSWORD), lambda: OAuth(KEY, "")])
    def test_what_was_refused_can_be_shown_by_a_traceback(self, make: Callable[[], Auth]) -> None:
        """An error tracker prints the object that is half built."""
        with pytest.raises(ConfigurationError) as caught:
            make()

        whole = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        shown = str([frame.locals for frame in whole.stack])

        assert "Auth(" in shown
        assert "repr() failed" not in shown

    @pytest.mark.parametrize(
        "auth",
        [BasicAuth("store.server", PASSWORD), AccessToken(TOKEN), OAuth(KEY, SECRET, ("TILL", "1"))],
    )
    def test_secrets_are_not_to_be_seen(self, auth: Auth) -> None:
        """Authentication objects sit in the locals of user code, and in its logs."""
        shown = repr(auth) + str(attrs.asdict(auth)) + str(attrs.astuple(auth)) + f"{auth}"

        assert not [text for text in (PASSWORD, MD5, HEADER, KEY, SECRET, TOKEN) if text in shown]
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(auth)

    def test_authentication_compares_and_hashes(self) -> None:
        """One client for each organisation is a dictionary's job."""
        assert len({OAuth(KEY, SECRET), OAuth(KEY, SECRET), AccessToken(TOKEN), BasicAuth("t", "p")}) == 3

    def test_an_account_tells_owners_apart_and_shows_no_secret(self) -> None:
        """A bulk job that goes on with another organisation's key would mix two of them up."""
        accounts = [OAuth(KEY, SECRET).account, OAuth(KEY + "2", SECRET).account, BasicAuth("till", PASSWORD).account]

        assert len(set(accounts)) == 3
        assert OAuth(KEY, "another").account == accounts[0]
        assert not [text for text in (KEY, SECRET, PASSWORD) if any(text in account for account in accounts)]


class TestTokens:
    """One fetch serves everybody, and comes before the end of a token's life."""

    async def test_a_thousand_callers_share_one_fetch(self, scene: Scene) -> None:
        """Each fetching for itself would be an attack on the token endpoint."""
        tokens = await asyncio.gather(*(scene.call() for _ in range(1000)))

        assert set(tokens) == {"token-1"}
        assert len(scene.tokens.requests) == 1

    async def test_the_fetch_posts_key_and_secret(self, scene: Scene) -> None:
        """The documentation gives path and body."""
        await scene.call()

        (request,) = scene.tokens.requests
        assert (request.method, request.path) == ("POST", TOKEN_PATH)
        assert request.body == {"key": Secret(KEY), "secret": Secret(SECRET)}
        assert not request.headers

    async def test_calls_carry_the_token_and_the_other_headers(self, scene: Scene) -> None:
        """Attribution has to be on every call."""
        await scene.call()

        assert scene.api.headers == [{TOKEN_HEADER: Secret("token-1"), "X-Extra": "1"}]

    async def test_twenty_late_refusals_cost_one_refresh(self, scene: Scene) -> None:
        """They come back one by one, long after the first of them has had the token replaced."""
        await scene.call()
        scene.api.refused.add("token-1")

        tokens = await asyncio.gather(*(scene.call(seconds) for seconds in range(1, 21)))

        assert set(tokens) == {"token-2"}
        assert len(scene.tokens.requests) == 2

    @pytest.mark.parametrize(
        "error",
        [
            refusal(401),
            refusal(498),
            refusal(200, 401),
            refusal(200, 498),
            refusal(400, 320001, 498),
            refusal(500, 401),
        ],
    )
    async def test_a_refused_token_is_replaced_and_the_request_replayed(self, scene: Scene, error: Any) -> None:
        """Both verdicts occur as a status and as a code in the body."""
        await scene.call()
        scene.api.refused.add("token-1")
        scene.api.refuse = lambda: error

        assert await scene.call() == "token-2"
        assert scene.api.seen == ["token-1", "token-1", "token-2"]

    @pytest.mark.parametrize("error", [refusal(200, 320001), AccessDeniedError("no", status=403)])
    async def test_other_refusals_are_final(self, scene: Scene, error: CapillaryError) -> None:
        """Another token would change nothing about them."""
        scene.api.refused.add("token-1")
        scene.api.refuse = lambda: error

        assert await outcomes(scene.call()) == [error]
        assert (len(scene.tokens.requests), scene.api.seen) == (1, ["token-1"])

    async def test_a_refused_replay_is_the_end(self, scene: Scene) -> None:
        """A server that refuses every token would otherwise be asked for ever."""
        scene.api.refused |= {"token-1", "token-2"}

        with pytest.raises(AuthenticationError) as caught:
            await scene.call()

        assert caught.value.__context__ is None
        assert scene.api.seen == ["token-1", "token-2"]

    @pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
    async def test_a_token_is_renewed_when_a_tenth_of_its_life_is_left(self, scene: Scene, draw: float) -> None:
        """Up to half a tenth earlier, at random: processes that started together do not renew in step."""
        scene.draw = draw
        await scene.call()
        moment = scene.clock.start + LIFE * (0.9 - 0.05 * draw)

        scene.clock.block(moment - 0.01 - scene.clock.time())
        assert not await scene.renewed()
        scene.clock.block(0.02)
        assert await scene.renewed()

    async def test_nobody_waits_for_a_renewal(self, scene: Scene) -> None:
        """The old token works until its end."""
        await scene.call()
        scene.clock.block(LIFE * 0.95)
        began = scene.clock.time()

        tokens = await asyncio.gather(*(scene.call() for _ in range(100)))

        assert set(tokens) == {"token-1"}
        assert scene.clock.time() == began
        await scene.clock.sleep(2.0)
        assert await scene.call() == "token-2"
        assert len(scene.tokens.requests) == 2

    async def test_a_failed_renewal_is_not_repeated_by_every_call(self, scene: Scene) -> None:
        """The token still works, and its server is in trouble already."""
        await scene.call()
        scene.clock.block(LIFE * 0.91 - 1.0)
        scene.tokens.failures += [TransportError("down") for _ in range(100)]

        for _ in range(20):
            assert await scene.call() == "token-1"
            await scene.clock.sleep(1.2)

        # The first fetch, and a renewal each time that half of what was left has passed.
        assert len(scene.tokens.requests) == 1 + 3

    async def test_a_failed_renewal_leaves_a_refusal_its_replay(self, scene: Scene) -> None:
        """A token whose renewal failed once is replaced like any other when it is refused."""
        await scene.call()
        scene.clock.block(LIFE * 0.95)
        scene.tokens.failures.append(TransportError("down"))
        await scene.call()
        await scene.clock.sleep(2.0)
        scene.api.refused.add("token-1")

        assert await scene.call() == "token-3"

    async def test_a_token_that_ended_is_not_sent(self, scene: Scene) -> None:
        """It would only come back refused."""
        await scene.call()
        scene.clock.block(LIFE)

        assert await scene.call() == "token-2"
        assert scene.api.seen == ["token-1", "token-2"]

    async def test_a_life_begins_when_the_token_is_asked_for(self, scene: Scene) -> None:
        """How long the answer took to arrive, nobody knows."""
        await scene.call()

        scene.clock.block(LIFE - 1.0)

        assert await scene.call() == "token-2"

    @pytest.mark.parametrize("life", [0, -5, Decimal("-0.5"), Decimal("-1e400"), -(10**400)])
    async def test_a_life_that_makes_no_sense_is_none(self, scene: Scene, life: object) -> None:
        """Each call then fetches a token, which is slow but right."""
        scene.tokens.life = life
        scene.tokens.seconds = 0.0

        assert [await scene.call(), await scene.call()] == ["token-1", "token-2"]

    @pytest.mark.parametrize("life", [10**400, Decimal("1e400"), 2**63])
    async def test_an_absurd_life_is_long(self, scene: Scene, life: object) -> None:
        """No number that a server sends may bring a call down."""
        scene.tokens.life = life
        await scene.call()
        scene.clock.block(10_000.0)

        assert await scene.call() == "token-1"

    @pytest.mark.parametrize(
        ("life", "seconds"), [("90", 90), (" 90 ", 90), (None, 300), (True, 300), ([90], 300), ("soon", 300), ({}, 300)]
    )
    async def test_a_life_that_is_no_number_is_survived(self, scene: Scene, life: object, seconds: int) -> None:
        """The token is good; how long, its refusal tells at the latest."""
        scene.tokens.life = life
        await scene.call()

        scene.clock.block(seconds * 0.8)
        assert await scene.call() == "token-1"
        scene.clock.block(seconds * 0.3)
        assert await scene.call() == "token-2"


NO_OBJECTS: list[Any] = [None, [], {}, {"data": None}, {"data": []}]
NO_OBJECT = "data should be an object with the access token"
NO_TOKEN = "data.accessToken should be a text that can travel in a header"


class TestTrouble:
    """What goes wrong while a token is fetched is told to all who wait, and to nobody else."""

    async def test_wrong_credentials_are_told_to_everybody(self, scene: Scene) -> None:
        """Each caller gets an error object of its own, with a traceback of its own."""
        scene.tokens.failures.append(refusal(401, 320001))

        errors = await outcomes(*(scene.call() for _ in range(20)))

        assert all(isinstance(error, AuthenticationError) and error.codes == (320001,) for error in errors)
        assert len(set(map(id, errors))) == 20
        assert (len(scene.tokens.requests), scene.api.seen) == (1, [])

    async def test_a_failed_fetch_is_not_kept(self, scene: Scene) -> None:
        """The next call may find the server well again."""
        scene.tokens.failures.append(TransportError("down"))

        with pytest.raises(TransportError, match="down"):
            await scene.call()
        assert await scene.call() == "token-2"

    async def test_a_failed_replacement_ends_the_call(self, scene: Scene) -> None:
        """The refusal itself is no news: what keeps the call from going on is."""
        await scene.call()
        scene.api.refused.add("token-1")
        scene.tokens.failures.append(TransportError("down"))

        (error,) = await outcomes(scene.call())

        assert isinstance(error, TransportError)
        assert error.__context__ is None

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            *((document, NO_OBJECT) for document in NO_OBJECTS),
            ({"data": {"ttlSeconds": 300}}, NO_TOKEN),
            *(
                ({"data": {"accessToken": token, "ttlSeconds": 300}}, NO_TOKEN)
                for token in (None, 5, "", " ", "a\nb", "a\r\nX-Other: 1", "ä", ["t"])
            ),
        ],
    )
    async def test_a_grant_that_is_none_is_refused(self, document: object, message: str) -> None:
        """A line break in a token would let its rest be another header."""

        class Grants:
            async def send(self, request: Request[Any], /) -> Response:
                return Response(document)

        transport = TokenTransport(Grants(), Grants(), {})

        with pytest.raises(DecodeError) as caught:
            await transport.send(Request("/x"))

        assert str(caught.value) == message
        assert caught.value.location == message.partition(" ")[0]

    async def test_who_stops_waiting_stops_alone(self, scene: Scene) -> None:
        """Others wait for the same fetch."""
        first = asyncio.create_task(scene.call())
        second = asyncio.create_task(scene.call())
        await asyncio.sleep(0)

        first.cancel()

        assert await second == "token-1"
        assert first.cancelled()
        assert len(scene.tokens.requests) == 1

    async def test_a_fetch_goes_on_when_nobody_waits(self, scene: Scene) -> None:
        """The next call is glad of it."""
        only = asyncio.create_task(scene.call())
        await asyncio.sleep(0)
        only.cancel()

        assert await scene.call() == "token-1"
        assert len(scene.tokens.requests) == 1

    async def test_a_deadline_ends_the_wait_but_not_the_fetch(self) -> None:
        """Others may have later ones."""
        goes_on = asyncio.Event()

        class Slow:
            async def send(self, request: Request[Any], /) -> Response:
                await goes_on.wait()
                return Response({"data": {"accessToken": "granted", "ttlSeconds": 300}})

        transport = TokenTransport(Slow(), Slow(), {})
        in_a_moment = asyncio.get_running_loop().time() + 0.01

        patient = asyncio.create_task(transport.send(Request("/x")))
        with pytest.raises(DeadlineExceeded, match=r"^the deadline passed while waiting for an access token"):
            await transport.send(Request("/x", call=CallContext(in_a_moment)))
        goes_on.set()

        assert (await patient).status == 200

    async def test_a_fetch_is_part_of_the_call_that_caused_it(self, scene: Scene) -> None:
        """Its attempts and its waits are that call's, and its deadline, too."""
        caller = asyncio.create_task(scene.call(deadline=2000.0))
        await scene.clock.run_ready()

        await scene.call(deadline=3000.0)

        assert [request.call.deadline for request in scene.tokens.requests] == [2000.0]
        await caller

    async def test_a_slow_fetch_costs_the_others_no_more_than_the_first_callers_deadline(self, scene: Scene) -> None:
        """Who has more time starts the next fetch, which may be quick."""
        scene.tokens.seconds = 2.0
        scene.tokens.failures.append(DeadlineExceeded("the deadline passed while waiting for the answer"))
        hasty = asyncio.create_task(scene.call(deadline=1000.0 + 2.0))
        await scene.clock.run_ready()

        answers = await outcomes(*(scene.call(deadline=1000.0 + 60.0) for _ in range(3)))

        assert answers == ["token-2"] * 3
        assert len(scene.tokens.requests) == 2
        await outcomes(hasty)

    async def test_a_bug_in_a_fetch_keeps_its_frames(self) -> None:
        """What went wrong must be seen where it went wrong."""

        class Broken:
            async def send(self, request: Request[Any], /) -> Response:
                return self.nothing  # type: ignore[attr-defined,no-any-return]

        transport = TokenTransport(Broken(), Broken(), {})

        with pytest.raises(AttributeError) as caught:
            await transport.send(Request("/x"))

        assert "self.nothing" in "".join(traceback.format_exception(caught.value))

    def test_a_deadline_that_has_passed_is_not_waited_for(self) -> None:
        """A call may have spent all its time before it needs a token."""

        class Slow:
            async def send(self, request: Request[Any], /) -> Response:
                await asyncio.sleep(1000.0)
                raise AssertionError

        async def call_late() -> float:
            transport, loop = TokenTransport(Slow(), Slow(), {}), asyncio.get_running_loop()
            began = loop.time()
            with pytest.raises(DeadlineExceeded):
                await transport.send(Request("/x", call=CallContext(began - 5.0)))
            waited = loop.time() - began
            await transport.close()
            return waited

        assert run_virtually(call_late()) == 0.0

    async def test_closing_ends_the_fetch(self, scene: Scene) -> None:
        """No task is left behind, and who still waits is told why."""
        waiting = asyncio.create_task(scene.call())
        await asyncio.sleep(0)
        assert "capillary token" in [task.get_name() for task in asyncio.all_tasks()]

        await scene.transport.close()

        with pytest.raises(ConfigurationError, match=r"^the client was closed while an access token was being fetched"):
            await waiting
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await scene.transport.close()

    async def test_a_renewal_that_fails_with_nobody_waiting_is_no_noise(self, scene: Scene) -> None:
        """The loop complains of errors that nobody looked at; here that would be a warning, and so a failure."""
        await scene.call()
        scene.clock.block(LIFE * 0.95)
        scene.tokens.failures.append(TransportError("down"))

        await scene.call()
        await scene.clock.sleep(2.0)

        assert await scene.call() == "token-1"
