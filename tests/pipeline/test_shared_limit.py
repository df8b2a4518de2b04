"""Processes that share a rate limit keep it together."""

import asyncio
import fcntl
import math
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import attrs
import pytest

from capillary_async.errors import ConfigurationError, DeadlineExceeded, TransportError
from capillary_async.options import RateLimit
from capillary_async.pipeline.admission import RateLimiter, bulk_priority
from capillary_async.pipeline.limit_stores import FileStore, LimitStore, RedisStore
from capillary_async.pipeline.shared_limit import SharedRateLimit, SharedRateLimiter, limiter_for
from tests.fakes import VirtualClock, outcomes

# With a clock that stands still the pace lets two thousand start at once, so the guard alone decides.
BURST = RateLimit(20, per=0.0001)


KNOWN_ADDRESSES = r"^url must start with redis://, rediss://, valkey://, valkeys:// and a server, or with file:///$"


def most_in_a_window(times: Iterable[float], per: float) -> int:
    """Count the starts of the fullest window, both of its ends included."""
    times = list(times)
    return max(sum(first <= time <= first + per for time in times) for first in times)


@pytest.fixture
def clock() -> VirtualClock:
    """Return the clock that all the processes share."""
    return VirtualClock(1000.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the starts are written down."""
    return tmp_path / "limit"


def _nothing(_: str) -> None:
    """Find no module of any name."""


async def take(store: LimitStore) -> float:
    """Take a start if there is one now and return 0, else the seconds until there is."""
    return await store.book(1e-9)


async def take_all(store: LimitStore, most: int = 1000) -> int:
    """Take starts until there are none."""
    for taken in range(most):
        if await take(store):
            return taken
    return most


class TestSharedRateLimit:
    """The value that users write."""

    def test_it_is_a_rate_limit(self) -> None:
        """It goes where one goes, also into a worker's pickled options."""
        limit = SharedRateLimit("redis://localhost/0", "prod", 1000, per=30.0)

        assert isinstance(limit, RateLimit)
        assert (limit.limit, limit.per, limit.name) == (1000, 30.0, "prod")
        assert pickle.loads(pickle.dumps(limit)) == limit

    def test_its_window_is_a_minute_unless_said(self) -> None:
        """The API counts calls a minute."""
        assert SharedRateLimit("redis://localhost", "prod", 1000).per == 60.0

    def test_its_password_shows_nowhere(self) -> None:
        """Servers' addresses may hold one, and options are printed."""
        limit = SharedRateLimit("redis://till:hunter2@localhost", "prod", 1000)

        assert "hunter2" not in repr(limit)
        assert "hunter2" not in repr(limit.store())

    @pytest.mark.parametrize(
        ("url", "argument"),
        [
            ("", "url"),
            ("http://localhost", "url"),
            ("redis://", "url"),
            ("file:///", "url"),
            ("file:", "url"),
            ("file://elsewhere/run/limits", "url"),
            ("/run/limits", "url"),
            ("redis://localhost:sixteen/0", "url"),
            ("redis://localhost:0/0", "url"),
            ("redis://[::1", "url"),
            (None, "url"),
            (5, "url"),
        ],
    )
    def test_an_address_that_cannot_work_is_refused(self, url: Any, argument: str) -> None:
        """At once, and not in the first call."""
        with pytest.raises(ValueError, match=f"^{argument} must") as caught:
            SharedRateLimit(url, "prod", 1000)

        assert caught.value.__context__ is None

    @pytest.mark.parametrize(
        ("url", "name", "limit"),
        [
            ("redis://:{}@localhost:x/0", "prod", 1000),
            ("http://:{}@localhost/0", "prod", 1000),
            ("redis://:{}@localhost/0", "a b", 1000),
            ("redis://:{}@localhost/0", "prod", 0),
            ("redis://:{}@localhost/0?socket_timeout=x", "prod", 1000),
        ],
    )
    def test_a_refused_address_shows_no_password(self, url: str, name: str, limit: int) -> None:
        """Error trackers print the locals of every frame, and the half-built object among them."""
        with pytest.raises((ValueError, ConfigurationError)) as caught:
            SharedRateLimit(url.format("hunter2"), name, limit).store()

        whole = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [frame.locals for frame in whole.stack if frame.filename != __file__]

        assert ours
        assert "hunter2" not in f"{caught.value} {ours}"

    def test_an_unknown_address_is_told_of_those_that_are_known(self) -> None:
        """A guess at the scheme is how one starts."""
        with pytest.raises(ValueError, match=KNOWN_ADDRESSES):
            SharedRateLimit("http://localhost", "prod", 1000)

    @pytest.mark.parametrize("url", ["file:///x", "file://localhost/run/limits", "redis://localhost"])
    def test_an_address_that_works_is_taken(self, url: str) -> None:
        """A file's URL may name the machine that it is on."""
        assert SharedRateLimit(url, "prod", 1000).url == url

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "../up", "n" * 101, "a\n"])
    def test_a_name_that_is_no_name_is_refused(self, name: str) -> None:
        """It becomes part of a file's name."""
        with pytest.raises(ValueError, match=r"^name must"):
            SharedRateLimit("redis://localhost", name, 1000)

    def test_its_numbers_are_checked_as_ever(self) -> None:
        """No limit is not a limit of none."""
        with pytest.raises(ValueError, match=r"^limit must"):
            SharedRateLimit("redis://localhost", "prod", 0)
        with pytest.raises(ValueError, match=r"^per must"):
            SharedRateLimit("redis://localhost", "prod", 1, per=-1.0)

    def test_a_system_without_locks_needs_a_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two processes that write the same file unlocked would both start."""
        monkeypatch.setattr("capillary_async.pipeline.shared_limit.find_spec", _nothing)

        with pytest.raises(ValueError, match=r"^url must be a server's: this system has no locks for files$"):
            SharedRateLimit("file:///run/limits", "prod", 1000)

    async def test_the_file_is_named_after_both(self, tmp_path: Path) -> None:
        """Several limits may share an address, and a path may hold any character."""
        limit = SharedRateLimit(f"file://{tmp_path}/my%20limits", "prod", 1000)
        store = limit.store()

        await take(store)
        await store.close()

        assert (tmp_path / "my limits.prod").exists()

    @pytest.mark.parametrize("scheme", ["redis", "rediss", "valkey", "valkeys"])
    def test_a_server_has_many_names(self, scheme: str) -> None:
        """Valkey speaks what Redis speaks."""
        pytest.importorskip("redis")

        store = SharedRateLimit(f"{scheme}://localhost:6379/0", "prod", 1000).store()

        assert isinstance(store, RedisStore)
        assert store._name == "prod"

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is optional, so this is the first that a user hears of it."""
        monkeypatch.setitem(sys.modules, "redis.asyncio", None)

        message = "^a rate limit that is shared over Redis needs the package redis"
        with pytest.raises(ConfigurationError, match=message) as caught:
            SharedRateLimit("redis://localhost", "prod", 1000).store()

        assert caught.value.__context__ is None

    def test_an_option_that_makes_no_sense_is_an_error_of_ours(self) -> None:
        """The library's own would be a `ValueError` in the middle of building a client."""
        pytest.importorskip("redis")
        with pytest.raises(ConfigurationError, match=r"^the address .* holds what redis does not take"):
            SharedRateLimit("redis://localhost/0?socket_timeout=soon", "prod", 1000).store()


