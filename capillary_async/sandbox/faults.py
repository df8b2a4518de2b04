"""Faults on request: scripted answers, gateways, and rate limits."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

import attrs

from capillary_async.sandbox.answers import Answer
from capillary_async.sandbox.log import LoggedRequest
from capillary_async.sandbox.settings import Gateway, RetryAfter

Match = str | Callable[[LoggedRequest], bool]


@attrs.define(eq=False)
class Script:
    """A sequence of answers for matching requests.

    Attributes:
        remaining: Number of requests that the script will still answer; `None` for all.
        hits: Number of requests that the script has answered.
    """

    _matches: Callable[[LoggedRequest], bool]
    _answers: tuple[Answer, ...]
    remaining: int | None
    hits: int = 0

    def cancel(self) -> None:
        """Stop answering requests."""
        self.remaining = 0

    def take(self, request: LoggedRequest) -> Answer | None:
        """Return the answer to a request, or `None` if the request does not match."""
        if self.remaining == 0 or not self._matches(request):
            return None
        self.hits += 1
        if self.remaining is not None:
            self.remaining -= 1
        return self._answers[(self.hits - 1) % len(self._answers)]


@attrs.frozen
class Scripts:
    """All scripts, the oldest first."""

    _scripts: list[Script] = attrs.field(factory=list[Script], init=False)

    def add(self, match: Match, answers: Iterable[Answer], times: int | None) -> Script:
        """Add a script; see `Sandbox.script`.

        Raises:
            ValueError: There is no answer, or `times` is negative.
        """
        answers = tuple(answers)
        if not answers:
            raise ValueError("a script needs at least one answer")
        if times is not None and times < 0:
            raise ValueError(f"times must not be negative, not {times!r}")
        script = Script(_starts_with(match) if isinstance(match, str) else match, answers, times)
        self._scripts.append(script)
        return script

    def take(self, request: LoggedRequest) -> Answer | None:
        """Return the answer of the first matching script, or `None`."""
        for script in self._scripts:
            if (answer := script.take(request)) is not None:
                return answer
        return None

    def clear(self) -> None:
        """Remove all scripts."""
        self._scripts.clear()


def _starts_with(path: str) -> Callable[[LoggedRequest], bool]:
    return lambda request: request.path.startswith(path)


_JSON: Final = {"Content-Type": "application/json"}
# Answers of gateways, firewalls and web servers in place of the API.
GATEWAYS: Final[Mapping[Gateway, Answer]] = {
    "not found": Answer(status=404, body={"message": "Not Found"}, headers=_JSON),
    "no route": Answer(status=404, body={"status": 404, "error": "Not Found"}, headers=_JSON),
    "html 404": Answer.html(404),
    "blank 400": Answer(status=400),
    "firewall": Answer.html(403),
    "method": Answer(status=405, body={"message": "Method Not Allowed"}, headers=_JSON),
    "timeout": Answer(status=408),
    "too large": Answer.html(413),
    "misdirected": Answer(status=421),
    "too early": Answer(status=425),
    "client closed": Answer(status=499),
    "log-in page": Answer.html(200),
    "bad gateway": Answer.html(502),
    "unavailable": Answer(status=503, body={"message": "no healthy upstream"}, headers=_JSON),
    "too many": Answer(status=429),
}


@attrs.define
class Spacing:
    """Requires a minimum time between requests, as nginx does with `limit_req` without a burst."""

    _last: float = attrs.field(default=-math.inf, init=False)

    def lets_through(self, now: float, seconds: float) -> bool:
        """Whether a request at `now` is at least `seconds` after the last accepted one."""
        if now - self._last < seconds:
            return False
        self._last = now
        return True


@attrs.frozen
class Throttle:
    """Accepts a limited number of requests in any window of time. Refused requests do not count."""

    _passed: deque[float] = attrs.field(factory=deque[float], init=False)

    def wait(self, now: float, limit: int, per: float) -> float | None:
        """Return how many seconds too early a request is, or `None` if it is accepted."""
        while self._passed and now - self._passed[0] >= per:
            self._passed.popleft()
        if len(self._passed) < limit:
            self._passed.append(now)
            return None
        return self._passed[0] + per - now


def retry_after(style: RetryAfter | None, seconds: float) -> str | None:
    """Return a `Retry-After` value for a number of seconds."""
    whole = int(-(-seconds // 1))
    if style == "date":
        return format_datetime(datetime.now(UTC) + timedelta(seconds=whole), usegmt=True)
    return None if style is None else str(whole)
