"""The ready listeners: each writes what it is told where it is looked for."""

import logging
from typing import Any

import pytest
import structlog

from capillary_async import NotFoundError, ServerError
from capillary_async.telemetry import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    Event,
    LoggingSink,
    RetryScheduled,
    Throttled,
    TokenRefreshed,
    combine,
    event_dict,
)

PATH = "/v2/customers/{customerId}"
STARTED = AttemptStarted(PATH, "GET", 1)
ENDED = AttemptEnded(PATH, "GET", 1, 200, 0.25, 512, None)
RETRY = RetryScheduled(PATH, 1, 0.05, 503, ServerError)
PAUSE = Throttled(PATH, 7.0)
TOKEN = TokenRefreshed(0.1, 3600.0)
CALL = CallEnded(PATH, 404, (8015,), "abc", 2, 0.0, 0.3, 98, NotFoundError)
EVENTS: tuple[Event, ...] = (STARTED, ENDED, RETRY, PAUSE, TOKEN, CALL)


class TestDictionaries:
    """Events as plain values, for structured logs."""

    def test_an_event_names_its_kind_and_its_values(self) -> None:
        """The keys are structlog's: `event` is the kind."""
        assert event_dict(RETRY) == {
            "event": "retry_scheduled",
            "path": PATH,
            "attempt": 1,
            "wait": 0.05,
            "status": 503,
            "error": "ServerError",
        }

    @pytest.mark.parametrize("event", EVENTS)
    def test_structlog_takes_them_as_they_are(self, event: Event) -> None:
        """No key stands in the way of one of its own."""
        with structlog.testing.capture_logs() as logs:
            structlog.get_logger().info(**event_dict(event))

        assert logs == [{**event_dict(event), "log_level": "info"}]


class TestLogging:
    """The standard library's loggers."""

    @pytest.mark.parametrize(
        ("event", "level"),
        [
            (STARTED, logging.DEBUG),
            (ENDED, logging.DEBUG),
            (RETRY, logging.WARNING),
            (PAUSE, logging.WARNING),
            (TOKEN, logging.INFO),
            (CALL, logging.INFO),
        ],
    )
    def test_what_needs_attention_is_a_warning(
        self, caplog: pytest.LogCaptureFixture, event: Event, level: int
    ) -> None:
        """Retries and pauses show in a service that logs warnings alone."""
        caplog.set_level(logging.DEBUG)

        LoggingSink()(event)

        (record,) = caplog.records
        assert (record.name, record.levelno) == ("capillary_async.events", level)

    def test_a_line_can_be_read_and_parsed(self, caplog: pytest.LogCaptureFixture) -> None:
        """What is not there is left out."""
        LoggingSink()(RETRY)
        LoggingSink()(PAUSE)

        assert caplog.messages == [
            f"retry scheduled: path={PATH} attempt=1 wait=0.050 status=503 error=ServerError",
            f"throttled: path={PATH} seconds=7.000",
        ]

    @pytest.mark.parametrize("event", EVENTS)
    def test_a_record_has_the_values_as_attributes(self, caplog: pytest.LogCaptureFixture, event: Event) -> None:
        """Formatters that write JSON take them from there."""
        caplog.set_level(logging.DEBUG)
        fields = event_dict(event)
        del fields["event"]

        LoggingSink()(event)

        assert vars(caplog.records[0]).items() >= fields.items()

    def test_it_writes_to_the_logger_it_is_given(self, caplog: pytest.LogCaptureFixture) -> None:
        """Also to an adapter."""
        LoggingSink(logging.LoggerAdapter(logging.getLogger("service"), {}))(RETRY)

        assert caplog.records[0].name == "service"


class TestCombining:
    """Several listeners as one."""

    def test_each_gets_each_event(self) -> None:
        """In the order of the listeners."""
        seen: list[Any] = []

        combine(lambda event: seen.append((1, event)), lambda event: seen.append((2, event)))(PAUSE)

        assert seen == [(1, PAUSE), (2, PAUSE)]

    def test_one_that_fails_does_not_keep_it_from_the_others(self) -> None:
        """Its error is still told."""
        seen: list[Event] = []

        def fail(event: Event) -> None:
            raise RuntimeError("metrics are down")

        with pytest.raises(RuntimeError, match="metrics are down"):
            combine(fail, seen.append)(PAUSE)

        assert seen == [PAUSE]
