"""The engine of a job: looks up the keys that are left, decides what each failure means, and when to wait or to stop.

A run makes passes over the keys that are left. The first pass looks up many keys at a time, later passes fewer, with a
growing wait before, until every key has an outcome or has failed too often. A failure that may be the API's fault
counts against its key only if the API works at that time (`breaker`), so an outage costs no key its outcome.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from time import time
from typing import Any, Final, cast

import attrs

from capillary_async.bulk import Concurrency, Outcomes
from capillary_async.bulk.concurrency import ConcurrencyController
from capillary_async.client import CapillaryClient
from capillary_async.errors import CapillaryError, ConfigurationError
from capillary_async.jobs.batch_writer import BatchWriter
from capillary_async.jobs.breaker import CircuitBreaker, Found, Probe
from capillary_async.jobs.database import corrupted
from capillary_async.jobs.errors import InvalidRowError, JobRefusedError, JobStoppedError, stopping_when_the_disk_fails
from capillary_async.jobs.lookups import Lookup
from capillary_async.jobs.manifest import JobOptions
from capillary_async.jobs.outcomes import FEW_TRIES, Cause, KeyStatus, Reason, key_status
from capillary_async.jobs.progress import Progress
from capillary_async.jobs.records import FIRST, Key, KeyOutcome
from capillary_async.jobs.stop_token import StopToken
from capillary_async.jobs.store import JobStore
from capillary_async.pipeline.pacing import current_pacer

# Later passes look up fewer keys at once, because too many at once may have made the keys fail.
_LATER_SHARE: Final = 4
# Seconds before a pass when the pass before brought nothing.
_PASS_WAIT: Final = 0.25
_LONGEST_PASS_WAIT: Final = 4.0
# Tries of a key that is refused without a code, once another such key was found after all.
_TRIES_OF_BLANK: Final = 10
# asyncio reads into blocks of 256 KiB. This is so much larger that the heap has no room for it.
_LARGER_THAN_READS: Final = 2**22


@attrs.define(eq=False)
class Run:
    """One run of a job.

    Args:
        store: The job's.
        lookup: What is looked up.
        client: Sends the requests.
        options: How the job works.
        progress: Kept up to date.
        on_progress: Called a few times a second while lookups end, and before each wait.
        token: Stops the run.
    """

    _store: JobStore
    _lookup: Lookup
    _client: CapillaryClient
    _options: JobOptions
    _progress: Progress
    _on_progress: Callable[[Progress], object]
    _token: StopToken
    _writer: BatchWriter = attrs.field(init=False)
    _breaker: CircuitBreaker = attrs.field(init=False)
    _probe: Probe = attrs.field(init=False)
    _fetch: Callable[[tuple[Any, ...]], Awaitable[list[Any]]] = attrs.field(init=False)
    _controller: ConcurrencyController = attrs.field(init=False)
    _last: int = attrs.field(default=FIRST, init=False)
    # Keys whose failure will hardly pass, and keys that were refused without a code.
    _doubtful: set[int] = attrs.field(factory=set[int], init=False)
    _blank: set[int] = attrs.field(factory=set[int], init=False)
    _do_blanks_pass: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        write = partial(self._store.write, base_url=self._client.base_url, account=self._client.account)
        options = self._options
        self._writer = BatchWriter(write, options.batch, options.batch_seconds, self._stop_for)
        self._breaker = CircuitBreaker(options.first_wait, options.longest_wait)
        self._probe = Probe(self._store, self._look_up_alone, self._keep, self._give_up)
        self._fetch = self._lookup.call(self._client)
        self._controller = _controller(cast("Concurrency", options.concurrency))

    def _stop_for(self, error: BaseException) -> None:
        self._token.stop(str(error), at_once=True)

    async def work(self) -> None:
        """Look up all keys that are left."""
        _reuse_read_memory()
        try:
            try:
                await self._make_passes()
            except JobStoppedError as stopped:
                await self._writer.flush()
                self._store.note_error(str(stopped), self._client.listing_traits)
                raise
            self._store.complete(self._client.listing_traits)
            self._on_progress(self._progress)
        finally:
            await self._writer.close()

    async def _make_passes(self) -> None:
        progress, wait = self._progress, 0.0
        try:
            async with self._token:
                await self._wait_for_api()
                await self._pass()
                self._controller = _slower(self._controller)
                while (left := progress.left) and self._token.reason is None:
                    if wait:
                        await self._wait(wait, f"another try of {left:,} keys, for {wait:g} s")
                    await self._pass()
                    wait = 0.0 if progress.left < left else min(max(_PASS_WAIT, wait * 2), _LONGEST_PASS_WAIT)
                await self._writer.flush()
        except ConfigurationError as error:  # the client was closed
            raise JobStoppedError(str(error)) from error
        if progress.left:
            raise JobStoppedError(self._token.reason or "the job stopped")

    async def _pass(self) -> None:
        """Look up the keys that are left once. Those that an outage interrupts are left for another pass."""
        self._last, is_over = FIRST, not self._progress.left
        while not is_over and self._token.reason is None:
            is_over = await self._look_up_keys()
            if self._breaker.failures and self._token.reason is None:
                await self._wait_for_api()
        await self._writer.flush()

    async def _look_up_keys(self) -> bool:
        """Look up keys until the breaker opens; return whether there are no more."""
        progress, breaker, writer = self._progress, self._breaker, self._writer
        async with Outcomes(self._look_up, self._keys(), self._controller) as lookups:
            while outcomes := await lookups.take(writer.room):
                await self._sort_out(outcomes)
                if progress.observe(len(outcomes)):
                    progress.concurrency = lookups.concurrency
                    self._on_progress(progress)
                if not breaker.is_closed:
                    return False
                if writer.room <= 0:
                    progress.waiting_for = "the disk"
                    await writer.wait_for_room()
                    progress.waiting_for = ""
            progress.concurrency = lookups.concurrency
        return True

    def _keys(self) -> Iterator[Key]:
        is_first = self._last == FIRST
        while True:
            with stopping_when_the_disk_fails():
                keys = self._store.keys_left(self._last)
            if is_first and not keys:
                raise corrupted(self._store.path, f"{self._progress.left} keys are neither done nor left")
            is_first = False
            for key in keys:
                if self._token.reason is not None:
                    return
                self._last = key.id
                yield key
            if not keys:
                return

    def _look_up(self, key: Key) -> Awaitable[list[Any]]:
        # Not a coroutine, which each step of the lookup would have to pass.
        pacer: Any = current_pacer()  # `Outcomes` sets a `WorkerPacer`
        pacer.counter = key
        key.requests = 0
        return self._fetch(key.values)

    async def _look_up_alone(self, key: Key) -> Found:
        async with Outcomes(self._look_up, [key], ConcurrencyController(1, 1)) as outcomes:
            outcome = await anext(outcomes)
            if isinstance(outcome.error, JobRefusedError):
                raise outcome.error
            return outcome

    # --- what an outcome means ---

    async def _sort_out(self, outcomes: Sequence[Found]) -> None:
        """Keep what is final first, so that none of it is lost when another failure opens the breaker."""
        found = [outcome for outcome in outcomes if outcome.error is None]
        failed: list[tuple[Found, Exception]] = [(each, each.error) for each in outcomes if each.error is not None]
        if found and self._found(found) is not None:
            failed += [(outcome, wrong) for outcome in found if (wrong := self._found([outcome])) is not None]
        for outcome, error in sorted(failed, key=_is_open):
            await self._judge(outcome, error)
            if not self._breaker.is_closed:
                return

    def _found(self, outcomes: Sequence[Found]) -> InvalidRowError | None:
        """Keep what was found; return an error of the lookup's own if some of it cannot be stored."""
        try:
            texts = self._lookup.encode([outcome.value for outcome in outcomes])
        except InvalidRowError as error:
            return error
        if self._breaker.failures:
            self._count_failures()
        keys, now = [outcome.key for outcome in outcomes], int(time())
        self._do_blanks_pass = self._do_blanks_pass or not self._blank.isdisjoint([key.id for key in keys])
        self._probe.canary = keys[-1]
        rows = zip(keys, outcomes, texts, strict=True)
        self._put(
            [
                # A call takes twice as long.
                KeyOutcome._make(
                    (
                        key.id,
                        "found" if outcome.value else "empty",
                        key.requests_before + key.requests,
                        now,
                        "",
                        text,
                        key.tries,
                    )
                )
                for key, outcome, text in rows
            ]
        )
        return None

    async def _judge(self, outcome: Found, error: Exception) -> None:
        if isinstance(error, JobRefusedError):
            raise error  # the lookup does not return what it declares
        status = key_status(error)
        if status.cause is Cause.KEY:
            self._count_failures()
            self._keep(outcome)
        elif status.cause is Cause.LOOKUP:
            self._count(outcome, error, status)
        elif status.cause in (Cause.ACCOUNT, Cause.HOPELESS):
            # Ask the canary at once, because more requests may get the account locked.
            if self._probe.has_canary() and await self._probe.is_api_working():
                self._count(outcome, error, status)
            else:
                self._breaker.hold_back(outcome, is_enough=True)
        else:
            self._breaker.hold_back(outcome)

    def _keep(self, outcome: Found) -> None:
        """Keep what the API answered for a key, or an error of the lookup's own."""
        key, error = outcome.key, outcome.error or self._found([outcome])
        if error is None:
            return
        status = key_status(error)
        if status.cause is Cause.LOOKUP:
            self._count(outcome, error, status)
            return
        self._probe.canary = self._probe.canary or key
        self._put([self._failed(key, error, status.status, key.tries)])

    def _count_failures(self) -> None:
        """The API works: count the failures that were held back against their keys."""
        for outcome in self._breaker.close():
            if outcome.error is not None:
                self._count(outcome, outcome.error, key_status(outcome.error))

    def _count(self, outcome: Found, error: Exception, status: KeyStatus) -> None:
        """Count a failure against its key. After enough of them it is the key's outcome."""
        key, most, tries = outcome.key, status.tries, outcome.key.tries + 1
        if status.cause is Cause.BLANK:
            self._blank.add(key.id)
            most = _TRIES_OF_BLANK if self._do_blanks_pass else most
        is_final = tries >= most
        self._put([self._failed(key, error, status.status if is_final else "pending", tries)])
        if not is_final and most <= FEW_TRIES:
            self._doubtful.add(key.id)
        failed = self._progress.failed = self._progress.counts["failed"] + len(self._doubtful)
        if failed > self._options.most_failures(self._progress.total):
            raise JobStoppedError(f"{failed:,} keys have failed, more than the job allows") from error

    def _give_up(self, outcome: Found) -> None:
        """Count a key as failed that fails again and again while no other was ever answered."""
        if outcome.error is not None:
            self._breaker.forget(outcome.key)
            self._count(outcome, outcome.error, KeyStatus(Cause.UNCLEAR, "failed"))

    def _failed(self, key: Key, error: Exception, status: str, tries: int) -> KeyOutcome:
        attempts = error.attempts if isinstance(error, CapillaryError) else 0
        requests = key.requests_before + max(key.requests, attempts, 1)
        return KeyOutcome(key.id, status, requests, int(time()), Reason.of(error).to_json(), b"", tries)

    def _put(self, outcomes: Sequence[KeyOutcome]) -> None:
        for status, count in Counter([outcome[1] for outcome in outcomes]).items():
            if status != "pending":
                self._progress.counts[status] += count
        if self._doubtful or self._blank:
            done = {outcome.key_id for outcome in outcomes if outcome.status != "pending"}
            self._doubtful -= done
            self._blank -= done
        self._writer.add(outcomes)

    # --- waiting ---

    async def _wait_for_api(self) -> None:
        """Find out whether the API works; while it does not, wait, longer each time."""
        while self._token.reason is None and not await self._probe.is_api_working():
            error = self._probe.error
            seconds = self._breaker.open()
            self._note_error(f"{type(error).__name__}: {error}")
            await self._writer.flush()
            await self._wait(seconds, f"the API, for {seconds:g} s")
        if self._token.reason is None:
            self._count_failures()
            if self._progress.last_error:
                self._note_error("")
        await self._writer.flush()

    def _note_error(self, message: str) -> None:
        self._progress.last_error = message
        with stopping_when_the_disk_fails():
            self._store.note_error(message)

    async def _wait(self, seconds: float, what: str) -> None:
        self._progress.waiting_for = what
        self._on_progress(self._progress)
        await self._token.interrupting(asyncio.sleep(seconds))
        self._progress.waiting_for = ""


def _reuse_read_memory() -> None:
    """Let the C library keep the memory that answers are read into.

    glibc maps each block that is larger than a threshold anew, which costs three system calls and two page faults for
    each answer. The threshold rises to the size of the largest such block that was ever freed, so one is freed here.
    """
    bytes(_LARGER_THAN_READS)


def _is_open(failed: tuple[Found, Exception]) -> bool:
    return key_status(failed[1]).cause is not Cause.KEY


def _controller(concurrency: Concurrency) -> ConcurrencyController:
    if isinstance(concurrency, int):
        return ConcurrencyController(concurrency, concurrency, minds_latency=False)
    return ConcurrencyController()


def _slower(controller: ConcurrencyController) -> ConcurrencyController:
    limit = max(1, controller.limit // _LATER_SHARE)
    return ConcurrencyController(limit, limit, minds_latency=False, rate_control=controller.rate_control)
