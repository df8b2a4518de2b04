"""All telemetry at once: spans, metrics, events, and the instrumentation of aiohttp and of logging.

Secrets and personal data are planted as in `planted`; no exported data may contain them.
"""

import json
import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import aiohttp
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from prometheus_client import CollectorRegistry, generate_latest

from capillary_async import CapillaryClient
from capillary_async.pipeline.token import TOKEN_PATH
from capillary_async.telemetry import LoggingSink, OnEvent, PrometheusSink, combine, event_dict
from tests.faults.evidence import AUTHS, TOKEN, Evidence
from tests.faults.planted import DOCUMENT, FAULTS, OPTIONS, call_all, gather
from tests.faults.report import Row
from tests.faults.scale import Scale
from tests.faults.wire import Asked, HttpConnection, RawServer, answer
from tests.otel import Collected, collected

_GRANT: Final = json.dumps({"data": {"accessToken": TOKEN, "ttlSeconds": 3600}}).encode()
_WELL: Final = "answers that are good"


def run(scale: Scale) -> Iterator[Row]:
    """Run the rows of this part."""
    faults = list(FAULTS) if scale.is_full else scale.random_of("telemetry").sample(list(FAULTS), 8)
    for is_given in (False, True):
        whose = "that was given" if is_given else "of its own"
        yield gather(
            f"all telemetry on, a session {whose}", partial(_watch, faults=[_WELL, *faults], is_given=is_given)
        )


async def _watch(row: Row, evidence: Evidence, *, faults: list[str], is_given: bool) -> None:
    """Make calls of all kinds to a server with each fault, with all telemetry."""
    current = _WELL

    async def handle(wire: HttpConnection, asked: Asked) -> None:
        if asked.path == TOKEN_PATH:
            await wire.send(answer(_GRANT))
        elif current == _WELL:
            await wire.send(answer(DOCUMENT))
        else:
            await FAULTS[current](wire, asked)

    registry = CollectorRegistry()
    listener = combine(PrometheusSink(registry), LoggingSink(), _keep(evidence))
    with _instrumented() as otel, RawServer(handle) as raw:
        for current in faults:  # noqa: B007  (the server uses it)
            for auth in (AUTHS["password"], AUTHS["key and secret"]):
                async with aiohttp.ClientSession() as session:
                    client = CapillaryClient(
                        *(raw.base_url, auth()),
                        options=OPTIONS,
                        session=session if is_given else None,
                        on_event=listener,
                    )
                    async with client:
                        await call_all(client, row, evidence)
        _gather(row, evidence, otel)
    evidence.texts.append(("Prometheus", generate_latest(registry).decode()))


def _keep(evidence: Evidence) -> OnEvent:
    def keep(event: object) -> None:
        evidence.take("event", event)

    return combine(keep, lambda event: evidence.take("event_dict", event_dict(event)))


@contextmanager
def _instrumented() -> Generator[Collected]:
    """Enable the instrumentations of auto-instrumentation."""
    otel = collected()
    otel.spans.clear()
    factory = logging.getLogRecordFactory()
    AioHttpClientInstrumentor().instrument()
    LoggingInstrumentor().instrument(inject_trace_context=True)
    try:
        yield otel
    finally:
        LoggingInstrumentor().uninstrument()
        AioHttpClientInstrumentor().uninstrument()
        logging.setLogRecordFactory(factory)


def _gather(row: Row, evidence: Evidence, otel: Collected) -> None:
    row.measure("spans", len(otel.own), at_least=row.injected)
    row.measure("spans of whole URLs", len(otel.others), at_most=0)
    evidence.texts.extend(("telemetry", text) for text in otel.texts())
