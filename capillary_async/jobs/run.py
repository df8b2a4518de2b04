"""The engine of a job: looks up what is left, judges what comes back, and knows when to wait and when to stop.

A run is a sequence of passes. The first one looks up the keys that were never tried, many at a time. Those that fail
come again in later passes, fewer at a time and with a growing wait before, until they have an outcome or have failed
too often. An error that may be the API's fault is held against its key only when the API is known to be well: see
`breaker` for when that is asked, and `probe` for how. So an outage costs no key its outcome, however long it is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, Final

import attrs

from capillary_async.bulk import Concurrency, Outcome, Outcomes
from capillary_async.bulk.concurrency import ConcurrencyController, WorkerPacer
from capillary_async.errors import CapillaryError, ConfigurationError
from capillary_async.jobs.batch_writer import BatchWriter
from capillary_async.jobs.breaker import CircuitBreaker
from capillary_async.jobs.database import corrupted
from capillary_async.jobs.errors import JobRefusedError, JobStoppedError, stopping_when_the_disk_fails
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.outcomes import Answer, Meaning, Reason, Verdict, verdict_on
from capillary_async.jobs.probe import Probe
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.records import Key, Record
from capillary_async.jobs.stop_token import StopToken
from capillary_async.jobs.store import JobStore
from capillary_async.pipeline.pacing import current_pacer

# Later passes run fewer at once, for it may have been too many that made the keys fail.
_LATER_SHARE: Final = 4
# Seconds before the third pass; the wait doubles with each that brings nothing, up to the last.
_PASS_WAIT: Final = 0.25
_LONGEST_PASS_WAIT: Final = 4.0
# Once a blank refusal turned out to be no word on its key, so many in a row are needed.
_PATIENCE_WITH_LIARS: Final = 10
_LITTLE_PATIENCE: Final = 2

Found = Outcome[Key, Answer]


@attrs.define(eq=False)
class Run:
    """One run of a job.

    Attributes:
        store: The job's.
        lookup: What is looked up.
        client: Whom it asks.
        writer: Makes outcomes safe.
        progress: Kept up to date.
        on_progress: Told to look at it, a few times a second while something happens.
        token: Ends the run.
        concurrency: Lookups at once at most, or "auto".
        most_failures: Stop when more keys than this have failed.
    """

    store: JobStore
    lookup: Lookup
    client: Any
    writer: BatchWriter
    progress: Progress
    on_progress: Callable[[Progress], object]
    token: StopToken
    concurrency: Concurrency
    most_failures: float
    _breaker: CircuitBreaker[Found] = attrs.field(factory=CircuitBreaker[Found], init=False)
    _probe: Probe = attrs.field(init=False)
    _fetch: Callable[[tuple[Any, ...]], Awaitable[Any]] = attrs.field(init=False)
    _controller: ConcurrencyController = attrs.field(init=False)
    _requests: dict[int, int] = attrs.field(factory=dict[int, int], init=False)
    # Keys that failed in a way that is hardly to pass, and keys that were refused without a word.
    _doubtful: set[int] = attrs.field(factory=set[int], init=False)
    _blank: set[int] = attrs.field(factory=set[int], init=False)
    _blanks_lie: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._fetch = self.lookup.call(self.client)
        self._probe = Probe(self.store, self._look_up_alone, self._take, self._give_up)
        self._controller = _controller_for(self.concurrency)

    async def work(self) -> None:
        """Look up everything that is left.

        Raises:
            JobStoppedError: Something is left; it says why.
        """
        try:
            async with self.token:
                await self._wait_until_well()
                while not self.token.is_set and self._is_any_left(are_failed=False):
                    await self._pass(are_failed=False)
                await self._later_passes()
                await self.writer.flush()
        except ConfigurationError as error:  # the client was closed while all were waiting for it
            raise JobStoppedError(str(error)) from error
        if self.progress.left:
            raise JobStoppedError(self.token.reason or "the job stopped")

    def _is_any_left(self, *, are_failed: bool) -> bool:
        with closing(self.store.keys(are_failed=are_failed)) as keys:
            return next(keys, None) is not None

    async def _later_passes(self) -> None:
        wait, self._controller = 0.0, _slower(self._controller)
        while self.progress.left and not self.token.is_set:
            left = self.progress.left
            if not (self._is_any_left(are_failed=True) or self._is_any_left(are_failed=False)):
                raise corrupted(self.store.path, f"{left} keys are neither done nor left")
            if wait:
                await self._wait(wait, f"another try of {left:,} keys, for {wait:g} s")
            await self._pass(are_failed=True)
            await self._pass(are_failed=False)
            wait = 0.0 if self.progress.left < left else min(max(_PASS_WAIT, wait * 2), _LONGEST_PASS_WAIT)

    async def _pass(self, *, are_failed: bool) -> None:
        """Look up all keys of one kind once; what an outage leaves out is for another pass."""
        last, is_over = -(2**63), False
        while not is_over and not self.token.is_set:
            last, is_over = await self._leg(last, are_failed=are_failed)
            if self._breaker.has_suspects and not self.token.is_set:
                await self._wait_until_well()
        await self.writer.flush()

    async def _leg(self, last: int, *, are_failed: bool) -> tuple[int, bool]:
        """Look up keys until they end or something seems to be wrong; return the last one, and whether they ended."""
        keys = _Keys(self.store, self.token, last, are_failed=are_failed)
        async with Outcomes(self._look_up, keys, self._controller) as outcomes:
            async for outcome in outcomes:
                self.progress.concurrency = outcomes.concurrency
                await self._judge(outcome)
                if self._breaker.state != "closed":
                    return keys.last, False
                if self.writer.is_full:
                    await self._wait_for_disk()
        return keys.last, True

    async def _look_up(self, key: Key) -> Answer:
        pacer = current_pacer()
        if isinstance(pacer, WorkerPacer):
            pacer.requests = 0
        try:
            rows = self.lookup.rows_of(await self._fetch(key.values))
            return Answer(self.lookup.encode(rows) if rows else b"", _requests_of(pacer))
        except SystemExit as error:
            # The exit code would say something of a job that is not done.
            raise RuntimeError("the lookup wanted to end the process") from error
        except Exception:
            self._requests[key.id] = _requests_of(pacer)
            raise

    # A lookup that returns something else than it declares raises a `JobRefusedError`, which ends the run.

    async def _look_up_alone(self, key: Key) -> Found:
        async with Outcomes(self._look_up, [key], ConcurrencyController(1, 1)) as outcomes:
            outcome = await anext(outcomes)
            if isinstance(outcome.error, JobRefusedError):
                raise outcome.error
            return outcome

    async def _wait_for_disk(self) -> None:
        self.progress.waiting_for = "the disk"
        await self.writer.wait_for_room()
        self.progress.waiting_for = ""

    # --- judging ---

    async def _judge(self, outcome: Found) -> None:
        if self.progress.observe(outcome.seconds):
            self.on_progress(self.progress)
        error = outcome.error
        if error is None:
            self._blame_suspects()
            self._take(outcome)
            return
        if isinstance(error, JobRefusedError):
            raise error
        verdict = verdict_on(error)
        if verdict.meaning is Meaning.ANSWER:
            self._blame_suspects()
            self._take(outcome)
        elif verdict.meaning is Meaning.LOOKUP:
            self._blame(outcome, error, verdict)
        elif verdict.meaning in (Meaning.ACCOUNT, Meaning.HOPELESS):
            # Nothing more is worth sending until it is known whom that concerns.
            if self._probe.has_canary and await self._probe.is_well():
                self._blame(outcome, error, verdict)
            else:
                self._breaker.suspect(outcome, error, is_last=True)
        else:
            self._breaker.suspect(outcome, error)

    def _blame_suspects(self) -> None:
        """The API is well, so it was the keys' own fault."""
        if not self._breaker.has_suspects and self._breaker.state == "closed":
            return
        for suspect in self._breaker.close():
            if suspect.error is not None:
                self._blame(suspect, suspect.error, verdict_on(suspect.error))

    def _take(self, outcome: Found) -> None:
        """Keep what the API said of a key, or of an error that is the lookup's own."""
        key, error = outcome.key, outcome.error
        if error is None:
            self._probe.note_answer(key, is_found=True)
            self._blanks_lie = self._blanks_lie or key.id in self._blank
            answer = outcome.value
            self._put(_record(key, "found" if answer.rows else "empty", answer.requests, rows=answer.rows))
            return
        verdict = verdict_on(error)
        if verdict.meaning is Meaning.LOOKUP:
            self._blame(outcome, error, verdict)
            return
        self._probe.note_answer(key, is_found=False)
        self._put(_record(key, verdict.status, self._spent_on(key, error), Reason.of(error)))

    def _blame(self, outcome: Found, error: Exception, verdict: Verdict) -> None:
        """Hold an error against its key; when that has happened often enough, it is the key's outcome."""
        key, patience = outcome.key, verdict.patience
        if verdict.meaning is Meaning.BLANK:
            self._blank.add(key.id)
            patience = _PATIENCE_WITH_LIARS if self._blanks_lie else patience
        tries = key.tries + 1
        status = verdict.status if tries >= patience else "pending"
        record = _record(key, status, self._spent_on(key, error), Reason.of(error))
        self._put(record._replace(tries=tries))
        if status == "pending" and patience <= _LITTLE_PATIENCE:
            self._doubtful.add(key.id)
        failed = self.progress.failed = self.progress.counts["failed"] + len(self._doubtful)
        if failed > self.most_failures:
            raise JobStoppedError(f"{failed:,} keys have failed, more than the job allows") from error

    def _give_up(self, outcome: Found) -> None:
        """Count a key as failed that has failed again and again while no other was ever answered."""
        if outcome.error is not None:
            self._blame(outcome, outcome.error, Verdict(Meaning.SUSPECT, "failed"))

    def _spent_on(self, key: Key, error: Exception) -> int:
        attempts = error.attempts if isinstance(error, CapillaryError) else 0
        return max(self._requests.pop(key.id, 0), attempts, 1)

    def _put(self, record: Record) -> None:
        if record.status != "pending":
            self.progress.counts[record.status] += 1
            self._doubtful.discard(record.key_id)
            self._blank.discard(record.key_id)
        self.writer.add(record)

    # --- outages ---

    async def _wait_until_well(self) -> None:
        """Find out whether the API is well; while it is not, wait, longer each time."""
        is_noted = False
        while not self.token.is_set and not await self._probe.is_well():
            error = self._probe.error or self._breaker.last_error or JobStoppedError("no answer")
            seconds = self._breaker.open(error)
            self._note_error(f"{type(error).__name__}: {error}")
            is_noted = True
            await self.writer.flush()
            await self._wait(seconds, f"the API, for {seconds:g} s")
        if not self.token.is_set:
            self._blame_suspects()
            if is_noted:
                self._note_error("")
        await self.writer.flush()

    def _note_error(self, message: str) -> None:
        self.progress.last_error = message
        with stopping_when_the_disk_fails():
            self.store.note_error(message)

    async def _wait(self, seconds: float, what: str) -> None:
        self.progress.waiting_for = what
        self.on_progress(self.progress)
        await self.token.interrupting(asyncio.sleep(seconds))
        self.progress.waiting_for = ""


