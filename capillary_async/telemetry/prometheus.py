"""Turn events into Prometheus metrics."""

from typing import TYPE_CHECKING, Any

from capillary_async.errors import ConfigurationError
from capillary_async.pipeline.telemetry import (
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    Event,
    RetryScheduled,
    Throttled,
    TokenRefreshed,
)

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry


class PrometheusSink:
    """Updates metrics of the Prometheus client (extra `prometheus`). Make one sink for each registry.

    * `capillary_attempt_duration_seconds` by method, path and status; the status is "none" without an answer
    * `capillary_attempts_in_progress` by path
    * `capillary_call_duration_seconds` by path and error, with all waits and retries; the error is "" for success
    * `capillary_rate_limit_wait_seconds_total` and `capillary_connection_wait_seconds_total` by path
    * `capillary_retries_total` by path and error
    * `capillary_pauses_total` and `capillary_pause_seconds_total`
    * `capillary_token_refreshes_total`

    The path is a template, so the number of series depends on the number of endpoints, not of customers.
    """

    def __init__(self, registry: "CollectorRegistry | None" = None, *, namespace: str = "capillary") -> None:
        """Register the metrics.

        Args:
            registry: The registry; the Prometheus client's global one by default.
            namespace: The prefix of the names.

        Raises:
            ConfigurationError: The Prometheus client is not installed.
            ValueError: The registry already has metrics of these names.
        """
        try:
            from prometheus_client import REGISTRY, Counter, Gauge, Histogram  # noqa: PLC0415  (an extra)
        except ImportError:
            raise ConfigurationError("install capillary-async[prometheus] to use the PrometheusSink") from None
        place: dict[str, Any] = {"registry": REGISTRY if registry is None else registry, "namespace": namespace}
        by_attempt, by_call = ("method", "path", "status"), ("path", "error")
        self._attempts = Histogram("attempt_duration_seconds", "Duration of single requests", by_attempt, **place)
        self._running = Gauge(
            *("attempts_in_progress", "Requests under way", ("path",)), multiprocess_mode="livesum", **place
        )
        self._calls = Histogram("call_duration_seconds", "Duration of calls with waits and retries", by_call, **place)
        self._waits = Counter("rate_limit_wait_seconds", "Time spent waiting for the rate limit", ("path",), **place)
        self._queues = Counter("connection_wait_seconds", "Time spent waiting for a connection", ("path",), **place)
        self._retries = Counter("retries", "Requests that are sent again", by_call, **place)
        self._pauses = Counter("pauses", "Pauses that the API asked for", **place)
        self._pause_seconds = Counter("pause_seconds", "Length of those pauses", **place)
        self._tokens = Counter("token_refreshes", "New access tokens", **place)

    def __call__(self, event: Event) -> None:
        """Update the metrics for one event."""
        match event:
            case AttemptStarted():
                self._running.labels(event.path).inc()
            case AttemptEnded():
                self._running.labels(event.path).dec()
                status = "none" if event.status is None else str(event.status)
                self._attempts.labels(event.method, event.path, status).observe(event.seconds)
            case RetryScheduled():
                self._retries.labels(event.path, event.error.__name__).inc()
            case Throttled():
                self._pauses.inc()
                self._pause_seconds.inc(event.seconds)
            case TokenRefreshed():
                self._tokens.inc()
            case CallEnded():
                self._calls.labels(event.path, "" if event.error is None else event.error.__name__).observe(
                    event.seconds
                )
                self._waits.labels(event.path).inc(event.rate_limit_wait)
                self._queues.labels(event.path).inc(event.connection_wait)
            case _:
                pass
