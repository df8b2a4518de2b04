"""Secrets and personal data, planted in all requests and answers of a server that fails in every way.

`evidence` must find none of them. `bystanders` tests the parts of the user in the same way.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Final, cast

import attrs

from capillary_async import AccessToken, BasicAuth, CapillaryClient, CapillaryError, ClientOptions, OAuth
from capillary_async.pipeline.auth import Auth
from capillary_async.pipeline.token import TOKEN_PATH
from tests.faults import connections
from tests.faults.bodies import CAP
from tests.faults.evidence import (
    AUTHS,
    CUSTOMER,
    EMAIL,
    EXTERNAL,
    KEY,
    MD5,
    NAME,
    PASSWORD,
    PHONE,
    PROXY_PASSWORD,
    SECRET,
    TILL,
    TOKEN,
    Evidence,
    gathering,
)
from tests.faults.lookups import PATIENT
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import HEAD_END, Asked, HttpConnection, RawServer, answer, zipped

_PATIENCE: Final = 30.0
OPTIONS: Final = attrs.evolve(PATIENT, attempt_timeout=0.1, max_response_bytes=CAP)
# An answer may contain all personal data.
DOCUMENT: Final = (
    f'{{"entity": "{PHONE}", "firstName": "{NAME}", "data": [{{"eventLogId": "{EMAIL}", "eventDate": "{PHONE}"}}],'
    f' "id": "{EXTERNAL}", "profiles": [{{"firstName": {{"{NAME}": 1}}, "userId": "{PHONE}x"}}]}}'
).encode()
# The wrong value is deep inside, so that decoded rows are held when the error is raised.
_DEEP: Final = json.dumps(
    {
        "entity": EMAIL,
        "data": [{"eventLogId": 1, "eventName": NAME, "id": EMAIL, "mobile": PHONE}],
        "profiles": [{"firstName": NAME, "identifiers": [{"type": "email", "value": {"x": EMAIL}}]}],
        "ug2Pagination": {"total": 5},
        "pagination": {"limit": 1, "offset": 0, "total": 5},
    }
).encode()
_OLD_ENVELOPE: Final = json.dumps(
    {"response": {"status": {"success": "true", "code": "498", "message": f"{EMAIL}, {PHONE} or {CUSTOMER}"}}}
).encode()

Fault = Callable[[HttpConnection, Asked], Awaitable[None]]


def _as_connection(fault: connections.Fault) -> Fault:
    return lambda wire, _: fault(wire, DOCUMENT)


def _as_answer(written: bytes) -> Fault:
    return lambda wire, _: wire.send(written)


def _granting(token: str, life: object = 3600) -> bytes:
    return answer(json.dumps({"data": {"accessToken": token, "ttlSeconds": life}}).encode())


async def _echo(wire: HttpConnection, asked: Asked, *, status: int) -> None:
    """Refuse, and repeat the whole request in the message, as some servers do."""
    said = " ".join((asked.target, *asked.headers.values(), asked.body.decode()))
    refusal = {"code": 8015 if status == 200 else status, "message": f"{said} for {PHONE}"}
    await wire.send(answer(json.dumps({"errors": [refusal]}).encode(), status=status))


# An unusable answer to a token request still contains the token.
GRANTS: Final[dict[str, bytes]] = {
    "a grant of what cannot travel": _granting(f"{TOKEN}\n"),
    "a grant without an end": _granting(TOKEN, "for ever"),
    "a grant that is cut": _granting(TOKEN)[:-3],
    "a grant in a list": answer(json.dumps([{"accessToken": TOKEN}]).encode()),
}
FAULTS: Final[dict[str, Fault]] = {
    **{kind: _as_connection(fault) for kind, fault in connections.KINDS.items()},
    **{
        f"a {status} that repeats what was asked": partial(_echo, status=status)
        for status in (200, 400, 401, 403, 404, 429, 498, 500)
    },
    "an answer of wrong types": _as_answer(answer(DOCUMENT)),
    "an answer that is wrong deep inside": _as_answer(answer(_DEEP)),
    "the old envelope": _as_answer(answer(_OLD_ENVELOPE)),
    "HTML that names somebody": _as_answer(answer(f"<html>{NAME} {PHONE}".encode())),
    "an answer that is cut": _as_answer(answer(DOCUMENT[:-3])),
    "an answer of bad UTF-8": _as_answer(answer(DOCUMENT[:-3] + b"\xff\xff\xff")),
    "an answer beyond the cap": _as_answer(answer(DOCUMENT.ljust(CAP + 1))),
    "a gzip that is cut": _as_answer(zipped(DOCUMENT)[:-9]),
    "an unknown encoding": _as_answer(answer(DOCUMENT, encoding=PHONE)),
    "a redirect to the data": _as_answer(
        answer(b"", status=302, headers={"Location": f"https://{NAME}.example.com/{PHONE}"})
    ),
    "a malformed head": _as_answer(b"HTTP/1.1 200 OK\r\n" + DOCUMENT + b"\r\n\r\n"),
    "a status that is a name": _as_answer(b"HTTP/1.1 " + NAME.encode() + b"\r\n\r\n"),
}


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    for name in AUTHS if scale.is_full else scale.random_of("planted").sample(list(AUTHS), 1):
        yield gather(f"faults, logged in by {name}", partial(_suffer, auth=AUTHS[name]))
    yield gather("grants that cannot be used", _suffer_grants)
    yield gather("faults of a proxy", _suffer_proxies)
    yield gather("calls that are cancelled", partial(_be_cancelled, times=scale.of(200, 20)))
    yield gather("arguments that are refused", _refuse_arguments)
    yield gather("credentials that are refused", _refuse_credentials)
    yield gather("what a caller holds", _hold)


def gather(kind: str, provoke: Callable[[Row, Evidence], Coroutine[Any, Any, None]]) -> Row:
    """Run a row's calls in asyncio's debug mode, and search for planted data."""
    row = Row(kind)
    with gathering() as evidence:
        asyncio.run(provoke(row, evidence), debug=True)
    row.messages += evidence.leaks()
    row.measure("texts looked through", len(evidence.texts), at_least=1)
    return row.finish()


async def _suffer(row: Row, evidence: Evidence, *, auth: Callable[[], Auth]) -> None:
    """Make calls of all kinds to a server with each fault."""
    current = ""

    async def handle(wire: HttpConnection, asked: Asked) -> None:
        if asked.path == TOKEN_PATH and wire.served == 1:
            await wire.send(_granting(TOKEN))
        else:
            await FAULTS[current](wire, asked)

    with RawServer(handle) as raw:
        for current in FAULTS:  # noqa: B007  (the server uses it)
            async with CapillaryClient(raw.base_url, auth(), options=OPTIONS, on_call=evidence.take_account) as client:
                evidence.take("client", client)
                await call_all(client, row, evidence)


async def _suffer_grants(row: Row, evidence: Evidence) -> None:
    """Make calls that need a token, with each fault of the token request."""
    for grant in GRANTS.values():
        with RawServer(_as_answer(grant)) as raw:
            async with CapillaryClient(raw.base_url, AUTHS["key and secret"](), options=OPTIONS) as client:
                await call_all(client, row, evidence)


async def _suffer_proxies(row: Row, evidence: Evidence) -> None:
    """Make calls through proxies that do not exist, refuse, or send malformed answers."""
    refusal = answer(PHONE.encode(), status=407, headers={"Proxy-Authenticate": f"Basic realm={PHONE}"})
    for reply in (refusal, PHONE.encode() + HEAD_END):
        with RawServer(_as_answer(reply)) as raw:
            for port in (raw.port, 1):
                options = attrs.evolve(OPTIONS, proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:{port}")
                async with CapillaryClient("http://127.0.0.1:1", AUTHS["token"](), options=options) as client:
                    await call_all(client, row, evidence)


async def call_all(client: CapillaryClient, row: Row, evidence: Evidence) -> None:
    """Make calls of all kinds at the same time, and check the end of each."""
    calls = [asyncio.wait_for(call, _PATIENCE) for call in calls_of(client)]
    for ending in await asyncio.gather(*calls, return_exceptions=True):
        count_refusal(row, evidence, ending)


def calls_of(client: CapillaryClient) -> list[Awaitable[Any]]:
    """Return a call of every kind, all for the same customer."""
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


def count_refusal(row: Row, evidence: Evidence, ending: object) -> None:
    """Count the end of a call, and add its error to the evidence."""
    row.injected += 1
    if isinstance(ending, CapillaryError | ValueError | asyncio.CancelledError):
        row.refused += 1
        evidence.take_error(ending)
    elif isinstance(ending, BaseException):
        row.lost += 1
        row.messages.append(repr(ending))
    else:
        row.healed += 1


async def _be_cancelled(row: Row, evidence: Evidence, *, times: int) -> None:
    """Cancel calls to a silent server after n steps of the loop."""

    async def handle(wire: HttpConnection, _asked: Asked) -> None:
        await wire.stall()

    options = attrs.evolve(PATIENT, coalesce=True)
    with RawServer(handle) as raw:
        async with CapillaryClient(raw.base_url, AUTHS["password"](), options=options) as client:
            for steps in range(times):
                tasks = [asyncio.ensure_future(call) for call in calls_of(client)]
                for _ in range(steps % 100):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                for ending in await asyncio.gather(*tasks, return_exceptions=True):
                    count_refusal(row, evidence, ending)


async def _refuse_arguments(row: Row, evidence: Evidence) -> None:
    """Pass arguments that are refused before a request."""
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
                count_refusal(row, evidence, error)
            else:
                row.messages.append("an argument was not refused")


async def _refuse_credentials(row: Row, evidence: Evidence) -> None:
    """Pass invalid credentials and addresses."""
    for build in (
        lambda: BasicAuth(f"{TILL}:", PASSWORD),
        lambda: BasicAuth("", PASSWORD),
        lambda: BasicAuth.from_md5(TILL, PASSWORD),
        lambda: BasicAuth.from_md5("", MD5),
        lambda: OAuth("", SECRET),
        lambda: OAuth(KEY, SECRET, ("NOBODY", "x")),  # type: ignore[arg-type]
        lambda: AccessToken(f"{TOKEN}\n"),
        lambda: CapillaryClient(f"https://user:{PASSWORD}@example.com", AUTHS["md5"]()),
        lambda: CapillaryClient(f"https://example.com?secret={SECRET}", AUTHS["md5"]()),
        lambda: CapillaryClient.from_env({"CAPILLARY_PASSWORD": PASSWORD, "CAPILLARY_REGION": "EU"}),
        lambda: CapillaryClient.from_env({"CAPILLARY_ACCESS_TOKEN": TOKEN, "CAPILLARY_REGION": PASSWORD}),
    ):
        try:
            build()
        except CapillaryError as error:
            count_refusal(row, evidence, error)
        else:
            row.messages.append("credentials were not refused")


async def _hold(row: Row, evidence: Evidence) -> None:
    """Add the reprs of all objects that a caller can hold."""
    options = ClientOptions(proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:1")
    held: list[Any] = [options, *(auth() for auth in AUTHS.values())]
    async with CapillaryClient("http://127.0.0.1:1", AUTHS["key and secret"](), options=options) as client:
        held += [client, client.customers, client.targets.list_events(CUSTOMER, 7), client.fetch(f"/v2/{PHONE}")]
        for value in held:
            row.injected += 1
            row.healed += 1
            evidence.take(type(value).__name__, value)
            evidence.take("locals", _as_locals(value))
            evidence.take_pickle(value)
            if attrs.has(cast("type[Any]", type(value))):
                evidence.take("asdict", attrs.asdict(value, recurse=False))
        held[-1].close()


def _as_locals(value: object) -> object:
    """Return the text of a value and its attributes in a traceback with locals."""
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    return [repr(getattr(value, name, None)) for name in [*slots, *getattr(value, "__dict__", {})]]
