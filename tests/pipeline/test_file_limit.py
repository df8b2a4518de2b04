"""One file, and any number of processes of one machine keep the limit together."""

import asyncio
import errno
import fcntl
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capillary_async.errors import ConfigurationError, TransportError
from capillary_async.options import RateLimit
from capillary_async.pipeline.file_limit import FileLimit
from tests.fakes import VirtualClock
from tests.pipeline.windows import most_in_a_window

SLOW = RateLimit(10, per=10.0)
INTERVAL = 1.005
# What a process leaves to others that want a permit, too.
COURTESY = 0.0063


@pytest.fixture
def clock() -> VirtualClock:
    """Return the clock that all the processes share."""
    return VirtualClock(1000.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the state is."""
    return tmp_path / "limit"


@pytest.fixture
def begun(path: Path, clock: VirtualClock) -> Path:
    """Return a file that has been in use, and has all its credit."""
    limit = process(path, clock)
    wait_and_take(limit, clock)
    asyncio.run(limit.close())
    clock.block(100.0)
    return path


def process(path: Path, clock: VirtualClock, rate_limit: RateLimit = SLOW) -> FileLimit:
    """Build what one process has."""
    return FileLimit(path, rate_limit, clock=clock.time, loop_clock=clock.time)


def wait_and_take(limit: FileLimit, clock: VirtualClock) -> float:
    """Wait for a permit and take it; return the seconds that it took."""
    began = clock.time()
    while wait := limit.take():
        clock.block(wait)
    return clock.time() - began


def starts_of(limits: list[FileLimit], clock: VirtualClock, seconds: float) -> Iterator[tuple[int, float]]:
    """Yield which of the processes takes a permit when, while all want as many as there are."""
    ends_at, asks_at = clock.time() + seconds, [clock.time()] * len(limits)
    while (moment := min(asks_at)) < ends_at:
        number = asks_at.index(moment)
        clock.block(max(moment - clock.time(), 0.0))
        wait = limits[number].take()
        asks_at[number] = clock.time() + wait
        if not wait:
            yield number, clock.time()


class TestOneProcess:
    """What holds without any other."""

    def test_permits_are_one_interval_apart(self, begun: Path, clock: VirtualClock) -> None:
        """As they are without sharing."""
        limit = process(begun, clock)

        assert [round(wait_and_take(limit, clock), 3) for _ in range(4)] == [0.0, 0.986, INTERVAL, INTERVAL]

    def test_a_new_file_begins_as_if_something_had_just_started(self, path: Path, clock: VirtualClock) -> None:
        """It may be new because somebody removed it. But nobody waits half a minute for the first request ever."""
        assert 0.5 <= wait_and_take(process(path, clock), clock) <= 0.5 + COURTESY

    def test_98_percent_are_used(self, begun: Path, clock: VirtualClock) -> None:
        """Sharing does not make the limit slower."""
        rate_limit = RateLimit(200, per=1.0)
        clock.block(100.0)

        times = [time for _, time in starts_of([process(begun, clock, rate_limit)], clock, 20.0)]

        assert most_in_a_window(times, 1.0) <= 200
        assert len(times) >= 0.98 * 20 * 200

    def test_it_tells_when_the_next_permit_is(self, begun: Path, clock: VirtualClock) -> None:
        """Who cannot go in time is refused at once."""
        limit = process(begun, clock)
        wait_and_take(limit, clock)

        assert round(limit.opens_at - clock.time(), 6) == round(INTERVAL - 0.025, 6)

    async def test_it_remembers_when_all_have_closed_it(self, begun: Path, clock: VirtualClock) -> None:
        """A job that is started again must not start with a full limit."""
        first = process(begun, clock)
        wait_and_take(first, clock)
        await first.close()

        assert process(begun, clock).take() > 0.9

    def test_after_a_restart_of_the_machine_nobody_waits_for_the_old_clock(self, begun: Path) -> None:
        """Its clock starts anew, so the number in the file lies far ahead."""
        clock = VirtualClock(10.0)

        assert wait_and_take(process(begun, clock), clock) <= INTERVAL + COURTESY


class TestManyProcesses:
    """What one does holds for the others."""

    def test_together_they_keep_the_limit_and_take_turns(self, begun: Path, clock: VirtualClock) -> None:
        """Nobody is first again and again."""
        rate_limit = RateLimit(60, per=60.0)
        clock.block(100.0)
        limits = [process(begun, clock, rate_limit) for _ in range(5)]

        starts = list(starts_of(limits, clock, 300.0))

        assert most_in_a_window([time for _, time in starts], 60.0) <= 60
        assert len(starts) >= 0.98 * 300
        shares = [sum(number == who for who, _ in starts) for number in range(5)]
        assert min(shares) >= 0.8 * max(shares)

    def test_who_comes_while_another_writes_asks_again(self, begun: Path, clock: VirtualClock) -> None:
        """Waiting for the lock would stop everything else in the process."""
        limit = process(begun, clock)
        with begun.open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            assert limit.take() == 0.001

        assert limit.take() == 0.0

    def test_another_limit_under_the_name_is_refused(self, begun: Path, clock: VirtualClock) -> None:
        """One of the two processes has it wrong, and neither can know which."""
        wait_and_take(process(begun, clock), clock)
        clock.block(8.0)

        for other in (RateLimit(11, per=10.0), RateLimit(10, per=9.0)):
            with pytest.raises(ConfigurationError, match=r"^the name of the .* is in use with another limit$"):
                process(begun, clock, other).take()

    def test_a_limit_may_change_when_the_old_one_rests(self, begun: Path, clock: VirtualClock) -> None:
        """A new version of a program may bring a new limit."""
        assert wait_and_take(process(begun, clock, RateLimit(1000, per=10.0)), clock) < 0.02


class TestRemoval:
    """A file that is gone, or replaced, costs nobody the limit."""

    def test_a_file_that_was_removed_is_begun_anew(self, begun: Path, clock: VirtualClock) -> None:
        """Some went on with the file that was gone, and others with a new one: twice the limit."""
        rate_limit = RateLimit(80, per=1.0)
        clock.block(100.0)
        limits = [process(begun, clock, rate_limit) for _ in range(2)]
        times: list[float] = []
        for _ in range(6):
            times += [time for _, time in starts_of(limits, clock, 0.5)]
            begun.unlink()
            limits.append(process(begun, clock, rate_limit))

        assert most_in_a_window(times, 1.0) <= 80
        assert len(times) >= 0.9 * 3 * 80

    def test_a_directory_that_is_gone_is_said_so(self, tmp_path: Path, clock: VirtualClock) -> None:
        """A temporary directory that somebody cleaned up."""
        (tmp_path / "run").mkdir()
        limit = process(tmp_path / "run" / "limit", clock)
        wait_and_take(limit, clock)
        (tmp_path / "run" / "limit").unlink()
        (tmp_path / "run").rmdir()
        clock.block(10.0)

        with pytest.raises(ConfigurationError, match=r"cannot be used \(No such file or directory\)$"):
            limit.take()


class TestDamage:
    """Whatever stands in the file, the limit holds and nobody waits long."""

    @settings(max_examples=300)
    @given(st.integers(0, 36 * 8 - 1))
    def test_a_flipped_bit_costs_one_interval(self, tmp_path_factory: pytest.TempPathFactory, bit: int) -> None:
        """Some stalled for over an hour, some broke the limit, some raised errors of the standard library."""
        path, clock = tmp_path_factory.mktemp("flip") / "limit", VirtualClock(1000.0)
        limits = [process(path, clock) for _ in range(2)]
        times = [time for _, time in starts_of(limits, clock, 10.0)]
        content = bytearray(path.read_bytes())
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)

        limits.append(process(path, clock))
        times += [time for _, time in starts_of(limits, clock, 10.0)]

        assert most_in_a_window(times, 10.0) <= 10
        assert len(times) >= 17

    @given(st.integers(0, 36))
    def test_a_file_that_was_cut_costs_one_interval(
        self, tmp_path_factory: pytest.TempPathFactory, length: int
    ) -> None:
        """A full disk can leave a part of what was written."""
        path, clock = tmp_path_factory.mktemp("cut") / "limit", VirtualClock(1000.0)
        limit = process(path, clock)
        wait_and_take(limit, clock)
        clock.block(10.0)
        with path.open("rb+") as file:
            file.truncate(length)

        assert wait_and_take(limit, clock) <= INTERVAL + COURTESY

    def test_a_file_that_was_lengthened_is_read_again_as_it_should_be(self, begun: Path, clock: VirtualClock) -> None:
        """Once; then it has its length again."""
        limit = process(begun, clock)
        with begun.open("ab") as file:
            file.write(b"x" * 100)

        wait_and_take(limit, clock)

        assert begun.stat().st_size == 36

    @pytest.mark.parametrize("content", [b"x", b"not a limit's file, but something of worth to somebody", b"capRate1"])
    def test_somebody_elses_file_stays_as_it_is(self, path: Path, clock: VirtualClock, content: bytes) -> None:
        """A wrong path must not cost data."""
        path.write_bytes(content)

        with pytest.raises(ConfigurationError, match=r"^the file of the .* holds something else$"):
            process(path, clock).take()

        assert path.read_bytes() == content


class TestTrouble:
    """What the system refuses is an error of ours."""

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EACCES, errno.EROFS])
    @pytest.mark.parametrize("step", ["open", "read", "write"])
    def test_what_may_pass_is_worth_a_retry(
        self, monkeypatch: pytest.MonkeyPatch, begun: Path, clock: VirtualClock, step: str, code: int
    ) -> None:
        """A disk that is full now may have room later; a path that is wrong stays wrong."""

        def fail(*_: object) -> None:
            raise OSError(code, os.strerror(code), "a path that may name a person")

        monkeypatch.setattr(f"capillary_async.pipeline.file_limit.os.{step}", fail)

        error = ConfigurationError if code in (errno.EACCES, errno.EROFS) else TransportError
        with pytest.raises(error, match=f"cannot be used \\({os.strerror(code)}\\)$") as caught:
            process(begun, clock).take()

        assert caught.value.__context__ is None
        assert "person" not in str(caught.value)

    def test_a_disk_that_takes_a_part_is_full(
        self, monkeypatch: pytest.MonkeyPatch, begun: Path, clock: VirtualClock
    ) -> None:
        """And what it took counts for nothing later."""
        write, limit = os.write, process(begun, clock)

        def write_a_part(file: int, raw: bytes) -> int:
            return write(file, raw[:20])

        with monkeypatch.context() as patch:
            patch.setattr("capillary_async.pipeline.file_limit.os.write", write_a_part)
            with pytest.raises(TransportError, match="No space left on device"):
                limit.take()

        assert wait_and_take(limit, clock) <= INTERVAL + COURTESY

    def test_a_file_that_cannot_be_opened_is_said_so(self, tmp_path: Path, clock: VirtualClock) -> None:
        """With the reason, and without the path."""
        with pytest.raises(ConfigurationError, match=r"cannot be used \(Is a directory\)$"):
            process(tmp_path, clock).take()

    def test_nobody_else_may_read_it(self, begun: Path) -> None:
        """Nor write it: that would be a way to stop the program."""
        assert begun.stat().st_mode & 0o077 == 0

    async def test_closing_twice_is_closing_once(self, begun: Path, clock: VirtualClock) -> None:
        """The number of a file that is closed may be another file's by then."""
        limit = process(begun, clock)
        wait_and_take(limit, clock)

        await limit.close()
        await limit.close()

        assert wait_and_take(limit, clock) < math.inf
