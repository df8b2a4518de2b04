"""Run a module with every OpenTelemetry instrumentation on that could see the client, spans written to a file.

`python -m tests.examples.traced spans.jsonl uvicorn fastapi_service:app`
"""

import runpy
import sys
from importlib.util import find_spec
from pathlib import Path


def trace_into(file: Path) -> None:
    """Write each span as soon as it ends."""
    # Only where they are installed.
    # ruff: noqa: PLC0415
    from opentelemetry import trace
    from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
    from opentelemetry.instrumentation.logging import LoggingInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=file.open("a", encoding="utf-8"))))
    trace.set_tracer_provider(provider)
    AioHttpClientInstrumentor().instrument()
    LoggingInstrumentor().instrument()


if __name__ == "__main__":
    _, spans, module, *arguments = sys.argv
    if find_spec("opentelemetry") and find_spec("opentelemetry.instrumentation"):
        trace_into(Path(spans))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
