"""Secrets and personal data, planted in every place that may hold them, and looked for where they may not be.

Looked through are the logs at DEBUG (the client's, aiohttp's and asyncio's, which is in debug mode), each
exception with its chain, attributes, pickle and traceback with the locals of all frames but the caller's own,
the accounts of calls, and the reprs of everything a caller holds.
"""

import asyncio
import base64
import hashlib
import json
import logging
import pickle
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

import attrs

from capillary_async import AccessToken, BasicAuth, CallInfo, CapillaryClient, CapillaryError, ClientOptions, OAuth
from capillary_async.auth import TOKEN_PATH, Auth
from tests.faults import connections
from tests.faults.bodies import CAP
from tests.faults.lookups import PATIENT
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import HEAD_END, Asked, RawServer, Wire, answer, zipped

TILL, PASSWORD = "a.till", "Tr0ub4dor-horse"
MD5 = hashlib.md5(PASSWORD.encode()).hexdigest()
SECRET, TOKEN = "client-secret-9f83", "token.eyJhbGciOi.c2lnbmF0dXJl"
PROXY_PASSWORD = "proxy-word-551"
PHONE, EMAIL, EXTERNAL = "919812345678", "zaphodina@example.com", "EXT-88417-XYZ"
CUSTOMER = 5647032521
NAME = "Zaphodina"
PAIR = base64.b64encode(f"{TILL}:{MD5}".encode()).decode()
SECRETS: Final = (PASSWORD, MD5, PAIR, SECRET, TOKEN, PROXY_PASSWORD)
PERSONAL: Final = (PHONE, EMAIL, quote(EMAIL, safe=""), EXTERNAL, str(CUSTOMER), NAME)

AUTHS: Final[dict[str, Callable[[], Auth]]] = {
    "password": lambda: BasicAuth(TILL, PASSWORD),
    "md5": lambda: BasicAuth.from_md5(TILL, MD5),
    "key and secret": lambda: OAuth("a key", SECRET),
    "token": lambda: AccessToken(TOKEN),
}
_PATIENCE: Final = 30.0
_OURS: Final = str(Path(__file__).parent)
_OPTIONS: Final = attrs.evolve(PATIENT, attempt_timeout=0.1, max_response_bytes=CAP)
# What an answer may hold of a person: everything.
_DOCUMENT: Final = (
    f'{{"entity": "{PHONE}", "firstName": "{NAME}", "data": [{{"eventLogId": "{EMAIL}", "eventDate": "{PHONE}"}}],'
    f' "id": "{EXTERNAL}", "profiles": [{{"firstName": {{"{NAME}": 1}}, "userId": "{PHONE}x"}}]}}'
).encode()

Fault = Callable[[Wire, Asked], Awaitable[None]]


def _as_connection(fault: connections.Fault) -> Fault:
    return lambda wire, _: fault(wire, _DOCUMENT)


def _as_answer(written: bytes) -> Fault:
    return lambda wire, _: wire.send(written)


async def _echo(wire: Wire, asked: Asked, *, status: int) -> None:
    """Refuse, and repeat all that was asked in the message, as badly written servers do."""
    said = " ".join((asked.target, *asked.headers.values(), asked.body.decode()))
    refusal = {"code": 8015 if status == 200 else status, "message": f"{said} for {PHONE}"}
    await wire.send(answer(json.dumps({"errors": [refusal]}).encode(), status=status))


FAULTS: Final[dict[str, Fault]] = {
    **{kind: _as_connection(fault) for kind, fault in connections.KINDS.items()},
    **{
        f"a {status} that repeats what was asked": partial(_echo, status=status)
        for status in (200, 400, 401, 403, 404, 429, 498, 500)
    },
    "an answer of wrong types": _as_answer(answer(_DOCUMENT)),
    "an answer that is cut": _as_answer(answer(_DOCUMENT[:-3])),
    "an answer of bad UTF-8": _as_answer(answer(_DOCUMENT[:-3] + b"\xff\xff\xff")),
    "an answer beyond the cap": _as_answer(answer(_DOCUMENT.ljust(CAP + 1))),
    "a gzip that is cut": _as_answer(zipped(_DOCUMENT)[:-9]),
    "an unknown encoding": _as_answer(answer(_DOCUMENT, encoding=PHONE)),
    "a redirect to the data": _as_answer(
        answer(b"", status=302, headers={"Location": f"https://{NAME}.example.com/{PHONE}"})
    ),
    "a malformed head": _as_answer(b"HTTP/1.1 200 OK\r\n" + _DOCUMENT + b"\r\n\r\n"),
    "a status that is a name": _as_answer(b"HTTP/1.1 " + NAME.encode() + b"\r\n\r\n"),
}


