"""The ready-made listeners write each event to the right place."""

import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from capillary_async import BasicAuth, CapillaryClient, ConfigurationError, NotFoundError, ServerError
from capillary_async.jobs import BulkJob
from capillary_async.sandbox import Sandbox
from capillary_async.telemetry import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    Event,
    LoggingSink,
    ProgressSink,
    PrometheusSink,
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
    """Events as dictionaries, for structured logs."""

    def test_an_event_names_its_kind_and_its_values(self) -> None:
        """Structlog uses the key `event` for the kind."""
        assert event_dict(RETRY) == {
            "event": "retry_scheduled",
            "path": PATH,
            "attempt": 1,
            "wait": 0.05,
            "status": 503,
            "error": "ServerError",
        }

    @pytest.mark.parametrize("event", EVENTS)
    def test_structlog_accepts_the_keys(self, event: Event) -> None:
        """No key may collide with one of structlog's."""
        with structlog.testing.capture_logs() as logs:
            structlog.get_logger().info(**event_dict(event))

        assert logs == [{**event_dict(event), "log_level": "info"}]


class TestLogging:
    """Events in the standard library's loggers."""

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
    def test_retries_and_pauses_are_warnings(self, caplog: pytest.LogCaptureFixture, event: Event, level: int) -> None:
        """A service that logs only warnings must show retries and pauses."""
        caplog.set_level(logging.DEBUG)

        LoggingSink()(event)

        (record,) = caplog.records
        assert (record.name, record.levelno) == ("capillary_async.events", level)

    def test_a_line_can_be_read_and_parsed(self, caplog: pytest.LogCaptureFixture) -> None:
        """Attributes without a value are left out."""
        LoggingSink()(RETRY)
        LoggingSink()(PAUSE)

        assert caplog.messages == [
            f"retry scheduled: path={PATH} attempt=1 wait=0.050 status=503 error=ServerError",
            f"throttled: path={PATH} seconds=7.000",
        ]

    @pytest.mark.parametrize("event", EVENTS)
    def test_a_record_has_the_values_as_attributes(self, caplog: pytest.LogCaptureFixture, event: Event) -> None:
        """Formatters that write JSON use the attributes."""
        caplog.set_level(logging.DEBUG)
        fields = event_dict(event)
        del fields["event"]

        LoggingSink()(event)

        assert vars(caplog.records[0]).items() >= fields.items()

    def test_it_writes_to_the_logger_it_is_given(self, caplog: pytest.LogCaptureFixture) -> None:
        """A logger adapter must work too."""
        LoggingSink(logging.LoggerAdapter(logging.getLogger("service"), {}))(RETRY)

        assert caplog.records[0].name == "service"


class TestCombining:
    """Several listeners as one."""

    def test_each_gets_each_event(self) -> None:
        """The order is that of the listeners."""
        seen: list[Any] = []

        combine(lambda event: seen.append((1, event)), lambda event: seen.append((2, event)))(PAUSE)

        assert seen == [(1, PAUSE), (2, PAUSE)]

    def test_a_failing_listener_does_not_stop_the_others(self) -> None:
        """The error must still be raised."""
        seen: list[Event] = []

        def fail(event: Event) -> None:
            raise RuntimeError("metrics are down")

        with pytest.raises(RuntimeError, match="metrics are down"):
            combine(fail, seen.append)(PAUSE)

        assert seen == [PAUSE]


