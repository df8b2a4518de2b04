"""Finds out with single lookups whether the API is well: with a canary, which is a key that it has answered before.

A wrong password or an API that is down then costs one request a time and not one for each worker. While no key was ever
answered, keys that nothing is known of take turns, because one of them may be the cause of the trouble.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import attrs

from capillary_async.bulk import Outcome
from capillary_async.jobs.errors import JobStoppedError
from capillary_async.jobs.outcomes import Answer, Meaning, Verdict, verdict_on
from capillary_async.jobs.records import Key
from capillary_async.jobs.store import JobStore

Found = Outcome[Key, Answer]

# While no key was ever answered: so many refusals are enough to say that nobody is let in, or that this is not the API,
# so many keys are asked one after the other, and a key that always fails is given up after so many tries.
_MOST_REFUSALS: Final = {Meaning.ACCOUNT: 2, Meaning.DENIED: 3, Meaning.STRANGER: 3}
_MOST_IN_TURN: Final = 20
_MOST_ALONE: Final = 8


@attrs.define(eq=False)
class Probe:
    """Asks whether the API is well.

    Attributes:
        error: What the last lookup raised that did not go well.
    """

    _store: JobStore
    _look_up: Callable[[Key], Awaitable[Found]]
    _keep: Callable[[Found], object]
    _give_up: Callable[[Found], object]
    error: Exception | None = attrs.field(default=None, init=False)
    _canary: Key | None = attrs.field(default=None, init=False)
    _last_unknown: int = attrs.field(default=0, init=False)
    _refusals: dict[Meaning, int] = attrs.field(factory=dict[Meaning, int], init=False)
    _tries: dict[int, int] = attrs.field(factory=dict[int, int], init=False)

    @property
    def has_canary(self) -> bool:
        """Whether a key is known that the API has answered."""
        if self._canary is None:
            self._canary = self._store.canary()
        return self._canary is not None

    def note_answer(self, key: Key, *, is_found: bool) -> None:
        """Take note of a key that the API answers; one that it knows is better than one that it does not."""
        if is_found or self._canary is None:
            self._canary = key

    async def is_well(self) -> bool:
        """Look up one key, or a few while none is known to work, and say whether the API answers.

        Raises:
            JobStoppedError: It makes no sense to ask again.
        """
        for _ in range(_MOST_IN_TURN):
            key = self._canary or self._next_unknown()
            if key is None:
                return True
            outcome = await self._look_up(key)
            verdict = None if outcome.error is None else verdict_on(outcome.error)
            if outcome.error is None or verdict is None or verdict.meaning in (Meaning.ANSWER, Meaning.LOOKUP):
                if key is not self._canary:
                    self._keep(outcome)
                return True
            self.error = outcome.error
            is_well = self._hear(outcome, outcome.error, verdict)
            if is_well is not None:
                return is_well
        return False

    def _hear(self, outcome: Found, error: Exception, verdict: Verdict) -> bool | None:
        """Draw conclusions from an error; `None` means to ask another key."""
        key = outcome.key
        if key is self._canary:
            if verdict.meaning in (Meaning.ACCOUNT, Meaning.HOPELESS, Meaning.DENIED):
                raise JobStoppedError(str(error)) from error
            # What worked once may be broken by now: the next time, ask another one.
            self._canary = self._store.canary(key.id)
            return False
        if self.has_canary:  # of an earlier run
            return None
        return self._hear_first(outcome, error, verdict)

    def _hear_first(self, outcome: Found, error: Exception, verdict: Verdict) -> bool | None:
        """Draw conclusions while the API has never answered any key."""
        meaning, is_only = verdict.meaning, self._store.manifest.keys == 1
        if meaning is Meaning.HOPELESS:
            raise JobStoppedError(str(error)) from error
        if meaning in _MOST_REFUSALS:
            self._refusals[meaning] = self._refusals.get(meaning, 0) + 1
            if is_only or self._refusals[meaning] >= _MOST_REFUSALS[meaning]:
                raise JobStoppedError(str(error)) from error
            return None
        tries = self._tries[outcome.key.id] = self._tries.get(outcome.key.id, 0) + 1
        if tries >= min(verdict.patience, _MOST_ALONE):
            self._give_up(outcome)
        return False if is_only or verdict.patience >= _MOST_ALONE else None

    def _next_unknown(self) -> Key | None:
        key = self._store.next_unknown(self._last_unknown)
        if key is not None:
            self._last_unknown = key.id
        return key
