"""Planted secrets and personal data are found nowhere, whatever goes wrong.

Each scene makes calls that fail in one way. All that an application could print, log or store of it is
searched: texts of errors, their pickles, tracebacks with the locals of this package's frames, log
records of every library at DEBUG, what clients and their options print of themselves.
"""

import asyncio
import json
import logging
import os
import pickle
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs
import pytest

from capillary_async import (
    AccessToken,
    BasicAuth,
    CapillaryClient,
    CapillaryError,
    ClientOptions,
    OAuth,
    RetryPolicy,
)
from capillary_async.auth import Auth
from capillary_async.protocol import CallInfo
from capillary_async.sandbox import Answer, Sandbox

# Made up, and recognisable. Kept in a list, because the locals of tests are searched like all others.
PLANTED = {
    "password": "planted-Password-Zq",
    "md5": "8a16a6b70505eb1f1ff7cdc0cd5559a7",
    "key": "planted-Key-Zq",
    "secret": "planted-Secret-Zq",
    "token": "planted-Token-Zq",
    "mobile": "919000012345",
    "email": "planted.person@example.com",
    "external id": "PLANTED-EXT-77Zq",
    "customer": "387538614",
    "name": "Plantedfirst",
    "proxy": "planted-Proxy-Zq",
}
PASSWORD_HEADER = "cGxhbnRlZC10aWxsO"  # how Basic credentials of `planted-till` begin
GRANTED = "planted-Granted-Zq"
SEARCHED = [*PLANTED.values(), PASSWORD_HEADER, GRANTED, "cGxhbnRlZC"]

AUTHS: dict[str, Callable[[], Auth]] = {
    "password": lambda: BasicAuth("planted-till", PLANTED["password"]),
    "md5": lambda: BasicAuth.from_md5("planted-till", PLANTED["md5"]),
    "token": lambda: AccessToken(PLANTED["token"]),
    "oauth": lambda: OAuth(PLANTED["key"], PLANTED["secret"]),
}
CALLS: list[Callable[[CapillaryClient], Awaitable[Any]]] = [
    lambda client: client.customers.get(387538614),
    lambda client: client.customers.find_id("mobile", PLANTED["mobile"]),
    lambda client: client.customers.find_id("email", PLANTED["email"]),
    lambda client: client.customers.find_id("externalId", PLANTED["external id"]),
    lambda client: client.customers.list_user_groups(387538614).collect(),
    lambda client: client.user_groups.list_trackers(PLANTED["external id"], identifier_type="externalId").collect(),
    lambda client: client.user_groups.search(PLANTED["name"]).collect(),
    lambda client: client.targets.list_events(387538614, 79193).collect(),
    lambda client: client.targets.get_active(387538614),
    lambda client: client.fetch(f"/v3/users/{PLANTED['customer']}/targetGroups", {"email": PLANTED["email"]}),
    lambda client: client.list(f"/v2/x/{PLANTED['external id']}", {"mobile": PLANTED["mobile"]}).collect(),
]

NO_ID: Any = PLANTED["customer"]
REFUSED: list[Callable[[CapillaryClient], Any]] = [
    lambda client: client.customers.find_id("mobile", PLANTED["mobile"] + "\n"),
    lambda client: client.customers.find_id(PLANTED["email"] + "\x00", "x"),
    lambda client: client.user_groups.search(PLANTED["email"] * 3),
    lambda client: client.customers.get(NO_ID),
    lambda client: client.customers.get(-387538614),
    lambda client: client.customers.get(387538614 * 10**12),
    lambda client: client.fetch(f"/v2/{PLANTED['email']}?x"),
    lambda client: client.fetch("/v2/x", {"email": [PLANTED["email"] + ","]}),
    lambda client: client.list(f"/v2/{PLANTED['email']}/../x"),
]
# A document with a person in it, that no model can be made of: wrong deep inside.
PERSON: dict[str, Any] = {
    "id": 387538614,
    "mobile": PLANTED["mobile"],
    "entity": PLANTED["email"],
    "data": [{"eventLogId": 1, "eventName": PLANTED["name"], "id": PLANTED["email"], "mobile": PLANTED["mobile"]}],
    "profiles": [{"firstName": PLANTED["name"], "identifiers": [{"type": "email", "value": {"x": PLANTED["email"]}}]}],
    "ug2Pagination": {"total": 5},
}
SAID = f"no {PLANTED['email']}, {PLANTED['mobile']}, {PLANTED['external id']} or {PLANTED['customer']}"