@attrs.frozen
class Evidence:
    """All texts that may hold neither secrets nor personal data.

    Attributes:
        texts: Where each was found, and the text.
    """

    texts: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]], repr=False)

    def take(self, place: str, value: object) -> None:
        """Keep what a value shows of itself."""
        self.texts.extend([(place, repr(value)), (place, str(value)), (place, f"{value}")])

    def take_pickle(self, value: object) -> None:
        """Keep a value's pickle, if it has one."""
        with suppress(TypeError):
            self.texts.append(("pickle", pickle.dumps(value).decode("latin-1")))

    def take_account(self, info: CallInfo) -> None:
        """Keep the account of a call."""
        self.take("CallInfo", info)

    def take_error(self, error: BaseException) -> None:
        """Keep all that hangs on an exception."""
        self.take("exception", error)
        self.take("attributes", vars(error))
        self.take_pickle(error)
        whole = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown: traceback.TracebackException | None = whole
        while shown is not None:
            self.texts.append(("chain", "".join(shown.format_exception_only())))
            for frame in shown.stack:
                if not frame.filename.startswith(_OURS):
                    self.texts.append((f"locals in {frame.name}", str(frame.locals)))
            shown = shown.__cause__ or shown.__context__

    def complaints(self, forbidden: tuple[str, ...] = SECRETS + PERSONAL) -> list[str]:
        """Name the places where something was found."""
        found = {f"{planted} in {place}" for place, text in self.texts for planted in forbidden if planted in text}
        return sorted(found)


