"""Processes whose disk is watched: it kills them, fails, or loses at a power cut what was not synced."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import attrs
import pytest

_SECTOR = 512


@cache
def shim() -> Path:
    """Compile what watches the disk.

    Raises:
        Skipped: There is no compiler, or this is not Linux.
    """
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("watching a disk takes Linux and a C compiler")
    library = Path(tempfile.mkdtemp(prefix="disk-shim-")) / "shim.so"
    source = Path(__file__).with_name("disk_shim.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl", "-lpthread"], check=True)
    return library


def work(
    place: Path, keys: int, *, kill: int = 0, fail: str = "", log: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Let a process work on the job in `place`, and return how it ended.

    Args:
        place: Where the job's directory, the list of requests and the log of the disk are.
        keys: How many keys the job has.
        kill: The process is killed before its operation of this number; after it, if the number is negative.
        fail: The operation that fails, and its errno, such as "7:28", or of one kind only, such as "2:5:s".
        log: Whether every operation is logged.
    """
    environment = os.environ | {"LD_PRELOAD": str(shim()), "SHIM_DIR": str(place / "job")}
    if kill:
        environment["SHIM_KILL"] = str(kill)
    if fail:
        environment["SHIM_FAIL"] = fail
    if log:
        environment["SHIM_LOG"] = str(place / "log")
    arguments = [sys.executable, "-m", "tests.jobs.victim", str(place / "job"), str(place / "requests"), str(keys)]
    return subprocess.run(arguments, env=environment, check=False, capture_output=True, text=True)


def asked(place: Path) -> "Counter[int]":
    """Return how often each number was asked for by all processes."""
    path = place / "requests"
    return Counter(map(int, path.read_text().split())) if path.exists() else Counter()


@attrs.frozen
class Operation:
    """One operation of the disk.

    Attributes:
        kind: c for a new file, w for a write, t for a truncation, s for a sync, r for a new name, u for a removal.
        path: The file.
        other: Its new name.
        offset: Where a write begins, or the new size.
        data: What was written.
    """

    kind: str
    path: str
    other: str
    offset: int
    data: bytes


def read_log(place: Path) -> list[Operation]:
    """Read what was logged."""
    operations: list[Operation] = []
    with (place / "log").open("rb") as file:
        while head := file.readline():
            kind, path, other, offset, size = head.decode().rstrip("\n").split("\t")
            operations.append(Operation(kind, path, other, int(offset), file.read(int(size))))
    return operations


@attrs.define
class _File:
    """What a disk holds of a file: what is safe, and what is not yet."""

    safe: bytearray = attrs.field(factory=bytearray)
    unsafe: list[Operation] = attrs.field(factory=list[Operation])

    def sync(self) -> None:
        for operation in self.unsafe:
            _apply(self.safe, operation, len(operation.data))
        self.unsafe.clear()

    def after_cut(self, random: Random) -> bytes:
        """Return what is there when the light comes back: of what was not synced, any part, in sectors."""
        content = bytearray(self.safe)
        for operation in self.unsafe:
            if random.random() < 0.6:
                torn = random.randrange(0, len(operation.data) + _SECTOR, _SECTOR)
                _apply(content, operation, len(operation.data) if random.random() < 0.7 else torn)
        return bytes(content)


def _apply(content: bytearray, operation: Operation, size: int) -> None:
    if operation.kind == "t":
        content[operation.offset :] = b""
        return
    data = operation.data[:size]
    if not data:
        return
    content.extend(bytes(max(0, operation.offset - len(content))))
    content[operation.offset : operation.offset + len(data)] = data


def cut_power(operations: list[Operation], number: int, random: Random, directory: Path) -> None:
    """Leave in `directory` what a disk may hold when the power fails after so many operations.

    A file's content is safe once it was synced, a name once its directory was; names are lost in the order in which
    they came, for file systems keep a journal of them.
    """
    names: dict[str, _File] = {}
    safe_names: dict[str, _File] = {}
    unsafe: list[tuple[str, str, _File]] = []
    for operation in operations[:number]:
        if operation.kind == "c":
            names[operation.path] = _File()
            unsafe.append(("add", operation.path, names[operation.path]))
        elif operation.kind == "r":
            file = names.pop(operation.path)
            names[operation.other] = file
            unsafe += [("remove", operation.path, file), ("add", operation.other, file)]
        elif operation.kind == "u":
            unsafe.append(("remove", operation.path, names.pop(operation.path)))
        elif operation.kind == "s" and operation.path in names:
            names[operation.path].sync()
        elif operation.kind == "s":
            _rename_all(safe_names, unsafe)
            unsafe = []
        else:
            names[operation.path].unsafe.append(operation)
    _rename_all(safe_names, unsafe[: random.randint(0, len(unsafe))])
    for path, file in safe_names.items():
        (directory / Path(path).name).write_bytes(file.after_cut(random))


def _rename_all(names: dict[str, _File], changes: list[tuple[str, str, _File]]) -> None:
    for change, path, file in changes:
        if change == "add":
            names[path] = file
        else:
            names.pop(path, None)
