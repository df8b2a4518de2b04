"""One process at a time."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from capillary_async.jobs import JobRefusedError
from capillary_async.jobs.lock import LOCK_FILE, Lock
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
    """Run, then seal."""
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
    path.write_text("4711\n")

    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)

        assert Lock(tmp_path).holder() is None


def test_a_look_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that resumes must not be refused because somebody asks for its status just then."""
    path = tmp_path / LOCK_FILE
    path.write_text("4711\n")
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
