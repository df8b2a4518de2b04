"""OpenTelemetry's SDK in this process, and the data that it collected."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import attrs
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

OURS = "capillary_async"


@attrs.frozen
class Collected:
    """Spans and metrics of this process.

    Attributes:
        spans: Stores the ended spans.
        metrics: Reads the metrics.
    """

    spans: InMemorySpanExporter
    metrics: InMemoryMetricReader

    def of_kind(self, kind: trace.SpanKind) -> list[ReadableSpan]:
        """Return the spans of this package of one kind, in the order of their ends."""
        return [span for span in self.own if span.kind is kind]

    @property
    def own(self) -> list[ReadableSpan]:
        """The spans of this package."""
        return [span for span in self.spans.get_finished_spans() if _scope(span) == OURS]

    @property
    def others(self) -> list[ReadableSpan]:
        """All other spans, such as those of aiohttp's instrumentation."""
        return [span for span in self.spans.get_finished_spans() if _scope(span) != OURS]

    def points(self, name: str, template: str) -> Sequence[HistogramDataPoint]:
        """Return the points of a histogram of this package for one path template."""
        return [
            point
            for metric in self._metrics()
            for point in metric.data.data_points
            if metric.name == name and point.attributes.get("url.template") == template
        ]

    def texts(self) -> Iterator[str]:
        """Yield all collected data as it would be exported."""
        for span in self.spans.get_finished_spans():
            yield span.to_json()
        data = self.metrics.get_metrics_data()
        yield "" if data is None else data.to_json()

    def _metrics(self) -> Iterator[Any]:
        data = self.metrics.get_metrics_data()
        for resource in () if data is None else data.resource_metrics:
            for scope in resource.scope_metrics:
                yield from scope.metrics


@lru_cache(1)
def collected() -> Collected:
    """Set the SDK up; this is possible only once in a process."""
    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([reader]))
    return Collected(spans, reader)


def _scope(span: ReadableSpan) -> str:
    return span.instrumentation_scope.name if span.instrumentation_scope else ""
