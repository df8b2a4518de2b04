"""The events of a client, and ready-made listeners.

A client calls its `on_event` with each `Event`. Events hold no personal data and no tokens.

```python
from capillary_async.telemetry import LoggingSink, PrometheusSink, combine

client = CapillaryClient(Region.EU, auth, on_event=combine(LoggingSink(), PrometheusSink()))
```

A listener is a function of one event, not a coroutine function. It runs in the event loop, so it must not block.
OpenTelemetry needs no listener: the client makes spans and metrics if the program imports OpenTelemetry (extra `otel`).
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
    """Return one listener that passes each event to several listeners, in this order.

    Every listener gets the event, even if an earlier one raises. The first error is raised at the end.
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
