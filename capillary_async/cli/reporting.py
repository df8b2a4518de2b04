"""`-v`, `-vv` and `--errors`: the output of a command on standard error."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal

import attrs
from cyclopts import Group, Parameter

if TYPE_CHECKING:
    from capillary_async.pipeline.telemetry import Event, OnEvent

_GROUP: Final = Group("Diagnostics", sort_key=4)


@Parameter(name="*", group=_GROUP)
@attrs.frozen(kw_only=True)
class Reporting:
    """The output on standard error.

    Attributes:
        verbose: Print a line for each request: path template, status, attempt, milliseconds. `-vv` also prints
            retries, waits and new tokens.
        errors: The format of errors: `text` is one line, `json` an object with the keys error, code, codes, status,
            message, path, attempts, request_id, next_step, cursor and exit_code.
    """

    verbose: Annotated[int, Parameter(name=("--verbose", "-v"), count=True, show_default=False)] = 0
    errors: Literal["text", "json"] = "text"

    def listener(self) -> "OnEvent | None":
        """Return the listener for a client's `on_event`; `None` without `-v`."""
        if not self.verbose:
            return None
        is_detailed = self.verbose > 1

        def print_event(event: "Event") -> None:
            for line in _lines(event, is_detailed=is_detailed):
                print(f"capillary: {line}", file=sys.stderr)

        return print_event


def _lines(event: "Event", *, is_detailed: bool) -> Iterator[str]:
    """Yield the line for an event, if there is one; most events have one only with `is_detailed`."""
    from capillary_async import telemetry  # noqa: PLC0415  (few commands need it)

    if isinstance(event, telemetry.AttemptEnded):
        outcome = event.status or (event.error.__name__ if event.error else "no answer")
        yield f"{event.method} {event.path} {outcome}, attempt {event.attempt}, {event.seconds * 1000:.0f} ms"
    elif not is_detailed:
        return
    elif isinstance(event, telemetry.RetryScheduled):
        reason = event.status or event.error.__name__
        yield f"{event.path}: retry in {event.wait:.2f} s, because attempt {event.attempt} ended with {reason}"
    elif isinstance(event, telemetry.Throttled):
        yield f"{event.path}: all calls pause for {event.seconds:.2f} s, because the API throttles"
    elif isinstance(event, telemetry.TokenRefreshed):
        yield f"new access token in {event.seconds * 1000:.0f} ms, valid for {event.lifetime:.0f} s"
    elif isinstance(event, telemetry.CallEnded) and event.rate_limit_wait > 0:
        yield f"{event.path}: waited {event.rate_limit_wait:.2f} s for the rate limit"
