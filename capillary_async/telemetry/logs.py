"""Write events to a log."""

import logging
import re
from typing import Any, Final

import attrs

from capillary_async.pipeline.telemetry import CallEnded, Event, RetryScheduled, Throttled, TokenRefreshed

_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")
# The operator of a service should see these events; the others help to investigate.
_LEVELS: Final[dict[type[Event], int]] = {
    RetryScheduled: logging.WARNING,
    Throttled: logging.WARNING,
    TokenRefreshed: logging.INFO,
    CallEnded: logging.INFO,
}


def event_dict(event: Event) -> dict[str, Any]:
    """Return an event as a dictionary of simple values, for structlog and JSON formatters.

    `event` is the kind, such as `retry_scheduled`; the other keys are the event's attributes. An error becomes the name
    of its class. With structlog: `on_event=lambda event: logger.info(**event_dict(event))`.
    """
    fields: dict[str, Any] = {"event": _WORDS.sub("_", type(event).__name__).lower()}
    for attribute in attrs.fields(type(event)):
        value = getattr(event, attribute.name)
        fields[attribute.name] = value.__name__ if isinstance(value, type) else value
    return fields


@attrs.frozen
class LoggingSink:
    """Writes events to a logger of the standard library.

    The level is WARNING for retries and pauses, INFO for ended calls and new tokens, and DEBUG for attempts. The text
    holds all attributes as `key=value`. They are also attributes of the record, for formatters that write JSON.

    Attributes:
        logger: The logger; `capillary_async.events` by default.
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
    """Names and values; the text is built only if a handler formats the record."""

    values: dict[str, Any]

    def __str__(self) -> str:
        """Return the pairs as `key=value`."""
        shown = {name: f"{value:.3f}" if isinstance(value, float) else value for name, value in self.values.items()}
        return " ".join(f"{name}={value}" for name, value in shown.items() if value is not None and value != ())