def refusal(status: int, code: int = 8015) -> Answer:
    """Refuse, and name whom."""
    return Answer(status=status, body={"errors": [{"status": False, "code": code, "message": SAID}]})


Prepare = Callable[[Sandbox], None]
SCENES: dict[str, Prepare] = {
    "statuses": lambda sandbox: script(
        sandbox, *map(refusal, (200, 302, 400, 401, 403, 404, 429, 461, 498, 500, 503, 521)), blank_token=True
    ),
    "no tokens": lambda sandbox: script(sandbox, refusal(401, 320001)),
    "a bad grant": lambda sandbox: script(
        sandbox, Answer(body={"data": {"accessToken": f"{GRANTED}\n", "ttlSeconds": 5}, "message": SAID})
    ),
    "a grant for ever": lambda sandbox: script(
        sandbox, Answer(body={"data": {"accessToken": GRANTED, "ttlSeconds": "x"}})
    ),
    "html": lambda sandbox: script(sandbox, Answer(body=f"<html>{SAID}"), blank_token=True),
    "half a document": lambda sandbox: script(sandbox, Answer(body=json.dumps(PERSON)[:-3]), blank_token=True),
    "wrong deep inside": lambda sandbox: script(sandbox, Answer(body=PERSON), blank_token=True),
    "a wrong top": lambda sandbox: script(sandbox, Answer(body=[PERSON]), blank_token=True),
    "bad utf-8": lambda sandbox: script(sandbox, Answer(body=SAID.encode() + b"\xff"), blank_token=True),
    "bad gzip": lambda sandbox: script(
        sandbox, Answer(body=SAID, headers={"Content-Encoding": "gzip"}), blank_token=True
    ),
    "too large": lambda sandbox: script(sandbox, Answer(body=SAID + " " * 2**20), blank_token=True),
    "the old envelope": lambda sandbox: script(
        sandbox,
        Answer(body={"response": {"status": {"success": "true", "code": "498", "message": SAID}}}),
        blank_token=True,
    ),
    "dropped": lambda sandbox: script(sandbox, Answer(abort=True), blank_token=True),
    "cut": lambda sandbox: script(sandbox, Answer(body=PERSON, cut_at=20), blank_token=True),
    "redirects": lambda sandbox: script(
        sandbox, Answer(status=302, headers={"Location": f"http://127.0.0.1:1/{SAID}"}), blank_token=True
    ),
    "silence": lambda sandbox: script(sandbox, Answer(delay=30), blank_token=True),
    "silent tokens": lambda sandbox: script(sandbox, Answer(delay=30)),
}


def script(sandbox: Sandbox, *answers: Answer, blank_token: bool = False) -> None:
    """Answer everything so, but perhaps grant tokens."""
    if blank_token:
        granted = Answer(body={"data": {"accessToken": GRANTED, "ttlSeconds": 300}, "errors": None})
        sandbox.script("/v3/oauth", granted, times=None)
    sandbox.script("/", *answers, times=None)


@attrs.define(repr=False)
class Catch:
    """All that could be seen of what went wrong."""

    seen: list[str] = attrs.field(factory=list[str])
    errors: list[BaseException] = attrs.field(factory=list[BaseException])

    def add(self, error: BaseException) -> None:
        """Look at an error from every side."""
        self.errors.append(error)
        self.seen += [str(error), repr(error), repr(vars(error)), shown(error)]
        if isinstance(error, CapillaryError):
            self.seen.append(pickle.dumps(error).decode("latin-1"))

    def listen(self, info: CallInfo) -> None:
        """Look at what metrics are told."""
        self.seen.append(repr(info))

    def found(self) -> list[str]:
        """Return the lines in which something that was planted could be seen."""
        lines = "\n".join(self.seen).split("\n")
        return [line[:300] for line in lines if any(planted in line for planted in SEARCHED)]