class _Keys:
    """The keys of a leg; it notes how far it was read.

    Attributes:
        last: Number of the last key that was taken.
    """

    def __init__(self, store: JobStore, token: StopToken, last: int, *, are_failed: bool) -> None:
        self.last = last
        self._token = token
        self._keys = store.keys(last, are_failed=are_failed)

    def __iter__(self) -> "_Keys":
        return self

    def __next__(self) -> Key:
        if self._token.is_set:
            raise StopIteration
        with stopping_when_the_disk_fails():
            key = next(self._keys)
        self.last = key.id
        return key


def _record(key: Key, status: str, requests: int, reason: Reason | None = None, rows: bytes = b"") -> Record:
    text = "" if reason is None else reason.to_json()
    return Record(key.id, status, key.requests + requests, int(time.time()), text, rows, 0, key.tries > 0)


def _requests_of(pacer: object) -> int:
    return pacer.requests if isinstance(pacer, WorkerPacer) else 0


def _controller_for(concurrency: Concurrency) -> ConcurrencyController:
    if isinstance(concurrency, int):
        return ConcurrencyController(concurrency, concurrency, minds_latency=False)
    return ConcurrencyController()


def _slower(controller: ConcurrencyController) -> ConcurrencyController:
    limit = max(1, controller.limit // _LATER_SHARE)
    return ConcurrencyController(limit, limit, minds_latency=False, rate_control=controller.rate_control)
