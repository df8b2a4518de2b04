"""Planted data must not reach connectors, listeners, exception groups, event loops and warnings.

Secrets and personal data are planted as in `planted`. The task of a caller may show its own result, but tasks of the
client must not show data.
"""

import asyncio
import gc
import json
import warnings
from collections.abc import Awaitable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
import attrs

from capillary_async import CapillaryClient, CapillaryError, ClientOptions, RateLimit
from capillary_async.jobs import BulkJob
from capillary_async.pipeline.token import TOKEN_PATH
from tests.faults.evidence import AUTHS, CUSTOMER, EMAIL, EXTERNAL, PHONE, TOKEN, Evidence
from tests.faults.lookups import PATIENT
from tests.faults.planted import DOCUMENT, call_all, calls_of, count_refusal, gather
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer

_NOWHERE: Final = "http://127.0.0.1:1"
_REFUSAL: Final = json.dumps({"errors": [{"code": 8015, "message": f"{EMAIL}, {PHONE}"}]}).encode()
_GRANT: Final = json.dumps({"data": {"accessToken": TOKEN, "ttlSeconds": 3600}}).encode()
_ROWS: Final = 20


def run(_scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    yield gather("connections that are never made", _find_nobody)
    yield gather("connectors that fail", _fail_in_connectors)
    yield gather("listeners that fail", _fail_in_listeners)
    yield gather("listings that contradict themselves", _contradict)
    yield gather("types that nothing fits", _ask_for_no_type)
    yield gather("calls in a task group", _fail_together)
    yield gather("a loop that logs each step", _log_each_step)
    yield gather("what is forgotten", _forget)
    yield gather("files of bulk jobs", _run_jobs)


async def _answer_well(wire: HttpConnection, asked: Asked) -> None:
    """Grant tokens and serve a listing; every other answer contains personal data."""
    offset = int(asked.query.get("offset", 0))
    rows = [{"id": f"{EXTERNAL}-{number}", "mobile": PHONE} for number in range(offset, min(offset + 5, _ROWS))]
    listing = json.dumps({"data": rows, "pagination": {"limit": 5, "offset": offset, "total": _ROWS}}).encode()
    await wire.send(answer(_GRANT if asked.path == TOKEN_PATH else listing if asked.path == "/v2/rows" else DOCUMENT))


async def _refuse(wire: HttpConnection, asked: Asked) -> None:
    await wire.send(answer(_GRANT if asked.path == TOKEN_PATH else _REFUSAL))


async def _find_nobody(row: Row, evidence: Evidence) -> None:
    """Connect to a port without a server, and to a server without TLS."""
    with RawServer(_answer_well) as raw:
        for url in (_NOWHERE, "https://127.0.0.1:1", f"https://127.0.0.1:{raw.port}"):
            for auth in AUTHS.values():
                options = attrs.evolve(PATIENT, attempt_timeout=0.1)
                async with CapillaryClient(url, auth(), options=options) as client:
                    await call_all(client, row, evidence)


@attrs.define(eq=False)
class _Failing:
    """A connector whose error contains the whole request.

    Attributes:
        as_aiohttp: Whether the error is one of aiohttp's.
    """

    as_aiohttp: bool

    async def connect(self, request: Any, *_: Any, **__: Any) -> Any:
        """Raise the error."""
        said = f"{request.url} {dict(request.headers)}"
        if self.as_aiohttp:
            raise aiohttp.ClientConnectorDNSError(request.connection_key, OSError(-2, said))
        raise KeyError(said)


async def _fail_in_connectors(row: Row, evidence: Evidence) -> None:
    """Use sessions whose connectors and resolvers fail."""
    for as_aiohttp in (True, False):
        connector: Any = aiohttp.TCPConnector()
        connector.connect = _Failing(as_aiohttp).connect
        async with aiohttp.ClientSession(connector=connector) as session:
            for auth in AUTHS.values():
                options = attrs.evolve(PATIENT, deadline=5.0)
                async with CapillaryClient("https://example.com", auth(), options=options, session=session) as client:
                    await call_all(client, row, evidence)


async def _fail_in_listeners(row: Row, evidence: Evidence) -> None:
    """Use listeners that fail at each call; the client logs their errors."""

    def listen(_: object) -> None:
        raise RuntimeError("metrics are down")

    with RawServer(_refuse) as raw:
        for auth in AUTHS.values():
            async with CapillaryClient(raw.base_url, auth(), options=PATIENT, on_call=listen) as client:
                await call_all(client, row, evidence)


async def _contradict(row: Row, evidence: Evidence) -> None:
    """Read listings that announce five rows and repeat one, also with prefetch; rows are held when they fail."""
    page = {"data": [{"mobile": PHONE, "email": EMAIL}], "pagination": {"limit": 1, "offset": 0, "total": 5}}
    with RawServer(lambda wire, _: wire.send(answer(json.dumps(page).encode()))) as raw:
        async with CapillaryClient(raw.base_url, AUTHS["token"](), options=PATIENT) as client:
            pager = client.paginate("/v2/rows", page_size=1, offset_unit="records", key="mobile")
            walks: tuple[Awaitable[Any], ...] = (pager.collect(), pager.first(), _exhaust(pager), _exhaust_ahead(pager))
            for ending in await asyncio.gather(*map(_await, walks), return_exceptions=True):
                count_refusal(row, evidence, ending)


async def _exhaust(rows: Any) -> None:
    async for _ in rows:
        pass


async def _exhaust_ahead(pager: Any) -> None:
    async with pager.prefetch(4) as rows:
        await _exhaust(rows)


async def _ask_for_no_type(row: Row, evidence: Evidence) -> None:
    """Use a type that no answer can be converted to."""
    with RawServer(_answer_well) as raw:
        async with CapillaryClient(raw.base_url, AUTHS["token"](), options=PATIENT) as client:
            row.injected += 1
            try:
                await client.fetch("/v2/customers", into=object())
            except TypeError as error:
                row.refused += 1
                evidence.take_error(error)


async def _fail_together(row: Row, evidence: Evidence) -> None:
    """Fail in a task group; the exception group contains the errors."""
    with RawServer(_refuse) as raw:
        async with CapillaryClient(raw.base_url, AUTHS["key and secret"](), options=PATIENT) as client:
            row.injected += 1
            try:
                async with asyncio.TaskGroup() as group:
                    for call in calls_of(client):
                        group.create_task(_await(call))
            except* CapillaryError as errors:
                row.refused += 1
                evidence.take_error(errors)


async def _await(call: Awaitable[Any]) -> None:
    """Await a call and return nothing, so that the caller's task shows no answer."""
    await call


async def _log_each_step(row: Row, evidence: Evidence) -> None:
    """Let asyncio log each step as slow, with its tasks and timers."""
    asyncio.get_running_loop().slow_callback_duration = 0.0
    options = attrs.evolve(PATIENT, coalesce=True, rate_limit=RateLimit(1000, per=1.0))
    with RawServer(_answer_well) as raw:
        async with CapillaryClient(raw.base_url, AUTHS["key and secret"](), options=options) as client:
            pager = client.paginate("/v2/rows", page_size=5, offset_unit="records", key="id")
            calls = [_await(call) for call in [*calls_of(client), pager.collect(), _exhaust_ahead(pager)]]
            for ending in await asyncio.gather(*calls, return_exceptions=True):
                count_refusal(row, evidence, ending)
            evidence.take("tasks", asyncio.all_tasks())
    asyncio.get_running_loop().slow_callback_duration = 0.1
    row.check("no step was logged", holds=any("asyncio" in place for place, _ in evidence.texts))


async def _run_jobs(row: Row, evidence: Evidence) -> None:
    """Run bulk jobs in which every refusal contains personal data, and read all their files."""
    with RawServer(_refuse) as raw, TemporaryDirectory() as folder:
        for name, auth in AUTHS.items():
            job = BulkJob.create(Path(folder, name), "active-targets", range(1, 4))
            async with CapillaryClient(raw.base_url, auth(), options=PATIENT) as client:
                status = await job.run(client)
            row.injected += status.total
            row.refused += status.not_found
            evidence.take("job", (job, status))
        files = _texts_of(Path(folder))
    row.check("there are files missing", holds=len(files) >= 2 * len(AUTHS))
    evidence.texts.extend(files)


def _texts_of(folder: Path) -> list[tuple[str, str]]:
    return [(path.name, path.read_bytes().decode("latin-1")) for path in folder.rglob("*") if path.is_file()]


async def _forget(row: Row, evidence: Evidence) -> None:
    """Do not await a call and do not close a client; Python and aiohttp then issue warnings."""
    with RawServer(_answer_well) as raw, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        client = CapillaryClient(raw.base_url, AUTHS["password"](), options=ClientOptions())
        await client.__aenter__()
        await client.fetch(f"/v2/customers/{EXTERNAL}", {"email": EMAIL})
        forgotten: list[Any] = [
            client.customers.find_id("mobile", PHONE),
            client.targets.list_events(CUSTOMER, 7).collect(),
        ]
        del client, forgotten
        while heard:  # the warning holds the call, and so the client
            row.injected += 1
            row.refused += 1
            evidence.take("warning", heard.pop().message)
        gc.collect()
    row.check("a warning is missing", holds=row.injected >= 2)
    row.check("nothing was logged", holds=any("Unclosed client session" in text for _, text in evidence.texts))
