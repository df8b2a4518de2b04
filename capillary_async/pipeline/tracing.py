"""Spans, metrics and context propagation by OpenTelemetry; loaded only where OpenTelemetry is in use.

One INTERNAL span a call, and below it one CLIENT span an attempt, by the semantic conventions for HTTP. What the
conventions want of a URL is written with its template: ids and phone numbers stand in the rest. The spans of aiohttp's
own instrumentation hold the whole URL, so it is switched off while our requests run, also in a session that was given.
"""

from collections.abc import Mapping
from contextvars import Token
from functools import lru_cache
from typing import Any, Final

import attrs
from opentelemetry import context, metrics, propagate, trace
from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY as SUPPRESS_HTTP,  # pyright: ignore[reportPrivateUsage]
)
from opentelemetry.context import (
    _SUPPRESS_INSTRUMENTATION_KEY as SUPPRESS,  # pyright: ignore[reportPrivateUsage]
)

from capillary_async.pipeline.request import CallInfo, Request
from capillary_async.pipeline.urls import BaseUrl

_NAME: Final = "capillary_async"
_SCHEMA: Final = "https://opentelemetry.io/schemas/1.23.0"  # the first with stable conventions for HTTP
# What the conventions recommend, in seconds.
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)

# The first is for HTTP alone; older releases of aiohttp's instrumentation know only the others.
_SUPPRESSIONS: Final = (SUPPRESS_HTTP, SUPPRESS, "suppress_instrumentation")

# A provider may be set after the client was made, so each call asks which one holds.


@lru_cache(2)
def _tracer(provider: trace.TracerProvider) -> trace.Tracer:
    return provider.get_tracer(_NAME, schema_url=_SCHEMA)


@lru_cache(2)
def _durations(provider: metrics.MeterProvider) -> metrics.Histogram:
    return provider.get_meter(_NAME, schema_url=_SCHEMA).create_histogram(
        "http.client.request.duration",
        unit="s",
        description="Duration of HTTP client requests.",
        explicit_bucket_boundaries_advisory=_BUCKETS,
    )


@attrs.define(eq=False, repr=False)
class CallSpan:
    """The span of a call under way; what runs in its task meanwhile is below it."""

    _span: trace.Span
    _token: Token[context.Context]

    def end(self, info: CallInfo) -> None:
        """End it with what the call was like."""
        context.detach(self._token)
        self._span.set_attributes(
            {
                "capillary.attempts": info.attempts,
                "capillary.rate_limit_wait": info.rate_limit_wait,
                "capillary.codes": info.codes,
            }
        )
        if info.error is not None:
            _fail(self._span, _full_name(info.error))
        self._span.end()


@attrs.define(eq=False, repr=False)
class AttemptSpan:
    """The span of an attempt under way.

    Attributes:
        request: The request, with the headers that carry the trace.
    """

    request: Request[Any]
    _span: trace.Span
    _token: Token[context.Context]
    _attributes: Mapping[str, str | int]

    def end(self, status: int | None, error: type[BaseException] | None, seconds: float) -> None:
        """End it with the answer's status, or with the error where no answer came."""
        outcome: dict[str, str | int] = {}
        if status is not None:
            outcome["http.response.status_code"] = status
        if error is not None or (status is not None and status >= 400):
            outcome["error.type"] = str(status) if error is None else _full_name(error)
            _fail(self._span, str(outcome["error.type"]))
        self._span.set_attributes(outcome)
        _durations(metrics.get_meter_provider()).record(seconds, {**self._attributes, **outcome})
        context.detach(self._token)
        self._span.end()


class Tracing:
    """Spans and metrics of the requests to one place."""

    def __init__(self, base: BaseUrl) -> None:
        """Take where the requests go."""
        self._base = base

    def start_call(self, request: Request[Any]) -> CallSpan:
        """Begin the span of a call, and put it above what this task does next."""
        name, attributes = f"capillary {request.method} {request.path}", {"url.template": request.path}
        span = _tracer(trace.get_tracer_provider()).start_span(name, attributes=attributes)
        return CallSpan(span, context.attach(trace.set_span_in_context(span)))

    def start_attempt(self, request: Request[Any], *, resends: int) -> AttemptSpan:
        """Begin the span of an attempt, and keep other instrumentation from making one of the whole URL."""
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "server.address": self._base.host,
            "server.port": self._base.port,
            "url.template": request.path,
        }
        own: dict[str, str | int] = {
            "url.full": f"{self._base.text}{request.path}{'?REDACTED' if request.query else ''}"
        }
        if resends:
            own["http.request.resend_count"] = resends
        span = _tracer(trace.get_tracer_provider()).start_span(
            f"{request.method} {request.path}", kind=trace.SpanKind.CLIENT, attributes={**attributes, **own}
        )
        current = trace.set_span_in_context(span)
        headers: dict[str, str] = {}
        propagate.inject(headers, current)
        for key in _SUPPRESSIONS:
            current = context.set_value(key, True, current)  # noqa: FBT003  (the value)
        token = context.attach(current)
        return AttemptSpan(request.with_headers({**headers, **request.headers}), span, token, attributes)


def _fail(span: trace.Span, error_type: str) -> None:
    span.set_attribute("error.type", error_type)
    span.set_status(trace.StatusCode.ERROR)


def _full_name(error: type[BaseException]) -> str:
    return error.__qualname__ if error.__module__ == "builtins" else f"{error.__module__}.{error.__qualname__}"