class TestPrometheus:
    """Metrics by path template, so that their number does not depend on customers."""

    @staticmethod
    def registry() -> CollectorRegistry:
        """Return the metrics after all events."""
        registry = CollectorRegistry()
        sink = PrometheusSink(registry)
        for event in EVENTS:
            sink(event)
        return registry

    @pytest.mark.parametrize(
        ("name", "labels", "expected"),
        [
            ("attempt_duration_seconds_sum", {"method": "GET", "path": PATH, "status": "200"}, 0.25),
            ("attempts_in_progress", {"path": PATH}, 0),
            ("call_duration_seconds_count", {"path": PATH, "error": "NotFoundError"}, 1),
            ("rate_limit_wait_seconds_total", {"path": PATH}, 0),
            ("retries_total", {"path": PATH, "error": "ServerError"}, 1),
            ("pauses_total", {}, 1),
            ("pause_seconds_total", {}, 7),
            ("token_refreshes_total", {}, 1),
        ],
    )
    def test_each_event_is_counted(self, name: str, labels: dict[str, str], expected: float) -> None:
        """The names must be those in the documentation of the class."""
        assert self.registry().get_sample_value(f"capillary_{name}", labels) == expected

    def test_requests_under_way_are_counted(self) -> None:
        """They show a server that hangs before any request ends."""
        registry = CollectorRegistry()

        PrometheusSink(registry)(STARTED)

        assert registry.get_sample_value("capillary_attempts_in_progress", {"path": PATH}) == 1

    def test_a_request_without_an_answer_has_no_status(self) -> None:
        """A status of 0 would look like a real one."""
        registry = CollectorRegistry()

        PrometheusSink(registry)(attrs.evolve(ENDED, status=None))

        labels = {"method": "GET", "path": PATH, "status": "none"}
        assert registry.get_sample_value("capillary_attempt_duration_seconds_count", labels) == 1

    def test_the_names_of_metrics_can_have_another_prefix(self) -> None:
        """Two clients of one process may need different metrics."""
        registry = CollectorRegistry()

        PrometheusSink(registry, namespace="loyalty")(PAUSE)

        assert b"loyalty_pauses_total 1.0" in generate_latest(registry)

    def test_an_unknown_event_is_no_error(self) -> None:
        """A sink must ignore unknown events."""
        PrometheusSink(CollectorRegistry())(Event())

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message must tell the user what to install."""
        monkeypatch.setitem(sys.modules, "prometheus_client", None)

        with pytest.raises(ConfigurationError, match=r"capillary-async\[prometheus\]"):
            PrometheusSink()


@attrs.define
class FakeProgress:
    """The progress of a job, as a bar needs it."""

    total: int = 10
    done: int = 0
    waiting_for: str = ""


class TestProgress:
    """A progress bar for jobs and loops."""

    @pytest.mark.parametrize("kind", ["rich", "tqdm"])
    def test_a_bar_shows_the_progress_of_a_job(self, capsys: pytest.CaptureFixture[str], kind: Any) -> None:
        """The bar must also show why the job waits."""
        progress = FakeProgress()

        with ProgressSink("june", kind=kind) as bar:
            for progress.done, progress.waiting_for in ((4, ""), (4, "the API, for 20 s"), (10, "")):
                bar(progress)

        shown = "".join(capsys.readouterr())
        assert "june" in shown
        assert "100%" in shown

    @pytest.mark.parametrize("kind", ["rich", "tqdm"])
    async def test_a_job_updates_a_bar(
        self, capillary_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Any
    ) -> None:
        """The bar must reach the end of the job."""
        job = BulkJob.create(tmp_path / "june", "customers", range(1, 30))
        auth = BasicAuth(capillary_sandbox.till, capillary_sandbox.password)

        async with CapillaryClient(capillary_sandbox.base_url, auth) as client:
            with ProgressSink("june", kind=kind) as bar:
                await job.run(client, on_progress=bar)

        assert "100%" in "".join(capsys.readouterr())

    def test_a_bar_outside_a_with_block_is_an_error(self) -> None:
        """Otherwise nothing would be shown."""
        with pytest.raises(RuntimeError, match="inside `with ProgressSink"):
            ProgressSink()(FakeProgress())

    @pytest.mark.parametrize("total", [3, None])
    async def test_track_counts_the_items_of_a_loop(
        self, capsys: pytest.CaptureFixture[str], total: int | None
    ) -> None:
        """`lookup_many` and listings are loops, not jobs."""

        async def rows() -> AsyncIterator[int]:
            for number in range(3):
                yield number

        read = [number async for number in ProgressSink("rows", kind="tqdm").track(rows(), total=total)]

        assert read == [0, 1, 2]
        assert ("3/3" if total else "3key") in "".join(capsys.readouterr())

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The message must tell the user what to install."""
        monkeypatch.setattr("capillary_async.telemetry.progress.find_spec", {"rich": True}.get)

        with pytest.raises(ConfigurationError, match="install tqdm"):
            ProgressSink(kind="tqdm")


def test_the_sinks_load_nothing_until_they_are_made() -> None:
    """A program that needs only the event classes must not import a metrics package."""
    heavy = {"aiohttp", "prometheus_client", "rich", "tqdm"}
    code = f"import capillary_async.telemetry, sys; print({heavy} & {{*sys.modules}})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
