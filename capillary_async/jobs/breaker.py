"""A circuit breaker between a run and an API that may be in trouble.

| state | what the run does | how it ends |
|---|---|---|
| closed | looks up keys; holds back failures that may be the API's fault | many in a row: half-open |
| half-open | looks up a canary, a key that the API has answered before | it works: closed; it fails: open |
| open | waits, longer each time | half-open |

When the breaker closes, the failures that it holds back are their keys' own, because the API works. When it opens, they
say nothing about the keys and are dropped. With a canary, a wrong password or an outage costs one request at a time and
not one for each worker. While no key was ever answered, several keys take turns, because one may fail by itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import attrs

from capillary_async.bulk import Outcome
from capillary_async.jobs.errors import JobStoppedError
from capillary_async.jobs.outcomes import Cause, KeyStatus, key_status
from capillary_async.jobs.records import Key
from capillary_async.jobs.store import JobStore

# The rows that were found.
Found = Outcome[Key, list[Any]]

# This many failures in a row are no coincidence.
_MANY: Final = 20

# While no key was ever answered: the refusals after which the run stops, the keys that take turns, and the tries after
# which a key counts as failed.
_MOST_REFUSALS: Final = {Cause.HOPELESS: 1, Cause.ACCOUNT: 2, Cause.DENIED: 3, Cause.NOT_THE_API: 3}
_MOST_IN_TURN: Final = 20
_MOST_ALONE: Final = 8


class CircuitBreaker:
    """Holds failures back, and says when to ask a canary and how long to wait.

    Args:
        first_wait: Seconds to wait when it opens; then twice as long each time.
        longest_wait: Seconds to wait at most.

    Attributes:
        failures: The failures that are held back.
        is_closed: Whether keys are looked up.
    """

    def __init__(self, first_wait: float, longest_wait: float) -> None:
        self.failures: list[Found] = []
        self.is_closed: bool = True
        self._wait = self._first_wait = first_wait
        self._longest_wait = longest_wait

    def hold_back(self, outcome: Found, *, is_enough: bool = False) -> None:
        """Hold a failure back. Go half-open after many of them, or if this one is enough."""
        self.failures.append(outcome)
        if is_enough or len(self.failures) >= _MANY:
            self.is_closed = False

    def forget(self, key: Key) -> None:
        """Drop a failure that is held back, because its key has an outcome now."""
        self.failures = [outcome for outcome in self.failures if outcome.key.id != key.id]

    def close(self) -> list[Found]:
        """The API works: return the failures that were held back."""
        failures, self.failures = self.failures, []
        if not self.is_closed:
            self.is_closed, self._wait = True, self._first_wait
        return failures

    def open(self) -> float:
        """The API does not work: drop the failures, and return the seconds to wait."""
        self.is_closed = False
        self.failures.clear()
        wait, self._wait = self._wait, min(self._wait * 2, self._longest_wait)
        return wait


@attrs.define(eq=False)
class Probe:
    """Finds out with single lookups whether the API works.

    Args:
        store: Has the keys.
        look_up: Looks one key up.
        keep: Is told what the API answered for another key than the canary.
        give_up: Is told of a key that fails again and again while no key was ever answered.

    Attributes:
        canary: A key that the API has answered in this run; else one of an earlier run, once it was needed.
        error: Why the last lookup failed.
    """

    _store: JobStore
    _look_up: Callable[[Key], Awaitable[Found]]
    _keep: Callable[[Found], object]
    _give_up: Callable[[Found], object]
    canary: Key | None = attrs.field(default=None, init=False)
    error: Exception | None = attrs.field(default=None, init=False)
    _last: int = attrs.field(default=0, init=False)
    _refusals: dict[Cause, int] = attrs.field(factory=dict[Cause, int], init=False)
    _tries: dict[int, int] = attrs.field(factory=dict[int, int], init=False)

    def has_canary(self) -> bool:
        """Whether the API has ever answered a key of the job."""
        self.canary = self.canary or self._store.canary()
        return self.canary is not None

    async def is_api_working(self) -> bool:
        """Look up the canary, or a few keys while there is none."""
        asked = set[int]()
        while len(asked) < _MOST_IN_TURN:
            key = self.canary or self._next_key()
            if key is None:
                return True
            if key.id in asked:  # there are no other keys
                return False
            asked.add(key.id)
            outcome = await self._look_up(key)
            error = outcome.error
            status = None if error is None else key_status(error)
            if error is None or status is None or status.cause in (Cause.KEY, Cause.LOOKUP):
                if key is not self.canary:
                    self._keep(outcome)
                return True
            self.error = error
            if key is self.canary:
                self._doubt_canary(key, error, status)
                return False
            if not self.has_canary() and not self._is_worth_another(outcome, error, status):
                return False
        return False

    def _doubt_canary(self, key: Key, error: Exception, status: KeyStatus) -> None:
        if status.cause in (Cause.ACCOUNT, Cause.HOPELESS, Cause.DENIED):
            raise JobStoppedError(str(error)) from error
        # The canary itself may be broken by now, so the next probe asks another one.
        self.canary = self._store.canary(key.id)

    def _is_worth_another(self, outcome: Found, error: Exception, status: KeyStatus) -> bool:
        """Say whether to ask another key, while the API has never answered any."""
        is_only = self._store.manifest.keys == 1
        most = _MOST_REFUSALS.get(status.cause)
        if most is not None:
            count = self._refusals[status.cause] = self._refusals.get(status.cause, 0) + 1
            if is_only or count >= most:
                raise JobStoppedError(str(error)) from error
            return True
        tries = self._tries[outcome.key.id] = self._tries.get(outcome.key.id, 0) + 1
        if tries >= min(status.tries, _MOST_ALONE):
            self._give_up(outcome)
        return not is_only and status.tries < _MOST_ALONE

    def _next_key(self) -> Key | None:
        key = self._store.next_key(self._last)
        if key is not None:
            self._last = key.id
        return key
