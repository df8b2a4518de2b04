"""Keep a rate limit with the processes of one machine: its state is in a file.

The file holds the limit and one number (`gcra`), with a checksum. It is read and written under a lock; both together
take some ten microseconds, so they are done in the event loop. Times are those of the machine's monotonic clock, which
its processes have in common.

A file that was removed, or whose content is damaged, is begun anew as if all credit had just been used. So the limit
holds, and the wait is one interval at most.
"""

import errno
import os
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import attrs

from capillary_async.errors import ConfigurationError, TransportError
from capillary_async.options import RateLimit
from capillary_async.pipeline.clock import loop_time
from capillary_async.pipeline.file_lock import try_lock, unlock
from capillary_async.pipeline.gcra import Gcra
from capillary_async.pipeline.turns import Turns

_MAGIC: Final = b"capRate2"
_STATE: Final = struct.Struct("<8sQdd")  # the mark above, limit, window, theoretical arrival time
_CHECKSUM: Final = struct.Struct("<I")
_SIZE: Final = _STATE.size + _CHECKSUM.size
_BUSY: Final = 0.001  # seconds until a lock is tried again; who has it needs it for a hundredth of that
# Faults of the machine, which pass. All others are faults of the path.
_PASSING: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EINTR))


@attrs.define(eq=False)
class FileLimit:
    """Gives permits of a limit whose state is in a file.

    Args:
        path: The file; it is created when it is not there.
        rate_limit: The limit; every process must come with the same.
        clock: A clock that all the processes share.
        loop_clock: The event loop's clock, by which `opens_at` is told.
    """

    _path: Path
    _rate_limit: RateLimit
    _clock: Callable[[], float] = attrs.field(alias="clock", default=time.monotonic, kw_only=True)
    _loop_clock: Callable[[], float] = attrs.field(alias="loop_clock", default=loop_time, kw_only=True)
    _turns: Turns = attrs.field(init=False)
    _arrival: float = attrs.field(default=0.0, init=False)
    _file: int = attrs.field(default=-1, init=False)
    _identity: tuple[int, int] = attrs.field(default=(0, 0), init=False)

    def __attrs_post_init__(self) -> None:
        self._turns = Turns(Gcra.of(self._rate_limit))

    @property
    def gcra(self) -> Gcra:
        """See `Limit`."""
        return self._turns.gcra

    @property
    def opens_at(self) -> float:
        """See `Limit`."""
        return self._turns.opens_at - self._clock() + self._loop_clock()

    def open(self, on_change: Callable[[], None]) -> None:
        """Do nothing: the file is opened with the first request."""

    def take(self) -> float:
        """See `Limit`.

        Raises:
            ConfigurationError: The file cannot be used, or is in use with another limit.
            TransportError: The disk is full, or does not work.
        """
        if (wait := self._turns.asks_at - self._clock()) > 0.0:
            return wait
        try:
            if not self._lock_current():
                return _BUSY
            try:
                return self._take_locked()
            finally:
                unlock(self._file)
        except OSError as error:
            code, reason = error.errno, error.strerror
        message = f"the file of the shared rate limit cannot be used ({reason})"
        raise TransportError(message) if code in _PASSING else ConfigurationError(message)

    async def close(self) -> None:
        """Close the file. It stays, with the state in it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lock_current(self) -> bool:
        """Lock the file that the path names now: the one that was open may have been removed."""
        while True:
            if self._file < 0:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
                self._identity = _identity_of(os.fstat(self._file))
            if not try_lock(self._file):
                return False
            try:
                if _identity_of(self._path.stat()) == self._identity:
                    return True
            except FileNotFoundError:
                pass
            os.close(self._file)  # which unlocks it
            self._file = -1

    def _take_locked(self) -> float:
        now, turns = self._clock(), self._turns
        # The number is that of the file, or of a file before it that was removed.
        wait, self._arrival = self.gcra.take(max(self._read(now), self._arrival), now)
        opens_at = self.gcra.opens_at(self._arrival)
        self._write()
        if wait > 0.0:
            turns.missed(opens_at)
        else:
            turns.got(opens_at)
        return wait

    def _read(self, now: float) -> float:
        """Return the theoretical arrival time."""
        os.lseek(self._file, 0, os.SEEK_SET)
        raw = os.read(self._file, _SIZE + 1)
        state, checksum = raw[: _STATE.size], raw[_STATE.size :]
        if checksum == _CHECKSUM.pack(zlib.crc32(state)):
            _, limit, window, arrival = _STATE.unpack(state)
            if (limit, window) == (self._rate_limit.limit, self._rate_limit.per):
                return float(arrival)
            if now - window < arrival <= now + window:
                raise ConfigurationError("the name of the shared rate limit is in use with another limit")
        elif len(raw) != _SIZE and not _MAGIC.startswith(raw[: len(_MAGIC)]):
            raise ConfigurationError("the file of the shared rate limit holds something else")
        if raw:
            os.ftruncate(self._file, 0)
            self._turns.has_used_store = True  # a file that is damaged was in use
        return self.gcra.arrival_after(self._turns.start_wait, now)

    def _write(self) -> None:
        state = _STATE.pack(_MAGIC, self._rate_limit.limit, self._rate_limit.per, self._arrival)
        raw = state + _CHECKSUM.pack(zlib.crc32(state))
        os.lseek(self._file, 0, os.SEEK_SET)
        if os.write(self._file, raw) != _SIZE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _identity_of(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