def shown(error: BaseException) -> str:
    """Return what an error tracker would print: the whole chain, with locals of this package's frames."""
    tracked: list[traceback.TracebackException | None] = [
        traceback.TracebackException.from_exception(error, capture_locals=True)
    ]
    lines: list[str] = []
    while tracked:
        one = tracked.pop()
        if one is not None:
            frames = [frame for frame in one.stack if os.sep + "tests" + os.sep not in frame.filename]
            lines += [*one.format_exception_only(), *traceback.StackSummary.from_list(frames).format()]
            tracked += [one.__cause__, one.__context__]
    return "".join(lines)


@pytest.fixture
def catch(caplog: pytest.LogCaptureFixture) -> Iterator[Catch]:
    """Look at everything, the logs of all libraries included."""
    caught = Catch()
    for name in ("", "capillary_async", "aiohttp", "aiohttp.client", "aiohttp.internal", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    yield caught
    caught.seen += [record.getMessage() for record in caplog.records if not is_servers(record)]
    caught.seen += [str(record.exc_text) for record in caplog.records if not is_servers(record)]
    assert caught.found() == []


def is_servers(record: logging.LogRecord) -> bool:
    """Tell what the sandbox's own server says."""
    return record.name.startswith(("aiohttp.server", "aiohttp.access", "aiohttp.web"))


@asynccontextmanager
async def opened(
    catch: Catch, base_url: str, auth: Auth, *, session: aiohttp.ClientSession | None = None, **changes: Any
) -> AsyncGenerator[CapillaryClient]:
    """Open a client that gives up soon, and look at what it prints of itself."""
    options = ClientOptions(retry=RetryPolicy(attempts=2, base=0.001, throttled_base=0.001), **changes)
    client = CapillaryClient(base_url, auth, options=options, session=session, on_call=catch.listen)
    async with client:
        yield client
        catch.seen += [repr(client), repr(options), repr(auth), str(attrs.asdict(auth))]
        catch.seen += [repr(vars(client)), repr(client.customers), repr(client.targets.list_events(1, 2))]


async def fail(catch: Catch, call: Awaitable[Any]) -> None:
    """Make a call that fails."""
    try:
        async with asyncio.timeout(5):
            await call
    except (CapillaryError, asyncio.CancelledError, TimeoutError) as error:
        catch.add(error)


@pytest.mark.parametrize("kind", AUTHS)
@pytest.mark.parametrize("scene", SCENES)
async def test_no_failure_shows_anybody(catch: Catch, scene: str, kind: str) -> None:
    """Every endpoint, in every way to fail, with every authentication."""
    is_silent = scene.startswith("silen")
    changes: dict[str, Any] = (
        {"attempt_timeout": 0.03, "deadline": 0.05} if is_silent else {"max_response_bytes": 10**5}
    )

    async with Sandbox() as sandbox:
        SCENES[scene](sandbox)
        async with opened(catch, sandbox.base_url, AUTHS[kind](), **changes) as client:
            for call in CALLS[:3] if is_silent else CALLS:
                for _ in range(12 if scene == "statuses" else 1):
                    await fail(catch, call(client))

    assert catch.errors or (kind != "oauth" and "token" in scene) or "grant" in scene


@pytest.mark.parametrize("kind", AUTHS)
async def test_cancelled_calls_show_nobody(catch: Catch, kind: str) -> None:
    """At each step, on the way in and out."""
    async with Sandbox(latency=0.002) as sandbox:
        script(sandbox, Answer(body=PERSON), blank_token=True)
        async with opened(catch, sandbox.base_url, AUTHS[kind](), coalesce=True) as client:
            for steps in range(25):
                call = asyncio.ensure_future(CALLS[steps % len(CALLS)](client))
                for _ in range(steps):
                    await asyncio.sleep(0)
                call.cancel()
                await fail(catch, call)

    assert catch.errors


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "https://127.0.0.1:1", "https://nowhere.invalid"])
async def test_no_connection_shows_nobody(catch: Catch, base_url: str) -> None:
    """The words of sockets, resolvers and TLS are not passed on."""

    class Faulty(aiohttp.TCPConnector):
        async def connect(self, req: Any, *args: Any, **kwargs: Any) -> Any:
            if req.url.host == "nowhere.invalid":
                raise aiohttp.ClientConnectorDNSError(req.connection_key, OSError(-2, str(dict(req.headers))))
            return await super().connect(req, *args, **kwargs)

    async with aiohttp.ClientSession(connector=Faulty()) as session:
        for auth in AUTHS.values():
            async with opened(catch, base_url, auth(), session=session) as client:
                for call in CALLS[:4]:
                    await fail(catch, call(client))

    assert len(catch.errors) == 16


