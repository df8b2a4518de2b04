"""Events as lines of a log."""

import logging
import re
from typing import Any, Final

import attrs

from capillary_async.pipeline.telemetry import CallEnded, Event, RetryScheduled, Throttled, TokenRefreshed

_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")
# Whoever runs a service has to know of these; the rest is for those who look closer.
_LEVELS: Final[dict[type[Event], int]] = {
    RetryScheduled: logging.WARNING,
    Throttled: logging.WARNING,
    TokenRefreshed: logging.INFO,
    CallEnded: logging.INFO,
}


def event_dict(event: Event) -> dict[str, Any]:
    """Return an event as a dictionary of plain values, as structlog and JSON formatters want it.

    `event` is the kind, such as `retry_scheduled`; the other keys are the event's attributes. An error is the name of
    its class. With structlog: `on_event=lambda event: logger.info(**event_dict(event))`.
    """
    fields: dict[str, Any] = {"event": _WORDS.sub("_", type(event).__name__).lower()}
    for attribute in attrs.fields(type(event)):
        value = getattr(event, attribute.name)
        fields[attribute.name] = value.__name__ if isinstance(value, type) else value
    return fields


@attrs.frozen
class LoggingSink:
    """Writes events to a logger of the standard library.

    Retries and pauses are warnings, calls that ended and new tokens are information, single attempts are for
    debugging. The text holds all attributes as `key=value`; they are also attributes of the record, for formatters
    that write JSON.

    Attributes:
        logger: Where to; `capillary_async.events` by default.
    """

    logger: "logging.Logger | logging.LoggerAdapter[Any]" = attrs.field(
        factory=lambda: logging.getLogger("capillary_async.events")
    )

    def __call__(self, event: Event) -> None:
        """Write one event."""
        level = _LEVELS.get(type(event), logging.DEBUG)
        if self.logger.isEnabledFor(level):
            fields = event_dict(event)
            kind = fields.pop("event").replace("_", " ")
            self.logger.log(level, "%s: %s", kind, _Pairs(fields), extra=fields)


@attrs.frozen
class _Pairs:
    """Values with their names, written out when the record is."""

    values: dict[str, Any]

    def __str__(self) -> str:
        """Write them."""
        shown = {name: f"{value:.3f}" if isinstance(value, float) else value for name, value in self.values.items()}
        return " ".join(f"{name}={value}" for name, value in shown.items() if value is not None and value != ())