class _Listener(logging.Handler):
    """Keeps what is logged, with the tracebacks of it."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(logging.DEBUG)
        self._evidence = evidence

    def emit(self, record: logging.LogRecord) -> None:
        self._evidence.texts.append((f"log of {record.name}", self.format(record)))
        if record.exc_info and record.exc_info[1]:
            self._evidence.take_error(record.exc_info[1])


@contextmanager
def gathering() -> Generator[Evidence]:
    """Listen to every logger."""
    evidence = Evidence()
    root, listener = logging.getLogger(), _Listener(evidence)
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield evidence
    finally:
        root.setLevel(level)
        root.removeHandler(listener)


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    faults = list(FAULTS) if scale.is_full else scale.chance("planted").sample(list(FAULTS), 8)
    for name, auth in AUTHS.items():
        yield _gather(f"faults, logged in by {name}", partial(_suffer, auth=auth, faults=faults))
    yield _gather("faults of a proxy", _suffer_proxies)
    yield _gather("calls that are cancelled", partial(_be_cancelled, times=scale.of(200, 20)))
    yield _gather("arguments that are refused", _refuse_arguments)
    yield _gather("credentials that are refused", _refuse_credentials)
    yield _gather("what a caller holds", _hold)


def _gather(kind: str, provoke: Callable[[Row, Evidence], Coroutine[Any, Any, None]]) -> Row:
    row = Row(kind)
    with gathering() as evidence:
        asyncio.run(provoke(row, evidence), debug=True)
    row.complaints += evidence.complaints()
    row.measure("texts looked through", len(evidence.texts), at_least=1)
    return row.settle()


async def _suffer(row: Row, evidence: Evidence, *, auth: Callable[[], Auth], faults: list[str]) -> None:
    """Make calls of all kinds to a server that fails in one way after the other."""
    current = ""

    async def handle(wire: Wire, asked: Asked) -> None:
        if asked.path == TOKEN_PATH and wire.served == 1:
            granted = b'{"data": {"accessToken": "%b", "ttlSeconds": 3600}}' % TOKEN.encode()
            await wire.send(answer(granted))
        else:
            await FAULTS[current](wire, asked)

    with RawServer(handle) as raw:
        for current in faults:  # noqa: B007  (the server uses it)
            async with CapillaryClient(raw.base_url, auth(), options=_OPTIONS, on_call=evidence.take_account) as client:
                evidence.take("client", client)
                calls = [asyncio.wait_for(call, _PATIENCE) for call in _calls(client)]
                for ending in await asyncio.gather(*calls, return_exceptions=True):
                    _book(row, evidence, ending)


async def _suffer_proxies(row: Row, evidence: Evidence) -> None:
    """Make calls through proxies that are not there, refuse, or talk nonsense."""
    refusal = answer(PHONE.encode(), status=407, headers={"Proxy-Authenticate": f"Basic realm={PHONE}"})
    for reply in (refusal, PHONE.encode() + HEAD_END):
        with RawServer(_as_answer(reply)) as raw:
            for port in (raw.port, 1):
                options = attrs.evolve(_OPTIONS, proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:{port}")
                async with CapillaryClient("http://127.0.0.1:1", AUTHS["token"](), options=options) as client:
                    for ending in await asyncio.gather(*_calls(client), return_exceptions=True):
                        _book(row, evidence, ending)


def _calls(client: CapillaryClient) -> list[Awaitable[Any]]:
    return [
        client.customers.find_id("mobile", PHONE),
        client.customers.find_id("email", EMAIL, account_id=EXTERNAL),
        client.customers.get(CUSTOMER, account_id=EXTERNAL),
        client.customers.list_user_groups(CUSTOMER).collect(),
        client.targets.get_active(CUSTOMER),
        client.targets.list_events(CUSTOMER, 7).collect(),
        client.user_groups.list_trackers(EXTERNAL, identifier_type="externalId").collect(),
        client.fetch(f"/v2/customers/{EXTERNAL}/{PHONE}", {"email": EMAIL}, into=dict[str, int]),
    ]


def _book(row: Row, evidence: Evidence, ending: object) -> None:
    row.injected += 1
    if isinstance(ending, CapillaryError | ValueError | asyncio.CancelledError):
        row.refused += 1
        evidence.take_error(ending)
    elif isinstance(ending, BaseException):
        row.lost += 1
        row.complaints.append(repr(ending))
    else:
        row.healed += 1


async def _be_cancelled(row: Row, evidence: Evidence, *, times: int) -> None:
    """Cancel calls to a silent server after so many steps of the loop."""

    async def handle(wire: Wire, _asked: Asked) -> None:
        await wire.stall()

    with RawServer(handle) as raw:
        async with CapillaryClient(raw.base_url, AUTHS["password"](), options=PATIENT) as client:
            for steps in range(times):
                tasks = [asyncio.ensure_future(call) for call in _calls(client)]
                for _ in range(steps % 100):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                for ending in await asyncio.gather(*tasks, return_exceptions=True):
                    _book(row, evidence, ending)


async def _refuse_arguments(row: Row, evidence: Evidence) -> None:
    """Give arguments that nothing can be sent for."""
    wrong: Any = f"{PHONE}\n"
    async with CapillaryClient("http://127.0.0.1:1", AUTHS["password"]()) as client:
        for call in (
            lambda: client.customers.find_id("mobile", wrong),
            lambda: client.customers.find_id(wrong, EMAIL),
            lambda: client.customers.get(wrong),
            lambda: client.customers.get(CUSTOMER, embed=[wrong]),
            lambda: client.customers.get(CUSTOMER, user_group_limit=-1),
            lambda: client.targets.list_events(CUSTOMER, 0),
            lambda: client.targets.get_active(CUSTOMER, target_rule_ids=[wrong]),
            lambda: client.user_groups.list_trackers(EXTERNAL),
            lambda: client.user_groups.search(PHONE * 10),
            lambda: client.fetch(f"/v2/{PHONE}/..", {"email": EMAIL}),
            lambda: client.fetch("/v2/customers", {"email": object(), "mobile": PHONE}),  # type: ignore[dict-item]
        ):
            try:
                await call()  # type: ignore[misc]
            except ValueError as error:
                _book(row, evidence, error)
            else:
                row.complaints.append("an argument was not refused")


async def _refuse_credentials(row: Row, evidence: Evidence) -> None:
    """Give credentials and addresses that cannot work."""
    for build in (
        lambda: BasicAuth(f"{TILL}:", PASSWORD),
        lambda: BasicAuth("", PASSWORD),
        lambda: BasicAuth.from_md5(TILL, PASSWORD),
        lambda: BasicAuth.from_md5("", MD5),
        lambda: OAuth("", SECRET),
        lambda: OAuth("a key", SECRET, ("NOBODY", "x")),  # type: ignore[arg-type]
        lambda: AccessToken(f"{TOKEN}\n"),
        lambda: CapillaryClient(f"https://user:{PASSWORD}@example.com", AUTHS["md5"]()),
        lambda: CapillaryClient(f"https://example.com?secret={SECRET}", AUTHS["md5"]()),
        lambda: CapillaryClient.from_env({"CAPILLARY_PASSWORD": PASSWORD, "CAPILLARY_REGION": "EU"}),
        lambda: CapillaryClient.from_env({"CAPILLARY_ACCESS_TOKEN": TOKEN, "CAPILLARY_REGION": PASSWORD}),
    ):
        try:
            build()
        except CapillaryError as error:
            _book(row, evidence, error)
        else:
            row.complaints.append("credentials were not refused")


async def _hold(row: Row, evidence: Evidence) -> None:
    """Look at whatever a caller can hold in its hands."""
    options = ClientOptions(proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:1")
    held: list[Any] = [options, *(auth() for auth in AUTHS.values())]
    async with CapillaryClient("http://127.0.0.1:1", AUTHS["key and secret"](), options=options) as client:
        held += [client, client.customers, client.targets.list_events(CUSTOMER, 7), client.fetch(f"/v2/{PHONE}")]
        for value in held:
            row.injected += 1
            row.healed += 1
            evidence.take(type(value).__name__, value)
            if value is options:
                continue  # they hold the proxy's password as plain text, and take it along to other processes
            evidence.take("locals", _as_locals(value))
            evidence.take_pickle(value)
            if attrs.has(cast("type[Any]", type(value))):
                evidence.take("asdict", attrs.asdict(value, recurse=False))
        held[-1].close()


def _as_locals(value: object) -> object:
    """Return what a traceback would show of a value among locals, and of its attributes."""
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    return [repr(getattr(value, name, None)) for name in [*slots, *getattr(value, "__dict__", {})]]
