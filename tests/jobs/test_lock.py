"""One process at a time."""

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from capillary_async.jobs import JobRefusedError
from capillary_async.jobs import lock as lock_module
from capillary_async.jobs.lock import LOCK_FILE, Lock
from capillary_async.pipeline.file_lock import try_lock
from tests.jobs.fakes import full_disk

HOLD = """
import sys
from pathlib import Path
from capillary_async.jobs.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(directory: Path) -> "subprocess.Popen[str]":
    """Start a process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_another_process_is_refused_and_told_whose_lock_it_is(tmp_path: Path) -> None:
    """The id is what one needs to go on."""
    with hold(tmp_path) as process:
        assert Lock(tmp_path).holder() == str(process.pid)
        with pytest.raises(JobRefusedError, match=f"process {process.pid} is working"), Lock(tmp_path):
            pass
        process.communicate()


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    """A job must resume after kill -9 without anybody removing a file."""
    with hold(tmp_path) as process:
        process.kill()
        process.communicate()

    assert Lock(tmp_path).holder() is None
    with Lock(tmp_path):
        pass


def test_a_lock_is_there_for_the_next_one_when_it_is_given_back(tmp_path: Path) -> None:
    """Run, then export."""
    lock = Lock(tmp_path)

    for _ in range(2):
        with lock:
            assert Lock(tmp_path).holder() == str(os.getpid())

    assert lock.holder() is None


def test_a_look_at_a_lock_that_never_was_finds_nobody(tmp_path: Path) -> None:
    """And leaves no file."""
    assert Lock(tmp_path).holder() is None
    assert not list(tmp_path.iterdir())


def test_looks_do_not_take_each_other_for_a_holder(tmp_path: Path) -> None:
    """After kill -9 the id is still in the file, and two monitors ask at the same time."""
    path = tmp_path / LOCK_FILE
    path.write_text("4711 elsewhere\n")

    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)

        assert Lock(tmp_path).holder() is None


def test_a_look_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that resumes must not be refused because somebody asks for its status just then."""
    path = tmp_path / LOCK_FILE
    path.write_text("4711 elsewhere\n")
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)

        def end_the_look(_seconds: float) -> None:
            fcntl.flock(file, fcntl.LOCK_UN)

        monkeypatch.setattr("capillary_async.jobs.lock.time.sleep", end_the_look)

        with Lock(tmp_path):
            assert Lock(tmp_path).holder() == str(os.getpid())


def test_a_lock_needs_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes next says that the disk is full; the id is for others to read."""

    def fail(_file: int, _data: bytes) -> int:
        raise full_disk()

    monkeypatch.setattr(os, "write", fail)

    with Lock(tmp_path):
        assert Lock(tmp_path).holder() == "(unknown)"


def test_a_second_run_in_the_same_process_is_named_as_such(tmp_path: Path) -> None:
    """The number of one's own process would send people looking for another one."""
    with Lock(tmp_path), pytest.raises(JobRefusedError, match="another run in this process is working"), Lock(tmp_path):
        pass


def test_only_a_living_process_is_named(tmp_path: Path) -> None:
    """Another process may have the number by now, and somebody would kill it."""
    with hold(tmp_path) as process:
        (tmp_path / LOCK_FILE).write_text(f"{2**22 - 1} {socket.gethostname()}\n")

        with pytest.raises(JobRefusedError, match=r"^another process is working"), Lock(tmp_path):
            pass
        assert Lock(tmp_path).holder() == "(unknown)"
        process.communicate()


def test_the_machine_of_the_holder_is_named(tmp_path: Path) -> None:
    """In a container every process is number 1."""
    with hold(tmp_path) as process:
        (tmp_path / LOCK_FILE).write_text("1 other-machine\n")

        with pytest.raises(JobRefusedError, match="process 1 on other-machine is working"), Lock(tmp_path):
            pass
        process.communicate()


def test_a_child_that_inherited_the_lock_does_not_keep_it(tmp_path: Path) -> None:
    """A pool that was forked while a job ran would refuse its export."""
    read, write = os.pipe()
    lock = Lock(tmp_path)
    lock.__enter__()
    child = os.fork()
    if not child:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    lock.__exit__(None, None, None)

    with Lock(tmp_path):
        pass

    os.close(write)
    os.close(read)
    os.waitpid(child, 0)


def test_a_lock_file_that_was_removed_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opened it just before must not believe that it holds anything."""
    removed: list[bool] = []
    take = try_lock

    def remove_first(file: int, *, is_shared: bool = False) -> bool:
        if not removed:
            removed.append(True)
            (tmp_path / LOCK_FILE).unlink()
        return take(file, is_shared=is_shared)

    monkeypatch.setattr(lock_module, "try_lock", remove_first)

    with Lock(tmp_path):
        assert (tmp_path / LOCK_FILE).read_text().startswith(str(os.getpid()))


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    """So is everything in the directory."""
    with Lock(tmp_path):
        assert (tmp_path / LOCK_FILE).stat().st_mode & 0o777 == 0o600
