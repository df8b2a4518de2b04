"""The engine of a job: looks up what is left, judges what comes back, and knows when to wait and when to stop.

A run is a sequence of legs. A leg looks up all keys of one standing, many at a time: first those
that are pending, then, more slowly, those that failed once. What fails in the second pass has failed.

Errors that speak of the API rather than of the key are not held against the key at once. They are
suspects until the next good answer. When a leg ends with suspects, or when there are many in a row,
one lookup decides, of a key that is known to work if there is one: if that works, the suspects are
to blame; if not, it is an outage, the suspects stay what they were, and the job waits, longer each
time, until a single lookup works again. A run also begins with a single lookup, so that a wrong
password or an API that is down costs one request and not one for each worker.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import attrs

from capillary_async.bulk import Concurrency, Outcome, lookup_many
from capillary_async.errors import AccessDeniedError, AuthenticationError, ConfigurationError, ResponseError
from capillary_async.jobs.brake import Brake
from capillary_async.jobs.keys import Key, read_keys
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.problems import JobStoppedError
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.recorder import Recorder
from capillary_async.jobs.tally import Record, Tally
from capillary_async.jobs.verdicts import (
    FINAL,
    NOTHING,
    Answer,
    Failure,
    Verdict,
    collect,
    may_be_an_outage,
    verdict_on,
)

# So many errors of the API, or refusals of access, in a row are no coincidence.
_MANY: Final = 20
_FIRST_WAIT: Final = 5.0
_LONGEST_WAIT: Final = 300.0
# A key nothing is known of that fails so often, all by itself, is not waited for any longer.
_TRIES_ALONE: Final = 3
_SECOND_PASS_SHARE: Final = 4

Found = Outcome[Key, Answer]


@attrs.frozen(kw_only=True)
class Pace:
    """How fast a run goes, and how patient it is.

    Attributes:
        concurrency: Lookups at once, or "auto".
        most_failures: Stop when more keys than this have failed.
        sleep: Waits; for outages.
    """

    concurrency: Concurrency = 64
    most_failures: float = math.inf
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    @property
    def second_concurrency(self) -> int:
        """Lookups at once in the second pass: few, for it may have been too many that made them fail."""
        return max(1, self.concurrency // _SECOND_PASS_SHARE) if isinstance(self.concurrency, int) else 1


@attrs.define(eq=False)
class Run:
    """One run of a job.

    Attributes:
        directory: The job's.
        lookup: What is looked up.
        client: Handed to the lookup.
        tally: Where the keys stand; kept up to date.
        recorder: Makes verdicts safe.
        progress: Kept up to date.
        on_progress: Told to look at it, a few times a second while something happens.
        brake: Ends the run.
        pace: How fast to go.
    """

    directory: Path
    lookup: Lookup
    client: Any
    tally: Tally
    recorder: Recorder
    progress: Progress
    on_progress: Callable[[Progress], object]
    brake: Brake
    pace: Pace
    _suspects: list[Found] = attrs.field(factory=list[Found], init=False)
    _good: Key | None = attrs.field(default=None, init=False)
    _denied: int = attrs.field(default=0, init=False)
    _last_tried: int = attrs.field(default=-1, init=False)
    _tries_alone: dict[int, int] = attrs.field(factory=dict[int, int], init=False)

    async def work(self) -> None:
        """Look up everything that is left.

        Raises:
            JobStoppedError: Something is left; it says why.
        """
        try:
            async with self.brake:
                if not await self._is_well():
                    await self._sit_out()
                await self._pass(Verdict.PENDING, self.pace.concurrency)
                await self._pass(Verdict.FAILED_ONCE, self.pace.second_concurrency)
        except ConfigurationError as error:  # the client was closed while all were waiting for it
            raise JobStoppedError(str(error)) from error
        if not self.tally.is_complete:
            raise JobStoppedError(self.brake.reason or "the job stopped")

    async def _pass(self, wanted: Verdict, concurrency: Concurrency) -> None:
        while self.tally.counts[wanted] and not self.brake.is_pulled:
            await self._leg(wanted, concurrency)
            if self._suspects and not self.brake.is_pulled:
                await self._look_into_suspects()

    async def _leg(self, wanted: Verdict, concurrency: Concurrency) -> None:
        """Look up the keys of one standing, until they end or something seems to be wrong with the API."""
        with closing(self._keys(wanted)) as keys:
            async with lookup_many(self._look_up, keys, concurrency=concurrency) as outcomes:
                self.progress.concurrency = outcomes.concurrency
                async for outcome in outcomes:
                    self.progress.concurrency = outcomes.concurrency
                    self._judge(outcome)
                    if len(self._suspects) >= _MANY:
                        return
                    if self._denied >= _MANY:
                        await self._look_into_denials(outcome.error)
                    if self.recorder.is_full:
                        await self._wait_for_disk()

    def _keys(self, wanted: Verdict) -> Generator[Key]:
        try:
            for key in read_keys(self.directory, self.tally.standings, wanted):
                if self.brake.is_pulled:
                    return
                yield key
        except OSError as error:
            raise JobStoppedError(f"the keys cannot be read: {error}") from error

    async def _look_up(self, key: Key) -> Answer:
        cells = {column.name: value for column, value in zip(self.lookup.columns, key.values, strict=True)}
        try:
            return await collect(self.lookup.fn(self.client, **cells))
        except SystemExit as error:
            # The exit code would say something of a job that is not done.
            raise RuntimeError("the lookup wanted to end the process") from error

    async def _wait_for_disk(self) -> None:
        self.progress.waiting_for = "the disk"
        await self.recorder.wait_for_room()
        self.progress.waiting_for = ""

    # --- judging ---

    def _judge(self, outcome: Found) -> None:
        if self.progress.observe(outcome.seconds):
            self.on_progress(self.progress)
        self._stop_if_refused(outcome.error)
        if may_be_an_outage(outcome.error):
            self._suspects.append(outcome)
            return
        self._condemn_suspects()
        verdict = verdict_on(outcome.value, outcome.error)
        if verdict is Verdict.FAILED:
            self._fail(outcome)
        else:
            self._good = outcome.key
            self._put(Record(outcome.key.id, verdict, _line(outcome, verdict)))

    def _stop_if_refused(self, error: Exception | None) -> None:
        if isinstance(error, AuthenticationError | ConfigurationError):
            raise JobStoppedError(str(error)) from error
        self._denied = self._denied + 1 if isinstance(error, AccessDeniedError) else 0

    def _condemn_suspects(self) -> None:
        """The API is well, so it was the keys' own fault."""
        suspects, self._suspects = self._suspects, []
        for suspect in suspects:
            self._fail(suspect)

    def _fail(self, outcome: Found) -> None:
        failed_before = self.tally.standings[outcome.key.id] == Verdict.FAILED_ONCE
        self._put_failure(outcome, Verdict.FAILED if failed_before else Verdict.FAILED_ONCE)

    def _put_failure(self, outcome: Found, verdict: Verdict) -> None:
        error = outcome.error or TypeError("the lookup returned nothing that can be kept")
        self._put(Record(outcome.key.id, verdict, failure=Failure.of(outcome.key.id, error)))
        if self.tally.failed > self.pace.most_failures:
            raise JobStoppedError(f"{self.tally.failed} keys have failed, more than the job allows") from error

    def _put(self, record: Record) -> None:
        self.tally.set(record.id, record.verdict)
        self.recorder.add(record)

    async def _look_into_denials(self, error: Exception | None) -> None:
        """Stop unless a key that worked before still does."""
        self._recall()
        if self._good is not None:
            self._stop_if_refused((await self._alone(self._good)).error)
        if self._denied:
            raise JobStoppedError(f"access was denied {self._denied} times in a row: {error}") from error

    # --- outages ---

    async def _look_into_suspects(self) -> None:
        self._recall()
        if await self._is_well():
            self._condemn_suspects()
        else:
            self._suspects.clear()
            await self._sit_out()

    async def _sit_out(self) -> None:
        """Wait, longer each time, until the API answers a single lookup."""
        self._recall()
        wait, is_well = _FIRST_WAIT, False
        while not is_well:
            self.progress.waiting_for = f"the API, for {wait:g} s"
            self.on_progress(self.progress)
            await self.brake.pause(self.pace.sleep, wait)
            wait = min(wait * 2, _LONGEST_WAIT)
            is_well = await self._is_well()
        self.progress.waiting_for = ""

    async def _is_well(self) -> bool:
        """Look up one key to see whether the API answers."""
        key = self._good or self._next_unknown()
        if key is None:
            return True
        outcome = await self._alone(key)
        self._stop_if_refused(outcome.error)
        is_well = not may_be_an_outage(outcome.error)
        if key is self._good:
            # What worked once may be broken by now: the next time, ask another one.
            self._good = key if is_well else self._in_turn(FINAL, key.id)
        else:
            self._suspects = [suspect for suspect in self._suspects if suspect.key.id != key.id]
            if is_well:
                self._judge(outcome)
            else:
                self._count_try_alone(outcome)
        return is_well

    def _recall(self) -> None:
        """Know a key that works, from an earlier run if there is none from this one."""
        self._good = self._good or self._in_turn(FINAL)

    async def _alone(self, key: Key) -> Found:
        async with lookup_many(self._look_up, [key], concurrency=1) as outcomes:
            return await anext(outcomes)

    def _count_try_alone(self, outcome: Found) -> None:
        """Give a key up that fails again and again while nothing is known to work: it may be the cause itself."""
        key_id = outcome.key.id
        self._tries_alone[key_id] = self._tries_alone.get(key_id, 0) + 1
        if self._tries_alone[key_id] >= _TRIES_ALONE:
            self._put_failure(outcome, Verdict.FAILED)

    def _next_unknown(self) -> Key | None:
        """Take turns, for one of them may be the cause of the trouble."""
        key = self._in_turn((Verdict.PENDING, Verdict.FAILED_ONCE), self._last_tried)
        if key is not None:
            self._last_tried = key.id
        return key

    def _in_turn(self, standings: Sequence[Verdict], last: int = -1) -> Key | None:
        found = (self._next(wanted, first) for first in (last + 1, 0) for wanted in standings)
        return next((key for key in found if key is not None), None)

    def _next(self, wanted: Verdict, first: int = 0) -> Key | None:
        if not self.tally.counts[wanted]:
            return None
        with closing(read_keys(self.directory, self.tally.standings, wanted, first)) as keys:
            return next(keys, None)


def _line(outcome: Found, verdict: Verdict) -> bytes:
    """Write a verdict as a part file has it: the answer is JSON already, and is not looked at again."""
    key, answer, error = outcome.key, outcome.value or NOTHING, outcome.error
    codes = b',"codes":%s' % str(list(error.codes)).encode() if isinstance(error, ResponseError) else b""
    return b'{"id":%d,"key":%s,"verdict":"%s"%s,"rows":%s}\n' % (
        key.id,
        key.text,
        verdict.label.encode(),
        codes,
        answer.rows,
    )
