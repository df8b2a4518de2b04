"""What a client tells of its work while it works, and listeners that are ready to use.

A client calls its `on_event` with each `Event`. Events hold no ids, names, numbers or tokens of people.

```python
from capillary_async.telemetry import LoggingSink, PrometheusSink, combine

client = CapillaryClient(Region.EU, auth, on_event=combine(LoggingSink(), PrometheusSink()))
```

A listener is a plain function that gets one event. It runs in the event loop, so it must not block. OpenTelemetry
needs no listener: spans and metrics are made as soon as the program imports it (extra `otel`).
"""

from capillary_async.pipeline.telemetry import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    Event,
    OnEvent,
    RetryScheduled,
    Throttled,
    TokenRefreshed,
)
from capillary_async.telemetry.logs import LoggingSink, event_dict
from capillary_async.telemetry.progress import ProgressSink
from capillary_async.telemetry.prometheus import PrometheusSink

__all__ = [
    "AttemptEnded",
    "AttemptStarted",
    "CallEnded",
    "Event",
    "LoggingSink",
    "OnEvent",
    "ProgressSink",
    "PrometheusSink",
    "RetryScheduled",
    "Throttled",
    "TokenRefreshed",
    "combine",
    "event_dict",
]


def combine(*listeners: OnEvent) -> OnEvent:
    """Return one listener that hands each event to all of these, in their order.

    One that raises does not keep the event from the others; the error of the first is raised when all have it.
    """

    def tell_all(event: Event) -> None:
        failures: list[Exception] = []
        for listener in listeners:
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001  (raised below)
                failures.append(error)
        if failures:
            raise failures[0]

    return tell_all