class TestFileStore:
    """One file, any number of processes of one machine."""

    async def test_starts_are_as_even_as_in_one_process(self, path: Path, clock: VirtualClock) -> None:
        """The same pace: half an interval of credit, then one and a half percent slower than the limit."""
        store = FileStore(path, RateLimit(10, per=10.0), clock=clock.time)

        assert await take(store) == 0.0
        assert round(await take(store), 9) == 0.5075
        clock.block(0.5076)
        assert await take(store) == 0.0
        assert round(await take(store), 4) == 1.0149
        await store.close()

    async def test_no_window_sees_more_than_the_limit(self, path: Path, clock: VirtualClock) -> None:
        """Half a percent of the window is kept as a margin."""
        store = FileStore(path, RateLimit(2, per=10.0), clock=clock.time)
        assert await take(store) == 0.0
        clock.block(5.1)
        assert await take(store) == 0.0
        clock.block(2.9)

        assert round(await take(store), 9) == 2.05
        clock.block(2.051)
        assert await take(store) == 0.0
        assert round(await take(store), 3) == 5.099
        await store.close()

    async def test_all_who_open_it_share_the_limit(self, path: Path, clock: VirtualClock) -> None:
        """That is what it is for."""
        stores = [FileStore(path, BURST, clock=clock.time) for _ in range(3)]

        assert [await take_all(store, 8) for store in stores] == [8, 8, 4]
        for store in stores:
            await store.close()

    async def test_it_remembers_when_all_have_closed_it(self, path: Path, clock: VirtualClock) -> None:
        """A job that is started again must not start with a full limit."""
        first, second = (FileStore(path, BURST, clock=clock.time) for _ in range(2))

        assert await take_all(first) == 20
        await first.close()

        assert [await take_all(first), await take_all(second)] == [0, 0]
        await first.close()
        await second.close()

    async def test_a_machine_that_has_just_started_has_room(self, path: Path) -> None:
        """Its clock has run for less than a window."""
        store = FileStore(path, RateLimit(10, per=60.0), clock=VirtualClock(0.5).time)

        assert await take(store) == 0.0
        await store.close()

    async def test_a_window_later_there_is_room_again(self, path: Path, clock: VirtualClock) -> None:
        """Each start is forgotten in its turn."""
        store = FileStore(path, BURST, clock=clock.time)
        for _ in range(5):
            assert await take_all(store) == 20
            clock.block(1.0)
        await store.close()

    async def test_no_credit_gathers_while_the_guard_is_closed(self, path: Path, clock: VirtualClock) -> None:
        """What was held back would go in a burst."""
        store = FileStore(path, RateLimit(100, per=100.0), clock=clock.time)
        times: list[float] = []
        for _ in range(250):
            clock.block(await store.book(math.inf))
            times.append(clock.elapsed)
        await store.close()

        assert most_in_a_window(times, 100.0) <= 100
        assert most_in_a_window(times[10:], 1.0) == 1

    async def test_who_comes_while_another_writes_asks_again(self, path: Path, clock: VirtualClock) -> None:
        """Waiting for the lock would stop everything else in the process."""
        store = FileStore(path, BURST, clock=clock.time, sleep=clock.sleep)
        with path.open("wb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            clock.call_at(1000.0025, lambda: fcntl.flock(other, fcntl.LOCK_UN))

            assert await take(store) == 0.0

        assert clock.sleeps == [0.001] * 3
        await store.close()

    async def test_a_start_is_booked_ahead(self, path: Path, clock: VirtualClock) -> None:
        """Who asks next comes later, so that processes take turns."""
        store = FileStore(path, RateLimit(10, per=10.0), clock=clock.time)

        assert [round(await store.book(math.inf), 9) for _ in range(4)] == [0.0, 0.5075, 1.5225, 2.5375]
        assert round(await store.book(3.552), 9) == 3.5525
        assert round(await store.book(3.5526), 9) == 3.5525
        assert round(await store.book(math.inf), 9) == 4.5675
        await store.close()

    async def test_after_a_restart_of_the_machine_it_starts_anew(self, path: Path) -> None:
        """The clock does, so the starts in the file seem to lie in the future."""
        before = FileStore(path, BURST, clock=lambda: 90_000.0)
        await take_all(before)
        await before.close()
        after = FileStore(path, BURST, clock=lambda: 10.0)

        assert await take_all(after) == 20
        await after.close()

    async def test_another_limit_under_the_name_is_refused(self, path: Path, clock: VirtualClock) -> None:
        """One of the two processes has it wrong, and neither can know which."""
        ours = FileStore(path, RateLimit(10, per=10.0), clock=clock.time)
        theirs = [FileStore(path, limit, clock=clock.time) for limit in (RateLimit(11, per=10.0), RateLimit(10, per=9))]
        await take(ours)
        clock.block(8.0)

        for store in theirs:
            with pytest.raises(ConfigurationError, match=r"^the name of the .* is in use with another limit"):
                await take(store)
            await store.close()
        await ours.close()

    async def test_a_limit_may_change_when_the_old_one_rests(self, path: Path, clock: VirtualClock) -> None:
        """A new version of a program may bring a new limit."""
        old = FileStore(path, RateLimit(10, per=10.0), clock=clock.time)
        new = FileStore(path, BURST, clock=clock.time)
        await take(old)
        await old.close()
        clock.block(11.0)

        assert await take_all(new) == 20
        await new.close()

    @pytest.mark.parametrize("content", [b"x", b"not a limit's file, but something of worth to somebody", b"capRate1"])
    async def test_somebody_elses_file_stays_as_it_is(self, path: Path, content: bytes) -> None:
        """A wrong path must not cost data."""
        with path.open("wb") as file:
            file.write(content)
        store = FileStore(path, BURST)

        with pytest.raises(ConfigurationError, match=r"^the file of the .* holds something else"):
            await take(store)

        await store.close()
        with path.open("rb") as file:
            assert file.read() == content

    async def test_a_file_that_cannot_be_opened_is_said_so(self, tmp_path: Path) -> None:
        """With the reason, and without the path, which may name a person."""
        store = FileStore(tmp_path / "nowhere" / "limit", BURST)

        with pytest.raises(ConfigurationError, match=r"cannot be opened \(No such file or directory\)$") as caught:
            await take(store)

        assert caught.value.__context__ is None
        await store.close()

    async def test_one_killed_between_its_two_writes_costs_nothing(
        self, path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has started nothing, so nothing is lost and nothing gained but that one start."""
        store = FileStore(path, BURST, clock=clock.time)
        write = os.pwrite

        def write_the_head(file: int, data: bytes, at: int) -> int:
            if at:
                raise KeyboardInterrupt
            return write(file, data, at)

        monkeypatch.setattr("os.pwrite", write_the_head)
        with pytest.raises(KeyboardInterrupt):
            await take(store)
        monkeypatch.undo()

        assert await take_all(store) == 20
        await store.close()

    async def test_only_its_owner_can_read_it(self, path: Path) -> None:
        """Another user could else stop the job by writing the future into it."""
        store = FileStore(path, BURST)
        await take(store)
        await store.close()

        assert path.stat().st_mode & 0o077 == 0  # noqa: ASYNC240

    def test_processes_at_the_same_time_take_each_start_once(self, path: Path) -> None:
        """Four processes want as many as there are; together they get as many as there are."""
        script = f"""
import asyncio
from pathlib import Path
from capillary_async.options import RateLimit
from capillary_async.pipeline.limit_stores import FileStore

async def main():
    store = FileStore(Path({str(path)!r}), RateLimit(300, per=0.0001), clock=lambda: 100.0)
    taken = sum([await store.book(1e-9) == 0.0 for _ in range(300)])
    await store.close()
    print(taken)

asyncio.run(main())
"""
        processes = [
            subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]

        taken = [int(process.communicate()[0]) for process in processes]

        assert sum(taken) == 300


@attrs.define
class Process:
    """One of the processes that share a limit, and when its calls started."""

    clock: VirtualClock
    limiter: SharedRateLimiter
    store: FileStore
    starts: list[tuple[str, float]] = attrs.field(factory=list[tuple[str, float]])

    @classmethod
    def of(cls, path: Path, clock: VirtualClock, limit: RateLimit) -> "Process":
        """Start one."""
        store = FileStore(path, limit, clock=clock.time)
        limiter = SharedRateLimiter(limit, store, clock=clock.time, call_at=clock.call_at, sleep=clock.sleep)
        return cls(clock, limiter, store)

    async def call(self, name: str = "", **fields: Any) -> None:
        """Start once when the limiter allows it."""
        await self.limiter.acquire(**fields)
        self.starts.append((name, self.clock.time()))

    async def rush(self, calls: int) -> None:
        """Have so many callers ask now."""
        await asyncio.gather(*(self.call(str(n)) for n in range(calls)))


class TestSharedRateLimiter:
    """Each process lines up its own calls; the store decides between processes."""

    async def test_processes_keep_the_limit_together_and_use_it(self, path: Path, clock: VirtualClock) -> None:
        """Neither more than the limit in any window, nor much less over time."""
        limit = RateLimit(60, per=6.0)
        processes = [Process.of(path, clock, limit) for _ in range(3)]

        await asyncio.gather(*(process.rush(100) for process in processes))

        times = sorted(time for process in processes for _, time in process.starts)
        assert most_in_a_window(times, 6.0) <= 60
        assert times[-1] - times[0] <= 5 * 6.0 / 0.97
        for process in processes:
            await process.limiter.close()

    async def test_each_process_gets_its_share(self, path: Path, clock: VirtualClock) -> None:
        """Who comes later is not shut out by who is there."""
        limit = RateLimit(60, per=6.0)
        first, second = (Process.of(path, clock, limit) for _ in range(2))
        rush = asyncio.create_task(first.rush(100))
        await clock.sleep(1.0)

        await second.rush(10)

        assert clock.elapsed < 1.0 + 10 * 2.2 * 0.1015
        await rush

    async def test_calls_start_in_the_order_they_came(self, path: Path, clock: VirtualClock) -> None:
        """Within a process it is as fair as without sharing."""
        process = Process.of(path, clock, RateLimit(10, per=1.0))

        await process.rush(30)

        assert [name for name, _ in process.starts] == [str(n) for n in range(30)]

    async def test_bulk_work_gives_way(self, path: Path, clock: VirtualClock) -> None:
        """As it does without sharing."""
        process = Process.of(path, clock, RateLimit(10, per=10.0))
        tasks: list[asyncio.Task[None]] = []
        for name in ("bulk", "bulk", "bulk", "bulk", "call"):
            with bulk_priority() if name == "bulk" else nullcontext():
                tasks.append(asyncio.create_task(process.call(name)))
        await asyncio.gather(*tasks)

        assert [name for name, _ in process.starts] == ["bulk", "call", "bulk", "bulk", "bulk"]

    async def test_bulk_work_that_waits_for_others_gives_way_to_who_comes_later(
        self, path: Path, clock: VirtualClock
    ) -> None:
        """What the store told the first keeps the rest in line, where a call can pass it."""
        process = Process.of(path, clock, RateLimit(10, per=10.0))
        for _ in range(6):  # starts that are booked ahead, a second apart
            await process.store.book(math.inf)
        tasks = [asyncio.create_task(process.call("first"))]
        with bulk_priority():
            tasks.append(asyncio.create_task(process.call("bulk")))
        await clock.sleep(3.0)
        tasks.append(asyncio.create_task(process.call("call")))
        await asyncio.gather(*tasks)

        assert [name for name, _ in process.starts] == ["first", "call", "bulk"]

    async def test_a_start_is_never_taken_without_asking(self, path: Path, clock: VirtualClock) -> None:
        """The store knows what this process does not."""
        process = Process.of(path, clock, BURST)

        assert process.limiter.start_now() is False

    async def test_a_wait_for_others_that_would_pass_the_deadline_is_not_begun(
        self, path: Path, clock: VirtualClock
    ) -> None:
        """This process has room, but the others have taken it."""
        limit = RateLimit(1, per=10.0)
        first, second = (Process.of(path, clock, limit) for _ in range(2))
        await first.call()

        with pytest.raises(DeadlineExceeded, match=r"^the shared rate limit has no room before the call"):
            await second.call(deadline=1010.05)

        assert clock.elapsed == 0.0
        await second.call(deadline=1010.1)
        assert round(clock.elapsed, 9) == 10.05

    async def test_the_line_waits_with_the_first_of_it(self, path: Path, clock: VirtualClock) -> None:
        """What the store told one need not be asked by a hundred."""
        limit = RateLimit(1, per=10.0)
        first, second = (Process.of(path, clock, limit) for _ in range(2))
        await first.call()
        waiting = asyncio.create_task(second.call())
        await clock.settle()

        with pytest.raises(DeadlineExceeded):
            await second.call(deadline=1010.0)

        waiting.cancel()
        await outcomes(waiting)

    async def test_a_pause_holds(self, path: Path, clock: VirtualClock) -> None:
        """The API's wish for silence."""
        process = Process.of(path, clock, BURST)
        process.limiter.pause(1005.0)

        await process.call()

        assert clock.elapsed == 5.0

    async def test_what_was_booked_before_a_pause_is_forfeit(self, path: Path, clock: VirtualClock) -> None:
        """The start comes after the pause, and is booked then."""
        process = Process.of(path, clock, RateLimit(10, per=10.0))
        await process.rush(2)
        waiting = asyncio.create_task(process.call())
        await clock.sleep(0.1)
        process.limiter.pause(1005.0)

        await waiting

        assert clock.elapsed == 5.0

    async def test_a_pause_that_outlasts_the_deadline_ends_the_call(self, path: Path, clock: VirtualClock) -> None:
        """Its start was booked before the API asked for silence."""
        limit = RateLimit(1, per=10.0)
        first, second = (Process.of(path, clock, limit) for _ in range(2))
        await first.call()
        waiting = asyncio.create_task(second.call(deadline=1020.0))
        await clock.sleep(1.0)
        second.limiter.pause(1020.0)

        (failure,) = await outcomes(waiting)

        assert isinstance(failure, DeadlineExceeded)
        assert clock.elapsed < 20.0

    async def test_a_cancelled_call_lets_the_next_ask(self, path: Path, clock: VirtualClock) -> None:
        """It must not keep the turn; what it had booked is lost."""
        limit = RateLimit(2, per=10.0)
        first, second = (Process.of(path, clock, limit) for _ in range(2))
        await first.rush(2)
        cancelled = asyncio.create_task(second.call())
        await clock.sleep(1.0)
        cancelled.cancel()
        await outcomes(cancelled)

        await second.call()

        assert [round(time, 9) for _, time in second.starts] == [1015.125]

    async def test_it_works_on_the_running_loop(self, path: Path) -> None:
        """Outside tests the clocks are real."""
        shared = SharedRateLimit(f"file://{path}", "prod", 1000, per=1.0)
        limiter = limiter_for(shared)

        await asyncio.gather(*(limiter.acquire() for _ in range(15)))

        await limiter.close()


def test_each_limit_has_its_keeper() -> None:
    """The client need not know of the difference."""
    assert type(limiter_for(RateLimit(10))) is RateLimiter
    assert type(limiter_for(SharedRateLimit("file:///run/limits", "prod", 10))) is SharedRateLimiter


class TestRedisStore:
    """One server, any number of machines."""

    @pytest.fixture
    def server(self) -> Any:
        """Return a stand-in that runs Lua as the server does."""
        pytest.importorskip("lupa")
        return pytest.importorskip("fakeredis").FakeServer()

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> VirtualClock:
        """Return the server's clock."""
        clock = VirtualClock(1_780_000_000.123456)
        monkeypatch.setattr("time.time", clock.time)
        return clock

    @staticmethod
    def connect(server: Any, limit: RateLimit, name: str = "prod") -> RedisStore:
        """Connect one process."""
        client = pytest.importorskip("fakeredis").FakeAsyncRedis(server=server)
        return RedisStore(client, name, limit)

    async def test_starts_are_as_even_as_in_one_process(self, server: Any, clock: VirtualClock) -> None:
        """To the microsecond, which is how exactly the server tells time."""
        store = self.connect(server, RateLimit(10, per=10.0))

        assert await take(store) == 0.0
        assert await take(store) == near(0.5075)
        clock.block(0.5076)
        assert await take(store) == 0.0
        assert await take(store) == near(1.0149)
        await store.close()

    async def test_no_window_sees_more_than_the_limit(self, server: Any, clock: VirtualClock) -> None:
        """As with a file."""
        store = self.connect(server, RateLimit(2, per=10.0))
        assert await take(store) == 0.0
        clock.block(5.1)
        assert await take(store) == 0.0
        clock.block(2.9)

        assert await take(store) == near(2.05)
        clock.block(2.051)
        assert await take(store) == 0.0
        assert await take(store) == near(5.099, within=0.001)
        await store.close()

    async def test_all_who_name_it_share_the_limit(self, server: Any, clock: VirtualClock) -> None:
        """And who names another has another."""
        stores = [self.connect(server, BURST) for _ in range(3)]

        assert [await take_all(store, 8) for store in stores] == [8, 8, 4]
        assert await take_all(self.connect(server, BURST, "other")) == 20
        clock.block(1.0)
        assert await take_all(stores[0]) == 20

    async def test_it_leaves_nothing_behind(self, server: Any, clock: VirtualClock) -> None:
        """A name that is no longer used must not fill the server's memory."""
        store = self.connect(server, RateLimit(10, per=10.0))
        await take(store)
        clock.block(21.0)

        assert await store._client.keys() == []

    async def test_it_remembers_no_more_than_it_must(self, server: Any, clock: VirtualClock) -> None:
        """One number for each start of a window."""
        store = self.connect(server, BURST)
        for _ in range(3):
            await take_all(store)
            clock.block(0.000101)

        assert await store._client.llen("{capillary_async:prod}:starts") == 20

    async def test_both_its_keys_are_on_one_node_of_a_cluster(self, server: Any, clock: VirtualClock) -> None:
        """What stands in braces decides on the node."""
        store = self.connect(server, BURST)
        await take(store)

        assert sorted(await store._client.keys()) == [
            b"{capillary_async:prod}:opens",
            b"{capillary_async:prod}:starts",
        ]

    async def test_a_server_that_is_away_is_an_error_worth_a_retry(self, server: Any) -> None:
        """No call starts unasked; and what the library says stays with us, for it may name the server."""
        server.connected = False
        store = self.connect(server, BURST)

        with pytest.raises(TransportError, match=r"did not answer \(ConnectionError\)") as caught:
            await take(store)

        assert caught.value.retryable
        assert caught.value.__context__ is None


@attrs.frozen(eq=False)
class near:  # noqa: N801  (reads as a value)
    """Equals a number but for rounding."""

    expected: float
    within: float = attrs.field(default=2e-6, kw_only=True)

    def __eq__(self, other: object) -> bool:
        """Compare numbers."""
        return isinstance(other, float) and abs(other - self.expected) <= self.within

    def __hash__(self) -> int:
        """Hash what was expected; nothing in a set is compared by rounding."""
        return hash(self.expected)