async def test_a_fault_in_a_part_of_the_users_shows_nobody(catch: Catch) -> None:
    """It was handed the headers."""

    class Faulty(aiohttp.TCPConnector):
        async def connect(self, req: Any, *args: Any, **kwargs: Any) -> Any:
            raise KeyError(str(req.url), dict(req.headers))

    async with aiohttp.ClientSession(connector=Faulty()) as session:
        for auth in AUTHS.values():
            async with opened(catch, "https://eu.example.com", auth(), session=session) as client:
                for call in CALLS[:4]:
                    await fail(catch, call(client))

    assert len(catch.errors) == 16


async def test_a_proxys_password_is_not_shown(catch: Catch) -> None:
    """It is part of a URL in the options."""
    proxy = f"http://user:{PLANTED['proxy']}@127.0.0.1:1"

    async with opened(catch, "https://eu.example.com", AUTHS["oauth"](), proxy=proxy) as client:
        for call in CALLS[:4]:
            await fail(catch, call(client))

    assert len(catch.errors) == 4


async def test_a_listener_that_fails_shows_nobody(catch: Catch, caplog: pytest.LogCaptureFixture) -> None:
    """Its error is logged with a traceback."""

    def listen(info: CallInfo) -> None:
        raise RuntimeError("metrics are down")

    async with Sandbox() as sandbox:
        script(sandbox, refusal(404), blank_token=True)
        async with CapillaryClient(sandbox.base_url, AUTHS["oauth"](), on_call=listen) as client:
            for call in CALLS:
                await fail(catch, call(client))

    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert len(logged) == len(CALLS)
    for error in logged:
        assert error is not None
        catch.add(error)


@pytest.mark.parametrize("call", REFUSED)
def test_a_refused_argument_is_not_repeated(catch: Catch, call: Callable[[CapillaryClient], Any]) -> None:
    """The argument's name is enough to find the mistake. Its value stands in the caller's own frame."""
    client = CapillaryClient("https://eu.example.com", AUTHS["oauth"]())

    with pytest.raises(ValueError, match="must") as caught:
        call(client)

    catch.seen += [str(caught.value), repr(caught.value)]


async def test_a_type_that_nothing_fits_shows_nobody(catch: Catch) -> None:
    """Its error comes from below the answer."""
    async with Sandbox() as sandbox:
        script(sandbox, Answer(body=PERSON), blank_token=True)
        async with opened(catch, sandbox.base_url, AUTHS["token"]()) as client:
            with pytest.raises(TypeError) as caught:
                await client.fetch("/v2/x", into=object())

    catch.add(caught.value)


async def test_pages_that_contradict_each_other_show_nobody(catch: Catch) -> None:
    """The rows that came are in the hands of the walk that fails."""
    row = {"mobile": PLANTED["mobile"], "email": PLANTED["email"]}
    pagination = {"limit": 1, "offset": 0, "total": 5}
    async with Sandbox() as sandbox:
        script(sandbox, Answer(body={"data": [row], "pagination": pagination}), blank_token=True)
        async with opened(catch, sandbox.base_url, AUTHS["token"]()) as client:
            pager = client.list("/v2/x", page_size=1, offset_means="records", key="mobile")
            await fail(catch, pager.collect())
            async with pager.prefetch(4) as rows:
                await fail(catch, exhaust(rows))

    assert len(catch.errors) == 2


async def exhaust(rows: AsyncIterator[Any]) -> None:
    """Ask for all rows."""
    async for _ in rows:
        pass


def test_the_search_finds_what_it_should() -> None:
    """A search that finds nothing anywhere would be green for ever."""
    caught, local = Catch(), Catch()
    for planted in SEARCHED:
        caught.seen.append(f"before {planted} after\nanother line")

    def leak(planted_here: str) -> None:
        json.loads(planted_here)

    with pytest.raises(json.JSONDecodeError) as error:
        leak(PLANTED["email"])
    local.add(error.value)

    assert len(caught.found()) == len(SEARCHED)
    assert local.found()
