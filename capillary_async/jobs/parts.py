"""The part files: what was found, a JSON line for each key with a verdict.

Lines are only ever added, a batch at a time. The journal says how long each part is; what lies
beyond is from a batch that was never journalled, and is cut off before anything is added.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from capillary_async.jobs.disk import Disk
from capillary_async.jobs.problems import JobCorruptedError

_NAME: Final = re.compile(r"part-([0-9]{5,})\.jsonl")


def part_path(directory: Path, number: int) -> Path:
    """Return where a part is; they count from 1."""
    return directory / f"part-{number:05}.jsonl"


def digest_of(data: bytes) -> str:
    """Return the hash by which a batch is recognised."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@attrs.frozen
class Place:
    """Where a batch is, and the hash of its bytes."""

    part: int
    start: int
    end: int
    digest: str


class Parts:
    """A job's part files, for one writer.

    Args:
        directory: The job's.
        disk: Does the work.
        part_bytes: A part of this size is followed by a new one.
    """

    def __init__(self, directory: Path, disk: Disk, part_bytes: int) -> None:
        self._directory = directory
        self._disk = disk
        self._part_bytes = part_bytes
        self._number = 0
        self._size = 0
        self._file: int | None = None

    def recover(self, ends: Mapping[int, int]) -> None:
        """Cut every part off where the journal says it ends, and make ready to add.

        Args:
            ends: How long each part is, by its number.

        Raises:
            JobDamagedError: A part is shorter than that. Nothing was changed.
            OSError: The disk failed.
        """
        for number, end in ends.items():
            path = part_path(self._directory, number)
            size = path.stat().st_size if path.is_file() else 0
            if size < end:
                raise JobCorruptedError(f"{path.name} is damaged: {end} bytes were written, and {size} are there")
        for path in self._directory.glob("part-*.jsonl"):
            match = _NAME.fullmatch(path.name)
            if match is not None:
                self._cut(path, ends.get(int(match[1]), 0))
        self._number = max(ends, default=0)
        self._size = ends.get(self._number, 0)

    def _cut(self, path: Path, end: int) -> None:
        if not end:
            self._disk.remove(path)
        elif path.stat().st_size > end:
            file = self._disk.open(path)
            try:
                # Not synced: if the cut is lost, so is everything since, and the next opening cuts again.
                self._disk.truncate(file, end)
            finally:
                self._disk.close(file)

    def append(self, data: bytes) -> Place:
        """Add a batch; when this returns, it would survive a power cut.

        Raises:
            OSError: The disk failed. Nothing may be added before the next `recover`.
        """
        if self._file is None or self._size >= self._part_bytes:
            self._open_next()
        assert self._file is not None  # noqa: S101  (_open_next sees to it)
        self._disk.write(self._file, data)
        self._disk.fsync(self._file)
        start, self._size = self._size, self._size + len(data)
        return Place(self._number, start, self._size, digest_of(data))

    def _open_next(self) -> None:
        """Go on with the last part, or begin a new one when there is none or it is full."""
        self.close()
        if not self._number or self._size >= self._part_bytes:
            self._number, self._size = self._number + 1, 0
        self._file = self._disk.open(part_path(self._directory, self._number))
        if not self._size:
            self._disk.fsync_directory(self._directory)

    def close(self) -> None:
        """Close what is open."""
        file, self._file = self._file, None
        if file is not None:
            self._disk.close(file)


def read_batch(directory: Path, place: Place) -> bytes:
    """Read a batch back.

    Raises:
        JobDamagedError: It is not what was written.
    """
    path = part_path(directory, place.part)
    try:
        with path.open("rb") as file:
            file.seek(place.start)
            data = file.read(place.end - place.start)
    except FileNotFoundError:
        raise JobCorruptedError(f"{path.name} is missing") from None
    if digest_of(data) != place.digest:
        raise JobCorruptedError(f"{path.name} is damaged between the bytes {place.start} and {place.end}")
    return data
